//! One action on many requests. Section 10.4.

use crate::{house::House, tally};
use anyhow::{Result, ensure};
use desk::{
    Error, Why,
    clock::MINUTE,
    model::{
        Access, Actor, BulkAction, BulkId, Cause, Criteria, EventKind, Field, FieldHow, FieldId, FieldKind, List,
        Reach, ReadState, Right, Role, RoleId, Selection, State, Substitution, Ticket, TicketId, Until,
    },
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

/// MSG-10, FWD-5
#[tokio::test(flavor = "multi_thread")]
async fn one_reply_reaches_many_and_one_forward_too() -> Result<()> {
    let house = House::open().await?;
    let (tickets, ids) = three(&house).await?;
    house.desk.set_access(&house.ane, &ids[0], Access::Internal).await?;
    let before = house.sent().len();
    let reply = BulkAction::Reply { text: "Feilen er rettet.".into(), mail: true, close: true };
    run(&house, &house.ane, reply, &ids).await?;
    ensure!(house.sent().len() == before + 2, "MSG-10: mailed for external ones only");
    for ticket in &tickets {
        let now = house.ticket(ticket.number).await?;
        ensure!(now.state == State::Closed && now.messages.iter().any(|m| m.text == "Feilen er rettet."));
    }
    let before = house.sent().len();
    let unmailed = BulkAction::Reply { text: "Bare for oss.".into(), mail: false, close: false };
    run(&house, &house.ane, unmailed, &ids).await?;
    ensure!(house.sent().len() == before, "MSG-10: only when asked");
    ensure!(house.ticket(tickets[2].number).await?.messages.iter().any(|m| m.text == "Bare for oss."));
    let forward =
        BulkAction::Forward { to: vec!["hjelp@partner.example".into()], comment: "Kan dere se?".into(), close: false };
    run(&house, &house.ane, forward, &ids[1..]).await?;
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
    let cia = crate::house::id(&house.cia);
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
    let all = house
        .desk
        .begin_bulk_on(&house.ane, BulkAction::AddTag { tag: "alle".into() }, &Selection::Fits(Criteria::default()))
        .await?;
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
    let to = vec!["hjelp@partner.example".to_owned()];
    let forward = BulkAction::Forward { to, comment: "Kan dere se?".into(), close: true };
    let id = house.desk.begin_bulk(&house.ane, forward, &ids).await?;
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
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
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
    for n in 0..60 {
        house.mail("kari@fjord.no", &format!("Sak {n}"), "Hei.").await?;
    }
    house.rest().await?;
    let tagged = BulkAction::AddTag { tag: "feil".into() };
    let id = house.desk.begin_bulk_on(&house.ane, tagged, &Selection::Fits(Criteria::default())).await?;
    while house.desk.bulk(&house.ane, &id).await?.done == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    ensure!(house.desk.undo_bulk(&house.ane, &id).await?.is_empty());
    house.clock.advance(MINUTE);
    house.rest().await?;
    let bulk = house.desk.bulk(&house.ane, &id).await?;
    ensure!(bulk.stopped && bulk.done < 60 && bulk.skipped.is_empty(), "{bulk:?}");
    for row in house.desk.list(&house.ane, List::Open, None).await?.rows {
        ensure!(house.desk.tags_of(&house.ane, &row.id).await?.is_empty(), "{} is still tagged", row.number);
    }
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

/// What a row says now that an action may change.
async fn said(house: &House, number: i64) -> Result<String> {
    let ticket = house.ticket(number).await?;
    let fields: Vec<_> = ticket.fields.iter().map(|field| (&field.key, &field.values)).collect();
    let contacts: Vec<_> = ticket.contacts.iter().map(|person| &person.id).collect();
    let tags = house.desk.tags_of(&house.eva, &ticket.id).await?;
    let starred = house.desk.ticket(&house.ane, number).await.is_ok_and(|ticket| ticket.starred);
    let seen = (&ticket.title, ticket.access, ticket.read, ticket.state, &ticket.status, &ticket.owner, ticket.wake_at);
    Ok(format!("{:?} {seen:?} {starred} {fields:?} {contacts:?} {tags:?}", ticket.number))
}

/// Section 10.4: each action says before what it would do, changes nothing by saying it, does just that, and is taken back.
#[tokio::test(flavor = "multi_thread")]
async fn every_action_is_foreseen_done_and_taken_back() -> Result<()> {
    let house = House::open().await?;
    for field in [field("note", FieldKind::Text), field("urgent", FieldKind::YesNo)] {
        house.desk.save_field(&house.eva, field).await?;
    }
    let (tickets, ids) = three(&house).await?;
    for id in &ids {
        house.desk.take(&house.ane, id, None).await?;
        let values = [("note".to_owned(), vec!["Faktura 12 kr, faktura 7 kr".to_owned()])].into();
        house.desk.set_fields(&house.ane, id, &values).await?;
        house.desk.add_tag(&house.ane, id, "gammel").await?;
    }
    let find =
        |find: &str, with: &str, pattern| Substitution { find: find.into(), with: with.into(), pattern, case: false };
    let own = |how| BulkAction::Field { key: "urgent".into(), how, values: vec![] };
    let actions = [
        BulkAction::Access { access: Access::Internal },
        BulkAction::Read { on: false },
        BulkAction::Title { to: "Ny tittel".into() },
        BulkAction::ReplaceInTitle { what: find("sak", "Henvendelse", false) },
        BulkAction::ReplaceInTitle { what: find(r"^(\w+) (\d)$", "$2: $1", true) },
        BulkAction::ReplaceInField { key: "note".into(), what: find(r"(\d+) kr", "$1 NOK", true) },
        own(FieldHow::Toggle),
        BulkAction::Field { key: "note".into(), how: FieldHow::Clear, values: vec![] },
        BulkAction::SetTags { tags: vec!["ny".into(), "annen".into()] },
        BulkAction::RemoveContact { person: house.kari.clone() },
        BulkAction::Favourite { on: true },
        BulkAction::Postpone { until: Until::Week, status: None },
        BulkAction::Release,
        BulkAction::HandBack,
        BulkAction::Merge { into: tickets[0].number },
        BulkAction::Delete,
        BulkAction::Spam,
    ];
    for action in actions {
        // Some need a right that Ane has not.
        let who = match action {
            BulkAction::Delete | BulkAction::Spam => &house.eva,
            _ => &house.ane,
        };
        let mut before = vec![];
        for ticket in &tickets {
            before.push(said(&house, ticket.number).await?);
        }
        let events = house.texts("select cast(count(*) as text) from event").await?;
        let preview = house.desk.preview_bulk(who, &action, &ids).await?;
        ensure!(house.texts("select cast(count(*) as text) from event").await? == events, "{action:?} was written");
        let bulk = run(&house, who, action.clone(), &ids).await?;
        let done = house.desk.bulk(who, &bulk).await?;
        let refused: Vec<i64> = done.skipped.iter().map(|skipped| skipped.number).collect();
        let foreseen: Vec<i64> = preview.skipped.iter().map(|skipped| skipped.number).collect();
        ensure!((preview.all, preview.tried) == (3, 3) && refused == foreseen, "{action:?}: {preview:?} {done:?}");
        for row in &preview.rows {
            let ticket = tickets.iter().find(|ticket| ticket.number == row.number);
            let Some(ticket) = ticket else { anyhow::bail!("{row:?}") };
            // Where it was merged its log is found by its id.
            let kinds = logged(&house, &ticket.id, &bulk).await?;
            let said = row.events.iter().map(|event| event.kind.to_string());
            // A merge is one step with a line on each of two.
            let said: Vec<String> = said.filter(|kind| kind != "merged").collect();
            ensure!(said == kinds, "{action:?}: {said:?} was foreseen, {kinds:?} came");
        }
        let favourite = matches!(action, BulkAction::Favourite { .. });
        let changes = preview.rows.iter().filter(|row| !row.events.is_empty()).count();
        ensure!(favourite || changes > 0, "{action:?} changes nothing");
        let left = house.desk.undo_bulk(who, &bulk).await?;
        ensure!(left.is_empty(), "{action:?}: {left:?}");
        house.rest().await?;
        for (ticket, before) in tickets.iter().zip(&before) {
            let now = said(&house, ticket.number).await?;
            ensure!(now == *before, "{action:?}\n{before}\n{now}");
        }
    }
    tally::check(&house).await
}

/// What a bulk action wrote into the log of one request, but for what a merge says on the survivor.
async fn logged(house: &House, ticket: &TicketId, bulk: &BulkId) -> Result<Vec<String>> {
    let kinds = "select kind from event where ticket_id = $1 and cause_id = $2 and kind <> 'merged' order by number";
    let query = sqlx::query_scalar(kinds).bind(ticket.clone()).bind(bulk.clone());
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
