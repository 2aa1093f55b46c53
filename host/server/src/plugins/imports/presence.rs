//! Whether anybody is there, and how long the line is.

use crate::plugins::{
    call::Call,
    contract::presence::{Host, OpeningHours, Standing},
};
use desk::{
    Desk, channel,
    model::{AccountId, Want},
};
use std::time::Instant;

impl Call {
    /// Whose presence may be told of; in words, why none.
    fn watched(&self) -> Result<(Desk, AccountId), String> {
        if !self.plugin.may(&Want::Presence) {
            return Err("knowing who is there was not granted".to_owned());
        }
        let nobody = || "there is no desk here".to_owned();
        Ok((self.world.desk.clone().ok_or_else(nobody)?, self.account_id().ok_or_else(nobody)?))
    }

    /// What the desk says; in a call that is done again, what it said then.
    async fn told<T, A>(
        &mut self,
        what: &'static str,
        ask: impl AsyncFnOnce(Desk, AccountId) -> desk::Result<A>,
        as_said: impl FnOnce(A) -> T,
    ) -> wasmtime::Result<Result<T, String>>
    where
        T: serde::Serialize + serde::de::DeserializeOwned,
    {
        self.count()?;
        if self.script.is_some() {
            return Ok(self.scripted(what).unwrap_or_else(|| Err("nobody knows here".to_owned())));
        }
        let began = Instant::now();
        let answer = match self.watched() {
            Err(why) => Err(why),
            Ok((desk, account)) => match ask(desk, account).await {
                Ok(answer) => Ok(as_said(answer)),
                Err(_) => Err("it can't be told now".to_owned()),
            },
        };
        self.waited += began.elapsed();
        Ok(self.traced(what, answer))
    }
}

impl Host for Call {
    async fn hours(&mut self) -> wasmtime::Result<Result<OpeningHours, String>> {
        self.told("presence.hours", async |desk, account| desk.account_hours(&account).await, hours).await
    }

    async fn agents(&mut self) -> wasmtime::Result<Result<u32, String>> {
        let ask = async |desk: Desk, account| desk.colleagues_there(&account).await;
        self.told("presence.agents", ask, |there| u32::try_from(there).unwrap_or(u32::MAX)).await
    }

    async fn conversation(&mut self, name: String) -> wasmtime::Result<Result<Option<Standing>, String>> {
        let ask = async |desk: Desk, account| desk.conversation_standing(&account, &name).await;
        self.told("presence.conversation", ask, |standing| standing.map(self::standing)).await
    }
}

/// With the wall clock of other moments than `changes-at`, as `clocks`: "from=minutes" for each change, with blanks between them.
fn hours(hours: channel::Hours) -> OpeningHours {
    let clocks = hours.clocks.iter().map(|(from, minutes)| format!("{}={minutes}", from.div_euclid(1_000)));
    let clocks = clocks.collect::<Vec<_>>().join(" ");
    OpeningHours {
        open: hours.open,
        changes_at: hours.changes_at.map(|at| at.div_euclid(1_000) as f64),
        offset_minutes: hours.offset_minutes,
        time_zone: hours.zone,
        more: vec![("clocks".to_owned(), clocks)],
    }
}

fn standing(standing: channel::Standing) -> Standing {
    let state = match standing.stands {
        channel::Stands::Waiting => "waiting",
        channel::Stands::Open => "open",
        channel::Stands::Closed => "closed",
    };
    Standing {
        state: state.to_owned(),
        before: u32::try_from(standing.before).unwrap_or(u32::MAX),
        writing: standing.writing,
        more: vec![],
    }
}
