//! Flags on messages: one that is shared, so that what matters in a long thread is found again by everybody (section 11.1),
//! and one's own, with a note, that nobody else sees (appendix C, number 14).

use crate::{
    Desk, Error, Result, Why,
    access::{readable, staff},
    db::{Fact, word},
    message::preview,
    model::*,
    paged::{ASKED, page, passed},
};

/// When a message `m` got the later of its flags, the shared one and the reader's own `f`.
macro_rules! flagged_at {
    () => {
        "case when coalesce(f.at, 0) > coalesce(m.flagged_at, 0) then f.at else m.flagged_at end"
    };
}

/// Characters of a note.
const LONGEST_NOTE: usize = 500;

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
    latest: i64,
    flagged_at: Option<i64>,
    own_at: Option<i64>,
    note: Option<String>,
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

    /// Puts one's own flag on a message, with a note or an empty one, or takes it away. What was there before, to put it back.
    /// C-14: personal, so no event.
    ///
    /// # Errors
    /// [`Why::TooLong`] for a note of more than 500 characters.
    pub async fn flag_own(&self, actor: &Actor, message: &MessageId, note: Option<&str>) -> Result<Option<OwnFlag>> {
        let me = staff(actor)?.clone();
        let note = note.map(|note| note.replace('\0', "").trim().to_owned());
        if note.as_ref().is_some_and(|note| note.chars().count() > LONGEST_NOTE) {
            return Err(Error::invalid("note", Why::TooLong { most: LONGEST_NOTE as u32 }));
        }
        let mut write = self.write().await?;
        let id = write.ticket_of(message).await?;
        write.facts(actor, &id).await?;
        let before: Option<(String, i64)> =
            sqlx::query_as("select note, at from own_flag where agent_id = $1 and message_id = $2")
                .bind(me.clone())
                .bind(message.clone())
                .fetch_optional(write.sql())
                .await?;
        let now = write.now;
        match note {
            Some(note) => {
                sqlx::query(
                    "insert into own_flag (agent_id, message_id, note, at) values ($1, $2, $3, $4)
                     on conflict (agent_id, message_id) do update set note = excluded.note",
                )
                .bind(me)
                .bind(message.clone())
                .bind(note)
                .bind(now)
                .execute(write.sql())
                .await?
            }
            None => {
                sqlx::query("delete from own_flag where agent_id = $1 and message_id = $2")
                    .bind(me)
                    .bind(message.clone())
                    .execute(write.sql())
                    .await?
            }
        };
        self.commit(write).await?;
        Ok(before.map(|(note, at)| OwnFlag { note, at }))
    }

    /// Puts the reader's own flags onto the messages of a thread.
    pub(crate) async fn with_own_flags(&self, me: &AgentId, id: &TicketId, messages: &mut [Message]) -> Result<()> {
        let rows: Vec<(MessageId, String, i64)> = sqlx::query_as(
            "select f.message_id, f.note, f.at from own_flag f join message m on m.id = f.message_id
             where f.agent_id = $1 and m.ticket_id = $2",
        )
        .bind(me.clone())
        .bind(id.clone())
        .fetch_all(self.read())
        .await?;
        for (message, note, at) in rows {
            if let Some(message) = messages.iter_mut().find(|known| known.id == message) {
                message.own_flag = Some(OwnFlag { note, at });
            }
        }
        Ok(())
    }

    /// A page of flagged messages of all requests that the reader may read, the latest flag first: with the shared one, with
    /// their own, or with any. FLG-2, C-14.
    ///
    /// # Errors
    /// `Invalid` at `after` for what no page ended with.
    pub async fn flagged(&self, actor: &Actor, which: Flags, after: Option<&str>) -> Result<Paged<Flagged>> {
        let me = staff(actor)?;
        let (last, id) = passed(after, i64::MAX)?;
        let (shared, own) = (which != Flags::Own, which != Flags::Shared);
        let rows: Vec<FlagRow> = sqlx::query_as(concat!(
            "select m.id as message, t.number, t.title, m.author_name as author, m.text, m.quote_at, m.access,
                    m.created_at as at, m.flagged_at, f.at as own_at, f.note, ",
            flagged_at!(),
            " as latest
             from (select id from message where flagged_at > 0 and $2 = 1
                   union select message_id from own_flag where agent_id = $1 and $3 = 1) x
             cross join message m cross join ticket t left join own_flag f on f.message_id = m.id and f.agent_id = $1
             where m.id = x.id and t.id = m.ticket_id and m.taken_back_at is null and t.state not in ('linked', 'deleted')
               and ",
            readable!(),
            " and (",
            flagged_at!(),
            " < $4 or (",
            flagged_at!(),
            " = $4 and m.id > $5)) order by latest desc, m.id limit $6"
        ))
        .bind(me.clone())
        .bind(i64::from(shared))
        .bind(i64::from(own))
        .bind(last)
        .bind(id)
        .bind(ASKED)
        .fetch_all(self.read())
        .await?;
        let flagged = |row: FlagRow| {
            let flagged = Flagged {
                preview: preview(&row.text, row.quote_at),
                access: word(&row.access)?,
                number: row.number,
                title: row.title,
                author: row.author,
                at: row.at,
                flagged_at: row.latest,
                shared: row.flagged_at.is_some(),
                own: row.own_at.map(|at| OwnFlag { note: row.note.unwrap_or_default(), at }),
                message: row.message.clone(),
            };
            Ok(((row.latest, row.message.0), flagged))
        };
        page(rows.into_iter().map(flagged).collect::<Result<_>>()?)
    }
}
