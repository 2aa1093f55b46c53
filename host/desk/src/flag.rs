//! Flags on messages: shared, so that what matters in a long thread is found again by everybody. Section 11.1.

use crate::{
    Desk, Error, Result,
    access::{readable, staff},
    db::{Fact, word},
    message::preview,
    model::*,
};

#[derive(sqlx::FromRow)]
struct FlagRow {
    message: MessageId,
    number: i64,
    title: String,
    author: String,
    text: String,
    quote_at: Option<i64>,
    access: String,
    at: i64,
    flagged_at: i64,
}

impl Desk {
    /// Puts a flag on a message, or takes it away. FLG-1.
    pub async fn flag(&self, actor: &Actor, message: &MessageId, on: bool) -> Result<()> {
        staff(actor)?;
        let mut write = self.write().await?;
        let id = write.ticket_of(message).await?;
        write.facts(actor, &id).await?;
        let at = on.then_some(write.now);
        let changed = sqlx::query(
            "update message set flagged_at = $2
             where id = $1 and case when flagged_at is null then 0 else 1 end <> $3",
        )
        .bind(message.clone())
        .bind(at)
        .bind(i64::from(on))
        .execute(write.sql())
        .await?;
        if changed.rows_affected() == 1 {
            let kind = if on { EventKind::MessageFlagged } else { EventKind::MessageUnflagged };
            let fact = Fact { ticket: Some(&id), data: Some(message.0.clone()), ..Fact::default() };
            write.record(actor, Cause::Person, kind, fact).await?;
        }
        self.commit(write).await
    }

    /// Flagged messages of all requests that the reader may read, the latest flag first. FLG-2.
    pub async fn flagged(&self, actor: &Actor) -> Result<Vec<Flagged>> {
        let me = staff(actor)?;
        let rows: Vec<FlagRow> = sqlx::query_as(concat!(
            "select m.id as message, t.number, t.title, m.author_name as author, m.text, m.quote_at, m.access,
                    m.created_at as at, m.flagged_at
             from message m join ticket t on t.id = m.ticket_id
             where m.flagged_at is not null and m.taken_back_at is null and t.state not in ('linked', 'deleted')
               and ",
            readable!(),
            " order by m.flagged_at desc, m.id limit 200"
        ))
        .bind(me.clone())
        .fetch_all(self.read())
        .await?;
        rows.into_iter()
            .map(|row| {
                Ok::<_, Error>(Flagged {
                    preview: preview(&row.text, row.quote_at),
                    access: word(&row.access)?,
                    message: row.message,
                    number: row.number,
                    title: row.title,
                    author: row.author,
                    at: row.at,
                    flagged_at: row.flagged_at,
                })
            })
            .collect()
    }
}
