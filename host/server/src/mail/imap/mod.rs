//! Fetches mail by IMAP: one task for each mailbox that names a server. The state machine is drawn
//! in [`super`].

mod folder;
mod notice;
mod place;

use super::Post;
use desk::{
    mailbox::{Imap, Mailbox},
    model::AccountId,
    outside::Envelope,
};
use folder::Folder;
use futures::future::join_all;
use notice::{Cause, notice};
use place::{Listed, Place};
use std::{
    collections::BTreeMap,
    hash::{BuildHasher, RandomState},
    io,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{task::JoinHandle, time::sleep};
use tokio_util::sync::CancellationToken;

/// Mails that are fetched before the desk is asked to take them, and their bytes together.
const BATCH: usize = 8;
const BATCH_BYTES: u64 = 32 * 1024 * 1024;
/// Tries before a notice takes a mail's place.
const TRIES: u32 = 3;
/// Failures in a row that are not the weather.
const MANY: u32 = 5;

/// How mail is fetched.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Also import what lay in the folder before the first visit. Customers may be answered for
    /// mails of last year: MBX-1.
    pub from_start: bool,
    /// Bytes of one mail; for a larger one there is a notice.
    pub size: usize,
    /// The longest IDLE.
    pub idle: Duration,
    /// Between looks where the server has no IDLE, and for mails that made trouble.
    pub poll: Duration,
    /// The first wait after a failure; doubles up to `rest`.
    pub retry: Duration,
    pub rest: Duration,
    /// Between looks at the list of mailboxes.
    pub roster: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            from_start: false,
            size: 52 * 1024 * 1024,
            idle: Duration::from_secs(300),
            poll: Duration::from_secs(30),
            retry: Duration::from_secs(2),
            rest: Duration::from_secs(300),
            roster: Duration::from_secs(5),
        }
    }
}

/// Fetches for every mailbox of the desk, follows changes to the list, and returns after `stop`.
pub async fn watch(post: Arc<dyn Post>, options: Options, stop: CancellationToken) {
    let mut running: BTreeMap<AccountId, (Mailbox, CancellationToken, JoinHandle<()>)> = BTreeMap::new();
    while !stop.is_cancelled() {
        let mailboxes = match post.mailboxes().await {
            Ok(mailboxes) => mailboxes,
            Err(error) => {
                tracing::error!(%error, "imap: the list of mailboxes can't be read");
                rest(options.retry, &stop).await;
                continue;
            }
        };
        let stale: Vec<AccountId> = running
            .iter()
            .filter(|(id, (known, _, task))| {
                let same = mailboxes.iter().any(|mailbox| {
                    mailbox.id == **id && mailbox.imap == known.imap && mailbox.address == known.address
                });
                !same || task.is_finished()
            })
            .map(|(id, _)| id.clone())
            .collect();
        let ending: Vec<_> = stale.iter().filter_map(|id| running.remove(id)).collect();
        ending.iter().for_each(|(_, stop, _)| stop.cancel());
        for (mailbox, _, task) in ending {
            if task.await.is_err() {
                tracing::error!(mailbox = %mailbox.address, "imap: the fetcher broke, and starts again");
            }
        }
        // A fetcher that just ended may have moved the cursor since the list was read.
        if stale.is_empty() {
            for mailbox in mailboxes {
                // One that came with a configuration waits for its password.
                let ready = mailbox.imap.as_ref().is_some_and(|imap| !imap.password.is_empty());
                if ready && !running.contains_key(&mailbox.id) {
                    let own = stop.child_token();
                    let task = tokio::spawn(keep(post.clone(), mailbox.clone(), options, own.clone()));
                    running.insert(mailbox.id.clone(), (mailbox, own, task));
                }
            }
            rest(options.roster, &stop).await;
        } else {
            rest(options.retry.min(Duration::from_secs(1)), &stop).await;
        }
    }
    join_all(running.into_values().map(|(_, _, task)| task)).await;
}

async fn rest(time: Duration, stop: &CancellationToken) {
    tokio::select! {
        () = sleep(time) => {}
        () = stop.cancelled() => {}
    }
}

/// How a mailbox has been doing. Told through tracing at every change for the better or worse.
#[derive(Debug, Default)]
struct Health {
    last_success: Option<Instant>,
    /// In a row.
    failures: u32,
}

impl Health {
    fn well(&mut self, mailbox: &Mailbox) {
        if self.failures > 0 || self.last_success.is_none() {
            tracing::info!(mailbox = %mailbox.address, after_failures = self.failures, "imap: fetching works");
        }
        *self = Health { last_success: Some(Instant::now()), failures: 0 };
    }

    fn ill(&mut self, mailbox: &Mailbox, cause: &io::Error, wait: Duration) {
        self.failures += 1;
        let (failures, next_try_s) = (self.failures, wait.as_secs());
        let last_success_s_ago = self.last_success.map(|at| at.elapsed().as_secs());
        // Once or twice is the weather; more is for a person.
        if failures >= MANY {
            tracing::error!(mailbox = %mailbox.address, %cause, failures, last_success_s_ago, next_try_s, "imap: no mail is fetched");
        } else {
            tracing::warn!(mailbox = %mailbox.address, %cause, failures, last_success_s_ago, next_try_s, "imap: fetching failed");
        }
    }
}

/// One mailbox, until `stop`: every error ends the connection, and after a while there is another.
async fn keep(post: Arc<dyn Post>, mailbox: Mailbox, options: Options, stop: CancellationToken) {
    let Some(imap) = mailbox.imap.clone() else {
        return;
    };
    let place = mailbox.cursor.as_deref().and_then(Place::parse);
    if place.is_none() && mailbox.cursor.is_some() {
        tracing::error!(mailbox = %mailbox.address, cursor = ?mailbox.cursor, "imap: the place can't be read; starting from now");
    }
    let mut fetcher = Fetcher { post, mailbox, options, stop: stop.clone(), place, health: Health::default() };
    loop {
        let ended = tokio::select! {
            ended = fetcher.read(&imap) => ended,
            // What is in hand may finish; what is cut off is read again next time.
            () = async { stop.cancelled().await; sleep(Duration::from_secs(10)).await } => return,
        };
        let Err(cause) = ended else { return };
        let wait = wait(&options, fetcher.health.failures, cause.kind());
        fetcher.health.ill(&fetcher.mailbox, &cause, wait);
        // It may be the way from here that is broken; a wrong password is wrong everywhere. Where nobody else takes it, it goes
        // on here.
        if fetcher.health.failures.is_multiple_of(MANY) && cause.kind() != io::ErrorKind::PermissionDenied {
            let _ = fetcher.post.hand_on(&fetcher.mailbox.id).await;
        }
        rest(wait, &stop).await;
        if stop.is_cancelled() {
            return;
        }
    }
}

/// Twice as long each time, a quarter more or less by chance, so that many mailboxes on one server
/// don't come back at the same moment. A wrong password waits longer, before the server locks us out.
fn wait(options: &Options, failures: u32, kind: io::ErrorKind) -> Duration {
    let failures = if kind == io::ErrorKind::PermissionDenied { failures + 5 } else { failures };
    let wait = options.retry.saturating_mul(1 << failures.min(16)).min(options.rest);
    let chance = RandomState::new().hash_one(failures) % 512;
    wait.mul_f64(0.75 + chance as f64 / 1_024.0)
}

struct Fetcher {
    post: Arc<dyn Post>,
    mailbox: Mailbox,
    options: Options,
    stop: CancellationToken,
    place: Option<Place>,
    health: Health,
}

impl Fetcher {
    /// One connection, until `stop` or an error.
    async fn read(&mut self, imap: &Imap) -> io::Result<()> {
        let mut folder = Folder::open(imap).await?;
        let mut place = self.find_place(&mut folder).await?;
        while !self.stop.is_cancelled() {
            let passed = self.pass(&mut folder, &mut place).await;
            // Also after a failure: which mail made the trouble must be known next time.
            self.place = Some(place.clone());
            let left = passed?;
            self.health.well(&self.mailbox);
            let longest = if left { self.options.poll } else { self.options.idle };
            folder = folder.wait(longest, self.options.poll, &self.stop).await?;
        }
        folder.close().await;
        Ok(())
    }

    async fn find_place(&mut self, folder: &mut Folder) -> io::Result<Place> {
        // All there is; only asked for where it matters.
        let place = match &self.place {
            None if self.options.from_start => Place::from_start(folder.validity),
            None => {
                let there = folder.list(0).await?;
                Place::from_now(folder.validity, last(folder, &there), &there)
            }
            // The second half: a server put back from a backup gives old UIDs to new mail.
            Some(place) if place.validity != folder.validity || folder.next.is_some_and(|next| next <= place.uid) => {
                tracing::warn!(mailbox = %self.mailbox.address, was = place.validity, is = folder.validity, "imap: the folder was renumbered, and is read again");
                let there = folder.list(0).await?;
                place.start_over(folder.validity, last(folder, &there))
            }
            Some(place) => return Ok(place.clone()),
        };
        // At once: what comes while we are down must be found above this place.
        self.save(&place).await?;
        self.place = Some(place.clone());
        Ok(place)
    }

    /// Takes all that is above the place. True when some of it must be tried again.
    async fn pass(&mut self, folder: &mut Folder, place: &mut Place) -> io::Result<bool> {
        let listed = folder.list(place.uid).await?;
        let mut open = place.open(&listed).into_iter().peekable();
        while open.peek().is_some() && !self.stop.is_cancelled() {
            let mut batch: Vec<(Listed, Vec<u8>)> = Vec::new();
            let mut bytes = 0;
            let mut broken = None;
            while let Some(mail) =
                open.next_if(|mail| batch.len() < BATCH && (bytes == 0 || bytes + u64::from(mail.size) <= BATCH_BYTES))
            {
                match self.fetch(folder, place, mail).await {
                    Ok(Some(raw)) => {
                        bytes += raw.len() as u64;
                        batch.push((mail, raw));
                    }
                    Ok(None) => {}
                    Err(cause) => {
                        broken = Some(cause);
                        break;
                    }
                }
            }
            let taken = self.give(place, batch).await;
            // Commit first, place after.
            if place.settle(&listed) {
                self.save(place).await?;
            }
            taken?;
            if let Some(cause) = broken {
                return Err(cause);
            }
        }
        if place.settle(&listed) {
            self.save(place).await?;
        }
        Ok(!place.open(&listed).is_empty())
    }

    /// None when the mail has no bytes to give on: a notice went instead, or will.
    async fn fetch(&self, folder: &mut Folder, place: &mut Place, mail: Listed) -> io::Result<Option<Vec<u8>>> {
        if mail.size as usize > self.options.size {
            self.stand_in(place, mail.uid, Cause::TooLarge(self.options.size / 1_000_000)).await?;
            return Ok(None);
        }
        // Asking once more would break the line once more.
        if place.fetches(mail.uid) >= TRIES {
            self.stand_in(place, mail.uid, Cause::NotGiven).await?;
            return Ok(None);
        }
        match folder.fetch(mail).await {
            Ok(Some(raw)) => Ok(Some(raw)),
            // Somebody may have moved it away since; then the next list is without it.
            Ok(None) => {
                place.fetch_failed(mail.uid);
                Ok(None)
            }
            Err(cause) => {
                place.fetch_failed(mail.uid);
                Err(io::Error::new(cause.kind(), format!("mail with UID {}: {cause}", mail.uid)))
            }
        }
    }

    /// Gives mails to the desk, all at the same moment, so that they share a commit.
    ///
    /// # Errors
    /// When the desk took nothing at all: it is the desk that is ill, not a mail.
    async fn give(&self, place: &mut Place, batch: Vec<(Listed, Vec<u8>)>) -> io::Result<()> {
        let before = &*place;
        let answers = join_all(batch.into_iter().map(|(mail, raw)| async move {
            let again = (before.refusals(mail.uid) + 1 >= TRIES).then(|| raw.clone());
            (mail.uid, self.post(raw).await.err(), again)
        }))
        .await;
        let mut well = false;
        let mut ill = None;
        for (uid, refusal, again) in answers {
            let Some(refusal) = refusal else {
                place.finish(uid);
                well = true;
                continue;
            };
            let tries = place.refused(uid);
            tracing::warn!(mailbox = %self.mailbox.address, uid, tries, cause = %refusal, "imap: the desk did not take a mail");
            ill = Some(refusal);
            if let Some(raw) = again {
                // A desk that takes the notice is well, so it is the mail. If it has just become
                // well, it takes the mail too.
                match self.stand_in(place, uid, Cause::NotTaken).await {
                    Ok(()) => {
                        let _ = self.post(raw).await;
                        well = true;
                    }
                    Err(cause) => ill = Some(cause),
                }
            }
        }
        match ill {
            Some(cause) if !well => Err(cause),
            _ => Ok(()),
        }
    }

    /// Posts a notice instead of a mail, and is done with it.
    async fn stand_in(&self, place: &mut Place, uid: u32, cause: Cause) -> io::Result<()> {
        self.post(notice(&self.mailbox.address, place.validity, uid, cause)).await?;
        tracing::error!(mailbox = %self.mailbox.address, uid, ?cause, "imap: a mail could not be read; a notice took its place");
        place.finish(uid);
        Ok(())
    }

    async fn post(&self, raw: Vec<u8>) -> io::Result<()> {
        // IMAP does not tell the envelope. An empty sender beside a recipient would be the null return path, and such
        // mail is never acknowledged.
        let envelope = Envelope::default();
        let posted = self.post.post_mail(&self.mailbox.id, envelope, raw).await;
        posted.map_err(|error| io::Error::other(format!("the desk: {error}")))
    }

    /// Keeps the place. Where the mailbox is read elsewhere by now, or by another node, there is nothing more to do here.
    async fn save(&self, place: &Place) -> io::Result<()> {
        let Some(imap) = &self.mailbox.imap else { return Ok(()) };
        let saved = self.post.save_cursor(&self.mailbox.id, imap, &place.to_string()).await;
        if !saved.map_err(|error| io::Error::other(format!("the desk: {error}")))? {
            tracing::info!(mailbox = %self.mailbox.address, "imap: the mailbox is set up anew, or fetched by another node; this place is left");
            self.stop.cancel();
        }
        Ok(())
    }
}

/// The highest UID that the folder has given out.
fn last(folder: &Folder, there: &[Listed]) -> u32 {
    let listed = there.last().map_or(0, |mail| mail.uid);
    folder.next.map_or(listed, |next| next.saturating_sub(1))
}

#[cfg(test)]
mod tests;
