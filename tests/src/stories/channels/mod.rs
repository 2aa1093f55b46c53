//! Channels that come with Saker, each with a small server that plays its company. They all keep the same promises: a message
//! becomes a request once, however often it comes; what is not signed is not taken; an answer leaves once and in the company's
//! form, later where the company wants it slower; and where a line breaks in the middle, nothing is sent again by itself.

mod chat;
mod form;
mod gateway;
mod phone;
mod slack;
mod sms;
mod teams;
mod telegram;
mod webhook;
mod whatsapp;

use crate::plugins::id;
use anyhow::{Context, Result, ensure};
use desk::{channel::HookCall, model::*};
use serde_json::Value;
use server::author::{self, Verb};
use std::{
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};
use tests::{
    company::{Answer, Company, Told},
    house::House,
};

/// A call that came at a moment, Unix microseconds, and is heard now.
fn call_of(at: i64, headers: &[(&str, String)], body: Vec<u8>) -> HookCall {
    HookCall {
        id: "late".to_owned(),
        method: "POST".to_owned(),
        path: String::new(),
        query: String::new(),
        headers: headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone().into_bytes())).collect(),
        remote: "192.0.2.1".to_owned(),
        at,
        body,
    }
}

/// One call by the company.
#[derive(Clone)]
pub struct Knock {
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

/// What differs from company to company.
pub trait Remote {
    /// The plugin's id.
    const ID: &'static str;
    /// The end of the path that an answer is sent to.
    const SENDS: &'static str;
    /// The company itself says that what failed between it and Saker may be sent again.
    const TRIES_AGAIN: bool = false;

    fn settings(company: &Company) -> Value;
    fn secrets() -> Vec<(&'static str, &'static str)>;
    /// What the company answers to everything that is asked of it.
    fn answers(company: &Company);
    /// A call with this text, by somebody called Kari where the company says names, signed as of now. `name` is the message's
    /// own; `hook` is where it goes.
    fn says(company: &Company, hook: &str, name: &str, text: &str) -> Knock;
    /// The same, changed after it was signed.
    fn forges(knock: Knock) -> Knock;
    /// What the company says when an answer comes too soon.
    fn slower() -> Answer;
    /// What is wrong with how "Prøv **igjen**" reached the company, as an answer to the message `m1`.
    fn form(told: &Told) -> Result<()>;
}

/// A Saker with a channel of this company.
pub struct Here {
    pub house: House,
    pub company: Company,
    pub eva: Actor,
    pub ane: Actor,
    pub channel: Channel,
    pub hook: String,
}

impl Here {
    /// Installs the plugin as an administrator does who finds it among what comes with Saker, and connects an account.
    pub async fn open<R: Remote>() -> Result<Here> {
        let house = House::open_with(&["--webhooks-inside"]).await?;
        let (eva, ane) = (house.agent("Eva").await?, house.agent("Ane").await?);
        let company = Company::open().await?;
        R::answers(&company);
        let secrets = R::secrets().into_iter().map(|(name, secret)| (name.to_owned(), secret.to_owned()));
        let new = NewChannel {
            name: "Kundene".to_owned(),
            settings: serde_json::from_value(R::settings(&company))?,
            secrets: secrets.collect(),
            ..NewChannel::default()
        };
        let (channel, hook) = set_up(&house, &eva, R::ID, new).await?;
        Ok(Here { house, company, eva, ane, channel, hook })
    }

    pub async fn knock(&self, knock: &Knock) -> Result<u16> {
        let headers: Vec<(&str, &str)> = knock.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        Ok(self.house.knock("POST", &self.hook, &headers, &knock.body).await?.0)
    }

    pub async fn says<R: Remote>(&self, name: &str, text: &str) -> Result<u16> {
        self.knock(&R::says(&self.company, &self.hook, name, text)).await
    }

    /// The only request, with its enquiries' texts.
    pub async fn ticket(&self) -> Result<(Ticket, Vec<String>)> {
        self.house.rest().await?;
        let ticket = self.house.only(&self.eva, List::Latest).await?;
        let said = ticket.messages.iter().filter(|message| message.kind == MessageKind::Enquiry);
        let said = said.map(|message| message.text.trim().to_owned()).collect();
        Ok((ticket, said))
    }

    pub async fn reply(&self, ticket: &Ticket, text: &str) -> Result<()> {
        let draft = Draft { text: text.to_owned(), key: text.to_owned(), access: Access::External, ..Draft::default() };
        self.house.desk.reply(&self.ane, &ticket.id, draft).await?;
        Ok(())
    }

    /// The same with files, by name and kind.
    pub async fn reply_with(&self, ticket: &Ticket, text: &str, files: &[(&str, &str)]) -> Result<()> {
        let mut uploads = vec![];
        for (name, mime) in files {
            uploads.push(self.house.desk.store_upload(name, mime, b"file".to_vec()).await?);
        }
        let (text, key) = (text.to_owned(), text.to_owned());
        let draft = Draft { text, key, access: Access::External, files: uploads, ..Draft::default() };
        self.house.desk.reply(&self.ane, &ticket.id, draft).await?;
        Ok(())
    }

    /// How far the last reply is.
    pub async fn delivery(&self) -> Result<Delivery> {
        let (ticket, _) = self.ticket().await?;
        let last = ticket.messages.iter().rev().find(|message| message.kind == MessageKind::Reply);
        last.and_then(|message| message.delivery.clone()).context("nothing was sent")
    }
}

/// Installs a plugin as an administrator does who finds it among what comes with Saker, and connects an account; with the
/// address where that is called.
pub async fn set_up(house: &House, eva: &Actor, plugin: &str, new: NewChannel) -> Result<(Channel, String)> {
    let plugin = id(plugin);
    let found = house.desk.shipped_plugins(eva).await?.into_iter().find(|shipped| shipped.id == plugin);
    let found = found.context("it does not come with Saker")?;
    ensure!(found.installed.is_none(), "it was there without being asked for: {found:?}");
    let sheet = house.desk.look_at_shipped_plugin(eva, &plugin).await?;
    ensure!(sheet.publisher.as_deref() == Some("shipped"), "{sheet:?}");
    let granted = sheet.wants.into_iter().map(|wanted| wanted.want).collect();
    house.desk.install_plugin(eva, Install { file: sheet.file, granted, unsigned: false }).await?;
    let channel = house.desk.add_channel(eva, &plugin, new).await?;
    house.desk.check_channel(eva, &channel.id).await?;
    let channel = house.desk.connect_channel(eva, &channel.id).await?;
    let hook = channel.hook_url.clone().context("it has no address")?;
    Ok((channel, hook))
}

/// What every channel must do.
pub async fn keeps_its_promises<R: Remote>() -> Result<Here> {
    let here = Here::open::<R>().await?;
    let good = R::says(&here.company, &here.hook, "m1", "Skriveren virker ikke");
    // Changed on its way, signed by nobody, signed and no message at all.
    let unsigned = Knock { headers: vec![], ..good.clone() };
    for bad in [R::forges(good.clone()), unsigned, Knock { headers: vec![], body: b"{".to_vec() }] {
        let status = here.knock(&bad).await?;
        ensure!(status == 400, "{status}");
    }
    here.house.rest().await?;
    ensure!(here.house.rows(&here.eva, List::Latest).await?.is_empty(), "something was taken that nobody signed");
    // The same twice, and one more in the same conversation.
    for _ in 0..2 {
        let status = here.knock(&good).await?;
        ensure!(status == 200, "{status}");
    }
    let (ticket, said) = here.ticket().await?;
    ensure!(said == ["Skriveren virker ikke"], "{said:?}");
    // Too fast; later it is taken, and leaves once.
    here.company.answers_once(R::SENDS, R::slower());
    here.reply(&ticket, "Prøv **igjen**").await?;
    let delivery = here.delivery().await?;
    let told = here.company.told(R::SENDS);
    ensure!(told.len() == 2, "{} calls: {told:?}", told.len());
    ensure!(delivery.state == DeliveryState::Sent && delivery.attempts == 2, "{delivery:?}");
    for told in &told {
        R::form(told)?;
    }
    // The conversation goes on in the same request.
    ensure!(here.says::<R>("m2", "Fortsatt ikke").await? == 200);
    let (ticket, said) = here.ticket().await?;
    ensure!(said == ["Skriveren virker ikke", "Fortsatt ikke"], "{said:?}");
    // Nobody knows whether this one arrived. It is not sent again by itself.
    here.company.answers_once(R::SENDS, Answer::broken());
    here.reply(&ticket, "Er det i orden nå?").await?;
    let delivery = here.delivery().await?;
    ensure!(delivery.state == DeliveryState::Uncertain, "{delivery:?}");
    ensure!(here.company.told(R::SENDS).len() == 3);
    // Nor this one, which something between took before it failed.
    if !R::TRIES_AGAIN {
        here.company.answers_once(R::SENDS, Answer::json(502, &Value::Null));
        here.reply(&ticket, "Og nå?").await?;
        let delivery = here.delivery().await?;
        ensure!(delivery.state == DeliveryState::Uncertain, "{delivery:?}");
        ensure!(here.company.told(R::SENDS).len() == 4, "it was sent twice");
    }
    // This one is refused, with everything that the company was told.
    here.company.answers_once(R::SENDS, Answer::repeating(400));
    here.reply(&ticket, "Hører du meg?").await?;
    let delivery = here.delivery().await?;
    ensure!(delivery.state == DeliveryState::Failed, "{delivery:?}");
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    let plugin = id(R::ID);
    let desk = &here.house.desk;
    let written = format!(
        "{delivery:?}{:?}{:?}{:?}{:?}",
        desk.egress(&here.eva, &plugin, None).await?,
        desk.plugin_lines(&here.eva, &plugin, LinesAsked::default()).await?,
        desk.plugin_calls(&here.eva, &plugin, None).await?,
        here.ticket().await?.0,
    );
    let refused = here.company.told(R::SENDS).pop().context("nothing was told")?;
    let key = refused.header("authorization").rsplit(' ').next().unwrap_or_default();
    for secret in R::secrets().into_iter().map(|(_, secret)| secret).chain([key]).filter(|key| !key.is_empty()) {
        let around = written.split(secret).next().filter(|before| before.len() < written.len());
        let around = around.map(|before| before.chars().rev().take(200).collect::<Vec<_>>().into_iter().rev());
        ensure!(
            around.is_none(),
            "{secret} is written down after: {}",
            around.into_iter().flatten().collect::<String>()
        );
    }
    Ok(here)
}

/// Unix seconds now.
pub fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64)
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// HMAC-SHA-256 of all of it.
pub fn mac(secret: &str, parts: &[&[u8]]) -> Vec<u8> {
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret.as_bytes());
    ring::hmac::sign(&key, &parts.concat()).as_ref().to_vec()
}

/// A token as RFC 7519 has it.
pub fn token(head: &Value, claims: &Value, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(head.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()));
    let mac = URL_SAFE_NO_PAD.encode(sign(signed.as_bytes()));
    format!("{signed}.{mac}")
}

/// What the conformance kit says of a channel, with its recorded calls.
pub async fn passes_the_kit(name: &str) -> Result<()> {
    let root: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let calls = root.join("plugins").join(name).join("calls");
    ensure!(std::fs::read_dir(&calls)?.count() >= 4, "{name} has few recorded calls");
    let built = root.join("dist/plugins");
    let [offered, there] = ["offered/", ""].map(|folder| built.join(format!("{folder}{name}.wasm")));
    let file = if offered.exists() { offered } else { there };
    author::run(Verb::Test { file, calls: Some(calls) }).await
}
