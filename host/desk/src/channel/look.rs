//! Channels that must be asked: one look after the other, each where the last one ended.

use super::Failure;
use crate::{
    Desk, Error, Result,
    clock::SECOND,
    job::{Job, Kind, Outcome, finish, pause},
    model::*,
};

/// Messages of one look.
const MOST: u32 = 100;
/// Bytes of where a look ended.
const LONGEST_CURSOR: usize = 4 << 10;
/// The shortest pause, whatever the plugin wishes; the longest is an hour.
const SHORTEST: i64 = SECOND;
const LONGEST: i64 = 3_600 * SECOND;
/// The longest that a remote may ask for.
const LONGEST_ASKED: i64 = 6 * 3_600 * SECOND;

impl Desk {
    /// One look, and when the next one is. What fails for a reason of our own is never given up: nobody would look again.
    pub(crate) async fn look(&self, job: &Job) -> Result<Outcome> {
        match self.look_once(job).await {
            Err(error) => Ok(Outcome::Later(error.to_string(), pause(job.attempts).min(LONGEST))),
            looked => looked,
        }
    }

    /// What was seen and where it ended are one write: nothing is seen twice, and nothing is passed over.
    async fn look_once(&self, job: &Job) -> Result<Outcome> {
        let account = AccountId(job.subject.clone());
        let Some(line) = self.open_line(&account).await? else { return Ok(Outcome::Done) };
        let every = match self.manifest(&line.plugin).await {
            Ok(manifest) => manifest.poll.map(|poll| i64::from(poll.every_s) * SECOND),
            Err(Error::NotFound) => None,
            Err(error) => return Err(error),
        };
        let Some(every) = every else { return Ok(Outcome::Done) };
        let cursor: Option<String> = sqlx::query_scalar("select cursor from account where id = $1")
            .bind(account.clone())
            .fetch_one(self.read())
            .await?;
        // A plugin that seldom looks may be asked to wait as long.
        let longest = LONGEST.max(every);
        let next = match self.outside().look(&line, cursor.as_deref(), MOST).await {
            Ok(looked) if looked.cursor.len() > LONGEST_CURSOR => {
                self.pause_channel(&line, Setback::LongCursor.as_str()).await?;
                return Ok(Outcome::Done);
            }
            Ok(looked) => {
                // More, and no step further, would be a loop without end; so would be steps that bring nothing new.
                let stuck = cursor.as_deref() == Some(looked.cursor.as_str());
                let Some(new) = self.take_in_heard(&line, looked.heard, Some(&looked.cursor)).await? else {
                    return Ok(Outcome::early());
                };
                match (looked.more && !stuck, looked.after_ms) {
                    (true, _) if new > 0 => 0,
                    (true, _) => SHORTEST,
                    (false, Some(ms)) => (i64::from(ms) * 1_000).clamp(SHORTEST, longest),
                    (false, None) => every,
                }
            }
            Err(Failure::Setup(why)) => {
                self.pause_channel(&line, &why).await?;
                // Somebody looks at it and saves it; that begins anew.
                return Ok(Outcome::Done);
            }
            Err(Failure::NotNow(_)) => every,
            // It does not look, or may not: granted later, it does.
            Err(Failure::Unsupported) => longest,
            // The same look again, with growing pauses. Where it is what came that can't be taken in, somebody should know.
            Err(why) => {
                if let Failure::Refused(words) = &why {
                    self.note_check(&account, Some(words)).await?;
                }
                let pause = match &why {
                    Failure::Later(_, Some(ms)) | Failure::Slower(_, Some(ms)) => {
                        (i64::from(*ms) * 1_000).clamp(every, LONGEST_ASKED.max(every))
                    }
                    _ => pause(job.attempts).clamp(every, longest),
                };
                return Ok(Outcome::Later(why.words().to_owned(), pause));
            }
        };
        let mut write = self.write().await?;
        if finish(&mut write, job).await? {
            let at = write.now + next;
            write.enqueue_at(Kind::Look, account.as_str(), at).await?;
        }
        self.commit(write).await?;
        Ok(Outcome::Done)
    }
}
