//! A mail without the bodies of its parts.
//!
//! The parser looks at every letter of every file for a boundary, and then once more to open it. In the sandbox that is
//! most of what reading a mail costs. So bodies are found here by searching and opened by the line, and the parser gets
//! the mail without them: it decides what is a part, as before, and has little to look at.
//!
//! What is left out is only what the parser would have read in the same way. [`Bodies::hold`] asks it afterwards:
//! where it saw anything else than was seen here, the mail is read whole.

use crate::{base64, mail::Content, quoted};
use mail_parser::{Encoding, Message, MimeHeaders, PartType};
use memchr::{memchr, memchr2_iter, memmem};
use std::{borrow::Cow, iter::Peekable, ops::Range, vec};

/// From here on a second copy of what is left would take more memory than it saves.
const LARGE: usize = 1 << 20;

/// What the parser is given, and what it is not.
pub struct Skeleton<'a> {
    pub mail: Cow<'a, [u8]>,
    pub bodies: Bodies<'a>,
}

/// What was left out, in the order of the mail.
#[derive(Default)]
pub struct Bodies<'a> {
    bodies: Vec<Body<'a>>,
    multiparts: Vec<Multipart>,
}

/// The body of one part.
struct Body<'a> {
    /// Where it would begin in the skeleton.
    at: usize,
    encoding: Encoding,
    bytes: Bytes<'a>,
}

/// What is behind a transfer encoding.
enum Bytes<'a> {
    Here(Cow<'a, [u8]>),
    Away { id: String, size: usize },
}

/// A file that was taken out of the mail before, and is kept elsewhere.
pub struct Away {
    /// Where it would begin in the mail.
    pub at: usize,
    /// What it is called there.
    pub id: String,
    /// Bytes behind the transfer encoding.
    pub size: usize,
}

/// A multipart, and where its body begins in the skeleton.
struct Multipart {
    at: usize,
    boundary: Vec<u8>,
}

/// The whole mail, with nothing left out.
pub fn whole(mail: &[u8]) -> Skeleton<'_> {
    Skeleton { mail: Cow::Borrowed(mail), bodies: Bodies::default() }
}

/// The mail without each body whose end and encoding leave no doubt.
pub fn bare(mail: &[u8]) -> Skeleton<'_> {
    let walk = Walk::along(mail, vec![]);
    let kept = walk.kept.len() + mail.len() - walk.from;
    if walk.left_out.bodies.is_empty() || mail.len() > LARGE && kept > mail.len() / 4 {
        return whole(mail);
    }
    walk.end()
}

/// The same for a mail that some files were taken out of; `None` where one of them would not be seen.
pub fn bare_beside(mail: &[u8], away: Vec<Away>) -> Option<Skeleton<'_>> {
    let mut walk = Walk::along(mail, away);
    walk.away.next().is_none().then(|| walk.end())
}

impl<'a> Bodies<'a> {
    /// Did the parser find each body and each multipart where it was seen here?
    pub fn hold(&self, message: &Message<'_>) -> bool {
        let mut bodies = self.bodies.iter().peekable();
        let mut multiparts = self.multiparts.iter().peekable();
        for part in &message.parts {
            let (at, end) = (part.offset_body as usize, part.offset_end as usize);
            if let Some(body) = bodies.next_if(|body| body.at == at) {
                let leaf = !matches!(part.body, PartType::Multipart(_) | PartType::Message(_));
                if !leaf || end != at || part.encoding != body.encoding || part.is_encoding_problem {
                    return false;
                }
                let words =
                    part.content_type().is_none_or(|kind| ["text", "message", "xessage"].contains(&kind.ctype()));
                if matches!(body.bytes, Bytes::Away { .. }) && (part.is_text() || words) {
                    return false;
                }
            } else if let Some(seen) = multiparts.next_if(|seen| seen.at == at) {
                let boundary = part.content_type().and_then(|kind| kind.attribute("boundary")).map(str::as_bytes);
                if boundary != Some(&seen.boundary) || !matches!(part.body, PartType::Multipart(_)) {
                    return false;
                }
            }
        }
        bodies.peek().is_none() && multiparts.peek().is_none()
    }

    /// The bytes behind the transfer encoding of the part whose body begins here, where it was left out.
    pub fn get(&self, at: u32) -> Option<&[u8]> {
        let found = self.bodies.binary_search_by_key(&(at as usize), |body| body.at).ok()?;
        match &self.bodies[found].bytes {
            Bytes::Here(bytes) => Some(bytes),
            // Nobody reads words in it: see [`Bodies::hold`].
            Bytes::Away { .. } => None,
        }
    }

    /// The same, to keep.
    pub fn take(&mut self, at: u32) -> Option<Content> {
        let found = self.bodies.binary_search_by_key(&(at as usize), |body| body.at).ok()?;
        Some(match std::mem::replace(&mut self.bodies[found].bytes, Bytes::Here(Cow::Borrowed(&[]))) {
            Bytes::Here(bytes) => Content::Here(bytes.into_owned()),
            Bytes::Away { id, size } => Content::Kept { id, size },
        })
    }
}

/// From part to part.
struct Walk<'a> {
    mail: &'a [u8],
    kept: Vec<u8>,
    /// What lies before is kept or left out.
    from: usize,
    /// Not met yet.
    away: Peekable<vec::IntoIter<Away>>,
    left_out: Bodies<'a>,
}

impl<'a> Walk<'a> {
    fn along(mail: &'a [u8], away: Vec<Away>) -> Self {
        let away = away.into_iter().peekable();
        let mut walk = Walk { mail, kept: Vec::new(), from: 0, away, left_out: Bodies::default() };
        walk.parts();
        walk
    }

    fn end(mut self) -> Skeleton<'a> {
        self.kept.extend_from_slice(&self.mail[self.from..]);
        Skeleton { mail: Cow::Owned(self.kept), bodies: self.left_out }
    }

    /// Ends at the first thing that is not as RFC 2046 has it: the rest is the parser's.
    fn parts(&mut self) {
        let mail = self.mail;
        let mut open: Vec<Vec<u8>> = Vec::new();
        let mut at = 0;
        loop {
            let Some(end) = head_end(mail, at) else { return };
            let head = &mail[at..end];
            if let Some(boundary) = boundary(head) {
                let Some(found) = memmem::find(&mail[end..], &boundary) else { return };
                self.left_out.multiparts.push(Multipart { at: self.place(end), boundary: boundary[2..].to_vec() });
                at = end + found + boundary.len();
                open.push(boundary);
            } else if names(head, b"multipart") {
                return;
            } else {
                let range = match open.last() {
                    None => end..mail.len(),
                    Some(boundary) => match memmem::find(&mail[end..], boundary) {
                        Some(found) => end..end + found,
                        None => return,
                    },
                };
                at = range.end + open.last().map_or(0, Vec::len);
                self.leave_out(head, range);
            }
            // After the last part of a multipart comes the next one of what is around it.
            while mail[at.min(mail.len())..].starts_with(b"--") {
                open.pop();
                let Some(boundary) = open.last() else { return };
                let Some(found) = memmem::find(&mail[at..], boundary) else { return };
                at += found + boundary.len();
            }
            if open.is_empty() {
                return;
            }
        }
    }

    /// Where a place of the mail will be in the skeleton, when nothing more is left out before it.
    fn place(&self, at: usize) -> usize {
        self.kept.len() + at - self.from
    }

    fn leave_out(&mut self, head: &[u8], range: Range<usize>) {
        let until = range.end;
        let mut sent = &self.mail[range.clone()];
        // The line end before a boundary belongs to the boundary (RFC 2046, section 5.1.1). One within a line is odd enough for
        // the parser.
        if until < self.mail.len() && !sent.is_empty() {
            let Some(line) = sent.strip_suffix(b"\n") else { return };
            sent = line.strip_suffix(b"\r").unwrap_or(line);
        }
        let Some((encoding, bytes)) = opened(head, sent) else { return };
        let bytes = match self.away.next_if(|away| away.at == range.start && range.is_empty()) {
            Some(Away { id, size, .. }) => Bytes::Away { id, size },
            None => Bytes::Here(bytes),
        };
        self.left_out.bodies.push(Body { at: self.place(range.start), encoding, bytes });
        self.kept.extend_from_slice(&self.mail[self.from..range.start]);
        self.from = until;
    }
}

/// The bytes behind the transfer encoding that the head names; `None` where the body is not all in it.
fn opened<'a>(head: &[u8], sent: &'a [u8]) -> Option<(Encoding, Cow<'a, [u8]>)> {
    let encoding = field(head, b"content-transfer-encoding").unwrap_or_default();
    if encoding.eq_ignore_ascii_case(b"base64") {
        Some((Encoding::Base64, Cow::Owned(base64::opened(sent)?)))
    } else if encoding.eq_ignore_ascii_case(b"quoted-printable") {
        Some((Encoding::QuotedPrintable, Cow::Owned(quoted::opened(sent)?)))
    } else {
        Some((Encoding::None, Cow::Borrowed(sent)))
    }
}

/// After the blank line that ends the head of a part, which begins on the line of its boundary.
fn head_end(mail: &[u8], at: usize) -> Option<usize> {
    let mut line = at;
    loop {
        let end = line + memchr(b'\n', &mail[line..])? + 1;
        // The root's first line is no boundary's.
        if line > at && mail[line..end].trim_ascii().is_empty() {
            return Some(end);
        }
        line = end;
    }
}

/// Where a word begins, in whatever case.
fn places<'h>(head: &'h [u8], word: &'static [u8]) -> impl Iterator<Item = usize> + 'h {
    let first = word[0];
    memchr2_iter(first.to_ascii_lowercase(), first.to_ascii_uppercase(), head)
        .filter(|&at| head[at..].get(..word.len()).is_some_and(|there| there.eq_ignore_ascii_case(word)))
}

pub fn names(head: &[u8], word: &'static [u8]) -> bool {
    places(head, word).next().is_some()
}

/// `--` and the boundary, where the head has one.
pub fn boundary(head: &[u8]) -> Option<Vec<u8>> {
    for at in places(head, b"boundary") {
        let Some(value) = head[at + 8..].trim_ascii_start().strip_prefix(b"=") else { continue };
        let value = value.trim_ascii_start();
        let value = match value.strip_prefix(b"\"") {
            Some(quoted) => &quoted[..memchr(b'"', quoted)?],
            None => {
                let end = value.iter().position(|b| b.is_ascii_whitespace() || *b == b';').unwrap_or(value.len());
                &value[..end]
            }
        };
        return (!value.is_empty()).then(|| [b"--", value].concat());
    }
    None
}

/// The value of a field that stands on one line.
pub fn field<'a>(head: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    head.split(|b| *b == b'\n').find_map(|line| {
        let found = line.get(..name.len())?.eq_ignore_ascii_case(name);
        found.then(|| line[name.len()..].trim_ascii_start().strip_prefix(b":"))?.map(<[u8]>::trim_ascii)
    })
}
