//! One conversation with a mail server, in SMTP or LMTP. The state machine is drawn in [`super`].

use super::{
    answer::{self, misread, no_mailbox, too_large},
    dots::Dots,
    listener::{House, Protocol, Share},
    stream::{Line, Stream},
};
use desk::{model::AccountId, outside::Envelope};
use futures::future::join_all;
use smtp_proto::{MAIL_BODY_BINARYMIME, MailFrom, Request};
use std::{borrow::Cow, io};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::timeout,
};

/// Talks until the other side has said goodbye. Answers how many mails were stored.
///
/// # Errors
/// When the connection breaks. What was not answered with 250 is not ours.
pub async fn converse<S: AsyncRead + AsyncWrite + Unpin>(house: &House, socket: S) -> io::Result<usize> {
    let mut session = Session {
        house,
        stream: Stream::new(socket, house.limits.idle),
        greeted: false,
        mail: None,
        errors: 0,
        stored: 0,
    };
    let protocol = match house.protocol {
        Protocol::Smtp => "ESMTP",
        Protocol::Lmtp => "LMTP",
    };
    session.stream.say(&format!("220 {} {protocol} Saker\r\n", house.name));
    while session.turn().await? {}
    let stored = session.stored;
    session.stream.close().await?;
    Ok(stored)
}

struct Session<'a, S> {
    house: &'a House,
    stream: Stream<S>,
    greeted: bool,
    mail: Option<Mail<'a>>,
    errors: usize,
    stored: usize,
}

/// What MAIL began.
struct Mail<'a> {
    from: String,
    /// As named, each with the mailbox that answers for it.
    to: Vec<(String, AccountId)>,
    raw: Vec<u8>,
    share: Share<'a>,
    /// BDAT was used.
    chunked: bool,
    /// Why the bytes are thrown away, once they are.
    spilt: Option<Spilt>,
}

#[derive(Clone, Copy)]
enum Spilt {
    TooLarge,
    Full,
}

impl Mail<'_> {
    /// Checks what was just added to `raw` against the limits, and throws it all away if it is too much.
    fn weigh(&mut self, limit: usize) {
        if self.spilt.is_none() {
            if self.raw.len() > limit {
                self.spilt = Some(Spilt::TooLarge);
            } else if !self.share.grow(self.raw.len()) {
                self.spilt = Some(Spilt::Full);
            }
        }
        if self.spilt.is_some() {
            self.raw = Vec::new();
            self.share.give_back();
        }
    }
}

impl<'a, S: AsyncRead + AsyncWrite + Unpin> Session<'a, S> {
    /// One command and its answer. False when the conversation is over.
    async fn turn(&mut self) -> io::Result<bool> {
        let line = match self.stream.line(self.house.limits.line, &self.house.stop).await? {
            Line::Command(line) => line,
            Line::TooLong => return Ok(self.refuse(answer::LONG)),
            Line::End => return Ok(false),
            Line::Silence => return Ok(self.leave(answer::SILENCE)),
            Line::Closing => return Ok(self.leave(answer::CLOSING)),
        };
        // A browser can be made to write to a port on its own machine; it says so first.
        if [&b"GET "[..], b"POST ", b"PUT ", b"OPTIONS ", b"CONNECT "].iter().any(|verb| line.starts_with(verb)) {
            return Ok(self.leave(answer::NOT_MAIL));
        }
        match Request::parse(&mut line.iter()) {
            Ok(request) => self.obey(request).await,
            Err(error) => Ok(self.refuse(&misread(&error))),
        }
    }

    async fn obey(&mut self, request: Request<Cow<'_, str>>) -> io::Result<bool> {
        let lmtp = self.house.protocol == Protocol::Lmtp;
        match request {
            Request::Ehlo { .. } if !lmtp => self.hello(),
            Request::Lhlo { .. } if lmtp => self.hello(),
            Request::Helo { .. } if !lmtp => {
                (self.greeted, self.mail) = (true, None);
                self.stream.say(&format!("250 {}\r\n", self.house.name));
            }
            Request::Mail { from } => return Ok(self.sender(from)),
            Request::Rcpt { to } => return Ok(self.recipient(&to.address).await),
            Request::Data => return self.data().await,
            Request::Bdat { chunk_size, is_last } => return self.chunk(chunk_size, is_last).await,
            Request::Rset => {
                self.mail = None;
                self.stream.say(answer::OK);
            }
            Request::Noop { .. } => self.stream.say(answer::OK),
            Request::Vrfy { .. } => self.stream.say(answer::CANNOT_VERIFY),
            Request::Help { .. } => self.stream.say(answer::HELP),
            Request::Quit => return Ok(self.leave(answer::BYE)),
            _ => return Ok(self.refuse(answer::NOT_HERE)),
        }
        Ok(true)
    }

    fn hello(&mut self) {
        (self.greeted, self.mail) = (true, None);
        self.stream.say(&format!(
            "250-{}\r\n250-PIPELINING\r\n250-SIZE {}\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-CHUNKING\r\n250 ENHANCEDSTATUSCODES\r\n",
            self.house.name, self.house.limits.size,
        ));
    }

    fn sender(&mut self, from: MailFrom<Cow<'_, str>>) -> bool {
        if !self.greeted {
            return self.refuse(answer::HELLO_FIRST);
        }
        if self.mail.is_some() {
            return self.refuse(answer::ALREADY);
        }
        if from.flags & MAIL_BODY_BINARYMIME != 0 {
            return self.refuse(answer::NO_BINARY);
        }
        if from.size > self.house.limits.size {
            return self.refuse(&too_large(self.house.limits.size));
        }
        self.mail = Some(Mail {
            from: from.address.into_owned(),
            to: Vec::new(),
            raw: Vec::new(),
            share: self.house.share(),
            chunked: false,
            spilt: None,
        });
        self.stream.say(answer::SENDER);
        true
    }

    async fn recipient(&mut self, address: &str) -> bool {
        let Some(mail) = &mut self.mail else {
            return self.refuse(answer::SENDER_FIRST);
        };
        if mail.chunked {
            return self.refuse(answer::MIXED);
        }
        if mail.to.len() >= self.house.limits.recipients {
            // Not an error: the sender gives the mail again to the rest.
            self.stream.say(answer::RECIPIENTS);
            return true;
        }
        match self.house.post.mailbox_for(address).await {
            Ok(Some(account)) => {
                mail.to.push((address.to_owned(), account));
                self.stream.say(answer::RECIPIENT);
                true
            }
            Ok(None) => self.refuse(&no_mailbox(address)),
            Err(error) => {
                self.stream.say(answer::failed(&error));
                true
            }
        }
    }

    async fn data(&mut self) -> io::Result<bool> {
        match &self.mail {
            None => return Ok(self.refuse(answer::SENDER_FIRST)),
            Some(mail) if mail.chunked => return Ok(self.refuse(answer::MIXED)),
            Some(mail) if mail.to.is_empty() => return Ok(self.refuse(answer::NO_RECIPIENT)),
            Some(_) => {}
        }
        let Some(mut mail) = self.mail.take() else {
            return Ok(true);
        };
        self.stream.say(answer::GO_ON);
        self.stream.flush().await?;
        let taken = timeout(self.house.limits.mail, async {
            let mut dots = Dots::default();
            loop {
                let piece = self.stream.piece().await?;
                let (used, ended) = dots.undo(piece, &mut mail.raw);
                self.stream.used(used);
                mail.weigh(self.house.limits.size);
                if ended {
                    return io::Result::Ok(());
                }
            }
        })
        .await;
        if !self.in_time(taken)? {
            return Ok(false);
        }
        self.store(mail).await;
        Ok(true)
    }

    /// RFC 3030. The bytes must be taken from the line even when they are not wanted.
    async fn chunk(&mut self, size: usize, last: bool) -> io::Result<bool> {
        let mut mail = self.mail.take();
        let wanted = mail.as_ref().is_some_and(|mail| !mail.to.is_empty());
        let taken = timeout(self.house.limits.mail, async {
            let mut left = size;
            while left > 0 {
                let piece = self.stream.piece().await?;
                let used = piece.len().min(left);
                if let Some(mail) = mail.as_mut().filter(|_| wanted) {
                    mail.raw.extend_from_slice(&piece[..used]);
                    mail.weigh(self.house.limits.size);
                }
                self.stream.used(used);
                left -= used;
            }
            io::Result::Ok(())
        })
        .await;
        if !self.in_time(taken)? {
            return Ok(false);
        }
        match mail {
            None => Ok(self.refuse(answer::SENDER_FIRST)),
            Some(mail) if !wanted => {
                self.mail = Some(mail);
                Ok(self.refuse(answer::NO_RECIPIENT))
            }
            Some(mail) if last => {
                self.store(mail).await;
                Ok(true)
            }
            Some(mut mail) => {
                mail.chunked = true;
                match mail.spilt {
                    // After a refusal the sender starts over; a rest of the chunks must find no mail.
                    Some(spilt) => Ok(self.spill(spilt)),
                    None => {
                        self.mail = Some(mail);
                        self.stream.say(answer::CHUNK);
                        Ok(true)
                    }
                }
            }
        }
    }

    /// Silence and slowness get a word before the line is cut; a broken line gets none.
    fn in_time(&mut self, taken: Result<io::Result<()>, tokio::time::error::Elapsed>) -> io::Result<bool> {
        match taken {
            Ok(Ok(())) => Ok(true),
            Ok(Err(cause)) if cause.kind() == io::ErrorKind::TimedOut => Ok(self.leave(answer::SILENCE)),
            Ok(Err(cause)) => Err(cause),
            Err(_) => Ok(self.leave(answer::SILENCE)),
        }
    }

    /// Gives a whole mail to the desk, once for each mailbox, and answers after the commit.
    async fn store(&mut self, mut mail: Mail<'a>) {
        let lmtp = self.house.protocol == Protocol::Lmtp;
        if let Some(spilt) = mail.spilt {
            let answers = if lmtp { mail.to.len() } else { 1 };
            for _ in 0..answers {
                self.spill(spilt);
            }
            return;
        }
        let mut mailboxes: Vec<(AccountId, Vec<String>)> = Vec::new();
        for (address, account) in &mail.to {
            match mailboxes.iter_mut().find(|(known, _)| known == account) {
                Some((_, addresses)) => addresses.push(address.clone()),
                None => mailboxes.push((account.clone(), vec![address.clone()])),
            }
        }
        let raw = std::mem::take(&mut mail.raw);
        let post = &self.house.post;
        // At the same moment, so that they share one commit.
        let failures: Vec<Option<&'static str>> = join_all(mailboxes.iter().map(|(account, addresses)| {
            let envelope = Envelope { from: mail.from.clone(), to: addresses.clone() };
            let raw = raw.clone();
            async move { post.post_mail(account, envelope, raw).await.err().map(|error| answer::failed(&error)) }
        }))
        .await;
        if failures.iter().any(Option::is_none) {
            self.stored += 1;
        }
        if lmtp {
            for (_, account) in &mail.to {
                let failure =
                    mailboxes.iter().position(|(known, _)| known == account).and_then(|index| failures[index]);
                self.stream.say(failure.unwrap_or(answer::ACCEPTED));
            }
        } else {
            // One answer for all: who got it already gets it again, which is harmless.
            self.stream.say(failures.into_iter().flatten().next().unwrap_or(answer::ACCEPTED));
        }
    }

    fn spill(&mut self, spilt: Spilt) -> bool {
        match spilt {
            Spilt::TooLarge => self.stream.say(&too_large(self.house.limits.size)),
            Spilt::Full => self.stream.say(answer::FULL),
        }
        true
    }

    /// Says no, and counts it: who guesses or babbles is shown out.
    fn refuse(&mut self, refusal: &str) -> bool {
        self.errors += 1;
        if self.errors > self.house.limits.errors {
            return self.leave(answer::ERRORS);
        }
        self.stream.say(refusal);
        true
    }

    /// The last word.
    fn leave(&mut self, word: &str) -> bool {
        self.stream.say(word);
        false
    }
}
