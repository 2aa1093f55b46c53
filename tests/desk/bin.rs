//! The recycle bin, spam, and being forgotten. Section 22, C-20.

use crate::{
    house::{House, MAILBOX, draft, id, in_order},
    tally,
};
use anyhow::{Context, Result, ensure};
use base64::{Engine, prelude::BASE64_STANDARD};
use desk::{
    Error, Why,
    clock::DAY,
    db::Fact,
    model::{
        Access, Actor, Cause, Divided, Draft, EventKind, Farewell, List, LogAsked, MessageChange, Period, Reach,
        Recipients, Retention, Role, RoleId, SplitOff, State,
    },
    outside::{Inbound, InboundFile, Party},
    person::NewContact,
};
use serde_json::json;

/// DEL-1
#[tokio::test(flavor = "multi_thread")]
async fn what_is_deleted_can_be_brought_back_and_is_erased_in_the_end() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    let link = ticket.link.clone().context("no link")?;
    let key = link.rsplit('/').next().unwrap_or_default().to_owned();
    house.desk.delete_ticket(&house.eva, &ticket.id).await?;
    house.rest().await?;
    ensure!(house.desk.list(&house.ane, List::Latest, None).await?.rows.is_empty());
    ensure!(house.desk.search(&house.ane, "skriver").await?.hits.is_empty());
    let kari = house.desk.follow(ticket.number, &key).await?;
    ensure!(house.desk.customer_ticket(&kari, ticket.number).await == Err(Error::NotFound));
    let open = house.status("Open").await?;
    ensure!(house.desk.set_status(&house.ane, &ticket.id, &open).await.is_err(), "no way round the right to restore");
    let bin = house.desk.bin(&house.eva, None).await?.rows;
    ensure!(bin.len() == 1 && bin[0].erased_at == house.clock.now() + 14 * DAY);
    // Her answer to it is a new request.
    house.answer("kari@fjord.no", "Hallo?").await?;
    ensure!(house.latest().await?.number != ticket.number);
    house.desk.restore_ticket(&house.eva, &ticket.id).await?;
    ensure!(house.ticket(ticket.number).await?.state == State::Open);
    in_order(&house.log(ticket.number).await?, &[EventKind::Deleted, EventKind::Restored])?;

    house.desk.delete_ticket(&house.eva, &ticket.id).await?;
    house.desk.keep_deleted_for(&house.eva, 2).await?;
    house.pass(2 * 24 * 60 - 1).await?;
    ensure!(house.ticket(ticket.number).await.is_ok(), "still openable in the bin");
    house.pass(1).await?;
    ensure!(house.ticket(ticket.number).await.is_err() && house.desk.bin(&house.eva, None).await?.rows.is_empty());
    tally::check(&house).await
}

/// SPM-1, STAT-5
#[tokio::test(flavor = "multi_thread")]
async fn spam_is_remembered_never_answered_and_counts_nowhere() -> Result<()> {
    let house = House::open().await?;
    house.mail("casino@spam.example", "You have won", "Click here").await?;
    house.rest().await?;
    let spam = house.latest().await?;
    ensure!(house.desk.mark_spam(&house.ane, std::slice::from_ref(&spam.id)).await == Err(Error::Forbidden));
    let done = house.desk.mark_spam(&house.eva, std::slice::from_ref(&spam.id)).await?;
    ensure!(done[0].refused.is_none());
    let (sent, told) = (house.sent().len(), house.desk.notifications(&house.ane).await?.len());
    house.mail("casino@spam.example", "You have won again", "Click here").await?;
    house.rest().await?;
    ensure!(house.sent().len() == sent, "no receipt");
    ensure!(house.desk.notifications(&house.ane).await?.len() == told, "nobody is told");
    ensure!(house.desk.list(&house.ane, List::Latest, None).await?.rows.is_empty());
    ensure!(house.desk.bin(&house.eva, None).await?.rows.iter().filter(|binned| binned.spam).count() == 2);
    let week = Period { from: house.clock.now() - DAY, to: house.clock.now() + DAY };
    ensure!(house.desk.statistics(&house.eva, week).await?.created == 0, "STAT-5");
    // Taken back as a step, its sender is one like any other; marked again, and brought back, too.
    let step = house.desk.steps(&house.eva, &spam.id).await?.remove(0);
    house.desk.undo(&house.eva, step.number).await?;
    house.mail("casino@spam.example", "Is anybody there?", "Hello").await?;
    house.rest().await?;
    ensure!(house.sent().len() == sent + 1, "answered like anybody");
    house.desk.mark_spam(&house.eva, std::slice::from_ref(&spam.id)).await?;
    let sent = house.sent().len();
    house.desk.restore_ticket(&house.eva, &spam.id).await?;
    house.mail("casino@spam.example", "A real question", "Where is my order?").await?;
    house.rest().await?;
    ensure!(house.sent().len() == sent + 1);
    tally::check(&house).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_gets_all_that_is_kept_and_can_be_forgotten() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver i stua hos Kari").await?;
    house.desk.comment(&house.ane, &ticket.id, draft("Hun er blid.", Access::Internal)).await?;
    house.desk.reply(&house.ane, &ticket.id, draft("Hei!", Access::External)).await?;
    house.rest().await?;
    ensure!(house.desk.dossier(&house.ane, &house.kari).await == Err(Error::Forbidden));
    // What channels, plugins and an exchange know of her is hers too.
    let mut write = house.desk.db().write().await?;
    for sql in [
        "insert into channel (account_id, plugin_id, settings, secrets, hook)
         select min(id), 'org.example.chat', '{}', '', 'h' from account where $1 <> ''",
        "insert into person_handle (account_id, address, person_id) select min(id), '@kari', $1 from account",
        "insert into finding (person_id, plugin_id, name, value, source, found_at, expires_at)
         select $1, 'org.example.register', 'role', 'Daglig leder', 'registeret', 1, 9000000000000000",
        "insert into phone_call (id, account_id, name_there, direction, state, number, name, person_id, line, extension,
             agents, began_at, told)
         select 'c1', (select min(id) from account), 'x1', 'in', 'missed', '+4790000000', 'Kari', $1, '', '', '', 1, 1",
    ] {
        sqlx::query(sql).bind(house.kari.clone()).execute(write.sql()).await?;
    }
    // A remote that says whom it could not reach.
    let unreached = "+4790000000 is not there";
    sqlx::query("update delivery set state = 'failed', error = $1").bind(unreached).execute(write.sql()).await?;
    let fact = Fact { ticket: Some(&ticket.id), new: Some(unreached), ..Fact::default() };
    write.record(&Actor::System, Cause::Plugin, EventKind::DeliveryFailed, fact).await?;
    write.commit().await?;
    // Merged into another card, it is the same person's.
    let new = NewContact { name: "K. Nordmann".into(), ..NewContact::default() };
    let card = house.desk.add_contact(&house.eva, new).await?;
    house.desk.merge_people(&house.eva, &card, std::slice::from_ref(&house.kari)).await?;
    let dossier = house.desk.dossier(&house.eva, &card).await?;
    ensure!(dossier.findings.len() == 1, "{:?}", dossier.findings);
    house.desk.unmerge_person(&house.eva, &house.kari).await?;
    let dossier = house.desk.dossier(&house.eva, &house.kari).await?;
    ensure!(dossier.handles.len() == 1 && dossier.findings.len() == 1, "{dossier:?}");
    ensure!(dossier.calls.iter().any(|call| call.number == "+4790000000"), "{dossier:?}");
    ensure!(dossier.requests.len() == 1 && dossier.person.emails == ["kari@fjord.no"]);
    ensure!(dossier.requests[0].messages.iter().all(|message| !message.text.contains("blid")));

    house.desk.erase_person(&house.eva, &house.kari).await?;
    house.rest().await?;
    let now = house.ticket(ticket.number).await?;
    let all = serde_json::to_string(&now)?;
    for word in ["Kari", "kari@fjord.no", "stua", "Den står stille"] {
        ensure!(!all.contains(word), "{word} is still there: {all}");
        ensure!(house.desk.search(&house.eva, word).await?.hits.is_empty(), "{word} is still found");
    }
    let told: i64 = sqlx::query_scalar(
        "select (select count(*) from delivery where error like '%4790000000%')
              + (select count(*) from event where new like '%4790000000%')",
    )
    .fetch_one(house.desk.db().read())
    .await?;
    ensure!(told == 0, "what a remote said of her is still there");
    ensure!(house.desk.find_callers(&house.ane, "Kari").await?.is_empty());
    let week = Period { from: house.clock.now() - DAY, to: house.clock.now() + DAY };
    ensure!(house.desk.statistics(&house.eva, week).await?.created == 1, "the numbers stay");
    ensure!(house.desk.erase_person(&house.eva, &house.kari).await == Err(Error::NotFound));
    // Somebody who writes from there again is somebody new.
    house.mail("kari@fjord.no", "Ny sak", "Hei igjen").await?;
    house.rest().await?;
    ensure!(house.latest().await?.contacts[0].id != house.kari);
    Ok(())
}

fn to(address: &str) -> Recipients {
    Recipients { to: vec![address.to_owned()], ..Recipients::default() }
}

/// C-20: what plugins keep says nowhere whose it is, so it is looked through.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_forgotten_is_forgotten_by_plugins_too() -> Result<()> {
    let house = House::open().await?;
    house.mail("kari@fjord.no", "Skriver", "Den står stille").await?;
    house.rest().await?;
    let theirs = house.desk.blobs().put(b"From=%2B4790000000&Body=Hei".to_vec()).await?;
    let others = house.desk.blobs().put("{\"from\":\"ola\",\"text\":\"Er Kari Nordmann der?\"}".into()).await?;
    let call = |id: &str| {
        json!({ "id": id, "method": "post", "path": "", "query": "", "headers": [], "remote": "1.1.1.1", "at": 1 })
            .to_string()
    };
    let record = json!({ "given": [{ "body": b"{\"who\":\"Kari@Fjord.no\"}".to_vec() }] }).to_string();
    let mut write = house.desk.db().write().await?;
    sqlx::query("update person set name = 'Kari Nordmann' where id = $1")
        .bind(house.kari.clone())
        .execute(write.sql())
        .await?;
    sqlx::query("insert into person_phone (number, person_id, position) values ('+4790000000', $1, 0)")
        .bind(house.kari.clone())
        .execute(write.sql())
        .await?;
    let state =
        "insert into plugin_state (plugin_id, account_id, name, value, etag, size) values ('p', 'a', $1, $2, 'e', 1)";
    for (name, value) in
        [("stop/4790000000", "x"), ("last", "kari@fjord.no"), ("cursor", "12"), ("stop/4791111111", "x")]
    {
        sqlx::query(state).bind(name).bind(BASE64_STANDARD.encode(value)).execute(write.sql()).await?;
    }
    for (id, words) in [("l1", "sent to +4790000000"), ("l2", "sent to +4791111111")] {
        sqlx::query("insert into plugin_line (id, plugin_id, at, level, words) values ($1, 'p', $3, 'info', $2)")
            .bind(id)
            .bind(words)
            .bind(house.clock.now())
            .execute(write.sql())
            .await?;
    }
    for (id, record) in [("f1", record.as_str()), ("f2", "{\"given\":[]}")] {
        sqlx::query(
            r#"insert into plugin_call (id, plugin_id, hash, at, door, outcome, micros, record)
             values ($1, 'p', 'h', $3, 'hook', 'permanent: 400 {"error":"no"}', 1, $2)"#,
        )
        .bind(id)
        .bind(record)
        .bind(house.clock.now())
        .execute(write.sql())
        .await?;
    }
    // Of the third somebody read the body meanwhile, and it is gone.
    let gone = "0".repeat(64);
    for (id, body) in [("h1", &theirs), ("h2", &others), ("h3", &gone)] {
        sqlx::query(
            "insert into hook_call (id, account_id, at, head, body, aside_at, aside)
             select $1, min(id), 1, $2, $3, 1, 'failed' from account",
        )
        .bind(id)
        .bind(call(id))
        .bind(body.clone())
        .execute(write.sql())
        .await?;
    }
    for (id, path) in [("e1", "/users?of=kari%40fjord.no"), ("e2", "/users")] {
        sqlx::query(
            "insert into egress (id, plugin_id, at, method, host, path, headers, sent, received, micros, decision)
             values ($1, 'p', $3, 'GET', 'x.no', $2, '', 1, 1, 1, 'allowed')",
        )
        .bind(id)
        .bind(path)
        .bind(house.clock.now())
        .execute(write.sql())
        .await?;
    }
    write.commit().await?;

    let left = async |sql: &'static str| sqlx::query_scalar::<_, String>(sql).fetch_all(house.desk.db().read()).await;
    house.desk.erase_person(&house.eva, &house.kari).await?;
    let names = left("select name from plugin_state order by name").await?;
    ensure!(names == ["cursor", "stop/4791111111"], "{names:?}");
    ensure!(left("select words from plugin_line order by id").await? == ["—", "sent to +4791111111"]);
    ensure!(left("select coalesce(record, outcome) from plugin_call order by id").await? == ["—", "{\"given\":[]}"]);
    ensure!(left("select path from egress order by id").await? == ["—", "/users"]);
    // Somebody else's call, which names her, is not hers.
    ensure!(left("select id from hook_call order by id").await? == ["h2", "h3"]);
    // Its bytes go with it, when they are no longer new.
    let loose = left("select blob from loose_blob").await?;
    ensure!(loose.contains(&theirs) && !loose.contains(&others));
    Ok(())
}

/// C-20: also whoever was one of several contacts, for a while the main one, and wrote on somebody else's request.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_took_part_in_somebody_else_s_request_is_forgotten_there() -> Result<()> {
    let house = House::open().await?;
    let new =
        NewContact { name: "Per Persen".into(), emails: vec!["per@vidde.example".into()], ..NewContact::default() };
    let per = house.desk.add_contact(&house.eva, new).await?;
    let ticket = house.request("Skriver virker ikke").await?;
    house.desk.take(&house.ane, &ticket.id, None).await?;
    house.desk.add_ticket_contact(&house.ane, &ticket.id, &per).await?;
    house.desk.make_main_contact(&house.ane, &ticket.id, &per).await?;
    let reply = Draft { recipients: Some(to("per@vidde.example")), ..draft("Når passer det?", Access::External) };
    house.desk.reply(&house.ane, &ticket.id, reply).await?;
    house.rest().await?;
    house.answer("per@vidde.example", "I morgen.").await?;
    house.desk.make_main_contact(&house.ane, &ticket.id, &house.kari).await?;
    // One that was his, and is Kari's now.
    house.mail("per@vidde.example", "Min egen", "Hei").await?;
    house.rest().await?;
    let own = house.latest().await?;
    house.desk.add_ticket_contact(&house.ane, &own.id, &house.kari).await?;
    house.desk.remove_ticket_contact(&house.ane, &own.id, &per).await?;
    house.rest().await?;
    house.desk.erase_person(&house.eva, &per).await?;
    house.rest().await?;
    let mut all = serde_json::to_string(&house.desk.whole_log(&house.eva, &LogAsked::default(), None).await?)?;
    for number in [ticket.number, own.number] {
        all.push_str(&serde_json::to_string(&house.ticket(number).await?)?);
    }
    for agent in [&house.ane, &house.bo] {
        all.push_str(&serde_json::to_string(&house.desk.notifications(agent).await?)?);
        all.push_str(&serde_json::to_string(&house.desk.list(agent, List::Latest, None).await?)?);
    }
    for word in ["Persen", "per@vidde", "I morgen"] {
        let at = all.find(word).map(|at| all[at.saturating_sub(300)..].chars().take(400).collect::<String>());
        ensure!(at.is_none(), "{word} is still there: {at:?}");
    }
    for word in ["Persen", "morgen", "Hei"] {
        ensure!(house.desk.search(&house.eva, word).await?.hits.is_empty(), "{word} is still found");
    }
    ensure!(all.contains("Kari Nordmann"), "only he is forgotten");
    Ok(())
}

/// Kari sends a file; the name of its bytes.
pub async fn with_a_file(house: &House, name: &str) -> Result<String> {
    let blob = house.desk.blobs().put(b"%PDF hemmelig".to_vec()).await?;
    let file = InboundFile {
        name: "lonn.pdf".into(),
        mime: "application/pdf".into(),
        size: 13,
        blob: blob.clone(),
        content_id: None,
    };
    let mail = Inbound {
        external_id: format!("{name}@fjord.no"),
        from: Party { address: "kari@fjord.no".into(), name: String::new() },
        to: vec![Party { address: MAILBOX.into(), name: String::new() }],
        subject: Some("Lønn".into()),
        text: "Se vedlegg.".into(),
        attachments: vec![file],
        ..Inbound::default()
    };
    house.receive(mail).await?;
    house.rest().await?;
    Ok(blob)
}

/// EDM-1, ATT-1, C-7: whoever may, takes a file out of a message, and puts it back within thirty days; then its bytes go. With
/// its request they go at once.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_was_taken_out_comes_back_or_goes_for_good() -> Result<()> {
    let house = House::open().await?;
    let blob = with_a_file(&house, "en").await?;
    let ticket = house.latest().await?;
    let (message, file) = (ticket.messages[0].id.clone(), ticket.messages[0].attachments[0].clone());
    let out = || MessageChange { remove_files: vec![file.id.clone()], ..MessageChange::default() };
    ensure!(house.desk.change_message(&house.ane, &message, out()).await == Err(Error::Forbidden));
    house.desk.change_message(&house.eva, &message, out()).await?;
    ensure!(house.ticket(ticket.number).await?.messages[0].attachments.is_empty());
    ensure!(house.desk.attachment(&house.eva, &file.id).await == Err(Error::NotFound), "nobody opens it any more");
    let again = house.desk.change_message(&house.eva, &message, out()).await;
    ensure!(again == Err(Error::invalid("remove_files", Why::NotAChoice)), "{again:?}");
    let step = house.desk.steps(&house.eva, &ticket.id).await?.remove(0).number;
    house.desk.undo(&house.eva, step).await?;
    ensure!(house.ticket(ticket.number).await?.messages[0].attachments == [file.clone()], "as it was");
    ensure!(house.desk.attachment(&house.eva, &file.id).await?.1 == b"%PDF hemmelig");
    house.let_bytes_age()?;
    house.pass(31 * 24 * 60).await?;
    ensure!(house.desk.blobs().get(&blob).await.is_ok(), "it is there, and stays");

    house.desk.change_message(&house.eva, &message, out()).await?;
    house.pass(29 * 24 * 60).await?;
    ensure!(house.desk.blobs().get(&blob).await.is_ok(), "it can come back");
    house.pass(2 * 24 * 60).await?;
    ensure!(house.desk.blobs().get(&blob).await == Err(Error::NotFound), "C-20");

    let blob = with_a_file(&house, "to").await?;
    let other = house.latest().await?;
    let (message, file) = (other.messages[0].id.clone(), other.messages[0].attachments[0].id.clone());
    let out = MessageChange { remove_files: vec![file], ..MessageChange::default() };
    house.desk.change_message(&house.eva, &message, out).await?;
    house.let_bytes_age()?;
    house.desk.erase_person(&house.eva, &house.kari).await?;
    house.pass(61).await?;
    ensure!(house.desk.blobs().get(&blob).await == Err(Error::NotFound), "with its request it goes at once");
    Ok(())
}

/// C-20: bytes that were put lately are looked at again, and nothing of them stays.
#[tokio::test(flavor = "multi_thread")]
async fn bytes_of_what_was_erased_are_gone_in_the_end() -> Result<()> {
    let house = House::open().await?;
    let blob = with_a_file(&house, "fil").await?;
    house.desk.erase_person(&house.eva, &house.kari).await?;
    house.rest().await?;
    ensure!(house.desk.blobs().get(&blob).await.is_ok(), "somebody may be about to use the same");
    house.pass(61).await?;
    ensure!(house.desk.blobs().get(&blob).await.is_ok(), "put less than an hour ago");
    house.let_bytes_age()?;
    house.pass(61).await?;
    ensure!(house.desk.blobs().get(&blob).await == Err(Error::NotFound));
    Ok(())
}

/// DEL-1: what is in the bin comes out of it only by whoever may delete, message by message too.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_leaves_the_bin_piece_by_piece_without_the_right() -> Result<()> {
    let house = House::open().await?;
    let (gone, other) = (house.request("Skriver").await?, house.request("Faktura").await?);
    house.desk.comment(&house.ane, &gone.id, draft("Hemmelig", Access::Internal)).await?;
    let message = gone.messages[0].id.clone();
    let plain = Role {
        id: RoleId::new(),
        name: "Uten".into(),
        list: Reach::All,
        read: Reach::All,
        edit: Reach::All,
        rights: vec![],
        default: false,
    };
    house.desk.save_role(&house.eva, plain.clone()).await?;
    house.desk.set_roles(&house.eva, &id(&house.bo), &[plain.id]).await?;
    // Moved while it was there, and deleted since.
    let second = house.request("Nettet").await?;
    house.desk.move_message(&house.bo, &second.messages[0].id, &gone.id).await?;
    let moved = house.desk.steps(&house.bo, &second.id).await?.remove(0).number;
    house.desk.delete_ticket(&house.eva, &gone.id).await?;

    let new = || SplitOff { title: "Ut".into(), ..SplitOff::default() };
    let divided = || Divided { stays: "a".into(), goes: "b".into(), files: vec![] };
    let desk = &house.desk;
    ensure!(desk.move_message(&house.bo, &message, &other.id).await == Err(Error::Forbidden), "moved");
    let split = desk.split(&house.bo, &gone.id, new(), std::slice::from_ref(&message)).await;
    ensure!(split == Err(Error::Forbidden), "split off: {split:?}");
    let divided_by_bo = desk.split_message(&house.bo, &message, divided(), new()).await;
    ensure!(divided_by_bo == Err(Error::Forbidden), "divided: {divided_by_bo:?}");
    ensure!(desk.undo(&house.bo, moved).await == Err(Error::Forbidden), "undone");
    // Whoever may delete may do so.
    desk.undo(&house.eva, moved).await?;
    desk.move_message(&house.eva, &message, &other.id).await?;
    ensure!(house.ticket(other.number).await?.messages.iter().any(|m| m.id == message));
    Ok(())
}

/// DEL-1: nodes that empty the bin at the same moment don't stumble over each other, and what is put back meanwhile stays.
#[tokio::test(flavor = "multi_thread")]
async fn the_bin_is_emptied_by_several_at_once_and_what_is_put_back_stays() -> Result<()> {
    let house = House::open().await?;
    let mut binned = vec![];
    for _ in 0..12 {
        let ticket = house.request("Borte").await?;
        house.desk.delete_ticket(&house.eva, &ticket.id).await?;
        binned.push(ticket);
    }
    house.clock.advance(15 * DAY);
    let put_back = async {
        let mut back = vec![];
        for ticket in binned.iter().rev() {
            match house.desk.restore_ticket(&house.eva, &ticket.id).await {
                Ok(()) => back.push(ticket.number),
                // It was erased first.
                Err(Error::NotFound) => {}
                Err(other) => return Err(other),
            }
        }
        Ok(back)
    };
    let (one, other, back) = tokio::join!(house.desk.tick(), house.desk.tick(), put_back);
    one?;
    other?;
    let back = back?;
    house.rest().await?;
    for ticket in &binned {
        let there = house.desk.ticket(&house.eva, ticket.number).await;
        if back.contains(&ticket.number) {
            ensure!(there?.state == State::Open, "{} was put back", ticket.number);
        } else {
            ensure!(there.is_err(), "{} is gone", ticket.number);
        }
    }
    Ok(())
}

/// DEL-1, C-20: what a telephone call became goes in its time, from the bin and by its category's word; the caller log keeps
/// the call.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_came_from_a_call_is_erased_like_any_other() -> Result<()> {
    let house = House::open().await?;
    let (binned, closed, nameless) =
        (house.request("Ring meg").await?, house.request("Ring igjen").await?, house.request("Ring hit").await?);
    let mut write = house.desk.db().write().await?;
    for (call, ticket) in [("c1", &binned), ("c2", &closed), ("c3", &nameless)] {
        sqlx::query(
            "insert into phone_call (id, account_id, name_there, direction, state, number, name, line, extension, agents,
                 began_at, told, ticket_id)
             select $1, min(id), $1, 'in', 'missed', '+4790000000', 'Kari', '', '', '', 1, 1, $2 from account",
        )
        .bind(call)
        .bind(ticket.id.clone())
        .execute(write.sql())
        .await?;
    }
    write.commit().await?;
    house.desk.delete_ticket(&house.eva, &binned.id).await?;
    house.pass(14 * 24 * 60).await?;
    ensure!(house.ticket(binned.number).await.is_err(), "it is in the bin for ever");
    house.desk.close_ticket(&house.eva, &closed.id).await?;
    let kept = |then| Some(Retention { days: 5, then });
    house.desk.save_retention(&house.eva, &house.support, kept(Farewell::Erase)).await?;
    house.pass(5 * 24 * 60).await?;
    ensure!(house.ticket(closed.number).await.is_err(), "it is kept for ever");
    // What is anonymous is not known by the number that it came from.
    house.desk.close_ticket(&house.eva, &nameless.id).await?;
    house.desk.save_retention(&house.eva, &house.support, kept(Farewell::Anonymise)).await?;
    house.pass(5 * 24 * 60).await?;
    ensure!(house.log(nameless.number).await?.contains(&EventKind::Anonymised));
    ensure!(house.texts("select id from phone_call where ticket_id is null order by id").await? == ["c1", "c2", "c3"]);
    Ok(())
}

/// C-20: somebody else of the same name is somebody else.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_called_the_same_is_not_forgotten_along() -> Result<()> {
    let house = House::open().await?;
    let mut people = vec![];
    for email in ["kari@hansen.example", "kari.hansen@elsewhere.example"] {
        let new = NewContact { name: "Kari Hansen".into(), emails: vec![email.into()], ..NewContact::default() };
        people.push(house.desk.add_contact(&house.ane, new).await?);
        let mail = Inbound {
            external_id: format!("1-{email}"),
            from: Party { address: email.into(), name: "Kari Hansen".into() },
            subject: Some("Skriver virker ikke".into()),
            text: "Den står.".into(),
            ..Inbound::default()
        };
        house.receive(mail).await?;
        house.rest().await?;
    }
    let other = house.latest().await?;
    let before = serde_json::to_string(&(&other.log, &other.contacts))?;
    ensure!(before.contains("Kari Hansen"), "{before}");
    let first = house.ticket(other.number - 1).await?;
    // She also writes on a request of somebody else.
    let third = house.request("Faktura").await?;
    house.desk.add_ticket_contact(&house.ane, &third.id, &people[0]).await?;
    let asked = house.sent().pop().context("no mail")?;
    let mail = Inbound {
        external_id: "2-kari@hansen.example".into(),
        from: Party { address: "kari@hansen.example".into(), name: "Kari Hansen".into() },
        subject: Some("SV: Faktura".into()),
        text: "Samme her.".into(),
        in_reply_to: vec![asked.message_id],
        ..Inbound::default()
    };
    house.receive(mail).await?;
    house.rest().await?;
    ensure!(serde_json::to_string(&house.ticket(third.number).await?)?.contains("Kari Hansen"));
    let senders = async || house.texts("select sender from ticket order by number").await;
    ensure!(senders().await?[..2] == ["Kari Hansen", "Kari Hansen"], "{:?}", senders().await?);

    house.desk.erase_person(&house.eva, &people[0]).await?;
    house.rest().await?;
    ensure!(senders().await?[..2] == ["—", "Kari Hansen"], "{:?}", senders().await?);
    let other = house.ticket(other.number).await?;
    ensure!(serde_json::to_string(&(&other.log, &other.contacts))? == before, "{:?}", other.log);
    for number in [first.number, third.number] {
        let all = serde_json::to_string(&house.ticket(number).await?)?;
        ensure!(!all.contains("Kari Hansen") && !all.contains("kari@hansen"), "{all}");
    }
    Ok(())
}

/// A file that nobody sends goes after a day; one that is sent, or that a draft names, stays.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_nobody_sends_goes() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver").await?;
    let put = async |name: &str| house.desk.store_upload(name, "text/plain", name.as_bytes().to_vec()).await;
    let (sent, begun, left) = (put("sendt.txt").await?, put("kladd.txt").await?, put("glemt.txt").await?);
    let reply = Draft { files: vec![sent.clone()], ..draft("Se her", Access::External) };
    house.desk.reply(&house.ane, &ticket.id, reply).await?;
    let body = json!({ "text": "Se", "files": [begun] }).to_string();
    house.desk.keep_draft(&house.ane, ticket.id.as_str(), "reply", &body, 0).await?;
    house.rest().await?;
    let there = async |blob: &str| house.desk.blobs().get(blob).await.is_ok();
    house.let_bytes_age()?;
    house.pass(23 * 60).await?;
    ensure!(there(&left.blob).await, "whoever has the form open still sends it");
    house.pass(3 * 60).await?;
    ensure!(!there(&left.blob).await, "it stays for ever");
    ensure!(there(&sent.blob).await && there(&begun.blob).await);
    let gone = Draft { files: vec![left], ..draft("For sent", Access::External) };
    let refused = house.desk.reply(&house.ane, &ticket.id, gone).await;
    ensure!(refused == Err(Error::invalid("files", Why::Missing)), "a message without its file: {refused:?}");
    // The draft is thrown away, and its file with it.
    house.desk.drop_draft(&house.ane, ticket.id.as_str(), "reply").await?;
    house.let_bytes_age()?;
    house.pass(2 * 60).await?;
    ensure!(!there(&begun.blob).await && there(&sent.blob).await);
    Ok(())
}
