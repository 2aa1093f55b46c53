//! Mail in: stored, read by the channel's plugin, and put where it belongs; all of it durable before anyone is told.
//!
//! Arrivals that wait at the same moment share one flush and one commit.

use crate::{
    Desk, Error, Result,
    blob::hex,
    db::{Fact, Write},
    job::Kind,
    model::*,
    outside::{Arrival, Envelope, Inbound, InboundFile, Party},
    person::{address, likely_language, shorten},
    thread::{Place, is_our_notice},
};
use sha2::{Digest, Sha256};
use tokio::sync::{mpsc, oneshot, watch};

/// How many arrivals at most share a commit: bounds how long one of them waits for the others.
const BATCH: usize = 64;

/// One arrival, read and waiting for its commit.
#[derive(Debug)]
pub(crate) struct Waiting {
    account: AccountId,
    source: String,
    messages: Vec<Inbound>,
    /// Why the plugin could not read it.
    problem: Option<String>,
    done: oneshot::Sender<Result<()>>,
}

impl Desk {
    /// Takes raw mail in. Returns when it is durable as part of a request, or known to be there already;
    /// then, and only then, may the other side be told.
    pub async fn post_mail(&self, account: &AccountId, envelope: Envelope, raw: Vec<u8>) -> Result<()> {
        let size = raw.len() as u64;
        let (bounced, late) = (crate::bounce::failed_recipients(&raw), crate::bounce::late(&raw));
        let blob = self.blobs().put(raw).await?;
        let arrival = Arrival { account: account.clone(), blob: blob.clone(), size, envelope };
        let (mut messages, problem) = match self.outside().read(&arrival).await {
            Ok(messages) if !messages.is_empty() => (messages, None),
            Ok(_) => (vec![plain(&arrival)], Some("the e-mail plugin found no message in it".to_owned())),
            // Nobody is told 250: the other side keeps it, and comes again.
            Err(unreadable) if unreadable.for_now => return Err(Error::TooMany { seconds: 60 }),
            Err(unreadable) => (vec![plain(&arrival)], Some(unreadable.words)),
        };
        for report in messages.iter_mut().filter(|mail| mail.bounce_of.is_some() && mail.bounced.is_empty()) {
            report.bounced.clone_from(&bounced);
        }
        for report in messages.iter_mut().filter(|mail| mail.bounce_of.is_none() && late.is_some()) {
            report.late.clone_from(&late);
        }
        let (done, answer) = oneshot::channel();
        let waiting = Waiting { account: account.clone(), source: blob, messages, problem, done };
        self.intake().send(waiting).await.map_err(Error::internal)?;
        answer.await.map_err(Error::internal)?
    }

    pub(crate) async fn take_in_arrivals(
        self,
        mut arrivals: mpsc::Receiver<Waiting>,
        mut stopped: watch::Receiver<bool>,
    ) {
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            tokio::select! {
                count = arrivals.recv_many(&mut batch, BATCH) => if count == 0 { return },
                // Whoever waits now was told nothing yet, and will send again.
                _ = stopped.changed() => return,
            }
            self.take_in_batch(&mut batch).await;
        }
    }

    async fn take_in_batch(&self, batch: &mut Vec<Waiting>) {
        match self.take_in(batch).await {
            Ok(()) => {
                for waiting in batch.drain(..) {
                    let _ = waiting.done.send(Ok(()));
                }
            }
            Err(error) if batch.len() == 1 => {
                for waiting in batch.drain(..) {
                    let _ = waiting.done.send(Err(error.clone()));
                }
            }
            // One of them can't be taken: the others must not pay for it.
            Err(_) => {
                for waiting in batch.drain(..) {
                    let answer = self.take_in(std::slice::from_ref(&waiting)).await;
                    let _ = waiting.done.send(answer);
                }
            }
        }
    }

    /// Takes a mail in as if it had come just now.
    pub(crate) async fn take_in_one(&self, account: &AccountId, message: Inbound) -> Result<()> {
        let (done, _) = oneshot::channel();
        let (account, source) = (account.clone(), String::new());
        self.take_in(&[Waiting { account, source, messages: vec![message], problem: None, done }]).await
    }

    async fn take_in(&self, batch: &[Waiting]) -> Result<()> {
        self.blobs().flush().await?;
        let mut write = self.write().await?;
        for waiting in batch {
            let account = write.account(&waiting.account).await?;
            // Known by its bytes, whatever the plugin of today makes of them.
            let bytes = by_bytes(&waiting.source);
            if !bytes.is_empty() && !write.first_time(&account.id, &bytes).await? {
                continue;
            }
            for message in &waiting.messages {
                write.take_in_message(self, &account, message, &waiting.source, waiting.problem.as_deref()).await?;
            }
        }
        self.commit(write).await
    }
}

/// What is left when nobody could read it: who the envelope names, and the raw bytes as a file.
fn plain(arrival: &Arrival) -> Inbound {
    Inbound {
        external_id: format!("raw-{}", arrival.blob),
        from: Party { address: address(&arrival.envelope.from).unwrap_or_default(), name: String::new() },
        to: arrival.envelope.to.iter().map(|to| Party { address: to.to_lowercase(), name: String::new() }).collect(),
        automatic: Some("unreadable".to_owned()),
        attachments: vec![InboundFile {
            name: "original.eml".to_owned(),
            mime: "message/rfc822".to_owned(),
            size: arrival.size,
            blob: arrival.blob.clone(),
            content_id: None,
        }],
        ..Inbound::default()
    }
}

/// The door a message came through, with what it decides.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Account {
    pub id: AccountId,
    pub category_id: CategoryId,
    pub language: Option<String>,
    pub silent_at: Option<i64>,
}

impl Write {
    pub(crate) async fn account(&mut self, id: &AccountId) -> Result<Account> {
        Ok(sqlx::query_as("select id, category_id, language, silent_at from account where id = $1")
            .bind(id.clone())
            .fetch_one(self.sql())
            .await?)
    }

    pub(crate) async fn account_of_kind(&mut self, kind: &str) -> Result<Account> {
        Ok(sqlx::query_as(
            "select id, category_id, language, silent_at from account where kind = $1 order by id limit 1",
        )
        .bind(kind.to_owned())
        .fetch_one(self.sql())
        .await?)
    }

    /// Notes that something was taken in; false when it was there already.
    pub(crate) async fn first_time(&mut self, account: &AccountId, external_id: &str) -> Result<bool> {
        let now = self.now;
        let added = sqlx::query(
            "insert into received (account_id, external_id, at) values ($1, $2, $3)
             on conflict (account_id, external_id) do nothing",
        )
        .bind(account.clone())
        .bind(external_id.to_owned())
        .bind(now)
        .execute(self.sql())
        .await?;
        Ok(added.rows_affected() == 1)
    }

    pub(crate) async fn note_received(
        &mut self,
        account: &AccountId,
        external_id: &str,
        ticket: &TicketId,
        message: Option<&MessageId>,
    ) -> Result<()> {
        sqlx::query("update received set ticket_id = $3, message_id = $4 where account_id = $1 and external_id = $2")
            .bind(account.clone())
            .bind(external_id.to_owned())
            .bind(ticket.clone())
            .bind(message.cloned())
            .execute(self.sql())
            .await?;
        Ok(())
    }

    async fn take_in_message(
        &mut self,
        desk: &Desk,
        account: &Account,
        mail: &Inbound,
        source: &str,
        problem: Option<&str>,
    ) -> Result<()> {
        let key = dedupe_key(mail);
        if !self.first_time(&account.id, &key).await? {
            return Ok(());
        }
        // Our own mail come home, by an address that leads back to us: everything in it is here already.
        if is_our_notice(desk, &mail.external_id) {
            return Ok(());
        }
        if let Some(ours) = self.our_own(mail).await? {
            return self.note_received(&account.id, &key, &ours.ticket_id, Some(&ours.id)).await;
        }
        if let Some(original) = &mail.bounce_of
            && let Some(found) = self.sent_as(original).await?
        {
            let message = self.add_bounce(&found, mail, source).await?;
            return self.note_received(&account.id, &key, &found.ticket_id, Some(&message)).await;
        }
        if let Some(late) = &mail.late
            && let Some(ours) = self.note_late(late, mail).await?
        {
            return self.note_received(&account.id, &key, &ours.ticket_id, Some(&ours.id)).await;
        }
        if let Some(place) = self.helper_place(mail).await? {
            if let Some(there) = self.said_there(&key, &place.ticket).await? {
                return self.note_received(&account.id, &key, &place.ticket, Some(&there)).await;
            }
            let enquiry = Enquiry { account, mail, person: None, source, problem, unproven: false };
            let message = self.append_helper(&place, &enquiry).await?;
            return self.note_received(&account.id, &key, &place.ticket, Some(&message)).await;
        }
        let (author, asked) = (&mail.from, self.asks_for(mail).await?.map(|from| Inbound { from, ..mail.clone() }));
        let mail = asked.as_ref().unwrap_or(mail);
        let (person, new) = self.sender(account, mail).await?;
        let enquiry = Enquiry { account, mail, person: person.as_ref(), source, problem, unproven: false };
        let (ticket, message) = match self.place(desk, mail, author, person.as_ref()).await? {
            Place::On(ticket) => {
                // To two of our mailboxes at once, it is one answer.
                if let Some(there) = self.said_there(&key, &ticket).await? {
                    return self.note_received(&account.id, &key, &ticket, Some(&there)).await;
                }
                let message = self.append_enquiry(&ticket, &enquiry).await?;
                (ticket, message)
            }
            Place::New => self.open_by_mail(&enquiry, new).await?,
            Place::After(old) => {
                let (ticket, message) = self.open_by_mail(&enquiry, new).await?;
                // STA-7
                self.relate(&Actor::System, Cause::Mail, &ticket, &old, RelationKind::Related, "").await?;
                (ticket, message)
            }
        };
        self.note_received(&account.id, &key, &ticket, Some(&message)).await
    }

    /// What a mail became on a request, by whichever of our mailboxes it came first.
    async fn said_there(&mut self, key: &str, ticket: &TicketId) -> Result<Option<MessageId>> {
        let there: Option<Option<MessageId>> = sqlx::query_scalar(
            "select r.message_id from account a join received r on r.account_id = a.id and r.external_id = $1
             where r.ticket_id = $2 and r.message_id is not null limit 1",
        )
        .bind(key.to_owned())
        .bind(ticket.clone())
        .fetch_optional(self.sql())
        .await?;
        Ok(there.flatten())
    }

    /// Who wrote, and whether they were not known before. CRM-6: they become a contact, unless the house does without.
    async fn sender(&mut self, account: &Account, mail: &Inbound) -> Result<(Option<PersonId>, bool)> {
        let Ok(address) = address(&mail.from.address) else { return Ok((None, false)) };
        let party = Party { address, name: mail.from.name.clone() };
        if !self.house_rules().await?.contacts {
            let known = self.known_person(&party.address).await?;
            let new = known.is_none();
            return Ok((known, new));
        }
        let language = likely_language(&party.address, mail.locale.as_deref(), account.language.as_deref());
        let (person, new) = self.person_by_address(&Actor::System, Cause::Mail, &party, language.value).await?;
        self.grounds.language = new.then_some(language.from);
        Ok((Some(person), new))
    }

    /// `new` says that nobody knew its sender before.
    async fn open_by_mail(&mut self, enquiry: &Enquiry<'_>, new: bool) -> Result<(TicketId, MessageId)> {
        let Enquiry { account, mail, .. } = enquiry;
        self.grounds.category = Some(Source::Door);
        let ticket = self.open(&Actor::System, Cause::Mail, enquiry.opening(Origin::Email)).await?;
        let message = self.add_enquiry(&ticket, enquiry, true).await?;
        if self.is_spam(mail).await? {
            self.bin_spam(&ticket).await?;
            return Ok((ticket, message));
        }
        self.distribute_new(Cause::Mail, &ticket).await?;
        match self.why_silent(account, mail, new).await? {
            None => self.enqueue(Kind::Acknowledge, ticket.as_str()).await?,
            Some(reason) => self.withhold_receipt(Cause::Mail, &ticket, &reason).await?,
        }
        Ok((ticket, message))
    }

    /// AUT-2: the log says why nothing is sent.
    pub(crate) async fn withhold_receipt(&mut self, cause: Cause, ticket: &TicketId, reason: &str) -> Result<()> {
        let fact = Fact { ticket: Some(ticket), new: Some(reason), ..Fact::default() };
        self.record(&Actor::System, cause, EventKind::AcknowledgementWithheld, fact).await?;
        Ok(())
    }

    /// AUT-2, AUT-5: the reason why there is no automatic reply, or nothing when there is one.
    pub(crate) async fn why_silent(&mut self, account: &Account, mail: &Inbound, new: bool) -> Result<Option<String>> {
        if let Some(reason) = &mail.automatic {
            return Ok(Some(reason.clone()));
        }
        if mail.bounce_of.is_some() {
            return Ok(Some("bounce".to_owned()));
        }
        if account.silent_at.is_some() {
            return Ok(Some("mailbox".to_owned()));
        }
        let Ok(sender) = address(&mail.from.address) else { return Ok(Some("no-address".to_owned())) };
        if self.is_ours(&sender).await? {
            return Ok(Some("own-address".to_owned()));
        }
        if new && self.house_rules().await?.silent_to_new {
            return Ok(Some("new-contact".to_owned()));
        }
        let lately = crate::identity::count_attempt(self, &format!("acknowledge:{sender}"), crate::clock::HOUR).await?;
        Ok((lately > MOST_ACKNOWLEDGEMENTS_AN_HOUR).then(|| "too-many".to_owned()))
    }
}

/// AUT-5: two machines that answer each other stop here.
const MOST_ACKNOWLEDGEMENTS_AN_HOUR: i64 = 5;

/// A message from outside on its way into a request.
pub(crate) struct Enquiry<'a> {
    pub account: &'a Account,
    pub mail: &'a Inbound,
    pub person: Option<&'a PersonId>,
    pub source: &'a str,
    pub problem: Option<&'a str>,
    /// The address is only what whoever wrote typed.
    pub unproven: bool,
}

impl Enquiry<'_> {
    /// Not only a machine, such as one that says that somebody is away. That a mail went by a list, or is to be answered by no
    /// machine, is no sign that nobody wrote it; and what can't be read may be anybody's.
    pub fn by_somebody(&self) -> bool {
        let perhaps = matches!(self.mail.automatic.as_deref(), None | Some("list" | "bulk" | "no-reply-wanted"));
        perhaps || self.problem.is_some()
    }

    /// The request that it begins.
    pub fn opening(&self, origin: Origin) -> crate::opening::Opening {
        crate::opening::Opening {
            title: title_of(self.mail),
            origin,
            access: Access::External,
            account: self.account.id.clone(),
            category: self.account.category_id.clone(),
            priority: None,
            kind: None,
            status: None,
            person: self.person.cloned(),
            sender: sender_of(self.mail),
            owner: None,
        }
    }
}

/// The same mail again is known by its name and by what it says: some programs use one name for many mails, and none of
/// those may be lost.
fn dedupe_key(mail: &Inbound) -> String {
    let mut hash = Sha256::new();
    for part in [&mail.from.address, mail.subject.as_deref().unwrap_or_default(), &mail.text] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    for file in &mail.attachments {
        hash.update(file.blob.as_bytes());
    }
    format!("{}#{}", shorten(&mail.external_id, 400), &hex(&hash.finalize())[..16])
}

/// A key for raw bytes beside those of what was read from them; empty without bytes.
fn by_bytes(blob: &str) -> String {
    if blob.is_empty() { String::new() } else { format!("bytes {blob}") }
}

fn title_of(mail: &Inbound) -> String {
    let subject = mail.subject.as_deref().map(|s| shorten(s, 255)).unwrap_or_default();
    if !subject.is_empty() {
        return subject;
    }
    let line = mail.text.lines().map(|l| shorten(l, 80)).find(|l| !l.is_empty());
    line.unwrap_or_else(|| sender_of(mail))
}

pub(crate) fn sender_of(mail: &Inbound) -> String {
    let name = shorten(&mail.from.name, 200);
    if !name.is_empty() {
        return name;
    }
    if mail.from.address.is_empty() { "?".to_owned() } else { shorten(&mail.from.address, 254) }
}
