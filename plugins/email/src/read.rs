//! Bytes become a mail.

use crate::{
    address, automatic,
    bounce::{self, Report},
    clean, dates,
    field::Fields,
    large::{self, Light, Store},
    locale,
    mail::{Content, Envelope, File, Mail, Party, Rejected},
    nested,
    part::{self, Source},
    plain, quote,
    skeleton::{self, Bodies, Skeleton},
};
use mail_parser::{Address, Encoding, HeaderValue, Message, MessageParser, MessagePart, MimeHeaders, PartType};
use saker_plugin::read_all;
use sha2::{Digest, Sha256};
use std::cell::OnceCell;

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
    read_of(raw, envelope, skeleton::bare)
}

/// Reads a mail that is too large to hold; its files stay with the store.
///
/// # Errors
/// As [`read`] does; and outside of that, the store's.
pub fn read_large(store: &mut impl Store, envelope: &Envelope) -> Result<Result<Mail, Rejected>, String> {
    if let Some(light) = large::light(store)? {
        if light.away.is_empty() {
            return Ok(read(&light.mail, envelope));
        }
        if let Some(mail) = read_light(light, envelope, || id_of_hash(store.hash())) {
            return Ok(Ok(mail));
        }
    }
    let raw = read_all(store.size() as u32, |from, most| store.read(from as usize, most as usize))?;
    Ok(read(&raw, envelope))
}

/// `None` where the parser sees anything else than was seen when the files were taken out.
fn read_light(light: Light, envelope: &Envelope, id: impl FnOnce() -> String) -> Option<Mail> {
    let readable = nested::readable_header(&light.mail);
    let mut away = light.away;
    for away in &mut away {
        away.at = away.at + readable.len() - light.mail.len();
    }
    let skeleton = skeleton::bare_beside(&readable, away)?;
    let bare = nested::closed(&skeleton.mail);
    let message = MessageParser::new().parse(&bare[..]).filter(|message| skeleton.bodies.hold(message))?;
    mail(message, Source { mail: &skeleton.mail, bodies: skeleton.bodies }, envelope, id)
}

/// Reads what `skeleton` makes of the mail, and the whole of it where the parser sees anything else in that.
fn read_of(
    raw: &[u8],
    envelope: &Envelope,
    skeleton: impl for<'a> FnOnce(&'a [u8]) -> Skeleton<'a>,
) -> Result<Mail, Rejected> {
    let readable = nested::readable_header(raw);
    let skeleton = skeleton(&readable);
    let (bare, closed) = (nested::closed(&skeleton.mail), OnceCell::new());
    let parser = MessageParser::new();
    let (message, source) = match parser.parse(&bare[..]).filter(|message| skeleton.bodies.hold(message)) {
        Some(message) => (message, Source { mail: &skeleton.mail, bodies: skeleton.bodies }),
        None => {
            // A large mail is not there three times.
            drop(skeleton.bodies);
            let closed = closed.get_or_init(|| nested::closed(&readable));
            let Some(message) = parser.parse(&closed[..]) else {
                return without_header(raw);
            };
            (message, Source { mail: &readable, bodies: Bodies::default() })
        }
    };
    mail(message, source, envelope, || id_of_bytes(raw)).map_or_else(|| without_header(raw), Ok)
}

/// The mail in a message, which has the name `id` where it names itself none; `None` where there is no header.
fn mail(
    mut message: Message<'_>,
    mut source: Source<'_>,
    envelope: &Envelope,
    id: impl FnOnce() -> String,
) -> Option<Mail> {
    let fields = Fields::of(message.headers(), source.mail);
    if !HEADER.iter().any(|name| fields.has(name)) {
        return None;
    }
    let from = sender(&message, &fields);
    let subject = message.subject().map(|subject| clean::line(subject, 400)).filter(|subject| !subject.is_empty());
    let words = subject.as_deref().unwrap_or_default();

    let plain::Plain { mut text, quote_at: marked } = part::text(&message, &source);
    let html = part::html(&message, &source);
    let quote_at =
        marked.into_iter().chain(quote::split(&text, words)).min().or_else(|| quote_from_html(&text, html.as_deref()));

    let report = report(&message, &source);
    if text.is_empty() {
        // Some servers write to people in the part for programs.
        text = clean::lines(&String::from_utf8_lossy(clean_start(report.status.as_deref().unwrap_or_default())));
    }
    let bounce_of = bounce::original(&report, &fields, envelope, &from.address, words, &text);
    let automatic = automatic::reason(&fields, envelope, &from.address, words)
        .or_else(|| (bounce_of.is_some() || report.declared).then_some("auto-submitted"));
    let locale = locale::hint(&fields, &text[..quote_at.unwrap_or(text.len())]);

    let mut mail = Mail {
        id: ids(message.header("Message-ID")).into_iter().next().unwrap_or_else(id),
        sent_at: dates::sent_at(message.date()),
        reply_to: address::first(message.reply_to()).filter(|party| !party.address.is_empty()),
        to: recipients(message.to(), fields.get("to")),
        cc: recipients(message.cc(), fields.get("cc")),
        in_reply_to: ids(message.header("In-Reply-To")),
        references: references(ids(message.header("References"))),
        files: part::files(&mut message, &mut source),
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
    Some(mail)
}

/// The author; else who sent it for them; else the return path. An address is worth more than a name.
fn sender(message: &Message<'_>, fields: &Fields<'_>) -> Party {
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
    id_of_hash(&Sha256::digest(raw))
}

fn id_of_hash(hash: &[u8]) -> String {
    let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{hash}@no-message-id")
}

/// Mail programs that send both forms mark the quotation in one of them.
fn quote_from_html(text: &str, html: Option<&str>) -> Option<usize> {
    let html = html.filter(|html| html.len() <= MOST_HTML && plain::may_mark(html))?;
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
fn report(message: &Message<'_>, source: &Source<'_>) -> Report {
    let root = message.parts.first().and_then(|part| part.content_type());
    let kind = root.and_then(|kind| kind.attribute("report-type")).unwrap_or_default();
    let is_report = root.is_some_and(|kind| {
        kind.ctype() == "multipart" && kind.subtype().is_some_and(|sub| sub.eq_ignore_ascii_case("report"))
    });
    let declared = is_report && kind.eq_ignore_ascii_case("delivery-status");
    let bytes = |part: &MessagePart<'_>| match &part.body {
        PartType::Multipart(_) | PartType::Message(_) => Vec::new(),
        PartType::Binary(bytes) | PartType::InlineBinary(bytes)
            if part.encoding != Encoding::None && source.bodies.get(part.offset_body).is_none() =>
        {
            bytes.to_vec()
        }
        _ => part::original(part, source).into_owned(),
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
    report.declared |= is_report && kind.is_empty() && report.status.is_some();
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
            content: Content::Here(html.into_bytes()),
        });
    }
    if mail.text.len() > MOST_TEXT {
        let whole = mail.text.clone().into_bytes();
        mail.text = clean::start(&mail.text, MOST_TEXT).to_owned();
        mail.quote_at = mail.quote_at.filter(|&at| at < mail.text.len());
        mail.files.push(File {
            name: "message.txt".into(),
            mime: "text/plain".into(),
            content_id: None,
            content: Content::Here(whole),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::{Content, Envelope, Mail, Rejected, id_of_bytes, read_large, read_light, read_of};
    use crate::{large::tests::Memory, skeleton};

    /// Every kind of part, in two multiparts and a mail in the mail.
    const MAIL: &str = "From: Kari <kari@fjord.no>\r\nSubject: Skriver\r\nMIME-Version: 1.0\r\n\
        Content-Type: multipart/mixed; boundary=\"ytre--\"\r\n\r\nFor gamle programmer.\r\n--ytre--\r\n\
        Content-Type: multipart/alternative;\r\n boundary=indre\r\n\r\n--indre\r\nContent-Type: text/plain; charset=utf-8\r\n\
        Content-Transfer-Encoding: quoted-printable\r\n\r\nSkriveren st=C3=A5r.  \r\nDen er =\r\nborte. =20\r\n\r\n--indre\r\n\
        Content-Type: text/html; charset=iso-8859-1\r\n\r\n<p>Skriveren st&aring;r -- <b>stille</b></p>\r\n--indre--\r\n\r\n\
        --ytre--\r\nContent-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n\
        QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo=\r\n\r\n--ytre--\r\nContent-Type: text/csv; charset=windows-1252\r\n\
        Content-Disposition: attachment; filename=b.csv\r\n\r\na;b\r\n--ytre--\r\nContent-Type: message/rfc822\r\n\r\n\
        Subject: Inni\r\nContent-Type: message/rfc822\r\n\r\nHei\r\n--ytre----\r\nslutt\r\n";

    /// That mail, so many times, with more and more changed in it.
    fn changed(rounds: usize) -> impl Iterator<Item = Vec<u8>> {
        let mut seed = 7_u32;
        let mut random = move |below: usize| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) as usize % below
        };
        let pieces =
            ["\r\n", "\n", "--", "=", "--indre", "--ytre--", " ", "base64", "boundary=x", "\r\n\r\n", "A", "\u{e5}"];
        (0..rounds).map(move |round| {
            let mut mail = MAIL.as_bytes().to_vec();
            if round % 3 == 1 {
                mail.retain(|b| *b != b'\r');
            }
            for _ in 0..round.min(1 + round % 4) {
                let at = random(mail.len());
                let until = (at + random(40)).min(mail.len());
                match random(3) {
                    0 => drop(mail.drain(at..until)),
                    1 => mail[at] = random(256) as u8,
                    _ => drop(mail.splice(at..at, pieces[random(pieces.len())].bytes())),
                }
            }
            mail
        })
    }

    fn same(mail: &[u8], read: &Result<Mail, Rejected>, whole: &Result<Mail, Rejected>) {
        let said = |mail: &Result<Mail, Rejected>| format!("{mail:#?}").lines().map(str::to_owned).collect::<Vec<_>>();
        let differ: Vec<_> = said(read).into_iter().zip(said(whole)).filter(|(a, b)| a != b).take(4).collect();
        assert!(read == whole, "{differ:#?}\n{}", String::from_utf8_lossy(mail));
    }

    /// Read without its bodies, a mail says what it says whole: as it is, and with anything in it changed.
    #[test]
    fn a_mail_without_its_bodies_says_the_same() {
        let envelope = Envelope::default();
        let mut left_out = 0;
        for mail in changed(10_000) {
            let whole = read_of(&mail, &envelope, skeleton::whole);
            let mut fewer = 0;
            let apart = read_of(&mail, &envelope, |mail| {
                let skeleton = skeleton::bare(mail);
                fewer = mail.len() - skeleton.mail.len();
                skeleton
            });
            left_out += usize::from(fewer > 0);
            same(&mail, &apart, &whole);
        }
        assert!(left_out > 5_000, "{left_out}");
    }

    /// Read in pieces, with its files taken out, a mail says what it says whole, or nothing.
    #[test]
    fn a_large_mail_says_the_same() {
        let envelope = Envelope::default();
        let mut light = 0;
        for (round, mail) in changed(10_000).enumerate() {
            let mut store = Memory::of(&mail);
            let piece = [100, 128, 300, 4_000][round / 4 % 4];
            let light_mail = store.light(piece).filter(|light| !light.away.is_empty());
            let read = light_mail.and_then(|light| read_light(light, &envelope, || id_of_bytes(&mail)));
            let Some(mut read) = read else { continue };
            light += 1;
            for file in &mut read.files {
                if let Content::Kept { id, size } = &file.content {
                    let bytes = std::mem::take(&mut store.files[id.parse::<usize>().unwrap()]);
                    assert_eq!(bytes.len(), *size);
                    file.content = Content::Here(bytes);
                }
            }
            same(&mail, &Ok(read), &read_of(&mail, &envelope, skeleton::whole));
        }
        assert!(light > 3_000, "{light}");
    }

    #[test]
    fn a_large_mail_has_the_name_of_its_bytes() {
        let lines = "QUJD".repeat(19) + "\r\n";
        let file = format!(
            "--a\r\nContent-Type: image/png; name=a.png\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n",
            lines.repeat(10_000)
        );
        let head = "From: k@fjord.no\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n";
        let mut store = Memory::of(format!("{head}{file}{file}--a--\r\n").as_bytes());
        let mail = read_large(&mut store, &Envelope::default()).unwrap().unwrap();
        assert_eq!((mail.id.as_str(), mail.files.len()), ("abcd@no-message-id", 2));
        assert!(store.files.iter().all(|file| *file == b"ABC".repeat(190_000)));
        // Without files nothing is taken out, and nothing is read twice.
        let words = format!("From: k@fjord.no\r\n\r\n{}", "Hei.\r\n".repeat(100_000));
        let mut store = Memory::of(words.as_bytes());
        let mail = read_large(&mut store, &Envelope::default()).unwrap();
        assert!(mail == super::read(words.as_bytes(), &Envelope::default()));
        assert!(store.given < words.len() + 1_000, "{}", store.given);
        // Words in place of a file: the whole is read.
        let mut store = Memory::of(format!("{head}{file}Hei\r\n{file}--a--\r\n").as_bytes());
        let mail = read_large(&mut store, &Envelope::default()).unwrap().unwrap();
        assert!(mail.files.iter().all(|file| matches!(file.content, Content::Here(_))));
    }
}
