//! A plugin reads a sample of a call, for somebody who looks whether settings are right: it remembers nothing, calls nobody, and
//! what comes of it is shown and dropped.

use super::{
    Plugins,
    call::{Account, Trial},
    channel::MOST_FILES,
    tidy,
};
use desk::{
    channel::{Failure, Heard, HookCall, Line},
    outside::InboundFile,
};
use std::sync::Arc;

impl Plugins {
    /// What a plugin would make of a call. Files are named, and lie nowhere.
    ///
    /// # Errors
    /// As the plugin says.
    pub async fn try_sample(&self, line: &Line, hook: &HookCall) -> Result<Heard, Failure> {
        let plugin = self.serving(line, |plugin| plugin.doors.inbound.is_some())?;
        let account =
            Account { id: None, settings: line.settings.clone(), secrets: line.secrets.clone(), trial: Trial::Sample };
        let (outcome, mut call) = self.read_call(&plugin, Arc::new(account), hook).await?;
        let mut batch = outcome.batch;
        let files: Vec<Vec<InboundFile>> = batch
            .messages
            .iter_mut()
            .map(|message| {
                let name = |file: super::contract::types::Attachment| InboundFile {
                    name: tidy::file_name(file.filename.as_deref()),
                    mime: tidy::mime(&file.mime),
                    size: 0,
                    blob: String::new(),
                    content_id: None,
                };
                std::mem::take(&mut message.attachments).into_iter().take(MOST_FILES).map(name).collect()
            })
            .collect();
        let mut heard = self.heard(&mut call, batch).await?;
        for (said, files) in heard.said.iter_mut().zip(files) {
            said.files = files;
        }
        Ok(heard)
    }
}
