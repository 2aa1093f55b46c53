//! The contract's side.

use crate::{
    asked::Asked,
    color,
    conversation::By,
    memory, origin,
    page::Page,
    pass, script,
    visit::{self, News, No, Visitor},
    words::{Words, tongue_of},
};
use exports::saker::plugin::poller;
use saker_channel::{
    Result, Tongue, clock, descriptor, fault, inbound, message, outbound, proof, random, setting, setup,
    types::{Attrs, Batch, DeliveryState, Header, HttpMethod},
    worded,
};
use serde_json::{Value, json};

wit_bindgen::generate!({
    path: "../../wit",
    inline: r#"
        package saker:chat;

        world waits {
            export saker:plugin/poller@0.1.0;
        }
    "#,
    world: "saker:chat/waits",
    with: { "saker:plugin/types@0.1.0": saker_channel::types },
});

struct Chat;
saker_channel::bindings::export!(Chat with_types_in saker_channel::bindings);
export!(Chat);

impl descriptor::Guest for Chat {
    fn describe() -> descriptor::Description {
        let summary = "A chat that any site gets with one line; conversations become requests.";
        saker_channel::description("saker.chat", "Chat", env!("CARGO_PKG_VERSION"), summary, 32 << 10, 0)
    }
}

impl setup::Guest for Chat {
    fn check() -> Result<()> {
        if color::parts(&setting("color").unwrap_or_default()).is_none() {
            return Err(fault::config(
                "bad-color",
                &worded!("color: dette er ingen farge som #4B45C6", "color: this is no colour such as #4B45C6"),
            ));
        }
        if let Some(line) = origin::misfit(&setting("origins").unwrap_or_default()) {
            return Err(fault::config(
                "bad-site",
                &worded!(
                    "origins: «{line}» er ingen adresse som https://www.eksempel.no",
                    "origins: {line:?} is no address such as https://www.example.com"
                ),
            ));
        }
        match memory::waiting() {
            Ok(_) => Ok(()),
            Err(_) => Err(fault::config(
                "no-memory",
                &worded!(
                    "samtalene må huskes: gi utvidelsen lov til det",
                    "conversations have to be remembered: grant it that line"
                ),
            )),
        }
    }

    fn connect(hook_url: String) -> Result<Attrs> {
        let script = format!("<script src=\"{hook_url}/chat.js\" defer></script>");
        Ok(vec![
            (worded!("Kode til nettstedet", "Code for the site"), script),
            (worded!("Side uten kode", "Page without code"), format!("{hook_url}/page")),
        ])
    }

    fn disconnect() -> Result<()> {
        Ok(())
    }
}

impl inbound::Guest for Chat {
    fn handle_webhook(req: inbound::Webhook) -> Result<inbound::Outcome> {
        let call = Call::of(&req);
        match (req.method, req.path.trim_end_matches('/')) {
            (HttpMethod::Get, "") => Ok(message::told(onwards("page"))),
            (HttpMethod::Get, "/page") => call.shows(),
            (HttpMethod::Post, "/page") => call.posts(),
            (HttpMethod::Get, "/chat.js") => Ok(message::told(code())),
            (HttpMethod::Get, "/hello") => Ok(message::told(call.said(200, &call.hello()))),
            (HttpMethod::Post, path) if call.is_allowed() => match call.answers(path)? {
                Ok((news, told)) => Ok(outcome(news, call.said(200, &told))),
                Err(no) => Ok(message::told(call.refused(&no))),
            },
            (HttpMethod::Post, _) => Ok(message::told(call.refused(&No::new(403, call.words().not_here())))),
            _ => Ok(message::told(call.refused(&No::new(404, call.words().no_page())))),
        }
    }
}

/// One call by a browser.
struct Call<'a> {
    req: &'a inbound::Webhook,
    origin: String,
    visitor: Visitor,
}

type Answer = std::result::Result<(News, Value), No>;

impl<'a> Call<'a> {
    fn of(req: &'a inbound::Webhook) -> Self {
        let asked = Asked::of_form(req.query.as_bytes());
        let lang = if asked.lang.is_empty() { proof::header(req, "accept-language") } else { asked.lang };
        let visitor = Visitor {
            tongue: tongue_of(lang.split([',', ';']).next().unwrap_or_default(), Tongue::of_account()),
            from: req.remote_addr.clone(),
            now: req.received_at as i64,
        };
        Self { req, origin: proof::header(req, "origin"), visitor }
    }

    fn words(&self) -> Words {
        Words(self.visitor.tongue)
    }

    fn is_allowed(&self) -> bool {
        self.origin.is_empty() || origin::is_allowed(&setting("origins").unwrap_or_default(), &self.origin)
    }

    /// Before anything else is asked: who is there, and how it looks.
    fn hello(&self) -> Value {
        let (w, house, (color, on)) = (self.words(), visit::house(), colors());
        let there = house.is_there();
        json!({
            "title": setting("title").unwrap_or_else(|| w.title().to_owned()),
            "greeting": setting("greeting").unwrap_or_else(|| w.greeting().to_owned()),
            "there": there,
            "line": if there { String::new() } else { house.away(self.visitor.tongue, self.visitor.now) },
            "away": visit::when_away(), "ask": setting("ask"), "files": visit::takes_files(), "side": setting("side"), "color": color, "on": on,
        })
    }

    fn answers(&self, path: &str) -> Result<Answer> {
        let Some(asked) = Asked::of_script(&proof::header(self.req, "content-type"), &self.req.body) else {
            return Ok(Err(No::new(400, self.words().bad_call())));
        };
        let visitor = Visitor {
            tongue: tongue_of(&asked.lang, self.visitor.tongue),
            from: self.visitor.from.clone(),
            ..self.visitor
        };
        if path == "/start" {
            return Ok(Ok((News::default(), json!({ "pass": pass::new()? }))));
        }
        let w = Words(visitor.tongue);
        let Some(id) = pass::read(&asked.pass)? else { return Ok(Err(No::new(403, w.none_such()))) };
        let mut news = match path {
            "/say" => visitor.says(&id, &asked),
            "/end" => visitor.ends(&id),
            "/news" => Ok(News::default()),
            _ => return Ok(Err(No::new(404, w.no_page()))),
        };
        if let Ok(news) = &mut news {
            match visitor.hears(&id, asked.after, asked.seen) {
                Err(no) => return Ok(Err(no)),
                Ok(None) => return Ok(Err(No::new(404, w.none_such()))),
                Ok(Some((talk, heard))) => {
                    news.updates = heard.updates;
                    return Ok(Ok((std::mem::take(news), visitor.tells(&id, &talk, asked.after))));
                }
            }
        }
        Ok(news.map(|news| (news, Value::Null)))
    }

    /// The page: a conversation where the address has its pass, else the beginning of one.
    fn shows(&self) -> Result<inbound::Outcome> {
        let asked = Asked::of_form(self.req.query.as_bytes());
        if asked.pass.is_empty() {
            return self.page(200, "", &Asked::default(), None);
        }
        let id = pass::read(&asked.pass)?;
        // What is drawn is before their eyes.
        let heard = id.map_or(Ok(None), |id| self.visitor.hears(&id, u32::MAX, u32::MAX));
        match heard {
            Ok(Some((_, news))) => {
                let page = self.page(200, &asked.pass, &Asked::default(), None)?;
                Ok(outcome(news, page.reply))
            }
            Err(no) => self.page(no.status, &asked.pass, &Asked::default(), Some(&no)),
            Ok(None) => self.page(404, "", &Asked::default(), Some(&No::new(404, self.words().none_such()))),
        }
    }

    /// A page's form. What was taken is shown on a page that can be loaded again.
    fn posts(&self) -> Result<inbound::Outcome> {
        let Some(asked) = Asked::of_page(&proof::header(self.req, "content-type"), &self.req.body) else {
            return self.page(400, "", &Asked::default(), Some(&No::new(400, self.words().cut_off())));
        };
        let call = Call {
            visitor: Visitor {
                tongue: tongue_of(&asked.lang, self.visitor.tongue),
                from: self.visitor.from.clone(),
                ..self.visitor
            },
            origin: String::new(),
            req: self.req,
        };
        let Some(id) = pass::read(&asked.pass)? else {
            return call.page(400, "", &asked, Some(&No::new(400, call.words().none_such())));
        };
        let done = if asked.act == "end" { call.visitor.ends(&id) } else { call.visitor.says(&id, &asked) };
        match done {
            Ok(news) => {
                let place = format!("page?pass={}&lang={}", asked.pass, call.visitor.tongue.pick("nb", "en"));
                Ok(outcome(news, onwards(&place)))
            }
            Err(no) => call.page(no.status, &asked.pass, &asked, Some(&no)),
        }
    }

    fn page(&self, status: u16, pass: &str, typed: &Asked, no: Option<&No>) -> Result<inbound::Outcome> {
        let w = self.words();
        let pass = if pass.is_empty() { pass::new()? } else { pass.to_owned() };
        let id = pass::read(&pass)?.unwrap_or_default();
        // Not to be had just now, it is drawn without.
        let talk = memory::read(&id).ok().flatten();
        let page = Page {
            tongue: self.visitor.tongue,
            title: setting("title").unwrap_or_else(|| w.title().to_owned()),
            greeting: setting("greeting").unwrap_or_else(|| w.greeting().to_owned()),
            color: colors(),
            house: visit::house(),
            now: self.visitor.now,
            talk: talk.as_ref().map(|talk| (talk, self.visitor.stands(&id, talk).0)),
            pass,
            // Typed again after a mistake it is the same message; said, the next one is another.
            key: if no.is_some() && !typed.key.is_empty() { typed.key.clone() } else { proof::hex(&random::bytes(12)) },
            files: visit::takes_files(),
            needed: if talk.is_none() { visit::needed() } else { (false, false) },
            typed,
            wrong: no.map(|no| &no.wrong),
        };
        let mut reply = message::reply(status, "text/html; charset=utf-8", &page.html());
        // It is one person's, and stands in nobody else's frame.
        reply.headers.push(header("cache-control", "no-store"));
        reply.headers.push(header("content-security-policy", "frame-ancestors 'none'"));
        Ok(message::told(reply))
    }

    /// JSON, for the site that asked.
    fn said(&self, status: u16, value: &Value) -> inbound::Reply {
        let mut reply = message::reply(status, "application/json", &value.to_string());
        reply.headers.push(header("cache-control", "no-store"));
        reply.headers.push(header("vary", "origin"));
        if !self.origin.is_empty() && self.is_allowed() {
            reply.headers.push(header("access-control-allow-origin", &self.origin));
        }
        if status == 429 || status == 503 {
            reply.headers.push(header("retry-after", "60"));
        }
        reply
    }

    fn refused(&self, no: &No) -> inbound::Reply {
        self.said(no.status, &json!({ "error": no.wrong.words, "field": no.wrong.field }))
    }
}

fn outcome(news: News, reply: inbound::Reply) -> inbound::Outcome {
    inbound::Outcome { batch: Batch { messages: news.messages, updates: news.updates }, reply }
}

fn header(name: &str, value: &str) -> Header {
    Header { name: name.to_owned(), value: value.as_bytes().to_vec() }
}

fn onwards(place: &str) -> inbound::Reply {
    let mut reply = message::reply(303, "text/plain", "");
    reply.headers.push(header("location", place));
    reply
}

fn code() -> inbound::Reply {
    let mut reply = message::reply(200, "text/javascript; charset=utf-8", &script::whole());
    reply.headers.push(header("cache-control", "public, max-age=600"));
    reply.headers.push(header("access-control-allow-origin", "*"));
    reply
}

fn colors() -> (String, &'static str) {
    let chosen = setting("color").filter(|text| color::parts(text).is_some()).unwrap_or_else(|| "#4B45C6".to_owned());
    let on = color::parts(&chosen).map_or("#ffffff", color::on);
    (chosen, on)
}

impl poller::Guest for Chat {
    fn poll(cursor: Option<String>, _: u32) -> Result<poller::Page> {
        let now = clock::now() as i64;
        let updates = visit::overdue(now)?;
        let next_cursor = visit::forgets(&cursor.unwrap_or_default(), now);
        memory::reserve();
        Ok(poller::Page { batch: Batch { messages: vec![], updates }, next_cursor, more: false, poll_after_ms: None })
    }
}

impl outbound::Guest for Chat {
    fn send(msg: outbound::Message) -> Result<outbound::Receipt> {
        let id = message::conversation(&msg);
        let by_mail = |words: &str| Err(fault::permanent("by-mail", words));
        let no_room = |_| {
            fault::retryable(
                "no-room",
                &worded!("det kan ikke skrives til samtalen nå", "the conversation can’t be written to now"),
            )
        };
        let Some(talk) = memory::read(id).map_err(no_room)? else {
            return by_mail(&worded!("samtalen huskes ikke lenger", "the conversation is not remembered any more"));
        };
        if !msg.attachments.is_empty() && talk.email.is_empty() {
            let words = worded!(
                "En chat kan ikke ha filer, og den besøkende har ikke oppgitt noen e-postadresse å sende dem til",
                "A chat can’t carry files, and the visitor has said no e-mail address to send them to"
            );
            return Err(fault::permanent("no-files", &words));
        }
        let now = clock::now() as i64;
        let mut text = message::words(&msg).to_owned();
        if !msg.attachments.is_empty() {
            let tongue = tongue_of(&talk.language, Tongue::of_account());
            text = format!("{text}\n\n{}", Words(tongue).files_by_mail());
        }
        // Visitors meet colleagues by their first name.
        let who = msg.sender.display_name.as_deref().unwrap_or_default().split_whitespace().next().unwrap_or_default();
        let said = memory::change(id, By::Agent, |talk| {
            let before = talk.count;
            talk.agent_says(&msg.idempotency_key, who, &text, now);
            (talk.count != before, talk.clone())
        });
        let talk = said.map_err(no_room)?;
        if !msg.attachments.is_empty() || (!talk.email.is_empty() && talk.is_left(visit::minutes(), now)) {
            return by_mail(&worded!("den besøkende har gått", "the visitor has gone"));
        }
        if !talk.email.is_empty() {
            memory::wait_for_visitor(id, now);
        }
        Ok(message::receipt(&[msg.idempotency_key.clone()], DeliveryState::Sent, &msg))
    }

    fn lookup(_: String) -> Result<Option<outbound::Receipt>> {
        // Said again it is there once: nothing has to be asked after.
        Err(saker_channel::types::PluginError::Unsupported)
    }
}
