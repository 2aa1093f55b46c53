//! The `saker` program.

use clap::Parser;
use desk::clock::Clock;
use server::{
    config::{Command, Config, Verb},
    demo, errand,
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
        Verb::Invite { config, name, email } => told(errand::invite(config, name, email).await),
        Verb::Key { config, email, name, scope, days } => told(errand::key(config, &email, name, scope, days).await),
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

fn told(what: anyhow::Result<String>) -> anyhow::Result<()> {
    println!("{}", what?);
    Ok(())
}
