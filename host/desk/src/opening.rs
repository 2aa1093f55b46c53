//! How a request comes into being: one way for all doors, and one verb for whoever registers it by hand. Section 3.

use crate::{
    Desk, Error, Result, Why,
    access::staff,
    db::{Fact, Write},
    house::house_rules,
    intake::Account,
    job::Kind,
    message::{LONGEST_TEXT, NewMessage, Time, written},
    model::*,
    outside::InboundFile,
    phone::{Checked, check},
    status::wake_at,
};

/// Most contacts, tags or relations that a request begins with.
const MOST: usize = 100;

/// What it takes to open one, from whatever side.
pub(crate) struct Opening {
    pub title: String,
    pub origin: Origin,
    pub access: Access,
    pub account: AccountId,
    pub category: CategoryId,
    /// By the type, else automatic, where nobody chose. TYP-1, PRI-2.
    pub priority: Option<PriorityId>,
    /// By the door, else the default one, where nobody chose.
    pub kind: Option<RequestTypeId>,
    /// Its maker's preference. CRE-8.
    pub status: Option<StatusId>,
    pub person: Option<PersonId>,
    /// Who wrote, as shown where no person is known.
    pub sender: String,
    pub owner: Option<AgentId>,
}

/// Who decided what a new request began with, as far as it was decided in one write.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Grounds {
    pub category: Option<Source>,
    pub kind: Option<Source>,
    pub status: Option<Source>,
    pub priority: Option<Source>,
    /// Of a contact who was not known before.
    pub language: Option<Source>,
}

impl Write {
    /// PRI-2, where nobody said one: by what decides, or where its type allows no such priority by the type.
    pub(crate) async fn priority_by_itself(
        &mut self,
        kind: Option<&RequestTypeId>,
        person: Option<&PersonId>,
        account: &AccountId,
    ) -> Result<Decided<PriorityId>> {
        let first = self.first_priority(kind, person, account).await?;
        let value = self.fitting_priority(kind, &first.value).await?;
        let from = if value == first.value { first.from } else { Source::Type };
        Ok(Decided { value, from })
    }

    /// Opens a request in the first status of its type, category or maker. Section 6.2, first row; CRE-8.
    ///
    /// # Errors
    /// [`Why::NotAChoice`] for a category, type or priority that is not there any more.
    pub(crate) async fn open(&mut self, actor: &Actor, cause: Cause, new: Opening) -> Result<TicketId> {
        self.category_there(&new.category).await?;
        let Decided { value: kind, from: kind_from } = self.type_for_new(new.kind, &new.account).await?;
        let Decided { value: status, from: status_from } =
            self.first_status(kind.as_ref(), &new.category, new.status).await?;
        let Decided { value: priority, from: priority_from } = match new.priority {
            Some(priority) => Decided { value: self.priority_said(kind.as_ref(), priority).await?, from: Source::Said },
            None => self.priority_by_itself(kind.as_ref(), new.person.as_ref(), &new.account).await?,
        };
        self.grounds.kind = Some(kind_from);
        self.grounds.status = Some(status_from);
        self.grounds.priority = Some(priority_from);
        let id = TicketId::new();
        let number = self.next_ticket_number().await?;
        if actor.agent().is_some() {
            self.remember_new(&id);
        }
        let (now, read) = (self.now, if new.owner.is_some() { ReadState::Read } else { ReadState::Unread });
        let first_read = new.owner.is_some().then_some(now);
        // CRM-1: the company is the main contact's.
        sqlx::query(
            "insert into ticket (id, number, title, state, access, origin, read, owner_id, category_id,
                                 first_category_id, priority_id, first_priority_id, account_id, person_id, sender, preview, messages, files,
                                 created_at, changed_at, first_read_at, status_id, type_id, company_id)
             values ($1, $2, $3, 'open', $4, $5, $6, $7, $8, $8, $9, $9, $10, $11, $12, '', 0, 0, $13, $13, $14, $15, $16,
                     (select company_id from person where id = $11))",
        )
        .bind(id.clone())
        .bind(number)
        .bind(new.title)
        .bind(new.access.as_str())
        .bind(new.origin.as_str())
        .bind(read.as_str())
        .bind(new.owner)
        .bind(new.category)
        .bind(priority)
        .bind(new.account)
        .bind(new.person.clone())
        .bind(new.sender)
        .bind(now)
        .bind(first_read)
        .bind(status)
        .bind(kind)
        .execute(self.sql())
        .await?;
        if let Some(person) = new.person {
            self.add_ticket_contact(&id, &person).await?;
        }
        let fact = Fact { ticket: Some(&id), new: Some(new.origin.as_str()), ..Fact::default() };
        self.record(actor, cause, EventKind::TicketOpened, fact).await?;
        // A contact made on the way does not name the step.
        if let Some(first) = self.first.as_mut().filter(|first| first.kind == EventKind::PersonAdded) {
            first.kind = EventKind::TicketOpened;
        }
        Ok(id)
    }

    pub(crate) async fn add_ticket_contact(&mut self, ticket: &TicketId, person: &PersonId) -> Result<()> {
        sqlx::query(
            "insert into ticket_contact (ticket_id, person_id, position)
             values ($1, $2, (select count(*) from ticket_contact where ticket_id = $1))
             on conflict (ticket_id, person_id) do nothing",
        )
        .bind(ticket.clone())
        .bind(person.clone())
        .execute(self.sql())
        .await?;
        Ok(())
    }
}

impl Desk {
    /// Opens a request with everything that it is made of, in one step: what pages, calls and the phone share. Nothing is
    /// mailed unless `confirm` says so or a letter goes along (CRE-3).
    ///
    /// The letter follows in a step of its own, so that calling it back leaves the request: it needs the request's number,
    /// and no guest renders it while others wait for the pen.
    ///
    /// # Errors
    /// `Invalid` with the name of what can't be taken; nothing is made then. The same key again is the same answer, and
    /// sends a letter that did not get so far.
    pub async fn open_ticket(&self, actor: &Actor, mut new: NewTicket) -> Result<Opened> {
        staff(actor)?;
        new.access = match (new.access, &new.letter) {
            (Some(said), _) => Some(said),
            (None, Some(_)) => Some(Access::External),
            (None, None) => Some(house_rules(&mut *self.read().acquire().await?).await?.access),
        };
        let Some(letter) = self.first_letter(&mut new).await? else { return self.open_alone(actor, new, None).await };
        let opened = self.open_alone(actor, new, Some(&letter)).await?;
        let message = self.reply(actor, &opened.id, letter).await?;
        Ok(Opened { message: Some(message), ..opened })
    }

    async fn open_alone(&self, actor: &Actor, mut new: NewTicket, letter: Option<&Draft>) -> Result<Opened> {
        let me = staff(actor)?;
        if new.owner == NewOwner::Preferred {
            new.owner = self.preferences_of(me).await?.owner.into();
        }
        let title = written("title", &new.title, 255)?;
        let caller = new.check()?;
        let files = self.uploads(&new.files)?;
        if !files.is_empty() {
            self.blobs().flush().await?;
        }
        let mut write = self.write().await?;
        let account = write.account_of_kind("phone").await?;
        if !new.key.is_empty() && !write.first_time(&account.id, &new.key).await? {
            drop(write);
            return self.opened_before(&account.id, &new.key).await;
        }
        let person = match (&new.person, caller) {
            (Some(id), _) => Some(write.person_now(id).await?),
            (None, Some(caller)) => Some(write.caller(actor, &caller).await?),
            (None, None) => match new.contacts.first() {
                Some(first) => Some(write.person_now(first).await?),
                None => write.first_known(letter).await?,
            },
        };
        let id = write.open_by_hand(actor, &account, title, person.as_ref(), &new).await?;
        write.furnish(actor, &id, &new).await?;
        if let Some(letter) = letter {
            write.letter_fits(&id, letter).await?;
        }
        let message = match letter {
            Some(_) if new.text.trim().is_empty() => None,
            _ => Some(write.first_message(actor, &id, person.as_ref(), &new, files).await?),
        };
        write.give_new(actor, &id, &new.owner).await?;
        write.start_in(actor, &id, &new).await?;
        if new.confirm && person.is_some() && new.is_external() {
            write.enqueue(Kind::Confirm, id.as_str()).await?;
        }
        if let Some(call) = &new.call {
            write.call_became(call, &id, true).await?;
        }
        if !new.key.is_empty() {
            write.note_received(&account.id, &new.key, &id, message.as_ref()).await?;
        }
        self.commit(write).await?;
        self.opened(&id, person.as_ref()).await
    }

    pub(crate) async fn opened(&self, id: &TicketId, person: Option<&PersonId>) -> Result<Opened> {
        let number: i64 = sqlx::query_scalar("select number from ticket where id = $1")
            .bind(id.clone())
            .fetch_one(self.read())
            .await?;
        let link = person.map(|person| self.link(number, id, person)).unwrap_or_default();
        Ok(Opened { id: id.clone(), number, link, message: None })
    }

    /// The same form again: the same answer.
    pub(crate) async fn opened_before(&self, account: &AccountId, key: &str) -> Result<Opened> {
        let (id, person): (String, Option<String>) = sqlx::query_as(
            "select t.id, t.person_id from received r join ticket t on t.id = r.ticket_id
             where r.account_id = $1 and r.external_id = $2",
        )
        .bind(account.clone())
        .bind(key.to_owned())
        .fetch_optional(self.read())
        .await?
        .ok_or(Error::NotFound)?;
        self.opened(&TicketId(id), person.map(PersonId).as_ref()).await
    }
}

impl From<FirstOwner> for NewOwner {
    fn from(preferred: FirstOwner) -> Self {
        match preferred {
            FirstOwner::Automatic => NewOwner::Automatic,
            FirstOwner::Unassigned => NewOwner::Nobody,
            FirstOwner::Myself => NewOwner::Me,
        }
    }
}

impl NewTicket {
    fn is_external(&self) -> bool {
        self.access != Some(Access::Internal)
    }

    /// What can be seen without asking anybody.
    fn check(&self) -> Result<Option<Checked>> {
        if self.text.chars().count() > LONGEST_TEXT {
            return Err(Error::invalid("text", Why::TooLong { most: LONGEST_TEXT as u32 }));
        }
        for (name, count) in
            [("contacts", self.contacts.len()), ("tags", self.tags.len()), ("relations", self.relations.len())]
        {
            if count > MOST {
                return Err(Error::invalid(name, Why::TooMany { most: MOST as u32 }));
            }
        }
        match &self.new_person {
            Some(person) if self.person.is_none() => check(person).map(Some),
            _ => Ok(None),
        }
    }
}

impl Write {
    async fn open_by_hand(
        &mut self,
        actor: &Actor,
        account: &Account,
        title: String,
        person: Option<&PersonId>,
        new: &NewTicket,
    ) -> Result<TicketId> {
        let sender = match person {
            Some(person) => self.name_of(person).await?,
            None => actor.name().to_owned(),
        };
        let me = staff(actor)?;
        let preferences = self.preferences_of(me).await?;
        let category = self.first_category(new.category.as_ref(), &preferences, me, account).await?;
        let opening = Opening {
            title,
            origin: new.origin,
            access: if new.is_external() { Access::External } else { Access::Internal },
            account: account.id.clone(),
            category,
            priority: new.priority.clone(),
            kind: new.kind.clone(),
            // CRE-8
            status: preferences.new_status,
            person: person.cloned(),
            sender,
            owner: (new.owner == NewOwner::Me).then(|| me.clone()),
        };
        self.open(actor, Cause::Person, opening).await
    }

    /// CRE-9: the category that its maker chose, else the last one where they prefer so, else the preferred one, else the
    /// telephone's.
    async fn first_category(
        &mut self,
        said: Option<&CategoryId>,
        preferences: &Preferences,
        me: &AgentId,
        account: &Account,
    ) -> Result<CategoryId> {
        if let Some(category) = said {
            self.category_there(category).await?;
            return Ok(category.clone());
        }
        let last: Option<CategoryId> = match preferences.last_category {
            true => {
                sqlx::query_scalar(
                    "select c.id from event e join ticket t on t.id = e.ticket_id
                     join category c on c.id = t.first_category_id and c.deleted_at is null
                     where e.actor_id = $1 and e.kind = 'ticket-opened' order by e.number desc limit 1",
                )
                .bind(me.clone())
                .fetch_optional(self.sql())
                .await?
            }
            false => None,
        };
        Ok(last.or_else(|| preferences.category.clone()).unwrap_or_else(|| account.category_id.clone()))
    }

    /// What belongs to it beside its first message.
    async fn furnish(&mut self, actor: &Actor, id: &TicketId, new: &NewTicket) -> Result<()> {
        for person in &new.contacts {
            let person = self.person_now(person).await?;
            self.name_of(&person).await?;
            self.add_ticket_contact(id, &person).await?;
        }
        for tag in &new.tags {
            self.add_tag(actor, Cause::Person, id, tag).await?;
        }
        self.first_fields(id, &new.fields).await?;
        self.fields_are_filled(id, false).await?;
        self.set_sale(actor, Cause::Person, id, new.sale.as_ref()).await?;
        self.set_project(actor, Cause::Person, id, new.project.as_ref()).await?;
        for relation in &new.relations {
            self.facts(actor, &relation.ticket).await?;
            self.relate(actor, Cause::Person, id, &relation.ticket, relation.kind, &relation.comment).await?;
        }
        self.needs_parent(id).await
    }

    /// What the contact said, or where nothing was written the title. By its maker where there is no contact.
    async fn first_message(
        &mut self,
        actor: &Actor,
        id: &TicketId,
        person: Option<&PersonId>,
        new: &NewTicket,
        files: Vec<InboundFile>,
    ) -> Result<MessageId> {
        let text = if new.text.trim().is_empty() { new.title.trim() } else { new.text.trim() };
        let author_name = match person {
            Some(person) => self.name_of(person).await?,
            None => actor.name().to_owned(),
        };
        let message = NewMessage {
            kind: Some(MessageKind::Enquiry),
            internal: !new.is_external(),
            person: person.cloned(),
            author_name,
            text: text.to_owned(),
            files,
            time: Time::of(new.seconds, new.charge)?,
            ..NewMessage::default()
        };
        self.add_message(id, message).await
    }

    async fn give_new(&mut self, actor: &Actor, id: &TicketId, owner: &NewOwner) -> Result<()> {
        match owner {
            // It was theirs from the beginning, or stays nobody's.
            NewOwner::Me | NewOwner::Nobody | NewOwner::Preferred => Ok(()),
            NewOwner::Automatic => {
                let facts = self.facts(&Actor::System, id).await?;
                self.distribute(actor, Cause::Person, &facts, None).await.map(|_| ())
            }
            NewOwner::Agent(to) => {
                self.works_here(to).await?;
                self.give(actor, Cause::Person, id, to, EventKind::Transferred, None).await
            }
        }
    }

    /// Into the status that its maker chose; one that puts it off needs a time.
    async fn start_in(&mut self, actor: &Actor, id: &TicketId, new: &NewTicket) -> Result<()> {
        let Some(status) = &new.status else { return Ok(()) };
        if self.state_of(status).await? != State::Postponed {
            return self.set_status(actor, Cause::Person, id, status).await;
        }
        let until = new.until.ok_or_else(|| Error::invalid("until", Why::Missing))?;
        if !self.type_allows_status(id, status).await? {
            return Err(Error::invalid("status", Why::NotAChoice));
        }
        let at = wake_at(until, self.now)?;
        self.postpone(actor, Cause::Person, id, status, at).await
    }
}
