//! Automations. API-2; appendix C, number 25.

use crate::house::{House, id};
use anyhow::{Context, Result, ensure};
use desk::{
    Error, Why,
    clock::MINUTE,
    model::{
        Access, Aspect, Cause, Criteria, Criterion, EventKind, Ground, Merge, Operator, RuleId, State,
        rule::{Rule, Since, Then, When},
    },
};

fn rule(name: &str, when: When, only: Vec<Criterion>, then: Vec<Then>) -> Rule {
    Rule { id: RuleId::new(), name: name.to_owned(), on: true, when, only: Criteria::all(only), then }
}

fn opened() -> When {
    When::Happened { kinds: vec![EventKind::TicketOpened] }
}

fn title(word: &str) -> Vec<Criterion> {
    vec![Criterion::new(Aspect::Title, Operator::Contains, [word])]
}

/// API-2: something happens on every save, with no script.
#[tokio::test(flavor = "multi_thread")]
async fn a_rule_acts_once_under_its_own_name_on_what_fits_and_can_be_taken_back() -> Result<()> {
    let house = House::open().await?;
    let high = house.priority("High").await?;
    let then = vec![
        Then::Priority { priority: high.clone() },
        Then::Give { to: id(&house.bo) },
        Then::Comment { text: "Haster.".to_owned() },
        Then::Follow { agent: id(&house.dag) },
    ];
    house.desk.save_rule(&house.eva, rule("Nede", opened(), title("NEDE"), then)).await?;
    house.request("Noe annet").await?;
    let ticket = house.request("Alt er nede").await?;
    house.rest().await?;
    let after = house.ticket(ticket.number).await?;
    ensure!(after.priority == high && after.owner.as_ref().is_some_and(|owner| owner.name == "Bo"));
    let why = after.why.context("no reason")?;
    ensure!(
        why.ground == Ground::Named && why.by.as_deref() == Some("Nede") && why.chosen.as_deref() == Some("Bo"),
        "C-8"
    );
    ensure!(after.messages.iter().filter(|message| message.text == "Haster.").count() == 1);
    let lines: Vec<_> = after.log.iter().filter(|entry| entry.cause == Cause::Rule).collect();
    ensure!(!lines.is_empty() && lines.iter().all(|entry| entry.actor == "Nede"), "{lines:?}");
    ensure!(house.desk.followers(&house.eva, &ticket.id).await?.iter().any(|agent| agent.name == "Dag"));
    // One run is one step.
    let step = house.desk.steps(&house.eva, &ticket.id).await?.into_iter().next().context("no step")?;
    house.desk.undo(&house.eva, step.number).await?;
    ensure!(house.ticket(ticket.number).await?.owner.is_none());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_that_set_each_other_off_come_to_an_end() -> Result<()> {
    let house = House::open().await?;
    let (high, low) = (house.priority("High").await?, house.priority("Low").await?);
    let changed = || When::Happened { kinds: vec![EventKind::PriorityChanged] };
    let rules = [
        rule(
            "Opp",
            changed(),
            vec![],
            vec![Then::Priority { priority: high.clone() }, Then::Comment { text: "Opp".into() }],
        ),
        rule(
            "Ned",
            changed(),
            vec![],
            vec![Then::Priority { priority: low.clone() }, Then::Comment { text: "Ned".into() }],
        ),
    ];
    for rule in rules.clone() {
        house.desk.save_rule(&house.eva, rule).await?;
    }
    let ticket = house.request("Skriver").await?;
    house.desk.set_priority(&house.ane, &ticket.id, &high).await?;
    house.rest().await?;
    let messages = house.ticket(ticket.number).await?.messages;
    let comments = messages.iter().filter(|message| ["Opp", "Ned"].contains(&message.text.as_str())).count();
    ensure!((2..=4).contains(&comments), "{comments} comments");
    ensure!(house.desk.rule_runs(&house.eva, &rules[0].id).await?.len() <= 3);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_of_time_waits_and_acts_once_while_its_criteria_hold() -> Result<()> {
    let house = House::open().await?;
    let untouched = vec![
        Criterion::new(Aspect::State, Operator::OneOf, ["open"]),
        Criterion::new(Aspect::Replied, Operator::NotSet, Vec::<String>::new()),
    ];
    let when = When::Passed { minutes: 60, since: Since::Created };
    let then = vec![Then::Comment { text: "Ingen har svart.".to_owned() }];
    house.desk.save_rule(&house.eva, rule("Glemt", when, untouched, then)).await?;
    house.pass(1).await?;
    let ticket = house.request("Skriver").await?;
    let said = async || -> Result<usize> {
        let messages = house.ticket(ticket.number).await?.messages;
        Ok(messages.iter().filter(|message| message.text == "Ingen har svart.").count())
    };
    house.pass(59).await?;
    ensure!(said().await? == 0);
    house.pass(2).await?;
    ensure!(said().await? == 1);
    house.pass(120).await?;
    ensure!(said().await? == 1);
    Ok(())
}

/// What becomes true after its time came is found too; what was swallowed is let be.
#[tokio::test(flavor = "multi_thread")]
async fn a_rule_of_time_finds_what_fits_later_and_says_nothing_where_nobody_reads() -> Result<()> {
    let house = House::open().await?;
    let when = When::Passed { minutes: 60, since: Since::Created };
    let then = vec![Then::Comment { text: "Haster.".to_owned() }];
    house.desk.save_rule(&house.eva, rule("Haster", when, title("haster"), then)).await?;
    house.pass(1).await?;
    let (late, swallowed) = (house.request("Skriver").await?, house.request("Haster").await?);
    let into = house.request("Den andre").await?;
    let merge = Merge::whole(into.id.clone(), vec![swallowed.id.clone()]);
    house.desk.merge(&house.ane, merge).await?;
    house.pass(65).await?;
    ensure!(house.desk.message_count(&house.eva, &swallowed.id).await?.0 == 0, "swallowed");
    let said = async || {
        let messages = house.ticket(late.number).await?.messages;
        anyhow::Ok(messages.iter().filter(|message| message.text == "Haster.").count())
    };
    ensure!(said().await? == 0);
    house.desk.set_title(&house.ane, &late.id, "Skriver, haster").await?;
    house.pass(1).await?;
    ensure!(said().await? == 1);
    house.pass(20).await?;
    ensure!(said().await? == 1);
    Ok(())
}

/// Appendix C, number 25.
#[tokio::test(flavor = "multi_thread")]
async fn a_rule_says_before_it_is_saved_what_it_would_have_done() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Alt er nede").await?;
    house.request("Noe annet").await?;
    let close = rule("Lukk", opened(), title("nede"), vec![Then::Close]);
    let dry = house.desk.try_rule(&house.eva, &close).await?;
    ensure!(dry.requests == 1 && dry.examples == [ticket.number], "{dry:?}");
    ensure!(house.ticket(ticket.number).await?.state == State::Open);
    ensure!(house.desk.rules(&house.eva).await?.is_empty());
    // Only administrators, and nothing that makes no sense.
    ensure!(house.desk.save_rule(&house.ane, close.clone()).await == Err(Error::Forbidden));
    let empty = Rule { then: vec![], ..close.clone() };
    ensure!(house.desk.save_rule(&house.eva, empty).await == Err(Error::invalid("then", Why::Missing)));
    let nobody = Rule { then: vec![Then::Give { to: "nobody".into() }], ..close.clone() };
    ensure!(house.desk.save_rule(&house.eva, nobody).await == Err(Error::invalid("then.0", Why::NotAChoice)));
    // One that is off does nothing.
    house.desk.save_rule(&house.eva, Rule { on: false, ..close }).await?;
    let next = house.request("Også nede").await?;
    house.rest().await?;
    ensure!(house.ticket(next.number).await?.state == State::Open);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_fails_changes_nothing_and_says_why() -> Result<()> {
    let house = House::open().await?;
    let broken = rule(
        "Til Bo",
        opened(),
        vec![],
        vec![Then::Comment { text: "Til Bo.".into() }, Then::Give { to: id(&house.bo) }],
    );
    house.desk.save_rule(&house.eva, broken.clone()).await?;
    house.desk.disable_agent(&house.eva, &id(&house.bo)).await?;
    let ticket = house.request("Skriver").await?;
    house.rest().await?;
    let messages = house.ticket(ticket.number).await?.messages;
    ensure!(messages.iter().all(|message| message.text != "Til Bo."), "{messages:?}");
    let runs = house.desk.rule_runs(&house.eva, &broken.id).await?;
    ensure!(runs.len() == 1 && runs[0].error == Some(Error::invalid("to", Why::NotAChoice)), "{runs:?}");
    Ok(())
}

/// A rule writes to the customer by a template: once for each run, under its name, and never about an internal request.
#[tokio::test(flavor = "multi_thread")]
async fn a_rule_writes_to_the_customer() -> Result<()> {
    let house = House::open().await?;
    let write = |template: &str| vec![Then::Write { template: template.to_owned() }];
    let refused = house.desk.save_rule(&house.eva, rule("Skriv", opened(), title("NEDE"), write("no-such"))).await;
    ensure!(refused == Err(Error::invalid("then.0", Why::NotAChoice)), "{refused:?}");
    house.desk.save_rule(&house.eva, rule("Skriv", opened(), title("NEDE"), write("solution"))).await?;
    let other = house.request("Noe annet").await?;
    let ticket = house.request("Alt er nede").await?;
    house.rest().await?;
    let written = async |number| {
        let said = house.ticket(number).await?.messages;
        anyhow::Ok(said.iter().filter(|message| message.text == "solution").count())
    };
    ensure!(written(ticket.number).await? == 1 && written(other.number).await? == 0);
    let line = house.ticket(ticket.number).await?.log.into_iter().find(|line| line.kind == EventKind::TemplateSent);
    let line = line.context("no line in the log")?;
    ensure!(line.actor == "Skriv" && line.cause == Cause::Rule && line.new.as_deref() == Some("solution"), "{line:?}");
    let sent = house.sent().into_iter().filter(|mail| mail.text.contains("solution")).count();
    ensure!(sent == 1, "{sent} mails");

    let closed = When::Happened { kinds: vec![EventKind::Closed] };
    house.desk.save_rule(&house.eva, rule("Takk", closed, vec![], write("solution"))).await?;
    house.desk.set_access(&house.ane, &other.id, Access::Internal).await?;
    house.desk.close_ticket(&house.ane, &other.id).await?;
    house.rest().await?;
    ensure!(written(other.number).await? == 0, "CRE-6");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_has_run_can_be_taken_away() -> Result<()> {
    let house = House::open().await?;
    let close = rule("Lukk", opened(), title("nede"), vec![Then::Close]);
    house.desk.save_rule(&house.eva, close.clone()).await?;
    let ticket = house.request("Alt er nede").await?;
    ensure!(house.ticket(ticket.number).await?.state == State::Closed);
    ensure!(house.desk.delete_rule(&house.ane, &close.id).await == Err(Error::Forbidden));
    house.desk.delete_rule(&house.eva, &close.id).await?;
    ensure!(house.desk.rules(&house.eva).await?.is_empty());
    ensure!(house.desk.rule_runs(&house.eva, &close.id).await?.is_empty());
    let next = house.request("Også nede").await?;
    ensure!(house.ticket(next.number).await?.state == State::Open);
    Ok(())
}

/// Nodes that look at the same moment find the same to be due: what one of them dealt with the others let be.
#[tokio::test(flavor = "multi_thread")]
async fn a_rule_of_time_acts_once_where_several_look_at_once() -> Result<()> {
    let house = House::open().await?;
    let when = When::Passed { minutes: 60, since: Since::Created };
    let then = vec![Then::Comment { text: "Ingen har svart.".to_owned() }];
    house.desk.save_rule(&house.eva, rule("Glemt", when, vec![], then)).await?;
    house.pass(1).await?;
    let mut tickets = vec![];
    for _ in 0..12 {
        tickets.push(house.request("Skriver").await?);
    }
    house.clock.advance(61 * MINUTE);
    // Time goes on while they work.
    let passing = async {
        loop {
            house.clock.advance(1);
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        (one, other) = async { tokio::join!(house.desk.tick(), house.desk.tick()) } => {
            one?;
            other?;
        }
        () = passing => {}
    }
    house.rest().await?;
    for ticket in &tickets {
        let messages = house.ticket(ticket.number).await?.messages;
        let said = messages.iter().filter(|message| message.text == "Ingen har svart.").count();
        ensure!(said == 1, "#{}: {said} times", ticket.number);
    }
    Ok(())
}
