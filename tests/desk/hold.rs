//! Undo send: what was sent can be called back before it leaves.

use crate::house::{House, draft};
use anyhow::{Context, Result, ensure};
use desk::{
    Error, Why,
    clock::SECOND,
    model::{Access, DeliveryState, Draft, MessageChange, MessageId, MessageKind, Recipients, State, Ticket},
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
