//! The `saker` program.

use clap::Parser;
use desk::{clock::Clock, model::Actor, settings::NewAgent};
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
        Verb::Demo(config) => demo::run(config).await,
        Verb::Invite { config, name, email } => invite(config, name, email).await,
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

async fn invite(mut config: Config, name: String, email: String) -> anyhow::Result<()> {
    demo::log("warn");
    (config.port, config.smtp_port, config.lmtp_port) = (0, 0, 0);
    let saker = Saker::start(&config, false, Clock::real()).await?;
    let new = NewAgent { name, email, admin: true, ..NewAgent::default() };
    let id = saker.desk.add_agent(&Actor::System, new).await?;
    println!("{}", saker.desk.agent_link(&Actor::System, &id).await?);
    saker.stop().await;
    Ok(())
}
