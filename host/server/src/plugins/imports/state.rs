//! Memory between calls.

use crate::plugins::{
    call::{Call, Trial},
    contract::state::{Entry, Expect, Host, StateError},
};
use desk::{
    Desk,
    model::{AccountId, Want},
    plugin::{self, Refusal},
};
use std::time::Instant;

impl Call {
    /// Settings are only tried, by a plugin that may remember: it finds nothing yet, and nothing of it stays.
    fn remembers_nothing_yet(&self) -> bool {
        let kb = self.plugin.manifest.state.quota_kb;
        kb > 0 && self.plugin.may(&Want::Remember { kb }) && self.trial() != Trial::None
    }

    /// Where to remember, and how many bytes; none where it was not granted, where
    /// settings are only tried, or nobody could.
    fn memory(&self) -> Option<(Desk, AccountId, u64)> {
        let kb = self.plugin.manifest.state.quota_kb;
        let granted = kb > 0 && self.plugin.may(&Want::Remember { kb }) && self.trial() == Trial::None;
        let desk = self.world.desk.clone().filter(|_| granted)?;
        Some((desk, self.account_id().unwrap_or(AccountId(String::new())), u64::from(kb) << 10))
    }
}

impl Host for Call {
    async fn get(&mut self, key: String) -> wasmtime::Result<Result<Option<Entry>, StateError>> {
        self.count()?;
        if self.script.is_some() {
            return Ok(self.scripted("state.get").unwrap_or(Err(StateError::Unavailable)));
        }
        let began = Instant::now();
        let answer = match self.memory() {
            None if self.remembers_nothing_yet() => Ok(None),
            None => Err(StateError::Quota),
            Some((desk, account, _)) => match desk.recall(&self.plugin.id, &account, &key).await {
                Ok(kept) => Ok(kept.map(|kept| Entry { value: kept.value, etag: kept.etag })),
                Err(_) => Err(StateError::Unavailable),
            },
        };
        self.waited += began.elapsed();
        Ok(self.traced("state.get", answer))
    }

    async fn put(
        &mut self,
        key: String,
        value: Vec<u8>,
        expect: Expect,
        ttl_s: Option<u32>,
    ) -> wasmtime::Result<Result<String, StateError>> {
        self.count()?;
        if self.script.is_some() {
            return Ok(self.scripted("state.put").unwrap_or(Err(StateError::Unavailable)));
        }
        let began = Instant::now();
        let answer = match self.memory() {
            None => Err(StateError::Quota),
            Some((desk, account, quota)) => {
                let expect = expected(expect);
                match desk.remember(&self.plugin.id, &account, &key, &value, &expect, ttl_s, quota).await {
                    Ok(answer) => answer.map_err(refused),
                    Err(_) => Err(StateError::Unavailable),
                }
            }
        };
        self.waited += began.elapsed();
        Ok(self.traced("state.put", answer))
    }

    async fn delete(&mut self, key: String, expect: Expect) -> wasmtime::Result<Result<(), StateError>> {
        self.count()?;
        if self.script.is_some() {
            return Ok(self.scripted("state.delete").unwrap_or(Err(StateError::Unavailable)));
        }
        let began = Instant::now();
        let answer = match self.memory() {
            None => Err(StateError::Quota),
            Some((desk, account, _)) => match desk.forget(&self.plugin.id, &account, &key, &expected(expect)).await {
                Ok(answer) => answer.map_err(refused),
                Err(_) => Err(StateError::Unavailable),
            },
        };
        self.waited += began.elapsed();
        Ok(self.traced("state.delete", answer))
    }

    async fn keys(
        &mut self,
        prefix: String,
        after: Option<String>,
        limit: u32,
    ) -> wasmtime::Result<Result<Vec<String>, StateError>> {
        self.count()?;
        if self.script.is_some() {
            return Ok(self.scripted("state.keys").unwrap_or(Err(StateError::Unavailable)));
        }
        let began = Instant::now();
        let answer = match self.memory() {
            None if self.remembers_nothing_yet() => Ok(vec![]),
            None => Err(StateError::Quota),
            Some((desk, account, _)) => desk
                .remembered(&self.plugin.id, &account, &prefix, after.as_deref(), limit)
                .await
                .map_err(|_| StateError::Unavailable),
        };
        self.waited += began.elapsed();
        Ok(self.traced("state.keys", answer))
    }
}

fn expected(expect: Expect) -> plugin::Expect {
    match expect {
        Expect::Any => plugin::Expect::Any,
        Expect::Absent => plugin::Expect::Absent,
        Expect::Etag(etag) => plugin::Expect::Etag(etag),
    }
}

fn refused(why: Refusal) -> StateError {
    match why {
        Refusal::Quota => StateError::Quota,
        Refusal::TooLarge => StateError::TooLarge,
        Refusal::Conflict => StateError::Conflict,
    }
}
