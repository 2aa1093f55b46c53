//! What happens because time passes: postponed requests wake, deadlines come near, chains escalate, bins are emptied.

use crate::{Desk, Result, chore::Chore, db::Write};
use std::time::Duration;
use tokio::sync::watch;

/// How often the clock is looked at.
const BEAT: Duration = Duration::from_secs(1);

impl Desk {
    /// Does everything that is due by now. Each part looks before it takes the pen, and only for what is due: an idle desk
    /// writes nothing and reads next to nothing. A part that fails keeps no other from its work.
    ///
    /// # Errors
    /// The first of what went wrong.
    pub async fn tick(&self) -> Result<()> {
        let mut done = vec![];
        for chore in Chore::ALL {
            done.push(self.do_chore(*chore).await);
        }
        done.extend([
            self.run_timed_rules().await,
            self.empty_bin().await,
            self.sweep_loose().await,
            self.try_plugins_again().await,
            self.shorten_ledgers().await,
            self.forget_refused_calls().await,
            self.shorten_hook_logs().await,
            self.do_routines().await,
            self.gather_notices().await,
            self.forget_tries().await,
            self.forget_sessions().await,
        ]);
        done.into_iter().collect()
    }

    /// What a question finds to be due at `$1`, now, and the pen; nothing where nothing is due.
    pub(crate) async fn take_up_due<T>(&self, sql: &'static str) -> Result<Option<(Vec<T>, Write)>>
    where
        (T,): for<'r> sqlx::FromRow<'r, sqlx::any::AnyRow>,
        T: Send + Unpin,
    {
        let due: Vec<T> = sqlx::query_scalar(sql).bind(self.clock().now()).fetch_all(self.read()).await?;
        if due.is_empty() { Ok(None) } else { Ok(Some((due, self.write().await?))) }
    }

    pub(crate) async fn keep_time(self, mut stopped: watch::Receiver<bool>) {
        // A clock that stands still is moved by whoever holds it, who also says when it is looked at.
        if !self.clock().is_real() {
            let _ = stopped.changed().await;
            return;
        }
        let mut beat = tokio::time::interval(BEAT);
        beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = beat.tick() => {
                    // It was said when it became an error; the next beat tries again.
                    let _ = self.tick().await;
                }
                _ = stopped.changed() => return,
            }
        }
    }
}
