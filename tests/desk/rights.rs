//! Rights over real rows: what each door shows of a thousand requests, beside what the text of section 19 says of each.
//!
//! Roles, members, owners and followers are drawn anew for each graph. What a door says comes from its own SQL; what is
//! right is found here one request at a time, from what was drawn and from the requests' own rows: nothing derived.

use crate::{
    field::field,
    house::{House, id},
    paged::all as all_pages,
    role::role,
    tally,
    view::shared,
};
use anyhow::{Context, Result, ensure};
use desk::{
    Error,
    clock::DAY,
    model::{
        Access, Actor, AgentId, Aspect, AttachmentId, BulkAction, Card, CategoryId, Combined, CompanyId, Criteria,
        Criterion, FieldKind, Flags, Grouping, Heading, Holds, Language, List, ListColumn, Member, Operator, Period,
        PersonId, Reach, Right, Role, Selection, Share, Sort, State, TeamId, TicketId, ViewId,
        export::{Export, Format},
    },
    person::{NewCompany, NewContact},
    role::May,
    settings::{NewAgent, NewCategory},
};
use std::collections::{BTreeMap, BTreeSet};

/// More than are gathered and sorted for a page, so that lists are also walked in the order of their indexes.
const REQUESTS: i64 = 1_300;
/// Criteria count so far, and one more stands for more.
const COUNTED: usize = 1_001;
/// Requests of each graph that are also opened one by one, for each reader.
const OPENED: usize = 24;

/// An agent, as section 19 looks at one.
struct Colleague {
    actor: Actor,
    id: AgentId,
    admin: bool,
    roles: Vec<Role>,
}

struct Room {
    id: CategoryId,
    members_only: bool,
    members: BTreeSet<AgentId>,
}

struct Customer {
    actor: Actor,
    id: PersonId,
    company: Option<CompanyId>,
    /// POR-4
    sees_company: bool,
}

/// A request by its own row.
#[derive(Clone, Debug, sqlx::FromRow)]
struct Request {
    id: TicketId,
    number: i64,
    state: String,
    access: String,
    category_id: CategoryId,
    owner_id: Option<AgentId>,
    company_id: Option<CompanyId>,
    master_id: Option<TicketId>,
    spam_at: Option<i64>,
    closed_at: Option<i64>,
    deadline: Option<i64>,
}

impl Request {
    fn is(&self, state: State) -> bool {
        self.state == state.as_str()
    }

    /// Neither in the bin nor swallowed.
    fn counts(&self) -> bool {
        !self.is(State::Deleted) && !self.is(State::Linked)
    }

    fn is_in(&self, list: List, me: &AgentId) -> bool {
        match list {
            List::Mine => self.is(State::Open) && self.owner_id.as_ref() == Some(me),
            List::Unassigned => self.is(State::Open) && self.owner_id.is_none(),
            List::Open => self.is(State::Open),
            List::Closed => self.is(State::Closed),
            List::Latest | List::Favourites => self.counts(),
        }
    }
}

/// One drawing of who may what.
struct Graph {
    colleagues: Vec<Colleague>,
    rooms: Vec<Room>,
    customers: Vec<Customer>,
    requests: Vec<Request>,
    follows: BTreeSet<(AgentId, TicketId)>,
    takes_part: BTreeSet<(PersonId, TicketId)>,
    starred: BTreeSet<(AgentId, TicketId)>,
    visited: BTreeSet<(AgentId, TicketId)>,
    told: Vec<(AgentId, TicketId)>,
    flagged: BTreeSet<TicketId>,
}

impl Graph {
    /// The ladder, sentence by sentence: administrators do everything; an owner works on what is theirs; a role goes
    /// everywhere, or where one is a member, and only there where it is for members only (RGT-1); who takes part reads
    /// (RGT-3).
    fn may(&self, who: &Colleague, request: &Request) -> May {
        if who.admin || request.owner_id.as_ref() == Some(&who.id) {
            return May::Edit;
        }
        let room = self.rooms.iter().find(|room| room.id == request.category_id);
        let member = room.is_some_and(|room| room.members.contains(&who.id));
        let closed = room.is_some_and(|room| room.members_only);
        let goes = |step: Reach| match step {
            Reach::None => false,
            Reach::Own => member,
            Reach::All => member || !closed,
        };
        if who.roles.iter().any(|role| goes(role.edit)) {
            May::Edit
        } else if who.roles.iter().any(|role| goes(role.read))
            || self.follows.contains(&(who.id.clone(), request.id.clone()))
        {
            May::Read
        } else if who.roles.iter().any(|role| goes(role.list)) {
            May::List
        } else {
            May::Nothing
        }
    }

    /// RGT-2, POR-4: their own, and their company's if they may; nothing that is internal, deleted or swallowed.
    fn may_customer(&self, who: &Customer, request: &Request) -> May {
        let takes_part = self.takes_part.contains(&(who.id.clone(), request.id.clone()));
        let colleague = who.sees_company && who.company.is_some() && who.company == request.company_id;
        let external = request.access == Access::External.as_str();
        if external && request.counts() && (takes_part || colleague) { May::Edit } else { May::Nothing }
    }

    /// Where a number leads: MRG-2.
    fn survivor<'a>(&'a self, request: &'a Request) -> &'a Request {
        let next =
            self.requests.iter().find(|one| request.is(State::Linked) && request.master_id.as_ref() == Some(&one.id));
        next.map_or(request, |next| self.survivor(next))
    }
}

/// How often which answer was right.
#[derive(Debug, Default)]
struct Decided {
    yes: usize,
    no: usize,
    doors: BTreeMap<String, usize>,
}

impl Decided {
    /// What a door told is what is right, of all requests that it could have told of.
    fn same<'a>(
        &mut self,
        door: &str,
        told: impl IntoIterator<Item = i64>,
        all: impl IntoIterator<Item = &'a Request>,
        right: impl Fn(&Request) -> bool,
    ) -> Result<()> {
        let told: Vec<i64> = told.into_iter().collect();
        let once: BTreeSet<i64> = told.iter().copied().collect();
        ensure!(once.len() == told.len(), "{door} names requests twice");
        let mut known = 0;
        for request in all {
            let (said, right) = (once.contains(&request.number), right(request));
            ensure!(said == right, "{door} says {said} where {right} is right: {request:?}");
            known += usize::from(said);
            self.count(door, said);
        }
        ensure!(known == once.len(), "{door} names requests that it can't know of");
        Ok(())
    }

    fn count(&mut self, door: &str, said: bool) {
        let (yes, no) = (usize::from(said), usize::from(!said));
        (self.yes, self.no) = (self.yes + yes, self.no + no);
        *self.doors.entry(door.to_owned()).or_default() += 1;
    }
}

/// A house with [`REQUESTS`] requests beside one that came by mail. No verb opens them: it would take a minute.
struct Crowd {
    house: House,
    ladders: Vec<Role>,
    team: TeamId,
    everything: ViewId,
    half: ViewId,
    without: ViewId,
}

impl Crowd {
    async fn gather() -> Result<(Crowd, Graph)> {
        let house = House::open().await?;
        let mut actors: Vec<Actor> =
            [&house.eva, &house.ane, &house.bo, &house.cia, &house.dag].map(Actor::clone).into();
        for n in 0..6 {
            let (name, email) = (format!("Agent {n}"), format!("agent{n}@company.com"));
            let new = NewAgent { name, email, admin: n == 0, ..NewAgent::default() };
            let agent = house.desk.add_agent(&house.eva, new).await?;
            actors.push(house.desk.agent_actor(&agent).await?);
        }
        let mut categories = vec![house.support.clone(), house.invoices.clone()];
        for n in 0..4 {
            let name = format!("Kategori {n}");
            let new = NewCategory { name: name.clone(), nb: name.clone(), en: name, ..NewCategory::default() };
            categories.push(house.desk.add_category(&house.eva, new).await?);
        }
        let mut customers = vec![];
        for n in 0..12 {
            let company = NewCompany { name: format!("Firma {n}"), domain: None };
            let company = match n % 3 {
                0 if n < 9 => Some(house.desk.add_company(&house.eva, company).await?),
                0 => None,
                _ => customers.last().and_then(|last: &Customer| last.company.clone()),
            };
            let name = format!("Kunde {n}");
            let new = NewContact {
                name: name.clone(),
                emails: vec![format!("kunde{n}@kunde.example")],
                phones: vec![],
                language: Language::Nb,
                company: company.clone(),
            };
            let id = house.desk.add_contact(&house.eva, new).await?;
            customers.push(Customer {
                actor: Actor::Customer { id: id.clone(), name },
                id,
                company,
                sees_company: false,
            });
        }
        let mut ladders = vec![];
        for n in 0..6 {
            let new = role(&format!("Rolle {n}"), Reach::None, Reach::None, Reach::None);
            ladders.push(Role { rights: Right::ALL.to_vec(), ..new });
        }
        let team = house.desk.save_team(&house.eva, None, "Laget", &[]).await?;
        let colleagues = actors.into_iter().map(|actor| {
            let admin = matches!(actor, Actor::Agent { admin: true, .. });
            Colleague { id: id(&actor), actor, admin, roles: vec![] }
        });
        let rooms = categories.into_iter().map(|id| Room { id, members_only: false, members: BTreeSet::new() });
        let mut graph = Graph {
            colleagues: colleagues.collect(),
            rooms: rooms.collect(),
            customers,
            requests: vec![],
            follows: BTreeSet::new(),
            takes_part: BTreeSet::new(),
            starred: BTreeSet::new(),
            visited: BTreeSet::new(),
            told: vec![],
            flagged: BTreeSet::new(),
        };
        fill(&house, &graph).await?;
        read(&house, &mut graph).await?;

        let tickets: Vec<TicketId> = graph.requests.iter().map(|request| request.id.clone()).collect();
        let low: Vec<TicketId> =
            graph.requests.iter().filter(|one| one.number % 2 == 0).map(|one| one.id.clone()).collect();
        let everything = house.desk.save_view(&house.eva, shared("Alt", Holds::Static { tickets })).await?;
        let half = house.desk.save_view(&house.eva, shared("Halvt", Holds::Static { tickets: low })).await?;
        let rest = Holds::Combined { left: everything.clone(), right: half.clone(), how: Combined::Without };
        let without = house.desk.save_view(&house.eva, shared("Resten", rest)).await?;
        Ok((Crowd { house, ladders, team, everything, half, without }, graph))
    }

    /// Draws roles, members, owners, followers and customers anew, by the verbs that give them.
    async fn draw(&mut self, graph: &mut Graph, random: &mut fastrand::Rng) -> Result<()> {
        let (desk, eva) = (&self.house.desk, &self.house.eva);
        for ladder in &mut self.ladders {
            let [list, read, edit] = std::array::from_fn(|_| *random.choice(Reach::ALL).unwrap());
            (ladder.list, ladder.read, ladder.edit) = (list, read, edit);
            // Mostly nothing, so that there is something to hide.
            if random.bool() {
                *[&mut ladder.list, &mut ladder.read, &mut ladder.edit][random.usize(0..3)] = Reach::None;
            }
            desk.save_role(eva, ladder.clone()).await?;
        }
        for who in &mut graph.colleagues {
            let many = random.usize(1..3);
            who.roles = random.choose_multiple(&self.ladders, many).into_iter().cloned().collect();
            let roles: Vec<_> = who.roles.iter().map(|role| role.id.clone()).collect();
            desk.set_roles(eva, &who.id, &roles).await?;
        }
        let agents: Vec<AgentId> = graph.colleagues.iter().map(|who| who.id.clone()).collect();
        let some = |random: &mut fastrand::Rng| {
            agents.iter().filter(|_| random.u8(0..3) == 0).cloned().collect::<Vec<AgentId>>()
        };
        let team = some(random);
        desk.save_team(eva, Some(&self.team), "Laget", &team).await?;
        for room in &mut graph.rooms {
            let mut settings = desk.category_settings(eva, &room.id).await?;
            let (alone, by_team) = (some(random), random.u8(0..3) == 0);
            room.members_only = random.bool();
            room.members = alone.iter().cloned().chain(team.iter().filter(|_| by_team).cloned()).collect();
            settings.members_only = room.members_only;
            settings.members = alone.into_iter().map(|agent| Member { agent, weight: 1 }).collect();
            settings.teams = if by_team { vec![self.team.clone()] } else { vec![] };
            desk.save_category(eva, &room.id, settings).await?;
        }
        let of = |state: State| graph.requests.iter().filter(move |one| one.is(state));
        let mut open = random.choose_multiple(of(State::Open), 6);
        desk.delete_ticket(eva, &open.pop().context("none is open")?.id).await?;
        desk.restore_ticket(eva, &of(State::Deleted).next().context("the bin is empty")?.id).await?;
        for Request { id, access, .. } in open {
            let agent = random.choice(&agents).unwrap();
            match random.u8(0..8) {
                0 | 1 => desk.transfer(eva, id, agent, None).await?,
                2 => desk.release(eva, id).await?,
                3 | 4 => desk.follow_ticket(eva, id, agent, random.bool()).await?,
                5 => desk.set_category(eva, id, &random.choice(&graph.rooms).unwrap().id).await?,
                6 => {
                    let other = if access == "external" { Access::Internal } else { Access::External };
                    desk.set_access(eva, id, other).await?;
                }
                _ => desk.add_ticket_contact(eva, id, &random.choice(&graph.customers).unwrap().id).await?,
            }
        }
        for customer in &mut graph.customers {
            customer.sees_company = random.u8(0..3) == 0;
            sqlx::query("update person set company_requests_at = $2 where id = $1")
                .bind(customer.id.clone())
                .bind(customer.sees_company.then_some(self.house.clock.now()))
                .execute(desk.db().read())
                .await?;
        }
        self.house.rest().await?;
        read(&self.house, graph).await
    }
}

/// The requests, what is said in them and what hangs on them.
async fn fill(house: &House, graph: &Graph) -> Result<()> {
    let field = field("ord", FieldKind::Text);
    house.desk.save_field(&house.eva, field.clone()).await?;
    let first = house.request("Skriver virker ikke").await?;
    house.desk.set_fields(&house.eva, &first.id, &[("ord".to_owned(), vec!["Ord".to_owned()])].into()).await?;
    let file = house.desk.store_upload("inni.txt", "text/plain", b"hemmelig".to_vec()).await?;
    house.rest().await?;
    let mut write = house.desk.db().write().await?;
    let state = "case n.i % 20 when 0 then 'deleted' when 1 then 'linked' when 2 then 'postponed' else
                 case when n.i % 20 < 11 then 'open' else 'closed' end end";
    let requests = format!(
        "with recursive n (i) as (select cast(1 as bigint) union all select i + 1 from n where i < $1)
         insert into ticket (id, number, title, state, status_id, access, origin, read, category_id, first_category_id,
             priority_id, first_priority_id, account_id, sender, preview, messages, files, created_at, changed_at,
             closed_at, deleted_at, spam_at, master_id, status_before_id, deadline)
         select t.id || n.i, t.number + n.i, 'Sak gruppe' || (10 + n.i % 32), {state},
             coalesce((select min(s.id) from status s where s.state = {state}), t.status_id),
             case n.i % 9 % 4 when 3 then 'internal' else 'external' end, t.origin, t.read,
             t.category_id, t.category_id,
             t.priority_id, t.priority_id, t.account_id, t.sender, t.preview, 2, 1, t.created_at - n.i * 1000000,
             t.created_at - n.i * 500000, case when n.i % 20 > 10 then t.created_at end,
             case n.i % 20 when 0 then t.created_at end, case n.i % 40 when 0 then t.created_at end,
             case n.i % 20 when 1 then t.id || (n.i + 2) end, case when n.i % 20 < 2 then t.status_id end,
             t.created_at + (n.i % 201 - 100) * 60000000
         from ticket t, n where t.id = $2"
    );
    sqlx::query(sqlx::AssertSqlSafe(requests)).bind(REQUESTS).bind(first.id.clone()).execute(write.sql()).await?;
    for (n, who) in graph.colleagues.iter().enumerate() {
        sqlx::query("update ticket set owner_id = $1 where number % 31 = $2 and number <> $3")
            .bind(who.id.clone())
            .bind(n as i64)
            .bind(first.number)
            .execute(write.sql())
            .await?;
        for sql in [
            "insert into follower (ticket_id, agent_id, at) select id, $1, 1 from ticket where number % 37 = $2",
            "insert into favourite (ticket_id, agent_id, at) select id, $1, 1 from ticket where number % 17 = $2",
            "insert into visit (ticket_id, agent_id, at) select id, $1, 1 from ticket where number % 41 = $2",
            "insert into notification (id, agent_id, ticket_id, kind, actor, at)
             select id || $1, $1, id, 'new-message', 'Kari', number from ticket where number % 19 = $2",
        ] {
            sqlx::query(sql).bind(who.id.clone()).bind(n as i64).execute(write.sql()).await?;
        }
        sqlx::query("update agent set unseen = (select count(*) from notification where agent_id = $1) where id = $1")
            .bind(who.id.clone())
            .execute(write.sql())
            .await?;
    }
    for (n, room) in graph.rooms.iter().enumerate() {
        sqlx::query("update ticket set category_id = $1 where number * 7919 / 12 % 6 = $2")
            .bind(room.id.clone())
            .bind(n as i64)
            .execute(write.sql())
            .await?;
    }
    for (n, customer) in graph.customers.iter().enumerate() {
        sqlx::query("update ticket set person_id = $1, company_id = $2 where number / 5 % 24 = $3 and number <> $4")
            .bind(customer.id.clone())
            .bind(customer.company.clone())
            .bind(n as i64)
            .bind(first.number)
            .execute(write.sql())
            .await?;
    }
    for (access, kind) in [("external", "enquiry"), ("internal", "comment")] {
        let said = "insert into message (id, ticket_id, kind, access, author_name, author_email, text,
                                          recipients, cc, created_at)
                    select id || $1, id, $2, $1, 'Kari', '', 'Den står stille.', '', '', created_at from ticket
                    where number > $3";
        let files = "insert into attachment (id, message_id, name, mime, size, blob)
                     select id || $1, id || $1, 'inni.txt', 'text/plain', 8, $2 from ticket where number > $3";
        for (sql, value) in [(said, kind), (files, file.blob.as_str())] {
            sqlx::query(sql).bind(access).bind(value).bind(first.number).execute(write.sql()).await?;
        }
    }
    for sql in [
        "insert into ticket_contact (ticket_id, person_id, position) select id, person_id, 0 from ticket
         where number > $1 and person_id is not null",
        "update message set flagged_at = created_at
         where access = 'internal' and ticket_id in (select id from ticket where number > $1 and number % 7 = 0)",
        "insert into ticket_field (ticket_id, field_id, text, words, filed, turn)
         select t.id, f.field_id, f.text, f.words, f.filed, t.number from ticket t
         join ticket_field f on f.ticket_id = (select id from ticket where number = $1) where t.number > $1",
        "insert into event (number, at, kind, ticket_id, actor_kind, actor_name, cause)
         select (select value from counter where name = 'event') + t.number - $1 + 1, t.created_at,
                'title-changed', t.id, 'system', '', 'mail' from ticket t where t.number >= $1",
    ] {
        sqlx::query(sql).bind(first.number).execute(write.sql()).await?;
    }
    for sql in [
        "update counter set value = (select max(number) from event) where name = 'event'",
        "update counter set value = (select max(number) from ticket) where name = 'ticket'",
        "update ticket_field set cell = (select t.state || ' ' || coalesce(t.owner_id, '') || ' ' || t.category_id
                                        from ticket t where t.id = ticket_field.ticket_id)",
        "update ticket set counted_state = state, counted_owner = coalesce(owner_id, ''),
                counted_category = category_id, counted_status = status_id",
        "delete from tally",
        "insert into tally (state, owner, category, status, late, count)
         select state, coalesce(owner_id, ''), category_id, status_id, counted_late, count(*) from ticket
         group by 1, 2, 3, 4, 5",
    ] {
        sqlx::query(sql).execute(write.sql()).await?;
    }
    write.commit().await?;
    house.rest().await
}

/// What the rows themselves say, without any that is derived.
async fn read(house: &House, graph: &mut Graph) -> Result<()> {
    let pool = house.desk.db().read();
    let requests =
        "select id, number, state, access, category_id, owner_id, company_id, master_id, spam_at, closed_at, deadline
                    from ticket order by number";
    graph.requests = sqlx::query_as(requests).fetch_all(pool).await?;
    let pairs = async |sql: &'static str| sqlx::query_as(sql).fetch_all(pool).await;
    graph.follows = pairs("select agent_id, ticket_id from follower").await?.into_iter().collect();
    graph.starred = pairs("select agent_id, ticket_id from favourite").await?.into_iter().collect();
    graph.visited = pairs("select agent_id, ticket_id from visit").await?.into_iter().collect();
    graph.told = pairs("select agent_id, ticket_id from notification where seen_at is null").await?;
    let people: Vec<(PersonId, TicketId)> =
        sqlx::query_as("select person_id, ticket_id from ticket_contact").fetch_all(pool).await?;
    graph.takes_part = people.into_iter().collect();
    let flagged: Vec<TicketId> =
        sqlx::query_scalar("select ticket_id from message where flagged_at is not null").fetch_all(pool).await?;
    graph.flagged = flagged.into_iter().collect();
    Ok(())
}

impl Crowd {
    /// What is shown of requests that there are, to whoever may see them in lists.
    async fn lists(
        &self,
        graph: &Graph,
        who: &Colleague,
        decided: &mut Decided,
        random: &mut fastrand::Rng,
    ) -> Result<()> {
        let (desk, me, all) = (&self.house.desk, &who.actor, &graph.requests);
        let lists = |request: &Request| graph.may(who, request) >= May::List;
        let starred = |request: &Request| graph.starred.contains(&(who.id.clone(), request.id.clone()));
        let is_in = |list: List, one: &Request| {
            one.is_in(list, &who.id) && lists(one) && (list != List::Favourites || starred(one))
        };
        let numbers: BTreeMap<&TicketId, i64> = all.iter().map(|one| (&one.id, one.number)).collect();
        let chosen = async |of: Selection| -> Result<Vec<i64>> {
            Ok(desk.chosen(me, &of).await?.iter().map(|id| numbers[id]).collect())
        };
        for list in List::ALL.iter().copied() {
            decided.same("chosen of a list", chosen(Selection::List(list)).await?, all, |one| is_in(list, one))?;
        }
        let count = |list| all.iter().filter(|one| is_in(list, one)).count() as i64;
        let counts = desk.counts(me).await?;
        let right = (count(List::Mine), count(List::Unassigned), count(List::Open), count(List::Favourites));
        ensure!((counts.mine, counts.unassigned, counts.open, counts.favourites) == right, "{counts:?}, not {right:?}");
        // A page after the other, in whatever order: each has ways of its own to find them.
        for _ in 0..2 {
            let list = *random.choice(List::ALL).unwrap();
            let by = *random.choice(Heading::ALL).unwrap();
            let key = if by == Heading::Custom { "ord".to_owned() } else { String::new() };
            let sort = Sort { key, ..Sort::new(by, random.bool()) };
            let (mut rows, mut after) = (vec![], None);
            loop {
                let page = desk.list_sorted(me, list, sort.clone(), after.as_deref()).await?;
                ensure!(page.total == count(list), "{list} counts {}, not {}", page.total, count(list));
                rows.extend(page.rows.iter().map(|row| row.number));
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            decided
                .same(&format!("{list}, by page"), rows, all, |one| is_in(list, one))
                .context(format!("{sort:?}"))?;
        }

        let states = State::ALL.iter().map(|state| state.as_str());
        let any = Criteria::all(vec![Criterion::new(Aspect::State, Operator::OneOf, states)]);
        let found = chosen(Selection::Fits(any.clone())).await?;
        let right = found.len().min(COUNTED) as i64;
        ensure!(desk.count_by(me, &any).await? == right, "criteria count what they don't find");
        decided.same("criteria", found, all, |one| one.spam_at.is_none() && lists(one))?;
        let followed = Criteria::all(vec![Criterion::new(Aspect::Follower, Operator::OneOf, ["me"])]);
        let mut rows = vec![];
        let mut after = None;
        loop {
            let page = desk.list_by(me, &followed, Sort::default(), after.as_deref()).await?;
            rows.extend(page.rows.into_iter().map(|row| row.number));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        decided.same("criteria, by page", rows, all, |one| {
            one.counts() && graph.follows.contains(&(who.id.clone(), one.id.clone()))
        })?;
        let customer = &random.choice(&graph.customers).context("nobody")?.id;
        let (mut rows, mut after) = (vec![], None);
        loop {
            let card = Card::Person(customer.clone());
            let page = desk.requests_of(me, &card, true, Sort::default(), after.as_deref()).await?;
            rows.extend(page.rows.into_iter().map(|row| row.number));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        decided.same("a customer's card", rows, all, |one| {
            one.counts() && lists(one) && graph.takes_part.contains(&(customer.clone(), one.id.clone()))
        })?;
        let picked = chosen(Selection::Picked(all.iter().map(|one| one.number).collect())).await?;
        decided.same("picked by hand", picked, all, |one| one.counts() && lists(one))?;
        for (view, odd, even) in
            [(&self.everything, true, true), (&self.half, false, true), (&self.without, true, false)]
        {
            let holds = |one: &Request| if one.number % 2 == 0 { even } else { odd };
            let first = desk.open_view(me, view, None).await?;
            let found = chosen(Selection::View(view.clone())).await?;
            ensure!(first.total == found.len().min(COUNTED) as i64, "a view counts {}", first.total);
            decided.same("views", found, all, |one| one.counts() && lists(one) && holds(one))?;
        }
        let (bin, _) = all_pages(async |after| desk.bin(me, after).await).await?;
        let bin: Vec<i64> = bin.iter().map(|row| row.number).collect();
        decided.same("the bin", bin, all, |one| one.is(State::Deleted) && lists(one))?;
        let ids: Vec<TicketId> = all.iter().map(|one| one.id.clone()).collect();
        let mut columns = vec![];
        for ids in ids.chunks(1_000) {
            let held = desk.list_fields(me, ids, &["ord".to_owned()]).await?;
            columns.extend(held.keys().map(|(id, _)| numbers[&TicketId(id.clone())]));
        }
        decided.same("custom columns", columns, all, lists)?;
        let export = Export {
            format: Format::Csv,
            columns: vec![(ListColumn::Number, "Nr".to_owned())],
            fields: vec![],
            title: String::new(),
            zone: "UTC".to_owned(),
            mark: false,
        };
        let file = String::from_utf8(desk.export(me, &Selection::List(List::Latest), &export).await?)?;
        let lines = file.lines().filter_map(|line| line.trim_matches('"').parse().ok());
        decided.same("an exported file", lines, all, |one| one.counts() && lists(one))?;
        self.figures(graph, who).await
    }

    /// What is only counted.
    async fn figures(&self, graph: &Graph, who: &Colleague) -> Result<()> {
        let (desk, me) = (&self.house.desk, &who.actor);
        let now = self.house.clock.now();
        let seen: Vec<&Request> =
            graph.requests.iter().filter(|one| one.counts() && graph.may(who, one) >= May::List).collect();
        let count = |right: &dyn Fn(&Request) -> bool| seen.iter().filter(|one| right(one)).count() as i64;
        let tiles = desk.tiles(me).await?;
        let late = |one: &Request| one.is(State::Open) && one.deadline.is_some_and(|at| at < now);
        ensure!(tiles.overdue == count(&late), "{tiles:?}, not {}", count(&late));
        let unresolved = count(&|one| one.is(State::Open) || one.is(State::Postponed));
        ensure!(tiles.unresolved == unresolved, "{tiles:?}, not {unresolved}");
        let standing = desk.status_view(me).await?;
        let mut by_category = BTreeMap::new();
        for room in &graph.rooms {
            let of = |state: State| count(&|one| one.category_id == room.id && one.is(state));
            let right = (of(State::Open), of(State::Postponed));
            let told = standing.iter().find(|standing| standing.category == room.id);
            let told = told.map_or((0, 0), |told| (told.open, told.postponed));
            ensure!(told == right, "the status view says {told:?} of {}, not {right:?}", room.id);
            let all = count(&|one| one.category_id == room.id);
            by_category.extend((all > 0).then_some((room.id.clone(), all)));
        }
        let shares = |shares: Vec<Share<CategoryId>>| -> BTreeMap<CategoryId, i64> {
            shares.into_iter().map(|share| (share.of, share.count)).collect()
        };
        let period = Period { from: now - DAY, to: now + DAY };
        let statistics = desk.statistics(me, period).await?;
        ensure!(statistics.created == seen.len() as i64, "{} were created, not {}", statistics.created, seen.len());
        let closed = count(&|one| one.closed_at.is_some());
        ensure!(statistics.closed == closed, "{} were closed, not {closed}", statistics.closed);
        ensure!(shares(statistics.by_category) == by_category, "statistics by category");
        let open: i64 = statistics.open_by_owner.iter().map(|share| share.count).sum();
        ensure!(open == count(&|one| one.is(State::Open)), "{open} are open by owner");
        let chart = desk.chart(me, &Selection::List(List::Latest), Grouping::Category, "").await?;
        let chart = chart.into_iter().map(|share| Share { of: CategoryId(share.of), count: share.count }).collect();
        ensure!(shares(chart) == by_category, "a chart by category");
        Ok(())
    }

    /// What tells something of what is said in a request, to whoever may read it.
    async fn readings(
        &self,
        graph: &Graph,
        who: &Colleague,
        decided: &mut Decided,
        random: &mut fastrand::Rng,
    ) -> Result<()> {
        let (desk, me, all) = (&self.house.desk, &who.actor, &graph.requests);
        let reads = |one: &Request| one.counts() && graph.may(who, one) >= May::Read;
        let mine =
            |pairs: &BTreeSet<(AgentId, TicketId)>, one: &Request| pairs.contains(&(who.id.clone(), one.id.clone()));
        // Fifty hits are told, and all are counted.
        let common = desk.search(me, "stille").await?;
        let right = all.iter().filter(|one| reads(one)).count();
        ensure!(common.total as usize == right, "search counts {}, not {right}", common.total);
        let group = random.i64(0..32);
        let first = all[0].number;
        let grouped: Vec<&Request> =
            all.iter().filter(|one| one.number > first && (one.number - first) % 32 == group).collect();
        let hits = desk.search(me, &format!("gruppe{}", 10 + group)).await?;
        let found = hits.hits.iter().map(|hit| hit.ticket.number);
        decided.same("search", found, grouped, reads)?;
        let (flagged, _) = all_pages(async |after| desk.flagged(me, Flags::All, after).await).await?;
        let flagged = flagged.into_iter().map(|row| row.number);
        decided.same("flagged messages", flagged, all, |one| reads(one) && graph.flagged.contains(&one.id))?;
        let visits = desk.visits(me).await?.into_iter().map(|visit| visit.ticket.number);
        decided.same("what was opened lately", visits, all, |one| reads(one) && mine(&graph.visited, one))?;
        let mut told = BTreeSet::new();
        let mut page = desk.notice_page(me, None).await?;
        let unseen = page.unseen;
        loop {
            told.extend(page.rows.iter().map(|row| row.number));
            let Some(after) = page.next.take() else { break };
            page = desk.notice_page(me, Some(&after)).await?;
        }
        let of: BTreeSet<&TicketId> = graph.told.iter().filter(|(to, _)| *to == who.id).map(|(_, of)| of).collect();
        decided.same("notices", told, all, |one| reads(one) && of.contains(&one.id))?;
        let readable: BTreeSet<&TicketId> = all.iter().filter(|one| reads(one)).map(|one| &one.id).collect();
        let right = graph.told.iter().filter(|(to, of)| *to == who.id && readable.contains(of)).count() as i64;
        ensure!(unseen == right, "the bell counts {unseen}, not {right}");
        Ok(())
    }

    /// Doors that open one request at a time.
    async fn single(
        &self,
        graph: &Graph,
        who: &Colleague,
        decided: &mut Decided,
        random: &mut fastrand::Rng,
    ) -> Result<()> {
        let (desk, me) = (&self.house.desk, &who.actor);
        for one in random.choose_multiple(&graph.requests[1..], OPENED) {
            let right = graph.may(who, one);
            let may = desk.may(me, &one.id).await?;
            ensure!(may == right, "{may:?}, and not {right:?}: {one:?}");
            decided.count("may", right >= May::Read);
            ensure!(desk.may_see(me, &one.id).await? == (right >= May::List), "told of live: {one:?}");
            let opens = graph.may(who, graph.survivor(one)) >= May::Read;
            ensure!(desk.ticket(me, one.number).await.is_ok() == opens, "opened: {opens} was right: {one:?}");
            decided.count("opening", opens);
            for access in ["external", "internal"] {
                let file = AttachmentId(format!("{}{access}", one.id));
                let taken = desk.attachment(me, &file).await;
                ensure!(taken.is_ok() == (right >= May::Read), "an attached file: {taken:?} {one:?}");
            }
            ensure!(desk.steps(me, &one.id).await.is_ok() == (right >= May::Read), "its steps: {one:?}");
        }
        Ok(())
    }

    async fn customers(&self, graph: &Graph, decided: &mut Decided, random: &mut fastrand::Rng) -> Result<()> {
        let desk = &self.house.desk;
        for who in &graph.customers {
            let may = |one: &Request| graph.may_customer(who, one);
            let rows: Vec<i64> = self.house.own_requests(&who.actor).await?.iter().map(|row| row.number).collect();
            decided.same("a customer's list", rows, &graph.requests, |one| may(one) == May::Edit)?;
            let theirs = graph.requests.iter().find(|one| may(one) == May::Edit);
            for one in random.choose_multiple(&graph.requests[1..], 8).into_iter().chain(theirs) {
                let right = may(one);
                ensure!(desk.may(&who.actor, &one.id).await? == right, "{:?}: {right:?} was right: {one:?}", who.id);
                decided.count("a customer's right", right > May::Nothing);
                let link = |ticket: &TicketId| Actor::Follower {
                    id: who.id.clone(),
                    name: String::new(),
                    ticket: ticket.clone(),
                };
                ensure!(desk.may(&link(&one.id), &one.id).await? == right, "by its link: {one:?}");
                let elsewhere = link(&graph.requests[0].id);
                ensure!(desk.may(&elsewhere, &one.id).await? == May::Nothing, "by another's link: {one:?}");
                let opened = desk.customer_ticket(&who.actor, one.number).await;
                let opens = may(graph.survivor(one)) == May::Edit;
                ensure!(opened.is_ok() == opens, "opened by a customer: {opens} was right: {one:?}");
                let said = opened.map(|ticket| ticket.messages).unwrap_or_default();
                ensure!(said.iter().all(|message| message.access == Access::External), "RGT-2: {one:?}");
                let file = |access: &str| AttachmentId(format!("{}{access}", one.id));
                let taken = desk.attachment(&who.actor, &file("external")).await;
                ensure!(taken.is_ok() == (right == May::Edit), "a customer's file: {taken:?} {one:?}");
                let taken = desk.attachment(&who.actor, &file("internal")).await;
                ensure!(taken.err() == Some(Error::NotFound), "D3: inside is inside: {one:?}");
            }
        }
        Ok(())
    }

    /// What a screen that was away is told of, and what an action on many takes up.
    async fn rest(&self, graph: &Graph, heard: i64, decided: &mut Decided, random: &mut fastrand::Rng) -> Result<()> {
        let desk = &self.house.desk;
        let events: Vec<TicketId> =
            sqlx::query_scalar("select distinct ticket_id from event where number > $1 and ticket_id is not null")
                .bind(heard)
                .fetch_all(desk.db().read())
                .await?;
        let changed: Vec<&Request> = graph.requests.iter().filter(|one| events.contains(&one.id)).collect();
        ensure!(!changed.is_empty());
        for who in &graph.colleagues {
            let missed = desk.missed(&who.actor, Some(heard)).await?.changes;
            let told: BTreeSet<TicketId> = missed.into_iter().filter_map(|change| change.ticket).collect();
            let told = graph.requests.iter().filter(|one| told.contains(&one.id)).map(|one| one.number);
            decided.same("live", told, changed.iter().copied(), |one| graph.may(who, one) >= May::List)?;
        }
        let who = random.choice(&graph.colleagues).unwrap();
        let some = random.choose_multiple(&graph.requests, 10);
        let ids: Vec<TicketId> = some.iter().map(|one| one.id.clone()).collect();
        let preview = desk.preview_bulk(&who.actor, BulkAction::AddTag { tag: "ny".into() }, &ids).await?;
        let right = some.iter().filter(|one| graph.may(who, one) >= May::List).count() as i64;
        ensure!(preview.all == right, "an action on many takes up {}, not {right}", preview.all);
        Ok(())
    }
}

/// Section 19, RGT-1 to RGT-3: every door decides as the text says, whatever roles there are. `SAKER_CASES` says how
/// many graphs are drawn.
#[tokio::test(flavor = "multi_thread")]
async fn every_door_decides_as_the_text_says() -> Result<()> {
    let mut random = fastrand::Rng::with_seed(19);
    let graphs = std::env::var("SAKER_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(5);
    let (mut crowd, mut graph) = Crowd::gather().await?;
    let mut decided = Decided::default();
    for n in 0..graphs {
        let heard = crowd.house.desk.last_event().await?;
        crowd.draw(&mut graph, &mut random).await?;
        for who in &graph.colleagues {
            let told = || format!("graph {n}, {}", who.actor.name());
            crowd.lists(&graph, who, &mut decided, &mut random).await.with_context(told)?;
            crowd.readings(&graph, who, &mut decided, &mut random).await.with_context(told)?;
            crowd.single(&graph, who, &mut decided, &mut random).await.with_context(told)?;
        }
        crowd.customers(&graph, &mut decided, &mut random).await.with_context(|| format!("graph {n}"))?;
        crowd.rest(&graph, heard, &mut decided, &mut random).await.with_context(|| format!("graph {n}"))?;
    }
    tally::check(&crowd.house).await?;
    println!("{graphs} graphs: {decided:#?}");
    ensure!(
        decided.yes > 50_000 * graphs && decided.no > 50_000 * graphs,
        "both answers must have been tried: {decided:?}"
    );
    Ok(())
}
