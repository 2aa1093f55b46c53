//! A mail of ours that came back. It fails for whom it did not reach, and for nobody else. One that is only late is on its way.

use crate::{
    Result,
    db::{Fact, Write},
    intake::sender_of,
    message::NewMessage,
    model::*,
    outside::{Inbound, Late},
    person::{address, shorten},
    thread::OwnMessage,
};

/// How much of a report is looked at, in bytes: what it says of recipients stands before the mail it returns.
const REPORT: usize = 256 << 10;

/// Whom a report of failed delivery is about: RFC 3464's `Final-Recipient`, and `X-Failed-Recipients` of old servers.
/// Whoever a copy was only late for, or did reach, is not among them.
pub(crate) fn failed_recipients(raw: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(&raw[..raw.len().min(REPORT)]).to_lowercase();
    let mut failed = vec![];
    let mut add = |text: &str| {
        if let Ok(address) = address(text)
            && !failed.contains(&address)
        {
            failed.push(address);
        }
    };
    for paragraph in text.replace("\r\n", "\n").split("\n\n") {
        let fields: Vec<(&str, &str)> = paragraph.lines().filter_map(|line| line.split_once(':')).collect();
        let field = |name: &str| fields.iter().find(|(found, _)| *found == name).map(|(_, value)| value.trim());
        if field("action").is_none_or(|action| action.starts_with("failed"))
            && let Some(recipient) = field("final-recipient").or(field("original-recipient"))
        {
            add(recipient.rsplit(';').next().unwrap_or(recipient));
        }
        field("x-failed-recipients").unwrap_or_default().split(',').for_each(&mut add);
    }
    failed
}

/// What a report (RFC 3464) is about that tells of delay and of nothing else; none for any other mail.
pub(crate) fn late(raw: &[u8]) -> Option<Late> {
    let text = String::from_utf8_lossy(&raw[..raw.len().min(REPORT)]).replace("\r\n", "\n");
    let (head, body) = text.split_once("\n\n")?;
    if !head.to_lowercase().contains("multipart/report") {
        return None;
    }
    let mut late = Late::default();
    let fields = |paragraph: &str| -> Vec<(String, String)> {
        let line =
            |line: &str| line.split_once(':').map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()));
        paragraph.lines().filter_map(line).collect()
    };
    for paragraph in body.split("\n\n") {
        let fields = fields(paragraph);
        let field = |name: &str| fields.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str());
        if let Some(action) = field("action") {
            // What did not arrive for one of them came back.
            if !action.to_lowercase().starts_with("delayed") {
                return None;
            }
            let whom = field("final-recipient").or(field("original-recipient")).unwrap_or_default();
            late.recipients.extend(address(whom.rsplit(';').next().unwrap_or(whom)).ok());
        }
        let named = ["original-message-id", "x-original-message-id", "message-id"];
        let names = named.iter().filter_map(|name| field(name));
        // The bytes are as they came; what is no id is no mail's of ours (RFC 5322, 3.6.4).
        let is_id = |name: &&str| !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c.is_control());
        late.names.extend(names.map(|name| name.trim_matches(['<', '>'])).filter(is_id).map(str::to_owned));
    }
    (!late.recipients.is_empty() && !late.names.is_empty()).then_some(late)
}

/// Whether a report's own words name this address; what it returns of our mail names all of them.
fn names(words: &str, recipient: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '+' | '@');
    words.match_indices(recipient).any(|(at, _)| {
        let before = words[..at].chars().next_back();
        let mut after = words[at + recipient.len()..].chars();
        let goes_on = match after.next() {
            // A dot may end the sentence.
            Some('.') => after.next().is_some_and(inside),
            next => next.is_some_and(inside),
        };
        !before.is_some_and(inside) && !goes_on
    })
}

/// The part of a report that speaks of the failure, before what it returns.
fn own_words(text: &str, quote_at: Option<usize>) -> String {
    let text = quote_at.and_then(|at| text.get(..at)).unwrap_or(text).to_lowercase();
    let returned = ["\nmessage-id:", "below this line is a copy", "original message follows", "\nreturn-path:"];
    let end = returned.iter().filter_map(|start| text.find(start)).min().unwrap_or(text.len());
    text[..end].to_owned()
}

/// One copy of a mail that left.
#[derive(Clone, sqlx::FromRow)]
struct Copy {
    id: DeliveryId,
    recipient: String,
}

/// Which copies came back: those that the report names. Where it names none, the only one there is; of several it can't be
/// told, and then a person has to look at all.
fn came_back(copies: &[Copy], mail: &Inbound) -> (Vec<Copy>, DeliveryState) {
    let told: Vec<Copy> = copies.iter().filter(|copy| mail.bounced.contains(&copy.recipient)).cloned().collect();
    if !told.is_empty() {
        return (told, DeliveryState::Failed);
    }
    let words = own_words(&mail.text, mail.quote_at);
    let named: Vec<Copy> = copies.iter().filter(|copy| names(&words, &copy.recipient)).cloned().collect();
    match (named.is_empty(), copies.len()) {
        (false, _) => (named, DeliveryState::Failed),
        (true, 0 | 1) => (copies.to_vec(), DeliveryState::Failed),
        (true, _) => (copies.to_vec(), DeliveryState::Uncertain),
    }
}

impl Write {
    /// Notes at a mail of ours for whom it is late; nothing where the report is of no mail of ours. It may arrive yet: nobody
    /// has to do anything.
    pub(crate) async fn note_late(&mut self, late: &Late, mail: &Inbound) -> Result<Option<OwnMessage>> {
        for name in &late.names {
            let Some(ours) = self.sent_as(name).await? else { continue };
            let why = shorten(mail.subject.as_deref().unwrap_or_default(), 200);
            for recipient in &late.recipients {
                sqlx::query(
                    "update delivery set error = $3 where message_id = $1 and recipient = $2 and state = 'sent'",
                )
                .bind(ours.id.clone())
                .bind(recipient.clone())
                .bind(why.clone())
                .execute(self.sql())
                .await?;
            }
            return Ok(Some(ours));
        }
        Ok(None)
    }

    pub(crate) async fn add_bounce(&mut self, found: &OwnMessage, mail: &Inbound, source: &str) -> Result<MessageId> {
        let new = NewMessage {
            kind: Some(MessageKind::Bounce),
            internal: true,
            author_name: sender_of(mail),
            author_email: mail.from.address.clone(),
            text: mail.text.clone(),
            source: Some(source.to_owned()),
            files: mail.attachments.clone(),
            ..NewMessage::default()
        };
        let message = self.add_message(&found.ticket_id, new).await?;
        let copies: Vec<Copy> = sqlx::query_as(
            "select id, recipient from delivery where message_id = $1 and state <> 'queued' order by created_at, id",
        )
        .bind(found.id.clone())
        .fetch_all(self.sql())
        .await?;
        let why = shorten(mail.subject.as_deref().unwrap_or_default(), 200);
        let (back, state) = came_back(&copies, mail);
        for copy in &back {
            sqlx::query("update delivery set state = $2, error = $3 where id = $1")
                .bind(copy.id.clone())
                .bind(state.as_str())
                .bind(why.clone())
                .execute(self.sql())
                .await?;
        }
        let whom = back.iter().map(|copy| copy.recipient.as_str()).collect::<Vec<_>>().join(", ");
        let data = (!whom.is_empty()).then_some(whom);
        let fact = Fact { ticket: Some(&found.ticket_id), data, ..Fact::default() };
        self.record(&Actor::System, Cause::Mail, EventKind::Bounced, fact).await?;
        self.reopen(&Actor::System, Cause::Mail, &found.ticket_id, Happening::Bounced).await?;
        Ok(message)
    }
}

#[cfg(test)]
mod tests {
    use super::{failed_recipients, late, names, own_words};

    #[test]
    fn a_report_names_whom_it_failed_for_and_not_whom_it_is_late_for() {
        let raw = b"From: mailer-daemon@x\r\n\r\nReporting-MTA: dns; mx.x\r\n\r\n\
            Final-Recipient: rfc822; Kari@Fjord.no\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n\
            Final-Recipient: rfc822;ola@fjord.no\r\nAction: delayed\r\n\r\nTo: per@fjord.no\r\n";
        assert_eq!(failed_recipients(raw), ["kari@fjord.no"]);
        let old = b"From: x\nX-Failed-Recipients: kari@fjord.no, ola@fjord.no\n\nHei";
        assert_eq!(failed_recipients(old), ["kari@fjord.no", "ola@fjord.no"]);
        assert!(failed_recipients(b"Hei").is_empty());
    }

    #[test]
    fn a_report_of_delay_is_one_only_where_nothing_failed() {
        let report = |first: &str, second: &str| {
            format!(
                "From: mailer-daemon@x\r\nContent-Type: multipart/report; report-type=delivery-status;\r\n boundary=b\r\n\r\n\
                 --b\r\nContent-Type: text/plain\r\n\r\nNot yet.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n\
                 Reporting-MTA: dns; mx.x\r\n\r\nFinal-Recipient: rfc822; Kari@Fjord.no\r\nAction: {first}\r\n\r\n\
                 Final-Recipient: rfc822; ola@fjord.no\r\nAction: {second}\r\n\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\n\
                 Message-ID: <One.2.abc@Company.com>\r\nSubject: Skriver\r\n\r\n--b--\r\n"
            )
        };
        let found = late(report("delayed", "Delayed").as_bytes()).unwrap();
        assert_eq!(found.recipients, ["kari@fjord.no", "ola@fjord.no"]);
        assert_eq!(found.names, ["One.2.abc@Company.com"]);
        for (first, second) in [("failed", "delayed"), ("delayed", "failed"), ("delivered", "relayed")] {
            assert_eq!(late(report(first, second).as_bytes()), None, "{first} {second}");
        }
        let person = report("delayed", "delayed").replace("multipart/report", "multipart/mixed");
        assert_eq!(late(person.as_bytes()), None, "somebody sends a report on");
        assert_eq!(late(b"Hei"), None);
        // Anybody may send such bytes, and no database of ours has a name with them.
        for no_id in ["a\0b@company.com", "a b@company.com", "\u{7}"] {
            let odd = report("delayed", "delayed").replace("One.2.abc@Company.com", no_id);
            assert_eq!(late(odd.as_bytes()), None, "{no_id:?}");
        }
    }

    #[test]
    fn an_address_is_named_when_it_stands_alone() {
        assert!(names("could not reach <kari@fjord.no>.", "kari@fjord.no"));
        assert!(names("could not reach kari@fjord.no.", "kari@fjord.no"));
        assert!(!names("could not reach ann-kari@fjord.no", "kari@fjord.no"));
        assert!(!names("could not reach kari@fjord.no.uk", "kari@fjord.no"));
        assert!(!own_words("failed: a@b.no\nMessage-ID: <x>\nTo: kari@fjord.no", None).contains("kari"));
    }
}
