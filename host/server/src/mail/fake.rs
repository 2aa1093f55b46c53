//! A desk for the sockets' own tests: takes mail, or fails on demand.

use super::Post;
use desk::{
    Error, Result,
    mailbox::{Imap, Mailbox},
    model::AccountId,
    outside::{Boxed, Envelope},
};
use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// One mail that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    pub account: AccountId,
    pub envelope: Envelope,
    pub raw: Vec<u8>,
}

/// Answers for `help@` and `sales@example.org`, with plus-addresses.
#[derive(Default)]
pub struct FakeDesk {
    pub taken: Mutex<Vec<Taken>>,
    pub fails: AtomicBool,
    /// Takes nothing for the mailbox `sales`.
    pub sales_fails: AtomicBool,
    /// How long a commit takes.
    pub slow: Duration,
    pub cursors: Mutex<Vec<String>>,
    /// Mailboxes that are left to other nodes.
    pub handed_on: Mutex<Vec<AccountId>>,
}

impl FakeDesk {
    pub fn taken(&self) -> Vec<Taken> {
        self.taken.lock().unwrap().clone()
    }
}

impl Post for FakeDesk {
    fn post_mail<'a>(&'a self, account: &'a AccountId, envelope: Envelope, raw: Vec<u8>) -> Boxed<'a, Result<()>> {
        Box::pin(async move {
            tokio::time::sleep(self.slow).await;
            let sales_fails = account.as_str() == "sales" && self.sales_fails.load(Ordering::Relaxed);
            if self.fails.load(Ordering::Relaxed) || sales_fails {
                return Err(Error::Internal { code: "disk".to_owned() });
            }
            self.taken.lock().unwrap().push(Taken { account: account.clone(), envelope, raw });
            Ok(())
        })
    }

    fn mailbox_for<'a>(&'a self, address: &'a str) -> Boxed<'a, Result<Option<AccountId>>> {
        Box::pin(async move {
            let (local, domain) = address.split_once('@').unwrap_or((address, ""));
            let local = local.split('+').next().unwrap_or(local);
            Ok((domain == "example.org" && ["help", "sales"].contains(&local)).then(|| AccountId::from(local)))
        })
    }

    fn mailboxes(&self) -> Boxed<'_, Result<Vec<Mailbox>>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn save_cursor<'a>(&'a self, _: &'a AccountId, _: &'a Imap, cursor: &'a str) -> Boxed<'a, Result<bool>> {
        Box::pin(async move {
            self.cursors.lock().unwrap().push(cursor.to_owned());
            Ok(true)
        })
    }

    fn hand_on<'a>(&'a self, account: &'a AccountId) -> Boxed<'a, Result<()>> {
        Box::pin(async move {
            self.handed_on.lock().unwrap().push(account.clone());
            Ok(())
        })
    }
}
