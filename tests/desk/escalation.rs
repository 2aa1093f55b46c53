//! What happens when nobody acts. Sections 7.3 and 7.4.

use crate::house::{House, draft, id};
use anyhow::{Context, Result, ensure};
use desk::{
    clock::{HOUR, MINUTE},
    model::{
        Access, Cause, Chain, EscalationLevelId, EventKind, Level, MessageKind, NewOwner, NewTicket, NoticeKind,
        PrioritySettings, TicketId,
    },
    outside::Parcel,
};

fn level(after: i64, to: Option<desk::model::AgentId>, tell: &[&str]) -> Level {
    let tell = tell.iter().map(|who| (*who).to_owned()).collect();
    Level { id: EscalationLevelId::new(), after, reassign_to: to, tell, template: None, note: None, account: None }
}

async fn medium(house: &House, change: impl FnOnce(&mut PrioritySettings)) -> Result<()> {
    let all = house.desk.priority_settings(&house.eva).await?;
    let mut medium = all.into_iter().find(|priority| priority.en == "Medium").context("no medium")?;
    change(&mut medium);
    Ok(house.desk.save_priority(&house.eva, medium).await?)
}

async fn fired(house: &House, number: i64) -> Result<usize> {
    Ok(house.log(number).await?.iter().filter(|kind| **kind == EventKind::Escalated).count())
}

/// ESC-3, ESC-4, ESC-8, and D1 step 5: nobody acts, after two hours it is Dag's.
#[tokio::test(flavor = "multi_thread")]
async fn after_two_hours_it_is_given_to_somebody_who_is_told() -> Result<()> {
    let house = House::open().await?;
    let dag = id(&house.dag);
    medium(&house, |p| {
        p.levels = vec![level(120, Some(dag), &["owner", "vakt@company.com"]), level(60, None, &["admin"])]
    })
    .await?;
    let ticket = house.request("Skriver virker ikke").await?;
    house.pass(119).await?;
    ensure!(fired(&house, ticket.number).await? == 0);
    let before = house.sent().len();
    house.pass(1).await?;
    let now = house.ticket(ticket.number).await?;
    ensure!(fired(&house, ticket.number).await? == 1 && now.owner.is_some_and(|owner| owner.name == "Dag"));
    ensure!(house.desk.notifications(&house.dag).await?.iter().any(|n| n.kind == NoticeKind::Escalated));
    let mails: Vec<_> = house.sent().split_off(before).into_iter().map(|mail| mail.to[0].address.clone()).collect();
    ensure!(
        mails.len() == 2 && mails.contains(&"dag@company.com".into()) && mails.contains(&"vakt@company.com".into()),
        "{mails:?}"
    );
    // The second level counts from the first; without an administrator nobody is written to; then nothing more: ESC-4.
    house.pass(60).await?;
    house.pass(24 * 60).await?;
    let told = house.sent().split_off(before).into_iter().filter(|mail| mail.text.starts_with("escalated")).count();
    ensure!(fired(&house, ticket.number).await? == 2 && told == 2);
    Ok(())
}

/// ESC-1, ESC-2: Friday at four, two hours, fires Monday at ten; and by the whole clock on the same evening.
#[tokio::test(flavor = "multi_thread")]
async fn outside_the_hours_the_chain_stands_still_where_the_priority_says_so() -> Result<()> {
    for (inside, after) in [(true, 66 * HOUR), (false, 2 * HOUR)] {
        let house = House::open().await?;
        medium(&house, |p| (p.levels, p.calendar_escalation) = (vec![level(120, None, &[])], inside)).await?;
        house.clock.advance(3 * 24 * HOUR + 6 * HOUR);
        let ticket = house.request("Skriver virker ikke").await?;
        house.pass(after / MINUTE - 1).await?;
        ensure!(fired(&house, ticket.number).await? == 0, "inside: {inside}");
        house.pass(1).await?;
        ensure!(fired(&house, ticket.number).await? == 1, "inside: {inside}");
    }
    Ok(())
}

/// ESC-6, ESC-7, TRF-4: stop keeps what is left, continue resumes it, restart begins anew; closing stops.
#[tokio::test(flavor = "multi_thread")]
async fn each_event_does_to_the_chain_what_it_is_set_up_to() -> Result<()> {
    let house = House::open().await?;
    medium(&house, |p| {
        p.calendar_escalation = false;
        p.levels = vec![level(60, None, &[])];
        (p.on_transfer, p.on_news, p.on_read) = (Chain::Stop, Chain::Continue, Chain::Leave);
    })
    .await?;
    let ticket = house.request("Skriver virker ikke").await?;
    house.pass(40).await?;
    house.desk.transfer(&house.eva, &ticket.id, &id(&house.bo), None).await?;
    house.pass(500).await?;
    ensure!(fired(&house, ticket.number).await? == 0, "stopped by hand: TRF-4");
    house.answer("kari@fjord.no", "Hallo?").await?;
    house.pass(19).await?;
    ensure!(fired(&house, ticket.number).await? == 0);
    house.pass(1).await?;
    ensure!(fired(&house, ticket.number).await? == 1, "twenty minutes were left");

    let closed = house.status("Closed").await?;
    let other = house.request("Lukket").await?;
    house.desk.set_status(&house.ane, &other.id, &closed).await?;
    house.pass(500).await?;
    ensure!(fired(&house, other.number).await? == 0, "ESC-7");
    // Restart begins at the first level.
    medium(&house, |p| p.on_news = Chain::Restart).await?;
    house.desk.comment(&house.ane, &ticket.id, draft("Ser på den", Access::Internal)).await?;
    house.pass(60).await?;
    ensure!(fired(&house, ticket.number).await? == 2);
    Ok(())
}

/// ESC-5: another priority that continues keeps the level and not the time.
#[tokio::test(flavor = "multi_thread")]
async fn another_priority_keeps_the_level_only() -> Result<()> {
    let house = House::open().await?;
    medium(&house, |p| (p.levels, p.calendar_escalation) = (vec![level(10, None, &[]), level(10, None, &[])], false))
        .await?;
    let all = house.desk.priority_settings(&house.eva).await?;
    let mut high = all.into_iter().find(|p| p.en == "High").context("no high")?;
    high.calendar_escalation = false;
    high.on_priority = Chain::Continue;
    high.levels = vec![level(1_000, None, &[]), level(30, None, &[])];
    house.desk.save_priority(&house.eva, high.clone()).await?;
    let ticket = house.request("Skriver virker ikke").await?;
    house.pass(15).await?;
    ensure!(fired(&house, ticket.number).await? == 1);
    let id: &TicketId = &ticket.id;
    house.desk.set_priority(&house.ane, id, &high.id).await?;
    house.pass(29).await?;
    ensure!(fired(&house, ticket.number).await? == 1);
    house.pass(1).await?;
    ensure!(fired(&house, ticket.number).await? == 2, "the second level's thirty minutes");
    Ok(())
}

/// ESC-1: after the process was down, each level still waits for its own time.
#[tokio::test(flavor = "multi_thread")]
async fn after_a_long_pause_the_levels_do_not_fire_in_a_burst() -> Result<()> {
    let house = House::open().await?;
    medium(&house, |p| {
        p.calendar_escalation = false;
        p.levels = vec![level(30, None, &[]), level(30, None, &[]), level(30, None, &[])];
    })
    .await?;
    let ticket = house.request("Skriver virker ikke").await?;
    house.clock.advance(10 * HOUR);
    for _ in 0..3 {
        house.desk.tick().await?;
    }
    ensure!(fired(&house, ticket.number).await? == 1, "one, however late it is");
    house.pass(29).await?;
    ensure!(fired(&house, ticket.number).await? == 1);
    house.pass(1).await?;
    ensure!(fired(&house, ticket.number).await? == 2);
    Ok(())
}

/// ESC-6, ESC-7: on a closed request nothing moves the chain; where closing does nothing to it, it stands still until the
/// request is open again. So it does while the request is put off.
#[tokio::test(flavor = "multi_thread")]
async fn the_chain_of_a_request_that_is_not_open_stands_still() -> Result<()> {
    let house = House::open().await?;
    let set = async |closed: Chain| {
        medium(&house, |p| {
            p.calendar_escalation = false;
            p.levels = vec![level(60, None, &[])];
            (p.on_news, p.on_closed) = (Chain::Restart, closed);
        })
        .await
    };
    set(Chain::Stop).await?;
    let (open, closed) = (house.status("Open").await?, house.status("Closed").await?);
    let ticket = house.request("Skriver virker ikke").await?;
    house.desk.set_status(&house.ane, &ticket.id, &closed).await?;
    house.desk.comment(&house.ane, &ticket.id, draft("Ser på den", Access::Internal)).await?;
    house.pass(120).await?;
    house.desk.set_status(&house.ane, &ticket.id, &open).await?;
    house.pass(120).await?;
    ensure!(fired(&house, ticket.number).await? == 0, "stopped by closing, and a comment on it began nothing");

    set(Chain::Leave).await?;
    let ticket = house.request("Skriver igjen").await?;
    house.pass(40).await?;
    house.desk.set_status(&house.ane, &ticket.id, &closed).await?;
    house.pass(120).await?;
    house.desk.set_status(&house.ane, &ticket.id, &open).await?;
    house.pass(19).await?;
    ensure!(fired(&house, ticket.number).await? == 0, "ESC-7: as it was");
    house.pass(1).await?;
    ensure!(fired(&house, ticket.number).await? == 1, "twenty minutes were left");

    let ticket = house.request("Utsatt").await?;
    house.pass(40).await?;
    house.desk.postpone(&house.ane, &ticket.id, desk::model::Until::Hours { hours: 5 }, None).await?;
    house.pass(300).await?;
    house.pass(19).await?;
    ensure!(fired(&house, ticket.number).await? == 0, "put off");
    house.pass(1).await?;
    ensure!(fired(&house, ticket.number).await? == 1);
    Ok(())
}

/// Section 7.3: the contact gets a reply template, where the customer may hear of the request; no number without an account.
#[tokio::test(flavor = "multi_thread")]
async fn the_contact_is_told_by_a_template() -> Result<()> {
    let house = House::open().await?;
    let step = |tell: &[&str], template: Option<&str>| Level {
        template: template.map(str::to_owned),
        ..level(60, None, tell)
    };
    let saved = async |step: Level| medium(&house, |p| p.levels = vec![step]).await;
    for (wrong, field) in [
        (step(&["contact"], None), "template"),
        (step(&["contact"], Some("no-such")), "template"),
        (step(&["+47 900 00 111"], None), "account"),
        (step(&["+"], None), "tell"),
    ] {
        let refused = saved(wrong).await.err().map(|error| error.to_string()).unwrap_or_default();
        ensure!(refused.contains(field), "{field}: {refused}");
    }
    saved(step(&["contact", "owner"], Some("solution"))).await?;
    let ticket = house.request("Skriver virker ikke").await?;
    let inside = house.request("Internt").await?;
    house.desk.set_access(&house.ane, &inside.id, Access::Internal).await?;
    house.rest().await?;
    let before = house.sent().len();
    house.pass(60).await?;
    house.pass(600).await?;
    let sent: Vec<_> = house.sent().split_off(before);
    let told: Vec<_> = sent.iter().filter(|mail| mail.to[0].address == "kari@fjord.no").collect();
    ensure!(told.len() == 1 && told[0].text.contains("solution"), "once, and of the external one only: {told:?}");
    ensure!(told[0].auto_submitted.as_deref() == Some("auto-generated"), "no machine answers it: RFC 3834");
    let after = house.ticket(ticket.number).await?;
    let said = after.messages.last().context("nothing was said")?;
    ensure!(said.kind == MessageKind::Automatic && said.text == "solution", "{said:?}");
    ensure!(after.log.iter().any(|line| line.kind == EventKind::TemplateSent && line.cause == Cause::Clock));
    let numbers = house.desk.measures(&house.ane, &ticket.id).await?;
    ensure!(numbers.first_answer.is_none(), "a machine has not answered anybody");
    Ok(())
}

/// Section 7.3: colleagues and addresses get the template that was chosen for them, with their own page in it and never the
/// customer's link.
#[tokio::test(flavor = "multi_thread")]
async fn colleagues_are_told_by_a_template_of_their_own() -> Result<()> {
    let house = House::open().await?;
    let step =
        |note: &str| Level { note: Some(note.to_owned()), ..level(60, None, &["admin", "vakt@partner.example"]) };
    let refused = medium(&house, |p| p.levels = vec![step("no-such")]).await.err().map(|error| error.to_string());
    ensure!(refused.as_deref().is_some_and(|refused| refused.contains("note")), "{refused:?}");
    medium(&house, |p| p.levels = vec![step("solution")]).await?;
    let ticket = house.request("Skriver virker ikke").await?;
    let before = house.sent().len();
    house.pass(600).await?;
    let told = house.sent().split_off(before);
    ensure!(told.iter().any(|mail| mail.to[0].address == "vakt@partner.example"), "{told:?}");
    let page = format!("/desk/request/{}", ticket.number);
    let own = |mail: &Parcel| mail.html.as_ref().is_some_and(|html| html.contains(&page) && !html.contains("/r/"));
    ensure!(told.iter().all(|mail| mail.text.starts_with("solution") && own(mail)), "{told:?}");
    Ok(())
}

/// Section 7.4: whoever takes a request, gives it to themselves or opens it as their own has read it.
#[tokio::test(flavor = "multi_thread")]
async fn taking_or_opening_it_as_one_s_own_is_reading_it() -> Result<()> {
    let house = House::open().await?;
    medium(&house, |p| {
        p.calendar_escalation = false;
        p.levels = vec![level(60, None, &[])];
        (p.on_transfer, p.on_read) = (Chain::Leave, Chain::Stop);
    })
    .await?;
    let (taken, given, to_other) = (house.request("A").await?, house.request("B").await?, house.request("C").await?);
    house.desk.take(&house.ane, &taken.id, None).await?;
    house.desk.transfer(&house.ane, &given.id, &id(&house.ane), None).await?;
    house.desk.transfer(&house.ane, &to_other.id, &id(&house.bo), None).await?;
    let opened = async |owner: NewOwner| {
        let new = NewTicket { title: "Ringte".into(), person: Some(house.kari.clone()), owner, ..NewTicket::default() };
        house.desk.open_ticket(&house.ane, new).await
    };
    let (own, nobodys) = (opened(NewOwner::Me).await?, opened(NewOwner::Nobody).await?);
    house.pass(60).await?;
    for (number, wanted) in
        [(taken.number, 0), (given.number, 0), (own.number, 0), (to_other.number, 1), (nobodys.number, 1)]
    {
        ensure!(fired(&house, number).await? == wanted, "{number}");
    }
    Ok(())
}
