//! Calls that were written down, done again: the failed ones of a server, and those by which an author says what a plugin
//! must do. The host answers what it answered then; nothing leaves the machine.

use super::{
    Plugins,
    call::{Account, Call, Stopped},
    contract::{automation, inbound, outbound, reply_renderer, types},
    loaded::Loaded,
    perform::{Answer, calls, no_door},
    script::{Recorded, Script, Source},
    spelling,
};
use anyhow::{Context, Result, bail, ensure};
use desk::{
    outside::Boxed,
    plugin::{Glimpse, Happening},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};
use wasmtime::{Store, component::Instance};

/// One call: what goes in, what the host answers, and, for tests, what must come out.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Record {
    /// Which plugin it was, as a server says; any may be tried with it.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub plugin: Value,
    #[serde(skip_serializing_if = "Value::is_null")]
    pub version: Value,
    #[serde(skip_serializing_if = "Value::is_null")]
    pub file: Value,
    /// Which function: `handle-webhook`, `send`, `render`, …
    pub door: String,
    pub input: Value,
    pub settings: Option<Map<String, Value>>,
    /// For tests only: a server never writes secrets down.
    pub secrets: BTreeMap<String, String>,
    /// In order: `["http.fetch", {"Ok": …}]`, and what is asked for, where that matters.
    pub host: Vec<Recorded>,
    /// Parts of the output that must be so; everything else may be as it is.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub expect: Value,
}

impl Record {
    /// From a file. Names may be spelled as `wit/` has them.
    ///
    /// # Errors
    /// What can't be read, by its name.
    pub fn read(text: &str) -> serde_json::Result<Self> {
        let record: Self = serde_json::from_str(text)?;
        let host = record.host.into_iter().map(Recorded::spelled).collect();
        Ok(Self { input: spelling::recorded(record.input), host, expect: spelling::recorded(record.expect), ..record })
    }
}

/// How a call that was done again went.
#[derive(Clone, Debug)]
pub struct Replayed {
    /// `{"Ok": …}` or `{"Err": …}` as the contract has it; in words, why there is none.
    pub output: Result<Value, String>,
    /// What was wrong with how the host was asked, and what it was never asked.
    pub complaints: Vec<String>,
    pub micros: u64,
    /// What it wrote into its log.
    pub lines: Vec<String>,
}

impl Plugins {
    /// Does a call of the first plugin again.
    ///
    /// # Errors
    /// For a record that does not fit.
    pub async fn replay(&self, record: &Record, source: Source) -> Result<Replayed> {
        let plugin = self.shelf().all().first().cloned().context("there is no plugin")?;
        let began = std::time::Instant::now();
        let script = Arc::new(Mutex::new(Script::new(source, &record.host)));
        let output = match self.replayed(&plugin, record, &script).await {
            Ok(output) => Ok(output),
            Err(why) => Err(why.downcast::<Stopped>()?.words),
        };
        let lines = self.world().notebook.lines().into_iter().map(|line| format!("{}: {}", line.level, line.words));
        let micros = began.elapsed().as_micros() as u64;
        let script =
            std::mem::replace(&mut *script.lock().unwrap_or_else(|lost| lost.into_inner()), Script::new(source, &[]));
        Ok(Replayed { output, complaints: script.complaints(), micros, lines: lines.collect() })
    }

    async fn replayed(&self, plugin: &Arc<Loaded>, record: &Record, script: &Arc<Mutex<Script>>) -> Result<Value> {
        match record.door.as_str() {
            "describe" => fine(self.again(plugin, record, script, calls!(plugin, descriptor, call_describe)).await?),
            "handle-webhook" => {
                let request: inbound::Webhook = input(record)?;
                self.again(plugin, record, script, calls!(plugin, inbound, call_handle_webhook, &request)).await
            }
            "poll" => {
                let cursor = record.input["cursor"].as_str().map(str::to_owned);
                let most = record.input["max_messages"].as_u64().unwrap_or(100) as u32;
                self.again(plugin, record, script, calls!(plugin, poller, call_poll, cursor.as_deref(), most)).await
            }
            "send" => {
                let message: outbound::Message = input(record)?;
                self.again(plugin, record, script, calls!(plugin, outbound, call_send, &message)).await
            }
            "lookup" => {
                let key: String = input(record)?;
                self.again(plugin, record, script, calls!(plugin, outbound, call_lookup, &key)).await
            }
            "check" => self.again(plugin, record, script, calls!(plugin, setup, call_check)).await,
            "connect" => {
                let url: String = input(record)?;
                self.again(plugin, record, script, calls!(plugin, setup, call_connect, &url)).await
            }
            "disconnect" => self.again(plugin, record, script, calls!(plugin, setup, call_disconnect)).await,
            "parse" => {
                let named = record.input["raw"]
                    .as_str()
                    .is_some_and(|raw| raw.len() == 64 && raw.bytes().all(|byte| byte.is_ascii_hexdigit()));
                ensure!(
                    !named,
                    "a server's record names the mail: put the mail itself in place of its name, as \"raw\""
                );
                let Mail { raw, envelope } = input(record)?;
                let mine = plugin.clone();
                self.again(plugin, record, script, move |store, instance| {
                    Box::pin(async move {
                        let raw = store.data_mut().desk.give("message/rfc822", raw);
                        let codec = mine.doors.mail.as_ref().ok_or_else(no_door)?.load(&mut *store, instance)?;
                        codec.call_parse(store, &raw, &envelope).await
                    })
                })
                .await
            }
            "compose" => {
                let Letter { message, identity } = input(record)?;
                let mine = plugin.clone();
                // Its text, in place of its name: that means nothing outside the call.
                self.again(plugin, record, script, move |store, instance| {
                    Box::pin(async move {
                        let codec = mine.doors.mail.as_ref().ok_or_else(no_door)?.load(&mut *store, instance)?;
                        let written = codec.call_compose(&mut *store, &message, &identity).await?;
                        let desk = &mut store.data_mut().desk;
                        let text = |raw: Vec<u8>| String::from_utf8_lossy(&raw).into_owned();
                        Ok(written.map(|id| desk.take(&id).map(|raw| text(raw.whole())).unwrap_or_default()))
                    })
                })
                .await
            }
            "list-templates" => {
                let locale: String = input(record)?;
                fine(self.again(plugin, record, script, calls!(plugin, renderer, call_list_templates, &locale)).await?)
            }
            "sample" => {
                let (template, locale): (String, String) = input(record)?;
                fine(
                    self.again(plugin, record, script, calls!(plugin, renderer, call_sample, &template, &locale))
                        .await?,
                )
            }
            "render" => {
                let sheet: reply_renderer::TemplateInput = input(record)?;
                self.again(plugin, record, script, calls!(plugin, renderer, call_render, &sheet)).await
            }
            "classify" => {
                let (message, context): (types::InboundMessage, types::Attrs) = input(record)?;
                self.again(plugin, record, script, calls!(plugin, classifier, call_classify, &message, &context)).await
            }
            "enrich" => {
                let (who, context): (types::Party, types::Attrs) = input(record)?;
                self.again(plugin, record, script, calls!(plugin, enricher, call_enrich, &who, &context)).await
            }
            "on-event" => {
                let event: automation::Event = input(record)?;
                self.again(plugin, record, script, calls!(plugin, automation, call_on_event, &event)).await
            }
            other => bail!("calls of {other:?} can't be done again"),
        }
    }

    async fn again<T: Serialize + Answer + Send + 'static>(
        &self,
        plugin: &Arc<Loaded>,
        record: &Record,
        script: &Arc<Mutex<Script>>,
        work: impl for<'a> FnOnce(&'a mut Store<Call>, &'a Instance) -> Boxed<'a, wasmtime::Result<T>> + Send + 'static,
    ) -> Result<Value> {
        let account = Account {
            id: None,
            settings: record.settings.clone().unwrap_or_default(),
            secrets: record.secrets.clone(),
            ..Account::default()
        };
        let script = script.clone();
        let (output, _) = self
            .perform(
                plugin,
                Some(Arc::new(account)),
                "replay",
                0,
                || Value::Null,
                move |store, instance| {
                    store.data_mut().script = Some(script);
                    work(store, instance)
                },
            )
            .await?;
        Ok(serde_json::to_value(output)?)
    }
}

/// What goes into `parse`: the mail itself, where a server hands over a name.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Mail {
    raw: Vec<u8>,
    #[serde(default)]
    envelope: types::Attrs,
}

/// What goes into `compose`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Letter {
    message: outbound::Message,
    identity: types::Attrs,
}

/// What can't fail, in the form of what can.
fn fine(output: Value) -> Result<Value> {
    Ok(json!({ "Ok": output }))
}

fn input<T: DeserializeOwned>(record: &Record) -> Result<T> {
    value(record.input.clone()).with_context(|| format!("what goes into {} does not fit it", record.door))
}

/// A value of the contract; where it wants bytes, people may write text.
pub(super) fn value<T: DeserializeOwned>(json: Value) -> serde_json::Result<T> {
    match serde_json::from_value(json.clone()) {
        Ok(value) => Ok(value),
        // Where text is no help, what was wrong at first is what there is to say.
        Err(why) => serde_json::from_value(with_bytes(json.clone()))
            .map_err(|other| if with_bytes(json.clone()) == json { why } else { other }),
    }
}

fn with_bytes(json: Value) -> Value {
    match json {
        Value::Object(parts) => Value::Object(
            parts
                .into_iter()
                .map(|(name, part)| {
                    let part = match part {
                        Value::String(text) if ["body", "value", "raw"].contains(&name.as_str()) => {
                            json!(text.into_bytes())
                        }
                        other => with_bytes(other),
                    };
                    (name, part)
                })
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.into_iter().map(with_bytes).collect()),
        other => other,
    }
}

/// A mail as a record's input.
pub fn mail(raw: &[u8]) -> Value {
    json!({ "raw": raw, "envelope": [["return-path", "kari@example.com"], ["rcpt-to", "desk@example.com"]] })
}

/// A mail to be written, as a record's input.
pub fn letter(text: &str) -> Value {
    let mut message = message(text);
    message["bodies"][0]["format"] = json!("Plain");
    message["sender"]["address"] = json!("desk@example.com");
    message["recipients"][0]["address"] = json!("kari@example.com");
    message["recipients"][0]["attrs"] = json!([["header", "to"]]);
    json!({ "message": message, "identity": [["message-id", "k-1@example.com"], ["date", "1795510800000"]] })
}

/// A webhook as a record's input.
pub fn webhook(method: &str, headers: &[(&str, &str)], body: &[u8]) -> Value {
    let method = match method {
        "GET" => types::HttpMethod::Get,
        "PUT" => types::HttpMethod::Put,
        _ => types::HttpMethod::Post,
    };
    let headers = headers
        .iter()
        .map(|(name, value)| types::Header { name: (*name).to_owned(), value: value.as_bytes().to_vec() });
    json!(inbound::Webhook {
        method,
        path: String::new(),
        query: String::new(),
        headers: headers.collect(),
        body: body.to_vec(),
        remote_addr: "192.0.2.1".to_owned(),
        received_at: 1_795_510_800_000.0,
        delivery_id: "d-1".to_owned(),
    })
}

/// Something to be sent, as a record's input.
pub fn message(text: &str) -> Value {
    let party = |address: &str, role: types::Role| types::Party {
        address: address.to_owned(),
        display_name: Some("Kari".to_owned()),
        role,
        attrs: vec![],
    };
    json!(outbound::Message {
        idempotency_key: "k-1".to_owned(),
        attempt: 1,
        thread: Some(types::ThreadRef {
            conversation: "c-1".to_owned(),
            in_reply_to: Some("m-1".to_owned()),
            references: vec![],
            reply_token: None,
        }),
        sender: party("", types::Role::Agent),
        recipients: vec![party("u-1", types::Role::Customer)],
        subject: Some("Hei".to_owned()),
        bodies: vec![types::MessageBody { format: types::BodyFormat::Markdown, text: text.to_owned() }],
        attachments: vec![],
        locale: Some("nb".to_owned()),
        attrs: vec![],
    })
}

/// A message to have an opinion about, as a record's input.
pub fn question(title: &str, text: &str) -> Value {
    let glimpse = glimpse(title, text);
    let context = [("category", "Support"), ("category", "Invoices"), ("priority", "High")];
    json!((super::think::said(&glimpse), context))
}

/// Somebody to find things out about, as a record's input.
pub fn somebody(address: &str, organisation: &str) -> Value {
    let party = desk::outside::Party { address: address.to_owned(), name: "Kari".to_owned() };
    json!((super::think::party(&party), [("organisation", organisation), ("language", "nb")]))
}

/// Something that happened, as a record's input.
pub fn event(kind: desk::model::EventKind) -> Value {
    let ticket = glimpse("Hei", "Skriveren virker ikke.");
    json!(super::think::event(&Happening { number: 7, kind, at: 1_795_510_800_000_000, ticket, data: vec![] }))
}

fn glimpse(title: &str, text: &str) -> Glimpse {
    Glimpse {
        number: 1042,
        title: title.to_owned(),
        said: text.to_owned(),
        customer: desk::outside::Party { address: "kari@example.com".to_owned(), name: "Kari".to_owned() },
        ..Glimpse::default()
    }
}
