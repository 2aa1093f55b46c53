//! A thread as it is read: its messages, their HTML, their files.

use crate::{Desk, Error, Result, access::staff, db::word, message::first_name, model::*};

#[derive(sqlx::FromRow)]
struct MessageRow {
    id: MessageId,
    kind: String,
    access: String,
    agent_id: Option<AgentId>,
    author_name: String,
    author_email: String,
    unproven: i64,
    text: String,
    quote_at: Option<i64>,
    has_html: i64,
    recipients: String,
    cc: String,
    bcc: String,
    source: Option<String>,
    problem: Option<String>,
    created_at: i64,
    flagged_at: Option<i64>,
    minutes: i64,
    charge: i64,
    redacted_at: Option<i64>,
    side_id: Option<String>,
    leaves_at: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct AttachmentRow {
    id: AttachmentId,
    message_id: MessageId,
    name: String,
    mime: String,
    size: i64,
}

#[derive(sqlx::FromRow)]
struct DeliveryRow {
    id: DeliveryId,
    message_id: MessageId,
    recipient: String,
    state: String,
    attempts: i64,
    error: Option<String>,
    reached_at: Option<i64>,
    seen_at: Option<i64>,
}

impl TryFrom<DeliveryRow> for Delivery {
    type Error = Error;

    fn try_from(row: DeliveryRow) -> Result<Self> {
        Ok(Delivery {
            id: row.id,
            recipient: row.recipient,
            state: word(&row.state)?,
            attempts: row.attempts,
            error: row.error,
            reached_at: row.reached_at,
            seen_at: row.seen_at,
        })
    }
}

/// How much somebody has to look at a delivery.
fn urgency(state: DeliveryState) -> u8 {
    match state {
        DeliveryState::Sent => 0,
        DeliveryState::Queued => 1,
        DeliveryState::Sending => 2,
        DeliveryState::Uncertain => 3,
        DeliveryState::Failed => 4,
    }
}

impl Desk {
    /// The messages of a request, oldest first; for customers without the internal ones, and without inner details.
    pub(crate) async fn messages(&self, ticket: &TicketId, staff: bool) -> Result<Vec<Message>> {
        let rows: Vec<MessageRow> = sqlx::query_as(
            "select m.id, m.kind, m.access, m.agent_id, m.author_name, m.author_email, m.unproven, m.text, m.quote_at,
                    case when m.html is null then 0 else 1 end as has_html, m.recipients, m.cc, m.bcc, m.source, m.problem,
                    m.created_at, m.flagged_at, m.minutes, m.charge, m.redacted_at, m.side_id, h.until_at as leaves_at
             from message m left join held h on h.message_id = m.id and h.until_at > $3
             where m.ticket_id = $1 and ($2 = 1 or (m.access = 'external' and h.until_at is null))
               and m.taken_back_at is null
             order by m.created_at, m.id",
        )
        .bind(ticket.clone())
        .bind(i64::from(staff))
        .bind(self.clock().now())
        .fetch_all(self.read())
        .await?;
        let mut files: Vec<AttachmentRow> = sqlx::query_as(
            "select a.id, a.message_id, a.name, a.mime, a.size from attachment a join message m on m.id = a.message_id
             where m.ticket_id = $1 order by a.id",
        )
        .bind(ticket.clone())
        .fetch_all(self.read())
        .await?;
        let mut deliveries: Vec<DeliveryRow> = sqlx::query_as(
            "select id, message_id, recipient, state, attempts, error, reached_at, seen_at from delivery
             where ticket_id = $1 and message_id is not null order by created_at, id",
        )
        .bind(ticket.clone())
        .fetch_all(self.read())
        .await?;
        let mut messages = Vec::with_capacity(rows.len());
        for row in rows {
            let from_staff = row.agent_id.is_some() || row.kind == MessageKind::Automatic.as_str();
            let attachments = files
                .extract_if(.., |file| file.message_id == row.id)
                .map(|file| Attachment { id: file.id, name: file.name, mime: file.mime, size: file.size })
                .collect();
            let deliveries: Vec<Delivery> = deliveries
                .extract_if(.., |delivery| staff && delivery.message_id == row.id)
                .map(Delivery::try_from)
                .collect::<Result<_>>()?;
            let (text, quoted) = match row.quote_at.and_then(|at| row.text.split_at_checked(at as usize)) {
                Some((fresh, old)) if !fresh.trim().is_empty() => (fresh.trim_end().to_owned(), Some(old.to_owned())),
                _ => (row.text, None),
            };
            messages.push(Message {
                kind: word(&row.kind)?,
                access: word(&row.access)?,
                author: Author {
                    unproven: staff && row.unproven == 1 && !row.author_email.is_empty(),
                    // Customers meet colleagues by their first name.
                    name: if from_staff && !staff { first_name(&row.author_name) } else { row.author_name },
                    email: if staff { row.author_email } else { String::new() },
                    staff: from_staff,
                },
                at: row.created_at,
                text,
                quoted,
                has_html: row.has_html == 1,
                attachments,
                to: if staff { lines(&row.recipients) } else { vec![] },
                cc: if staff { lines(&row.cc) } else { vec![] },
                bcc: if staff { lines(&row.bcc) } else { vec![] },
                delivery: deliveries.iter().max_by_key(|delivery| urgency(delivery.state)).cloned(),
                deliveries,
                leaves_at: row.leaves_at,
                problem: if staff { row.problem } else { None },
                has_source: staff && row.source.is_some() && row.redacted_at.is_none(),
                flagged: staff && row.flagged_at.is_some(),
                own_flag: None,
                minutes: if staff { row.minutes } else { 0 },
                charge: if staff { row.charge } else { 0 },
                redacted: row.redacted_at.is_some(),
                side: row.side_id.filter(|_| staff).map(SideId),
                id: row.id,
            });
        }
        Ok(messages)
    }

    /// The cleaned HTML of a mail, for its sandboxed frame; pictures inside it point to their attachments, with what their
    /// addresses need behind them: nothing for whoever has a session.
    pub async fn message_html(&self, actor: &Actor, id: &MessageId, pass: &str) -> Result<String> {
        let (ticket, access, html): (String, String, Option<String>) =
            sqlx::query_as("select ticket_id, access, html from message where id = $1 and taken_back_at is null")
                .bind(id.clone())
                .fetch_optional(self.read())
                .await?
                .ok_or(Error::NotFound)?;
        self.facts(actor, &TicketId(ticket)).await?;
        if actor.agent().is_none() && (access != Access::External.as_str() || self.is_held(id).await?) {
            return Err(Error::NotFound);
        }
        let html = html.ok_or(Error::NotFound)?;
        let pictures: Vec<(String, String)> =
            sqlx::query_as("select id, content_id from attachment where message_id = $1 and content_id is not null")
                .bind(id.clone())
                .fetch_all(self.read())
                .await?;
        Ok(with_pictures(&html, &pictures, pass))
    }

    /// The mail as it came, for agents.
    pub async fn message_source(&self, actor: &Actor, id: &MessageId) -> Result<Vec<u8>> {
        staff(actor)?;
        let (ticket, source): (String, Option<String>) =
            // What was blacked out is not there to be read in the mail it came in.
            sqlx::query_as("select ticket_id, source from message where id = $1 and redacted_at is null and taken_back_at is null")
                .bind(id.clone())
                .fetch_optional(self.read())
                .await?
                .ok_or(Error::NotFound)?;
        self.facts(actor, &TicketId(ticket)).await?;
        self.blobs().get(&source.ok_or(Error::NotFound)?).await
    }

    /// An attached file. D3: those of internal messages are not there for customers.
    pub async fn attachment(&self, actor: &Actor, id: &AttachmentId) -> Result<(Attachment, Vec<u8>)> {
        let row: Option<(MessageId, String, String, String, String, i64, String)> = sqlx::query_as(
            "select m.id, m.ticket_id, m.access, a.name, a.mime, a.size, a.blob
             from attachment a join message m on m.id = a.message_id
             where a.id = $1 and m.taken_back_at is null",
        )
        .bind(id.clone())
        .fetch_optional(self.read())
        .await?;
        let (message, ticket, access, name, mime, size, blob) = row.ok_or(Error::NotFound)?;
        self.facts(actor, &TicketId(ticket)).await?;
        if actor.agent().is_none() && (access != Access::External.as_str() || self.is_held(&message).await?) {
            return Err(Error::NotFound);
        }
        let bytes = self.blobs().get(&blob).await?;
        Ok((Attachment { id: id.clone(), name, mime, size }, bytes))
    }
}

/// HTML with its own pictures (attachments and their Content-IDs) in place of the names that it has for them (RFC 2392). A name
/// is taken whole: one may begin with another.
fn with_pictures(html: &str, pictures: &[(String, String)], pass: &str) -> String {
    let mut parts = html.split("cid:");
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| c.is_whitespace() || "\"'<>()".contains(c)).unwrap_or(part.len());
        let (name, rest) = part.split_at(end);
        let called = |content_id: &str| name == content_id || unescaped(name) == content_id;
        match pictures.iter().find(|(_, content_id)| called(content_id)) {
            Some((attachment, _)) => whole.extend(["/file/attachment/", attachment, pass, rest]),
            None => whole.extend(["cid:", part]),
        }
    }
    whole
}

/// A Content-ID as it is written in an address inside HTML.
fn unescaped(name: &str) -> String {
    let plain = name.replace("&amp;", "&");
    let mut bytes = vec![];
    let mut rest = plain.as_str();
    while let Some((before, after)) = rest.split_once('%') {
        bytes.extend_from_slice(before.as_bytes());
        let byte = after.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(byte.unwrap_or(b'%'));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8_lossy(&bytes).into_owned()
}

fn lines(text: &str) -> Vec<String> {
    text.split('\n').filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::with_pictures;

    #[test]
    fn a_picture_takes_no_other_picture_s_place() {
        let names = ["image1", "image10", "a b&c@mail"];
        let pictures: Vec<_> =
            names.iter().enumerate().map(|(n, name)| (format!("A{n}"), (*name).to_owned())).collect();
        let at = |n: usize| format!("<img src=\"/file/attachment/A{n}?key=k\">");
        for (html, right) in [
            ("<img src=\"cid:image10\"><img src=\"cid:image1\">", at(1) + &at(0)),
            ("<img src=\"cid:a%20b&amp;c@mail\">", at(2)),
            ("<img src=\"cid:image100\">", "<img src=\"cid:image100\">".to_owned()),
            ("<img src=\"cid:%zz%\"> cid:", "<img src=\"cid:%zz%\"> cid:".to_owned()),
        ] {
            assert_eq!(with_pictures(html, &pictures, "?key=k"), right);
        }
    }
}
