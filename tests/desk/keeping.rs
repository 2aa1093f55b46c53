//! How long requests are kept, and what has to be kept. C-20.

use crate::{
    house::{House, draft, in_order},
    role::{give, role},
    tally,
};
use anyhow::{Context, Result, ensure};
use desk::{
    Error, Why,
    clock::DAY,
    model::{
        Access, Actor, EventKind, Farewell, HeldKind, LegalHoldId, List, LogAsked, Merge, MessageChange, NewLegalHold,
        Period, Reach, Retention, Right, Role, Ticket,
    },
    person::NewContact,
    settings::NewCategory,
};

const MINUTES_A_DAY: i64 = 24 * 60;

async fn closed(house: &House, subject: &str) -> Result<Ticket> {
    let ticket = house.request(subject).await?;
    house.desk.reply(&house.ane, &ticket.id, draft("Hei Kari!", Access::External)).await?;
    house.desk.comment(&house.ane, &ticket.id, draft("Hun bor i Storgata.", Access::Internal)).await?;
    house.desk.close_ticket(&house.ane, &ticket.id).await?;
    house.rest().await?;
    house.ticket(ticket.number).await
}

fn after(days: i64, then: Farewell) -> Option<Retention> {
    Some(Retention { days, then })
}

pub async fn hold(house: &House, kind: HeldKind, on: &str) -> Result<LegalHoldId> {
    let new = NewLegalHold { kind, on: on.to_owned(), reason: "Tvist med Fjord".to_owned() };
    Ok(house.desk.place_legal_hold(&house.eva, &new).await?)
}

fn held() -> Error {
    Error::Held { by: "Eva".to_owned(), reason: "Tvist med Fjord".to_owned() }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_closed_long_enough_is_erased_and_the_preview_says_it_before() -> Result<()> {
    let house = House::open().await?;
    let (first, open) = (closed(&house, "Skriver").await?, house.request("Står ennå åpen").await?);
    house.pass(10 * MINUTES_A_DAY).await?;
    let second = closed(&house, "Nettet").await?;
    let desk = &house.desk;
    // Twenty days after the first was closed, and ten after the second.
    house.pass(10 * MINUTES_A_DAY).await?;
    let preview = desk.preview_retention(&house.eva, &house.support, after(20, Farewell::Erase)).await?;
    ensure!((preview.erased, preview.anonymised, preview.held) == (1, 0, 0), "{preview:?}");
    ensure!(preview.numbers == [first.number]);
    let both = desk.preview_retention(&house.eva, &house.support, after(10, Farewell::Anonymise)).await?;
    ensure!((both.erased, both.anonymised) == (0, 2) && both.numbers == [first.number, second.number], "{both:?}");
    ensure!(desk.preview_retention(&house.eva, &house.support, None).await?.numbers.is_empty());
    house.pass(1).await?;
    ensure!(house.ticket(first.number).await.is_ok(), "a preview does nothing");

    for refused in [0, 36_501] {
        let refused = desk.save_retention(&house.eva, &house.support, after(refused, Farewell::Erase)).await;
        ensure!(refused == Err(Error::invalid("days", Why::NotAChoice)));
    }
    ensure!(desk.save_retention(&house.ane, &house.support, None).await == Err(Error::Forbidden));
    ensure!(desk.retentions(&house.ane).await == Err(Error::Forbidden));
    desk.save_retention(&house.eva, &house.support, after(20, Farewell::Erase)).await?;
    house.pass(0).await?;
    ensure!(house.ticket(first.number).await.is_err() && house.ticket(second.number).await.is_ok());
    ensure!(house.ticket(open.number).await.is_ok(), "what is open stays");
    let asked = LogAsked { kind: Some(EventKind::Erased), ..LogAsked::default() };
    let said = desk.whole_log(&house.eva, &asked, None).await?;
    ensure!(said.len() == 1 && said[0].old.as_deref() == Some(format!("#{}", first.number).as_str()), "{said:?}");
    ensure!(desk.search(&house.eva, "skriver").await?.hits.is_empty());
    // Opened again, its time is not up; closed again, it counts anew.
    desk.set_status(&house.ane, &second.id, &house.status("Open").await?).await?;
    desk.close_ticket(&house.ane, &second.id).await?;
    house.pass(19 * MINUTES_A_DAY).await?;
    ensure!(house.ticket(second.number).await.is_ok());
    house.pass(MINUTES_A_DAY).await?;
    ensure!(house.ticket(second.number).await.is_err());
    tally::check(&house).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_anonymous_has_no_words_and_counts_as_before() -> Result<()> {
    let house = House::open().await?;
    let ticket = closed(&house, "Skriver i stua hos Kari").await?;
    let kari = ticket.link.clone().context("no link")?.rsplit('/').next().unwrap_or_default().to_owned();
    let week = Period { from: house.clock.now() - DAY, to: house.clock.now() + DAY };
    let before = house.desk.statistics(&house.eva, week).await?;
    house.desk.save_retention(&house.eva, &house.support, after(30, Farewell::Anonymise)).await?;
    house.pass(30 * MINUTES_A_DAY).await?;
    let now = house.ticket(ticket.number).await?;
    let mut all = serde_json::to_string(&now)?;
    all.push_str(&serde_json::to_string(&house.desk.whole_log(&house.eva, &LogAsked::default(), None).await?)?);
    for sql in [
        "select parcel from delivery where ticket_id is not null",
        "select changes from step",
        "select sender from ticket",
    ] {
        all.push_str(&house.texts(sql).await?.join(" "));
    }
    // Her own card is another matter, and stays.
    let all = all.replace(&format!("\"new\":\"{}\"", house.kari), "");
    for word in ["Kari", "kari@fjord.no", "stua", "Storgata", "står stille", house.kari.as_str()] {
        let at = all.find(word).map(|at| all[at.saturating_sub(200)..].chars().take(300).collect::<String>());
        ensure!(at.is_none(), "{word} is still there: {at:?}");
    }
    for word in ["stua", "Storgata", "stille"] {
        ensure!(house.desk.search(&house.eva, word).await?.hits.is_empty(), "{word} is still found");
    }
    ensure!(now.contacts.is_empty() && now.messages.len() == ticket.messages.len(), "what was said is counted");
    in_order(&house.log(ticket.number).await?, &[EventKind::Closed, EventKind::Anonymised])?;
    let after = house.desk.statistics(&house.eva, week).await?;
    ensure!(before == after, "the numbers stay: {before:?} {after:?}");
    ensure!(house.desk.follow(ticket.number, &kari).await == Err(Error::NotFound), "her link leads nowhere");
    // Once is enough, and what she answers now is something new.
    house.pass(MINUTES_A_DAY).await?;
    let times = house.log(ticket.number).await?.iter().filter(|kind| **kind == EventKind::Anonymised).count();
    ensure!(times == 1);
    house.answer("kari@fjord.no", "Takk!").await?;
    ensure!(house.latest().await?.number != ticket.number);
    tally::check(&house).await
}

/// What was merged into a request is a part of it: its own words stand in its own rows.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_merged_into_an_anonymous_request_has_no_words_either() -> Result<()> {
    let house = House::open().await?;
    let swallowed = house.request("Vaskemaskin hos Kari").await?;
    let between = house.request("Om maskinen").await?;
    let survivor = house.request("Maskinen igjen").await?;
    house.desk.merge(&house.ane, Merge::whole(between.id.clone(), vec![swallowed.id.clone()])).await?;
    house.desk.merge(&house.ane, Merge::whole(survivor.id.clone(), vec![between.id])).await?;
    house.desk.close_ticket(&house.ane, &survivor.id).await?;
    house.desk.save_retention(&house.eva, &house.support, after(30, Farewell::Anonymise)).await?;
    house.pass(30 * MINUTES_A_DAY).await?;
    let mut left = serde_json::to_string(&house.ticket(survivor.number).await?)?;
    for sql in [
        "select title || ' ' || sender || ' ' || preview || ' ' || coalesce(person_id, '') from ticket",
        "select text || ' ' || author_name || ' ' || author_email from message",
        "select coalesce(old, '') || ' ' || coalesce(new, '') || ' ' || coalesce(data, '') from event where ticket_id is not null",
        "select person_id from ticket_contact",
    ] {
        left.push_str(&house.texts(sql).await?.join(" "));
    }
    for word in ["Kari", "kari@fjord.no", "askin", house.kari.as_str()] {
        let at = left.find(word).map(|at| left[at.saturating_sub(200)..].chars().take(300).collect::<String>());
        ensure!(at.is_none(), "{word} is still there: {at:?}");
    }
    tally::check(&house).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_category_keeps_as_the_one_above_it_until_it_says_something_itself() -> Result<()> {
    let house = House::open().await?;
    let new =
        NewCategory { name: "Skrivere".into(), nb: "Skrivere".into(), en: "Printers".into(), ..NewCategory::default() };
    let below = house.desk.add_category(&house.eva, new).await?;
    let mut settings = house.desk.category_settings(&house.eva, &below).await?;
    settings.parent = Some(house.support.clone());
    house.desk.save_category(&house.eva, &below, settings).await?;
    house.desk.save_retention(&house.eva, &house.support, after(30, Farewell::Erase)).await?;
    let said = async || -> Result<_> {
        let all = house.desk.retentions(&house.eva).await?;
        all.into_iter().find(|one| one.category == below).context("not there")
    };
    let inherited = said().await?;
    ensure!(inherited.own.is_none() && inherited.holds == after(30, Farewell::Erase), "{inherited:?}");
    ensure!(inherited.from.as_ref() == Some(&house.support));
    let ticket = closed(&house, "Skriver").await?;
    house.desk.set_category(&house.eva, &ticket.id, &below).await?;
    house.desk.save_retention(&house.eva, &below, after(60, Farewell::Erase)).await?;
    ensure!(said().await?.from.as_ref() == Some(&below));
    house.pass(30 * MINUTES_A_DAY).await?;
    ensure!(house.ticket(ticket.number).await.is_ok(), "its own word is longer");
    let preview = house.desk.preview_retention(&house.eva, &house.support, after(1, Farewell::Erase)).await?;
    ensure!(preview.erased == 0, "what says something itself does not follow: {preview:?}");
    house.desk.save_retention(&house.eva, &below, None).await?;
    let preview = house.desk.preview_retention(&house.eva, &house.support, after(1, Farewell::Erase)).await?;
    ensure!(preview.erased == 1, "{preview:?}");
    house.pass(0).await?;
    ensure!(house.ticket(ticket.number).await.is_err());
    // The whole configuration brings the rules along.
    let kept = house.desk.export_configuration(&house.eva).await?;
    house.desk.save_retention(&house.eva, &house.support, None).await?;
    house.desk.import_configuration(&house.eva, &kept).await?;
    ensure!(said().await?.holds == after(30, Farewell::Erase));
    Ok(())
}

/// While it stands nothing of it goes, whoever tries; and whoever tries is told by whom and why.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_what_is_held_is_erased_by_anybody() -> Result<()> {
    let house = House::open().await?;
    let desk = &house.desk;
    let fjord = house.ticket(house.request("Til firmaet").await?.number).await?.company.context("no company")?.id;
    for (kind, on) in
        [(HeldKind::Ticket, None), (HeldKind::Person, Some(house.kari.0.clone())), (HeldKind::Company, Some(fjord.0))]
    {
        let ticket = closed(&house, &format!("Skriver {kind}")).await?;
        let on = on.unwrap_or_else(|| ticket.id.0.clone());
        let standing = hold(&house, kind, &on).await?;
        let shown = house.ticket(ticket.number).await?.holds;
        ensure!(shown.len() == 1 && shown[0].id == standing && shown[0].by == "Eva", "{kind}: {shown:?}");
        ensure!(desk.legal_holds(&house.eva).await?.len() == 1);

        ensure!(desk.delete_ticket(&house.eva, &ticket.id).await == Err(held()), "{kind}: to the bin");
        let spam = desk.mark_spam(&house.eva, std::slice::from_ref(&ticket.id)).await?;
        ensure!(spam[0].refused == Some(held()), "{kind}: as spam");
        ensure!(desk.erase_person(&house.eva, &house.kari).await == Err(held()), "{kind}: with the person");
        let comment = ticket.messages.iter().find(|message| message.text.contains("Storgata")).context("no comment")?;
        let change = MessageChange { delete: true, ..MessageChange::default() };
        ensure!(desk.change_message(&house.eva, &comment.id, change).await == Err(held()), "{kind}: a message");
        desk.redact(&house.eva, &comment.id, &["Storgata".to_owned()], "Adresse").await?;
        ensure!(desk.erase_redacted(&house.eva, &comment.id).await == Err(held()), "{kind}: what was blacked out");
        let said = desk.steps(&house.eva, &ticket.id).await?;
        let said = said.iter().find(|step| step.kind == EventKind::Commented).context("no step")?;
        ensure!(desk.undo(&house.eva, said.number).await == Err(held()), "{kind}: by undoing");

        desk.save_retention(&house.eva, &house.support, after(5, Farewell::Anonymise)).await?;
        let preview = desk.preview_retention(&house.eva, &house.support, after(1, Farewell::Erase)).await?;
        ensure!(preview.erased == 0, "{preview:?}");
        house.pass(6 * MINUTES_A_DAY).await?;
        let still = house.ticket(ticket.number).await?;
        ensure!(still.contacts.len() == 1 && still.title == ticket.title, "{kind}: by time");
        ensure!(house.log(ticket.number).await?.iter().all(|kind| *kind != EventKind::Anonymised));
        ensure!(desk.preview_retention(&house.eva, &house.support, after(1, Farewell::Erase)).await?.held == 1);

        let refused = desk.lift_legal_hold(&house.eva, &standing, " ").await;
        ensure!(refused == Err(Error::invalid("reason", Why::Missing)));
        desk.lift_legal_hold(&house.eva, &standing, "Forlik").await?;
        ensure!(desk.lift_legal_hold(&house.eva, &standing, "Forlik").await == Err(Error::NotFound), "once");
        house.pass(0).await?;
        in_order(&house.log(ticket.number).await?, &[EventKind::Closed, EventKind::Anonymised])?;
        desk.save_retention(&house.eva, &house.support, None).await?;
        let asked = |kind| LogAsked { kind: Some(kind), ..LogAsked::default() };
        let placed = desk.whole_log(&house.eva, &asked(EventKind::LegalHoldPlaced), None).await?.remove(0);
        let lifted = desk.whole_log(&house.eva, &asked(EventKind::LegalHoldLifted), None).await?.remove(0);
        if kind != HeldKind::Ticket {
            ensure!(placed.new.as_deref() == Some("Tvist med Fjord") && lifted.new.as_deref() == Some("Forlik"));
        }
        ensure!(placed.actor == "Eva" && lifted.actor == "Eva");
    }
    Ok(())
}

/// What lay in the bin already stays there, and two holds are two.
#[tokio::test(flavor = "multi_thread")]
async fn the_bin_is_not_emptied_of_what_is_held() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver").await?;
    house.desk.delete_ticket(&house.eva, &ticket.id).await?;
    let (one, two) =
        (hold(&house, HeldKind::Ticket, &ticket.id.0).await?, hold(&house, HeldKind::Person, &house.kari.0).await?);
    house.pass(15 * MINUTES_A_DAY).await?;
    let bin = house.desk.bin(&house.eva, None).await?.rows;
    ensure!(bin.len() == 1 && bin[0].held);
    house.desk.lift_legal_hold(&house.eva, &one, "Feil sak").await?;
    house.pass(1).await?;
    ensure!(house.ticket(ticket.number).await.is_ok(), "the other one stands");
    house.desk.lift_legal_hold(&house.eva, &two, "Forlik").await?;
    house.pass(1).await?;
    ensure!(house.ticket(ticket.number).await.is_err());
    tally::check(&house).await
}

/// Neither merging nor moving leads past it.
#[tokio::test(flavor = "multi_thread")]
async fn a_hold_follows_what_becomes_of_what_it_is_on() -> Result<()> {
    let house = House::open().await?;
    let desk = &house.desk;
    let (held_one, other, third) =
        (house.request("Skriver").await?, house.request("Nettet").await?, house.request("Skjerm").await?);
    let standing = hold(&house, HeldKind::Ticket, &held_one.id.0).await?;
    // Moved to another request, which then has to stay too.
    desk.comment(&house.ane, &held_one.id, draft("Viktig", Access::Internal)).await?;
    let important = house.ticket(held_one.number).await?.messages.pop().context("no comment")?;
    desk.move_message(&house.ane, &important.id, &third.id).await?;
    ensure!(desk.delete_ticket(&house.eva, &third.id).await == Err(held()));
    // Swallowed, it is held as its survivor; taken apart, as itself.
    let merge = Merge::whole(other.id.clone(), vec![held_one.id.clone()]);
    desk.merge(&house.ane, merge).await?;
    for kept in [&other, &third] {
        ensure!(desk.delete_ticket(&house.eva, &kept.id).await == Err(held()));
    }
    desk.unmerge(&house.ane, &held_one.id).await?;
    desk.delete_ticket(&house.eva, &other.id).await?;
    ensure!(desk.delete_ticket(&house.eva, &held_one.id).await == Err(held()));
    desk.lift_legal_hold(&house.eva, &standing, "Forlik").await?;
    // The same with people.
    let new = NewContact { name: "Kari N".into(), emails: vec!["kari@hjemme.example".into()], ..NewContact::default() };
    let twin = desk.add_contact(&house.eva, new).await?;
    hold(&house, HeldKind::Person, &twin.0).await?;
    ensure!(house.ticket(held_one.number).await?.holds.is_empty());
    desk.merge_people(&house.eva, &house.kari, std::slice::from_ref(&twin)).await?;
    ensure!(house.ticket(held_one.number).await?.holds.len() == 1);
    ensure!(desk.erase_person(&house.eva, &house.kari).await == Err(held()));
    desk.unmerge_person(&house.eva, &twin).await?;
    ensure!(house.ticket(held_one.number).await?.holds.is_empty());
    ensure!(desk.erase_person(&house.eva, &twin).await == Err(held()));
    desk.erase_person(&house.eva, &house.kari).await?;
    Ok(())
}

/// A right of its own: neither to be an agent nor to delete is enough.
#[tokio::test(flavor = "multi_thread")]
async fn only_who_has_the_right_holds_and_lifts() -> Result<()> {
    let house = House::open().await?;
    let desk = &house.desk;
    let ticket = house.request("Skriver").await?;
    let new = NewLegalHold { kind: HeldKind::Ticket, on: ticket.id.0.clone(), reason: "Tvist".into() };
    let with = |name: &str, rights| Role { rights, ..role(name, Reach::All, Reach::All, Reach::All) };
    give(&house, &house.ane, with("Sletter", vec![Right::Delete])).await?;
    ensure!(desk.place_legal_hold(&house.ane, &new).await == Err(Error::Forbidden));
    ensure!(desk.legal_holds(&house.ane).await == Err(Error::Forbidden));
    give(&house, &house.bo, with("Jurist", vec![Right::LegalHold])).await?;
    let standing = desk.place_legal_hold(&house.bo, &new).await?;
    let refused = desk.delete_ticket(&house.ane, &ticket.id).await;
    ensure!(refused == Err(Error::Held { by: "Bo".into(), reason: "Tvist".into() }), "{refused:?}");
    ensure!(desk.lift_legal_hold(&house.ane, &standing, "Ferdig").await == Err(Error::Forbidden));
    // What one may not read one can't hold, nor learn of.
    let own = Role { rights: vec![Right::LegalHold], ..role("Egne", Reach::Own, Reach::Own, Reach::Own) };
    give(&house, &house.cia, own).await?;
    ensure!(desk.place_legal_hold(&house.cia, &new).await == Err(Error::NotFound));
    ensure!(desk.legal_holds(&house.cia).await?.is_empty());
    ensure!(desk.lift_legal_hold(&house.cia, &standing, "Ferdig").await == Err(Error::NotFound));
    ensure!(desk.legal_holds(&Actor::Anonymous).await == Err(Error::Unauthenticated));
    let nothing = NewLegalHold { kind: HeldKind::Person, on: "ingen".into(), reason: "Tvist".into() };
    ensure!(desk.place_legal_hold(&house.bo, &nothing).await == Err(Error::NotFound));
    desk.lift_legal_hold(&house.bo, &standing, "Ferdig").await?;
    in_order(&house.log(ticket.number).await?, &[EventKind::LegalHoldPlaced, EventKind::LegalHoldLifted])?;
    desk.delete_ticket(&house.ane, &ticket.id).await?;
    ensure!(desk.list(&house.ane, List::Latest, None).await?.rows.is_empty());
    Ok(())
}
