//! What happens when nobody acts: a chain of levels, moved by six events. Sections 7.3 and 7.4.

use crate::{
    Desk, Result, Why,
    access::TicketFacts,
    clock::MINUTE,
    db::{Fact, Write, word},
    deadline::Counted,
    job::{Job, Kind, Outcome, finish},
    model::*,
    outside::{Party, Sheet},
    person::{address, phone},
    template::unasked,
};
use serde::{Deserialize, Serialize};

#[derive(sqlx::FromRow)]
struct ChainRow {
    state: String,
    priority_id: PriorityId,
    level: i64,
    escalate_at: Option<i64>,
    escalate_left: Option<i64>,
    chain_rests_at: Option<i64>,
    calendar_id: Option<String>,
    in_calendar: Option<i64>,
    /// Somebody has it, and has seen it.
    seen: i64,
    on_new: String,
    on_read: String,
    on_transfer: String,
    on_news: String,
    on_closed: String,
    on_priority: String,
}

impl ChainRow {
    /// What an event does to the chain.
    fn on(&self, event: ChainEvent) -> Result<Chain> {
        word(match event {
            ChainEvent::New => &self.on_new,
            ChainEvent::Read => &self.on_read,
            ChainEvent::Transfer => &self.on_transfer,
            ChainEvent::News => &self.on_news,
            ChainEvent::Closed => &self.on_closed,
            ChainEvent::Priority => &self.on_priority,
        })
    }
}

/// The six events of section 7.4.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ChainEvent {
    New,
    Read,
    Transfer,
    News,
    Closed,
    Priority,
}

impl ChainEvent {
    /// Most facts are none of the six.
    fn of(kind: EventKind) -> Option<ChainEvent> {
        use EventKind::*;
        Some(match kind {
            TicketOpened | SplitOff => ChainEvent::New,
            ReadByOwner | HandedOut => ChainEvent::Read,
            Accepted | Transferred | Released => ChainEvent::Transfer,
            EnquiryReceived | Replied | Commented => ChainEvent::News,
            Closed => ChainEvent::Closed,
            PriorityChanged => ChainEvent::Priority,
            _ => return None,
        })
    }
}

/// Chains whose next level is due.
pub(crate) const DUE: &str =
    "select id as subject, id as ticket_id, escalate_at as due_at from ticket where escalate_at <= $1";

/// Who is told when a level fires. Section 7.3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Recipient {
    Owner,
    /// The category's.
    Administrator,
    Contact,
    Address(String),
    /// A telephone number, with its `+`.
    Number(String),
}

impl Recipient {
    /// As a level keeps it.
    ///
    /// # Errors
    /// For what is none of these.
    pub(crate) fn of(text: &str) -> std::result::Result<Recipient, Why> {
        Ok(match text {
            "owner" => Recipient::Owner,
            "admin" => Recipient::Administrator,
            "contact" => Recipient::Contact,
            _ if text.starts_with('+') => Recipient::Number(phone(text).ok_or(Why::NotAChoice)?),
            _ => Recipient::Address(address(text)?),
        })
    }
}

/// A level that fires.
#[derive(sqlx::FromRow)]
struct Fired {
    reassign_to: Option<String>,
    tell: String,
    template: String,
    note: String,
    account_id: String,
}

/// What a level tells somebody, as its job keeps it.
#[derive(Serialize, Deserialize)]
struct Told {
    ticket: TicketId,
    level: i64,
    to: String,
    /// The template that says it; Saker's own where it is empty.
    #[serde(default)]
    note: String,
    /// By what a number is told.
    #[serde(default)]
    account: String,
}

impl Write {
    /// Stops, continues or restarts the chain for each thing that happened, in order. On what is closed nothing moves it but
    /// the closing. ESC-7.
    pub(crate) async fn move_chain(&mut self, ticket: &TicketId, kinds: &[EventKind]) -> Result<()> {
        let mut events: Vec<ChainEvent> = kinds.iter().copied().filter_map(ChainEvent::of).collect();
        // Whoever takes it, gives it to themselves or opens it as their own has seen it, and nothing says so a second time.
        let came = kinds
            .iter()
            .any(|kind| matches!(kind, EventKind::TicketOpened | EventKind::Accepted | EventKind::Transferred));
        if came && self.chain(ticket).await?.is_some_and(|chain| chain.seen == 1) {
            events.push(ChainEvent::Read);
        }
        for event in events {
            let Some(chain) = self.chain(ticket).await? else { return Ok(()) };
            let live = matches!(word(&chain.state)?, State::Open | State::Postponed);
            if !live && event != ChainEvent::Closed {
                continue;
            }
            match chain.on(event)? {
                Chain::Leave => {}
                Chain::Stop => self.stop_chain(ticket, &chain).await?,
                // ESC-5: another priority keeps the level, not the time.
                Chain::Continue if event == ChainEvent::Priority => {
                    self.wait_for_level(ticket, &chain, chain.level, self.now).await?;
                }
                Chain::Continue => self.continue_chain(ticket, &chain).await?,
                Chain::Restart => self.wait_for_level(ticket, &chain, 0, self.now).await?,
            }
        }
        self.rest_chain(ticket).await
    }

    /// While a request is not open its chain stands still, and goes on when it is open again: a level never fires for the
    /// time that passed meanwhile.
    async fn rest_chain(&mut self, ticket: &TicketId) -> Result<()> {
        let Some(chain) = self.chain(ticket).await? else { return Ok(()) };
        let open = chain.state == State::Open.as_str();
        let now = self.now;
        let (at, left, rests) = match (open, chain.escalate_at, chain.chain_rests_at) {
            (false, Some(at), _) => (None, Some(self.counted(&chain).await?.between(now, at)), Some(now)),
            (true, None, Some(_)) => {
                let left = chain.escalate_left.unwrap_or_default();
                (self.counted(&chain).await?.add(now, left), None, None)
            }
            (true, Some(at), Some(_)) => (Some(at), None, None),
            _ => return Ok(()),
        };
        self.set_chain(ticket, chain.level, at, left).await?;
        sqlx::query("update ticket set chain_rests_at = $2 where id = $1")
            .bind(ticket.clone())
            .bind(rests)
            .execute(self.sql())
            .await?;
        Ok(())
    }

    async fn chain(&mut self, ticket: &TicketId) -> Result<Option<ChainRow>> {
        Ok(sqlx::query_as(
            "select t.state, case when t.owner_id is not null and t.read = 'read' then 1 else 0 end as seen, t.priority_id, t.escalation_level as level, t.escalate_at, t.escalate_left, t.chain_rests_at, p.calendar_id,
                    p.calendar_escalation_at as in_calendar, p.on_new, p.on_read, p.on_transfer, p.on_news, p.on_closed,
                    p.on_priority
             from ticket t join priority p on p.id = t.priority_id where t.id = $1",
        )
        .bind(ticket.clone())
        .fetch_optional(self.sql())
        .await?)
    }

    /// ESC-2: outside the hours the chain stands still where the priority says so.
    async fn counted(&mut self, chain: &ChainRow) -> Result<Counted> {
        let calendar = match chain.in_calendar {
            Some(_) => self.calendar(chain.calendar_id.as_deref()).await?,
            None => None,
        };
        Ok(Counted(calendar))
    }

    /// ESC-6: what was left is kept.
    async fn stop_chain(&mut self, ticket: &TicketId, chain: &ChainRow) -> Result<()> {
        let left = match chain.escalate_at {
            Some(at) => Some(self.counted(chain).await?.between(self.now, at)),
            None => chain.escalate_left,
        };
        self.set_chain(ticket, chain.level, None, left).await
    }

    async fn continue_chain(&mut self, ticket: &TicketId, chain: &ChainRow) -> Result<()> {
        let Some(left) = chain.escalate_left else { return Ok(()) };
        let at = self.counted(chain).await?.add(self.now, left);
        self.set_chain(ticket, chain.level, at, None).await
    }

    /// After so many levels have fired the next one is waited for from this instant. ESC-4: after the last, nothing is.
    async fn wait_for_level(&mut self, ticket: &TicketId, chain: &ChainRow, fired: i64, from: i64) -> Result<()> {
        let after: Option<i64> =
            sqlx::query_scalar("select after_minutes from escalation_level where priority_id = $1 and position = $2")
                .bind(chain.priority_id.clone())
                .bind(fired)
                .fetch_optional(self.sql())
                .await?;
        let at = match after {
            Some(minutes) => self.counted(chain).await?.add(from, minutes * MINUTE),
            None => None,
        };
        self.set_chain(ticket, fired, at, None).await
    }

    async fn set_chain(&mut self, ticket: &TicketId, level: i64, at: Option<i64>, left: Option<i64>) -> Result<()> {
        sqlx::query(
            "update ticket set escalation_level = $2, escalate_at = $3, escalate_left = $4, chain_rests_at = null where id = $1",
        )
            .bind(ticket.clone())
            .bind(level)
            .bind(at)
            .bind(left)
            .execute(self.sql())
            .await?;
        Ok(())
    }

    /// Fires the level that is due, if it still is; one that was waited for while the house was down fires once, and the
    /// next one waits for its own time.
    pub(crate) async fn fire(&mut self, ticket: &TicketId) -> Result<()> {
        let Some(chain) = self.chain(ticket).await? else { return Ok(()) };
        if chain.escalate_at.is_none_or(|at| at > self.now) {
            return Ok(());
        }
        let level: Option<Fired> = sqlx::query_as(
            "select reassign_to, tell, template, note, account_id from escalation_level
             where priority_id = $1 and position = $2",
        )
        .bind(chain.priority_id.clone())
        .bind(chain.level)
        .fetch_optional(self.sql())
        .await?;
        let fired = chain.level + 1;
        // From now, not from when it was due: after a pause of the process each level still has its own distance.
        self.wait_for_level(ticket, &chain, fired, self.now).await?;
        // Levels were taken away since.
        let Some(Fired { reassign_to: to, tell, template, note, account_id }) = level else { return Ok(()) };
        let number = fired.to_string();
        let fact = Fact { ticket: Some(ticket), new: Some(&number), ..Fact::default() };
        self.record(&Actor::System, Cause::Clock, EventKind::Escalated, fact).await?;
        let owner: Option<Option<String>> = sqlx::query_scalar("select owner_id from ticket where id = $1")
            .bind(ticket.clone())
            .fetch_optional(self.sql())
            .await?;
        if let Some(to) = to.filter(|to| owner.flatten().as_ref() != Some(to)) {
            let to = AgentId(to);
            if self.works_here(&to).await.is_ok() {
                let decision = self.naming(ticket, &to, &number).await?;
                self.give(&Actor::System, Cause::Clock, ticket, &to, EventKind::Distributed, Some(&decision)).await?;
            }
        }
        for who in tell.lines() {
            if Recipient::of(who) == Ok(Recipient::Contact) {
                self.queue_form_letter(&Actor::System, Cause::Clock, ticket, &template).await?;
                continue;
            }
            let told = Told {
                ticket: ticket.clone(),
                level: fired,
                to: who.to_owned(),
                note: note.clone(),
                account: account_id.clone(),
            };
            self.enqueue(Kind::MailEscalation, &serde_json::to_string(&told)?).await?;
        }
        Ok(())
    }
}

impl Desk {
    /// What a level tells the owner, the category's administrator, an address or a number. ESC-8.
    pub(crate) async fn mail_escalation(&self, job: &Job) -> Result<Outcome> {
        let told: Told = serde_json::from_str(&job.subject)?;
        let facts = self.facts(&Actor::System, &told.ticket).await?;
        let agent = match Recipient::of(&told.to) {
            Ok(Recipient::Owner) => facts.owner_id.clone(),
            Ok(Recipient::Administrator) => self.administrator_of(&CategoryId(facts.category_id.clone())).await?,
            Ok(Recipient::Address(address)) => {
                let party = Party { address, name: String::new() };
                return self.tell_by_mail(job, &told, &facts, party, Language::default()).await;
            }
            Ok(Recipient::Number(number)) => return self.tell_by_text(job, &told, &facts, &number).await,
            Ok(Recipient::Contact) | Err(_) => None,
        };
        // Nobody has it, or there is no administrator: then there is nobody to write to.
        let Some(agent) = agent else { return Ok(Outcome::Done) };
        let agent = self.agent(&agent).await?;
        let language = Language::from_tag(&agent.language).unwrap_or_default();
        self.tell_by_mail(job, &told, &facts, Party { address: agent.email, name: agent.name }, language).await
    }

    async fn administrator_of(&self, category: &CategoryId) -> Result<Option<AgentId>> {
        let admin: Option<Option<String>> = sqlx::query_scalar("select admin_agent_id from category where id = $1")
            .bind(category.clone())
            .fetch_optional(self.read())
            .await?;
        Ok(admin.flatten().map(AgentId))
    }

    async fn tell_by_mail(
        &self,
        job: &Job,
        told: &Told,
        facts: &TicketFacts,
        to: Party,
        language: Language,
    ) -> Result<Outcome> {
        let rendered = self.render(&self.escalation_sheet(told, facts, language).await?).await?;
        let organisation = self.organisation().await?;
        let mut write = self.write().await?;
        // Another worker may have had it in hand, after a lease that ended.
        if finish(&mut write, job).await? {
            write.queue_notice(self, &organisation, to, rendered, language).await?;
            self.commit(write).await?;
        }
        Ok(Outcome::Done)
    }

    /// The text of the note, or else the subject and the address of the page: a telephone shows no more at once.
    async fn tell_by_text(&self, job: &Job, told: &Told, facts: &TicketFacts, number: &str) -> Result<Outcome> {
        let language = Language::default();
        let sheet = self.escalation_sheet(told, facts, language).await?;
        let rendered = self.render(&sheet).await?;
        let text = match sheet.template == told.note {
            true => rendered.text.trim().to_owned(),
            false => {
                let subject = rendered.subject.unwrap_or_else(|| facts.title.clone());
                format!("{subject}\n{}", sheet.ticket_url)
            }
        };
        let organisation = self.organisation().await?;
        let mut write = self.write().await?;
        if finish(&mut write, job).await? {
            let account = AccountId(told.account.clone());
            write.queue_text(&organisation, &account, number, text, language).await?;
            self.commit(write).await?;
        }
        Ok(Outcome::Done)
    }

    /// For colleagues: their own page, never the customer's private link. Saker's own note where the chosen template was
    /// taken away since.
    async fn escalation_sheet(&self, told: &Told, facts: &TicketFacts, language: Language) -> Result<Sheet> {
        let note = match told.note.as_str() {
            "" => None,
            name => self.template(language, name).await?,
        };
        let mut more = vec![("level".to_owned(), told.level.to_string())];
        if let Some(note) = &note {
            more.extend(unasked(note)?);
        }
        Ok(Sheet {
            language,
            quote: None,
            ticket_url: format!("{}/desk/request/{}", self.public_url(), facts.number),
            more,
            ..self.sheet(note.as_ref().map_or("escalated", |note| &note.name), facts).await?
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::House;

    /// Two workers have the same mail in hand, because a lease ended while the first was rendering: it goes once. ESC-8
    #[tokio::test(flavor = "multi_thread")]
    async fn a_mail_that_two_workers_made_goes_once() {
        let house = House::open().await;
        let (ticket, _) = house.request("Kari", Access::External).await;
        house.rest().await;
        let told = Told {
            ticket,
            level: 1,
            to: "vakt@company.example".to_owned(),
            note: String::new(),
            account: String::new(),
        };
        let subject = serde_json::to_string(&told).unwrap();
        let mut write = house.desk.write().await.unwrap();
        // Far ahead, so that no worker of the house takes it.
        write.enqueue_at(Kind::MailEscalation, &subject, i64::MAX).await.unwrap();
        let id = sqlx::query_scalar("select id from job where kind = 'mail-escalation'")
            .fetch_one(write.sql())
            .await
            .unwrap();
        write.commit().await.unwrap();
        let kind = Kind::MailEscalation.as_str().to_owned();
        let job = Job { id, kind, subject, attempts: 0, lane: String::new() };
        for _ in 0..2 {
            assert!(matches!(house.desk.mail_escalation(&job).await, Ok(Outcome::Done)));
        }
        let mails: i64 = sqlx::query_scalar("select count(*) from delivery where recipient = 'vakt@company.example'")
            .fetch_one(house.desk.read())
            .await
            .unwrap();
        assert_eq!(mails, 1);
    }
}
