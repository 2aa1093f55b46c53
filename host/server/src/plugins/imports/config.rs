//! The settings of the account a call is for.

use crate::plugins::{call::Call, contract::config};
use serde_json::Value;

impl config::Host for Call {
    async fn get(&mut self, key: String) -> wasmtime::Result<Option<String>> {
        self.count()?;
        let value = self.account.as_ref().and_then(|account| account.settings.get(&key));
        Ok(value.map(|value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }))
    }

    async fn all_json(&mut self) -> wasmtime::Result<String> {
        self.count()?;
        let settings = self.account.as_ref().map(|account| account.settings.clone()).unwrap_or_default();
        Ok(Value::Object(settings).to_string())
    }
}
