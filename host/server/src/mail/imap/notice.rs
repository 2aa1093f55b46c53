//! The mail that stands in for one that could not be read, so that a person sees it on a screen
//! and not only in a log.

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

/// Always the same bytes for the same mail: writing it again changes nothing.
pub fn notice(address: &str, validity: u32, uid: u32, cause: Cause) -> Vec<u8> {
    let address: String = address.chars().filter(|c| !c.is_control() && !c.is_whitespace()).collect();
    let (nb, en) = match cause {
        Cause::TooLarge(most) => (format!("Den er på over {most} MB."), format!("It is over {most} MB.")),
        Cause::NotGiven => {
            ("E-postserveren gir den ikke fra seg.".into(), "The mail server does not hand it over.".into())
        }
        Cause::NotTaken => ("Saker klarte ikke å lagre den.".into(), "Saker could not store it.".into()),
    };
    format!(
        "From: {address}\r\n\
         To: {address}\r\n\
         Subject: En e-post kunne ikke hentes / A mail could not be fetched\r\n\
         Message-ID: <unread.{validity}.{uid}.{address}>\r\n\
         Auto-Submitted: auto-generated\r\n\
         MIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\
         Content-Transfer-Encoding: 8bit\r\n\
         \r\n\
         En e-post i {address} kunne ikke hentes. {nb} Den ligger fortsatt i postkassen (UID {uid}).\r\n\
         \r\n\
         A mail in {address} could not be fetched. {en} It is still in the mailbox (UID {uid}).\r\n"
    )
    .into_bytes()
}
