//! Where a form leads whoever sent it. Anybody can type anybody's address: so a browser is told what it said itself, and the
//! link to the request goes to the address.

use crate::{Desk, Error, Result, model::*, token};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// What the links of these pages are signed for: they open nothing else.
const SENT: &str = "sent";

impl Desk {
    /// The answer to a form that became this request: its private link for whoever is known to be its contact, and for
    /// everybody else the page that says that it came, with the address that they typed.
    pub(crate) async fn confirmed(&self, actor: &Actor, id: &TicketId, typed: &str) -> Result<Opened> {
        let person: Option<PersonId> = sqlx::query_scalar("select person_id from ticket where id = $1")
            .bind(id.clone())
            .fetch_one(self.read())
            .await?;
        let proven = person.filter(|person| actor.is_customer(person));
        let opened = self.opened(id, proven.as_ref()).await?;
        if proven.is_some() {
            return Ok(opened);
        }
        let key =
            format!("{}.{}", URL_SAFE_NO_PAD.encode(typed), token::sign(self.secret(), SENT, &subject(id, typed)));
        Ok(Opened { link: format!("/sent/{}/{key}", opened.number), ..opened })
    }

    /// As [`Desk::confirmed`], of the form that came under this key before: by what was typed then.
    pub(crate) async fn confirmed_before(&self, actor: &Actor, account: &AccountId, key: &str) -> Result<Opened> {
        let before = self.opened_before(account, key).await?;
        let typed: Option<String> = sqlx::query_scalar(
            "select m.author_email from received r join message m on m.id = r.message_id
             where r.account_id = $1 and r.external_id = $2",
        )
        .bind(account.clone())
        .bind(key.to_owned())
        .fetch_optional(self.read())
        .await?;
        self.confirmed(actor, &before.id, &typed.unwrap_or_default()).await
    }

    /// What the browser that sent a form sees of it: the number, and what was typed. Nothing of whom the address belongs to,
    /// and nothing that anybody does with the request later: what was typed is in the key. A request that was swallowed leads
    /// nowhere from here.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a wrong key and a wrong number alike.
    pub async fn confirmation(&self, number: i64, key: &str) -> Result<Confirmation> {
        let (typed, signature) = key.split_once('.').ok_or(Error::NotFound)?;
        let email = URL_SAFE_NO_PAD.decode(typed).ok().and_then(|typed| String::from_utf8(typed).ok());
        let email = email.filter(|email| !email.is_empty()).ok_or(Error::NotFound)?;
        let id: Option<TicketId> = sqlx::query_scalar("select id from ticket where number = $1")
            .bind(number)
            .fetch_optional(self.read())
            .await?;
        match id {
            Some(id) if token::verify(self.secret(), SENT, &subject(&id, &email), signature) => {
                Ok(Confirmation { number, email })
            }
            _ => Err(Error::NotFound),
        }
    }
}

fn subject(ticket: &TicketId, typed: &str) -> String {
    format!("{ticket}:{typed}")
}
