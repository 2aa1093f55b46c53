//! A mail without the bodies of its parts.
//!
//! The parser looks at every letter of every file for a boundary, and then once more to open it. In the sandbox that is
//! most of what reading a mail costs. So bodies are found here by searching and opened by the line, and the parser gets
//! the mail without them: it decides what is a part, as before, and has little to look at.
//!
//! What is left out is only what the parser would have read in the same way. [`Bodies::hold`] asks it afterwards:
//! where it saw anything else than was seen here, the mail is read whole.

use crate::quoted;
use mail_parser::{Encoding, Message, MimeHeaders, PartType};
use memchr::{memchr, memchr2_iter, memmem};
use std::{borrow::Cow, ops::Range};

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
    /// Behind the transfer encoding.
    bytes: Cow<'a, [u8]>,
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
    let mut walk = Walk { mail, kept: Vec::new(), from: 0, left_out: Bodies::default() };
    walk.parts();
    let kept = walk.kept.len() + mail.len() - walk.from;
    if walk.left_out.bodies.is_empty() || mail.len() > LARGE && kept > mail.len() / 4 {
        return whole(mail);
    }
    walk.kept.extend_from_slice(&mail[walk.from..]);
    Skeleton { mail: Cow::Owned(walk.kept), bodies: walk.left_out }
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
        Some(&self.bodies[found].bytes)
    }

    /// The same, to keep.
    pub fn take(&mut self, at: u32) -> Option<Vec<u8>> {
        let found = self.bodies.binary_search_by_key(&(at as usize), |body| body.at).ok()?;
        Some(std::mem::take(&mut self.bodies[found].bytes).into_owned())
    }
}

/// From part to part.
struct Walk<'a> {
    mail: &'a [u8],
    kept: Vec<u8>,
    /// What lies before is kept or left out.
    from: usize,
    left_out: Bodies<'a>,
}

impl<'a> Walk<'a> {
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
        self.left_out.bodies.push(Body { at: self.place(range.start), encoding, bytes });
        self.kept.extend_from_slice(&self.mail[self.from..range.start]);
        self.from = until;
    }
}

/// The bytes behind the transfer encoding that the head names; `None` where the body is not all in it.
fn opened<'a>(head: &[u8], sent: &'a [u8]) -> Option<(Encoding, Cow<'a, [u8]>)> {
    let encoding = field(head, b"content-transfer-encoding").unwrap_or_default();
    if encoding.eq_ignore_ascii_case(b"base64") {
        Some((Encoding::Base64, Cow::Owned(base64(sent)?)))
    } else if encoding.eq_ignore_ascii_case(b"quoted-printable") {
        Some((Encoding::QuotedPrintable, Cow::Owned(quoted::opened(sent)?)))
    } else {
        Some((Encoding::None, Cow::Borrowed(sent)))
    }
}

/// Base64 by the line (RFC 2045, section 6.8); `None` for what is not all in it: that may be plain words.
fn base64(sent: &[u8]) -> Option<Vec<u8>> {
    let mut letters = Vec::with_capacity(sent.len());
    let mut rest = sent;
    while let Some(end) = memchr(b'\n', rest) {
        letters.extend_from_slice(rest[..end].strip_suffix(b"\r").unwrap_or(&rest[..end]));
        rest = &rest[end + 1..];
    }
    letters.extend_from_slice(rest);
    let size = base64_simd::STANDARD.decode_inplace(&mut letters).ok()?.len();
    letters.truncate(size);
    Some(letters)
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

fn names(head: &[u8], word: &'static [u8]) -> bool {
    places(head, word).next().is_some()
}

/// `--` and the boundary, where the head has one.
fn boundary(head: &[u8]) -> Option<Vec<u8>> {
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
fn field<'a>(head: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    head.split(|b| *b == b'\n').find_map(|line| {
        let found = line.get(..name.len())?.eq_ignore_ascii_case(name);
        found.then(|| line[name.len()..].trim_ascii_start().strip_prefix(b":"))?.map(<[u8]>::trim_ascii)
    })
}
