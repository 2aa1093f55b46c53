//! Files that the remote keeps until they are asked for, and files that go out.

use crate::{
    Result, Tongue, blobs,
    call::{Call, unreached},
    fault, http,
    message::add_line,
    parts,
    types::{Attachment, AttachmentBody, InboundMessage, Part, PartContent},
    worded,
};

/// Bytes that go to the host at a time: the contract's most.
const PIECE: usize = 1 << 20;
/// How old a message may be that is left for a file which may still come, in milliseconds: ten minutes. What fails for longer
/// fails again and again, and what stands behind it waits.
const PATIENCE_MS: f64 = 600_000.0;

/// A file that a message names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The remote's name for it, or where it lies.
    pub at: String,
    /// As its sender named it.
    pub name: Option<String>,
    /// As the remote declares it; empty where it does not.
    pub mime: String,
    /// Bytes, where known.
    pub size: Option<i64>,
    /// Where a person can see it instead.
    pub page: Option<String>,
}

/// A message, and the files that it names.
#[derive(Clone, Debug)]
pub struct Taken {
    /// The message, without them.
    pub message: InboundMessage,
    /// To be fetched.
    pub files: Vec<Wanted>,
}

impl From<InboundMessage> for Taken {
    fn from(message: InboundMessage) -> Self {
        Self { message, files: vec![] }
    }
}

impl Taken {
    /// Whether it is so new that a file of it is worth another try.
    pub fn is_new(&self, now_ms: f64) -> bool {
        self.message.sent_at.is_some_and(|at| now_ms - at < PATIENCE_MS)
    }

    /// Whether it has neither words nor files.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty() && self.message.bodies.iter().all(|body| body.text.is_empty())
    }

    /// With a line in place of what somebody said and nobody can show: that is better than to lose it.
    pub fn never_empty(mut self, tongue: Tongue) -> Self {
        if self.is_empty() {
            let words = tongue.pick("[En melding som ikke kan vises her]", "[A message that can’t be shown here]");
            add_line(&mut self.message, words);
        }
        self
    }

    /// Fetches the files with what `fetch` asks for each. One that will never come is named in the text instead: a message
    /// is worth more than its file.
    ///
    /// # Errors
    /// For a file that may come later, where somebody is `patient`: the remote is told to come again, and brings the message
    /// once more.
    pub fn complete(
        self,
        tongue: Tongue,
        patient: impl Fn() -> bool,
        fetch: impl Fn(&Wanted) -> Result<Call>,
    ) -> Result<InboundMessage> {
        let Self { mut message, files } = self;
        for file in files {
            match fetch(&file).and_then(Call::file).and_then(|id| is_meant(id, &file)) {
                Ok(id) => message.attachments.push(Attachment {
                    filename: Some(file.name.unwrap_or_else(|| named_by_kind(&file.mime))),
                    mime: file.mime,
                    size: file.size.and_then(|size| u32::try_from(size).ok()),
                    content_id: None,
                    body: AttachmentBody::Stored(id),
                }),
                Err(why) if fault::passes(&why) && patient() => return Err(why),
                Err(_) => add_line(&mut message, &missing(&file, tongue)),
            }
        }
        Ok(message)
    }
}

impl Call {
    /// The bytes of an answer that is a yes, as a blob.
    ///
    /// # Errors
    /// [`fault::retryable`] where they may come later.
    pub fn file(self) -> Result<String> {
        match http::fetch_to_blob(&self.request()) {
            Ok((200..=299, id)) => Ok(id),
            Ok((408 | 425 | 429 | 500..=599, _)) => {
                Err(fault::retryable("busy", &worded!("en fil kan ikke hentes nå", "a file can't be fetched now")))
            }
            Ok((status, _)) => Err(fault::permanent(
                "no-file",
                &worded!("en fil kan ikke hentes ({status})", "a file can't be fetched ({status})"),
            )),
            Err(why) => Err(unreached(why, false)),
        }
    }
}

/// Bytes that came with a call, as a file of a message.
///
/// # Errors
/// [`fault::retryable`] where the host has no room for them now.
pub fn kept(file: &parts::File) -> Result<Attachment> {
    let lost = |_| fault::retryable("no-room", &worded!("en fil kunne ikke tas vare på", "a file could not be kept"));
    let id = blobs::create(&file.mime, Some(&file.name)).map_err(lost)?;
    for piece in file.bytes.chunks(PIECE) {
        blobs::append(&id, piece).map_err(lost)?;
    }
    blobs::seal(&id).map_err(lost)?;
    Ok(Attachment {
        size: u32::try_from(file.bytes.len()).ok(),
        filename: Some(file.name.clone()),
        mime: file.mime.clone(),
        content_id: None,
        body: AttachmentBody::Stored(id),
    })
}

/// Puts files that came with a call into a message, at most so many of them, as `keep` does ([`kept`]). One that can't be kept
/// is named in the text instead.
pub fn enclose(
    message: &mut InboundMessage,
    files: &[parts::File],
    most: usize,
    tongue: Tongue,
    keep: impl Fn(&parts::File) -> Result<Attachment>,
) {
    let words = tongue.pick("Filen kunne ikke tas vare på", "The file could not be kept");
    for (at, file) in files.iter().enumerate() {
        match (at < most).then(|| keep(file)) {
            Some(Ok(attachment)) => message.attachments.push(attachment),
            _ => add_line(message, &format!("[{words}: {}]", file.name)),
        }
    }
}

/// A page where something else was asked for is a remote that wants somebody to sign in.
fn is_meant(id: String, file: &Wanted) -> Result<String> {
    let html = |mime: &str| mime.to_ascii_lowercase().starts_with("text/html");
    match blobs::stat(&id) {
        Ok(info) if html(&info.mime) && !html(&file.mime) => Err(fault::permanent(
            "no-file",
            &worded!("det kom en side i stedet for filen", "a page came in place of the file"),
        )),
        _ => Ok(id),
    }
}

/// What is said in place of a file.
fn missing(file: &Wanted, tongue: Tongue) -> String {
    let words = tongue.pick("Filen kunne ikke hentes", "The file could not be fetched");
    let name = file.name.clone().unwrap_or_else(|| named_by_kind(&file.mime));
    match &file.page {
        Some(page) => format!("[{words}: {name}, {page}]"),
        None => format!("[{words}: {name}]"),
    }
}

/// A name for a file that has none.
pub fn named_by_kind(mime: &str) -> String {
    let (name, ending) = match mime.split(';').next().unwrap_or_default().trim() {
        "image/jpeg" => ("photo", "jpg"),
        "image/png" => ("picture", "png"),
        "image/webp" => ("picture", "webp"),
        "image/gif" => ("picture", "gif"),
        "audio/ogg" => ("voice", "ogg"),
        "audio/mpeg" => ("audio", "mp3"),
        "audio/mp4" => ("audio", "m4a"),
        "audio/aac" => ("audio", "aac"),
        "audio/amr" => ("voice", "amr"),
        "video/mp4" => ("video", "mp4"),
        "video/3gpp" => ("video", "3gp"),
        "application/pdf" => ("document", "pdf"),
        _ => ("file", "bin"),
    };
    format!("{name}.{ending}")
}

/// A file's name as a form may carry it (the host refuses others): without quotes and line ends, at most 100 letters.
pub fn plain_name(file: &Attachment) -> String {
    let name: String = file.filename.clone().unwrap_or_default();
    let plain: String = name.chars().filter(|c| !c.is_control() && !matches!(c, '"' | '\\')).collect();
    let from = plain.chars().count().saturating_sub(100);
    let plain: String = plain.chars().skip(from).collect();
    if plain.trim().is_empty() { named_by_kind(&file.mime) } else { plain }
}

/// A field of a form of several parts.
pub fn field(name: &str, value: &str) -> Part {
    Part { name: name.to_owned(), filename: None, mime: None, content: PartContent::Bytes(value.as_bytes().to_vec()) }
}

/// A file in such a form.
pub fn enclosed(name: &str, file: &Attachment) -> Part {
    let content = match &file.body {
        AttachmentBody::Stored(id) => PartContent::Blob(id.clone()),
        AttachmentBody::Inline(bytes) => PartContent::Bytes(bytes.clone()),
        // The host never sends those.
        AttachmentBody::Deferred(_) => PartContent::Bytes(vec![]),
    };
    let mime = Some(file.mime.clone()).filter(|mime| !mime.is_empty());
    Part { name: name.to_owned(), filename: Some(plain_name(file)), mime, content }
}

#[cfg(test)]
mod tests {
    use super::{Taken, Wanted, enclose, missing, named_by_kind, plain_name};
    use crate::{
        Tongue, fault,
        message::{customer, said},
        parts::File,
        types::{Attachment, AttachmentBody},
    };

    #[test]
    fn a_file_that_did_not_come_is_named() {
        let file =
            Wanted { mime: "image/jpeg".to_owned(), page: Some("https://a.example/1".to_owned()), ..Wanted::default() };
        assert_eq!(missing(&file, Tongue::En), "[The file could not be fetched: photo.jpg, https://a.example/1]");
        assert_eq!(named_by_kind("audio/ogg; codecs=opus"), "voice.ogg");
        assert_eq!(named_by_kind(""), "file.bin");
    }

    #[test]
    fn a_message_does_not_wait_for_ever_for_its_file() {
        let mut message = said("1".to_owned(), "c".to_owned(), customer("k".to_owned(), None), String::new());
        assert!(!Taken::from(message.clone()).is_new(1_795_510_800_000.0), "nobody knows how old it is");
        message.sent_at = Some(1_795_510_800_000.0);
        let taken = Taken::from(message);
        assert!(taken.is_new(1_795_510_800_000.0 + 599_000.0) && !taken.is_new(1_795_510_800_000.0 + 600_000.0));
    }

    #[test]
    fn what_can_not_be_kept_is_named() {
        let file = |name: &str| File { name: name.to_owned(), ..File::default() };
        let keep = |file: &File| match file.name.as_str() {
            "full.bin" => Err(fault::retryable("no-room", "full")),
            name => Ok(Attachment {
                filename: Some(name.to_owned()),
                mime: String::new(),
                size: None,
                content_id: None,
                body: AttachmentBody::Inline(vec![]),
            }),
        };
        let mut message = said("1".to_owned(), "c".to_owned(), customer("k".to_owned(), None), "Hei".to_owned());
        enclose(&mut message, &["a.txt", "full.bin", "b.txt", "c.txt"].map(file), 3, Tongue::En, keep);
        let names: Vec<_> = message.attachments.iter().map(|file| file.filename.as_deref().unwrap()).collect();
        assert_eq!(names, ["a.txt", "b.txt"]);
        assert_eq!(
            message.bodies[0].text,
            "Hei\n[The file could not be kept: full.bin]\n[The file could not be kept: c.txt]"
        );
    }

    #[test]
    fn what_can_not_be_shown_is_said_so() {
        let said = |text: &str| said("1".to_owned(), "c".to_owned(), customer("k".to_owned(), None), text.to_owned());
        let text = |taken: Taken| taken.never_empty(Tongue::En).message.bodies[0].text.clone();
        assert_eq!(text(said("").into()), "[A message that can’t be shown here]");
        assert_eq!(text(said("Hei").into()), "Hei");
        assert_eq!(text(Taken { message: said(""), files: vec![Wanted::default()] }), "");
    }

    #[test]
    fn a_name_goes_into_a_form() {
        let named = |name: &str| {
            plain_name(&Attachment {
                filename: Some(name.to_owned()),
                mime: "application/pdf".to_owned(),
                size: None,
                content_id: None,
                body: AttachmentBody::Inline(vec![]),
            })
        };
        assert_eq!(named("a\"b\r\n.pdf"), "ab.pdf");
        assert_eq!(named("\r\n"), "document.pdf");
        assert!(named(&("ø".repeat(300) + ".pdf")).ends_with(".pdf"));
    }
}
