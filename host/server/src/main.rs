//! The `saker` program.

use anyhow::Context;
use clap::Parser;
use desk::{
    clock::{Clock, DAY},
    model::{Actor, NewApiKey, Scope},
    settings::NewAgent,
};
use server::{
    config::{Command, Config, Verb},
    demo,
    run::{Saker, shown},
};
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let command = Command::parse();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let result = match command.verb {
        Verb::Serve(config) => serve(config).await,
        Verb::Plugin { verb } => server::author::run(verb).await,
        Verb::CompilePlugin => server::plugins::compile_here(),
        Verb::Demo(config) => demo::run(config).await,
        Verb::Invite { config, name, email } => invite(config, name, email).await,
        Verb::Key { config, email, name, scope, days } => key(config, &email, name, scope, days).await,
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The sentence for a person first; the machine's words behind it.
            eprintln!("{error}");
            for cause in error.chain().skip(1) {
                eprintln!("  because: {cause}");
            }
            ExitCode::FAILURE
        }
    }
}

async fn serve(config: Config) -> anyhow::Result<()> {
    demo::log(&config.log);
    let saker = Saker::start(&config, false, Clock::real()).await?;
    tracing::info!(pages = %shown(saker.pages), smtp = %saker.smtp, lmtp = %saker.lmtp, "Saker runs");
    demo::until_told().await;
    saker.stop().await;
    Ok(())
}

async fn invite(config: Config, name: String, email: String) -> anyhow::Result<()> {
    let saker = for_a_moment(config).await?;
    let new = NewAgent { name, email, admin: true, ..NewAgent::default() };
    let id = saker.desk.add_agent(&Actor::System, new).await?;
    println!("{}", saker.desk.agent_link(&Actor::System, &id).await?);
    saker.stop().await;
    Ok(())
}

async fn key(config: Config, email: &str, name: String, scopes: Vec<Scope>, days: Option<i64>) -> anyhow::Result<()> {
    let saker = for_a_moment(config).await?;
    let made = make_key(&saker, email, name, scopes, days).await;
    saker.stop().await;
    println!("{}", made?);
    Ok(())
}

async fn make_key(
    saker: &Saker,
    email: &str,
    name: String,
    scopes: Vec<Scope>,
    days: Option<i64>,
) -> anyhow::Result<String> {
    let agents = saker.desk.colleagues().await?;
    let agent = agents
        .into_iter()
        .find(|agent| agent.email.eq_ignore_ascii_case(email.trim()))
        .with_context(|| format!("Nobody with the address {email} works here; look at how it is written."))?;
    let actor = saker.desk.agent_actor(&agent.id).await?;
    let expires_at = days.map(|days| Clock::real().now() + days * DAY);
    let made = saker.desk.make_api_key(&actor, NewApiKey { name, scopes, expires_at }).await;
    Ok(made.context("The key was not made; look at its name and scopes, and at what its agent may do.")?.token)
}

/// Saker without doors, for one errand.
async fn for_a_moment(mut config: Config) -> anyhow::Result<Saker> {
    demo::log("warn");
    (config.port, config.smtp_port, config.lmtp_port) = (0, 0, 0);
    Saker::start(&config, false, Clock::real()).await
}
