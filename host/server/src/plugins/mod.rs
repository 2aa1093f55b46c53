//! The plugin runtime: WebAssembly components behind the desk's port outwards.
//!
//! Every call gets a fresh instance with [`limits`], and both are gone when it ends. Guests run on threads of their own,
//! so pages never wait behind a hostile mail.

mod blobs;
mod call;
mod compiled;
mod contract;
mod engine;
mod guests;
pub mod limits;
mod mail;
mod templates;
mod tidy;

use anyhow::Context;
use call::Call;
use desk::{
    blob::Blobs,
    model::{Language, Rendered, TemplateCard},
    outside::{Arrival, Inbound, Parcel, Sheet, Unreadable},
};
use guests::Guests;
use std::path::Path;
use wasmtime::component::{HasSelf, Linker};

/// The plugins that are loaded. Cheap to clone.
#[derive(Clone)]
pub struct Plugins {
    guests: Guests,
    mail: mail::Mail,
    templates: templates::Templates,
    blobs: Blobs,
}

impl Plugins {
    /// Links the two plugins. Blocking; the first time some seconds, for compiling, later as long as reading the code
    /// from `compiled`, a folder that holds nothing else.
    ///
    /// # Errors
    /// For bytes that are no component, that ask for an import their kind does not have, or that lack their export.
    pub fn load(email: &[u8], templates: &[u8], blobs: Blobs, compiled: &Path) -> anyhow::Result<Self> {
        let engine = engine::engine()?;
        // One linker for each kind: what is not in it does not exist for the plugin.
        let mut pure = Linker::<Call>::new(&engine);
        contract::log::add_to_linker::<_, HasSelf<_>>(&mut pure, |call| call)?;
        let mut channel = Linker::<Call>::new(&engine);
        contract::log::add_to_linker::<_, HasSelf<_>>(&mut channel, |call| call)?;
        contract::blobs::add_to_linker::<_, HasSelf<_>>(&mut channel, |call| call)?;

        let email = compiled::component(&engine, email, compiled).context("the e-mail plugin is no component")?;
        let email = channel
            .instantiate_pre(&email)
            .map_err(anyhow::Error::from)
            .context("the e-mail plugin asks for more than mail needs")?;
        let templates =
            compiled::component(&engine, templates, compiled).context("the template plugin is no component")?;
        let templates = pure
            .instantiate_pre(&templates)
            .map_err(anyhow::Error::from)
            .context("the template plugin asks for more than templates need")?;
        Ok(Self {
            guests: Guests::new()?,
            mail: mail::Mail::new(&engine, email).context("the e-mail plugin does not read mail")?,
            templates: templates::Templates::new(&engine, templates).context("the template plugin renders nothing")?,
            blobs,
        })
    }

    /// Reads raw mail. Attachments are blobs when this returns; they are durable after [`Blobs::flush`].
    ///
    /// # Errors
    /// For bytes that are no mail, and for mail that used up its limits.
    pub async fn read(&self, arrival: &Arrival) -> Result<Vec<Inbound>, Unreadable> {
        let (mail, blobs, arrival) = (self.mail.clone(), self.blobs.clone(), arrival.clone());
        self.guests.run(async move { mail.read(&blobs, &arrival).await }).await
    }

    /// Writes raw mail; the same parcel always gives the same bytes.
    ///
    /// # Errors
    /// When an attachment is gone, or all together are too large.
    pub async fn compose(&self, parcel: &Parcel) -> Result<Vec<u8>, Unreadable> {
        let (mail, blobs, parcel) = (self.mail.clone(), self.blobs.clone(), parcel.clone());
        self.guests.run(async move { mail.compose(&blobs, &parcel).await }).await
    }

    /// The templates that agents may pick from.
    ///
    /// # Errors
    /// When the plugin fails.
    pub async fn templates(&self, language: Language) -> Result<Vec<TemplateCard>, Unreadable> {
        let templates = self.templates.clone();
        self.guests.run(async move { templates.cards(language).await }).await
    }

    /// Fills a template in.
    ///
    /// # Errors
    /// For a template that there is not.
    pub async fn render(&self, sheet: &Sheet) -> Result<Rendered, Unreadable> {
        let (templates, sheet) = (self.templates.clone(), sheet.clone());
        self.guests.run(async move { templates.render(&sheet).await }).await
    }
}
