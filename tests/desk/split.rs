//! One request becomes two, one message becomes two. Sections 9.1 and 9.2.

use crate::house::{House, draft, id, in_order};
use anyhow::{Context, Result, ensure};
use desk::{
    Error, Why,
    clock::DAY,
    model::{Access, Actor, Divided, EventKind, Form, List, RelationKind, SplitOff, State, Until},
};

fn new(title: &str) -> SplitOff {
    SplitOff { title: title.to_owned(), ..SplitOff::default() }
}

/// SPL-1, SPL-2, D1-10
#[tokio::test(flavor = "multi_thread")]
async fn chosen_messages_go_to_a_new_request_and_both_say_so() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    house.answer("kari@fjord.no", "Og fakturaen er feil.").await?;
    house.desk.comment(&house.ane, &ticket.id, draft("To saker", Access::Internal)).await?;
    let before = house.ticket(ticket.number).await?;
    let question = before.messages.iter().find(|m| m.text.contains("faktura")).context("no question")?.id.clone();
    let all: Vec<_> = before.messages.iter().map(|message| message.id.clone()).collect();
    let refused = house.desk.split(&house.ane, &ticket.id, new("Alt"), &all).await;
    ensure!(refused == Err(Error::invalid("messages", Why::Needed)), "SPL-2: {refused:?}");

    let split = SplitOff { category: Some(house.invoices.clone()), ..new("Faktura 1042 feil") };
    let opened = house.desk.split(&house.ane, &ticket.id, split, std::slice::from_ref(&question)).await?;
    let (old, new_one) = (house.ticket(ticket.number).await?, house.ticket(opened.number).await?);
    ensure!(new_one.messages.len() == 1 && new_one.messages[0].id == question && old.messages.len() == all.len() - 1);
    ensure!(
        new_one.category == house.invoices
            && new_one.contacts[0].id == house.kari
            && new_one.title == "Faktura 1042 feil"
    );
    ensure!(house.desk.relations(&house.ane, &old.id).await?[0].kind == RelationKind::Related);
    in_order(&house.log(old.number).await?, &[EventKind::Split])?;
    in_order(&house.log(opened.number).await?, &[EventKind::TicketOpened, EventKind::SplitOff])?;
    // Her answer to a mail of the old request still belongs there.
    ensure!(house.desk.list(&house.eva, List::Open, None).await?.total == 2);

    let step = house.desk.steps(&house.ane, &old.id).await?.remove(0);
    house.desk.undo(&house.ane, step.number).await?;
    ensure!(house.ticket(ticket.number).await?.messages.len() == all.len());
    ensure!(house.ticket(opened.number).await?.state == State::Deleted);
    Ok(())
}

/// SPL-3
#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_divided_and_what_it_said_is_kept() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    let message = ticket.messages[0].id.clone();
    let divided = Divided { stays: "Skriveren står.".into(), goes: "Fakturaen er feil.".into(), files: vec![] };
    let to = SplitOff { owner: Some(id(&house.cia)), ..new("Faktura") };
    let opened = house.desk.split_message(&house.ane, &message, divided, to).await?;
    let half = house.ticket(opened.number).await?;
    ensure!(half.messages[0].text == "Fakturaen er feil." && half.messages[0].author == ticket.messages[0].author);
    ensure!(half.owner.is_some_and(|owner| owner.name == "Cia"));
    ensure!(house.ticket(ticket.number).await?.messages[0].text == "Skriveren står.");
    let empty = Divided { stays: " ".into(), goes: "x".into(), files: vec![] };
    ensure!(house.desk.split_message(&house.ane, &message, empty, new("x")).await.is_err());
    // Taken back, it says again what it said.
    let step = house.desk.steps(&house.ane, &ticket.id).await?.remove(0);
    house.desk.undo(&house.ane, step.number).await?;
    ensure!(house.ticket(ticket.number).await?.messages[0].text == ticket.messages[0].text);
    Ok(())
}

/// POR-1: anybody can type anybody's address, and colleagues see that nobody has shown whose it is; whoever is signed in has,
/// and so has whoever got the request's own link there. What is split off says the same.
#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_was_only_typed_says_so_wherever_it_goes() -> Result<()> {
    let house = House::open().await?;
    let form = Form {
        name: "Kari Nordmann".into(),
        email: "kari@fjord.no".into(),
        category: house.support.0.clone(),
        title: "Skriver".into(),
        text: "Den står. Fakturaen er feil.".into(),
        ..Form::default()
    };
    let kari = Actor::Customer { id: house.kari.clone(), name: "Kari Nordmann".into() };
    let signed_in = house.desk.open_by_form(&kari, form.clone()).await?;
    let signed_in = house.ticket(signed_in.number).await?;
    ensure!(!signed_in.messages[0].author.unproven && !signed_in.is_by_somebody_unproven());
    let typed = house.desk.open_by_form(&Actor::Anonymous, form).await?;
    let ticket = house.ticket(typed.number).await?;
    ensure!(ticket.contacts == signed_in.contacts, "the contact is found by the address all the same");
    ensure!(ticket.messages[0].author.unproven && ticket.is_by_somebody_unproven());
    let seen = house.desk.customer_ticket(&kari, ticket.number).await?;
    ensure!(!seen.messages[0].author.unproven, "it is no business of the customer's");

    let divided = Divided { stays: "Den står.".into(), goes: "Fakturaen er feil.".into(), files: vec![] };
    let half = house.desk.split_message(&house.ane, &ticket.messages[0].id, divided, new("Faktura")).await?;
    ensure!(house.ticket(half.number).await?.messages[0].author.unproven);
    let follower = crate::duplicate::follow(&house, &ticket).await?;
    house.desk.answer(&follower, &ticket.id, "Hei igjen", vec![], "1").await?;
    ensure!(!house.ticket(typed.number).await?.is_by_somebody_unproven());
    Ok(())
}

/// Section 9.1: the new one begins with the status that was chosen, put off where the status is for that.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_split_off_may_be_put_off_at_once() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    house.answer("kari@fjord.no", "Og fakturaen er feil.").await?;
    let all = house.ticket(ticket.number).await?.messages;
    let question = all.into_iter().find(|m| m.text.contains("faktura")).context("no question")?.id;
    let postponed = house.desk.choices(&house.eva).await?.statuses.into_iter().find(|s| s.state == State::Postponed);
    let status = Some(postponed.context("no status for later")?.id);
    let split = async |status, until| {
        let off = SplitOff { status, until, ..new("Faktura") };
        house.desk.split(&house.ane, &ticket.id, off, std::slice::from_ref(&question)).await
    };
    let refused = split(status.clone(), None).await;
    ensure!(refused == Err(Error::invalid("until", Why::Missing)), "{refused:?}");
    ensure!(house.desk.list(&house.eva, List::Latest, None).await?.total == 1, "and nothing was split off");
    let opened = split(status, Some(Until::Day)).await?;
    let off = house.ticket(opened.number).await?;
    ensure!(off.state == State::Postponed && off.wake_at == Some(house.clock.now() + DAY), "{off:?}");
    house.pass(24 * 60).await?;
    ensure!(house.ticket(opened.number).await?.state == State::Open, "it wakes as any other");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_moves_to_where_it_belongs() -> Result<()> {
    let house = House::open().await?;
    let (a, b) = (house.request("Skriver").await?, house.request("Faktura").await?);
    let only = a.messages[0].id.clone();
    ensure!(a.messages.len() == 2, "with the acknowledgement");
    house.desk.move_message(&house.ane, &only, &b.id).await?;
    ensure!(house.ticket(b.number).await?.messages.iter().any(|message| message.id == only));
    let last = house.ticket(a.number).await?.messages[0].id.clone();
    let refused = house.desk.move_message(&house.ane, &last, &b.id).await;
    ensure!(refused == Err(Error::invalid("message", Why::Needed)), "{refused:?}");
    in_order(&house.log(b.number).await?, &[EventKind::MessageMoved])
}
