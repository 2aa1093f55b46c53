//! What a reply begins with, and what can be put into it. Section 4.1.

use crate::{
    Desk, Error, Result, Why,
    access::{TicketFacts, staff},
    db::word,
    message::{LONGEST_TEXT, preview},
    model::*,
    upload::is_program,
};

/// Most earlier messages, and most files, that are offered.
const MOST_OFFERED: i64 = 200;

#[derive(sqlx::FromRow)]
struct Said {
    id: MessageId,
    access: String,
    author_name: String,
    text: String,
    quote_at: Option<i64>,
    created_at: i64,
}

impl Said {
    /// What was new in it.
    fn fresh(&self) -> &str {
        let fresh = self.quote_at.and_then(|at| self.text.get(..at as usize)).unwrap_or(&self.text).trim_end();
        if fresh.is_empty() { &self.text } else { fresh }
    }

    /// As Markdown quotes, under the name of whoever said it.
    fn quoted(&self) -> String {
        let lines = self.fresh().chars().take(LONGEST_TEXT / 2).collect::<String>();
        let lines: Vec<String> = lines.lines().map(|line| format!("> {line}").trim_end().to_owned()).collect();
        format!("{}:\n\n{}", self.author_name, lines.join("\n"))
    }
}

#[derive(sqlx::FromRow)]
struct FileRow {
    message_id: MessageId,
    access: String,
    created_at: i64,
    name: String,
    mime: String,
    size: i64,
    blob: String,
}

impl Desk {
    /// What a reply begins with: to everybody, with the quotation and the status that are preferred. `message` is the one
    /// that is answered; none is the last.
    ///
    /// # Errors
    /// `Invalid` at `message` for one that is internal or not of this request.
    pub async fn begin_reply(&self, actor: &Actor, id: &TicketId, message: Option<&MessageId>) -> Result<Beginning> {
        let me = staff(actor)?;
        let facts = self.facts(actor, id).await?;
        let answered = self.answered(&facts, message).await?;
        let recipients = match (&answered, message) {
            (Some(answered), Some(_)) => self.reply_to_all(&facts, Some(&answered.id)).await?,
            _ => self.reply_to_all(&facts, None).await?,
        };
        let quotes = self.preferences_of(me).await?.quote;
        let draft = Draft {
            text: answered.filter(|_| quotes).map(|said| format!("\n\n{}", said.quoted())).unwrap_or_default(),
            access: Access::External,
            status: self.status_with_reply(me, &facts).await?,
            quote: Some(false),
            ..Draft::default()
        };
        Ok(Beginning {
            suggested: self.involved(&facts, &recipients).await?,
            draft: Draft { recipients: Some(recipients), ..draft },
            template: self.template_of_type(&facts).await?,
        })
    }

    async fn answered(&self, facts: &TicketFacts, message: Option<&MessageId>) -> Result<Option<Said>> {
        let said: Option<Said> = sqlx::query_as(
            "select id, access, author_name, text, quote_at, created_at from message
             where ticket_id = $1 and access = 'external' and taken_back_at is null
               and ((id = $2 and kind in ('enquiry', 'reply')) or ($2 = '' and kind = 'enquiry'))
             order by created_at desc, id desc limit 1",
        )
        .bind(facts.id.clone())
        .bind(message.map(|id| id.0.clone()).unwrap_or_default())
        .fetch_optional(self.read())
        .await?;
        match (said, message) {
            (None, Some(_)) => Err(Error::invalid("message", Why::NotAChoice)),
            (said, _) => Ok(said),
        }
    }

    /// MSG-5: the category's status for a new message, else what the writer prefers. One that needs a time is chosen by hand.
    async fn status_with_reply(&self, me: &AgentId, facts: &TicketFacts) -> Result<Option<StatusId>> {
        let categorys: Option<Option<StatusId>> =
            sqlx::query_scalar("select message_status_id from category where id = $1")
                .bind(facts.category_id.clone())
                .fetch_optional(self.read())
                .await?;
        let offered = match categorys.flatten() {
            Some(status) => Some(status),
            None => self.preferences_of(me).await?.message_status,
        };
        let Some(offered) = offered else { return Ok(None) };
        let state: Option<String> = sqlx::query_scalar("select state from status where id = $1")
            .bind(offered.clone())
            .fetch_optional(self.read())
            .await?;
        Ok(state.filter(|state| ["open", "closed"].contains(&state.as_str())).map(|_| offered))
    }

    pub(crate) async fn template_of_type(&self, facts: &TicketFacts) -> Result<Option<String>> {
        let template: Option<Option<String>> = sqlx::query_scalar(
            "select y.template from request_type y join ticket t on t.type_id = y.id
             where t.id = $1 and y.deleted_at is null",
        )
        .bind(facts.id.clone())
        .fetch_optional(self.read())
        .await?;
        Ok(template.flatten().filter(|name| !name.is_empty()))
    }

    /// What was said on this request and the files that lie on it, to be put into a message. MSG-9. What colleagues said
    /// among themselves is not offered (D3); what an outside helper wrote is, and says that it is internal.
    pub async fn insertable(&self, actor: &Actor, id: &TicketId) -> Result<Insertable> {
        staff(actor)?;
        let facts = self.facts(actor, id).await?;
        let said: Vec<Said> = sqlx::query_as(
            "select id, access, author_name, text, quote_at, created_at from message
             where ticket_id = $1 and taken_back_at is null
               and ((access = 'external' and kind in ('enquiry', 'reply')) or kind = 'helper')
             order by created_at desc, id desc limit $2",
        )
        .bind(facts.id.clone())
        .bind(MOST_OFFERED)
        .fetch_all(self.read())
        .await?;
        let files: Vec<FileRow> = sqlx::query_as(
            "select a.message_id, m.access, m.created_at, a.name, a.mime, a.size, a.blob
             from attachment a join message m on m.id = a.message_id
             where m.ticket_id = $1 and m.taken_back_at is null and a.content_id is null
               and ((m.access = 'external' and m.kind in ('enquiry', 'reply')) or m.kind = 'helper')
             order by m.created_at desc, m.id desc, a.id limit $2",
        )
        .bind(facts.id)
        .bind(MOST_OFFERED)
        .fetch_all(self.read())
        .await?;
        let message = |said: Said| {
            Ok(InsertableMessage {
                access: word(&said.access)?,
                preview: preview(&said.text, said.quote_at),
                text: said.quoted(),
                id: said.id,
                author: said.author_name,
                at: said.created_at,
            })
        };
        let file = |row: FileRow| {
            Ok(InsertableFile {
                message: row.message_id,
                at: row.created_at,
                access: word(&row.access)?,
                upload: self.vouched(row.name, row.mime, row.size, row.blob),
            })
        };
        Ok(Insertable {
            messages: said.into_iter().map(message).collect::<Result<_>>()?,
            // A program that came in does not go out again.
            files: files.into_iter().filter(|row| !is_program(&row.name)).map(file).collect::<Result<_>>()?,
        })
    }
}
