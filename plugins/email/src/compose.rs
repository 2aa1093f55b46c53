//! A letter becomes bytes: the same letter, the same bytes, so that sending again is sending the same mail.

use crate::{
    header,
    mail::{Enclosure, Letter},
};
use mail_builder::{
    MessageBuilder,
    encoders::base64::base64_encode_mime,
    headers::{content_type::ContentType, date::Date, raw::Raw},
    mime::{BodyPart, MimePart},
};
use sha2::{Digest, Sha256};

/// Longer chains are cut in the middle: the first id and the newest tell where a mail belongs.
const MOST_REFERENCES: usize = 20;

/// Writes raw RFC 5322 bytes, text and HTML side by side. Nothing in a letter can add a field or end a part.
pub fn compose(letter: &Letter) -> Vec<u8> {
    let mut mail = MessageBuilder::new();
    let mut field = |name: &'static str, value: String| {
        if !value.is_empty() {
            mail.headers.push((name.into(), Raw::new(value).into()));
        }
    };
    field("From", header::mailbox(&letter.from));
    field("Reply-To", letter.reply_to.as_ref().map(header::mailbox).unwrap_or_default());
    field("To", header::mailboxes(&letter.to));
    field("Cc", header::mailboxes(&letter.cc));
    field("Subject", header::text(&letter.subject));
    field("Date", Date::new(letter.date.clamp(0, 253_402_300_799_000) / 1000).to_rfc822());
    // Without one the library would make one up, from a clock that the sandbox does not have.
    let id = header::id(&letter.message_id).unwrap_or_else(|| format!("<{}@no-message-id>", digest(letter)));
    field("Message-ID", id);
    field("In-Reply-To", letter.in_reply_to.as_deref().and_then(header::id).unwrap_or_default());
    field("References", references(&letter.references));
    let automatic = letter.auto_submitted.as_deref().map(header::token).unwrap_or_default();
    if !automatic.is_empty() && automatic != "no" {
        // Exchange looks at its own field only.
        field("X-Auto-Response-Suppress", "All".to_owned());
    }
    field("Auto-Submitted", automatic);
    field("Content-Language", letter.language.as_deref().map(header::token).unwrap_or_default());
    mail = mail.body(body(letter));
    let files: usize = letter.files.iter().map(|file| file.bytes.len()).sum();
    let text = letter.text.len() + letter.html.as_ref().map_or(0, String::len);
    // Room at once: growing would hold a big mail twice.
    let mut raw = Vec::with_capacity(files / 9 * 13 + text * 2 + 16_384);
    // Writing to memory does not fail.
    let _ = mail.write_to(&mut raw);
    raw
}

/// Text alone; or text and HTML, with the pictures that the HTML shows; and files beside them.
fn body(letter: &Letter) -> MimePart<'_> {
    let boundary = Boundary(digest(letter));
    let text = MimePart::new("text/plain", BodyPart::Text(clean_body(&letter.text).into()));
    let (shown, beside): (Vec<&Enclosure>, Vec<&Enclosure>) = letter
        .files
        .iter()
        .partition(|file| letter.html.is_some() && file.content_id.as_deref().and_then(header::id).is_some());
    let mut body = match &letter.html {
        None => text,
        Some(html) => {
            let mut html = MimePart::new("text/html", BodyPart::Text(clean_body(html).into()));
            if !shown.is_empty() {
                let mut parts = vec![html];
                parts.extend(shown.into_iter().map(|file| file_part(file, "inline")));
                html = boundary.around("related", parts);
            }
            boundary.around("alternative", vec![text, html])
        }
    };
    if !beside.is_empty() {
        let mut parts = vec![body];
        parts.extend(beside.into_iter().map(|file| file_part(file, "attachment")));
        body = boundary.around("mixed", parts);
    }
    body
}

/// Always base64: a file arrives bit for bit.
fn file_part<'a>(file: &Enclosure, disposition: &str) -> MimePart<'a> {
    let mut encoded = Vec::with_capacity(file.bytes.len() / 3 * 4 + file.bytes.len() / 40 + 8);
    // Writing to memory does not fail.
    let _ = base64_encode_mime(&file.bytes, &mut encoded, false);
    let mut part = MimePart::new(ContentType::new(header::mime(&file.mime)), BodyPart::Binary(encoded.into()))
        .header("Content-Transfer-Encoding", Raw::new("base64"))
        .header("Content-Disposition", Raw::new(header::disposition(disposition, &file.name)));
    if let Some(id) = file.content_id.as_deref().and_then(header::id) {
        part = part.header("Content-ID", Raw::new(id));
    }
    part
}

/// Fixed by the mail, and unknown to whoever wrote its words.
struct Boundary(String);

impl Boundary {
    fn around<'a>(&self, kind: &str, parts: Vec<MimePart<'a>>) -> MimePart<'a> {
        let boundary = format!("=_{kind}_{}", &self.0[..24]);
        MimePart::new(ContentType::new(format!("multipart/{kind}")).attribute("boundary", boundary), parts)
    }
}

/// `=_` never stands in base64 or quoted-printable, and who can guess the hash has chosen both the Message-Id and the text.
fn digest(letter: &Letter) -> String {
    let mut hash = Sha256::new();
    for piece in
        [letter.message_id.as_bytes(), &letter.date.to_be_bytes(), letter.subject.as_bytes(), letter.text.as_bytes()]
    {
        hash.update((piece.len() as u64).to_be_bytes());
        hash.update(piece);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn references(ids: &[String]) -> String {
    let mut ids: Vec<String> = ids.iter().filter_map(|id| header::id(id)).collect();
    if ids.len() > MOST_REFERENCES {
        ids.drain(1..ids.len() - MOST_REFERENCES + 1);
    }
    ids.join(" ")
}

/// Line ends of one kind, and no NUL: some servers end a mail there.
fn clean_body(text: &str) -> String {
    let mut text = text.replace("\r\n", "\n").replace('\r', "\n");
    text.retain(|c| c != '\0');
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text.replace('\n', "\r\n")
}
