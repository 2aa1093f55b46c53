//! The shapes on both sides of the two functions.

/// What the transport knew (RFC 5321).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Envelope {
    /// Empty for the null return path; `None` where it is not known, as with IMAP.
    pub return_path: Option<String>,
    pub recipients: Vec<String>,
}

/// One mail, read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mail {
    /// The Message-Id without brackets, or `<sha256>@no-message-id` of the bytes.
    pub id: String,
    /// Unix milliseconds, as the sender claims.
    pub sent_at: Option<i64>,
    pub from: Party,
    pub reply_to: Option<Party>,
    pub to: Vec<Party>,
    pub cc: Vec<Party>,
    pub subject: Option<String>,
    /// Readable text: line ends are `\n`, no control characters, at most 1 MiB.
    pub text: String,
    /// Byte offset in `text` where the quoted earlier mail begins.
    pub quote_at: Option<usize>,
    /// As it came, at most 2 MiB. Not cleaned.
    pub html: Option<String>,
    pub files: Vec<File>,
    /// Message-Ids without brackets.
    pub in_reply_to: Vec<String>,
    pub references: Vec<String>,
    /// Why a machine seems to have written it.
    pub automatic: Option<&'static str>,
    /// A report that a mail did not arrive: the Message-Id it is about, or empty.
    pub bounce_of: Option<String>,
    /// BCP 47.
    pub locale: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Party {
    /// Lower-cased; empty where the mail has none.
    pub address: String,
    pub name: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Never empty, never a path.
    pub name: String,
    /// `type/subtype`, lower-cased.
    pub mime: String,
    /// Without brackets.
    pub content_id: Option<String>,
    pub content: Content,
}

/// What is in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    Here(Vec<u8>),
    /// With whoever keeps the files of a large mail.
    Kept {
        id: String,
        size: usize,
    },
}

/// These bytes are no mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejected(pub &'static str);

/// A mail to be written. Nothing in it is trusted to be well-formed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Letter {
    /// Without brackets.
    pub message_id: String,
    /// Unix milliseconds.
    pub date: i64,
    pub from: Party,
    pub reply_to: Option<Party>,
    pub to: Vec<Party>,
    pub cc: Vec<Party>,
    pub subject: String,
    pub text: String,
    pub html: Option<String>,
    pub in_reply_to: Option<String>,
    pub references: Vec<String>,
    /// RFC 3834: `auto-replied`, `auto-generated`; none for people.
    pub auto_submitted: Option<String>,
    /// BCP 47.
    pub language: Option<String>,
    pub files: Vec<Enclosure>,
}

/// A file to be sent along.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Enclosure {
    pub name: String,
    pub mime: String,
    /// For pictures inside the HTML.
    pub content_id: Option<String>,
    pub bytes: Vec<u8>,
}
