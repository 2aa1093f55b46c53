//! Undo send: what was sent can be called back before it leaves.

use crate::house::{House, draft, id};
use anyhow::{Context, Result, ensure};
use desk::{
    Error, Why,
    clock::SECOND,
    model::{rule::*, *},
};

/// A house where replies wait for ten seconds, and a request that was not answered.
async fn waiting() -> Result<(House, Ticket)> {
    let house = House::open().await?;
    house.desk.hold_replies(&house.eva, 10).await?;
    let ticket = house.request("Skriver virker ikke").await?;
    Ok((house, ticket))
}

fn answer() -> Draft {
    let recipients = Recipients {
        to: vec!["kari@fjord.no".into()],
        cc: vec!["sjef@fjord.no".into()],
        bcc: vec!["arkiv@fjord.no".into()],
        apart: true,
    };
    Draft {
        close: true,
        key: "one".into(),
        seconds: 90,
        recipients: Some(recipients),
        ..draft("Start den på nytt.", Access::External)
    }
}

/// Lets seconds pass, with what they bring.
async fn seconds(house: &House, seconds: i64) -> Result<()> {
    house.clock.advance(seconds * SECOND);
    house.desk.tick().await?;
    Ok(())
}

async fn seen_by_kari(house: &House, ticket: &Ticket) -> Result<Vec<String>> {
    let link = ticket.link.clone().context("no link")?;
    let kari = house.desk.follow(ticket.number, link.rsplit('/').next().unwrap_or_default()).await?;
    let ticket = house.desk.customer_ticket(&kari, ticket.number).await?;
    Ok(ticket.messages.into_iter().filter(|m| m.kind == MessageKind::Reply).map(|m| m.text).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_waits_and_then_leaves_once() -> Result<()> {
    let (house, ticket) = waiting().await?;
    let before = house.handed().len();
    house.desk.reply(&house.ane, &ticket.id, answer()).await?;
    seconds(&house, 9).await?;
    let held = house.ticket(ticket.number).await?;
    ensure!(held.messages.last().context("no reply")?.leaves_at == Some(house.clock.now() + SECOND));
    ensure!(house.handed().len() == before && seen_by_kari(&house, &ticket).await?.is_empty(), "nowhere outside");
    seconds(&house, 1).await?;
    house.rest().await?;
    ensure!(house.handed().split_off(before).len() == 3);
    let message = house.ticket(ticket.number).await?.messages.pop().context("no reply")?;
    ensure!(message.leaves_at.is_none() && seen_by_kari(&house, &ticket).await? == ["Start den på nytt."]);
    let late = house.desk.call_back(&house.ane, &message.id).await;
    ensure!(late == Err(Error::invalid("message", Why::Sent)), "{late:?}");
    seconds(&house, 3600).await?;
    house.rest().await?;
    ensure!(house.handed().len() == before + 3, "once");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_called_back_leaves_nothing_and_is_a_draft_again() -> Result<()> {
    let (house, ticket) = waiting().await?;
    let (before, asked) = (house.handed().len(), house.ticket(ticket.number).await?);
    let written = Draft { seen: Some(asked.seen), ..answer() };
    let message = house.desk.reply(&house.ane, &ticket.id, written.clone()).await?;
    ensure!(house.ticket(ticket.number).await?.state == State::Closed);
    ensure!(house.desk.call_back(&house.bo, &message).await == Err(Error::Forbidden), "its author's");
    seconds(&house, 5).await?;
    let back = house.desk.call_back(&house.ane, &message).await?;
    ensure!(back == Draft { seen: back.seen, ..written }, "as it was sent: {back:?}");
    seconds(&house, 3600).await?;
    house.rest().await?;
    ensure!(house.handed().len() == before && seen_by_kari(&house, &ticket).await?.is_empty(), "nothing left");
    let now = house.ticket(ticket.number).await?;
    ensure!(now.state == State::Open && now.replied_at.is_none() && now.minutes == 0, "what it changed is as before");
    ensure!(now.messages.len() == asked.messages.len() && now.messages.iter().all(|m| m.id != message));
    ensure!(now.deadline == asked.deadline, "and so is what is due");
    // It is there on every device, and can be sent, though it is the same draft: not twice, and not never.
    let kept = house.desk.kept_draft(&house.ane, ticket.id.as_str(), "reply").await?.context("lost")?;
    ensure!(serde_json::from_str::<Draft>(&kept.body)? == back);
    let again = house.desk.reply(&house.ane, &ticket.id, back).await?;
    ensure!(again != message);
    seconds(&house, 10).await?;
    house.rest().await?;
    ensure!(house.handed().len() == before + 3 && seen_by_kari(&house, &ticket).await?.len() == 1);
    // What was called back does not come again by undoing that.
    for step in house.desk.steps(&house.ane, &ticket.id).await? {
        let _ = house.desk.undo(&house.ane, step.number).await;
    }
    house.rest().await?;
    ensure!(house.ticket(ticket.number).await?.messages.iter().all(|m| m.id != message));
    ensure!(house.handed().len() == before + 3);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn undo_calls_a_waiting_reply_back_and_nothing_written_since_is_lost() -> Result<()> {
    let (house, ticket) = waiting().await?;
    let before = house.handed().len();
    house.desk.reply(&house.ane, &ticket.id, answer()).await?;
    house.desk.keep_draft(&house.ane, ticket.id.as_str(), "reply", "Noe annet", 0).await?;
    let step = house.desk.steps(&house.ane, &ticket.id).await?.remove(0);
    house.desk.undo(&house.dag, step.number).await?;
    let drafts = house.desk.kept_drafts(&house.ane, ticket.id.as_str()).await?;
    ensure!(drafts.len() == 2 && drafts.iter().any(|(kind, kept)| kind == "reply" && kept.body == "Noe annet"));
    ensure!(drafts.iter().any(|(_, kept)| kept.body.contains("Start den")), "{drafts:?}");
    ensure!(house.desk.kept_drafts(&house.dag, ticket.id.as_str()).await?.is_empty(), "its writer's, whoever undid it");
    seconds(&house, 20).await?;
    house.rest().await?;
    ensure!(house.handed().len() == before);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_did_meanwhile_stays_and_the_words_come_back_all_the_same() -> Result<()> {
    let (house, ticket) = waiting().await?;
    let seen = house.ticket(ticket.number).await?.seen;
    let message = house.desk.reply(&house.ane, &ticket.id, Draft { seen: Some(seen), ..answer() }).await?;
    let open = house.status("Open").await?;
    house.desk.set_status(&house.bo, &ticket.id, &open).await?;
    house.desk.set_priority(&house.bo, &ticket.id, &house.priority("High").await?).await?;
    house.mail("kari@fjord.no", &format!("SV [Sak #{}]", ticket.number), "Vent litt!").await?;
    let back = house.desk.call_back(&house.ane, &message).await?;
    let now = house.ticket(ticket.number).await?;
    ensure!(now.state == State::Open && now.messages.iter().all(|m| m.id != message));
    ensure!(now.priority == house.priority("High").await?);
    // What the customer wrote in that time holds the draft back until it is read.
    let refused = house.desk.reply(&house.ane, &ticket.id, back.clone()).await;
    ensure!(refused == Err(Error::invalid("seen", Why::NotAChoice)), "{refused:?}");
    house.desk.reply(&house.ane, &ticket.id, Draft { seen: Some(now.seen), ..back }).await?;
    Ok(())
}

/// Sending and calling back at the same moment: either it leaves or it comes back.
#[tokio::test(flavor = "multi_thread")]
async fn it_either_leaves_or_comes_back_and_never_both() -> Result<()> {
    let (house, _) = waiting().await?;
    let mut tickets: Vec<Ticket> = vec![];
    for n in 0..12 {
        tickets.push(house.request(&format!("Skriver {n}")).await?);
    }
    let mut messages: Vec<MessageId> = vec![];
    for (n, ticket) in tickets.iter().enumerate() {
        let only = Recipients { to: vec!["kari@fjord.no".into()], ..Recipients::default() };
        let said = Draft { recipients: Some(only), ..draft(&format!("Svar {n}"), Access::External) };
        let message = house.desk.reply(&house.ane, &ticket.id, said).await?;
        messages.push(message);
    }
    let before = house.handed().len();
    // The clock runs into the moment at which they leave, while each is called back.
    let runs = tokio::spawn({
        let clock = house.clock.clone();
        async move {
            for _ in 0..50 {
                clock.advance(SECOND / 4);
                tokio::time::sleep(std::time::Duration::from_millis(2)).await;
            }
        }
    });
    let mut back = 0;
    for message in &messages {
        tokio::time::sleep(std::time::Duration::from_millis(8)).await;
        match house.desk.call_back(&house.ane, message).await {
            Ok(_) => back += 1,
            Err(error) => ensure!(error == Error::invalid("message", Why::Sent), "{error:?}"),
        }
    }
    runs.await?;
    house.rest().await?;
    ensure!(house.handed().len() - before == messages.len() - back, "{back} came back");
    Ok(())
}

/// Nothing of it is in memory: it waits, leaves once and can be called back after a restart as before.
#[tokio::test(flavor = "multi_thread")]
async fn a_restart_neither_sends_a_waiting_reply_nor_loses_it() -> Result<()> {
    let (house, ticket) = waiting().await?;
    let other = house.request("Strømmen er borte").await?;
    let before = house.handed().len();
    let stays = house.desk.reply(&house.ane, &ticket.id, Draft { key: "two".into(), ..answer() }).await?;
    house.desk.reply(&house.ane, &other.id, answer()).await?;
    let house = house.restart().await?;
    ensure!(house.handed().len() == before);
    let back = house.desk.call_back(&house.ane, &stays).await?;
    ensure!(back.text == "Start den på nytt." && back.recipients == answer().recipients);
    let house = house.restart().await?;
    seconds(&house, 10).await?;
    house.rest().await?;
    ensure!(house.handed().len() == before + 3, "the other one, once");
    let house = house.restart().await?;
    seconds(&house, 3600).await?;
    house.rest().await?;
    ensure!(house.handed().len() == before + 3);
    Ok(())
}

/// CRE-6, EDM-1: what becomes internal before it left does not leave.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_made_internal_or_blacked_out_before_it_left_stays_here() -> Result<()> {
    let (house, ticket) = waiting().await?;
    let other = house.request("Strømmen er borte").await?;
    let before = house.handed().len();
    let message = house.desk.reply(&house.ane, &ticket.id, answer()).await?;
    let internal = MessageChange { access: Some(Access::Internal), ..MessageChange::default() };
    house.desk.change_message(&house.eva, &message, internal).await?;
    let secret = Draft { key: "two".into(), text: "Passordet er hemmelig.".into(), ..answer() };
    let told = house.desk.reply(&house.ane, &other.id, secret).await?;
    house.desk.redact(&house.eva, &told, &["hemmelig".into()], "Passord").await?;
    seconds(&house, 10).await?;
    house.rest().await?;
    ensure!(house.handed().len() == before, "CRE-6");
    for number in [ticket.number, other.number] {
        let said = house.ticket(number).await?.messages.pop().context("no reply")?;
        ensure!(said.deliveries.iter().all(|d| d.state == DeliveryState::Failed) && said.deliveries.len() == 3);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn how_long_a_reply_waits_is_the_administrators_choice() -> Result<()> {
    let house = House::open().await?;
    ensure!(house.desk.hold_replies(&house.ane, 5).await == Err(Error::Forbidden));
    for seconds in [-1, 31] {
        let refused = house.desk.hold_replies(&house.eva, seconds).await;
        ensure!(refused == Err(Error::invalid("seconds", Why::NotAChoice)));
    }
    house.desk.hold_replies(&house.eva, 30).await?;
    ensure!(house.desk.reply_hold(&house.ane).await? == 30);
    let ticket = house.request("Skriver virker ikke").await?;
    // 0 is at once: then there is nothing to call back.
    house.desk.hold_replies(&house.eva, 0).await?;
    let message = house.desk.reply(&house.ane, &ticket.id, draft("Nå.", Access::External)).await?;
    house.rest().await?;
    ensure!(house.desk.call_back(&house.ane, &message).await == Err(Error::invalid("message", Why::Sent)));
    Ok(())
}

/// A house where a rule, a webhook and a colleague wait for what comes of an answer.
async fn listening() -> Result<(House, Ticket)> {
    let (house, ticket) = waiting().await?;
    *house.world.answers.lock().unwrap() = 204;
    let rule = Rule {
        id: RuleId::new(),
        name: "Etter svar".to_owned(),
        on: true,
        when: When::Happened { kinds: vec![EventKind::Replied] },
        only: Criteria::default(),
        then: vec![Then::Comment { text: "Regelen var her.".to_owned() }],
    };
    house.desk.save_rule(&house.eva, rule).await?;
    let hook = NewWebhook {
        name: "CRM".into(),
        url: "https://crm.example/hooks".into(),
        events: vec![HookEvent::MessageCreated, HookEvent::StatusChanged, HookEvent::RequestChanged],
        enabled: true,
    };
    house.desk.add_webhook(&house.eva, hook).await?;
    house.desk.transfer(&house.eva, &ticket.id, &id(&house.bo), None).await?;
    house.rest().await?;
    house.desk.see_notifications(&house.bo).await?;
    house.world.posted.lock().unwrap().clear();
    Ok((house, ticket))
}

/// Kinds of what Bo is told, how often the rule spoke, and what the webhook was told, by now.
async fn reactions(house: &House, ticket: &Ticket) -> Result<(Vec<NoticeKind>, usize, Vec<String>)> {
    house.desk.tick().await?;
    for _ in 0..30 {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let bell = house.desk.notice_page(&house.bo, None).await?.rows;
    let told = bell.into_iter().filter(|notice| !notice.seen).map(|notice| notice.kind).collect();
    let messages = house.ticket(ticket.number).await?.messages;
    let rule = messages.iter().filter(|message| message.text == "Regelen var her.").count();
    let mut posted: Vec<String> = vec![];
    for post in house.world.posted.lock().unwrap().iter() {
        let body: serde_json::Value = serde_json::from_str(&post.body)?;
        // What the rule says is told as well, and is counted already.
        if body["message"]["text"] != "Regelen var her." {
            posted.push(body["name"].as_str().unwrap_or_default().to_owned());
        }
    }
    posted.sort_unstable();
    Ok((told, rule, posted))
}

/// Notices, rules and webhooks come of what left, once.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_hears_of_a_reply_before_it_leaves() -> Result<()> {
    let (house, ticket) = listening().await?;
    house.desk.reply(&house.ane, &ticket.id, answer()).await?;
    let early = reactions(&house, &ticket).await?;
    ensure!(early == (vec![], 0, vec![]), "{early:?}");
    seconds(&house, 9).await?;
    let (house, early) = (house.restart().await?, early);
    ensure!(reactions(&house, &ticket).await? == early, "after a restart as before");
    seconds(&house, 1).await?;
    house.rest().await?;
    let told = (vec![NoticeKind::NewMessage], 1, vec!["message.created".to_owned(), "status.changed".to_owned()]);
    let late = reactions(&house, &ticket).await?;
    ensure!(late == told, "{late:?}");
    seconds(&house, 3600).await?;
    house.rest().await?;
    ensure!(reactions(&house, &ticket).await? == told, "once");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_ever_hears_of_what_was_called_back() -> Result<()> {
    let (house, ticket) = listening().await?;
    let message = house.desk.reply(&house.ane, &ticket.id, answer()).await?;
    house.desk.call_back(&house.ane, &message).await?;
    // Undone by a colleague it is the same.
    house.desk.reply(&house.ane, &ticket.id, Draft { key: "two".into(), ..answer() }).await?;
    let step = house.desk.steps(&house.ane, &ticket.id).await?.remove(0);
    house.desk.undo(&house.dag, step.number).await?;
    seconds(&house, 3600).await?;
    house.rest().await?;
    let told = reactions(&house, &ticket).await?;
    ensure!(told == (vec![], 0, vec![]), "{told:?}");
    Ok(())
}

/// The reply is taken back; that it closed the request stays, because somebody built on it, and is told.
#[tokio::test(flavor = "multi_thread")]
async fn what_stays_of_a_reply_that_was_called_back_is_told() -> Result<()> {
    let (house, ticket) = listening().await?;
    let mut support = house.desk.category_settings(&house.eva, &house.support).await?;
    support.take_on_reply = true;
    house.desk.save_category(&house.eva, &house.support, support).await?;
    let message = house.desk.reply(&house.ane, &ticket.id, answer()).await?;
    house.desk.transfer(&house.eva, &ticket.id, &id(&house.dag), None).await?;
    house.desk.call_back(&house.ane, &message).await?;
    house.rest().await?;
    ensure!(house.ticket(ticket.number).await?.state == State::Closed, "what stays");
    let (_, rule, posted) = reactions(&house, &ticket).await?;
    ensure!(rule == 0 && !posted.contains(&"message.created".to_owned()), "{posted:?}");
    ensure!(posted.iter().filter(|name| *name == "status.changed").count() == 1, "{posted:?}");
    Ok(())
}

/// POR-5: what waits to leave neither moves a request from one page of its customer's list to another nor changes a count.
#[tokio::test(flavor = "multi_thread")]
async fn a_reply_that_waits_moves_nothing_in_a_customer_s_pages() -> Result<()> {
    let (house, oldest) = waiting().await?;
    let kari = Actor::Customer { id: house.kari.clone(), name: "Kari Nordmann".into() };
    for n in 0..60 {
        house.clock.advance(SECOND);
        house.request(&format!("Sak {n}")).await?;
    }
    let pages = async || -> Result<(CustomerList, CustomerList)> {
        let first = house.desk.customer_tickets(&kari, false, None).await?;
        let next = house.desk.customer_tickets(&kari, false, first.next.as_deref()).await?;
        Ok((first, next))
    };
    let before = pages().await?;
    ensure!(before.0.rows.len() == 50 && before.1.rows.len() == 11 && before.1.next.is_none(), "{before:?}");
    ensure!(before.1.rows.last().is_some_and(|row| row.number == oldest.number));
    ensure!((before.0.open, before.0.solved) == (61, 0));
    house.clock.advance(SECOND);
    let closing = Draft { close: true, ..answer() };
    house.desk.reply(&house.ane, &oldest.id, closing).await?;
    house.clock.advance(SECOND);
    ensure!(pages().await? == before, "it waits");
    ensure!(house.desk.customer_tickets(&kari, true, None).await?.rows.is_empty());
    seconds(&house, 20).await?;
    house.rest().await?;
    let solved = house.desk.customer_tickets(&kari, true, None).await?;
    ensure!(solved.rows.len() == 1 && (solved.open, solved.solved) == (60, 1), "it left: {solved:?}");
    ensure!(pages().await?.1.rows.len() == 10);
    let garbage = house.desk.customer_tickets(&kari, false, Some("nonsense")).await;
    ensure!(garbage == Err(Error::invalid("after", Why::NotAChoice)));
    Ok(())
}

/// POR-6: a customer sees the request as it was until the answer leaves; then it is news, and their screen is told.
#[tokio::test(flavor = "multi_thread")]
async fn a_customer_sees_nothing_of_a_reply_before_it_leaves() -> Result<()> {
    let (house, ticket) = waiting().await?;
    let kari = Actor::Customer { id: house.kari.clone(), name: "Kari Nordmann".into() };
    let list = async || house.own_requests(&kari).await;
    let other = house.request("Strømmen er borte").await?;
    let (before, heard) = (list().await?, house.desk.last_event().await?);
    let page = house.desk.customer_ticket(&kari, ticket.number).await?;
    ensure!(page.progress == Progress::Received && before.iter().all(|row| !row.news));
    let mut live = house.desk.changes();
    house.clock.advance(SECOND);
    let message = house.desk.reply(&house.ane, &ticket.id, answer()).await?;
    house.clock.advance(SECOND);
    ensure!(list().await? == before, "{:?}", list().await?);
    // She looks meanwhile: it is news all the same when it comes.
    let held = house.desk.customer_ticket(&kari, ticket.number).await?;
    ensure!(held == page, "{held:?}");
    house.desk.settle_index().await?;
    while let Ok(change) = live.try_recv() {
        ensure!(!house.desk.may_hear(&kari, &change).await?, "told of {change:?}");
        ensure!(house.desk.may_hear(&house.bo, &change).await?, "colleagues are told at once");
    }
    ensure!(house.desk.missed(&kari, Some(heard)).await?.changes.is_empty());
    // Nor whoever asks for all there is.
    ensure!(house.desk.missed(&kari, Some(-1)).await?.changes.iter().all(|change| change.number <= heard));
    ensure!(!house.desk.missed(&house.bo, Some(heard)).await?.changes.is_empty());
    // What she herself says meanwhile is hers to see.
    house.mail("kari@fjord.no", &format!("SV [Sak #{}]", other.number), "Vent litt!").await?;
    ensure!(house.desk.missed(&kari, Some(heard)).await?.changes.iter().all(|c| c.ticket.as_ref() == Some(&other.id)));

    let heard = house.desk.last_event().await?;
    seconds(&house, 10).await?;
    house.rest().await?;
    ensure!(house.desk.missed(&kari, Some(heard)).await?.changes.iter().any(|c| c.ticket.as_ref() == Some(&ticket.id)));
    let now = list().await?.into_iter().find(|row| row.number == ticket.number).context("not there")?;
    ensure!(now.news && now.progress == Progress::Solved, "{now:?}");
    let page = house.desk.customer_ticket(&kari, ticket.number).await?;
    ensure!(page.messages.iter().any(|said| said.id == message) && page.replied_at.is_some());
    ensure!(list().await?.iter().all(|row| !row.news), "now she has seen it");
    Ok(())
}

/// An answer of which no mail goes out appears on a customer's screen by itself all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_reply_without_a_mail_is_news_when_it_leaves() -> Result<()> {
    let (house, ticket) = waiting().await?;
    let nobody = Recipients { to: vec![], ..Recipients::default() };
    let kari = Actor::Customer { id: house.kari.clone(), name: "Kari Nordmann".into() };
    house.desk.reply(&house.ane, &ticket.id, Draft { recipients: Some(nobody), ..answer() }).await?;
    let heard = house.desk.last_event().await?;
    seconds(&house, 10).await?;
    house.rest().await?;
    let told = house.desk.missed(&kari, Some(heard)).await?.changes;
    ensure!(told.len() == 1 && told[0].kind == EventKind::ReplyLeft, "{told:?}");
    Ok(())
}

/// REL-4: children that are closed along with their parent, by a reply that waits, are closed when it leaves: nobody sees it
/// before, and called back it never happens.
#[tokio::test(flavor = "multi_thread")]
async fn children_close_with_their_parent_s_reply_and_not_before_it() -> Result<()> {
    let (house, parent) = waiting().await?;
    let children = [house.request("Ingen kontakt").await?, house.request("Borte").await?];
    for child in &children {
        house.desk.relate(&house.ane, &parent.id, &child.id, RelationKind::Child, "").await?;
    }
    let states = async || -> Result<Vec<State>> {
        let mut states = vec![];
        for child in &children {
            states.push(house.ticket(child.number).await?.state);
        }
        Ok(states)
    };
    let kari = Actor::Customer { id: house.kari.clone(), name: "Kari Nordmann".into() };
    let solved = async || -> Result<usize> {
        let rows = house.own_requests(&kari).await?;
        Ok(rows.iter().filter(|row| row.progress == Progress::Solved).count())
    };
    let reply = house.desk.reply(&house.ane, &parent.id, answer()).await?;
    ensure!(house.desk.close_children(&house.ane, &parent.id, None).await? == 2);
    seconds(&house, 5).await?;
    ensure!(states().await? == [State::Open, State::Open] && solved().await? == 0, "closed early");
    house.desk.call_back(&house.ane, &reply).await?;
    seconds(&house, 20).await?;
    house.rest().await?;
    ensure!(states().await? == [State::Open, State::Open], "it never happened");
    house.desk.reply(&house.ane, &parent.id, Draft { key: "two".into(), ..answer() }).await?;
    house.desk.close_children(&house.ane, &parent.id, None).await?;
    // One is not to be closed any more by then: the other is.
    house.desk.close_ticket(&house.bo, &children[0].id).await?;
    seconds(&house, 10).await?;
    house.rest().await?;
    ensure!(states().await? == [State::Closed, State::Closed] && solved().await? == 3);
    let log = house.ticket(children[1].number).await?.log;
    ensure!(log.iter().any(|entry| entry.kind == EventKind::Closed && entry.actor == "Ane"));
    Ok(())
}

/// RUL-1: a child whose closing can still be called back is not closed for its parent.
#[tokio::test(flavor = "multi_thread")]
async fn a_parent_waits_until_its_child_s_last_reply_has_left() -> Result<()> {
    let (house, parent) = waiting().await?;
    let child = house.request("Ingen kontakt").await?;
    house.desk.relate(&house.ane, &parent.id, &child.id, RelationKind::Child, "").await?;
    let rule = RelationRule {
        id: RelationRuleId::new(),
        name: "Barna først".into(),
        parents: vec![],
        children: vec![],
        require_parent: false,
        children_first: true,
        offer_parent: true,
        offer_children: false,
    };
    house.desk.save_relation_rule(&house.eva, rule).await?;
    house.desk.reply(&house.ane, &child.id, answer()).await?;
    ensure!(house.desk.before_closing(&house.ane, &parent.id).await?.open_children == [child.number]);
    let refused = house.desk.close_ticket(&house.ane, &parent.id).await;
    ensure!(refused == Err(Error::invalid("status", Why::First { what: format!("#{}", child.number) })), "{refused:?}");
    seconds(&house, 10).await?;
    house.rest().await?;
    ensure!(house.desk.before_closing(&house.ane, &parent.id).await?.open_children.is_empty());
    house.desk.close_ticket(&house.ane, &parent.id).await?;
    Ok(())
}

/// CRE-6, section 25.1: what is on a request that customers do not see any more does not leave, and says so.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_on_a_request_that_was_made_internal_or_thrown_away_stays_here() -> Result<()> {
    let (house, inside) = waiting().await?;
    let (gone, spam) = (house.request("Strømmen er borte").await?, house.request("Vinn en bil").await?);
    let (back, before) = (house.request("Nettet er borte").await?, house.handed().len());
    for ticket in [&inside, &gone, &spam, &back] {
        house.desk.reply(&house.ane, &ticket.id, Draft { key: ticket.id.0.clone(), ..answer() }).await?;
    }
    house.desk.set_access(&house.ane, &inside.id, Access::Internal).await?;
    house.desk.delete_ticket(&house.eva, &gone.id).await?;
    house.desk.mark_spam(&house.eva, std::slice::from_ref(&spam.id)).await?;
    house.desk.delete_ticket(&house.eva, &back.id).await?;
    house.desk.restore_ticket(&house.eva, &back.id).await?;
    seconds(&house, 10).await?;
    house.rest().await?;
    ensure!(house.handed().len() == before + 3, "only what is to be seen: {:?}", house.handed());
    for ticket in [&inside, &gone, &spam] {
        let now = house.ticket(ticket.number).await?;
        let said = now.messages.last().context("no reply")?;
        ensure!(said.deliveries.len() == 3 && said.deliveries.iter().all(|d| d.state == DeliveryState::Failed));
        let why = now.log.iter().filter(|entry| entry.kind == EventKind::DeliveryFailed);
        let why: Vec<&str> = why.filter_map(|entry| entry.new.as_deref()).collect();
        ensure!(why == [Setback::RequestWithheld.as_str(); 3], "{why:?}");
    }
    Ok(())
}

/// The same for what the house says by itself and has not said yet.
#[tokio::test(flavor = "multi_thread")]
async fn no_receipt_leaves_of_what_was_made_internal_or_thrown_away() -> Result<()> {
    let house = House::open().await?;
    *house.world.speechless.lock().unwrap() = true;
    let mut tickets = vec![];
    for subject in ["Skriver", "Strøm", "Nett"] {
        house.mail("kari@fjord.no", subject, "Den står.").await?;
        tickets.push(house.latest().await?);
    }
    house.desk.set_access(&house.ane, &tickets[0].id, Access::Internal).await?;
    house.desk.delete_ticket(&house.eva, &tickets[1].id).await?;
    *house.world.speechless.lock().unwrap() = false;
    house.pass(5).await?;
    house.pass(30).await?;
    ensure!(house.sent().len() == 1 && house.sent()[0].subject.contains("Nett"), "{:?}", house.sent());
    for (ticket, reason) in tickets.iter().zip(["internal", "deleted"]) {
        let log = house.ticket(ticket.number).await?.log;
        let kept_back = log.iter().find(|entry| entry.kind == EventKind::AcknowledgementWithheld).context("nothing")?;
        ensure!(kept_back.new.as_deref() == Some(reason), "{kept_back:?}");
    }
    Ok(())
}

/// Section 25.1: what happens inside is nothing that a customer's screen is told of.
#[tokio::test(flavor = "multi_thread")]
async fn a_customer_s_screen_is_told_of_what_they_can_see_only() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    let kari = Actor::Customer { id: house.kari.clone(), name: "Kari Nordmann".into() };
    let heard = house.desk.last_event().await?;
    let mut live = house.desk.changes();
    house.desk.comment(&house.ane, &ticket.id, draft("Hun er vrang.", Access::Internal)).await?;
    house.desk.add_tag(&house.ane, &ticket.id, "vrang").await?;
    let ask = Question { to: vec!["hjelp@partner.example".into()], text: "Hva nå?".into(), ..Question::default() };
    house.desk.ask_helper(&house.ane, &ticket.id, ask).await?;
    house.rest().await?;
    let mut told = 0;
    while let Ok(change) = live.try_recv() {
        ensure!(!house.desk.may_hear(&kari, &change).await?, "told of {change:?}");
        told += usize::from(house.desk.may_hear(&house.bo, &change).await?);
    }
    ensure!(told > 2, "colleagues are told");
    // Neither later, nor in sum.
    ensure!(house.desk.missed(&kari, Some(heard)).await?.changes.is_empty());
    let all = async || anyhow::Ok(house.desk.missed(&kari, Some(-1)).await?.changes);
    let before = all().await?;
    ensure!(before.len() == 1 && before[0].number <= heard, "{before:?}");
    house.desk.reply(&house.ane, &ticket.id, draft("Start den på nytt.", Access::External)).await?;
    house.rest().await?;
    let missed = house.desk.missed(&kari, Some(heard)).await?.changes;
    ensure!(!missed.is_empty() && all().await?[0].number > heard, "{missed:?}");
    let change = missed[0].clone();
    let (said, seen) = (house.desk.as_told(&kari, change.clone()), house.desk.as_told(&house.bo, change.clone()));
    ensure!(said.kind == EventKind::SettingsChanged && said.number == change.number && seen == change);
    Ok(())
}
