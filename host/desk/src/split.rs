//! One request becomes two; one message becomes two; a message moves. Sections 9.1 and 9.2.

use crate::{
    Desk, Error, Result, Why,
    access::{TicketFacts, staff},
    db::{Fact, Write, word},
    message::{LONGEST_TEXT, NewMessage, written},
    model::*,
    opening::Opening,
    person::shorten,
};

impl Desk {
    /// Chosen messages go to a new request with the same contacts; the two are related. SPL-1.
    ///
    /// # Errors
    /// SPL-2: at least one message stays.
    pub async fn split(&self, actor: &Actor, id: &TicketId, new: SplitOff, messages: &[MessageId]) -> Result<Opened> {
        staff(actor)?;
        let title = written("title", &new.title, 255)?;
        if messages.is_empty() {
            return Err(Error::invalid("messages", Why::Missing));
        }
        let mut write = self.write().await?;
        let facts = write.editable(actor, id).await?;
        write.may_leave_bin(actor, &facts).await?;
        for message in messages {
            write.message_on(id, message).await?;
        }
        let all: i64 =
            sqlx::query_scalar("select count(*) from message where ticket_id = $1 and taken_back_at is null")
                .bind(id.clone())
                .fetch_one(write.sql())
                .await?;
        if messages.len() as i64 >= all {
            return Err(Error::invalid("messages", Why::Needed));
        }
        let split = write.split_off(actor, &facts, &new, title).await?;
        for message in messages {
            write.move_message(message, id, &split).await?;
        }
        write.settle_split(actor, &facts, &split, &new).await?;
        self.commit(write).await?;
        self.opened(&split, facts.person_id.as_ref()).await
    }

    /// Part of one message, and some of its files, become a new request. SPL-3. What it said before is kept in its history.
    pub async fn split_message(
        &self,
        actor: &Actor,
        message: &MessageId,
        divided: Divided,
        new: SplitOff,
    ) -> Result<Opened> {
        staff(actor)?;
        let title = written("title", &new.title, 255)?;
        let stays = written("stays", &divided.stays, LONGEST_TEXT)?;
        let goes = written("goes", &divided.goes, LONGEST_TEXT)?;
        let mut write = self.write().await?;
        let id = write.ticket_of(message).await?;
        let facts = write.editable(actor, &id).await?;
        write.may_leave_bin(actor, &facts).await?;
        let split = write.split_off(actor, &facts, &new, title).await?;
        write.divide(actor, message, &split, stays, goes).await?;
        let half: MessageId = sqlx::query_scalar("select id from message where ticket_id = $1")
            .bind(split.clone())
            .fetch_one(write.sql())
            .await?;
        for file in &divided.files {
            let moved = sqlx::query("update attachment set message_id = $2 where id = $1 and message_id = $3")
                .bind(file.clone())
                .bind(half.clone())
                .bind(message.clone())
                .execute(write.sql())
                .await?;
            if moved.rows_affected() == 0 {
                return Err(Error::invalid("files", Why::NotAChoice));
            }
        }
        write.settle_split(actor, &facts, &split, &new).await?;
        self.commit(write).await?;
        self.opened(&split, facts.person_id.as_ref()).await
    }

    /// One message to another request, with its files and what became of its mail.
    pub async fn move_message(&self, actor: &Actor, message: &MessageId, to: &TicketId) -> Result<()> {
        staff(actor)?;
        let mut write = self.write().await?;
        let from = write.ticket_of(message).await?;
        let facts = write.editable(actor, &from).await?;
        write.may_leave_bin(actor, &facts).await?;
        let target = write.editable(actor, to).await?;
        if from == *to {
            return Ok(());
        }
        if matches!(word(&target.state)?, State::Linked | State::Deleted) {
            return Err(Error::invalid("to", Why::NotAChoice));
        }
        let left: i64 =
            sqlx::query_scalar("select count(*) from message where ticket_id = $1 and taken_back_at is null")
                .bind(from.clone())
                .fetch_one(write.sql())
                .await?;
        if left <= 1 {
            return Err(Error::invalid("message", Why::Needed));
        }
        write.move_message(message, &from, to).await?;
        for id in [&from, to] {
            write.recount(id).await?;
        }
        let (old, new) = (write.number_of(&from).await?, write.number_of(to).await?);
        for ticket in [&from, to] {
            let fact = Fact { ticket: Some(ticket), old: Some(&old), new: Some(&new), ..Fact::default() };
            write.record(actor, Cause::Person, EventKind::MessageMoved, fact).await?;
        }
        self.commit(write).await
    }
}

impl Desk {
    /// How many messages a request says it has, and which are there: the two must always agree.
    pub async fn message_count(&self, actor: &Actor, id: &TicketId) -> Result<(i64, Vec<MessageId>)> {
        let facts = self.facts(actor, id).await?;
        let sum: i64 = sqlx::query_scalar("select messages from ticket where id = $1")
            .bind(facts.id.clone())
            .fetch_one(self.read())
            .await?;
        let there = sqlx::query_scalar(
            "select id from message where ticket_id = $1 and taken_back_at is null order by created_at, id",
        )
        .bind(facts.id)
        .fetch_all(self.read())
        .await?;
        Ok((sum, there))
    }
}

impl Write {
    pub(crate) async fn ticket_of(&mut self, message: &MessageId) -> Result<TicketId> {
        let ticket: Option<TicketId> =
            sqlx::query_scalar("select ticket_id from message where id = $1 and taken_back_at is null")
                .bind(message.clone())
                .fetch_optional(self.sql())
                .await?;
        ticket.ok_or(Error::NotFound)
    }

    async fn message_on(&mut self, id: &TicketId, message: &MessageId) -> Result<()> {
        if self.ticket_of(message).await? == *id { Ok(()) } else { Err(Error::invalid("messages", Why::NotAChoice)) }
    }

    /// The new request, with the contacts of the old one.
    async fn split_off(
        &mut self,
        actor: &Actor,
        from: &TicketFacts,
        new: &SplitOff,
        title: String,
    ) -> Result<TicketId> {
        let (origin, sender): (String, String) = sqlx::query_as("select origin, sender from ticket where id = $1")
            .bind(from.id.clone())
            .fetch_one(self.sql())
            .await?;
        let opening = Opening {
            title: shorten(&title, 255),
            origin: word(&origin)?,
            access: match new.access {
                Some(access) => access,
                None => word(&from.access)?,
            },
            account: AccountId(from.account_id.clone()),
            category: new.category.clone().unwrap_or_else(|| CategoryId(from.category_id.clone())),
            priority: match &new.priority {
                Some(priority) => Some(priority.clone()),
                // As the old one has it, where it still can be chosen.
                None => self.fitting_priority_of(from).await?,
            },
            kind: self.type_of(&from.id).await?,
            status: None,
            person: from.person_id.clone(),
            sender,
            owner: None,
        };
        let split = self.open(actor, Cause::Person, opening).await?;
        for person in self.who_takes_part(&from.id).await? {
            self.take_part(&split, &person, None).await?;
        }
        Ok(split)
    }

    async fn move_message(&mut self, message: &MessageId, from: &TicketId, to: &TicketId) -> Result<()> {
        for sql in [
            "update message set ticket_id = $3, moved_from = coalesce(moved_from, $2), merged_from = null where id = $1 and ticket_id = $2",
            "update delivery set ticket_id = $3 where message_id = $1 and ticket_id = $2",
            "update received set ticket_id = $3 where message_id = $1 and ticket_id = $2",
        ] {
            sqlx::query(sql).bind(message.clone()).bind(from.clone()).bind(to.clone()).execute(self.sql()).await?;
        }
        Ok(())
    }

    /// Both halves are whole messages; the text as it was stands in the history of the first.
    async fn divide(
        &mut self,
        actor: &Actor,
        message: &MessageId,
        to: &TicketId,
        stays: String,
        goes: String,
    ) -> Result<()> {
        let (kind, access, agent, person, name, email, reply_to, unproven): (
            String,
            String,
            Option<String>,
            Option<String>,
            String,
            String,
            String,
            i64,
        ) = sqlx::query_as(
            "select kind, access, agent_id, person_id, author_name, author_email, reply_to, unproven from message
             where id = $1",
        )
        .bind(message.clone())
        .fetch_one(self.sql())
        .await?;
        self.reword(actor, message, "split", stays, None).await?;
        let half = NewMessage {
            kind: Some(word(&kind)?),
            internal: access == Access::Internal.as_str(),
            agent: agent.map(AgentId),
            person: person.map(PersonId),
            author_name: name,
            author_email: email,
            unproven: unproven == 1,
            reply_to,
            text: goes,
            ..NewMessage::default()
        };
        self.add_message(to, half).await?;
        Ok(())
    }

    /// Sums, relation, log and owner, once the messages are where they belong.
    async fn settle_split(
        &mut self,
        actor: &Actor,
        from: &TicketFacts,
        split: &TicketId,
        new: &SplitOff,
    ) -> Result<()> {
        for id in [&from.id, split] {
            self.recount(id).await?;
        }
        self.relate(actor, Cause::Person, &from.id, split, RelationKind::Related, "").await?;
        let (old, number) = (self.number_of(&from.id).await?, self.number_of(split).await?);
        let fact = Fact { ticket: Some(&from.id), new: Some(&number), ..Fact::default() };
        self.record(actor, Cause::Person, EventKind::Split, fact).await?;
        let fact = Fact { ticket: Some(split), old: Some(&old), ..Fact::default() };
        self.record(actor, Cause::Person, EventKind::SplitOff, fact).await?;
        match &new.owner {
            Some(owner) => {
                self.works_here(owner).await?;
                self.give(actor, Cause::Person, split, owner, EventKind::Transferred, None).await?;
            }
            None => {
                let facts = self.facts(&Actor::System, split).await?;
                self.distribute(actor, Cause::Person, &facts, None).await?;
            }
        }
        match &new.status {
            Some(status) => self.set_status_until(actor, split, status, new.until).await,
            None => Ok(()),
        }
    }
}
