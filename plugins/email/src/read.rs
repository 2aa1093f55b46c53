//! Bytes become a mail.

use crate::{
    address, automatic,
    bounce::{self, Report},
    clean, dates,
    field::Fields,
    locale,
    mail::{Envelope, File, Mail, Party, Rejected},
    nested, part, plain, quote,
};
use mail_parser::{Address, Encoding, HeaderValue, Message, MessageParser, MessagePart, MimeHeaders, PartType};
use sha2::{Digest, Sha256};

/// Longer text is cut, and attached whole.
const MOST_TEXT: usize = 1 << 20;
/// Bigger HTML is attached and not shown.
const MOST_HTML: usize = 2 << 20;
const MOST_REFERENCES: usize = 50;
/// Bytes with none of these have no header: the parser finds one in any text with a colon.
const HEADER: [&str; 10] = [
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    "received",
    "return-path",
    "content-type",
    "mime-version",
    "sender",
];

/// Reads raw RFC 5322 bytes.
///
/// # Errors
/// For bytes that are no mail: nothing at all, or no header and no readable text.
pub fn read(raw: &[u8], envelope: &Envelope) -> Result<Mail, Rejected> {
    let prepared = nested::prepared(raw);
    let Some(mut message) = MessageParser::new().parse(&prepared[..]) else {
        return without_header(raw);
    };
    let fields = Fields::of(message.headers(), &prepared);
    if !HEADER.iter().any(|name| fields.has(name)) {
        return without_header(raw);
    }
    let from = sender(&message, &fields);
    let subject = message.subject().map(|subject| clean::line(subject, 400)).filter(|subject| !subject.is_empty());
    let words = subject.as_deref().unwrap_or_default();

    let plain::Plain { mut text, quote_at: marked } = part::text(&message, &prepared);
    let html = part::html(&message, &prepared);
    let quote_at =
        marked.into_iter().chain(quote::split(&text, words)).min().or_else(|| quote_from_html(&text, html.as_deref()));

    let report = report(&message, &prepared);
    if text.is_empty() {
        // Some servers write to people in the part for programs.
        text = clean::lines(&String::from_utf8_lossy(clean_start(report.status.as_deref().unwrap_or_default())));
    }
    let bounce_of = bounce::original(&report, &fields, &from.address, words, &text);
    let automatic = automatic::reason(&fields, envelope, &from.address, words)
        .or_else(|| (bounce_of.is_some() || report.declared).then_some("auto-submitted"));
    let locale = locale::hint(&fields, &text[..quote_at.unwrap_or(text.len())]);

    let id = ids(message.header("Message-ID")).into_iter().next();
    let mut mail = Mail {
        id: id.unwrap_or_else(|| id_of_bytes(raw)),
        sent_at: dates::sent_at(message.date()),
        reply_to: address::first(message.reply_to()).filter(|party| !party.address.is_empty()),
        to: recipients(message.to(), fields.get("to")),
        cc: recipients(message.cc(), fields.get("cc")),
        in_reply_to: ids(message.header("In-Reply-To")),
        references: references(ids(message.header("References"))),
        files: part::files(&mut message, &prepared),
        from,
        subject,
        text,
        quote_at,
        html,
        automatic,
        bounce_of,
        locale,
    };
    fit(&mut mail);
    Ok(mail)
}

/// The author; else who sent it for them; else the return path. An address is worth more than a name.
fn sender(message: &Message<'_>, fields: &Fields) -> Party {
    let from = address::first(message.from());
    if let Some(from) = from.as_ref().filter(|party| !party.address.is_empty()) {
        return from.clone();
    }
    if let Some(rescued) = fields.get("from").and_then(address::rescued) {
        return rescued;
    }
    let name = from.map(|party| party.name).unwrap_or_default();
    let address = address::first(message.sender())
        .map(|party| party.address)
        .filter(|address| !address.is_empty())
        .unwrap_or_else(|| address::address(fields.get("return-path").unwrap_or_default()));
    Party { address, name }
}

/// Everyone who was named; at least one where the field has an address at all.
fn recipients(parsed: Option<&Address<'_>>, field: Option<&str>) -> Vec<Party> {
    let found = address::parties(parsed);
    if found.is_empty() { field.and_then(address::rescued).into_iter().collect() } else { found }
}

fn ids(value: Option<&HeaderValue<'_>>) -> Vec<String> {
    let list: Vec<&str> = match value {
        Some(HeaderValue::Text(one)) => vec![one],
        Some(HeaderValue::TextList(many)) => many.iter().map(AsRef::as_ref).collect(),
        _ => Vec::new(),
    };
    let mut found: Vec<String> = Vec::new();
    for id in list.into_iter().take(1000).filter_map(clean::id).filter(|id| id.len() > 2) {
        if !found.contains(&id) {
            found.push(id);
        }
    }
    found
}

/// The first, which began the conversation, and the newest.
fn references(mut ids: Vec<String>) -> Vec<String> {
    if ids.len() > MOST_REFERENCES {
        ids.drain(1..ids.len() - MOST_REFERENCES + 1);
    }
    ids
}

fn clean_start(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.len().min(64 << 10)]
}

/// The same bytes always have the same name.
fn id_of_bytes(raw: &[u8]) -> String {
    let hash: String = Sha256::digest(raw).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{hash}@no-message-id")
}

/// Mail programs that send both forms mark the quotation in one of them.
fn quote_from_html(text: &str, html: Option<&str>) -> Option<usize> {
    let html = html.filter(|html| html.len() <= MOST_HTML)?;
    let page = plain::plain(html);
    let head = &page.text[..page.quote_at?];
    // Walk both, letters and digits only: programs differ in everything else.
    let mut wanted = head.chars().filter(|c| c.is_alphanumeric());
    let mut next = wanted.next()?;
    for (at, c) in text.char_indices().filter(|(_, c)| c.is_alphanumeric()) {
        if c != next {
            return None;
        }
        match wanted.next() {
            Some(c) => next = c,
            None => {
                let line = at + text[at..].find('\n')? + 1;
                let start = line + text[line..].len() - text[line..].trim_start().len();
                return (start < text.len() && quote::nothing_new_after(text, start)).then_some(start);
            }
        }
    }
    None
}

/// RFC 6522 and 3464.
fn report(message: &Message<'_>, raw: &[u8]) -> Report {
    let root = message.parts.first().and_then(|part| part.content_type());
    let kind = root.and_then(|kind| kind.attribute("report-type")).unwrap_or_default();
    let is_report = root.is_some_and(|kind| {
        kind.ctype() == "multipart" && kind.subtype().is_some_and(|sub| sub.eq_ignore_ascii_case("report"))
    });
    let declared = is_report && kind.eq_ignore_ascii_case("delivery-status");
    let bytes = |part: &MessagePart<'_>| match &part.body {
        PartType::Text(_) | PartType::Html(_) => part::original(part, raw).into_owned(),
        PartType::Binary(bytes) | PartType::InlineBinary(bytes) if part.encoding != Encoding::None => bytes.to_vec(),
        PartType::Multipart(_) | PartType::Message(_) => Vec::new(),
        _ => part::original(part, raw).into_owned(),
    };
    let mut report = Report { declared, ..Report::default() };
    for part in &message.parts {
        let mime = part::mime(part);
        match mime.as_str() {
            "message/delivery-status" | "message/global-delivery-status" => {
                let status = report.status.get_or_insert_default();
                status.extend(bytes(part));
                status.push(b'\n');
            }
            "message/rfc822"
            | "message/global"
            | "text/rfc822-headers"
            | "message/rfc822-headers"
            | "message/global-headers"
                if report.returned.is_none() =>
            {
                let all = bytes(part);
                report.returned = Some(all[..nested::header_end(&all)].to_vec());
            }
            _ => {}
        }
    }
    report
}

/// Words without a header are still words; noise is refused.
fn without_header(raw: &[u8]) -> Result<Mail, Rejected> {
    if raw.iter().all(u8::is_ascii_whitespace) {
        return Err(Rejected("the mail is empty"));
    }
    let start = &raw[..raw.len().min(MOST_TEXT)];
    let odd = start.iter().filter(|b| **b < 32 && !b"\t\r\n".contains(b) || **b == 127).count();
    let text = String::from_utf8_lossy(start);
    if odd * 20 > start.len() || text.matches('\u{FFFD}').count() * 20 > start.len() {
        return Err(Rejected("these bytes are not a mail"));
    }
    Ok(Mail { id: id_of_bytes(raw), text: clean::lines(&text), ..Mail::default() })
}

/// What is too long to carry becomes a file.
fn fit(mail: &mut Mail) {
    if mail.html.as_ref().is_some_and(|html| html.len() > MOST_HTML)
        && let Some(html) = mail.html.take()
    {
        mail.files.push(File {
            name: "message.html".into(),
            mime: "text/html".into(),
            content_id: None,
            bytes: html.into_bytes(),
        });
    }
    if mail.text.len() > MOST_TEXT {
        let whole = mail.text.clone().into_bytes();
        mail.text = clean::start(&mail.text, MOST_TEXT).to_owned();
        mail.quote_at = mail.quote_at.filter(|&at| at < mail.text.len());
        mail.files.push(File { name: "message.txt".into(), mime: "text/plain".into(), content_id: None, bytes: whole });
    }
}
