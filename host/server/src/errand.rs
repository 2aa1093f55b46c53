//! What is done from the command line on the data of a Saker that stands still.

use crate::{config::Config, demo, run::Saker};
use anyhow::{Context, Result};
use desk::{
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
    let saker = for_a_moment(config).await?;
    let link = link(&saker, name, email).await;
    saker.stop().await;
    link
}

async fn link(saker: &Saker, name: String, email: String) -> Result<String> {
    let agent = match colleague(saker, &email).await? {
        Some(there) => there.id,
        None => {
            let new = NewAgent { name, email, admin: true, ..NewAgent::default() };
            let added = saker.desk.add_agent(&Actor::System, new).await;
            added.context("Nobody was invited; look at the name, and at how the address is written.")?
        }
    };
    Ok(saker.desk.agent_link(&Actor::System, &agent).await?)
}

/// An API key that acts as whoever works here with this address, shown this once.
///
/// # Errors
/// A sentence for people: another Saker runs on the folder, nobody has the address, or the key can't be made.
pub async fn key(config: Config, email: &str, name: String, scopes: Vec<Scope>, days: Option<i64>) -> Result<String> {
    let saker = for_a_moment(config).await?;
    let made = token(&saker, email, name, scopes, days).await;
    saker.stop().await;
    made
}

async fn token(saker: &Saker, email: &str, name: String, scopes: Vec<Scope>, days: Option<i64>) -> Result<String> {
    let agent = colleague(saker, email)
        .await?
        .with_context(|| format!("Nobody with the address {email} works here; look at how it is written."))?;
    let actor = saker.desk.agent_actor(&agent.id).await?;
    let expires_at = days.map(|days| Clock::real().now() + days * DAY);
    let made = saker.desk.make_api_key(&actor, NewApiKey { name, scopes, expires_at }).await;
    Ok(made.context("The key was not made; look at its name and scopes, and at what its agent may do.")?.token)
}

async fn colleague(saker: &Saker, email: &str) -> Result<Option<AgentCard>> {
    let agents = saker.desk.colleagues().await?;
    Ok(agents.into_iter().find(|agent| agent.email.eq_ignore_ascii_case(email.trim())))
}

/// Saker without doors, for one errand.
async fn for_a_moment(mut config: Config) -> Result<Saker> {
    demo::log("warn");
    (config.port, config.smtp_port, config.lmtp_port) = (0, 0, 0);
    Saker::start(&config, false, Clock::real()).await
}
