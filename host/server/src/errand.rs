//! What is done from the command line on the data of a Saker that stands still.

use crate::{config::Config, demo, run};
use anyhow::{Context, Result};
use desk::{
    Desk,
    clock::{Clock, DAY},
    model::{Actor, AgentCard, NewApiKey, Scope},
    settings::NewAgent,
};

/// A link to sign in with, good for 15 minutes: for a new administrator, or for whoever works here already with this address,
/// whose rights stay as they are.
///
/// # Errors
/// A sentence for people: another Saker runs on the folder, or the name or the address can't be taken.
pub async fn invite(config: Config, name: String, email: String) -> Result<String> {
    demo::log("warn");
    let (desk, _locks) = run::for_a_moment(&config).await?;
    let link = link(&desk, name, email).await;
    desk.db().close().await;
    link
}

async fn link(desk: &Desk, name: String, email: String) -> Result<String> {
    let agent = match colleague(desk, &email).await? {
        Some(there) => there.id,
        None => {
            let new = NewAgent { name, email, admin: true, ..NewAgent::default() };
            let added = desk.add_agent(&Actor::System, new).await;
            added.context("Nobody was invited; look at the name, and at how the address is written.")?
        }
    };
    Ok(desk.agent_link(&Actor::System, &agent).await?)
}

/// An API key that acts as whoever works here with this address, shown this once.
///
/// # Errors
/// A sentence for people: another Saker runs on the folder, nobody has the address, or the key can't be made.
pub async fn key(config: Config, email: &str, name: String, scopes: Vec<Scope>, days: Option<i64>) -> Result<String> {
    demo::log("warn");
    let (desk, _locks) = run::for_a_moment(&config).await?;
    let made = token(&desk, email, name, scopes, days).await;
    desk.db().close().await;
    made
}

async fn token(desk: &Desk, email: &str, name: String, scopes: Vec<Scope>, days: Option<i64>) -> Result<String> {
    let agent = colleague(desk, email)
        .await?
        .with_context(|| format!("Nobody with the address {email} works here; look at how it is written."))?;
    let actor = desk.agent_actor(&agent.id).await?;
    let expires_at = days.map(|days| Clock::real().now() + days * DAY);
    let made = desk.make_api_key(&actor, NewApiKey { name, scopes, expires_at }).await;
    Ok(made.context("The key was not made; look at its name and scopes, and at what its agent may do.")?.token)
}

async fn colleague(desk: &Desk, email: &str) -> Result<Option<AgentCard>> {
    let agents = desk.colleagues().await?;
    Ok(agents.into_iter().find(|agent| agent.email.eq_ignore_ascii_case(email.trim())))
}
