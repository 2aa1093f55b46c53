//! The mail sockets: bytes in, bytes out. No MIME is read here; only the e-mail plugin does that,
//! in its sandbox.
//!
//! # In by SMTP or LMTP ([`Listener`])
//!
//! A server behind your own mail server (`relayhost`, `transport_maps`, `mailbox_transport`), not
//! a public MX: no spam filter, no TLS (no STARTTLS: stay on loopback or a private net), no relaying.
//!
//! ```text
//!           EHLO/LHLO          MAIL           RCPT (each one asked of the desk)
//! greeted ───────────► ready ───────► sender ───────► recipients ──┐ DATA or BDAT
//!                        ▲   RSET, EHLO: back to ready   │  ▲      │
//!                        │                               │  └─┐    ▼
//!                        └──── 250 or 451 ◄── commit ◄── CR LF . CR LF ◄── bytes (552 over the limit)
//!
//! any state: QUIT → 221; silence, too many errors, the house closes → 421
//! ```
//!
//! - `250` is said after the desk's transaction is on disk, never before. A failing desk is `451`:
//!   the sender keeps the mail and tries again. Giving the same mail twice is harmless.
//! - A connection that ends before the final dot gives nothing to the desk.
//! - SMTP answers once for all recipients: `250` only if all are committed. LMTP (RFC 2033)
//!   answers once for each.
//! - The bytes are stored as they came, without a `Received` or `Return-Path` of ours.
//!
//! # In by IMAP ([`imap::watch`])
//!
//! ```text
//! connect ► LOGIN ► EXAMINE ► place known? ──no──► place = UIDNEXT - 1, saved   (MBX-1)
//!    ▲                            │yes                     │
//!    │ any error:                 ▼                        ▼
//!    │ wait, longer      ┌─► list above the place ► fetch ► desk commits ► save the place
//!    │ each time         │                                      │
//!    └───────────────────┴──── IDLE ≤ 5 min, or 30 s ◄──────────┘ nothing left
//! ```
//!
//! - Reads with `EXAMINE` and `BODY.PEEK[]`: nothing is marked, moved or deleted on the server.
//! - The place is saved after the commit. A crash in between reads some mails again; harmless.
//! - Another UIDVALIDITY means reading the folder again, from the day of the first import.
//! - Several nodes on one database share the mailboxes, and each is fetched by one of them: what a node can't fetch for a while
//!   the next one tries.
//! - One mail that can't be fetched or taken steps aside for those behind it, and after three tries
//!   a notice takes its place, so that a person sees it.
//!
//! # Out ([`deliver::send`])
//!
//! ```text
//! connect ► (TLS) ► EHLO ► (AUTH) ► MAIL ► RCPT… ► DATA ► bytes ► final dot ► answer
//! └─────────────────────── Later, or Refused on 5xx ────────────┘└ Unclear ┘└ Accepted, Later, Refused
//! ```

mod answer;
pub mod deliver;
mod dots;
pub mod imap;
mod listener;
mod smtp;
mod stream;
pub(crate) mod wire;

#[cfg(test)]
mod fake;

pub use listener::{Limits, Listener, Protocol};
pub use tokio_util::sync::CancellationToken;

use desk::{
    Result,
    mailbox::{Imap, Mailbox},
    model::AccountId,
    outside::{Boxed, Envelope},
};

/// What the sockets need of the desk. A trait, so that the sockets can be tried against a desk that
/// fails on demand.
pub trait Post: Send + Sync + 'static {
    /// Takes one mail for one mailbox. Returns when it is on disk; the same mail twice is harmless.
    fn post_mail<'a>(&'a self, account: &'a AccountId, envelope: Envelope, raw: Vec<u8>) -> Boxed<'a, Result<()>>;
    /// Which mailbox receives this address; plus-addresses included.
    fn mailbox_for<'a>(&'a self, address: &'a str) -> Boxed<'a, Result<Option<AccountId>>>;
    /// The mailboxes to fetch for: those that no other node has.
    fn mailboxes(&self) -> Boxed<'_, Result<Vec<Mailbox>>>;
    /// Keeps how far a mailbox was read at this place; opaque to the desk. False where it is read at another by now, or by
    /// another node.
    fn save_cursor<'a>(&'a self, account: &'a AccountId, place: &'a Imap, cursor: &'a str) -> Boxed<'a, Result<bool>>;
    /// A mailbox can't be fetched from here: another node may have it, if there is one.
    fn hand_on<'a>(&'a self, account: &'a AccountId) -> Boxed<'a, Result<()>>;
}
