//! The demo: a small organisation with a handful of requests, and mail that stays in the house.

use crate::{
    config::DemoConfig,
    run::{Saker, shown},
};
use anyhow::{Context, Result};
use desk::{
    Desk,
    clock::{Clock, DAY},
    model::*,
    outside::Envelope,
    person::{NewCompany, NewContact},
    settings::{NewAgent, NewCategory, NewMailbox},
};
use serde_json::json;

/// Every demo agent's password.
pub const PASSWORD: &str = "saker-demo-1";
/// The demo's mailbox.
pub const MAILBOX: &str = "support@company.com";

const AGENTS: [(&str, &str, Language, bool); 5] = [
    ("Ane Lie", "ane@company.com", Language::Nb, false),
    ("Bo Dahl", "bo@company.com", Language::Nb, false),
    ("Cia Berg", "cia@company.com", Language::En, false),
    ("Dag Moen", "dag@company.com", Language::Nb, false),
    ("Eva Strand", "eva@company.com", Language::En, true),
];

pub async fn run(demo: DemoConfig) -> Result<()> {
    log(if demo.config.log == "info" { "warn" } else { &demo.config.log });
    let saker = Saker::start(&demo.config, true, Clock::real()).await?;
    if saker.desk.colleagues().await?.is_empty() {
        if !demo.json {
            println!("Making example data …");
        }
        furnish(&saker.desk).await?;
        converse(&saker.desk).await?;
    }
    fill(&saker.desk, demo.requests).await?;
    print(&saker, demo.json).await?;
    until_told().await;
    saker.stop().await;
    Ok(())
}

/// As [`furnish`], where nobody works yet; whoever administers there.
pub async fn furnished(desk: &Desk) -> Result<Actor> {
    if desk.colleagues().await?.is_empty() {
        furnish(desk).await?;
    }
    chief(desk).await
}

/// The administrator of the example data.
async fn chief(desk: &Desk) -> Result<Actor> {
    let admin = AGENTS.iter().find(|(.., admin)| *admin).map(|(_, email, ..)| *email).unwrap_or_default();
    let admin =
        desk.colleagues().await?.into_iter().find(|agent| agent.email == admin).context("nobody administers")?;
    Ok(desk.agent_actor(&admin.id).await?)
}

/// Someone who may look at choices before anybody works here.
fn anyone() -> Actor {
    Actor::Agent {
        id: AgentId::from("setup"),
        name: String::new(),
        admin: true,
        language: Language::En,
        via: Via::Hand,
    }
}

/// Who works here, what they work with, and who asks: the fixture of the acceptance scenarios.
pub async fn furnish(desk: &Desk) -> Result<()> {
    let system = Actor::System;
    let mut ids = vec![];
    for (name, email, language, admin) in AGENTS {
        let first = name.split(' ').next().unwrap_or(name);
        let signature = match language {
            Language::Nb => format!("Vennlig hilsen\n{first}, Support"),
            Language::En => format!("Kind regards\n{first}, Support"),
        };
        let new = NewAgent {
            name: name.to_owned(),
            email: email.to_owned(),
            language,
            signature,
            password: Some(PASSWORD.to_owned()),
            admin,
            roles: vec![],
        };
        ids.push(desk.add_agent(&system, new).await?);
    }
    desk.name_organisation(&system, "Nordvik", "+47 22 00 00 00").await?;
    let choices = desk.choices(&anyone()).await?;
    let Some(support) = choices.categories.first().map(|category| category.id.clone()) else {
        return Ok(());
    };
    desk.join_category(&system, &support, &[ids[0].clone(), ids[1].clone(), ids[3].clone()]).await?;
    let invoice = NewCategory {
        name: "Faktura".into(),
        nb: "Faktura".into(),
        en: "Invoice".into(),
        internal: false,
        members: vec![ids[2].clone()],
    };
    desk.add_category(&system, invoice).await?;
    let delivery =
        NewCategory { name: "Levering".into(), nb: "Levering".into(), en: "Delivery".into(), ..NewCategory::default() };
    desk.add_category(&system, delivery).await?;
    let mailbox = NewMailbox {
        address: MAILBOX.into(),
        name: "Nordvik Support".into(),
        category: support,
        imap: None,
        silent: false,
    };
    desk.add_mailbox(&system, mailbox).await?;
    let fjord =
        desk.add_company(&system, NewCompany { name: "Fjord AS".into(), domain: Some("fjord.no".into()) }).await?;
    let kari = NewContact {
        name: "Kari Nordmann".into(),
        emails: vec!["kari@fjord.no".into()],
        phones: vec!["+47 900 00 001".into()],
        language: Language::Nb,
        company: Some(fjord),
    };
    desk.add_contact(&system, kari).await?;
    Ok(())
}

/// Mails that stand in the queue when somebody looks for the first time: name, address, language, subject, text.
const MAILS: [(&str, &str, &str, &str, &str); 6] = [
    (
        "Hanne Moe",
        "hanne@moebygg.example",
        "nb",
        "Timelister sendes ikke inn",
        "Hei,\n\nNår vi trykker Send på timelistene, skjer det ingenting. Nå har tre av oss samme problem.\n\nHilsen Hanne",
    ),
    (
        "Per Aas",
        "per@fjord.no",
        "nb",
        "Spørsmål om avtalen",
        "Hei!\n\nGjelder prisen også de nye brukerne vi la til i oktober?\n\nMvh Per",
    ),
    (
        "Olivia Grant",
        "olivia@harbour.example",
        "en",
        "Export to spreadsheet gives an empty file",
        "Hello,\n\nThe export ran without an error, but the file has only a heading. It worked last week.\n\nOlivia",
    ),
    (
        "Ingrid Fjellstad",
        "ingrid@fjellstad.example",
        "nb",
        "Feil beløp på kreditnota 771",
        "Hei,\n\nDet skulle vært 12 400 kroner, ikke 14 200. Kan dere sende en ny?\n\nIngrid",
    ),
    ("ليلى منصور", "layla@osloimport.example", "en", "طلب نسخة من الفاتورة", "مرحبا، أحتاج نسخة من فاتورة شهر أكتوبر."),
    (
        "Jens Petter Vik",
        "jens@vik.example",
        "nb",
        "Kortterminalen finner ikke nettet",
        "Hei\n\nTerminalen sier «ingen forbindelse» etter at vi byttet ruter i går. Vi prøver igjen i morgen tidlig.\n\nJens Petter",
    ),
];

async fn converse(desk: &Desk) -> Result<()> {
    let Some(mailbox) = desk.mailbox_for(MAILBOX).await? else {
        return Ok(());
    };
    for (number, (name, address, language, subject, text)) in MAILS.into_iter().enumerate() {
        let raw = format!(
            "From: \"{name}\" <{address}>\r\nTo: {MAILBOX}\r\nSubject: {subject}\r\nMessage-ID: <demo-{number}@{}>\r\n\
             Content-Language: {language}\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\
             Content-Transfer-Encoding: 8bit\r\n\r\n{}\r\n",
            address.rsplit('@').next().unwrap_or("localhost"),
            text.replace('\n', "\r\n"),
        );
        let envelope = Envelope { from: address.to_owned(), to: vec![MAILBOX.to_owned()] };
        desk.post_mail(&mailbox, envelope, raw.into_bytes()).await?;
    }
    Ok(())
}

/// More requests than anyone reads, for measuring. They come as mail, like all others.
pub async fn fill(desk: &Desk, most: u32) -> Result<()> {
    let Some(mailbox) = desk.mailbox_for(MAILBOX).await? else {
        return Ok(());
    };
    let words =
        ["skriver", "faktura", "passord", "levering", "terminal", "rapport", "tilgang", "avtale", "nettverk", "bruker"];
    let mut waiting = tokio::task::JoinSet::new();
    for number in 0..most {
        let (one, two) = (words[number as usize % 10], words[(number as usize / 10) % 10]);
        let raw = format!(
            "From: Kunde {number} <kunde{number}@mange.example>\r\nTo: {MAILBOX}\r\nSubject: Om {one} og {two} nr. {number}\r\n\
             Message-ID: <fill-{number}@mange.example>\r\nAuto-Submitted: auto-generated\r\n\r\n\
             Hei, {one} virker ikke slik den skal, og {two} heller ikke. Nummeret er {number}.\r\n"
        );
        let (desk, mailbox) = (desk.clone(), mailbox.clone());
        waiting.spawn(async move {
            desk.post_mail(&mailbox, Envelope { from: String::new(), to: vec![MAILBOX.to_owned()] }, raw.into_bytes())
                .await
        });
        if waiting.len() >= 64
            && let Some(done) = waiting.join_next().await
        {
            done??;
        }
    }
    while let Some(done) = waiting.join_next().await {
        done??;
    }
    if most > 0 {
        desk.settle_index().await?;
    }
    Ok(())
}

/// Where everything is, and how to get in.
pub async fn print(saker: &Saker, as_json: bool) -> Result<()> {
    let base = saker.desk.public_url().to_owned();
    let mut agents = vec![];
    for agent in saker.desk.colleagues().await? {
        agents.push((agent.name, agent.email, saker.desk.agent_link(&Actor::System, &agent.id).await?));
    }
    let key = key(&saker.desk).await?;
    if as_json {
        let agents: Vec<_> =
            agents.iter().map(|(name, email, link)| json!({ "name": name, "email": email, "link": link })).collect();
        let facts = json!({
            "portal": base, "workspace": format!("{base}/desk"), "sentMail": format!("{base}/sent-mail"),
            "smtp": shown(saker.smtp), "lmtp": shown(saker.lmtp), "agents": agents, "password": PASSWORD,
            "api": format!("{base}{}", crate::api::ROOT), "key": key,
        });
        println!("{facts}");
        return Ok(());
    }
    println!("\nSaker runs. Stop it with Ctrl C.\n");
    println!("  Portal for customers   {base}/");
    println!("  Workspace for agents   {base}/desk");
    println!("  Mail that Saker sent   {base}/sent-mail");
    println!("  Send mail to           {MAILBOX} at {} (SMTP) or {} (LMTP)\n", shown(saker.smtp), shown(saker.lmtp));
    println!("  Programs call          {base}{} with the key {key}\n", crate::api::ROOT);
    println!("  Sign in once by link (15 minutes), or with the password {PASSWORD}:");
    for (name, email, link) in agents {
        println!("    {name:<11} {email:<18} {link}");
    }
    println!();
    Ok(())
}

/// A key for programs that acts as the administrator, for a day; the one of the start before opens nothing any more.
async fn key(desk: &Desk) -> Result<String> {
    const NAME: &str = "demo";
    let actor = chief(desk).await?;
    for old in desk.api_keys(&actor).await? {
        if old.name == NAME && old.revoked_at.is_none() {
            desk.revoke_api_key(&actor, &old.id).await?;
        }
    }
    let expires_at = Some(Clock::real().now() + DAY);
    Ok(desk
        .make_api_key(&actor, NewApiKey { name: NAME.to_owned(), scopes: vec![Scope::Admin], expires_at })
        .await?
        .token)
}

/// Lines on standard error, in colours where somebody looks.
pub fn log(filter: &str) {
    let filter =
        tracing_subscriber::EnvFilter::try_new(filter).unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    // A second start in the same process, as in tests, keeps the first log.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        .with_writer(std::io::stderr)
        .try_init();
}

/// Returns when somebody stops the program: Ctrl C, or the service's owner.
pub async fn until_told() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
