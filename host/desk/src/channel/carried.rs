//! Secrets that were typed into a form that comes back. Nobody is shown them again, and nobody has to type them again: they go
//! along sealed, and open for whoever typed them, in the same field, alone.

use crate::{Desk, Result, access::administrator, model::*, seal};

impl Desk {
    /// A secret as it may stand in a form.
    pub fn carry_secret(&self, actor: &Actor, plugin: &PluginId, name: &str, secret: &str) -> Result<String> {
        seal::seal(self.secret(), &place(actor, plugin, name)?, secret)
    }

    /// The secret again; none for what was not sealed for this.
    pub fn carried_secret(&self, actor: &Actor, plugin: &PluginId, name: &str, sealed: &str) -> Option<String> {
        // A field that nobody typed into carries nothing.
        if sealed.is_empty() {
            return None;
        }
        seal::open(self.secret(), &place(actor, plugin, name).ok()?, sealed).ok()
    }
}

fn place(actor: &Actor, plugin: &PluginId, name: &str) -> Result<String> {
    administrator(actor)?;
    let who = match actor {
        Actor::Agent { id, .. } => id.as_str(),
        _ => "",
    };
    Ok(format!("form {who} {plugin} {name}"))
}
