//! The mailboxes that Saker answers for.

use crate::{
    Desk, Error, Result, Why,
    access::administrator,
    db::Fact,
    model::{AccountId, Actor, Cause, EventKind},
    person::address,
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

#[derive(sqlx::FromRow)]
struct MailboxRow {
    id: AccountId,
    address: String,
    name: String,
    imap: Option<String>,
    cursor: Option<String>,
}

impl Desk {
    pub async fn mailboxes(&self) -> Result<Vec<Mailbox>> {
        let rows: Vec<MailboxRow> = sqlx::query_as(
            "select id, address, name, imap, cursor from account where kind = 'email' and address is not null order by id",
        )
        .fetch_all(self.read())
        .await?;
        rows.into_iter()
            .map(|row| {
                Ok(Mailbox {
                    id: row.id,
                    address: row.address,
                    name: row.name,
                    imap: row.imap.map(|text| serde_json::from_str(&text)).transpose()?,
                    cursor: row.cursor,
                })
            })
            .collect()
    }

    /// Whose mail this is. What stands after a plus in the local part belongs to whoever stands before it (RFC 5233).
    pub async fn mailbox_for(&self, recipient: &str) -> Result<Option<AccountId>> {
        let Ok(recipient) = address(recipient) else { return Ok(None) };
        let Some((local, domain)) = recipient.split_once('@') else { return Ok(None) };
        let plain = local.split('+').next().unwrap_or(local);
        Ok(sqlx::query_scalar(
            "select id from account where kind = 'email' and (address = $1 or address = $2)
             order by case when address = $1 then 0 else 1 end limit 1",
        )
        .bind(recipient.clone())
        .bind(format!("{plain}@{domain}"))
        .fetch_optional(self.read())
        .await?)
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

    /// Remembers how far a mailbox has been read. Called after the commit of what was read.
    pub async fn save_cursor(&self, account: &AccountId, cursor: &str) -> Result<()> {
        let mut write = self.write().await?;
        sqlx::query("update account set cursor = $2 where id = $1")
            .bind(account.clone())
            .bind(cursor.to_owned())
            .execute(write.sql())
            .await?;
        self.commit(write).await
    }
}
