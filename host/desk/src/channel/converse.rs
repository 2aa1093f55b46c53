//! What is said on a channel becomes requests and messages: once each, and where the conversation goes on.

use super::{Heard, Line, News, Reached, Said};
use crate::{
    Desk, Result,
    db::{Fact, Write},
    intake::{Account, Enquiry},
    job::Kind,
    merge::with_swallowed,
    model::*,
    outside::{Inbound, Party},
    person::{address, likely_language, phone, shorten},
    thread::Place,
};

/// Letters of a conversation's name and of what the plugin wants to have back.
const LONGEST_NAME: usize = 500;
const LONGEST_TOKEN: usize = 1_024;

/// What was sent by account `$1` that news of `$2` are about. A plugin that calls a message as we do may tell that it arrived
/// (`$3` is 1) before its answer has told us so; that it did not, only of what has left.
macro_rules! about {
    ($columns:literal) => {
        concat!(
            "select ",
            $columns,
            " from delivery where account_id = $1
                and (external_id = $2 or $3 = 1 and id = $2 and state in ('queued', 'sending', 'uncertain'))"
        )
    };
}

impl Desk {
    /// Takes everything in that one call brought, in one write; with `cursor`, up to where a look got. How many messages
    /// there were that were not known; none where it is to come again, since it tells of something that is just being sent.
    pub(super) async fn take_in_heard(&self, line: &Line, heard: Heard, cursor: Option<&str>) -> Result<Option<usize>> {
        if heard.said.is_empty() && heard.news.is_empty() && cursor.is_none() {
            self.note_check(&line.account, None).await?;
            return Ok(Some(0));
        }
        if self.is_early(&line.account, &heard.news).await? {
            return Ok(None);
        }
        self.blobs().flush().await?;
        let mut callers = Vec::with_capacity(heard.said.len());
        for said in &heard.said {
            callers.push(match &said.turn {
                Some(_) => self.only_caller(&said.address).await?,
                None => None,
            });
        }
        let mut write = self.write().await?;
        let account = write.account(&line.account).await?;
        let mut new = 0;
        for (said, caller) in heard.said.iter().zip(&callers) {
            new += usize::from(write.take_in_said(&account, said, caller.as_ref()).await?);
        }
        for news in &heard.news {
            write.take_in_news(line, news).await?;
        }
        if new > 0 {
            let now = write.now;
            sqlx::query("update channel set heard_at = $2 where account_id = $1")
                .bind(line.account.clone())
                .bind(now)
                .execute(write.sql())
                .await?;
        }
        write.went_well(&line.account).await?;
        if let Some(cursor) = cursor {
            sqlx::query("update account set cursor = $2 where id = $1")
                .bind(line.account.clone())
                .bind(cursor.to_owned())
                .execute(write.sql())
                .await?;
        }
        self.commit(write).await?;
        Ok(Some(new))
    }

    /// Whether there are news of a message that nobody knows yet, while one is with the remote: it may tell what became of a
    /// message sooner than its plugin tells the message's name.
    async fn is_early(&self, account: &AccountId, news: &[News]) -> Result<bool> {
        if news.is_empty() {
            return Ok(false);
        }
        let sending: Option<i64> = sqlx::query_scalar(
            "select 1 from delivery d join job j on j.kind = 'deliver' and j.subject = d.id
             where d.account_id = $1 and d.state = 'sending' and j.leased_until > $2 limit 1",
        )
        .bind(account.clone())
        .bind(self.clock().now())
        .fetch_optional(self.read())
        .await?;
        if sending.is_none() {
            return Ok(false);
        }
        for news in news {
            let known: Option<i64> = sqlx::query_scalar(about!("1"))
                .bind(account.clone())
                .bind(shorten(&news.external_id, 400))
                .bind(i64::from(news.reached != Reached::Never))
                .fetch_optional(self.read())
                .await?;
            if known.is_none() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Write {
    /// True for one that was not known. `caller` is the contact who alone has the number that a call is about.
    async fn take_in_said(&mut self, account: &Account, said: &Said, caller: Option<&PersonId>) -> Result<bool> {
        let key = shorten(&said.external_id, 400);
        if !self.first_time(&account.id, &key).await? {
            return Ok(false);
        }
        if let Some(turn) = &said.turn {
            return self.take_in_turn(account, said, turn, caller).await;
        }
        let inbound = inbound(said);
        let (person, unproven) = self.person_on_channel(account, said).await?;
        let missing = (!said.missing.is_empty()).then(|| Setback::FilesMissing.about(said.missing.join("; ")));
        let problem = missing.as_deref();
        let enquiry = Enquiry { account, mail: &inbound, person: person.as_ref(), source: "", problem, unproven };
        let (ticket, message) = match self.place_of_conversation(&account.id, &said.conversation).await? {
            Place::On(ticket) if said.by_agent => {
                let message = self.add_enquiry(&ticket, &enquiry, true).await?;
                (ticket, message)
            }
            Place::On(ticket) => {
                let message = self.append_enquiry(&ticket, &enquiry).await?;
                (ticket, message)
            }
            // What our own side says elsewhere begins nothing.
            _ if said.by_agent => return Ok(true),
            place => {
                let category = match &said.category {
                    Some(name) => self.category_named(name).await?,
                    None => None,
                };
                let opened = self.open_on_channel(&enquiry, Origin::Channel, category).await?;
                if let Place::After(old) = place {
                    // STA-7
                    self.relate(&Actor::System, Cause::Plugin, &opened.0, &old, RelationKind::Related, "").await?;
                }
                opened
            }
        };
        self.go_on_with(account, said, &ticket).await?;
        self.note_received(&account.id, &key, &ticket, Some(&message)).await?;
        Ok(true)
    }

    /// A telephone call takes a turn. It becomes a request where its channel says so, once for each call.
    async fn take_in_turn(
        &mut self,
        account: &Account,
        said: &Said,
        turn: &Turn,
        caller: Option<&PersonId>,
    ) -> Result<bool> {
        let call = self
            .take_turn(&account.id, &said.conversation, (&said.address, &said.name), turn, caller, said.sent_at)
            .await?;
        if !turn.request
            || !self.is_missed(&call).await?
            || !self.first_time(&account.id, &format!("request of {call}")).await?
        {
            return Ok(true);
        }
        let inbound = inbound(said);
        let (person, unproven) = match caller {
            Some(person) => (Some(person.clone()), false),
            None => self.person_on_channel(account, said).await?,
        };
        let enquiry = Enquiry { account, mail: &inbound, person: person.as_ref(), source: "", problem: None, unproven };
        let (ticket, _) = self.open_on_channel(&enquiry, Origin::Phone, None).await?;
        self.call_became(&call, &ticket, false).await?;
        Ok(true)
    }

    /// Somebody who was spoken with on another phone missed nobody.
    async fn is_missed(&mut self, call: &PhoneCallId) -> Result<bool> {
        let missed: Option<i64> = sqlx::query_scalar("select 1 from phone_call where id = $1 and state = 'missed'")
            .bind(call.clone())
            .fetch_optional(self.sql())
            .await?;
        Ok(missed.is_some())
    }

    async fn place_of_conversation(&mut self, account: &AccountId, name: &str) -> Result<Place> {
        if name.is_empty() {
            return Ok(Place::New);
        }
        let known: Option<TicketId> =
            sqlx::query_scalar("select ticket_id from conversation where account_id = $1 and name = $2")
                .bind(account.clone())
                .bind(shorten(name, LONGEST_NAME))
                .fetch_optional(self.sql())
                .await?;
        match known {
            None => Ok(Place::New),
            Some(ticket) => self.place_on(&ticket, Happening::CustomerWrote).await,
        }
    }

    async fn open_on_channel(
        &mut self,
        enquiry: &Enquiry<'_>,
        origin: Origin,
        category: Option<CategoryId>,
    ) -> Result<(TicketId, MessageId)> {
        let Enquiry { account, mail, .. } = enquiry;
        let mut new = enquiry.opening(origin);
        new.category = category.unwrap_or(new.category);
        let ticket = self.open(&Actor::System, Cause::Plugin, new).await?;
        let message = self.add_enquiry(&ticket, enquiry, true).await?;
        if self.is_spam(mail).await? {
            self.bin_spam(&ticket).await?;
            return Ok((ticket, message));
        }
        self.distribute_new(Cause::Plugin, &ticket).await?;
        // A receipt goes where somebody can get one: to an address. In a chat, the answer itself comes soon. Anybody can write
        // anybody's address into a form: so no address gets more of them than a mailbox would send.
        if self.why_silent(account, mail, false).await?.is_none() {
            self.enqueue(Kind::Acknowledge, ticket.as_str()).await?;
        }
        Ok((ticket, message))
    }

    async fn go_on_with(&mut self, account: &Account, said: &Said, ticket: &TicketId) -> Result<()> {
        if said.conversation.is_empty() {
            return Ok(());
        }
        let now = self.now;
        // Of a request that was swallowed it stays: it goes on in the survivor, and returns when that merge is taken apart.
        sqlx::query(concat!(
            "insert into conversation (account_id, name, ticket_id, token, last_heard, at, address) values ($1, $2, $3, $4, $5, $6, $7)
             on conflict (account_id, name) do update set
               ticket_id = case when conversation.ticket_id in ",
            with_swallowed!("$3"),
            " then conversation.ticket_id else excluded.ticket_id end,
               token = coalesce(excluded.token, conversation.token), last_heard = excluded.last_heard, at = excluded.at,
               address = excluded.address",
        ))
        .bind(account.id.clone())
        .bind(shorten(&said.conversation, LONGEST_NAME))
        .bind(ticket.clone())
        .bind(said.token.as_deref().filter(|token| token.len() <= LONGEST_TOKEN).map(str::to_owned))
        .bind(shorten(&said.external_id, 400))
        .bind(now)
        .bind(shorten(&said.address, 300))
        .execute(self.sql())
        .await?;
        Ok(())
    }

    /// Who speaks: known to this account, else by an address or a number, else somebody new. And whether that rests on an
    /// address which nobody has shown to be theirs, now or when this account was first heard from.
    async fn person_on_channel(&mut self, account: &Account, said: &Said) -> Result<(Option<PersonId>, bool)> {
        if said.by_agent {
            return Ok((None, false));
        }
        let email = said.email.as_deref().and_then(|email| address(email).ok());
        let unproven = email.is_some() && !said.sure;
        let handle = shorten(&said.address, 300);
        let known: Option<(PersonId, i64)> =
            sqlx::query_as("select person_id, unproven from person_handle where account_id = $1 and address = $2")
                .bind(account.id.clone())
                .bind(handle.clone())
                .fetch_optional(self.sql())
                .await?;
        if let Some((person, by_unproven)) = known {
            return Ok((Some(person), unproven || (by_unproven == 1 && !said.sure)));
        }
        let language =
            likely_language(email.as_deref().unwrap_or_default(), said.locale.as_deref(), account.language.as_deref())
                .value;
        let number = said.phone.as_deref().and_then(phone);
        let by_number = match &number {
            None => None,
            Some(number) => self.only_person_with_number(number).await?,
        };
        let person = match (email, by_number) {
            (Some(address), _) => {
                let party = Party { address, name: said.name.clone() };
                self.person_by_address(&Actor::System, Cause::Plugin, &party, language).await?.0
            }
            (None, Some(person)) => person,
            (None, None) if handle.is_empty() && said.name.trim().is_empty() => return Ok((None, false)),
            (None, None) => {
                let name = [said.name.trim(), handle.as_str()].into_iter().find(|name| !name.is_empty()).unwrap_or("?");
                let person = self.add_person(&Actor::System, Cause::Plugin, name, language).await?;
                if let Some(number) = &number {
                    self.add_number(&person, number).await?;
                }
                person
            }
        };
        if !handle.is_empty() {
            sqlx::query(
                "insert into person_handle (account_id, address, person_id, unproven) values ($1, $2, $3, $4)
                 on conflict (account_id, address) do nothing",
            )
            .bind(account.id.clone())
            .bind(handle)
            .bind(person.clone())
            .bind(i64::from(unproven))
            .execute(self.sql())
            .await?;
        }
        Ok((Some(person), unproven))
    }

    /// A number that several have tells nothing.
    async fn only_person_with_number(&mut self, number: &str) -> Result<Option<PersonId>> {
        let people: Vec<PersonId> = sqlx::query_scalar(
            "select n.person_id from person_phone n join person p on p.id = n.person_id
             where n.number = $1 and p.erased_at is null limit 2",
        )
        .bind(number.to_owned())
        .fetch_all(self.sql())
        .await?;
        Ok(<[PersonId; 1]>::try_from(people).ok().map(|[person]| person))
    }

    /// How far something is that was sent before. What arrived is not un-arrived by news that come late.
    async fn take_in_news(&mut self, line: &Line, news: &News) -> Result<()> {
        let row: Option<(DeliveryId, Option<TicketId>, String)> = sqlx::query_as(about!("id, ticket_id, recipient"))
            .bind(line.account.clone())
            .bind(shorten(&news.external_id, 400))
            .bind(i64::from(news.reached != Reached::Never))
            .fetch_optional(self.sql())
            .await?;
        let Some((id, ticket, recipient)) = row else { return Ok(()) };
        if news.by_mail && news.reached == Reached::Never {
            return self.say_by_mail(&id).await;
        }
        if news.reached != Reached::Never {
            return self.note_reached(&id, news.reached).await;
        }
        let now = self.now;
        let changed = sqlx::query(
            "update delivery set state = 'failed', sent_at = coalesce(sent_at, $2) where id = $1 and reached_at is null
               and state in ('sent', 'uncertain')",
        )
        .bind(id.clone())
        .bind(now)
        .execute(self.sql())
        .await?;
        if changed.rows_affected() == 0 {
            return Ok(());
        }
        let why = news.why.as_deref().map(|why| shorten(why, 300)).unwrap_or_default();
        sqlx::query("update delivery set error = $2 where id = $1")
            .bind(id)
            .bind(why.clone())
            .execute(self.sql())
            .await?;
        if let Some(ticket) = &ticket {
            let fact = Fact { ticket: Some(ticket), new: Some(&why), data: Some(recipient), ..Fact::default() };
            self.record(&Actor::System, Cause::Plugin, EventKind::DeliveryFailed, fact).await?;
        }
        Ok(())
    }
}

/// As the rest of the desk knows a message from outside. Its name stays the channel's: mails thread by names, chats don't.
fn inbound(said: &Said) -> Inbound {
    Inbound {
        external_id: String::new(),
        sent_at: said.sent_at,
        from: Party {
            address: said.email.as_deref().and_then(|email| address(email).ok()).unwrap_or_default(),
            name: if said.name.trim().is_empty() { said.address.clone() } else { said.name.clone() },
        },
        subject: said.subject.clone(),
        text: said.text.clone(),
        html: said.html.clone(),
        attachments: said.files.clone(),
        locale: said.locale.clone(),
        ..Inbound::default()
    }
}
