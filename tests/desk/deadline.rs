//! When something is due. Sections 7.1 and 7.2, C-10, C-11.

use crate::house::{House, TUESDAY_TEN, draft, in_order};
use anyhow::{Context, Result, ensure};
use desk::{
    Error, Why,
    clock::{DAY, HOUR, MINUTE},
    model::{
        Access, Actor, Agreement, AgreementCard, AgreementId, AgreementReport, Aspect, Criteria, Criterion, EventKind,
        Form, Grouping, List, Merge, MessageChange, NoticeKind, Operator, Period, PriorityId, PrioritySettings,
        Selection, SplitOff, Targets, Until,
    },
    outside::{Inbound, Party},
};

/// Wednesday 10:00: eight hours of office time after Tuesday 10:00.
const WEDNESDAY_TEN: i64 = TUESDAY_TEN + DAY;

async fn medium(house: &House, change: impl FnOnce(&mut PrioritySettings)) -> Result<PriorityId> {
    let all = house.desk.priority_settings(&house.eva).await?;
    let mut medium = all.into_iter().find(|priority| priority.en == "Medium").context("no medium")?;
    change(&mut medium);
    house.desk.save_priority(&house.eva, medium.clone()).await?;
    Ok(medium.id)
}

/// DL-1, DL-3, PRI-1, and D1 step 3: eight hours of opening hours.
#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_is_counted_inside_the_hours() -> Result<()> {
    let house = House::open().await?;
    medium(&house, |p| p.targets = Targets { resolution: Some(8 * 60), ..Targets::default() }).await?;
    let ticket = house.request("Skriver virker ikke").await?;
    ensure!(ticket.deadline == Some(WEDNESDAY_TEN), "{:?}", ticket.deadline);
    house.pass(24 * 60 - 1).await?;
    ensure!(house.desk.tiles(&house.ane).await?.overdue == 0);
    house.pass(2).await?;
    ensure!(house.desk.tiles(&house.ane).await?.overdue == 1, "DL-3");
    let log = house.log(ticket.number).await?;
    in_order(&log, &[EventKind::DeadlineNear, EventKind::DeadlineMissed])?;
    house.pass(60).await?;
    ensure!(house.log(ticket.number).await? == log, "once each");
    // Nobody has it: its members are told.
    let told = house.desk.notifications(&house.bo).await?;
    for kind in [NoticeKind::DeadlineNear, NoticeKind::DeadlineMissed] {
        ensure!(told.iter().any(|notice| notice.kind == kind), "{kind}");
    }
    Ok(())
}

/// C-10: three targets; the clock stands still while the customer is waited for.
#[tokio::test(flavor = "multi_thread")]
async fn the_clock_stands_still_while_the_customer_is_waited_for() -> Result<()> {
    let house = House::open().await?;
    medium(&house, |p| {
        p.calendar = None;
        p.targets = Targets { first_response: Some(60), next_response: Some(120), resolution: Some(600) };
    })
    .await?;
    let ticket = house.request("Skriver virker ikke").await?;
    ensure!(ticket.deadline == Some(TUESDAY_TEN + HOUR), "the first answer");
    house.desk.reply(&house.ane, &ticket.id, draft("Hvilken?", Access::External)).await?;
    ensure!(house.ticket(ticket.number).await?.deadline == Some(TUESDAY_TEN + 10 * HOUR), "the end");
    let waiting = house.status("Waiting for customer").await?;
    house.desk.set_status(&house.ane, &ticket.id, &waiting).await?;
    ensure!(house.ticket(ticket.number).await?.deadline.is_none());
    house.pass(5 * 60).await?;
    let open = house.status("Open").await?;
    house.desk.set_status(&house.ane, &ticket.id, &open).await?;
    ensure!(house.ticket(ticket.number).await?.deadline == Some(TUESDAY_TEN + 15 * HOUR), "five hours later");
    // Put off, it stands still too.
    house.desk.postpone(&house.ane, &ticket.id, Until::Hours { hours: 2 }, None).await?;
    house.pass(120).await?;
    ensure!(house.ticket(ticket.number).await?.deadline == Some(TUESDAY_TEN + 17 * HOUR));
    // The customer writes: the next answer is due.
    house.answer("kari@fjord.no", "Den i 3. etasje.").await?;
    ensure!(house.ticket(ticket.number).await?.deadline == Some(house.clock.now() + 2 * HOUR));
    // Waited for by a status, their answer ends the waiting.
    house.desk.set_status(&house.ane, &ticket.id, &waiting).await?;
    ensure!(house.ticket(ticket.number).await?.deadline.is_none());
    house.answer("kari@fjord.no", "Er du der?").await?;
    let now = house.ticket(ticket.number).await?;
    ensure!(now.status == open && now.deadline.is_some(), "{:?}", now.deadline);
    house.rest().await
}

/// C-10: told once each, also when the customer is waited for in between.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_told_is_not_told_again_after_waiting() -> Result<()> {
    let house = House::open().await?;
    medium(&house, |p| {
        (p.calendar, p.warn_at) = (None, 50);
        p.targets = Targets { first_response: Some(60), next_response: Some(60), resolution: Some(600) };
    })
    .await?;
    let ticket = house.request("Skriver virker ikke").await?;
    let told = async |kind| anyhow::Ok(house.log(ticket.number).await?.into_iter().filter(|k| *k == kind).count());
    house.pass(61).await?;
    ensure!(told(EventKind::DeadlineMissed).await? == 1);
    let (waiting, open) = (house.status("Waiting for customer").await?, house.status("Open").await?);
    house.desk.set_status(&house.ane, &ticket.id, &waiting).await?;
    house.pass(300).await?;
    house.desk.set_status(&house.ane, &ticket.id, &open).await?;
    house.pass(1).await?;
    ensure!(told(EventKind::DeadlineMissed).await? == 1, "missed once");
    // The end is warned about after five hours that nobody was waited for, once, whatever happens in between.
    house.desk.reply(&house.ane, &ticket.id, draft("Hvilken?", Access::External)).await?;
    let before = told(EventKind::DeadlineNear).await?;
    house.pass(5 * 60 - 62).await?;
    ensure!(told(EventKind::DeadlineNear).await? == before + 1, "the end is near");
    house.answer("kari@fjord.no", "Den i 3. etasje.").await?;
    house.pass(30).await?;
    ensure!(told(EventKind::DeadlineNear).await? == before + 2, "and so is the next answer");
    house.desk.reply(&house.ane, &ticket.id, draft("Start den på nytt.", Access::External)).await?;
    house.desk.set_status(&house.ane, &ticket.id, &waiting).await?;
    house.pass(60).await?;
    house.desk.set_status(&house.ane, &ticket.id, &open).await?;
    house.pass(1).await?;
    ensure!(told(EventKind::DeadlineNear).await? == before + 2 && told(EventKind::DeadlineMissed).await? == 1);
    // Each target is missed for itself, also behind one that was missed before.
    house.pass(10 * 60).await?;
    ensure!(told(EventKind::DeadlineMissed).await? == 2, "the end");
    Ok(())
}

/// C-10: what is waited after the customer's message is not counted against the next answer.
#[tokio::test(flavor = "multi_thread")]
async fn the_next_answer_is_due_later_by_what_was_waited() -> Result<()> {
    let house = House::open().await?;
    medium(&house, |p| {
        p.calendar = None;
        p.targets = Targets { next_response: Some(120), ..Targets::default() };
    })
    .await?;
    let ticket = house.request("Skriver virker ikke").await?;
    house.desk.reply(&house.ane, &ticket.id, draft("Hvilken?", Access::External)).await?;
    // Waited before their message counts for nothing.
    let waiting = house.status("Waiting for customer").await?;
    house.desk.set_status(&house.ane, &ticket.id, &waiting).await?;
    house.pass(45).await?;
    house.answer("kari@fjord.no", "Den i 3. etasje.").await?;
    let asked = house.clock.now();
    ensure!(house.ticket(ticket.number).await?.deadline == Some(asked + 2 * HOUR));
    house.pass(60).await?;
    house.desk.postpone(&house.ane, &ticket.id, Until::Hours { hours: 3 }, None).await?;
    house.pass(180).await?;
    ensure!(house.ticket(ticket.number).await?.deadline == Some(asked + 5 * HOUR), "an hour was left, and is");
    Ok(())
}

/// DL-2
#[tokio::test(flavor = "multi_thread")]
async fn another_priority_counts_from_the_beginning_and_reopening_begins_anew() -> Result<()> {
    let house = House::open().await?;
    let high = house.priority("High").await?;
    medium(&house, |p| (p.calendar, p.targets) = (None, Targets { resolution: Some(600), ..Targets::default() }))
        .await?;
    let all = house.desk.priority_settings(&house.eva).await?;
    let mut urgent = all.into_iter().find(|p| p.id == high).context("no high")?;
    (urgent.calendar, urgent.targets) = (None, Targets { resolution: Some(60), ..Targets::default() });
    house.desk.save_priority(&house.eva, urgent).await?;
    let ticket = house.request("Skriver virker ikke").await?;
    house.clock.advance(30 * MINUTE);
    house.desk.set_priority(&house.ane, &ticket.id, &high).await?;
    ensure!(house.ticket(ticket.number).await?.deadline == Some(TUESDAY_TEN + HOUR));
    let closed = house.status("Closed").await?;
    house.desk.set_status(&house.ane, &ticket.id, &closed).await?;
    house.clock.advance(DAY);
    let open = house.status("Open").await?;
    house.desk.set_status(&house.ane, &ticket.id, &open).await?;
    ensure!(house.ticket(ticket.number).await?.deadline == Some(house.clock.now() + HOUR));
    Ok(())
}

/// PRI-2: contact, company, mailbox; the first that says one wins. C-11: what was agreed with the company.
#[tokio::test(flavor = "multi_thread")]
async fn the_contacts_priority_comes_before_the_companys() -> Result<()> {
    let house = House::open().await?;
    let (high, low, medium) =
        (house.priority("High").await?, house.priority("Low").await?, house.priority("Medium").await?);
    ensure!(house.request("A").await?.priority == medium);
    let mut kari = house.desk.contact_settings(&house.eva, &house.kari).await?;
    let fjord = kari.company.clone().context("no company")?;
    let mut company = house.desk.company_settings(&house.eva, &fjord).await?;
    company.priority = Some(low.clone());
    house.desk.save_company(&house.eva, &fjord, company).await?;
    ensure!(house.request("B").await?.priority == low);
    kari.priority = Some(high.clone());
    house.desk.save_contact(&house.eva, &house.kari, kari).await?;
    ensure!(house.request("C").await?.priority == high);

    let agreement = Agreement {
        id: AgreementId::new(),
        name: "Gull".to_owned(),
        calendar: None,
        targets: vec![(high, Targets { resolution: Some(30), ..Targets::default() })],
    };
    house.desk.save_agreement(&house.eva, agreement.clone(), std::slice::from_ref(&fjord)).await?;
    let ticket = house.request("D").await?;
    // Inside the office's hours, which the agreement leaves to the priority.
    ensure!(ticket.deadline == Some(TUESDAY_TEN + 30 * MINUTE), "{:?}", ticket.deadline);

    // C-11: how far it was kept. One in time, one too late, and one of somebody with whom nothing is agreed.
    house.desk.close_ticket(&house.ane, &ticket.id).await?;
    let late = house.request("For sent").await?;
    house.pass(31).await?;
    house.desk.close_ticket(&house.ane, &late.id).await?;
    house.mail("ola@ny.no", "Uten avtale", "Hei").await?;
    house.rest().await?;
    house.desk.close_ticket(&house.ane, &house.latest().await?.id).await?;
    let day = Period { from: ticket.created_at, to: ticket.created_at + DAY };
    let kept = house.desk.statistics(&house.eva, day).await?.agreements;
    let wanted = AgreementReport { agreement: agreement.id.clone(), closed: 2, met: 1, missed: 1 };
    ensure!(kept == [wanted], "{kept:?}");
    let by = house.desk.chart(&house.eva, &Selection::List(List::Closed), Grouping::Agreement, "").await?;
    ensure!(by.iter().any(|share| share.of == agreement.id.0 && share.count >= 2), "{by:?}");

    // What was agreed is read as it was written, has a name of its own, and ends.
    let cards = house.desk.agreements(&house.ane).await?;
    ensure!(cards == [AgreementCard { agreement: agreement.clone(), companies: vec![fjord] }], "{cards:?}");
    let double = Agreement { id: AgreementId::new(), ..agreement.clone() };
    let refused = house.desk.save_agreement(&house.eva, double, &[]).await;
    ensure!(refused == Err(Error::invalid("name", Why::Double)), "{refused:?}");
    house.desk.end_agreement(&house.eva, &agreement.id).await?;
    ensure!(house.desk.agreements(&house.ane).await?.is_empty());
    ensure!(house.desk.end_agreement(&house.eva, &agreement.id).await == Err(Error::NotFound));
    let ticket = house.request("E").await?;
    ensure!(ticket.deadline != Some(TUESDAY_TEN + 30 * MINUTE), "by its priority again: {:?}", ticket.deadline);
    Ok(())
}

/// PRI-1
#[tokio::test(flavor = "multi_thread")]
async fn the_default_priority_can_t_be_given_up_and_nonsense_is_refused() -> Result<()> {
    let house = House::open().await?;
    let id = house.priority("Medium").await?;
    ensure!(house.desk.retire_priority(&house.eva, &id).await == Err(Error::invalid("priority", Why::Needed)));
    let all = house.desk.priority_settings(&house.eva).await?;
    let mut medium = all.into_iter().find(|p| p.default).context("no default")?;
    medium.default = false;
    ensure!(house.desk.save_priority(&house.eva, medium.clone()).await == Err(Error::invalid("default", Why::Needed)));
    medium.default = true;
    medium.targets.resolution = Some(0);
    ensure!(
        house.desk.save_priority(&house.eva, medium.clone()).await == Err(Error::invalid("targets", Why::NotAChoice))
    );
    ensure!(house.desk.save_priority(&house.ane, medium).await == Err(Error::Forbidden));
    let low = house.priority("Low").await?;
    house.desk.retire_priority(&house.eva, &low).await?;
    ensure!(house.desk.choices(&house.ane).await?.priorities.len() == 2);
    Ok(())
}

/// PRI-4: what it was at first stays known.
#[tokio::test(flavor = "multi_thread")]
async fn the_first_priority_is_found_after_it_was_changed() -> Result<()> {
    let house = House::open().await?;
    let (medium, high) = (house.priority("Medium").await?, house.priority("High").await?);
    let ticket = house.request("Skriver virker ikke").await?;
    house.desk.set_priority(&house.ane, &ticket.id, &high).await?;
    for (aspect, priority, times) in [
        (Aspect::FirstPriority, &medium, 1),
        (Aspect::FirstPriority, &high, 0),
        (Aspect::Priority, &high, 1),
        (Aspect::Priority, &medium, 0),
    ] {
        let criteria = Criteria::all(vec![Criterion::new(aspect, Operator::OneOf, [priority.as_str()])]);
        ensure!(house.desk.count_by(&house.ane, &criteria).await? == times, "{aspect} {priority:?}");
    }
    Ok(())
}

/// PRI-3: with several external ones a customer chooses, among those only.
#[tokio::test(flavor = "multi_thread")]
async fn customers_choose_among_the_external_priorities_only() -> Result<()> {
    let house = House::open().await?;
    for mut priority in house.desk.priority_settings(&house.eva).await? {
        priority.external = priority.en == "Medium";
        house.desk.save_priority(&house.eva, priority).await?;
    }
    ensure!(house.desk.open_priorities().await?.is_empty(), "one is no choice");
    let low = house.desk.priority_settings(&house.eva).await?.into_iter().find(|p| p.en == "Low");
    let mut low = low.context("no low")?;
    low.external = true;
    house.desk.save_priority(&house.eva, low.clone()).await?;
    let open: Vec<_> = house.desk.open_priorities().await?.into_iter().map(|p| p.en).collect();
    ensure!(open == ["Medium", "Low"], "{open:?}");
    let category = house.desk.open_categories().await?.remove(0).id.0;
    let form = |priority: &PriorityId| Form {
        fields: Default::default(),
        name: "Kari".into(),
        email: "kari@fjord.no".into(),
        category: category.clone(),
        priority: priority.0.clone(),
        kind: String::new(),
        title: "Skriver".into(),
        text: "Den står stille.".into(),
        files: vec![],
        language: None,
        key: String::new(),
    };
    let high = house.priority("High").await?;
    let refused = house.desk.open_by_form(&Actor::Anonymous, form(&high)).await;
    ensure!(refused == Err(Error::invalid("priority", Why::NotAChoice)), "{refused:?}");
    let opened = house.desk.open_by_form(&Actor::Anonymous, form(&low.id)).await?;
    ensure!(house.ticket(opened.number).await?.priority == low.id);
    Ok(())
}

/// PRI-1, PRI-2: what was retired is kept by those who have it, and given to nobody.
#[tokio::test(flavor = "multi_thread")]
async fn a_retired_priority_is_given_to_nothing_any_more() -> Result<()> {
    let house = House::open().await?;
    let (low, medium) = (house.priority("Low").await?, house.priority("Medium").await?);
    let kept = house.request("Skriver virker ikke").await?;
    house.desk.set_priority(&house.ane, &kept.id, &low).await?;
    house.desk.comment(&house.ane, &kept.id, draft("Og en ting til", Access::Internal)).await?;
    let mut kari = house.desk.contact_settings(&house.eva, &house.kari).await?;
    kari.priority = Some(low.clone());
    house.desk.save_contact(&house.eva, &house.kari, kari.clone()).await?;
    house.desk.retire_priority(&house.eva, &low).await?;

    ensure!(house.ticket(kept.number).await?.priority == low, "kept");
    ensure!(house.request("Ny").await?.priority == medium, "not by its contact: PRI-2");
    let refused = Err(Error::invalid("priority", Why::NotAChoice));
    ensure!(house.desk.save_contact(&house.eva, &house.kari, kari.clone()).await == refused);
    let fjord = kari.company.clone().context("no company")?;
    let mut company = house.desk.company_settings(&house.eva, &fjord).await?;
    company.priority = Some(low.clone());
    ensure!(house.desk.save_company(&house.eva, &fjord, company).await == refused);
    let message = house.ticket(kept.number).await?.messages.pop().context("no message")?.id;
    let part = SplitOff { title: "Del".into(), priority: Some(low.clone()), ..SplitOff::default() };
    let named = house.desk.split(&house.ane, &kept.id, part.clone(), std::slice::from_ref(&message)).await;
    ensure!(named.map(|_| ()) == refused);
    let split = house.desk.split(&house.ane, &kept.id, SplitOff { priority: None, ..part }, &[message]).await?;
    ensure!(house.ticket(split.number).await?.priority == medium, "not by splitting");
    // Two become one all the same, whichever is kept.
    let into = house.request("Den andre").await?;
    let merge = Merge { keep: Some(kept.id.clone()), ..Merge::whole(into.id.clone(), vec![kept.id.clone()]) };
    house.desk.merge(&house.ane, merge).await?;
    ensure!(house.ticket(into.number).await?.priority == medium, "not by merging");
    Ok(())
}

/// C-10, EDM-1: whoever has got no answer any more waits for the first one again.
#[tokio::test(flavor = "multi_thread")]
async fn a_reply_that_is_taken_away_or_moved_is_no_answer_any_more() -> Result<()> {
    let house = House::open().await?;
    medium(&house, |p| {
        p.calendar = None;
        p.targets = Targets { first_response: Some(120), ..Targets::default() };
    })
    .await?;
    let other = house.request("Nettet").await?;
    let ticket = house.request("Skriver virker ikke").await?;
    let due = Some(ticket.created_at + 2 * HOUR);
    let deadline = async || anyhow::Ok(house.ticket(ticket.number).await?.deadline);
    ensure!(deadline().await? == due);
    let internal = |access| MessageChange { access: Some(access), ..MessageChange::default() };
    let delete = MessageChange { delete: true, ..MessageChange::default() };
    for way in ["internal", "deleted", "moved", "split"] {
        let reply = house.desk.reply(&house.ane, &ticket.id, draft("Hvilken?", Access::External)).await?;
        ensure!(deadline().await?.is_none(), "{way}: answered");
        match way {
            "internal" => {
                house.desk.change_message(&house.eva, &reply, internal(Access::Internal)).await?;
                ensure!(deadline().await? == due, "{way}");
                house.desk.change_message(&house.eva, &reply, internal(Access::External)).await?;
                ensure!(deadline().await?.is_none(), "said to them after all");
                house.desk.change_message(&house.eva, &reply, internal(Access::Internal)).await?;
            }
            "deleted" => house.desk.change_message(&house.eva, &reply, delete.clone()).await?,
            "moved" => house.desk.move_message(&house.eva, &reply, &other.id).await?,
            _ => {
                let new = SplitOff { title: "Ut".into(), ..SplitOff::default() };
                house.desk.split(&house.eva, &ticket.id, new, &[reply]).await.map(drop)?;
            }
        }
        ensure!(deadline().await? == due, "{way}: {:?}", deadline().await?);
    }
    Ok(())
}

/// AUT-5, C-10: a note that somebody is away asks for nothing, and so no answer to it is due.
#[tokio::test(flavor = "multi_thread")]
async fn a_note_that_somebody_is_away_starts_no_clock() -> Result<()> {
    let house = House::open().await?;
    medium(&house, |p| {
        p.calendar = None;
        p.targets = Targets { next_response: Some(120), ..Targets::default() };
    })
    .await?;
    let ticket = house.request("Skriver virker ikke").await?;
    house.desk.reply(&house.ane, &ticket.id, draft("Hvilken?", Access::External)).await?;
    house.rest().await?;
    house.pass(10).await?;
    let asked = house.sent().pop().context("no mail")?;
    let away = Inbound {
        external_id: "away@fjord.no".into(),
        from: Party { address: "kari@fjord.no".into(), name: String::new() },
        subject: Some("Fravær".into()),
        text: "Jeg er borte til mandag.".into(),
        in_reply_to: vec![asked.message_id],
        automatic: Some("auto-replied".into()),
        ..Inbound::default()
    };
    house.receive(away).await?;
    house.rest().await?;
    ensure!(house.ticket(ticket.number).await?.deadline.is_none());
    house.pass(90).await?;
    house.answer("kari@fjord.no", "Den i 3. etasje.").await?;
    ensure!(house.ticket(ticket.number).await?.deadline == Some(house.clock.now() + 2 * HOUR));
    Ok(())
}
