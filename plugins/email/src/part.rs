//! The parts of a mail: what is to be read, and what is attached.

use crate::{
    clean,
    mail::{Content, File},
    name, nested, plain, quoted,
    skeleton::Bodies,
};
use mail_parser::{
    Encoding, GetHeader, HeaderName, Message, MessagePart, MimeHeaders, PartType,
    decoders::{base64::base64_decode, charsets::map::charset_decoder, quoted_printable::quoted_printable_decode},
};
use memchr::{memchr, memchr_iter};
use std::borrow::Cow;

/// More files than this are not taken out; they are in the raw mail.
const MOST_FILES: usize = 500;

/// What the parser was given, and what it was not.
pub struct Source<'a> {
    /// The bytes in which the offsets of parts count.
    pub mail: &'a [u8],
    pub bodies: Bodies<'a>,
}

/// The readable text, and where HTML said that the quoted earlier mail begins.
pub fn text(message: &Message<'_>, source: &Source<'_>) -> plain::Plain {
    let mut whole = plain::Plain::default();
    for part in message.text_body.iter().filter_map(|&id| message.parts.get(id as usize)) {
        let mut quote_at = None;
        let piece = match &part.body {
            PartType::Text(_) => clean::lines(&unflowed(part, &decoded(part, source))),
            PartType::Html(_) => {
                let page = plain::plain(&decoded(part, source));
                quote_at = page.quote_at;
                page.text
            }
            _ => continue,
        };
        if piece.is_empty() {
            continue;
        }
        if !whole.text.is_empty() {
            whole.text.push_str("\n\n");
        }
        if whole.quote_at.is_none() {
            whole.quote_at = quote_at.map(|at| whole.text.len() + at);
        }
        whole.text.push_str(&piece);
    }
    if let Some(part) = without_boundary(message) {
        whole.text = match &part.body {
            PartType::Text(_) => clean::lines(&decoded(part, source)),
            _ => clean::lines(&String::from_utf8_lossy(&original(part, source))),
        };
    }
    // Words below a quotation in another part are new words.
    if message.text_body.len() > 1 {
        whole.quote_at = whole.quote_at.filter(|&at| crate::quote::nothing_new_after(&whole.text, at));
    }
    whole
}

/// A multipart that forgot its boundary: the parser takes it for a file, but its words are all there is.
fn without_boundary<'a, 'x>(message: &'a Message<'x>) -> Option<&'a MessagePart<'x>> {
    let [part] = &message.parts[..] else {
        return None;
    };
    let multipart = part.content_type().is_some_and(|kind| kind.ctype() == "multipart");
    (multipart && message.text_body.is_empty() && !matches!(part.body, PartType::Multipart(_))).then_some(part)
}

/// The HTML, where the mail has any; plain parts between become paragraphs.
pub fn html(message: &Message<'_>, source: &Source<'_>) -> Option<String> {
    let parts = || message.html_body.iter().filter_map(|&id| message.parts.get(id as usize));
    if !parts().any(|part| matches!(part.body, PartType::Html(_))) {
        return None;
    }
    let mut whole = String::new();
    for part in parts() {
        match &part.body {
            PartType::Html(_) => whole.push_str(&decoded(part, source)),
            PartType::Text(_) => {
                let text = clean::lines(&unflowed(part, &decoded(part, source)));
                if !text.is_empty() {
                    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
                    whole.push_str(&format!("<div style=\"white-space:pre-wrap\">{text}</div>"));
                }
            }
            _ => {}
        }
    }
    if memchr(0, whole.as_bytes()).is_some() {
        whole.retain(|c| c != '\0');
    }
    (!whole.trim().is_empty()).then_some(whole)
}

/// The attached files, moved out of the message.
pub fn files(message: &mut Message<'_>, source: &mut Source<'_>) -> Vec<File> {
    let mut files: Vec<File> = Vec::new();
    if without_boundary(message).is_some() {
        return files;
    }
    for id in message.attachments.clone() {
        let Some(part) = message.parts.get_mut(id as usize) else {
            continue;
        };
        if files.len() >= MOST_FILES {
            break;
        }
        let mime = mime(part);
        let text = matches!(part.body, PartType::Text(_) | PartType::Html(_));
        let content = match &mut part.body {
            PartType::Text(_) | PartType::Html(_) => Content::Here(original(part, source).into_owned()),
            // As it was sent, without the letter that closed it.
            PartType::Binary(_) | PartType::InlineBinary(_) if part.encoding == Encoding::None => {
                Content::Here(original(part, source).into_owned())
            }
            PartType::Binary(bytes) | PartType::InlineBinary(bytes) => match source.bodies.take(part.offset_body) {
                Some(content) => content,
                None => Content::Here(std::mem::take(bytes).into_owned()),
            },
            PartType::Message(_) | PartType::Multipart(_) => continue,
        };
        let declared = declared_name(part);
        // Empty unnamed parts are what programs leave behind.
        let (is_empty, subject) = match &content {
            Content::Here(bytes) => {
                (bytes.is_empty() || text && bytes.iter().all(u8::is_ascii_whitespace), subject_of(&mime, bytes))
            }
            Content::Kept { size, .. } => (*size == 0, None),
        };
        if is_empty && declared.is_none() {
            continue;
        }
        let name = name::file(declared.or(subject).as_deref(), &mime, files.len() + 1);
        files.push(File { name, mime, content_id: part.content_id().and_then(clean::id), content });
    }
    files
}

/// Where both forms of a name are given, the one of RFC 2231 knows more letters.
fn declared_name(part: &MessagePart<'_>) -> Option<String> {
    let disposition = part.content_disposition().and_then(|value| value.attributes()).unwrap_or_default();
    let names = || disposition.iter().filter(|attribute| attribute.name.eq_ignore_ascii_case("filename"));
    let best = names().find(|attribute| !attribute.value.is_ascii()).or_else(|| names().next());
    best.map(|attribute| attribute.value.to_string()).or_else(|| part.attachment_name().map(str::to_owned))
}

/// `type/subtype` in lower case; `application/octet-stream` where it is missing or no type at all.
pub fn mime(part: &MessagePart<'_>) -> String {
    let token = |text: &str| {
        !text.is_empty()
            && text.len() <= 100
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&b))
    };
    let fallback = if matches!(part.body, PartType::Text(_)) { "text/plain" } else { "application/octet-stream" };
    match part.content_type() {
        Some(kind) => match kind.subtype() {
            Some(sub) if token(kind.ctype()) && token(sub) => nested::shown(&format!("{}/{sub}", kind.ctype())),
            _ => fallback.to_owned(),
        },
        None => fallback.to_owned(),
    }
}

/// The bytes behind the transfer encoding, in the sender's charset; where there is no getting behind it, what the parser made
/// of them.
pub fn original<'a>(part: &'a MessagePart<'_>, source: &'a Source<'_>) -> Cow<'a, [u8]> {
    opened(part, source).unwrap_or_else(|| match &part.body {
        PartType::Text(text) | PartType::Html(text) => Cow::Borrowed(text.as_bytes()),
        PartType::Binary(bytes) | PartType::InlineBinary(bytes) => Cow::Borrowed(bytes),
        _ => Cow::Borrowed(sent(part, source)),
    })
}

fn opened<'a>(part: &MessagePart<'_>, source: &'a Source<'_>) -> Option<Cow<'a, [u8]>> {
    if let Some(bytes) = source.bodies.get(part.offset_body) {
        return Some(Cow::Borrowed(bytes));
    }
    let sent = sent(part, source);
    match part.encoding {
        Encoding::None => Some(Cow::Borrowed(sent)),
        Encoding::Base64 if said_only(part, sent) => Some(Cow::Borrowed(sent)),
        Encoding::Base64 => base64_decode(sent).map(Cow::Owned),
        Encoding::QuotedPrintable => quoted::opened(sent).or_else(|| quoted_printable_decode(sent)).map(Cow::Owned),
    }
}

fn sent<'a>(part: &MessagePart<'_>, source: &Source<'a>) -> &'a [u8] {
    source.mail.get(part.offset_body as usize..part.offset_end as usize).unwrap_or_default()
}

/// Some programs say base64 and send plain words.
fn said_only(part: &MessagePart<'_>, sent: &[u8]) -> bool {
    matches!(part.body, PartType::Text(_) | PartType::Html(_)) && !is_base64(sent)
}

fn is_base64(sent: &[u8]) -> bool {
    sent[..sent.len().min(2048)].split(|b| *b == b'\n').all(|line| {
        let line = line.trim_ascii();
        line.iter().all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(b))
    })
}

/// A text part in UTF-8, from the charset that is named; where none is, this looks for signs of one.
fn decoded<'a>(part: &'a MessagePart<'_>, source: &'a Source<'_>) -> Cow<'a, str> {
    let (PartType::Text(text) | PartType::Html(text)) = &part.body else {
        return Cow::Borrowed("");
    };
    let named = part.content_type().and_then(|kind| kind.attribute("charset"));
    // Western charsets are named by habit; bytes that are UTF-8 all through are nothing else.
    let western = named.is_some_and(|name| {
        let name = name.to_ascii_lowercase();
        ["us-ascii", "ascii", "iso-8859-1", "iso8859-1", "iso-8859-15", "latin1", "windows-1252", "cp1252"]
            .contains(&name.as_str())
    });
    let known = named.and_then(|name| charset_decoder(name.as_bytes()));
    let certain = known.is_some() && !named.is_some_and(|name| name.to_ascii_lowercase().contains("ascii"));
    let Some(bytes) = opened(part, source) else {
        return Cow::Owned(nested::shown_text(text.clone().into_owned()));
    };
    let mistaken = part.encoding == Encoding::Base64
        && source.bodies.get(part.offset_body).is_none()
        && said_only(part, sent(part, source));
    let utf8 = std::str::from_utf8(&bytes).is_ok();
    let as_named = |bytes: Cow<'a, [u8]>| match known {
        Some(decode) => Cow::Owned(decode(&bytes)),
        None => lossy(bytes),
    };
    if utf8 && (mistaken || western && !bytes.is_ascii()) {
        return lossy(bytes);
    }
    if certain {
        return as_named(bytes);
    }
    let charset: &[u8] = if memchr_iter(0x1b, &bytes).any(|at| matches!(bytes.get(at + 1..at + 3), Some(b"$B" | b"$@")))
    {
        b"iso-2022-jp"
    } else if utf8 {
        return as_named(bytes);
    } else {
        match charset_in_html(&bytes) {
            Some(name) if matches!(part.body, PartType::Html(_)) => name,
            _ => b"windows-1252",
        }
    };
    match charset_decoder(charset).or_else(|| charset_decoder(b"windows-1252")) {
        Some(decode) => Cow::Owned(decode(&bytes)),
        None => as_named(bytes),
    }
}

fn lossy(bytes: Cow<'_, [u8]>) -> Cow<'_, str> {
    match bytes {
        // Nearly all is right, and to see that at once is quicker than to look for what is not.
        Cow::Borrowed(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => String::from_utf8_lossy(bytes),
        },
        Cow::Owned(bytes) => Cow::Owned(
            String::from_utf8(bytes).unwrap_or_else(|why| String::from_utf8_lossy(why.as_bytes()).into_owned()),
        ),
    }
}

fn charset_in_html(bytes: &[u8]) -> Option<&[u8]> {
    let head = &bytes[..bytes.len().min(2048)];
    let at = head.windows(8).position(|name| name.eq_ignore_ascii_case(b"charset="))?;
    let value = &head[at + 8..];
    let value = value.strip_prefix(b"\"").or(value.strip_prefix(b"'")).unwrap_or(value);
    let end = value.iter().position(|b| !(b.is_ascii_alphanumeric() || b"-_".contains(b))).unwrap_or(value.len());
    (end > 0 && !value[..end].eq_ignore_ascii_case(b"utf-8")).then_some(&value[..end])
}

/// Joins the lines that the sender's program broke softly. RFC 3676.
fn unflowed<'a>(part: &MessagePart<'_>, text: &'a str) -> Cow<'a, str> {
    let attribute = |name: &str| part.content_type().and_then(|kind| kind.attribute(name)).unwrap_or_default();
    if !attribute("format").eq_ignore_ascii_case("flowed") {
        return Cow::Borrowed(text);
    }
    let delete_space = attribute("delsp").eq_ignore_ascii_case("yes");
    let depth = |line: &str| line.bytes().take_while(|b| *b == b'>').count();
    let mut joined = String::with_capacity(text.len());
    let mut open: Option<usize> = None;
    for line in text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)) {
        let quotes = depth(line);
        let body = line[quotes..].strip_prefix(' ').unwrap_or(&line[quotes..]);
        let signature = body == "-- " || body == "--";
        if open == Some(quotes) && !signature {
            joined.push_str(body);
        } else {
            if !joined.is_empty() || open.is_some() {
                joined.push('\n');
            }
            joined.push_str(&">".repeat(quotes));
            joined.push_str(if quotes > 0 && !body.is_empty() { " " } else { "" });
            joined.push_str(body);
        }
        open = (body.ends_with(' ') && !signature).then_some(quotes);
        if open.is_some() && delete_space {
            joined.pop();
        }
        if joined.is_empty() {
            joined.push('\n');
        }
    }
    Cow::Owned(joined)
}

/// An attached mail is called what it is about.
fn subject_of(mime: &str, bytes: &[u8]) -> Option<String> {
    if mime != "message/rfc822" && mime != "message/global" {
        return None;
    }
    let header = &bytes[..nested::header_end(&bytes[..bytes.len().min(64 << 10)])];
    let subject = mail_parser::MessageParser::new().header_text(HeaderName::Subject).parse_headers(header)?;
    let subject = subject.parts.first()?.headers.header_value(&HeaderName::Subject)?.as_text()?.to_owned();
    let subject = clean::line(&subject, 80).replace(['/', '\\'], "-");
    (!subject.is_empty()).then(|| format!("{subject}.eml"))
}
