//! The mail that stands in for one that could not be read, so that a person sees it on a screen
//! and not only in a log.

use desk::model::Language;
use portal::words::Words;

/// Why a mail has a stand-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Over so many megabytes.
    TooLarge(usize),
    /// The mail server does not give it.
    NotGiven,
    /// The desk does not take it.
    NotTaken,
}

impl Cause {
    fn said(self, words: Words) -> String {
        match self {
            Cause::TooLarge(most) => words.mail_over(most),
            Cause::NotGiven => words.mail_not_given().to_owned(),
            Cause::NotTaken => words.mail_not_stored().to_owned(),
        }
    }
}

/// In both languages, since nobody knows who reads it. Always the same bytes for the same mail: writing it again changes
/// nothing.
pub fn notice(address: &str, validity: u32, uid: u32, cause: Cause) -> Vec<u8> {
    let address: String = address.chars().filter(|c| !c.is_control() && !c.is_whitespace()).collect();
    let both = [Words::new(Language::Nb), Words::new(Language::En)];
    let subject = both.map(Words::mail_not_fetched).join(" / ");
    let text = both.map(|words| words.mail_still_there(&address, &cause.said(words), uid)).join("\r\n\r\n");
    format!(
        "From: {address}\r\n\
         To: {address}\r\n\
         Subject: {subject}\r\n\
         Message-ID: <unread.{validity}.{uid}.{address}>\r\n\
         Auto-Submitted: auto-generated\r\n\
         MIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\
         Content-Transfer-Encoding: 8bit\r\n\
         \r\n\
         {text}\r\n"
    )
    .into_bytes()
}
