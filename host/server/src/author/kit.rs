//! The conformance kit: what every plugin must stand, whoever wrote it. It runs here, without a server and without a net.

use super::{
    calls::{RecordedCall, output},
    said::say,
    scratch::Scratch,
};
use crate::plugins::{Record, Source, replay};
use anyhow::{Context, Result, bail, ensure};
use desk::model::EventKind;
use package::{Interface, Package};
use serde_json::{Value, json};
use std::path::Path;

/// One thing that a plugin was put through.
pub struct Pace {
    pub what: String,
    /// Why it did not go well.
    pub failed: Option<String>,
}

/// Puts a file through its paces; prints a line for each, and fails when one did.
pub async fn test(file: &[u8], calls: Option<&Path>) -> Result<()> {
    let (mut all, mut failed) = (0, 0);
    let told = &mut |pace: &Pace| {
        all += 1;
        match &pace.failed {
            None => say!("well    {}", pace.what),
            Some(why) => {
                failed += 1;
                say!("FAILED  {}: {why}", pace.what);
            }
        }
    };
    put_through(file, calls, told).await?;
    ensure!(failed == 0, "{failed} of {all} failed");
    say!("\n{all} passed");
    Ok(())
}

/// The same, and tells how each went.
///
/// # Errors
/// For what is no plugin or does not run, and for recorded calls that can't be read.
pub async fn put_through(file: &[u8], calls: Option<&Path>, told: &mut (dyn FnMut(&Pace) + Send)) -> Result<()> {
    let package = super::opened(file)?;
    // Before anything runs: what can't be read is told at once.
    let calls = calls.map(RecordedCall::all_in).transpose()?.unwrap_or_default();
    let plugins = Scratch::with(file).await?;
    let mut paces = Paces { plugins: &plugins, told };
    paces.everybody(&package).await;
    for interface in &package.exports {
        paces.of(*interface).await;
    }
    for call in &calls {
        let outcome = plugins.replay(&call.record, Source::Whole).await.and_then(|done| call.judge(done));
        paces.pace(&call.name, outcome);
    }
    Ok(())
}

/// Does one recorded call again, and prints what comes out.
pub async fn replay(file: &[u8], call: &str) -> Result<()> {
    super::opened(file)?;
    let record = Record::read(call).context("the call can't be read")?;
    let done = Scratch::with(file).await?.replay(&record, Source::Bare).await?;
    for line in done.lines.iter().chain(&done.complaints) {
        eprintln!("{line}");
    }
    eprintln!("{} µs", done.micros);
    match done.output {
        Ok(output) => {
            say!("{}", serde_json::to_string_pretty(&output)?);
            Ok(())
        }
        Err(why) => bail!("{why}"),
    }
}

/// What a plugin is put through.
struct Paces<'a> {
    plugins: &'a Scratch,
    told: &'a mut (dyn FnMut(&Pace) + Send),
}

impl Paces<'_> {
    fn pace(&mut self, what: &str, outcome: Result<()>) {
        let failed = outcome.err().map(|why| format!("{why:#}"));
        (self.told)(&Pace { what: what.to_owned(), failed });
    }

    async fn of(&mut self, interface: Interface) {
        match interface {
            Interface::Setup => self.setup().await,
            Interface::Inbound => self.inbound().await,
            Interface::Outbound => self.outbound().await,
            Interface::Poller => self.poller().await,
            Interface::MailCodec => self.mail().await,
            Interface::ReplyRenderer => self.renderer().await,
            Interface::Classifier => self.classifier().await,
            Interface::Enricher => self.enricher().await,
            Interface::Automation => self.automation().await,
        }
    }

    async fn call(&self, door: &str, input: Value) -> Result<Value> {
        let record = Record { door: door.to_owned(), input, ..Record::default() };
        output(self.plugins.replay(&record, Source::Bare).await?)
    }

    /// The same in gives the same out: the host may call again for what it has asked before.
    async fn twice(&self, door: &str, input: Value) -> Result<Value> {
        let (one, two) = (self.call(door, input.clone()).await?, self.call(door, input).await?);
        if one != two {
            bail!("the same input gave another output the second time");
        }
        Ok(one)
    }

    async fn everybody(&mut self, package: &Package) {
        let said = self.twice("describe", Value::Null).await.and_then(|said| {
            let said = &said["Ok"];
            if said["id"] == package.manifest.id.as_str() && said["version"] == package.manifest.version.as_str() {
                return Ok(());
            }
            bail!("its code says {} {}, and its manifest something else", said["id"], said["version"])
        });
        self.pace("says who it is, as its manifest does", said);
    }

    async fn inbound(&mut self) {
        let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
        let long = "x".repeat(1 << 20);
        let odd = "{\"text\":\"\\u202e\\u0000<script>alert(1)</script>\",\"id\":\"\"}";
        let bodies: [(&str, &[u8]); 8] = [
            ("nothing at all", b""),
            ("bytes that are no text", &[0xff, 0xfe, 0x00, 0x80]),
            ("half of some JSON", b"{\"message\":{\"text\":\"h"),
            ("JSON that is no object", b"[1,null,\"x\"]"),
            ("JSON nested 20,000 deep", deep.as_bytes()),
            ("a megabyte of letters", long.as_bytes()),
            ("a form where JSON is meant", b"a=1&b=2"),
            ("letters that mean harm", odd.as_bytes()),
        ];
        for (what, body) in bodies {
            let input = replay::webhook("POST", &[("content-type", "application/json")], body);
            let outcome = self
                .twice("handle-webhook", input)
                .await
                .and_then(|output| messages_have_names(&output["Ok"]["batch"]));
            self.pace(&format!("takes or refuses {what}"), outcome);
        }
        let nothing = self.twice("handle-webhook", replay::webhook("GET", &[], b"")).await;
        self.pace("takes or refuses a call of another method", nothing.map(drop));
    }

    async fn setup(&mut self) {
        for (door, what, input) in [
            ("check", "says what it has against settings that nobody filled in", Value::Null),
            ("connect", "connects, or says why not, without a net", json!("https://desk.example/hooks/a")),
            ("disconnect", "disconnects, or says why not, without a net", Value::Null),
        ] {
            let outcome = self.call(door, input).await;
            self.pace(what, outcome.map(drop));
        }
    }

    async fn mail(&mut self) {
        let long = format!("Subject: {}\r\n\r\n", "x".repeat(1 << 20));
        let deep = "Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n".repeat(2_000);
        let mails: [(&str, &[u8]); 5] = [
            ("an ordinary mail", b"From: Kari <kari@example.com>\r\nMessage-ID: <a@b>\r\nSubject: Hei\r\n\r\nHei!\r\n"),
            ("a mail of nothing at all", b""),
            ("a mail of bytes that are no text", &[0xff, 0xfe, 0x00, 0x80]),
            ("a mail with a megabyte of subject", long.as_bytes()),
            ("a mail of parts in parts", deep.as_bytes()),
        ];
        for (what, raw) in mails {
            let outcome = self.twice("parse", replay::mail(raw)).await.and_then(|output| {
                let refused = &output["Err"];
                ensure!(
                    refused.is_null() || !refused["Rejected"].is_null(),
                    "it may be refused only as rejected: {output}"
                );
                messages_have_names(&output["Ok"])
            });
            self.pace(&format!("reads or rejects {what}, the same each time"), outcome);
        }
        for (what, text) in [("an ordinary answer", "Hei!"), ("an empty one", "")] {
            let outcome = self.twice("compose", replay::letter(text)).await.and_then(|output| {
                ensure!(output["Ok"] != "", "it gave no mail back");
                Ok(())
            });
            self.pace(&format!("writes {what}, the same each time"), outcome);
        }
    }

    async fn outbound(&mut self) {
        let long = "ø".repeat(100_000);
        for (what, text) in [("an ordinary answer", "Hei!"), ("an empty one", ""), ("a very long one", long.as_str())] {
            // Nothing is recorded, so that every request is refused: what is asked is that the plugin copes.
            let outcome = self.call("send", replay::message(text)).await;
            self.pace(&format!("sends, or says why not, {what} without a net"), outcome.map(drop));
        }
        let outcome = self.call("lookup", json!("k-1")).await;
        self.pace("says whether it sent something, or that it can't", outcome.map(drop));
    }

    async fn poller(&mut self) {
        for (what, cursor) in [("from the beginning", Value::Null), ("from where nobody has been", json!("nonsense"))] {
            let outcome = self.call("poll", json!({ "cursor": cursor, "max_messages": 10 })).await;
            self.pace(&format!("looks for messages {what} without a net"), outcome.map(drop));
        }
    }

    async fn classifier(&mut self) {
        let long = "faktura ".repeat(20_000);
        for (what, text) in [
            ("an ordinary message", "Faktura 1042 er feil."),
            ("an empty one", ""),
            ("a very long one", long.as_str()),
            ("letters that mean harm", "\u{202e}\0<script>alert(1)</script>"),
        ] {
            let outcome = self.twice("classify", replay::question("Hei", text)).await;
            self.pace(&format!("has an opinion about {what}, the same each time"), outcome.map(drop));
        }
    }

    async fn enricher(&mut self) {
        for (what, address, organisation) in
            [("somebody of a company", "kari@example.com", "Fjord AS"), ("somebody without a name", "", "")]
        {
            let outcome = self.call("enrich", replay::somebody(address, organisation)).await;
            self.pace(&format!("finds out about {what}, or says why not, without a net"), outcome.map(drop));
        }
    }

    async fn automation(&mut self) {
        for kind in [EventKind::TicketOpened, EventKind::EnquiryReceived, EventKind::Closed, EventKind::Erased] {
            let outcome = self.call("on-event", replay::event(kind)).await;
            self.pace(&format!("answers {kind} with proposals"), outcome.map(drop));
        }
    }

    async fn renderer(&mut self) {
        let unknown = self.render_unknown().await;
        self.pace("refuses a template that there is not", unknown);
        for locale in ["nb", "en"] {
            let listed = match self.twice("list-templates", json!(locale)).await {
                Ok(listed) => listed["Ok"].as_array().cloned().unwrap_or_default(),
                Err(why) => {
                    self.pace(&format!("lists its templates in {locale}"), Err(why));
                    continue;
                }
            };
            for card in listed {
                let name = card["name"].as_str().unwrap_or_default().to_owned();
                let schema = card["params_schema"].as_str().unwrap_or_default();
                let asks = package::Form::of_params(schema).map(drop).map_err(anyhow::Error::from);
                self.pace(&format!("{name} asks in {locale} for what a form can be drawn from"), asks);
                let outcome = self.render_sample(&name, locale).await;
                self.pace(&format!("renders {name} in {locale}, the same each time"), outcome);
            }
        }
    }

    async fn render_unknown(&self) -> Result<()> {
        let Some(mut input) = self.any_sample().await? else { bail!("no template has a sample") };
        input["template"] = json!("there-is-no-such-template");
        let output = self.call("render", input).await?;
        if output.get("Err").is_some() { Ok(()) } else { bail!("it rendered something") }
    }

    async fn any_sample(&self) -> Result<Option<Value>> {
        let listed = self.call("list-templates", json!("en")).await?;
        for card in listed["Ok"].as_array().into_iter().flatten() {
            let sample = self.call("sample", json!([card["name"], "en"])).await?;
            if !sample["Ok"].is_null() {
                return Ok(Some(sample["Ok"].clone()));
            }
        }
        Ok(None)
    }

    async fn render_sample(&self, name: &str, locale: &str) -> Result<()> {
        let sample = self.call("sample", json!([name, locale])).await?;
        if sample["Ok"].is_null() {
            bail!("it has no sample to be tried with");
        }
        let output = self.twice("render", sample["Ok"].clone()).await?;
        let text = output["Ok"]["text"].as_str().unwrap_or_default();
        if text.trim().is_empty() { bail!("nothing came out: {output}") } else { Ok(()) }
    }
}

/// What came in has a name, or the host could not tell it from the same again.
fn messages_have_names(batch: &Value) -> Result<()> {
    let messages = batch["messages"].as_array();
    match messages.into_iter().flatten().find(|message| message["external_id"].as_str().is_none_or(str::is_empty)) {
        None => Ok(()),
        Some(message) => bail!("a message has no external-id: {message}"),
    }
}
