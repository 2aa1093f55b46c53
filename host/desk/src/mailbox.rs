//! The mailboxes that Saker answers for.

use crate::{
    Desk, Error, Result, Why,
    access::administrator,
    db::{Fact, Write},
    model::{AccountId, Actor, CategoryId, Cause, EventKind, Language, NodeId, PriorityId, RequestTypeId},
    person::{address, shorten},
};
use serde::{Deserialize, Serialize};

/// One address, and how its mail comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox {
    pub id: AccountId,
    pub address: String,
    pub name: String,
    pub imap: Option<Imap>,
    /// Where the last fetch ended, in the fetcher's own words.
    pub cursor: Option<String>,
}

/// Where mail is fetched from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Imap {
    pub host: String,
    pub port: u16,
    pub tls: bool,
    pub user: String,
    /// Empty where it was not told yet: nothing is fetched until it is.
    pub password: String,
    pub folder: String,
}

impl Imap {
    /// Whether what is remembered of one holds for the other: the same mails lie there.
    pub(crate) fn same_place(&self, other: &Imap) -> bool {
        (&self.host, self.port, &self.user, &self.folder) == (&other.host, other.port, &other.user, &other.folder)
    }

    /// An empty password is the one that was told before, to the same machine and user: to no other.
    fn with_password_of(self, old: Option<&Imap>) -> Imap {
        match old {
            Some(old) if self.password.is_empty() && (&self.host, &self.user) == (&old.host, &old.user) => {
                Imap { password: old.password.clone(), ..self }
            }
            _ => self,
        }
    }
}

#[derive(sqlx::FromRow)]
struct MailboxRow {
    id: AccountId,
    address: String,
    name: String,
    imap: Option<String>,
    cursor: Option<String>,
}

impl MailboxRow {
    fn mailbox(self) -> Result<Mailbox> {
        Ok(Mailbox {
            id: self.id,
            address: self.address,
            name: self.name,
            imap: self.imap.map(|text| serde_json::from_str(&text)).transpose()?,
            cursor: self.cursor,
        })
    }
}

/// A mailbox as an administrator sets it up. Section 12.1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MailboxSettings {
    pub address: String,
    /// The name customers see beside the address.
    pub name: String,
    /// Where its mail goes.
    pub category: CategoryId,
    pub priority: PriorityId,
    /// None is the default one.
    pub kind: Option<RequestTypeId>,
    /// Of whoever writes for the first time, where nothing else tells it. Section 15.2.
    pub language: Option<Language>,
    /// Never answers by itself. AUT-2.
    pub silent: bool,
    /// Without it mail comes in by SMTP or LMTP. Its password is told to nobody: empty when it is read, and an empty one that
    /// is saved leaves it as it is.
    pub imap: Option<Imap>,
}

/// One of them, by its id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MailboxCard {
    pub id: AccountId,
    pub settings: MailboxSettings,
}

#[derive(sqlx::FromRow)]
struct SettingsRow {
    id: AccountId,
    address: String,
    name: String,
    category_id: CategoryId,
    priority_id: PriorityId,
    type_id: Option<String>,
    language: Option<String>,
    silent_at: Option<i64>,
    imap: Option<String>,
}

impl SettingsRow {
    fn card(self) -> Result<MailboxCard> {
        let imap: Option<Imap> = self.imap.map(|text| serde_json::from_str(&text)).transpose()?;
        let settings = MailboxSettings {
            address: self.address,
            name: self.name,
            category: self.category_id,
            priority: self.priority_id,
            kind: self.type_id.map(RequestTypeId),
            language: self.language.as_deref().and_then(Language::from_tag),
            silent: self.silent_at.is_some(),
            imap: imap.map(|imap| Imap { password: String::new(), ..imap }),
        };
        Ok(MailboxCard { id: self.id, settings })
    }
}

impl Desk {
    /// The mailboxes as they are set up, by their addresses; without their passwords.
    pub async fn mailbox_settings(&self, actor: &Actor) -> Result<Vec<MailboxCard>> {
        administrator(actor)?;
        let rows: Vec<SettingsRow> = sqlx::query_as(
            "select id, address, name, category_id, priority_id, type_id, language, silent_at, imap from account
             where kind = 'email' and address is not null order by address",
        )
        .fetch_all(self.read())
        .await?;
        rows.into_iter().map(SettingsRow::card).collect()
    }

    /// Sets a mailbox up anew. What was fetched from elsewhere stays; from another place only what comes from now on is.
    ///
    /// # Errors
    /// `address` for one that is none, or that another mailbox has; `category`, `priority` and `kind` for what is not there.
    pub async fn save_mailbox(&self, actor: &Actor, id: &AccountId, new: MailboxSettings) -> Result<()> {
        administrator(actor)?;
        let address = address(&new.address).map_err(|why| Error::invalid("address", why))?;
        let mut write = self.write().await?;
        let old: Option<(Option<String>, Option<String>)> =
            sqlx::query_as("select imap, cursor from account where id = $1 and kind = 'email' and address is not null")
                .bind(id.clone())
                .fetch_optional(write.sql())
                .await?;
        let (old, cursor) = old.ok_or(Error::NotFound)?;
        let other: Option<AccountId> = sqlx::query_scalar("select id from account where address = $1 and id <> $2")
            .bind(address.clone())
            .bind(id.clone())
            .fetch_optional(write.sql())
            .await?;
        if other.is_some() {
            return Err(Error::invalid("address", Why::Double));
        }
        write.category_there(&new.category).await?;
        write.offered(&new.priority).await?;
        if let Some(kind) = &new.kind {
            write.type_there(kind).await?;
        }
        let old: Option<Imap> = old.map(|text| serde_json::from_str(&text)).transpose()?;
        let same_place = |imap: &Imap| old.as_ref().is_some_and(|old| imap.same_place(old));
        let cursor = cursor.filter(|_| new.imap.as_ref().is_some_and(same_place));
        let imap = new.imap.map(|imap| imap.with_password_of(old.as_ref()));
        let silent_at = new.silent.then_some(write.now);
        sqlx::query(
            "update account set address = $2, name = $3, category_id = $4, priority_id = $5, type_id = $6, language = $7,
                    silent_at = case when $8 is null then null else coalesce(silent_at, $8) end, imap = $9, cursor = $10
             where id = $1",
        )
        .bind(id.clone())
        .bind(address)
        .bind(shorten(&new.name, 200))
        .bind(new.category)
        .bind(new.priority)
        .bind(new.kind)
        .bind(new.language.map(|language| language.tag().to_owned()))
        .bind(silent_at)
        .bind(imap.as_ref().map(serde_json::to_string).transpose()?)
        .bind(cursor)
        .execute(write.sql())
        .await?;
        write.record(actor, Cause::Person, EventKind::SettingsChanged, Fact::default()).await?;
        self.commit(write).await
    }

    pub async fn mailboxes(&self) -> Result<Vec<Mailbox>> {
        self.mailboxes_of(None).await
    }

    /// Those that one of several nodes fetches, or all.
    pub(crate) async fn mailboxes_of(&self, node: Option<&NodeId>) -> Result<Vec<Mailbox>> {
        let rows: Vec<MailboxRow> = sqlx::query_as(
            "select id, address, name, imap, cursor from account
             where kind = 'email' and address is not null and ($1 = '' or node_id = $1) order by id",
        )
        .bind(node.map(|node| node.0.clone()).unwrap_or_default())
        .fetch_all(self.read())
        .await?;
        rows.into_iter().map(MailboxRow::mailbox).collect()
    }

    /// Whose mail this is. What stands after a plus in the local part belongs to whoever stands before it (RFC 5233).
    pub async fn mailbox_for(&self, recipient: &str) -> Result<Option<AccountId>> {
        let Ok(recipient) = address(recipient) else { return Ok(None) };
        mailbox_with(&mut *self.read().acquire().await?, &recipient).await
    }

    /// Tells the password of a mailbox that is fetched: one that a configuration brought waits for it.
    ///
    /// # Errors
    /// [`Error::NotFound`] for one that is not fetched.
    pub async fn give_password(&self, actor: &Actor, id: &AccountId, password: &str) -> Result<()> {
        administrator(actor)?;
        if password.is_empty() || password.len() > 1_000 {
            return Err(Error::invalid("password", Why::Missing));
        }
        let mut write = self.write().await?;
        let imap: Option<Option<String>> =
            sqlx::query_scalar("select imap from account where id = $1 and kind = 'email'")
                .bind(id.clone())
                .fetch_optional(write.sql())
                .await?;
        let imap = imap.flatten().ok_or(Error::NotFound)?;
        let imap = Imap { password: password.to_owned(), ..serde_json::from_str(&imap)? };
        sqlx::query("update account set imap = $2 where id = $1")
            .bind(id.clone())
            .bind(serde_json::to_string(&imap)?)
            .execute(write.sql())
            .await?;
        write.record(actor, Cause::Person, EventKind::SettingsChanged, Fact::default()).await?;
        self.commit(write).await
    }

    /// Remembers how far a mailbox has been read. Called after the commit of what was read. False, and nothing is remembered,
    /// where mail is fetched from another place by now: what holds for one folder would have another's old mail read, and
    /// answered. MBX-1. The same where another node fetches it, which may be further.
    pub async fn save_cursor(&self, account: &AccountId, place: &Imap, cursor: &str) -> Result<bool> {
        let mut write = self.write().await?;
        let now: Option<(Option<String>, Option<NodeId>)> =
            sqlx::query_as("select imap, node_id from account where id = $1")
                .bind(account.clone())
                .fetch_optional(write.sql())
                .await?;
        let (imap, node) = now.unwrap_or_default();
        let imap: Option<Imap> = imap.map(|text| serde_json::from_str(&text)).transpose()?;
        let elsewhere = node.is_some_and(|node| node != *self.node());
        if elsewhere || !imap.is_some_and(|imap| imap.same_place(place)) {
            return Ok(false);
        }
        sqlx::query("update account set cursor = $2 where id = $1")
            .bind(account.clone())
            .bind(cursor.to_owned())
            .execute(write.sql())
            .await?;
        self.commit(write).await?;
        Ok(true)
    }

    /// Whether mail to this address comes to us.
    pub(crate) async fn is_ours(&self, address: &str) -> Result<bool> {
        Ok(self.mailbox_for(address).await?.is_some())
    }
}

impl Write {
    /// Whether mail to this address comes to us: whoever writes from it is nobody in particular.
    pub(crate) async fn is_ours(&mut self, text: &str) -> Result<bool> {
        let Ok(address) = address(text) else { return Ok(false) };
        Ok(mailbox_with(self.sql(), &address).await?.is_some())
    }
}

async fn mailbox_with(connection: &mut sqlx::AnyConnection, address: &str) -> Result<Option<AccountId>> {
    Ok(sqlx::query_scalar(
        "select id from account where kind = 'email' and (address = $1 or address = $2)
         order by case when address = $1 then 0 else 1 end limit 1",
    )
    .bind(address.to_owned())
    .bind(without_plus(address))
    .fetch_optional(connection)
    .await?)
}

/// An address without what stands after a plus in its local part.
fn without_plus(address: &str) -> String {
    let Some((local, domain)) = address.split_once('@') else { return address.to_owned() };
    format!("{}@{domain}", local.split('+').next().unwrap_or(local))
}

/// Whether an address is one of `ours`, or one of these with something after a plus.
pub(crate) fn is_among(ours: &[String], address: &str) -> bool {
    ours.iter().any(|own| own == address) || ours.contains(&without_plus(address))
}
