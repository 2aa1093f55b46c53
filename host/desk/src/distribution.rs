//! Who gets a request by the rules of its category. Section 5.4.
//!
//! In this order (ASG-8): the customer's own contact here, whoever had the same customer a moment ago, in this category or
//! by mail anywhere, the category's method, its administrator, nobody. The decision is kept on the request, so that
//! everybody can ask why.

use crate::{
    Result,
    absence::{Hours, Standing, standing},
    access::TicketFacts,
    clock::MINUTE,
    db::{Fact, Write, word},
    model::*,
    skill::{Asked, Fit},
};
use serde::{Deserialize, Serialize};

/// Someone who could get it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub id: AgentId,
    pub name: String,
    /// Share of the turns, for the weighted method.
    pub weight: i64,
    /// State of the smooth weighted round robin.
    pub current: i64,
    /// When they were last given one here; 0 for never.
    pub given_at: i64,
    /// How many open requests they have.
    pub open: i64,
    /// How many of the skills that are preferred they lack.
    pub lacking: usize,
    /// Why they can't, if they can't.
    pub passed: Option<Passed>,
}

/// Chooses among those who can, and moves the turn on. The same input gives the same answer. Whoever lacks fewer of the
/// preferred skills comes before the others, and only among their equals does the method decide. C-9.
///
/// Weighted is smooth weighted round robin (as in nginx's upstreams): over a cycle of all weights everybody gets exactly
/// their share, spread out. Ties go to the one least recently given to, then to the smaller id.
pub fn choose(method: Method, candidates: &mut [Candidate]) -> Option<usize> {
    let mut open: Vec<usize> = (0..candidates.len()).filter(|at| candidates[*at].passed.is_none()).collect();
    let fewest = open.iter().map(|at| candidates[*at].lacking).min();
    open.retain(|at| Some(candidates[*at].lacking) == fewest);
    let turn = |at: &usize| (candidates[*at].given_at, candidates[*at].id.clone());
    match method {
        Method::None => None,
        Method::Even => open.into_iter().min_by_key(turn),
        Method::Fewest => open.into_iter().min_by_key(|at| (candidates[*at].open, turn(at))),
        Method::Weighted => {
            let total: i64 = open.iter().map(|at| candidates[*at].weight).sum();
            for at in &open {
                candidates[*at].current += candidates[*at].weight;
            }
            let first = |at: &usize| (-candidates[*at].current, candidates[*at].id.clone());
            let chosen = open.iter().copied().min_by_key(first)?;
            candidates[chosen].current -= total;
            Some(chosen)
        }
    }
}

/// What a category says about giving its requests away.
#[derive(sqlx::FromRow)]
struct Ways {
    name: String,
    method: String,
    present_only_at: Option<i64>,
    service_contact_first_at: Option<i64>,
    quarantine: Option<i64>,
    admin_agent_id: Option<AgentId>,
}

#[derive(sqlx::FromRow)]
struct MemberRow {
    id: AgentId,
    name: String,
    weight: i64,
    current: i64,
    given_at: i64,
    #[sqlx(flatten)]
    standing: Standing,
}

/// By what everybody who could get a request is judged.
#[derive(Clone, Copy)]
struct By<'a> {
    /// Only who is at a screen, inside their hours.
    strict: bool,
    giver: Option<&'a AgentId>,
    asked: &'a [Asked],
}

/// Keeps what somebody has of what is asked for, once.
fn note_skills(decision: &mut Decision, name: &str, by: By<'_>, fit: Fit) {
    if !by.asked.is_empty() && !decision.skills.iter().any(|known| known.name == name) {
        decision.skills.push(SkillsOf { name: name.to_owned(), has: fit.has, lacks: fit.lacks });
    }
}

/// What the event of a new owner says beside the names.
#[derive(Serialize, Deserialize)]
pub(crate) struct Given {
    pub from: Option<AgentId>,
    pub to: AgentId,
    pub why: Option<Decision>,
}

impl Write {
    /// Gives a request that just came to whoever the rules of its category say.
    pub(crate) async fn distribute_new(&mut self, cause: Cause, id: &TicketId) -> Result<()> {
        let facts = self.facts(&Actor::System, id).await?;
        self.distribute(&Actor::System, cause, &facts, None).await.map(|_| ())
    }

    /// Gives a request to whoever the rules say, or leaves it unassigned. `giver` doesn't get it back while another is
    /// there (TRF-3).
    pub(crate) async fn distribute(
        &mut self,
        actor: &Actor,
        cause: Cause,
        ticket: &TicketFacts,
        giver: Option<&AgentId>,
    ) -> Result<Option<AgentId>> {
        let category = CategoryId(ticket.category_id.clone());
        let ways: Ways = sqlx::query_as(
            "select name, method, present_only_at, service_contact_first_at, quarantine, admin_agent_id
             from category where id = $1",
        )
        .bind(category.clone())
        .fetch_one(self.sql())
        .await?;
        let mut decision = Decision {
            category: ways.name.clone(),
            ground: Ground::Nobody,
            chosen: None,
            instead_of: None,
            by: None,
            passed: vec![],
            skills: vec![],
        };
        let chosen = self.decide(ticket, &category, &ways, giver, &mut decision).await?;
        let Some(chosen) = chosen else {
            // A category that gives nothing away has nothing to explain.
            if ways.method != Method::None.as_str() {
                self.keep_why(&ticket.id, &decision).await?;
            }
            return Ok(None);
        };
        self.give(actor, cause, &ticket.id, &chosen, EventKind::Distributed, Some(&decision)).await?;
        Ok(Some(chosen))
    }

    async fn decide(
        &mut self,
        ticket: &TicketFacts,
        category: &CategoryId,
        ways: &Ways,
        giver: Option<&AgentId>,
        decision: &mut Decision,
    ) -> Result<Option<AgentId>> {
        let asked = self.skills_asked(&ticket.id).await?;
        let by = By { strict: ways.present_only_at.is_some(), giver, asked: &asked };
        if ways.service_contact_first_at.is_some()
            && let Some(contact) = self.service_contact(ticket).await?
            && let Some(found) = self.or_delegate(&contact, by, decision).await?
        {
            decision.ground = Ground::ServiceContact;
            return Ok(Some(found));
        }
        if let Some(minutes) = ways.quarantine
            && let Some(same) = self.lately_with(ticket, category, minutes).await?
            && self.can_get(&same, by, decision).await?
        {
            decision.ground = Ground::Quarantine;
            return Ok(Some(same));
        }
        if let Some(minutes) = self.house_rules().await?.same_owner
            && let Some(same) = self.mailed_lately(ticket, minutes).await?
            && self.can_get(&same, by, decision).await?
        {
            decision.ground = Ground::CrossPost;
            return Ok(Some(same));
        }
        let method: Method = word(&ways.method)?;
        if method == Method::None {
            return Ok(None);
        }
        let mut candidates = self.candidates(category, by, decision).await?;
        let chosen = choose(method, &mut candidates);
        for candidate in &candidates {
            if let Some(why) = candidate.passed {
                decision.passed.push(PassedOver { name: candidate.name.clone(), why });
            }
        }
        if let Some(chosen) = chosen {
            self.keep_turns(category, &candidates, &candidates[chosen].id).await?;
            decision.ground = match method {
                Method::Weighted => Ground::Weighted,
                Method::Fewest => Ground::Fewest,
                _ => Ground::Even,
            };
            decision.chosen = Some(candidates[chosen].name.clone());
            return Ok(Some(candidates[chosen].id.clone()));
        }
        // ASG-2, and ASG-7 where there is none.
        if let Some(administrator) = &ways.admin_agent_id
            && let Some(found) =
                self.or_delegate(administrator, By { strict: false, asked: &[], ..by }, decision).await?
        {
            decision.ground = Ground::Administrator;
            return Ok(Some(found));
        }
        Ok(None)
    }

    /// The person's own contact here comes before the company's. ASG-4.
    async fn service_contact(&mut self, ticket: &TicketFacts) -> Result<Option<AgentId>> {
        let Some(person) = &ticket.person_id else { return Ok(None) };
        let contact: Option<Option<String>> = sqlx::query_scalar(
            "select coalesce(p.service_agent_id, c.service_agent_id) from person p
             left join company c on c.id = p.company_id where p.id = $1",
        )
        .bind(person.clone())
        .fetch_optional(self.sql())
        .await?;
        Ok(contact.flatten().map(AgentId))
    }

    /// Who got the same customer's latest request here within so many minutes. ASG-5.
    async fn lately_with(
        &mut self,
        ticket: &TicketFacts,
        category: &CategoryId,
        minutes: i64,
    ) -> Result<Option<AgentId>> {
        let Some(person) = &ticket.person_id else { return Ok(None) };
        let since = self.now - minutes * MINUTE;
        Ok(sqlx::query_scalar(
            "select owner_id from ticket where person_id = $1 and category_id = $2 and id <> $3 and owner_id is not null
               and assigned_at >= $4 order by assigned_at desc limit 1",
        )
        .bind(person.clone())
        .bind(category.clone())
        .bind(ticket.id.clone())
        .bind(since)
        .fetch_optional(self.sql())
        .await?)
    }

    /// Who has the latest mail of the same contact, in whatever category, when it came within so many minutes. ASG-5.
    async fn mailed_lately(&mut self, ticket: &TicketFacts, minutes: i64) -> Result<Option<AgentId>> {
        let Some(person) = &ticket.person_id else { return Ok(None) };
        let since = self.now - minutes * MINUTE;
        let latest: Option<Option<String>> = sqlx::query_scalar(
            "select t.owner_id from ticket t join ticket own on own.id = $2 and own.origin = 'email'
             where t.person_id = $1 and t.id <> $2 and t.origin = 'email' and t.owner_id is not null and t.created_at >= $3
               and t.state not in ('linked', 'deleted') order by t.created_at desc, t.number desc limit 1",
        )
        .bind(person.clone())
        .bind(ticket.id.clone())
        .bind(since)
        .fetch_optional(self.sql())
        .await?;
        Ok(latest.flatten().map(AgentId))
    }

    /// This one, or who stands in for them while they are away.
    async fn or_delegate(&mut self, agent: &AgentId, by: By<'_>, decision: &mut Decision) -> Result<Option<AgentId>> {
        if self.can_get(agent, by, decision).await? {
            return Ok(Some(agent.clone()));
        }
        let Some(delegate) = self.delegate_of(agent).await? else { return Ok(None) };
        let absent = decision.passed.last().map(|passed| passed.name.clone());
        if self.can_get(&delegate, by, decision).await? {
            decision.instead_of = absent;
            return Ok(Some(delegate));
        }
        Ok(None)
    }

    /// Notes in the decision who it is, or why they are passed over.
    async fn can_get(&mut self, agent: &AgentId, by: By<'_>, decision: &mut Decision) -> Result<bool> {
        let name: Option<String> = sqlx::query_scalar("select name from agent where id = $1 and disabled_at is null")
            .bind(agent.clone())
            .fetch_optional(self.sql())
            .await?;
        let Some(name) = name else { return Ok(false) };
        let fit = self.fit_of(by.asked, agent).await?;
        let why = match by.giver == Some(agent) {
            true => Some(Passed::Giver),
            false => self.why_not(agent, by.strict).await?.or(fit.out.then_some(Passed::Unskilled)),
        };
        note_skills(decision, &name, by, fit);
        match why {
            Some(why) => decision.passed.push(PassedOver { name, why }),
            None => decision.chosen = Some(name),
        }
        Ok(why.is_none())
    }

    /// Everybody who belongs to the category, by themselves or by a team.
    async fn candidates(
        &mut self,
        category: &CategoryId,
        by: By<'_>,
        decision: &mut Decision,
    ) -> Result<Vec<Candidate>> {
        let now = self.now;
        let rows: Vec<MemberRow> = sqlx::query_as(concat!(
            "select a.id, a.name, coalesce(m.weight, 1) as weight, coalesce(d.current, 0) as current,
                    coalesce(d.given_at, 0) as given_at, ",
            standing!("$2"),
            " from agent a
             left join category_member m on m.agent_id = a.id and m.category_id = $1
             left join distribution_turn d on d.agent_id = a.id and d.category_id = $1
             where a.disabled_at is null and (m.agent_id is not null or a.id in
               (select t.agent_id from team_member t join category_team c on c.team_id = t.team_id where c.category_id = $1))
             order by a.id"
        ))
        .bind(category.clone())
        .bind(now)
        .fetch_all(self.sql())
        .await?;
        let mut hours = Hours::default();
        let mut candidates = Vec::with_capacity(rows.len());
        for row in rows {
            let fit = self.fit_of(by.asked, &row.id).await?;
            let passed = match by.giver {
                Some(giver) if *giver == row.id => Some(Passed::Giver),
                _ => {
                    let passed = self.passed(&row.standing, by.strict, &mut hours).await?;
                    passed.or(fit.out.then_some(Passed::Unskilled))
                }
            };
            let lacking = fit.lacking;
            note_skills(decision, &row.name, by, fit);
            candidates.push(Candidate {
                id: row.id,
                name: row.name,
                weight: row.weight.max(1),
                current: row.current,
                given_at: row.given_at,
                open: row.standing.open,
                lacking,
                passed,
            });
        }
        Ok(candidates)
    }

    async fn keep_turns(&mut self, category: &CategoryId, candidates: &[Candidate], chosen: &AgentId) -> Result<()> {
        // Later than any turn before it, also when many are given at the same instant.
        let latest = candidates.iter().map(|candidate| candidate.given_at).max().unwrap_or(0);
        let now = self.now.max(latest + 1);
        for candidate in candidates {
            sqlx::query(
                "insert into distribution_turn (category_id, agent_id, current, given_at) values ($1, $2, $3, $4)
                 on conflict (category_id, agent_id) do update set current = excluded.current, given_at = excluded.given_at",
            )
            .bind(category.clone())
            .bind(candidate.id.clone())
            .bind(candidate.current)
            .bind(if candidate.id == *chosen { now } else { candidate.given_at })
            .execute(self.sql())
            .await?;
        }
        Ok(())
    }

    async fn keep_why(&mut self, ticket: &TicketId, decision: &Decision) -> Result<()> {
        sqlx::query("update ticket set why = $2 where id = $1")
            .bind(ticket.clone())
            .bind(serde_json::to_string(decision)?)
            .execute(self.sql())
            .await?;
        Ok(())
    }

    /// The reason where a rule or a level of escalation says who it is.
    pub(crate) async fn naming(&mut self, ticket: &TicketId, to: &AgentId, by: &str) -> Result<Decision> {
        let (category, name): (String, String) = sqlx::query_as(
            "select c.name, a.name from ticket t join category c on c.id = t.category_id
             join agent a on a.id = $2 where t.id = $1",
        )
        .bind(ticket.clone())
        .bind(to.clone())
        .fetch_one(self.sql())
        .await?;
        Ok(Decision {
            category,
            ground: Ground::Named,
            chosen: Some(name),
            instead_of: None,
            by: Some(by.to_owned()),
            passed: vec![],
            skills: vec![],
        })
    }

    /// Makes somebody the owner: unread for them (TRF-5), with a line in the log and the reason kept. Everything that gives
    /// a request away ends here.
    pub(crate) async fn give(
        &mut self,
        actor: &Actor,
        cause: Cause,
        ticket: &TicketId,
        to: &AgentId,
        kind: EventKind,
        decision: Option<&Decision>,
    ) -> Result<()> {
        let (name, from, old): (String, Option<String>, Option<String>) = sqlx::query_as(
            "select a.name, o.id, o.name from agent a
             left join ticket t on t.id = $2 left join agent o on o.id = t.owner_id where a.id = $1",
        )
        .bind(to.clone())
        .bind(ticket.clone())
        .fetch_one(self.sql())
        .await?;
        let read = if actor.agent() == Some(to) { ReadState::Read } else { ReadState::Unread };
        let now = self.now;
        let why = decision.map(serde_json::to_string).transpose()?;
        sqlx::query("update ticket set owner_id = $2, read = $3, assigned_at = $4, why = $5 where id = $1")
            .bind(ticket.clone())
            .bind(to.clone())
            .bind(read.as_str())
            .bind(now)
            .bind(why.clone())
            .execute(self.sql())
            .await?;
        let data = serde_json::to_string(&Given { from: from.map(AgentId), to: to.clone(), why: decision.cloned() })?;
        let fact = Fact { ticket: Some(ticket), old: old.as_deref(), new: Some(&name), data: Some(data) };
        self.record(actor, cause, kind, fact).await?;
        // At once: the next one that is given in the same write must be counted with it.
        self.tally(ticket).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn candidate(name: &str, weight: i64) -> Candidate {
        Candidate {
            id: AgentId::from(name),
            name: name.to_owned(),
            weight,
            current: 0,
            given_at: 0,
            open: 0,
            lacking: 0,
            passed: None,
        }
    }

    /// Gives so many away as the desk does, and counts.
    fn give(method: Method, candidates: &mut [Candidate], times: i64) -> BTreeMap<String, i64> {
        let mut counts = BTreeMap::new();
        for turn in 1..=times {
            if let Some(chosen) = choose(method, candidates) {
                candidates[chosen].given_at = turn;
                candidates[chosen].open += 1;
                *counts.entry(candidates[chosen].name.clone()).or_insert(0) += 1;
            }
        }
        counts
    }

    /// ASG-9: over 10,000 arrivals nobody has more than one above anybody else.
    #[test]
    fn evenly_is_even() {
        for method in [Method::Even, Method::Fewest] {
            let mut three = [candidate("ane", 1), candidate("bo", 1), candidate("dag", 1)];
            let counts = give(method, &mut three, 10_000);
            assert!(counts.values().max().unwrap() - counts.values().min().unwrap() <= 1, "{method}: {counts:?}");
        }
    }

    #[test]
    fn weights_are_exact_over_each_cycle() {
        let mut three = [candidate("ane", 1), candidate("bo", 2), candidate("dag", 5)];
        for _ in 0..1_250 {
            let counts = give(Method::Weighted, &mut three, 8);
            assert_eq!(counts, [("ane".into(), 1), ("bo".into(), 2), ("dag".into(), 5)].into());
        }
        // And spread: the heaviest never gets more than two in a row.
        let turns: Vec<usize> = (0..80).filter_map(|_| choose(Method::Weighted, &mut three)).collect();
        assert!(turns.windows(3).all(|turn| turn.iter().any(|at| *at != 2)), "{turns:?}");
    }

    /// C-9: over any people and any turns nobody gets it who lacks more than somebody else who could; and among equals the
    /// method is as fair as ever.
    #[test]
    fn whoever_lacks_fewer_of_the_preferred_skills_comes_first() {
        let mut random = fastrand::Rng::with_seed(9);
        for _ in 0..2_000 {
            let method = random.choice([Method::Even, Method::Weighted, Method::Fewest]).unwrap();
            let mut all: Vec<Candidate> = (0..random.usize(1..8))
                .map(|n| Candidate {
                    weight: random.i64(1..6),
                    lacking: random.usize(0..4),
                    passed: random.bool().then_some(Passed::Unskilled),
                    open: random.i64(0..5),
                    ..candidate(&format!("agent {n}"), 1)
                })
                .collect();
            let could: Vec<usize> = all.iter().filter(|c| c.passed.is_none()).map(|c| c.lacking).collect();
            match (choose(method, &mut all), could.iter().min()) {
                (Some(chosen), Some(fewest)) => {
                    assert!(all[chosen].passed.is_none() && all[chosen].lacking == *fewest, "{all:?}");
                }
                (chosen, fewest) => assert!(chosen.is_none() && fewest.is_none(), "{all:?}"),
            }
        }
        let mut three = [candidate("ane", 1), candidate("bo", 3), candidate("dag", 9)];
        three[2].lacking = 1;
        assert_eq!(give(Method::Weighted, &mut three, 400), [("ane".into(), 100), ("bo".into(), 300)].into());
    }

    #[test]
    fn whoever_can_t_is_passed_over_and_nobody_is_an_answer() {
        let mut two = [candidate("ane", 1), candidate("bo", 9)];
        two[1].passed = Some(Passed::Away);
        for method in [Method::Even, Method::Weighted, Method::Fewest] {
            assert_eq!(give(method, &mut two, 5), [("ane".to_owned(), 5)].into());
        }
        two[0].passed = Some(Passed::Full);
        assert_eq!(choose(Method::Even, &mut two), None);
        assert_eq!(choose(Method::Weighted, &mut []), None);
    }
}
