//! The contract's side.

use crate::{
    asked::{Asked, Kind},
    page::{MOST_BYTES, Page, SCRIPT, Shown},
    stamp::{OLD_MS, SOON_MS, Stamp},
    typed::{STAMP, TRAP, Typed},
    words::{Pause, Sorry, Words},
};
use exports::saker::plugin::{descriptor, inbound, setup};
use saker_channel::{Result, config, fault, file, form, proof, secrets, types, worded};

wit_bindgen::generate!({
    path: "../../wit",
    inline: r#"
        package saker:form;

        world form {
            export saker:plugin/descriptor@0.1.0;
            export saker:plugin/setup@0.1.0;
            export saker:plugin/inbound@0.1.0;
        }
    "#,
    world: "saker:form/form",
    with: { "saker:plugin/types@0.1.0": saker_channel::types },
    generate_all,
});

struct Form;
export!(Form);

const KEY: &str = "form-key";

impl descriptor::Guest for Form {
    fn describe() -> descriptor::Description {
        descriptor::Description {
            id: "saker.form".into(),
            name: "Web form".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            summary: "A form on your own pages. What is sent becomes requests, and answers go by e-mail.".into(),
            config_schema: "{}".into(),
            features: vec!["attachments".into()],
            max_body_bytes: None,
            max_attachment_bytes: Some(MOST_BYTES as u32),
        }
    }
}

impl setup::Guest for Form {
    fn check() -> Result<()> {
        match asked().1.into_iter().next() {
            None => Ok(()),
            Some(why) => Err(fault::config("setting", &why)),
        }
    }

    /// Nobody has to be told; the administrator gets what is put on a page.
    fn connect(hook_url: String) -> Result<types::Attrs> {
        Self::check()?;
        let script = format!("<script src=\"{hook_url}/form.js\" defer></script>");
        Ok(vec![
            (worded!("Kode til nettsidene", "Code for your pages"), script),
            (worded!("Siden for seg selv", "The page by itself"), hook_url),
        ])
    }

    fn disconnect() -> Result<()> {
        Ok(())
    }
}

impl inbound::Guest for Form {
    fn handle_webhook(req: inbound::Webhook) -> Result<inbound::Outcome> {
        let asked = asked().0;
        Visit { words: Words(tongue(&asked, &req)), asked: &asked, req: &req }.answer()
    }
}

/// One call of somebody's browser.
struct Visit<'a> {
    asked: &'a Asked,
    req: &'a inbound::Webhook,
    words: Words,
}

impl Visit<'_> {
    fn answer(&self) -> Result<inbound::Outcome> {
        match (self.req.method, self.req.path.as_str()) {
            (types::HttpMethod::Get, "/form.js") => {
                let headers =
                    [("content-type", "text/javascript; charset=utf-8"), ("cache-control", "public, max-age=3600")];
                Ok(told(200, &headers, SCRIPT))
            }
            (_, "" | "/" | "/part") if !self.is_welcome() => Ok(self.show(403, &Shown::Sorry(Sorry::NotHere))),
            (types::HttpMethod::Get, "" | "/" | "/part") => {
                let stamp = signed(&Stamp::new(self.req.received_at, &self.req.delivery_id))?;
                let typed = Typed::default();
                Ok(self.show(200, &Shown::Form { stamp: &stamp, typed: &typed, slips: vec![], pause: None }))
            }
            (types::HttpMethod::Post, "" | "/" | "/part") => self.take(),
            _ => Ok(self.show(404, &Shown::Sorry(Sorry::Nowhere))),
        }
    }

    /// A script runs on the sites that were named. The form's own page is sandboxed and says `null`; a form without a script
    /// may stand on those sites too.
    fn is_welcome(&self) -> bool {
        let origin = self.header("origin");
        let own = !origin.is_empty() && origin.split("//").nth(1) == Some(self.header("host").as_str());
        own || match origin.as_str() {
            "" => true,
            "null" => self.is_whole(),
            origin => self.asked.may_stand_on(origin),
        }
    }

    fn take(&self) -> Result<inbound::Outcome> {
        let Some(typed) = Typed::read(&self.header("content-type"), &self.req.body) else {
            return Ok(self.show(400, &Shown::Sorry(Sorry::Garbage)));
        };
        let (stamp, pause) = self.believed(&typed)?;
        let slips = typed.slips(self.asked);
        if pause.is_some() || !slips.is_empty() {
            // Who was too fast keeps the mark: it is old enough in a moment.
            let mark = match (&stamp, pause) {
                (Some(_), None | Some(Pause::Soon)) => typed.value(STAMP).to_owned(),
                _ => signed(&Stamp::again(self.req.received_at, &self.req.delivery_id))?,
            };
            return Ok(self.show(422, &Shown::Form { stamp: &mark, typed: &typed, slips, pause }));
        }
        let name = typed.name(&stamp.map(|stamp| stamp.name).unwrap_or_default());
        let message = self.message(&name, &typed)?;
        let thanks = self.show(200, &Shown::Thanks { email: typed.value("email"), name: &name });
        let batch = types::Batch { messages: vec![message], updates: vec![] };
        Ok(inbound::Outcome { batch, ..thanks })
    }

    /// The mark of the form, where we made it; and why a machine may have sent it.
    fn believed(&self, typed: &Typed) -> Result<(Option<Stamp>, Option<Pause>)> {
        let Some((stamp, mac)) = Stamp::read(typed.value(STAMP)) else { return Ok((None, Some(Pause::Old))) };
        let mac = proof::from_hex(mac).unwrap_or_default();
        if !secrets::verify_hmac_sha256(KEY, stamp.words().as_bytes(), &mac).map_err(|_| fault::no_secret(KEY))? {
            return Ok((None, Some(Pause::Old)));
        }
        let age = self.req.received_at - stamp.at_ms;
        let pause = if age > OLD_MS {
            Some(Pause::Old)
        } else if !typed.value(TRAP).is_empty() {
            Some(Pause::Trap)
        } else {
            (age < SOON_MS).then_some(Pause::Soon)
        };
        Ok((Some(stamp), pause))
    }

    fn message(&self, name: &str, typed: &Typed) -> Result<types::InboundMessage> {
        let tongue = self.asked.first();
        let mut text = typed.text("message");
        let mut attrs = vec![];
        let mut topic = None;
        let mut lines = String::new();
        for question in &self.asked.questions {
            let answer = match &question.kind {
                Kind::Name | Kind::Email | Kind::Message | Kind::Files => continue,
                _ if question.name == "subject" => continue,
                Kind::Choice(of) => {
                    let Some(at) = typed.chosen(question) else { continue };
                    if question.name == "topic" {
                        topic = Some(of[at].in_(self.words.0).to_owned());
                        let category = self.asked.categories.get(at).cloned().flatten();
                        attrs.extend(category.map(|category| ("category".to_owned(), category)));
                    }
                    of[at].in_(tongue).to_owned()
                }
                _ => typed.value(&question.name).to_owned(),
            };
            if !answer.is_empty() {
                lines.push_str(&format!("\n{}: {answer}", question.label.in_(tongue)));
            }
        }
        if !lines.is_empty() {
            text.push('\n');
            text.push_str(&lines);
        }
        let subject = Some(typed.value("subject").to_owned()).filter(|subject| !subject.is_empty());
        let email = typed.value("email").to_lowercase();
        let mut about = vec![("email".to_owned(), email.clone())];
        let phone = typed.value("phone");
        if !phone.is_empty() {
            about.push(("phone".to_owned(), phone.to_owned()));
        }
        Ok(types::InboundMessage {
            external_id: name.to_owned(),
            sent_at: Some(self.req.received_at),
            // Each is a request of its own; the customer's answers come by mail and find it.
            thread: types::ThreadRef {
                conversation: String::new(),
                in_reply_to: None,
                references: vec![],
                reply_token: None,
            },
            sender: types::Party {
                address: email,
                display_name: Some(typed.value("name").to_owned()),
                role: types::Role::Customer,
                attrs: about,
            },
            recipients: vec![],
            subject: subject.or(topic),
            bodies: vec![types::MessageBody { format: types::BodyFormat::Plain, text }],
            attachments: typed.files.iter().map(file::kept).collect::<Result<_>>()?,
            locale: Some(self.words.tag().to_owned()),
            attrs,
        })
    }

    fn show(&self, status: u16, shown: &Shown<'_>) -> inbound::Outcome {
        let page = Page { asked: self.asked, words: self.words, whole: self.is_whole() };
        let origin = self.header("origin");
        // A page that frames this one is a page that may show it.
        let frames = format!("frame-ancestors 'self' {}", self.asked.origins.join(" "));
        let mut headers = vec![
            ("content-type", "text/html; charset=utf-8"),
            ("cache-control", "no-store"),
            ("vary", "origin, accept-language"),
            ("content-security-policy", frames.trim()),
        ];
        if self.asked.may_stand_on(&origin) {
            headers.push(("access-control-allow-origin", &origin));
        }
        told(status, &headers, &page.draw(shown))
    }

    fn is_whole(&self) -> bool {
        self.req.path != "/part"
    }

    fn header(&self, name: &str) -> String {
        header(self.req, name)
    }
}

fn asked() -> (Asked, Vec<String>) {
    Asked::of(&serde_json::from_str(&config::all_json()).unwrap_or_default())
}

fn tongue(asked: &Asked, req: &inbound::Webhook) -> saker_channel::Tongue {
    let query = form::read(req.query.as_bytes());
    asked.tongue(form::field(&query, "lang"), &header(req, "accept-language"))
}

fn header(req: &inbound::Webhook, name: &str) -> String {
    let found = req.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
    found.map(|header| String::from_utf8_lossy(&header.value).trim().to_owned()).unwrap_or_default()
}

fn signed(stamp: &Stamp) -> Result<String> {
    let words = stamp.words();
    let mac = secrets::hmac_sha256(KEY, words.as_bytes()).map_err(|_| fault::no_secret(KEY))?;
    Ok(format!("{words}.{}", proof::hex(&mac)))
}

fn told(status: u16, headers: &[(&str, &str)], body: &str) -> inbound::Outcome {
    let header =
        |(name, value): &(&str, &str)| types::Header { name: (*name).into(), value: value.as_bytes().to_vec() };
    let headers = headers.iter().map(header).collect();
    inbound::Outcome {
        batch: types::Batch { messages: vec![], updates: vec![] },
        reply: inbound::Reply { status, headers, body: body.as_bytes().to_vec() },
    }
}
