//! One action on many requests. Section 10.4.

use crate::{
    house::{House, id},
    tally,
};
use anyhow::{Context, Result, ensure};
use desk::{
    Error, Why,
    clock::MINUTE,
    model::{
        Access, Actor, Aspect, BulkAction, BulkId, Cause, Criteria, Criterion, EventKind, Field, FieldHow, FieldId,
        FieldKind, ForeseenEvent, Language, List, MessageId, Operator, Project, ProjectId, Reach, ReadState, Right,
        Role, RoleId, Sale, SaleId, Selection, State, Substitution, Ticket, TicketId, Until,
    },
    person::NewContact,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

async fn three(house: &House) -> Result<(Vec<Ticket>, Vec<TicketId>)> {
    let mut tickets = vec![];
    for n in 0..3 {
        tickets.push(house.request(&format!("Sak {n}")).await?);
    }
    let ids = tickets.iter().map(|ticket| ticket.id.clone()).collect();
    Ok((tickets, ids))
}

async fn run(house: &House, actor: &Actor, action: BulkAction, tickets: &[TicketId]) -> Result<BulkId> {
    let id = house.desk.begin_bulk(actor, action, tickets).await?;
    house.rest().await?;
    Ok(id)
}

/// BLK-1, CLO-1: each row by the same rules, what is left out says why, all of it can be taken back.
#[tokio::test(flavor = "multi_thread")]
async fn each_row_obeys_the_same_rules_and_can_be_taken_back() -> Result<()> {
    let house = House::open().await?;
    let (tickets, ids) = three(&house).await?;
    house.desk.take(&house.bo, &ids[1], None).await?;
    let bulk = run(&house, &house.ane, BulkAction::Take, &ids).await?;
    let done = house.desk.bulk(&house.ane, &bulk).await?;
    ensure!((done.all, done.done, done.skipped.len(), done.finished) == (3, 2, 1, true), "{done:?}");
    ensure!(done.skipped[0].number == tickets[1].number && done.skipped[0].why == Error::Taken { holder: "Bo".into() });
    let entry = house.ticket(tickets[0].number).await?.log.into_iter().find(|entry| entry.kind == EventKind::Accepted);
    ensure!(
        entry.is_some_and(|e| e.cause == Cause::Bulk
            && e.cause_id.as_deref() == Some(bulk.as_str())
            && e.actor == "Ane")
    );

    let closed = house.status("Closed").await?;
    let bulk = run(&house, &house.ane, BulkAction::Status { status: closed }, &ids).await?;
    ensure!(house.desk.list(&house.ane, List::Closed, None).await?.total == 3);
    // One was opened again since: it stays, the others go back.
    let open = house.status("Open").await?;
    house.desk.set_status(&house.bo, &ids[2], &house.status("Waiting for customer").await?).await?;
    let left = house.desk.undo_bulk(&house.ane, &bulk).await?;
    ensure!(
        left.len() == 1 && left[0].number == tickets[2].number && matches!(left[0].why, Error::Changed { .. }),
        "{left:?}"
    );
    ensure!(house.ticket(tickets[0].number).await?.status == open);
    tally::check(&house).await
}

fn reply(text: &str, mail: bool, close: bool) -> BulkAction {
    BulkAction::Reply { text: text.into(), template: None, answers: BTreeMap::new(), mail, close }
}

fn forward(close: bool) -> BulkAction {
    let to = vec!["hjelp@partner.example".into()];
    BulkAction::Forward { to, cc: vec![], bcc: vec![], comment: "Kan dere se?".into(), close }
}

/// MSG-10, FWD-5
#[tokio::test(flavor = "multi_thread")]
async fn one_reply_reaches_many_and_one_forward_too() -> Result<()> {
    let house = House::open().await?;
    let (tickets, ids) = three(&house).await?;
    house.desk.set_access(&house.ane, &ids[0], Access::Internal).await?;
    let before = house.sent().len();
    run(&house, &house.ane, reply("Feilen er rettet.", true, true), &ids).await?;
    ensure!(house.sent().len() == before + 2, "MSG-10: mailed for external ones only");
    for ticket in &tickets {
        let now = house.ticket(ticket.number).await?;
        ensure!(now.state == State::Closed && now.messages.iter().any(|m| m.text == "Feilen er rettet."));
    }
    let before = house.sent().len();
    run(&house, &house.ane, reply("Bare for oss.", false, false), &ids).await?;
    ensure!(house.sent().len() == before, "MSG-10: only when asked");
    ensure!(house.ticket(tickets[2].number).await?.messages.iter().any(|m| m.text == "Bare for oss."));
    run(&house, &house.ane, forward(false), &ids[1..]).await?;
    let mails = house.sent().split_off(before);
    ensure!(mails.len() == 2 && mails.iter().all(|mail| mail.text.contains("Kan dere se?")), "FWD-5");
    ensure!(house.ticket(tickets[1].number).await?.messages.iter().any(|m| m.text.contains("Kan dere se?")));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn only_those_with_the_right_and_only_what_is_theirs() -> Result<()> {
    let house = House::open().await?;
    let (_, ids) = three(&house).await?;
    let plain = Role {
        id: RoleId::new(),
        name: "Uten".into(),
        list: Reach::All,
        read: Reach::All,
        edit: Reach::None,
        rights: vec![Right::Tags],
        default: false,
    };
    house.desk.save_role(&house.eva, plain.clone()).await?;
    let cia = id(&house.cia);
    house.desk.set_roles(&house.eva, &cia, std::slice::from_ref(&plain.id)).await?;
    ensure!(house.desk.begin_bulk(&house.cia, BulkAction::Take, &ids).await == Err(Error::Forbidden));
    let bulk = Role { rights: vec![Right::Bulk], ..plain };
    house.desk.save_role(&house.eva, bulk.clone()).await?;
    let id = run(&house, &house.cia, BulkAction::Take, &ids).await?;
    let done = house.desk.bulk(&house.cia, &id).await?;
    ensure!(
        done.done == 0 && done.skipped.iter().all(|skipped| skipped.why == Error::Forbidden),
        "reads, and does not change"
    );
    let blind = Role { list: Reach::None, read: Reach::None, ..bulk };
    house.desk.save_role(&house.eva, blind).await?;
    let unseen = run(&house, &house.cia, BulkAction::Take, &ids).await?;
    let unseen = house.desk.bulk(&house.cia, &unseen).await?;
    ensure!(unseen.all == 0 && unseen.skipped.is_empty(), "numbers of what they may not know of come back: {unseen:?}");
    ensure!(house.desk.bulk(&house.bo, &id).await == Err(Error::NotFound), "not his");
    ensure!(house.desk.begin_bulk(&house.ane, BulkAction::Take, &[]).await.is_err());
    let all = house.desk.chosen(&house.ane, &Selection::Fits(Criteria::default())).await?;
    let all = house.desk.begin_bulk(&house.ane, BulkAction::AddTag { tag: "alle".into() }, &all).await?;
    house.rest().await?;
    ensure!(house.desk.bulk(&house.ane, &all).await?.done == 3);
    house.desk.stop_bulk(&house.ane, &all).await?;
    ensure!(!house.desk.bulk(&house.ane, &all).await?.stopped, "it was over");
    Ok(())
}

/// The process dies after the mail and before its row says so: the helper is asked once.
#[tokio::test(flavor = "multi_thread")]
async fn a_forward_that_was_cut_off_asks_the_helper_once() -> Result<()> {
    let house = House::open().await?;
    let (tickets, ids) = three(&house).await?;
    let before = house.sent().len();
    // What notes that a row is done can't be written, until somebody mends it.
    let pool = house.desk.db().read();
    sqlx::query("alter table bulk_row rename column reason to mislaid").execute(pool).await?;
    let id = house.desk.begin_bulk(&house.ane, forward(true), &ids).await?;
    // Until it waits alone for its next try: what is in hand would be begun anew when the clock leaps.
    let mut cut_off = false;
    for _ in 0..1_000 {
        let failed: i64 = sqlx::query_scalar("select count(*) from job where kind = 'bulk' and error is not null")
            .fetch_one(pool)
            .await?;
        cut_off = failed == 1 && house.desk.open_jobs().await? == 1;
        if cut_off {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    ensure!(cut_off, "it was not cut off");
    sqlx::query("alter table bulk_row rename column mislaid to reason").execute(pool).await?;
    house.pass(1).await?;
    ensure!(house.desk.bulk(&house.ane, &id).await?.done == 3);
    let mails = house.sent().split_off(before);
    ensure!(mails.len() == 3, "{} mails", mails.len());
    for ticket in &tickets {
        let now = house.ticket(ticket.number).await?;
        ensure!(now.state == State::Closed && house.desk.sides(&house.ane, &ticket.id).await?.len() == 1);
    }
    Ok(())
}

/// CLO-1: what is taken back while it runs goes no further, and leaves nothing behind.
#[tokio::test(flavor = "multi_thread")]
async fn taking_back_what_still_runs_stops_it() -> Result<()> {
    let house = House::open().await?;
    for n in 0..300 {
        house.mail("kari@fjord.no", &format!("Sak {n}"), "Hei.").await?;
    }
    house.rest().await?;
    let tagged = BulkAction::AddTag { tag: "feil".into() };
    let all = house.desk.chosen(&house.ane, &Selection::Fits(Criteria::default())).await?;
    let id = house.desk.begin_bulk(&house.ane, tagged, &all).await?;
    while house.desk.bulk(&house.ane, &id).await?.done == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    ensure!(house.desk.undo_bulk(&house.ane, &id).await?.is_empty());
    house.clock.advance(MINUTE);
    house.rest().await?;
    let bulk = house.desk.bulk(&house.ane, &id).await?;
    ensure!(bulk.stopped && bulk.done < 300 && bulk.skipped.is_empty(), "{bulk:?}");
    for row in house.desk.list(&house.ane, List::Open, None).await?.rows {
        ensure!(house.desk.tags_of(&house.ane, &row.id).await?.is_empty(), "{} is still tagged", row.number);
    }
    Ok(())
}

/// So many requests, and an action on all of them that has come some way.
async fn midway(house: &House, many: usize, action: BulkAction) -> Result<(Vec<TicketId>, BulkId)> {
    for n in 0..many {
        house.mail("kari@fjord.no", &format!("Sak {n}"), "Hei.").await?;
    }
    house.rest().await?;
    let all = house.desk.chosen(&house.ane, &Selection::Fits(Criteria::default())).await?;
    ensure!(all.len() == many);
    let bulk = house.desk.begin_bulk(&house.ane, action, &all).await?;
    loop {
        // What it says of itself lies between what was done before it was asked and what was done after.
        let before = house.desk.bulk(&house.ane, &bulk).await?;
        let lines = lines_of(house, &bulk).await?.len() as i64;
        let after = house.desk.bulk(&house.ane, &bulk).await?;
        ensure!(before.all == many as i64 && !before.finished && !before.stopped, "{before:?}");
        ensure!(before.done <= lines && lines <= after.done + 1, "{lines} are done: {before:?} {after:?}");
        if after.done as usize > many / 5 {
            return Ok((all, bulk));
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// The requests that an action wrote a line about, one for each line.
async fn lines_of(house: &House, bulk: &BulkId) -> Result<Vec<TicketId>> {
    let lines = "select ticket_id from event where cause = 'bulk' and cause_id = $1 order by number";
    Ok(sqlx::query_scalar(lines).bind(bulk.clone()).fetch_all(house.desk.db().read()).await?)
}

/// BLK-1: what is stopped in the middle did what it says and nothing else, goes on by nothing, and can be taken back.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_stopped_midway_is_done_so_far_and_no_further() -> Result<()> {
    let house = House::open().await?;
    let high = house.priority("High").await?;
    let (all, bulk) = midway(&house, 300, BulkAction::Priority { priority: high.clone() }).await?;
    house.desk.stop_bulk(&house.ane, &bulk).await?;
    house.rest().await?;
    let stopped = house.desk.bulk(&house.ane, &bulk).await?;
    ensure!(stopped.stopped && stopped.finished && stopped.skipped.is_empty(), "{stopped:?}");
    let done = stopped.done as usize;
    ensure!(60 < done && done < 300, "{done} were done");

    // Neither time nor another start moves it.
    house.pass(2).await?;
    let house = house.restart().await?;
    house.pass(2).await?;
    ensure!(house.desk.bulk(&house.ane, &bulk).await? == stopped);
    let rows: Vec<(TicketId, String)> =
        sqlx::query_as("select id, priority_id from ticket order by id").fetch_all(house.desk.db().read()).await?;
    let changed: Vec<&TicketId> = rows.iter().filter(|(_, now)| *now == high.0).map(|(id, _)| id).collect();
    ensure!(changed.iter().copied().eq(&all[..done]), "the first {done} and no other: {changed:?}");
    ensure!(lines_of(&house, &bulk).await? == all[..done], "a line for each that is done");

    let left = house.desk.undo_bulk(&house.ane, &bulk).await?;
    ensure!(left.is_empty(), "{left:?}");
    let high = Criteria::all(vec![Criterion::new(Aspect::Priority, Operator::OneOf, [high.as_str()])]);
    ensure!(house.desk.count_by(&house.eva, &high).await? == 0);
    let undone = house.texts("select ticket_id from event where kind = 'undone' order by ticket_id").await?;
    ensure!(undone.iter().eq(all[..done].iter().map(|id| &id.0)), "once each, and only those");
    tally::check(&house).await
}

/// BLK-1: an action that was under way when Saker was stopped goes on where it was, and says nothing twice.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_under_way_goes_on_after_another_start() -> Result<()> {
    let house = House::open().await?;
    let (mut all, bulk) = midway(&house, 300, BulkAction::Comment { text: "Samme feil.".into() }).await?;
    let house = house.restart().await?;
    let under_way = house.desk.bulk(&house.ane, &bulk).await?;
    ensure!(under_way.done < 300 && !under_way.finished && !under_way.stopped, "{under_way:?}");
    house.rest().await?;
    let done = house.desk.bulk(&house.ane, &bulk).await?;
    ensure!((done.all, done.done, done.finished, done.stopped) == (300, 300, true, false), "{done:?}");
    ensure!(done.skipped.is_empty(), "{done:?}");
    let mut lines = lines_of(&house, &bulk).await?;
    let mut said: Vec<TicketId> = sqlx::query_scalar("select ticket_id from message where text = 'Samme feil.'")
        .fetch_all(house.desk.db().read())
        .await?;
    all.sort();
    lines.sort();
    said.sort();
    ensure!(lines == all && said == all, "{} lines and {} comments", lines.len(), said.len());
    Ok(())
}

fn field(key: &str, kind: FieldKind) -> Field {
    Field {
        id: FieldId::new(),
        key: key.to_owned(),
        nb: key.to_owned(),
        en: key.to_owned(),
        hint_nb: String::new(),
        hint_en: String::new(),
        kind,
        choices: vec![],
        required: false,
        portal: false,
        places: vec![],
    }
}

/// What every bulk action has to say for itself.
struct Case<'a> {
    action: BulkAction,
    who: &'a Actor,
    back: Back,
}

/// What taking an action back leaves of it.
#[derive(Clone, Copy, PartialEq)]
enum Back {
    /// Nothing at all.
    Nothing,
    /// What left the house stays where it can be read; the rest goes back.
    WhatWasSaid,
    /// The same, where saying it was all that was done: taking back is refused and says that it was sent.
    Sent,
}

/// What undo promises of an action. A new one doesn't compile before it is decided here.
fn promised(action: &BulkAction) -> Back {
    use BulkAction::*;
    match action {
        Take
        | Release
        | Give { .. }
        | HandBack
        | Status { .. }
        | Postpone { .. }
        | Access { .. }
        | Title { .. }
        | ReplaceInTitle { .. }
        | Priority { .. }
        | Category { .. }
        | Type { .. }
        | Field { .. }
        | ReplaceInField { .. }
        | Sale { .. }
        | Project { .. }
        | AddTag { .. }
        | RemoveTag { .. }
        | SetTags { .. }
        | AddContact { .. }
        | RemoveContact { .. }
        | Favourite { .. }
        | Read { .. }
        | Merge { .. }
        | Comment { .. }
        | Reply { mail: false, .. }
        | Delete
        | Spam => Back::Nothing,
        // The answer and its closing are one step.
        Reply { mail: true, close: true, .. } => Back::WhatWasSaid,
        Reply { mail: true, close: false, .. } | Forward { .. } => Back::Sent,
    }
}

/// What an action is called, by the words that it is stored in.
fn name_of(action: &BulkAction) -> Result<String> {
    Ok(serde_json::to_value(action)?["do"].as_str().unwrap_or_default().to_owned())
}

/// What all of them are called: whoever asks for one that is not there is told.
fn all_names() -> BTreeSet<String> {
    let refused = serde_json::from_str::<BulkAction>(r#"{ "do": "-" }"#).err().map(|error| error.to_string());
    refused.unwrap_or_default().split('`').skip(3).step_by(2).map(str::to_owned).collect()
}

/// Two requests of Ane's with a field and a tag, one that nobody has, and something to do to them of every kind.
async fn cases(house: &House) -> Result<(Vec<Ticket>, Vec<Case<'_>>)> {
    for field in [field("note", FieldKind::Text), field("urgent", FieldKind::YesNo)] {
        house.desk.save_field(&house.eva, field).await?;
    }
    let (tickets, ids) = three(house).await?;
    for id in &ids {
        let values = [("note".to_owned(), vec!["Faktura 12 kr, faktura 7 kr".to_owned()])].into();
        house.desk.set_fields(&house.ane, id, &values).await?;
        house.desk.add_tag(&house.ane, id, "gammel").await?;
    }
    for id in &ids[..2] {
        house.desk.take(&house.ane, id, None).await?;
    }
    let sale = Sale { id: SaleId::new(), name: "Ny skriver".into(), company: None, closed: false };
    let project = Project { id: ProjectId::new(), name: "Flytting".into(), company: None, closed: false };
    house.desk.save_sale(&house.ane, sale.clone()).await?;
    house.desk.save_project(&house.ane, project.clone()).await?;
    let outage = crate::request_type::kind("Driftsfeil");
    house.desk.save_request_type(&house.eva, outage.clone()).await?;
    let ola = NewContact {
        name: "Ola Vik".to_owned(),
        emails: vec!["ola@fjord.no".to_owned()],
        phones: vec![],
        language: Language::Nb,
        company: None,
    };
    let ola = house.desk.add_contact(&house.eva, ola).await?;

    let find =
        |find: &str, with: &str, pattern| Substitution { find: find.into(), with: with.into(), pattern, case: false };
    let own = |how| BulkAction::Field { key: "urgent".into(), how, values: vec![] };
    let reply = |mail, close| reply("Feilen er rettet.", mail, close);
    let actions = vec![
        BulkAction::Take,
        BulkAction::Release,
        BulkAction::Give { to: id(&house.bo) },
        BulkAction::HandBack,
        BulkAction::Status { status: house.status("Waiting for customer").await? },
        BulkAction::Status { status: house.status("Closed").await? },
        BulkAction::Postpone { until: Until::Week, status: None },
        BulkAction::Access { access: Access::Internal },
        BulkAction::Title { to: "Ny tittel".into() },
        BulkAction::ReplaceInTitle { what: find("sak", "Henvendelse", false) },
        BulkAction::ReplaceInTitle { what: find(r"^(\w+) (\d)$", "$2: $1", true) },
        BulkAction::Priority { priority: house.priority("High").await? },
        BulkAction::Category { category: house.invoices.clone() },
        BulkAction::Type { to: outage.id },
        own(FieldHow::Toggle),
        BulkAction::Field { key: "note".into(), how: FieldHow::Clear, values: vec![] },
        BulkAction::ReplaceInField { key: "note".into(), what: find(r"(\d+) kr", "$1 NOK", true) },
        BulkAction::Sale { to: Some(sale.id) },
        BulkAction::Project { to: Some(project.id) },
        BulkAction::AddTag { tag: "ny".into() },
        BulkAction::RemoveTag { tag: "gammel".into() },
        BulkAction::SetTags { tags: vec!["ny".into(), "annen".into()] },
        BulkAction::AddContact { person: ola },
        BulkAction::RemoveContact { person: house.kari.clone() },
        BulkAction::Favourite { on: true },
        BulkAction::Read { on: false },
        BulkAction::Merge { into: tickets[0].number },
        BulkAction::Comment { text: "Samme feil.".into() },
        reply(false, false),
        reply(false, true),
        reply(true, true),
        reply(true, false),
        forward(false),
        forward(true),
        BulkAction::Delete,
        BulkAction::Spam,
    ];
    // Some need a right that Ane has not.
    let who = |action: &BulkAction| match action {
        BulkAction::Delete | BulkAction::Spam => &house.eva,
        _ => &house.ane,
    };
    let cases = actions.into_iter().map(|action| Case { who: who(&action), back: promised(&action), action });
    Ok((tickets, cases.collect()))
}

/// How a row stands.
#[derive(Debug, PartialEq)]
struct Standing {
    /// What undo brings back of any request, and Ane's star.
    row: String,
    said: Vec<(MessageId, String)>,
    /// An answer that left has met it, whatever is taken back after.
    deadline: Option<i64>,
}

async fn stand(house: &House, tickets: &[Ticket]) -> Result<Vec<Standing>> {
    let mut all = vec![];
    for ticket in tickets {
        let mut now = house.ticket(ticket.number).await?;
        let said = now.messages.drain(..).map(|message| (message.id, message.text)).collect();
        let starred = house.desk.ticket(&house.ane, ticket.number).await.is_ok_and(|ticket| ticket.starred);
        let more = (now.number, starred);
        let row = format!("{:?} {more:?}", crate::step::whole_of(house, &now).await?);
        all.push(Standing { row, said, deadline: now.deadline });
    }
    Ok(all)
}

/// How much was written down and sent so far, by whatever way.
async fn written(house: &House) -> Result<(Vec<String>, usize)> {
    let events = house.texts("select cast(count(*) as text) from event").await?;
    Ok((events, house.sent().len()))
}

/// BLK-1, C-7, section 10.4: each action says before what it would do, changes nothing by saying it, does just that and to
/// just those, and is taken back but for what left the house.
#[tokio::test(flavor = "multi_thread")]
async fn every_action_is_foreseen_done_and_taken_back() -> Result<()> {
    let house = House::open().await?;
    let (tickets, cases) = cases(&house).await?;
    let ids: Vec<TicketId> = tickets.iter().map(|ticket| ticket.id.clone()).collect();
    let mut tried = BTreeSet::new();
    for Case { action, who, back } in cases {
        tried.insert(name_of(&action)?);
        house.rest().await?;
        let (before, log, mails) = (stand(&house, &tickets).await?, written(&house).await?, house.sent().len());
        let preview = house.desk.preview_bulk(who, action.clone(), &ids).await?;
        house.rest().await?;
        ensure!(written(&house).await? == log, "{action:?} was done by asking what it would do");
        ensure!(stand(&house, &tickets).await? == before, "{action:?} was done by asking what it would do");

        let bulk = run(&house, who, action.clone(), &ids).await?;
        let done = house.desk.bulk(who, &bulk).await?;
        let refused: Vec<_> = done.skipped.iter().map(|skipped| (skipped.number, &skipped.why)).collect();
        let foreseen: Vec<_> = preview.skipped.iter().map(|skipped| (skipped.number, &skipped.why)).collect();
        ensure!((preview.all, preview.tried) == (3, 3) && refused == foreseen, "{action:?}: {preview:?} {done:?}");
        ensure!(preview.rows.len() + refused.len() == 3 && done.finished, "{action:?}: {preview:?} {done:?}");
        for row in &preview.rows {
            let ticket = tickets.iter().find(|ticket| ticket.number == row.number).context("none of the three")?;
            // Where it was merged its log is found by its id. A merge is one step with a line on each of two.
            let came = logged(&house, &ticket.id, &bulk).await?;
            let said: Vec<_> = row.events.iter().filter(|event| event.kind != EventKind::Merged).map(line).collect();
            ensure!(said == came, "{action:?}: {said:?} was foreseen, {came:?} came");
        }
        let changed = preview.rows.iter().filter(|row| !row.events.is_empty()).count();
        let after = stand(&house, &tickets).await?;
        ensure!(after != before, "{action:?} changes nothing");
        // A star is nobody else's business, so that no log tells of it.
        ensure!(changed > 0 || matches!(action, BulkAction::Favourite { .. }), "{action:?} says nothing");
        ensure!(
            (house.sent().len() > mails) == (back != Back::Nothing),
            "{action:?}: only what was promised is mailed"
        );

        let mails = house.sent().len();
        let left = house.desk.undo_bulk(who, &bulk).await?;
        house.rest().await?;
        let stays = left.iter().all(|left| left.why == Error::invalid("step", Why::Sent));
        let wanted = if back == Back::Sent { changed } else { 0 };
        ensure!(stays && left.len() == wanted, "{action:?}: {left:?}");
        let again = stand(&house, &tickets).await?;
        for ((before, after), again) in before.iter().zip(&after).zip(&again) {
            match back {
                Back::Nothing => ensure!(again == before, "{action:?}\n{before:?}\n{again:?}"),
                Back::WhatWasSaid | Back::Sent => {
                    ensure!(again.row == before.row, "{action:?}\n{}\n{}", before.row, again.row);
                    ensure!(again.said == after.said, "{action:?}: {:?} {:?}", after.said, again.said);
                }
            }
        }
        ensure!(house.sent().len() == mails, "{action:?}: taking back sends nothing");
        tally::check(&house).await?;
    }
    ensure!(tried == all_names(), "{tried:?} were tried of {:?}", all_names());
    Ok(())
}

/// A line of the log with its values.
fn line(event: &ForeseenEvent) -> (String, String, String) {
    let said = |value: &Option<String>| value.clone().unwrap_or_default();
    (event.kind.to_string(), said(&event.old), said(&event.new))
}

/// What a bulk action wrote into the log of one request, but for what a merge says on the survivor.
async fn logged(house: &House, ticket: &TicketId, bulk: &BulkId) -> Result<Vec<(String, String, String)>> {
    let kinds = "select kind, coalesce(old, ''), coalesce(new, '') from event
                 where ticket_id = $1 and cause_id = $2 and kind <> 'merged' order by number";
    let query = sqlx::query_as(kinds).bind(ticket.clone()).bind(bulk.clone());
    Ok(query.fetch_all(house.desk.db().read()).await?)
}

/// Sections 1.3 and 10.4: only whose it is says that it was read.
#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_done_says_why_for_each_row() -> Result<()> {
    let house = House::open().await?;
    let (tickets, ids) = three(&house).await?;
    house.desk.take(&house.ane, &ids[0], None).await?;
    let bulk = run(&house, &house.ane, BulkAction::Read { on: false }, &ids).await?;
    let done = house.desk.bulk(&house.ane, &bulk).await?;
    ensure!(done.done == 1 && done.skipped.len() == 2, "{done:?}");
    ensure!(done.skipped[0].why == Error::invalid("read", Why::NotAChoice));
    ensure!(house.ticket(tickets[0].number).await?.read == ReadState::Unread);
    let again = run(&house, &house.ane, BulkAction::Read { on: true }, &ids[..1]).await?;
    ensure!(house.desk.bulk(&house.ane, &again).await?.done == 1);
    ensure!(house.ticket(tickets[0].number).await?.read == ReadState::Read);
    // A title that is too long stays; a pattern that can't be read begins nothing.
    let what = Substitution { find: "sak".into(), with: "x".repeat(300), ..Substitution::default() };
    let bulk = run(&house, &house.ane, BulkAction::ReplaceInTitle { what }, &ids).await?;
    let done = house.desk.bulk(&house.ane, &bulk).await?;
    ensure!(done.done == 0 && done.skipped[0].why == Error::invalid("title", Why::TooLong { most: 255 }), "{done:?}");
    let what = Substitution { find: "(".into(), pattern: true, ..Substitution::default() };
    let refused = house.desk.begin_bulk(&house.ane, BulkAction::ReplaceInTitle { what }, &ids).await;
    ensure!(matches!(&refused, Err(Error::Invalid { why: Why::NotAPattern { .. }, .. })), "{refused:?}");
    // A star that was there before is not taken away by taking back.
    house.desk.star(&house.ane, &ids[1], true).await?;
    let stars = run(&house, &house.ane, BulkAction::Favourite { on: true }, &ids).await?;
    house.desk.undo_bulk(&house.ane, &stars).await?;
    let starred: Vec<i64> =
        house.desk.list(&house.ane, List::Favourites, None).await?.rows.iter().map(|row| row.number).collect();
    ensure!(starred == [tickets[1].number], "{starred:?}");
    Ok(())
}

/// Section 10.4: several changes in one run, each request through all of them; one that is refused keeps none of the others.
#[tokio::test(flavor = "multi_thread")]
async fn several_changes_are_one_run_and_each_says_why_it_was_left_out() -> Result<()> {
    let house = House::open().await?;
    let (tickets, ids) = three(&house).await?;
    house.desk.take(&house.bo, &ids[1], None).await?;
    let urgent = field("urgent", FieldKind::YesNo);
    house.desk.save_field(&house.eva, urgent).await?;
    let before = stand(&house, &tickets).await?;
    let high = house.priority("High").await?;
    let toggle = BulkAction::Field { key: "urgent".into(), how: FieldHow::Toggle, values: vec![] };
    let actions = vec![
        BulkAction::Take,
        BulkAction::Priority { priority: high.clone() },
        toggle.clone(),
        BulkAction::AddTag { tag: "ny".into() },
        BulkAction::Favourite { on: true },
    ];
    let preview = house.desk.preview_bulk(&house.ane, actions.clone(), &ids).await?;
    let bulk = house.desk.begin_bulk(&house.ane, actions, &ids).await?;
    house.rest().await?;
    let done = house.desk.bulk(&house.ane, &bulk).await?;
    ensure!((done.all, done.done, done.finished) == (3, 2, true), "{done:?}");
    let left = |skipped: &[desk::model::Skipped]| {
        skipped.iter().map(|skipped| (skipped.number, skipped.action)).collect::<Vec<_>>()
    };
    ensure!(
        left(&done.skipped) == [(tickets[1].number, 0)] && left(&preview.skipped) == left(&done.skipped),
        "{done:?}"
    );
    ensure!(preview.rows.len() == 3 && preview.rows[0].events.len() == 4, "a star is no event: {preview:?}");
    for ticket in &tickets {
        let now = house.desk.ticket(&house.ane, ticket.number).await?;
        ensure!(now.priority == high && now.starred, "{now:?}");
        ensure!(house.desk.tags_of(&house.ane, &ticket.id).await? == ["ny"]);
        ensure!(now.fields.iter().any(|field| field.key == "urgent" && field.values == ["yes"]), "{:?}", now.fields);
    }
    let left = house.desk.undo_bulk(&house.ane, &bulk).await?;
    ensure!(left.is_empty() && stand(&house, &tickets).await? == before, "{left:?}");
    for wrong in [vec![], vec![toggle; 21]] {
        ensure!(house.desk.begin_bulk(&house.ane, wrong, &ids).await.is_err());
    }
    Ok(())
}

/// MSG-10, TPL-1: a template is filled in for each request, and stands above what is written below it.
#[tokio::test(flavor = "multi_thread")]
async fn a_bulk_reply_fills_a_template_in_for_each() -> Result<()> {
    let house = House::open().await?;
    let (tickets, ids) = three(&house).await?;
    house.desk.set_access(&house.ane, &ids[2], Access::Internal).await?;
    let with = |template: &str, days: &str, text: &str| BulkAction::Reply {
        text: text.into(),
        template: Some(template.into()),
        answers: [("days".to_owned(), days.to_owned())].into(),
        mail: true,
        close: false,
    };
    let before = house.sent().len();
    run(&house, &house.ane, with("solution", "3", "Hilsen oss"), &ids).await?;
    ensure!(house.sent().len() == before + 2, "MSG-10: for external ones only");
    for ticket in &tickets {
        let now = house.ticket(ticket.number).await?;
        let said = now.messages.last().context("nothing was said")?;
        ensure!(said.text == "solution\ndays=3\n\nHilsen oss", "{said:?}");
        ensure!(said.access == if ticket.id == ids[2] { Access::Internal } else { Access::External });
    }
    for (wrong, field) in [(with("no-such", "3", ""), "template"), (with("solution", "99", ""), "answers.days")] {
        let refused = house.desk.begin_bulk(&house.ane, wrong, &ids).await;
        ensure!(matches!(&refused, Err(Error::Invalid { field: at, .. }) if at == field), "{field}: {refused:?}");
    }
    Ok(())
}
