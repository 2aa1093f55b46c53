//! A message: how it gets into the database, and what a person may write.

use crate::{Error, Result, Why, db::Write, model::*, outside::InboundFile, person::shorten};

/// Longest text that a person may write, in characters. Mail may be longer: nothing that arrives is refused for its length.
pub const LONGEST_TEXT: usize = 100_000;
const PREVIEW: usize = 160;

/// A message on its way into the database.
#[derive(Default)]
pub(crate) struct NewMessage {
    pub id: Option<MessageId>,
    pub kind: Option<MessageKind>,
    pub internal: bool,
    pub agent: Option<AgentId>,
    pub person: Option<PersonId>,
    pub author_name: String,
    pub author_email: String,
    /// The address is only what whoever wrote typed.
    pub unproven: bool,
    /// Where they want to be answered, where that is not where they wrote from.
    pub reply_to: String,
    pub text: String,
    pub quote_at: Option<i64>,
    pub html: Option<String>,
    pub to: Vec<String>,
    pub cc: Vec<String>,
    pub bcc: Vec<String>,
    pub mail_id: Option<String>,
    pub in_reply_to: Option<String>,
    pub template: Option<String>,
    pub source: Option<String>,
    pub problem: Option<String>,
    pub files: Vec<InboundFile>,
    pub side: Option<SideId>,
    pub time: Time,
    /// It moves nothing in a list, and nobody has spoken by it.
    pub no_news: bool,
}

impl Write {
    pub(crate) async fn add_message(&mut self, ticket: &TicketId, new: NewMessage) -> Result<MessageId> {
        let id = new.id.unwrap_or_default();
        let kind = new.kind.unwrap_or(MessageKind::Enquiry);
        let access = if new.internal { Access::Internal } else { Access::External };
        let now = self.now;
        // One mail name belongs to one message; a second mail of the same name is kept without it.
        let mail_id = match new.mail_id {
            Some(name) => {
                let taken: Option<MessageId> = sqlx::query_scalar("select id from message where mail_id = $1")
                    .bind(name.clone())
                    .fetch_optional(self.sql())
                    .await?;
                taken.is_none().then_some(name)
            }
            None => None,
        };
        // PostgreSQL's text has no NUL.
        let text = new.text.replace('\0', "");
        let preview = preview(&text, new.quote_at);
        sqlx::query(
            "insert into message (id, ticket_id, kind, access, agent_id, person_id, author_name, author_email, text, quote_at,
                                  html, recipients, cc, mail_id, in_reply_to, template, source, problem, created_at,
                                  side_id, minutes, bcc, charge, no_news, reply_to, unproven)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,
                     $24, $25, $26)",
        )
        .bind(id.clone())
        .bind(ticket.clone())
        .bind(kind.as_str())
        .bind(access.as_str())
        .bind(new.agent)
        .bind(new.person)
        .bind(new.author_name)
        .bind(new.author_email)
        .bind(text)
        .bind(new.quote_at)
        .bind(new.html.map(|html| html.replace('\0', "")))
        .bind(new.to.join("\n"))
        .bind(new.cc.join("\n"))
        .bind(mail_id)
        .bind(new.in_reply_to)
        .bind(new.template)
        .bind(new.source)
        .bind(new.problem)
        .bind(now)
        .bind(new.side)
        .bind(new.time.minutes)
        .bind(new.bcc.join("\n"))
        .bind(new.time.charge)
        .bind(i64::from(new.no_news))
        .bind(new.reply_to)
        .bind(i64::from(new.unproven))
        .execute(self.sql())
        .await?;
        for file in &new.files {
            sqlx::query(
                "insert into attachment (id, message_id, name, mime, size, blob, content_id) values ($1, $2, $3, $4, $5, $6, $7)",
            )
            .bind(AttachmentId::new())
            .bind(id.clone())
            .bind(file_name(&file.name))
            .bind(shorten(&file.mime, 200))
            .bind(file.size as i64)
            .bind(file.blob.clone())
            .bind(file.content_id.clone().map(|text| shorten(&text, 250)))
            .execute(self.sql())
            .await?;
        }
        let staff_spoke = matches!(kind, MessageKind::Reply) && !new.internal;
        let customer_spoke = matches!(kind, MessageKind::Enquiry) && !new.internal && !new.no_news;
        // The acknowledgement is no news to anybody: it moves nothing in a list.
        let moves = !matches!(kind, MessageKind::Automatic) && !new.no_news;
        sqlx::query(
            "update ticket set messages = messages + 1, files = files + $2, minutes = minutes + $8,
                    charge = charge + $9,
                    preview = case when $3 = 1 then $4 else preview end,
                    changed_at = case when $3 = 1 then $5 else changed_at end,
                    first_read_at = case when $6 = 1 then coalesce(first_read_at, $5) else first_read_at end,
                    replied_at = case when $6 = 1 then coalesce(replied_at, $5) else replied_at end,
                    replies = replies + $6,
                    last_external_by_staff_at = case when $6 = 1 then $5 else last_external_by_staff_at end,
                    last_external_at = case when $6 = 1 or $7 = 1 then $5 else last_external_at end
             where id = $1",
        )
        .bind(ticket.clone())
        .bind(new.files.len() as i64)
        .bind(i64::from(moves))
        .bind(preview)
        .bind(now)
        .bind(i64::from(staff_spoke))
        .bind(i64::from(customer_spoke))
        .bind(new.time.minutes)
        .bind(new.time.charge)
        .execute(self.sql())
        .await?;
        Ok(id)
    }
}

/// The first words of what is new in a message.
pub(crate) fn preview(text: &str, quote_at: Option<i64>) -> String {
    let fresh = quote_at.and_then(|at| text.get(..at as usize)).unwrap_or(text);
    let fresh = if fresh.trim().is_empty() { text } else { fresh };
    let words: Vec<&str> = fresh.split_whitespace().take(60).collect();
    shorten(&words.join(" "), PREVIEW)
}

/// A name that is safe to show and to save under: no path, no control or direction-changing characters.
pub(crate) fn file_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let clean: String = last
        .chars()
        .filter(|c| {
            !c.is_control() && !matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        })
        .take(200)
        .collect();
    let clean = clean.trim().trim_start_matches('.').to_owned();
    if clean.is_empty() { "file".to_owned() } else { clean }
}

/// Text that a person wrote, or why it can't be taken.
pub(crate) fn written(field: &str, text: &str, most: usize) -> Result<String> {
    if text.trim().is_empty() {
        return Err(Error::invalid(field, Why::Missing));
    }
    if text.chars().count() > most {
        return Err(Error::invalid(field, Why::TooLong { most: most as u32 }));
    }
    Ok(text.replace('\0', "").replace("\r\n", "\n").trim().to_owned())
}

/// Most minutes that one message can take: more than two months of days and nights.
const MOST_MINUTES: i64 = 100_000;

/// What went into a message, in whole minutes: spent, and to charge. TIM-1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Time {
    pub minutes: i64,
    pub charge: i64,
}

impl Time {
    /// By the timer, whose begun minutes count, and by what its writer says is to be charged.
    pub(crate) fn of(seconds: i64, charge: i64) -> Result<Time> {
        Time { minutes: (seconds.clamp(0, MOST_MINUTES * 60) + 59) / 60, charge }.checked()
    }

    /// Itself, if it can be.
    pub(crate) fn checked(self) -> Result<Time> {
        for (field, minutes) in [("minutes", self.minutes), ("charge", self.charge)] {
            if !(0..=MOST_MINUTES).contains(&minutes) {
                return Err(Error::invalid(field, Why::NotAChoice));
            }
        }
        Ok(self)
    }
}

pub(crate) fn first_name(name: &str) -> String {
    name.split_whitespace().next().unwrap_or(name).to_owned()
}

#[cfg(test)]
mod tests {
    use super::{file_name, preview};

    #[test]
    fn file_names_can_t_lead_astray() {
        assert_eq!(file_name("../../etc/passwd"), "passwd");
        assert_eq!(file_name("faktura\u{202e}fdp.exe"), "fakturafdp.exe");
        assert_eq!(file_name("C:\\temp\\a.pdf"), "a.pdf");
        assert_eq!(file_name("..."), "file");
    }

    #[test]
    fn a_preview_leaves_out_what_was_quoted() {
        assert_eq!(preview("Takk!\n\n> gammelt", Some(7)), "Takk!");
        assert_eq!(preview("> bare sitat", Some(0)), "> bare sitat");
    }
}
