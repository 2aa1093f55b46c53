//! The conformance kit: what every plugin must stand, whoever wrote it. It runs here, without a server and without a net.

use crate::{
    hook::Reach,
    plugins::{Compiler, Plugins, Record, replay},
};
use anyhow::{Context, Result, bail};
use desk::{blob::Blobs, model::EventKind};
use package::{Interface, Package};
use serde_json::{Value, json};
use std::{fs, path::Path};

/// Puts a file through its paces; prints a line for each, and fails when one did.
pub async fn test(file: &[u8], calls: Option<&Path>) -> Result<()> {
    let package = Package::open(file)?;
    let folder = std::env::temp_dir().join(format!("saker-kit-{}", std::process::id()));
    let plugins = runtime(&folder, file).await;
    let paces = match &plugins {
        Ok(plugins) => {
            let mut paces = Paces { plugins, failed: 0, all: 0 };
            paces.everybody(&package).await;
            if package.has(Interface::Inbound) {
                paces.inbound().await;
            }
            if package.has(Interface::Outbound) {
                paces.outbound().await;
            }
            if package.has(Interface::Poller) {
                paces.poller().await;
            }
            if package.has(Interface::ReplyRenderer) {
                paces.renderer().await;
            }
            if package.has(Interface::Classifier) {
                paces.classifier().await;
            }
            if package.has(Interface::Enricher) {
                paces.enricher().await;
            }
            if package.has(Interface::Automation) {
                paces.automation().await;
            }
            if let Some(calls) = calls {
                paces.recorded(calls).await?;
            }
            Ok((paces.all, paces.failed))
        }
        Err(why) => Err(anyhow::anyhow!("{why:#}")),
    };
    drop(plugins);
    let _ = fs::remove_dir_all(&folder);
    match paces? {
        (all, 0) => {
            println!("\n{all} passed");
            Ok(())
        }
        (all, failed) => bail!("{failed} of {all} failed"),
    }
}

/// Does one recorded call again, and prints what comes out.
pub async fn replay(file: &[u8], call: &str) -> Result<()> {
    let folder = std::env::temp_dir().join(format!("saker-kit-{}", std::process::id()));
    let done = async {
        let record: Record = serde_json::from_str(call).context("the call can't be read")?;
        runtime(&folder, file).await?.replay(&record).await
    }
    .await;
    let _ = fs::remove_dir_all(&folder);
    let done = done?;
    for line in &done.lines {
        eprintln!("{line}");
    }
    println!("{}", serde_json::to_string_pretty(&done.output)?);
    eprintln!("{} µs", done.micros);
    Ok(())
}

async fn runtime(folder: &Path, file: &[u8]) -> Result<Plugins> {
    let plugins = Plugins::open(Blobs::open(folder.join("blobs"))?, Compiler::new(folder.join("code")), Reach::Public)?;
    plugins.run_files(vec![file.to_vec()]).await?;
    Ok(plugins)
}

/// What a plugin is put through.
struct Paces<'a> {
    plugins: &'a Plugins,
    failed: usize,
    all: usize,
}

impl Paces<'_> {
    fn pace(&mut self, what: &str, outcome: Result<()>) {
        self.all += 1;
        match outcome {
            Ok(()) => println!("well    {what}"),
            Err(why) => {
                self.failed += 1;
                println!("FAILED  {what}: {why:#}");
            }
        }
    }

    async fn call(&self, door: &str, input: Value) -> Result<Value> {
        let record = Record { door: door.to_owned(), input, ..Record::default() };
        Ok(self.plugins.replay(&record).await?.output)
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
            let outcome = self.twice("handle-webhook", input).await.and_then(|output| messages_have_names(&output));
            self.pace(&format!("takes or refuses {what}"), outcome);
        }
        let nothing = self.twice("handle-webhook", replay::webhook("GET", &[], b"")).await;
        self.pace("takes or refuses a call of another method", nothing.map(drop));
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
            let outcome = self.call("poll", json!({ "cursor": cursor, "max-messages": 10 })).await;
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

    async fn recorded(&mut self, folder: &Path) -> Result<()> {
        let mut files: Vec<_> = fs::read_dir(folder)
            .with_context(|| format!("{} can't be read.", folder.display()))?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
            .collect();
        files.sort();
        for path in files {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let record: Record = serde_json::from_str(&fs::read_to_string(&path)?)
                .with_context(|| format!("{} is no recorded call", path.display()))?;
            let outcome = self.plugins.replay(&record).await.and_then(|done| {
                match difference(&record.expect, &done.output, String::new()) {
                    None => Ok(()),
                    Some(words) => bail!("{words}\n        in {}", done.output),
                }
            });
            self.pace(&name.replace('-', " "), outcome);
        }
        Ok(())
    }
}

/// What came in has a name, or the host could not tell it from the same again.
fn messages_have_names(output: &Value) -> Result<()> {
    let messages = output["Ok"]["batch"]["messages"].as_array();
    match messages.into_iter().flatten().find(|message| message["external_id"].as_str().is_none_or(str::is_empty)) {
        None => Ok(()),
        Some(message) => bail!("a message has no external-id: {message}"),
    }
}

/// Where what is expected is not so; what is not named may be as it is. Bytes may be written as text.
fn difference(expect: &Value, found: &Value, place: String) -> Option<String> {
    match (expect, found) {
        (Value::Null, _) => None,
        (Value::Object(parts), _) => {
            parts.iter().find_map(|(name, part)| difference(part, &found[name], format!("{place}.{name}")))
        }
        (Value::Array(parts), Value::Array(there)) if parts.len() == there.len() => {
            parts.iter().zip(there).enumerate().find_map(|(at, (a, b))| difference(a, b, format!("{place}[{at}]")))
        }
        (Value::String(text), Value::Array(bytes)) => {
            let bytes: Vec<u8> = bytes.iter().filter_map(|byte| byte.as_u64().map(|byte| byte as u8)).collect();
            (text.as_bytes() != bytes)
                .then(|| format!("{place} is {:?}, not {text:?}", String::from_utf8_lossy(&bytes)))
        }
        _ => (expect != found).then(|| format!("{place} is {found}, not {expect}")),
    }
}

#[cfg(test)]
mod tests {
    use super::difference;
    use serde_json::json;

    #[test]
    fn only_what_is_expected_has_to_be_so() {
        let found = json!({ "Ok": { "a": [1, 2], "b": "x", "c": [104, 105] } });
        let differs = |expect| difference(&expect, &found, String::new());
        assert_eq!(differs(json!({ "Ok": { "a": [1, 2], "c": "hi" } })), None);
        assert_eq!(differs(json!(null)), None);
        assert_eq!(differs(json!({ "Ok": { "b": "y" } })), Some(".Ok.b is \"x\", not \"y\"".to_owned()));
        assert!(differs(json!({ "Ok": { "a": [1] } })).is_some());
        assert!(differs(json!({ "Err": { "a": 1 } })).is_some());
    }
}
