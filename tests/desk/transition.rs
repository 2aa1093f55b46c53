//! The table of section 6.2, row by row: each is carried out with the verbs that people and mail use, and what came of it is
//! compared with what the row says.

use crate::house::{House, draft, id};
use anyhow::{Context, Result, bail, ensure};
use desk::{
    Error,
    clock::{DAY, MINUTE},
    model::*,
    outside::{Inbound, Party},
};
use std::collections::BTreeSet;

/// Statuses with each combination of what decides, for each state.
struct Setup {
    house: House,
    statuses: Vec<Status>,
    /// What somebody chooses: another of each state.
    chosen: Vec<Status>,
    /// Taken requests go there, where a row says so.
    accept: Status,
    rows: usize,
}

impl Setup {
    async fn new() -> Result<Setup> {
        let house = House::open().await?;
        let mut setup =
            Setup { statuses: vec![], chosen: vec![], accept: plain(State::Open, "Accepted"), house, rows: 0 };
        for state in [State::Open, State::Closed, State::Postponed] {
            for (new_on_reply, waiting) in [(false, false), (false, true), (true, false), (true, true)] {
                let name = format!("{state} {new_on_reply} {waiting}");
                let status = Status { new_on_reply, waiting, ..plain(state, &name) };
                setup.house.desk.save_status(&setup.house.eva, status.clone()).await?;
                setup.statuses.push(status);
            }
            let chosen = plain(state, &format!("{state} chosen"));
            setup.house.desk.save_status(&setup.house.eva, chosen.clone()).await?;
            setup.chosen.push(chosen);
        }
        Ok(setup)
    }

    /// The first one stands there already; one status at most is for what is taken.
    async fn accept(&self, on: bool) -> Result<()> {
        let desk = &self.house.desk;
        let status = Status { accept: on, ..self.accept.clone() };
        desk.save_status(&self.house.eva, status).await?;
        for status in desk.choices(&self.house.eva).await?.statuses {
            if status.accept && (!on || status.id != self.accept.id) {
                desk.save_status(&self.house.eva, Status { accept: false, ..status }).await?;
            }
        }
        Ok(())
    }

    fn decided(&self, row: &Transition, decider: Decider) -> bool {
        // What the row says nothing of must not matter.
        row.when.iter().find(|when| when.decider == decider).map_or_else(fastrand::bool, |when| when.on)
    }

    fn chosen(&self, state: State) -> StatusId {
        self.chosen.iter().find(|status| status.state == state).map(|status| status.id.clone()).unwrap_or_default()
    }

    async fn usual(&self, state: State) -> Result<StatusId> {
        let statuses = self.house.desk.choices(&self.house.eva).await?.statuses;
        let usual = statuses.into_iter().find(|status| status.state == state && status.default);
        Ok(usual.with_context(|| format!("no usual {state}"))?.id)
    }
}

fn plain(state: State, name: &str) -> Status {
    Status {
        id: StatusId::new(),
        state,
        nb: name.to_owned(),
        en: name.to_owned(),
        default: false,
        accept: false,
        queue: false,
        new_on_reply: false,
        waiting: false,
        track: Phase::Internal,
    }
}

/// One request on which a row is carried out.
struct Case {
    ticket: Ticket,
    customer: Actor,
    from: String,
    /// The name of our mail to the customer.
    mail: String,
    /// The one that swallowed it, or is about to.
    other: Ticket,
    before: StatusId,
}

impl Setup {
    /// Ane's, answered, read, and then as the row begins.
    async fn case(&mut self, row: &Transition) -> Result<Case> {
        self.rows += 1;
        let house = &self.house;
        let from = format!("kunde{}@somewhere.example", self.rows);
        house.mail(&format!("annen{}@somewhere.example", self.rows), "En annen", "Hei.").await?;
        house.rest().await?;
        let other = house.latest().await?;
        house.mail(&from, "Skriver virker ikke", "Hei.").await?;
        house.rest().await?;
        let ticket = house.latest().await?;
        let person = ticket.contacts.first().context("no contact")?;
        let customer = Actor::Customer { id: person.id.clone(), name: person.name.clone() };
        self.accept(false).await?;
        house.desk.take(&house.ane, &ticket.id, None).await?;
        house.desk.reply(&house.ane, &ticket.id, draft("Start den på nytt.", Access::External)).await?;
        house.rest().await?;
        let mail = house.sent().pop().context("no mail")?.message_id;
        self.accept(self.decided(row, Decider::Accept)).await?;
        let state = match row.from {
            Some(State::Linked | State::Deleted) | None => State::Open,
            Some(state) => state,
        };
        let (anew, waiting) = (self.decided(row, Decider::NewOnReply), self.decided(row, Decider::Waiting));
        let fits = |status: &&Status| status.state == state && status.new_on_reply == anew && status.waiting == waiting;
        let status = self.statuses.iter().find(fits).context("no status")?.id.clone();
        match state {
            State::Postponed => house.desk.postpone(&house.ane, &ticket.id, Until::Day, Some(&status)).await?,
            _ => house.desk.set_status(&house.ane, &ticket.id, &status).await?,
        }
        house.rest().await?;
        // As long as it is in sight: what she heard before is not of the row.
        house.desk.see_notifications(&house.ane).await?;
        match row.from {
            Some(State::Linked) => {
                let merge = Merge::whole(other.id.clone(), vec![ticket.id.clone()]);
                house.desk.merge(&house.ane, merge).await?;
            }
            Some(State::Deleted) => house.desk.delete_ticket(&house.eva, &ticket.id).await?,
            _ => {}
        }
        house.rest().await?;
        house.desk.mark_read(&house.ane, &ticket.id).await?;
        house.desk.see_notifications(&house.ane).await?;
        Ok(Case { ticket, customer, from, mail, other, before: status })
    }

    /// What happens, by whoever it happens through: not by Ane, who is to be told.
    async fn drive(&self, case: &Case, what: Happening) -> Result<(), Error> {
        let (house, desk) = (&self.house, &self.house.desk);
        let id_of = &case.ticket.id;
        let mail = |bounce: bool| Inbound {
            external_id: format!("{}@somewhere.example", MessageId::new()),
            from: Party {
                address: if bounce { "mailer-daemon@somewhere.example".to_owned() } else { case.from.clone() },
                name: String::new(),
            },
            subject: Some("SV: Skriver".to_owned()),
            text: "Det hjalp ikke.".to_owned(),
            in_reply_to: if bounce { vec![] } else { vec![case.mail.clone()] },
            automatic: bounce.then(|| "auto-submitted".to_owned()),
            bounce_of: bounce.then(|| case.mail.clone()),
            ..Inbound::default()
        };
        let internal = |error: anyhow::Error| Error::internal(error);
        match what {
            Happening::Begun => Ok(()),
            Happening::SetOpen => desk.set_status(&house.bo, id_of, &self.chosen(State::Open)).await,
            Happening::SetClosed => desk.set_status(&house.bo, id_of, &self.chosen(State::Closed)).await,
            Happening::PutOff => {
                desk.postpone(&house.bo, id_of, Until::Day, Some(&self.chosen(State::Postponed))).await
            }
            Happening::TimeCame => {
                let minutes = 2 * DAY / MINUTE;
                house.pass(minutes).await.map_err(internal)
            }
            Happening::Taken => desk.take(&house.bo, id_of, Some(&id(&house.ane))).await,
            Happening::CustomerWrote => house.receive(mail(false)).await.map_err(internal),
            Happening::Bounced => house.receive(mail(true)).await.map_err(internal),
            Happening::CustomerAnswered => {
                desk.answer(&case.customer, id_of, "Det hjalp ikke.", vec![], "").await.map(|_| ())
            }
            Happening::CustomerSolved => desk.solve(&case.customer, id_of).await,
            Happening::Merged => {
                let merge = Merge::whole(case.other.id.clone(), vec![id_of.clone()]);
                desk.merge(&house.bo, merge).await
            }
            Happening::TakenOut => desk.unmerge(&house.bo, id_of).await,
            Happening::Deleted => desk.delete_ticket(&house.eva, id_of).await,
            Happening::MarkedSpam => match desk.mark_spam(&house.eva, std::slice::from_ref(id_of)).await?.pop() {
                Some(Took { refused: Some(why), .. }) => Err(why),
                _ => Ok(()),
            },
            Happening::Restored => desk.restore_ticket(&house.eva, id_of).await,
        }
    }

    /// The highest number there is, in the bin and swallowed ones too.
    async fn newest(&self) -> Result<i64> {
        Ok(sqlx::query_scalar("select max(number) from ticket").fetch_one(self.house.desk.db().read()).await?)
    }

    /// Also of one that was swallowed, whose number leads elsewhere: as its row says.
    async fn standing(&self, id: &TicketId) -> Result<Standing> {
        Ok(sqlx::query_as(
            "select state, status_id, read, owner_id, closed_at, wake_at, due_from, reopenings, deleted_at, messages
             from ticket where id = $1",
        )
        .bind(id.clone())
        .fetch_one(self.house.desk.db().read())
        .await?)
    }

    async fn facts_of(&self, id: &TicketId) -> Result<Vec<EventKind>> {
        let kinds: Vec<String> = sqlx::query_scalar("select kind from event where ticket_id = $1 order by number")
            .bind(id.clone())
            .fetch_all(self.house.desk.db().read())
            .await?;
        kinds.into_iter().map(|kind| kind.parse().map_err(anyhow::Error::msg)).collect()
    }
}

#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
struct Standing {
    state: String,
    status_id: String,
    read: String,
    owner_id: Option<String>,
    closed_at: Option<i64>,
    wake_at: Option<i64>,
    due_from: Option<i64>,
    reopenings: i64,
    deleted_at: Option<i64>,
    messages: i64,
}

#[tokio::test(flavor = "multi_thread")]
async fn every_row_is_what_really_happens() -> Result<()> {
    let mut setup = Setup::new().await?;
    let rows = setup.house.desk.transitions(&setup.house.eva).await?;
    ensure!(setup.house.desk.transitions(&setup.house.ane).await == Err(Error::Forbidden));
    ensure!(rows.len() > 60, "{} rows", rows.len());
    // All that differ at once, as one mistake in the function that decides shows in several rows.
    let mut wrong = vec![];
    for row in rows {
        let carried_out = match row.from {
            None => begun(&mut setup, &row).await,
            Some(_) => carry_out(&mut setup, &row).await,
        };
        if let Err(error) = carried_out {
            wrong.push(format!("{} {:?} {:?} {:?}: {error:#}", row.en, row.facts, row.effects, row.notices));
        }
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

/// CRE-8 has its own stories; this one is that a new request is given away, and what its log begins with.
async fn begun(setup: &mut Setup, row: &Transition) -> Result<()> {
    let house = &setup.house;
    let mut support = house.desk.category_settings(&house.eva, &house.support).await?;
    support.method = Method::Even;
    support.new_status = Some(setup.chosen(State::Open));
    house.desk.save_category(&house.eva, &house.support, support.clone()).await?;
    let ticket = house.request("Skriver virker ikke").await?;
    ensure!(row.to == Whereto::First && ticket.status == setup.chosen(State::Open), "{}", ticket.status);
    ensure!(house.log(ticket.number).await?.starts_with(&row.facts));
    ensure!(row.effects == [SideEffect::Distributed] && ticket.owner.is_some());
    (support.method, support.new_status) = (Method::None, None);
    Ok(house.desk.save_category(&house.eva, &house.support, support).await?)
}

async fn carry_out(setup: &mut Setup, row: &Transition) -> Result<()> {
    let case = setup.case(row).await?;
    let id_of = &case.ticket.id;
    if row.effects.contains(&SideEffect::AsksFirst) {
        asks_first(setup, &case, row.event).await?;
    }
    let (was, known) = (setup.standing(id_of).await?, setup.facts_of(id_of).await?.len());
    let (latest, elsewhere) = (setup.newest().await?, setup.standing(&case.other.id).await?.messages);
    ensure!(was.state == row.from.context("no state")?.as_str(), "it began as {was:?}");
    let driven = setup.drive(&case, row.event).await;
    ensure!(driven.is_err() == (row.to == Whereto::Refused), "{driven:?}");
    setup.house.rest().await?;
    let now = setup.standing(id_of).await?;
    landed(setup, row, &case, &was, &now).await?;
    let facts: Vec<EventKind> = setup.facts_of(id_of).await?.split_off(known);
    // What comes of them later, by itself, is not of the row.
    let later = [EventKind::Delivered, EventKind::ReplyLeft, EventKind::DeadlineMissed, EventKind::DeadlineNear];
    let facts: Vec<EventKind> = facts.into_iter().filter(|fact| !later.contains(fact)).collect();
    ensure!(facts == row.facts, "the log says {facts:?}");
    effects(setup, row, &case, &was, &now).await?;
    let new = setup.newest().await? > latest;
    ensure!(new == matches!(row.to, Whereto::Anew { .. }), "a new request: {new}");
    if let Whereto::Anew { related } = row.to {
        let new = setup.house.latest().await?;
        ensure!(setup.house.desk.relations(&setup.house.eva, &new.id).await?.is_empty() != related);
    }
    if row.to == Whereto::Survivor {
        ensure!(setup.standing(&case.other.id).await?.messages == elsewhere + 1, "it is not on the survivor");
    }
    told(setup, row, &case).await
}

async fn landed(setup: &Setup, row: &Transition, case: &Case, was: &Standing, now: &Standing) -> Result<()> {
    let (state, status) = match row.to {
        Whereto::Stays | Whereto::Refused | Whereto::Anew { .. } | Whereto::Survivor => {
            (was.state.clone(), was.status_id.clone())
        }
        Whereto::Chosen { state } => (state.to_string(), setup.chosen(state).0),
        Whereto::Usual { state } => (state.to_string(), setup.usual(state).await?.0),
        Whereto::Accept => (State::Open.to_string(), setup.accept.id.0.clone()),
        Whereto::Left => (State::Open.to_string(), case.before.0.clone()),
        Whereto::First => bail!("only what is new comes there"),
    };
    ensure!(now.state == state && now.status_id == status, "{now:?} and not {state} {status}");
    Ok(())
}

/// Each effect that the row names, and none of those that it does not.
async fn effects(setup: &Setup, row: &Transition, case: &Case, was: &Standing, now: &Standing) -> Result<()> {
    for effect in SideEffect::ALL.iter().copied() {
        let is = match effect {
            SideEffect::ClosedAt => now.state == "closed" && now.closed_at.is_some() && was.state != "deleted",
            SideEffect::NotClosed => {
                ["open", "postponed"].contains(&now.state.as_str())
                    && now.closed_at.is_none()
                    && (now.status_id != was.status_id && now.owner_id == was.owner_id)
                    && was.state != "linked"
                    && was.state != "deleted"
            }
            SideEffect::CountsReopening => now.reopenings > was.reopenings,
            SideEffect::DeadlinesAnew => now.due_from != was.due_from,
            SideEffect::WakesLater => now.wake_at.is_some() && now.status_id != was.status_id,
            SideEffect::News => now.read == "news",
            SideEffect::Owner => now.owner_id != was.owner_id,
            SideEffect::ErasedLater => now.deleted_at.is_some() && was.deleted_at.is_none(),
            SideEffect::MessagesGo => now.messages == 0 && was.messages > 0,
            SideEffect::MessagesComeBack => now.messages > 0 && was.messages == 0,
            // Looked at before, after, or with the rows that begin.
            SideEffect::AsksFirst | SideEffect::DistributedIfAbsent | SideEffect::Distributed => continue,
        };
        // Where it stood before it stands after.
        let same = row.to == Whereto::Stays
            || row.to == Whereto::Refused
            || matches!(row.to, Whereto::Anew { .. } | Whereto::Survivor);
        let said = row.effects.contains(&effect);
        if !(same && !said && effect == SideEffect::ClosedAt) {
            ensure!(is == said, "{effect}: {is} in {now:?}, before {was:?}");
        }
    }
    if row.effects.contains(&SideEffect::DistributedIfAbsent) {
        let again = given_where_nobody_is(setup, case, row).await?;
        ensure!(again, "it was not given anew");
    }
    Ok(())
}

/// ASG-3: the same once more, with its owner away.
async fn given_where_nobody_is(setup: &Setup, case: &Case, row: &Transition) -> Result<bool> {
    let house = &setup.house;
    let mut support = house.desk.category_settings(&house.eva, &house.support).await?;
    (support.method, support.reassign_absent) = (Method::Even, true);
    house.desk.save_category(&house.eva, &house.support, support.clone()).await?;
    house.desk.set_away(&house.ane, &id(&house.ane), true).await?;
    setup.drive(case, row.event).await?;
    house.rest().await?;
    let given = setup.standing(&case.ticket.id).await?.owner_id != Some(id(&house.ane).0);
    house.desk.set_away(&house.ane, &id(&house.ane), false).await?;
    house.desk.transfer(&house.eva, &case.ticket.id, &id(&house.ane), None).await?;
    (support.method, support.reassign_absent) = (Method::None, false);
    house.desk.save_category(&house.eva, &house.support, support).await?;
    Ok(given)
}

/// RUL-2: with an open child, a rule forbids it; nothing has changed then.
async fn asks_first(setup: &Setup, case: &Case, what: Happening) -> Result<()> {
    let (house, desk) = (&setup.house, &setup.house.desk);
    let rule = RelationRule {
        id: RelationRuleId::new(),
        name: "Barna først".to_owned(),
        parents: vec![],
        children: vec![],
        require_parent: false,
        children_first: true,
        offer_parent: false,
        offer_children: false,
    };
    desk.relate(&house.eva, &case.ticket.id, &case.other.id, RelationKind::Child, "").await?;
    desk.save_relation_rule(&house.eva, rule.clone()).await?;
    let known = setup.facts_of(&case.ticket.id).await?.len();
    ensure!(setup.drive(case, what).await.is_err(), "no rule was asked");
    ensure!(setup.facts_of(&case.ticket.id).await?.len() == known);
    desk.delete_relation_rule(&house.eva, &rule.id).await?;
    let relation = desk.relations(&house.eva, &case.ticket.id).await?.pop().context("no relation")?;
    desk.unrelate(&house.eva, &case.ticket.id, &relation.id).await?;
    Ok(())
}

/// What Ane hears, who has it: that somebody took it from her is for her alone, and stands in no row.
async fn told(setup: &Setup, row: &Transition, case: &Case) -> Result<()> {
    let house = &setup.house;
    if row.effects.contains(&SideEffect::DistributedIfAbsent) {
        // It went back and forth since.
        return Ok(());
    }
    let heard: BTreeSet<String> = house
        .desk
        .notifications(&house.ane)
        .await?
        .into_iter()
        .filter(|notice| notice.number == case.ticket.number && !notice.seen)
        .map(|notice| notice.kind.to_string())
        // Nor does what is told because time passes, whatever happened.
        .filter(|kind| *kind != NoticeKind::TakenOver.to_string() && *kind != NoticeKind::Unhandled.to_string())
        .filter(|kind| !kind.starts_with("deadline"))
        .collect();
    let said: BTreeSet<String> = row.notices.iter().map(|kind| kind.to_string()).collect();
    ensure!(heard == said, "Ane heard {heard:?}");
    Ok(())
}
