//! One open folder on an IMAP server (RFC 3501), read only. Every call has a time limit.

use super::place::Listed;
use crate::mail::wire::{Wire, within};
use async_imap::{
    Client, Session,
    imap_proto::{Response, Status},
    types::UnsolicitedResponse,
};
use base64::{Engine, alphabet, engine::GeneralPurpose, engine::general_purpose::NO_PAD};
use desk::mailbox::Imap;
use futures::StreamExt;
use std::{fmt::Display, io, time::Duration};
use tokio_util::sync::CancellationToken;

/// For an answer that carries no mail.
const ANSWER: Duration = Duration::from_secs(60);
/// A list of a very full folder.
const LIST: Duration = Duration::from_secs(300);
/// The slowest line that still brings a mail in time, bytes a second.
const SLOWEST: u64 = 16 * 1024;

pub struct Folder {
    session: Session<Wire>,
    pub validity: u32,
    /// UIDNEXT.
    pub next: Option<u32>,
    idles: bool,
}

impl Folder {
    /// Connects, signs in, and opens the folder with EXAMINE: the server itself sees to it that
    /// nothing is changed.
    ///
    /// # Errors
    /// `PermissionDenied` when user and password are not taken; else what went wrong, in words.
    pub async fn open(imap: &Imap) -> io::Result<Self> {
        let mut wire = Wire::open(&imap.host, imap.port, ANSWER).await?;
        if imap.tls {
            wire = wire.secure(&imap.host, ANSWER).await?;
        }
        let mut client = Client::new(wire);
        let greeting = within(ANSWER, "the greeting", client.read_response()).await?;
        match greeting.as_ref().map(|greeting| greeting.parsed()) {
            Some(Response::Data { status: Status::Ok | Status::PreAuth, .. }) => {}
            Some(_) => {
                return Err(io::Error::other("the server does not greet as an IMAP server"));
            }
            None => return Err(io::ErrorKind::UnexpectedEof.into()),
        }
        let login = async { client.login(&imap.user, &imap.password).await.map_err(|(cause, _)| short(cause)) };
        let mut session = within(ANSWER, "signing in", login).await.map_err(|cause| match cause.kind() {
            io::ErrorKind::Other if cause.to_string().starts_with("no response") => {
                io::Error::new(io::ErrorKind::PermissionDenied, format!("signing in: {cause}"))
            }
            _ => cause,
        })?;
        let idles = asked(ANSWER, "CAPABILITY", session.capabilities()).await?.has_str("IDLE");
        let folder = if imap.folder.is_empty() { "INBOX" } else { &imap.folder };
        let opened = asked(ANSWER, &format!("opening the folder {folder:?}"), session.examine(utf7(folder))).await?;
        // An answer that was cut off looks like an empty folder; only a live line answers this.
        asked(ANSWER, "NOOP", session.run_command_and_check_ok("NOOP")).await?;
        Ok(Folder { session, validity: opened.uid_validity.unwrap_or(0), next: opened.uid_next, idles })
    }

    /// All mails above this UID, ascending.
    pub async fn list(&mut self, above: u32) -> io::Result<Vec<Listed>> {
        let from = above.saturating_add(1);
        let mut listed = within(LIST, "the list", async {
            let query = "(UID RFC822.SIZE INTERNALDATE)";
            let mut mails = self.session.uid_fetch(format!("{from}:*"), query).await.map_err(short)?;
            let mut listed = Vec::new();
            while let Some(mail) = mails.next().await {
                let mail = mail.map_err(short)?;
                // `n:*` names the last mail even where it is below n.
                if let Some(uid) = mail.uid.filter(|uid| *uid >= from) {
                    let arrived = mail.internal_date().map(|at| at.timestamp());
                    listed.push(Listed { uid, size: mail.size.unwrap_or(0), arrived });
                }
            }
            io::Result::Ok(listed)
        })
        .await?;
        // A list that was cut off must not pass for the whole.
        asked(ANSWER, "NOOP", self.session.run_command_and_check_ok("NOOP")).await?;
        listed.sort_by_key(|mail| mail.uid);
        listed.dedup_by_key(|mail| mail.uid);
        Ok(listed)
    }

    /// The bytes of one mail. None when the server has none to give, though the line is well.
    pub async fn fetch(&mut self, mail: Listed) -> io::Result<Option<Vec<u8>>> {
        let patience = ANSWER + Duration::from_secs(u64::from(mail.size) / SLOWEST);
        let raw = within(patience, "fetching a mail", async {
            let mut mails = self.session.uid_fetch(mail.uid.to_string(), "(UID BODY.PEEK[])").await.map_err(short)?;
            let mut raw = None;
            while let Some(given) = mails.next().await {
                let given = given.map_err(short)?;
                if given.uid == Some(mail.uid) {
                    raw = given.body().map(<[u8]>::to_vec).or(raw);
                }
            }
            io::Result::Ok(raw)
        })
        .await?;
        if raw.is_none() {
            asked(ANSWER, "NOOP", self.session.run_command_and_check_ok("NOOP")).await?;
        }
        Ok(raw)
    }

    /// Waits for news: with IDLE (RFC 2177) for `longest`, without it for `poll`. Returns early
    /// when something stirs or the house closes.
    pub async fn wait(mut self, longest: Duration, poll: Duration, stop: &CancellationToken) -> io::Result<Self> {
        let heard = self.session.unsolicited_responses.clone();
        let news = || {
            std::iter::from_fn(|| heard.try_recv().ok())
                .fold(false, |news, said| news | matches!(said, UnsolicitedResponse::Exists(_)))
        };
        if news() {
            return Ok(self);
        }
        if !self.idles {
            tokio::select! {
                () = tokio::time::sleep(longest.min(poll)) => {}
                () = stop.cancelled() => {}
            }
            return Ok(self);
        }
        let mut idle = self.session.idle();
        asked(ANSWER, "IDLE", idle.init()).await?;
        // What was said before IDLE stood would not wake us.
        if !news() {
            let (wake, _hold) = idle.wait_with_timeout(longest);
            tokio::select! {
                // The outer limit holds even where the server keeps saying that it is still there.
                said = tokio::time::timeout(longest, wake) => { said.unwrap_or(Ok(async_imap::extensions::idle::IdleResponse::Timeout)).map_err(short)?; }
                () = stop.cancelled() => {}
            }
        }
        self.session = asked(ANSWER, "ending IDLE", idle.done()).await?;
        Ok(self)
    }

    pub async fn close(mut self) {
        let _ = asked(Duration::from_secs(2), "LOGOUT", self.session.logout()).await;
    }
}

async fn asked<T>(
    patience: Duration,
    phase: &str,
    work: impl Future<Output = async_imap::error::Result<T>>,
) -> io::Result<T> {
    let said = within(patience, phase, async { work.await.map_err(short) }).await;
    said.map_err(|cause| io::Error::new(cause.kind(), format!("{phase}: {cause}")))
}

/// async-imap quotes what it could not read, which may be a whole mail: not for a log.
fn short(cause: impl Display) -> io::Error {
    let text = cause.to_string();
    io::Error::other(text.chars().take(200).collect::<String>())
}

/// A folder's name on the wire: modified UTF-7, RFC 3501 section 5.1.3.
fn utf7(name: &str) -> String {
    const BASE64: GeneralPurpose = GeneralPurpose::new(&alphabet::IMAP_MUTF7, NO_PAD);
    let mut out = String::with_capacity(name.len());
    let mut foreign: Vec<u8> = Vec::new();
    let end = |foreign: &mut Vec<u8>, out: &mut String| {
        if !foreign.is_empty() {
            out.push('&');
            out.push_str(&BASE64.encode(&*foreign));
            out.push('-');
            foreign.clear();
        }
    };
    for c in name.chars() {
        if matches!(c, ' '..='~') {
            end(&mut foreign, &mut out);
            out.push(c);
            if c == '&' {
                out.push('-');
            }
        } else {
            foreign.extend(c.encode_utf16(&mut [0; 2]).iter().flat_map(|unit| unit.to_be_bytes()));
        }
    }
    end(&mut foreign, &mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::utf7;

    #[test]
    fn folder_names_are_written_as_the_rfc_writes_them() {
        assert_eq!(utf7("INBOX/Saker"), "INBOX/Saker");
        assert_eq!(utf7("Kø & hjelp"), "K&APg- &- hjelp");
        assert_eq!(utf7("~peter/mail/台北/日本語"), "~peter/mail/&U,BTFw-/&ZeVnLIqe-");
        assert_eq!(utf7("📨"), "&2D3c6A-");
    }
}
