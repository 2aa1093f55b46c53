//! What happens because time passes: postponed requests wake, deadlines come near, chains escalate, bins are emptied.

use crate::{Desk, Result};
use std::time::Duration;
use tokio::sync::watch;

/// How often the clock is looked at.
const BEAT: Duration = Duration::from_secs(1);

impl Desk {
    /// Does everything that is due by now. Each part looks before it takes the pen: an idle desk writes nothing.
    pub async fn tick(&self) -> Result<()> {
        self.wake_postponed().await?;
        self.heed_deadlines().await?;
        self.escalate_due().await?;
        self.remind_of_helpers().await?;
        self.run_timed_rules().await?;
        self.empty_bin().await?;
        Ok(())
    }

    pub(crate) async fn keep_time(self, mut stopped: watch::Receiver<bool>) {
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
