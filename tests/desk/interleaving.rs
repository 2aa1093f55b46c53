//! Two agents, a rule and a customer's mail change one request at once: the log explains how it ends, nothing is lost.

use crate::{
    house::{House, draft, id},
    tally,
};
use anyhow::{Context, Result, ensure};
use desk::{
    Desk,
    clock::HOUR,
    model::{
        Access, Actor, Criteria, EventKind, LogEntry, MessageKind, PriorityId, RuleId, StatusId, Ticket, TicketId,
        rule::{Rule, Then, When},
    },
};
use std::collections::{BTreeMap, BTreeSet};

/// Requests, each with this many rounds. `SAKER_CASES` says how many rounds there are in all.
const ROUNDS: usize = 10;

/// What one agent may do next.
#[derive(Clone, Debug)]
enum Act {
    Take,
    Release,
    Give,
    Status(StatusId),
    Priority(PriorityId),
    Comment(String),
    /// One of the latest steps, by its place: what others did since is in the way of an earlier one.
    Undo(usize),
}

async fn act(desk: &Desk, actor: &Actor, other: &Actor, ticket: &TicketId, act: Act) {
    // Whoever comes too late is refused; that is a part of the story.
    let _ = match act {
        Act::Take => desk.take(actor, ticket, None).await,
        Act::Release => desk.release(actor, ticket).await,
        Act::Give => desk.transfer(actor, ticket, &id(other), None).await,
        Act::Status(status) => desk.set_status(actor, ticket, &status).await,
        Act::Priority(priority) => desk.set_priority(actor, ticket, &priority).await,
        Act::Comment(text) => desk.comment(actor, ticket, draft(&text, Access::Internal)).await.map(|_| ()),
        Act::Undo(place) => match desk
            .steps(actor, ticket)
            .await
            .unwrap_or_default()
            .into_iter()
            .filter(|step| !step.undone && step.kind != EventKind::Commented)
            .nth(place)
        {
            Some(step) => desk.undo(actor, step.number).await,
            None => Ok(()),
        },
    };
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_log_explains_how_it_ended_and_nothing_is_lost() -> Result<()> {
    let rounds = std::env::var("SAKER_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(60);
    let house = House::open().await?;
    let choices = house.desk.choices(&house.eva).await?;
    let statuses: Vec<StatusId> = choices
        .statuses
        .iter()
        .filter(|s| matches!(s.state, desk::model::State::Open | desk::model::State::Closed))
        .map(|s| s.id.clone())
        .collect();
    let priorities: Vec<PriorityId> = choices.priorities.iter().map(|priority| priority.id.clone()).collect();
    let rule = Rule {
        id: RuleId::new(),
        name: "Svar haster".to_owned(),
        on: true,
        when: When::Happened { kinds: vec![EventKind::EnquiryReceived] },
        only: Criteria::default(),
        then: vec![
            Then::Priority { priority: priorities[0].clone() },
            Then::Comment { text: "Regelen var her.".to_owned() },
        ],
    };
    house.desk.save_rule(&house.eva, rule).await?;
    let (mut random, mut undone) = (fastrand::Rng::with_seed(23), 0);
    for request in 0..usize::div_ceil(rounds, ROUNDS) {
        // Every third request without undo: what is put back must not hide what was lost.
        let acts = if request % 3 == 2 { 0..6 } else { 0..9 };
        // One sender is acknowledged a few times an hour only, and answers need a mail to answer.
        house.clock.advance(HOUR);
        let ticket = house.request("Skriver virker ikke").await?;
        house.rest().await?;
        let mut said = BTreeSet::new();
        if request % 50 == 49 {
            eprintln!("{} rounds", request * ROUNDS);
        }
        for round in 0..ROUNDS {
            let mut pick = |who: &str| match random.u8(acts.clone()) {
                0 => Act::Take,
                1 => Act::Release,
                2 => Act::Give,
                3 => Act::Status(random.choice(&statuses).cloned().unwrap_or_default()),
                4 => Act::Priority(random.choice(&priorities).cloned().unwrap_or_default()),
                5 => Act::Comment(format!("{who} {round}")),
                _ => Act::Undo(random.usize(0..4)),
            };
            let (a, b) = (pick("Ane"), pick("Bo"));
            for act in [&a, &b] {
                if let Act::Comment(text) = act {
                    said.insert(text.clone());
                }
            }
            let (desk, ane, bo, ticket_id) =
                (house.desk.clone(), house.ane.clone(), house.bo.clone(), ticket.id.clone());
            let (desk_b, ane_b, bo_b, ticket_b) = (desk.clone(), ane.clone(), bo.clone(), ticket_id.clone());
            let first = tokio::spawn(async move { act(&desk, &ane, &bo, &ticket_id, a).await });
            let second = tokio::spawn(async move { act(&desk_b, &bo_b, &ane_b, &ticket_b, b).await });
            let answer = format!("Svar {round}");
            house.answer("kari@fjord.no", &answer).await?;
            said.insert(answer);
            first.await?;
            second.await?;
        }
        house.rest().await?;
        let end = house.ticket(ticket.number).await?;
        let steps = house.desk.steps(&house.eva, &ticket.id).await?.into_iter().map(|step| step.number).collect();
        undone += explains(&end, &ticket, &steps)?;
        for text in &said {
            let times = end.messages.iter().filter(|message| message.text == *text).count();
            ensure!(times == 1, "{text} is there {times} times");
        }
        let rule_said = end.messages.iter().filter(|message| message.text == "Regelen var her.").count();
        let answers = end.messages.iter().filter(|message| message.kind == MessageKind::Enquiry).count() - 1;
        ensure!(rule_said <= answers && rule_said > 0, "the rule spoke {rule_said} times on {answers} answers");
    }
    ensure!(undone * 10 > rounds, "so little was taken back that little was shown: {undone}");
    tally::check(&house).await
}

/// What the log is held to: owner, status and priority.
#[derive(Clone, Debug, PartialEq)]
struct Stand {
    owner: Option<String>,
    status: String,
    priority: String,
}

impl Stand {
    /// After one more line of the log.
    fn after(mut self, entry: &LogEntry) -> Result<Stand> {
        use EventKind::*;
        let new = entry.new.clone();
        match entry.kind {
            Accepted | Transferred | Distributed | HandedOut => self.owner = new,
            Released => self.owner = None,
            StatusChanged | Closed | Reopened => self.status = new.context("a status without a name")?,
            PriorityChanged => self.priority = new.context("a priority without a name")?,
            _ => {}
        }
        Ok(self)
    }

    /// After a step was taken back: what it changed is as it was before it, which it may be already; it must not have
    /// been changed by anybody since.
    fn without(mut self, step: &Told) -> Result<Stand> {
        fn back<T: Clone + PartialEq + std::fmt::Debug>(now: &mut T, before: &T, after: &T) -> Result<()> {
            if before != after {
                ensure!(now == after || now == before, "{now:?} was taken back to {before:?} by undoing {after:?}");
                now.clone_from(before);
            }
            Ok(())
        }
        back(&mut self.owner, &step.before.owner, &step.after.owner)?;
        back(&mut self.status, &step.before.status, &step.after.status)?;
        back(&mut self.priority, &step.before.priority, &step.after.priority)?;
        Ok(self)
    }
}

/// What one write told, from its first line to its last.
struct Told {
    last: LogEntry,
    before: Stand,
    after: Stand,
}

/// Reads the log from the beginning and must come to what the request says now. A line that something was taken back names
/// the line with which that began; what was taken back is read from there to the end of the same write. `steps` are the
/// lines with which one began.
fn explains(end: &Ticket, begin: &Ticket, steps: &BTreeSet<i64>) -> Result<usize> {
    let mut stand = Stand { owner: None, status: begin.status.0.clone(), priority: begin.priority.0.clone() };
    let (mut told, mut current, mut undone) = (BTreeMap::<i64, Told>::new(), 0, 0);
    for entry in &end.log {
        let before = stand.clone();
        stand = if entry.kind == EventKind::Undone {
            undone += 1;
            let step: i64 = entry.old.as_deref().context("an undo of nothing")?.parse()?;
            stand.without(told.get(&step).with_context(|| format!("{step} is no step before {}", entry.number))?)?
        } else {
            stand.after(entry)?
        };
        let same = told.get(&current).is_some_and(|write| {
            write.last.number + 1 == entry.number
                && (&write.last.actor, write.last.cause) == (&entry.actor, entry.cause)
                && !steps.contains(&entry.number)
        });
        if same && let Some(write) = told.get_mut(&current) {
            (write.last, write.after) = (entry.clone(), stand.clone());
        } else {
            current = entry.number;
            told.insert(current, Told { last: entry.clone(), before, after: stand.clone() });
        }
    }
    let owner = end.owner.as_ref().map(|owner| owner.name.clone());
    let now = Stand { owner, status: end.status.0.clone(), priority: end.priority.0.clone() };
    ensure!(now == stand, "#{}: {now:?}, by the log {stand:?}", end.number);
    Ok(undone)
}
