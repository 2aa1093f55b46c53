//! Who has a request, and every way that changes it. Section 5.1.

use crate::house::{House, draft, id, in_order};
use anyhow::{Context, Result, ensure};
use desk::{
    Error,
    model::{
        Absence, AbsenceId, Access, Actor, BulkAction, CategorySettings, Cause, Criteria, EscalationLevelId, EventKind,
        Level, List, LogEntry, Member, Method, NewOwner, NewTicket, NoticeKind, Origin, ReadState, RuleId, StatusId,
        Targets,
        rule::{Rule, Then, When},
    },
};

async fn notices(house: &House, actor: &Actor) -> Result<Vec<NoticeKind>> {
    house.rest().await?;
    Ok(house.desk.notifications(actor).await?.into_iter().map(|notice| notice.kind).collect())
}

/// The ways of section 5.1, in its order.
#[derive(Clone, Copy, Debug)]
enum Passing {
    Accept,
    NextInQueue,
    Transfer,
    HandBack,
    Release,
    AssignedOnArrival,
    TakenByReplying,
    OwnerAbsent,
    Escalated,
    ByRule,
    Bulk,
    AccountClosed,
}

const WAYS: [Passing; 12] = {
    use Passing::*;
    [
        Accept,
        NextInQueue,
        Transfer,
        HandBack,
        Release,
        AssignedOnArrival,
        TakenByReplying,
        OwnerAbsent,
        Escalated,
        ByRule,
        Bulk,
        AccountClosed,
    ]
};

/// What a way says in the log, and whom it tells what.
struct Saying {
    kind: EventKind,
    by: &'static str,
    cause: Cause,
    from: Option<&'static str>,
    to: Option<&'static str>,
    told: &'static [(&'static str, &'static [NoticeKind])],
}

impl Passing {
    /// Nobody is told of what they did themselves (NOT-1), nor who only looks on.
    fn says(self) -> Saying {
        use NoticeKind::*;
        let (bo, ane) = (Some("Bo"), Some("Ane"));
        let person = |kind, by, from, to, told| Saying { kind, by, cause: Cause::Person, from, to, told };
        match self {
            Passing::Accept => person(EventKind::Accepted, "Ane", bo, ane, &[("Bo", &[TakenOver])]),
            Passing::NextInQueue => person(EventKind::HandedOut, "Ane", None, ane, &[]),
            // The word to a colleague is news of its own.
            Passing::Transfer => {
                person(EventKind::Transferred, "Bo", bo, Some("Cia"), &[("Cia", &[Assigned, NewMessage])])
            }
            Passing::HandBack => {
                person(EventKind::Distributed, "Dag", bo, ane, &[("Ane", &[Assigned]), ("Bo", &[TakenOver])])
            }
            // It waits for its members again; whoever had it, and whoever put it back, know it.
            Passing::Release => {
                person(EventKind::Released, "Dag", bo, None, &[("Ane", &[NewTicket]), ("Bo", &[Released])])
            }
            Passing::AssignedOnArrival => Saying {
                kind: EventKind::Distributed,
                by: "",
                cause: Cause::Mail,
                from: None,
                to: ane,
                told: &[("Ane", &[Assigned])],
            },
            Passing::TakenByReplying => person(EventKind::Accepted, "Ane", bo, ane, &[("Bo", &[TakenOver])]),
            Passing::OwnerAbsent => Saying {
                kind: EventKind::Distributed,
                by: "",
                cause: Cause::Mail,
                from: bo,
                to: ane,
                told: &[("Ane", &[Assigned, NewMessage]), ("Bo", &[TakenOver])],
            },
            Passing::Escalated => Saying {
                kind: EventKind::Distributed,
                by: "",
                cause: Cause::Clock,
                from: bo,
                to: Some("Dag"),
                told: &[("Bo", &[TakenOver]), ("Dag", &[Assigned, NoticeKind::Escalated])],
            },
            // Rules come before notices, so that nobody is told of a queue in which it never waited.
            Passing::ByRule => Saying {
                kind: EventKind::Transferred,
                by: "Skrivere til Bo",
                cause: Cause::Rule,
                from: None,
                to: bo,
                told: &[("Bo", &[Assigned])],
            },
            Passing::Bulk => Saying {
                kind: EventKind::Transferred,
                by: "Eva",
                cause: Cause::Bulk,
                from: bo,
                to: ane,
                told: &[("Ane", &[Assigned]), ("Bo", &[TakenOver])],
            },
            // Whoever left reads nothing any more.
            Passing::AccountClosed => person(EventKind::Distributed, "Eva", bo, ane, &[("Ane", &[Assigned])]),
        }
    }

    /// The house in which it can happen, and what makes it happen; the request that it happened to.
    async fn happens(self, house: &House) -> Result<i64> {
        match self {
            Passing::NextInQueue => {
                let mut status = house.desk.choices(&house.eva).await?.statuses.remove(0);
                status.id = StatusId::new();
                (status.en, status.default, status.queue, status.accept) = ("In queue".to_owned(), true, true, false);
                house.desk.save_status(&house.eva, status).await?;
                let ticket = house.request("Skriver virker ikke").await?;
                nobody_has_news(house).await?;
                house.desk.next_in_queue(&house.ane).await?;
                return Ok(ticket.number);
            }
            Passing::AssignedOnArrival => {
                given_to(house, &[&house.ane], |support| support.method = Method::Even).await?;
                return Ok(house.request("Skriver virker ikke").await?.number);
            }
            Passing::ByRule => {
                let rule = Rule {
                    id: RuleId::new(),
                    name: "Skrivere til Bo".to_owned(),
                    on: true,
                    when: When::Happened { kinds: vec![EventKind::TicketOpened] },
                    only: Criteria::default(),
                    then: vec![Then::Give { to: id(&house.bo) }],
                };
                house.desk.save_rule(&house.eva, rule).await?;
                return Ok(house.request("Skriver virker ikke").await?.number);
            }
            _ => {}
        }
        let ticket = house.request("Skriver virker ikke").await?;
        house.desk.take(&house.bo, &ticket.id, None).await?;
        nobody_has_news(house).await?;
        match self {
            Passing::NextInQueue | Passing::AssignedOnArrival | Passing::ByRule => {}
            Passing::Accept => house.desk.take(&house.ane, &ticket.id, Some(&id(&house.bo))).await?,
            Passing::Transfer => {
                let question = draft("Kjenner du denne feilen?", Access::Internal);
                house.desk.transfer(&house.bo, &ticket.id, &id(&house.cia), Some(question)).await?;
            }
            Passing::HandBack => {
                given_to(house, &[&house.ane, &house.bo], |support| support.method = Method::Even).await?;
                house.desk.hand_back(&house.dag, &ticket.id, None).await?;
            }
            Passing::Release => house.desk.release(&house.dag, &ticket.id).await?,
            Passing::TakenByReplying => {
                given_to(house, &[&house.ane, &house.bo], |support| support.take_on_reply = true).await?;
                house.desk.reply(&house.ane, &ticket.id, draft("Start den på nytt.", Access::External)).await?;
            }
            Passing::OwnerAbsent => {
                let set = |support: &mut CategorySettings| {
                    (support.method, support.reassign_absent) = (Method::Even, true);
                };
                given_to(house, &[&house.ane, &house.bo], set).await?;
                house.desk.set_away(&house.bo, &id(&house.bo), true).await?;
                house.answer("kari@fjord.no", "Hallo?").await?;
            }
            Passing::Escalated => {
                let all = house.desk.priority_settings(&house.eva).await?;
                let mut high = all.into_iter().find(|priority| priority.en == "High").context("no high")?;
                let level = Level {
                    id: EscalationLevelId::new(),
                    after: 60,
                    reassign_to: Some(id(&house.dag)),
                    tell: vec![],
                    template: None,
                    note: None,
                    account: None,
                };
                (high.levels, high.targets) = (vec![level], Targets::default());
                house.desk.save_priority(&house.eva, high.clone()).await?;
                house.desk.set_priority(&house.bo, &ticket.id, &high.id).await?;
                house.pass(60).await?;
            }
            Passing::Bulk => {
                let give = BulkAction::Give { to: id(&house.ane) };
                house.desk.begin_bulk(&house.eva, give, std::slice::from_ref(&ticket.id)).await?;
            }
            Passing::AccountClosed => {
                given_to(house, &[&house.ane, &house.bo], |support| support.method = Method::Even).await?;
                house.desk.disable_agent(&house.eva, &id(&house.bo)).await?;
            }
        }
        Ok(ticket.number)
    }
}

/// Who belongs to *Brukerstøtte*, and how it gives away what comes.
async fn given_to(house: &House, members: &[&Actor], set: impl FnOnce(&mut CategorySettings)) -> Result<()> {
    let mut support = house.desk.category_settings(&house.eva, &house.support).await?;
    support.members = members.iter().map(|actor| Member { agent: id(actor), weight: 1 }).collect();
    set(&mut support);
    Ok(house.desk.save_category(&house.eva, &house.support, support).await?)
}

async fn nobody_has_news(house: &House) -> Result<()> {
    house.rest().await?;
    for actor in [&house.ane, &house.bo, &house.cia, &house.dag, &house.eva] {
        house.desk.see_notifications(actor).await?;
    }
    Ok(())
}

/// Section 5.1, line by line: however it changes hands, the log says who did so, why, from whom and to whom, once; who got
/// it and who had it are told, and nobody else.
#[tokio::test(flavor = "multi_thread")]
async fn each_way_of_changing_hands_is_written_down_and_told() -> Result<()> {
    for way in WAYS {
        let house = House::open().await?;
        let number = way.happens(&house).await?;
        house.rest().await?;
        let says = way.says();
        let now = house.ticket(number).await?;
        ensure!(now.owner.as_ref().map(|owner| owner.name.as_str()) == says.to, "{way:?}: {:?} has it", now.owner);
        // Bo took it in most of them, which is another story.
        let took = |entry: &LogEntry| entry.kind == EventKind::Accepted && entry.actor == "Bo";
        use EventKind::*;
        let log: Vec<_> = now
            .log
            .iter()
            .filter(|entry| matches!(entry.kind, Accepted | Transferred | Released | Distributed | HandedOut))
            .filter(|entry| !took(entry))
            .map(|e| (e.kind, e.actor.as_str(), e.cause, e.old.as_deref(), e.new.as_deref()))
            .collect();
        ensure!(log == [(says.kind, says.by, says.cause, says.from, says.to)], "{way:?}: {log:?}");
        for actor in [&house.ane, &house.bo, &house.cia, &house.dag, &house.eva] {
            let wanted = says.told.iter().find(|(name, _)| *name == actor.name()).map_or(&[][..], |(_, kinds)| kinds);
            let page = house.desk.notice_page(actor, None).await;
            let page = match way {
                // They can't come in any more, to read anything.
                Passing::AccountClosed if actor.name() == "Bo" => continue,
                _ => page?,
            };
            let mut told: Vec<NoticeKind> = page.rows.iter().filter(|n| !n.seen).map(|n| n.kind).collect();
            told.sort_by_key(|kind| kind.to_string());
            ensure!(told == wanted, "{way:?}: {} is told {told:?}", actor.name());
            ensure!(page.rows.iter().all(|notice| notice.number == number), "{way:?}: of something else");
        }
    }
    Ok(())
}

/// ACC-1, ACC-3, ACC-4, ACC-5, ACC-6: one wins, the other is told who; from somebody only when that was agreed to.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_take_at_once_one_is_told_who_has_it() -> Result<()> {
    let house = House::open().await?;
    let mut working = house.desk.choices(&house.eva).await?.statuses.remove(1);
    (working.accept, working.default) = (true, false);
    house.desk.save_status(&house.eva, working.clone()).await?;
    let ticket = house.request("Skriver virker ikke").await?;
    let (a, b) =
        tokio::join!(house.desk.take(&house.ane, &ticket.id, None), house.desk.take(&house.bo, &ticket.id, None));
    let refused = a.err().or(b.err());
    let now = house.ticket(ticket.number).await?;
    let holder = now.owner.clone().map(|owner| owner.name).unwrap_or_default();
    ensure!(refused == Some(Error::Taken { holder: holder.clone() }), "{refused:?} against {holder}");
    ensure!(now.status == working.id, "ACC-3");

    let (winner, loser) = if holder == "Ane" { (&house.ane, &house.bo) } else { (&house.bo, &house.ane) };
    ensure!(matches!(house.desk.take(loser, &ticket.id, None).await, Err(Error::Taken { .. })), "ACC-6");
    house.desk.take(loser, &ticket.id, Some(&id(winner))).await?;
    ensure!(notices(&house, winner).await?.contains(&NoticeKind::TakenOver), "ACC-4");
    ensure!(!notices(&house, loser).await?.contains(&NoticeKind::TakenOver), "NOT-1");
    let log = house.ticket(ticket.number).await?.log;
    let taken: Vec<_> = log.iter().filter(|entry| entry.kind == EventKind::Accepted).collect();
    ensure!(taken.len() == 2 && taken[1].actor == loser.name() && taken[1].old.as_deref() == Some(winner.name()));
    Ok(())
}

/// ACC-2
#[tokio::test(flavor = "multi_thread")]
async fn many_are_taken_at_once_and_each_answers_for_itself() -> Result<()> {
    let house = House::open().await?;
    let mut ids = vec![];
    for n in 0..3 {
        ids.push(house.request(&format!("Sak {n}")).await?.id);
    }
    house.desk.take(&house.bo, &ids[1], None).await?;
    let took = house.desk.take_many(&house.ane, &ids).await?;
    ensure!(took[0].refused.is_none() && took[2].refused.is_none());
    ensure!(took[1].refused == Some(Error::Taken { holder: "Bo".to_owned() }));
    ensure!(house.desk.list(&house.ane, List::Mine, None).await?.total == 2);
    Ok(())
}

/// TRF-1, TRF-5, and D1 6a: a colleague is asked inside, and gives it back.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_given_away_leaves_ones_own_list_and_is_unread_for_the_other() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    house.desk.take(&house.ane, &ticket.id, None).await?;
    let question = draft("Kjenner du denne feilen?", Access::Internal);
    house.desk.transfer(&house.ane, &ticket.id, &id(&house.cia), Some(question)).await?;
    ensure!(house.desk.list(&house.ane, List::Mine, None).await?.rows.is_empty());
    let row = house.desk.list(&house.cia, List::Mine, None).await?.rows.remove(0);
    ensure!(row.read == ReadState::Unread);
    ensure!(notices(&house, &house.cia).await?.contains(&NoticeKind::Assigned));
    // TRF-4: in the log it is a change by hand.
    let entry = house.ticket(ticket.number).await?.log.pop();
    ensure!(entry.is_some_and(|e| e.kind == EventKind::Transferred
        && e.old.as_deref() == Some("Ane")
        && e.new.as_deref() == Some("Cia")));
    ensure!(house.desk.transfer(&house.cia, &ticket.id, &"nobody".into(), None).await.is_err());
    house.desk.release(&house.cia, &ticket.id).await?;
    house.desk.release(&house.cia, &ticket.id).await?;
    ensure!(house.log(ticket.number).await?.iter().filter(|kind| **kind == EventKind::Released).count() == 1);
    Ok(())
}

/// TRF-2, TRF-3: the variant of D1 6a.
#[tokio::test(flavor = "multi_thread")]
async fn handed_back_it_never_returns_to_the_giver_while_another_is_there() -> Result<()> {
    let house = House::open().await?;
    let mut support = house.desk.category_settings(&house.eva, &house.support).await?;
    support.method = Method::Fewest;
    house.desk.save_category(&house.eva, &house.support, support).await?;
    let ticket = house.request("Skriver virker ikke").await?;
    for _ in 0..4 {
        let owner = house.ticket(ticket.number).await?.owner.map(|owner| owner.id);
        let giver = [&house.ane, &house.bo, &house.dag].into_iter().find(|actor| Some(id(actor)) == owner);
        let Some(giver) = giver else { anyhow::bail!("nobody has it") };
        let next = house.desk.hand_back(giver, &ticket.id, None).await?;
        ensure!(next.is_some() && next != Some(id(giver)));
    }
    // With another category its method decides; one that gives nothing away leaves it unassigned.
    ensure!(house.desk.hand_back(&house.eva, &ticket.id, Some(&house.invoices)).await?.is_none());
    ensure!(house.desk.list(&house.eva, List::Unassigned, None).await?.total == 1);
    in_order(
        &house.log(ticket.number).await?,
        &[EventKind::Distributed, EventKind::CategoryChanged, EventKind::Released],
    )
}

/// MSG-4
#[tokio::test(flavor = "multi_thread")]
async fn whoever_replies_becomes_owner_where_the_category_says_so() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    house.desk.take(&house.ane, &ticket.id, None).await?;
    house.desk.reply(&house.bo, &ticket.id, draft("Hei", Access::External)).await?;
    ensure!(house.ticket(ticket.number).await?.owner.is_some_and(|owner| owner.name == "Ane"));
    let mut support = house.desk.category_settings(&house.eva, &house.support).await?;
    support.take_on_reply = true;
    house.desk.save_category(&house.eva, &house.support, support).await?;
    house.desk.reply(&house.bo, &ticket.id, draft("Hei igjen", Access::External)).await?;
    ensure!(house.ticket(ticket.number).await?.owner.is_some_and(|owner| owner.name == "Bo"));
    ensure!(notices(&house, &house.ane).await?.contains(&NoticeKind::TakenOver));
    Ok(())
}

/// ASG-3: the owner is away when the customer writes.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_message_for_somebody_who_is_away_goes_to_another() -> Result<()> {
    let house = House::open().await?;
    let mut support = house.desk.category_settings(&house.eva, &house.support).await?;
    (support.method, support.reassign_absent) = (Method::Even, true);
    house.desk.save_category(&house.eva, &house.support, support).await?;
    let ticket = house.request("Skriver virker ikke").await?;
    let first = house.ticket(ticket.number).await?.owner.map(|owner| owner.id);
    let Some(first) = first else { anyhow::bail!("nobody has it") };
    house.desk.note_seen(&first).await?;
    house.answer("kari@fjord.no", "Hallo?").await?;
    ensure!(house.ticket(ticket.number).await?.owner.is_some_and(|owner| owner.id == first), "still there");
    // With as many as they can have they are there all the same.
    house.desk.set_capacity(&house.eva, &first, Some(1)).await?;
    house.answer("kari@fjord.no", "Hallo igjen?").await?;
    ensure!(house.ticket(ticket.number).await?.owner.is_some_and(|owner| owner.id == first), "full is not absent");
    house.desk.set_away(&house.eva, &first, true).await?;
    house.answer("kari@fjord.no", "Er det noen der?").await?;
    ensure!(house.ticket(ticket.number).await?.owner.is_some_and(|owner| owner.id != first));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_had_who_leaves_finds_somebody_else() -> Result<()> {
    let house = House::open().await?;
    let mut support = house.desk.category_settings(&house.eva, &house.support).await?;
    support.method = Method::Even;
    house.desk.save_category(&house.eva, &house.support, support).await?;
    let first = house.request("Skriver virker ikke").await?;
    house.desk.transfer(&house.eva, &first.id, &id(&house.ane), None).await?;
    let other = house.request("Faktura").await?;
    house.desk.set_category(&house.eva, &other.id, &house.invoices).await?;
    house.desk.transfer(&house.eva, &other.id, &id(&house.ane), None).await?;
    house.desk.disable_agent(&house.eva, &id(&house.ane)).await?;
    ensure!(house.ticket(first.number).await?.owner.is_some_and(|owner| owner.name != "Ane"));
    // Faktura gives nothing away: unassigned, never dropped.
    ensure!(house.ticket(other.number).await?.owner.is_none());
    ensure!(matches!(house.desk.agent_actor(&id(&house.ane)).await?, Actor::Anonymous));
    ensure!(house.desk.disable_agent(&house.eva, &id(&house.eva)).await.is_err(), "not oneself");
    Ok(())
}

/// C-7: what is given on counts at once for the next one, and goes back where it was once they are here again.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_leaver_had_is_shared_out_and_can_be_given_back() -> Result<()> {
    let house = House::open().await?;
    let mut support = house.desk.category_settings(&house.eva, &house.support).await?;
    support.method = Method::Fewest;
    house.desk.save_category(&house.eva, &house.support, support).await?;
    let mut theirs = vec![];
    for n in 0..4 {
        let ticket = house.request(&format!("Sak {n}")).await?;
        house.desk.transfer(&house.eva, &ticket.id, &id(&house.ane), None).await?;
        theirs.push(ticket);
    }
    house.desk.disable_agent(&house.eva, &id(&house.ane)).await?;
    for actor in [&house.bo, &house.dag] {
        let mine = house.desk.list(actor, List::Mine, None).await?.total;
        ensure!(mine == 2, "{} has {mine}", actor.name());
    }
    let step = house.desk.steps(&house.eva, &theirs[0].id).await?.remove(0);
    ensure!(house.desk.undo(&house.eva, step.number).await.is_err(), "nobody is there to get it back");
    house.desk.enable_agent(&house.eva, &id(&house.ane)).await?;
    house.desk.undo(&house.eva, step.number).await?;
    for ticket in theirs {
        ensure!(house.ticket(ticket.number).await?.owner.is_some_and(|owner| owner.name == "Ane"));
    }
    crate::tally::check(&house).await
}

/// CRE-9: automatic, unassigned, myself, or a colleague.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_request_goes_to_whom_its_maker_says() -> Result<()> {
    let house = House::open().await?;
    let mut support = house.desk.category_settings(&house.eva, &house.support).await?;
    support.method = Method::Even;
    house.desk.save_category(&house.eva, &house.support, support).await?;
    let open = async |owner: NewOwner| {
        let new = NewTicket {
            title: "Faktura 1042 feil".to_owned(),
            text: String::new(),
            person: Some(house.kari.clone()),
            new_person: None,
            category: Some(house.support.clone()),
            priority: None,
            owner,
            origin: Origin::Phone,
            access: Some(Access::External),
            confirm: false,
            key: String::new(),
            seconds: 0,
            ..NewTicket::default()
        };
        let opened = house.desk.open_ticket(&house.ane, new).await?;
        anyhow::Ok(house.ticket(opened.number).await?.owner.map(|owner| owner.name))
    };
    ensure!(open(NewOwner::Me).await?.as_deref() == Some("Ane"));
    ensure!(open(NewOwner::Nobody).await?.is_none());
    ensure!(open(NewOwner::Agent(id(&house.bo))).await?.as_deref() == Some("Bo"));
    ensure!(open(NewOwner::Automatic).await?.is_some());
    ensure!(notices(&house, &house.bo).await?.contains(&NoticeKind::Assigned));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_absence_is_planned_by_oneself_or_an_administrator() -> Result<()> {
    let house = House::open().await?;
    let now = house.clock.now();
    let away = Absence { id: AbsenceId::new(), from: now, to: now + 1, delegate: None };
    ensure!(house.desk.plan_absence(&house.bo, &id(&house.ane), away.clone()).await == Err(Error::Forbidden));
    let planned = house.desk.plan_absence(&house.ane, &id(&house.ane), away.clone()).await?;
    ensure!(house.desk.absences(&house.bo, &id(&house.ane)).await?.len() == 1);
    house.desk.cancel_absence(&house.eva, &id(&house.ane), &planned).await?;
    ensure!(house.desk.absences(&house.bo, &id(&house.ane)).await?.is_empty());
    let backwards = Absence { to: now - 1, ..away.clone() };
    ensure!(house.desk.plan_absence(&house.ane, &id(&house.ane), backwards).await.is_err());
    let oneself = Absence { delegate: Some(id(&house.ane)), ..away };
    ensure!(house.desk.plan_absence(&house.ane, &id(&house.ane), oneself).await.is_err());
    Ok(())
}
