//! The chat: a visitor's browser on a foreign page, played by real HTTP.

use super::passes_the_kit;
use crate::plugins::id;
use anyhow::{Context, Result, ensure};
use desk::{model::*, plugin::Expect};
use serde_json::{Value, json};
use tests::house::House;

const SITE: &str = "https://www.fjord.no";

/// A house with the chat, and somebody who visits it.
struct Here {
    house: House,
    eva: Actor,
    ane: Actor,
    channel: Channel,
    hook: String,
}

impl Here {
    async fn open(settings: Value) -> Result<Here> {
        let house = House::open().await?;
        let (eva, ane) = (house.agent("Eva").await?, house.agent("Ane").await?);
        let plugin = id("saker.chat");
        let shipped = house.desk.shipped_plugins(&eva).await?;
        ensure!(shipped.iter().any(|shipped| shipped.id == plugin && shipped.installed.is_none()));
        let sheet = house.desk.look_at_shipped_plugin(&eva, &plugin).await?;
        let granted: Vec<Want> = sheet.wants.into_iter().map(|wanted| wanted.want).collect();
        ensure!(granted.contains(&Want::Presence) && granted.contains(&Want::ShowPages), "{granted:?}");
        house.desk.install_plugin(&eva, Install { file: sheet.file, granted, unsigned: false }).await?;
        let new = NewChannel {
            name: "Nettstedet".to_owned(),
            settings: serde_json::from_value(settings)?,
            ..NewChannel::default()
        };
        let channel = house.desk.add_channel(&eva, &plugin, new).await?;
        house.desk.check_channel(&eva, &channel.id).await?;
        let channel = house.desk.connect_channel(&eva, &channel.id).await?;
        let hook = channel.hook_url.clone().context("it has no address")?;
        Ok(Here { house, eva, ane, channel, hook })
    }

    async fn post(&self, what: &str, body: &Value) -> Result<(u16, Value)> {
        self.post_from(SITE, what, &body.to_string()).await
    }

    async fn post_from(&self, site: &str, what: &str, body: &str) -> Result<(u16, Value)> {
        let url = if what.is_empty() { self.hook.clone() } else { format!("{}/{what}", self.hook) };
        let headers = [("origin", site), ("content-type", "text/plain;charset=UTF-8")];
        let (status, told) = self.house.knock("POST", &url, &headers, body.as_bytes()).await?;
        Ok((status, serde_json::from_str(&told).unwrap_or(Value::String(told))))
    }

    async fn hello(&self) -> Result<Value> {
        let url = format!("{}/hello?lang=nb-NO", self.hook);
        let (status, told) = self.house.knock("GET", &url, &[("origin", SITE)], b"").await?;
        ensure!(status == 200, "{status} {told}");
        Ok(serde_json::from_str(&told)?)
    }

    async fn begin(&self) -> Result<String> {
        let (_, told) = self.post("start", &json!({})).await?;
        Ok(told["pass"].as_str().context("no pass")?.to_owned())
    }

    /// Says something well.
    async fn say(&self, pass: &str, key: &str, text: &str, more: Value) -> Result<Value> {
        let mut body = json!({ "pass": pass, "key": key, "text": text, "lang": "nb" });
        body.as_object_mut().context("no object")?.extend(more.as_object().cloned().unwrap_or_default());
        let (status, told) = self.post("say", &body).await?;
        ensure!(status == 200, "{status} {told}");
        Ok(told)
    }

    async fn news(&self, pass: &str, after: u64, seen: u64) -> Result<Value> {
        let (status, told) =
            self.post("news", &json!({ "pass": pass, "after": after, "seen": seen, "lang": "nb" })).await?;
        ensure!(status == 200, "{status} {told}");
        Ok(told)
    }

    async fn ticket(&self) -> Result<Ticket> {
        self.house.rest().await?;
        self.house.only(&self.eva, List::Latest).await
    }

    async fn reply(&self, ticket: &Ticket, text: &str, close: bool) -> Result<()> {
        let draft =
            Draft { text: text.to_owned(), key: text.to_owned(), access: Access::External, close, ..Draft::default() };
        self.house.desk.reply(&self.ane, &ticket.id, draft).await?;
        self.house.rest().await
    }

    /// To whom mails left, and what they say; the newest first.
    async fn mailed(&self) -> Result<Vec<(String, String)>> {
        let sent = self.house.desk.sent_mail(&Actor::System, 100).await?;
        let mails = sent.into_iter().filter(|mail| mail.recipient.contains('@'));
        Ok(mails.map(|mail| (mail.recipient, mail.text)).collect())
    }

    /// Everybody who could answer is at a screen, at any hour.
    async fn somebody_is_there(&self) -> Result<()> {
        for priority in self.house.desk.priority_settings(&self.eva).await? {
            let around_the_clock = PrioritySettings { calendar: None, ..priority };
            self.house.desk.save_priority(&self.eva, around_the_clock).await?;
        }
        let Actor::Agent { id, .. } = &self.ane else { anyhow::bail!("no agent") };
        self.house.desk.note_seen(id).await?;
        Ok(())
    }
}

fn texts(told: &Value) -> Vec<String> {
    let said = told["said"].as_array().cloned().unwrap_or_default();
    said.iter().map(|said| said["text"].as_str().or(said["html"].as_str()).unwrap_or_default().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chat_passes_the_kit() -> Result<()> {
    passes_the_kit("chat").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_and_an_agent_talk_and_nothing_is_lost_or_doubled() -> Result<()> {
    let here = Here::open(json!({})).await?;
    ensure!(
        here.channel
            .connected
            .iter()
            .any(|(name, value)| name == "Code for the site" && value.contains("/chat.js\" defer"))
    );
    here.somebody_is_there().await?;
    let hello = here.hello().await?;
    ensure!(hello["there"] == true && hello["title"] == "Chat med oss", "{hello}");
    let (status, script) = here.house.knock("GET", &format!("{}/chat.js", here.hook), &[], b"").await?;
    ensure!(status == 200 && script.contains("attachShadow") && script.len() < 31_000, "{status} {}", script.len());

    // The same again, from a browser whose line broke: one request, one message.
    let pass = here.begin().await?;
    let page = json!({ "place": "https://www.fjord.no/priser", "place_title": "Priser", "after": 0 });
    for _ in 0..3 {
        let told = here.say(&pass, "k-1", "Hva koster det?", page.clone()).await?;
        ensure!(texts(&told) == ["Hva koster det?"], "{told}");
    }
    ensure!(here.news(&pass, 1, 1).await?["line"] == "Du er neste i køen.");
    // Somebody else's conversation waits behind it.
    let other = here.begin().await?;
    let told = here.say(&other, "k-1", "Hallo?", json!({ "email": "ola@fjord.no", "name": "Ola" })).await?;
    ensure!(texts(&told) == ["Hallo?"], "{told}");
    ensure!(here.news(&other, 1, 1).await?["line"] == "1 samtale er foran deg i køen.");
    ensure!(texts(&here.news(&pass, 0, 0).await?).len() == 1, "one reads the other's");
    here.house.rest().await?;
    let rows = here.house.rows(&here.eva, List::Latest).await?;
    ensure!(rows.len() == 2, "{rows:?}");
    let mine = rows.iter().find(|row| row.title.contains("koster")).context("no request")?;
    let ticket = here.house.desk.ticket(&here.eva, mine.number).await?;
    ensure!(ticket.channel.as_deref() == Some("Nettstedet"), "{:?}", ticket.channel);
    let said: Vec<&str> = ticket.messages.iter().map(|message| message.text.as_str()).collect();
    ensure!(said == ["Hva koster det?", "Siden samtalen begynte på: Priser – https://www.fjord.no/priser"], "{said:?}");
    ensure!(
        ticket.contacts.first().is_some_and(|person| person.name.starts_with("Besøkende ")),
        "{:?}",
        ticket.contacts
    );

    // The answer is there at once, under a first name, and is known to have come and to have been seen.
    here.reply(&ticket, "Det koster **100** kroner <script>", false).await?;
    let told = here.news(&pass, 1, 1).await?;
    ensure!(texts(&told) == ["Det koster <b>100</b> kroner &lt;script&gt;"], "{told}");
    ensure!(told["said"][0]["who"] == "Ane" && told["state"] == "open" && told["line"] == "", "{told}");
    here.news(&pass, 2, 1).await?;
    let delivery = |ticket: Ticket| ticket.messages.iter().find_map(|message| message.delivery.clone());
    let reached = delivery(here.house.desk.ticket(&here.eva, ticket.number).await?).context("no delivery")?;
    ensure!(
        reached.state == DeliveryState::Sent && reached.reached_at.is_some() && reached.seen_at.is_none(),
        "{reached:?}"
    );
    here.news(&pass, 2, 2).await?;
    let seen = delivery(here.house.desk.ticket(&here.eva, ticket.number).await?).context("no delivery")?;
    ensure!(seen.seen_at.is_some(), "{seen:?}");

    // The queue moves on; a closed request says so, and goes on by the product's rules.
    ensure!(here.news(&other, 1, 1).await?["line"] == "Du er neste i køen.");
    here.reply(&ticket, "Ha det!", true).await?;
    ensure!(here.news(&pass, 3, 3).await?["line"].as_str().is_some_and(|line| line.starts_with("Saken er avsluttet")));
    here.say(&pass, "k-2", "Forresten …", json!({ "after": 3 })).await?;
    here.house.rest().await?;
    ensure!(here.house.rows(&here.eva, List::Latest).await?.len() == 2, "it began another request");

    // Ended by the visitor: the agents are told, and nothing else changes.
    let (status, told) = here.post("end", &json!({ "pass": pass, "lang": "nb" })).await?;
    ensure!(status == 200 && told["state"] == "ended", "{status} {told}");
    here.house.rest().await?;
    let ticket = here.house.desk.ticket(&here.eva, ticket.number).await?;
    ensure!(ticket.messages.last().is_some_and(|message| message.text == "Den besøkende avsluttet samtalen."));
    here.house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_comes_back_for_goes_by_mail() -> Result<()> {
    let here = Here::open(json!({ "when-away": "chat" })).await?;
    let pass = here.begin().await?;
    here.say(&pass, "k-1", "Er dere der?", json!({ "email": "ola@fjord.no", "name": "Ola Fjord" })).await?;
    let ticket = here.ticket().await?;
    ensure!(ticket.contacts.first().is_some_and(|person| person.name == "Ola Fjord"), "{:?}", ticket.contacts);
    // Anybody can type his address, and what follows comes from the same browser.
    here.say(&pass, "k-2", "Hallo?", json!({})).await?;
    let ticket = here.ticket().await?;
    let said = |text: &str| ticket.messages.iter().find(|message| message.text == text);
    let is_unproven = |text: &str| said(text).is_some_and(|message| message.author.unproven);
    ensure!(is_unproven("Er dere der?") && is_unproven("Hallo?"), "{:?}", ticket.messages);
    ensure!(ticket.is_by_somebody_unproven());
    // While they are there, it stays in the chat; when they end it, it does not.
    here.reply(&ticket, "Ja!", false).await?;
    ensure!(here.mailed().await?.iter().all(|(_, text)| !text.contains("Ja!")), "it was mailed all the same");
    here.news(&pass, 3, 3).await?;
    here.post("end", &json!({ "pass": pass })).await?;
    here.reply(&ticket, "Her er det du spurte om.", false).await?;
    let mailed = here.mailed().await?;
    let (to, text) = mailed.first().context("nothing was mailed")?;
    ensure!(to == "ola@fjord.no" && text.contains("Her er det du spurte om."), "{to} {text}");
    let ticket = here.ticket().await?;
    let last = ticket.messages.iter().rev().find_map(|message| message.delivery.clone()).context("no delivery")?;
    ensure!(last.state == DeliveryState::Sent && last.recipient == "ola@fjord.no", "{last:?}");
    // They find it in the chat too, when they come back.
    let told = here.news(&pass, 3, 3).await?;
    ensure!(texts(&told) == ["Her er det du spurte om."], "{told}");
    // Whoever is forgotten is nobody whose conversation stands anywhere.
    let (name, person) = (pass.split('.').next().unwrap_or_default(), ticket.contacts[0].id.clone());
    let stands = async || here.house.desk.conversation_standing(&here.channel.id, name).await;
    ensure!(stands().await?.is_some());
    here.house.desk.erase_person(&here.eva, &person).await?;
    ensure!(stands().await?.is_none(), "it is told of somebody who was forgotten");
    here.house.close().await;
    Ok(())
}

/// A form of several parts, as browsers write it.
fn in_parts(fields: &[(&str, &str)], files: &[(&str, &str, &str)]) -> Vec<u8> {
    let mut body = String::new();
    for (name, value) in fields {
        body += &format!("--mark\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    }
    for (name, mime, words) in files {
        body += &format!(
            "--mark\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{name}\"\r\nContent-Type: {mime}\r\n\r\n{words}\r\n"
        );
    }
    (body + "--mark--\r\n").into_bytes()
}

impl Here {
    async fn send(&self, what: &str, body: &[u8]) -> Result<(u16, String)> {
        let headers = [("origin", SITE), ("content-type", "multipart/form-data; boundary=mark")];
        self.house.knock("POST", &format!("{}/{what}", self.hook), &headers, body).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_go_with_what_is_said_and_arrive_once() -> Result<()> {
    let here = Here::open(json!({ "when-away": "chat" })).await?;
    let pass = here.begin().await?;
    let said = |key: &'static str, text: &'static str| {
        [
            ("pass", pass.clone()),
            ("key", key.to_owned()),
            ("text", text.to_owned()),
            ("lang", "nb".to_owned()),
            ("after", "0".to_owned()),
        ]
    };
    let parts = |key, text, files: &[(&str, &str, &str)]| {
        let fields = said(key, text);
        in_parts(&fields.each_ref().map(|(name, value)| (*name, value.as_str())), files)
    };
    let two = [("bilde av skriver.png", "image/png", "PNG"), ("../../logg.txt", "text/plain", "linje 1\r\nlinje 2")];
    // A line that breaks, and a browser that tries again.
    for _ in 0..3 {
        let (status, told) = here.send("say", &parts("k-1", "Slik ser det ut", &[two[0]])).await?;
        let told: Value = serde_json::from_str(&told)?;
        ensure!(status == 200 && told["said"][0]["files"] == json!(["bilde av skriver.png"]), "{status} {told}");
    }
    // A file says enough; its name leads nowhere.
    let (status, told) =
        here.send("say", &parts("k-2", "", &[("../../logg.txt", "text/plain", "linje 1\r\nlinje 2")])).await?;
    ensure!(status == 200, "{status} {told}");
    let ticket = here.ticket().await?;
    let files: Vec<(&str, u64)> = ticket
        .messages
        .iter()
        .flat_map(|message| &message.attachments)
        .map(|file| (file.name.as_str(), file.size as u64))
        .collect();
    ensure!(files.len() == 2 && files[0] == ("bilde av skriver.png", 3) && files[1].1 == 16, "{files:?}");
    ensure!(!files[1].0.contains('/') && files[1].0.ends_with("logg.txt"), "{files:?}");

    // What can't be taken is said, and nothing of it is kept.
    let many = vec![("a.txt", "text/plain", "a"); 11];
    for (body, status, words) in [
        (parts("k-3", "Mange", &many), 400, "inntil 10"),
        (parts("k-4", "Avbrutt", &two)[..300].to_vec(), 400, "Last siden"),
        (parts("k-5", "Stor", &[("stor.bin", "", &"x".repeat(5 << 20))]), 413, ""),
    ] {
        let (got, told) = here.send("say", &body).await?;
        ensure!(got == status && told.contains(words), "{got} {told}");
    }
    // The page does the same without a script.
    let (status, told) = here.send("page", &parts("k-6", "", &[("side.txt", "text/plain", "fra siden")])).await?;
    ensure!(status == 303, "{status} {told}");
    let (_, page) = here.house.knock("GET", &format!("{}/page?pass={pass}&lang=nb", here.hook), &[], b"").await?;
    ensure!(page.contains("<li>side.txt</li>") && page.contains("enctype=\"multipart/form-data\""), "{page}");
    let ticket = here.ticket().await?;
    ensure!(ticket.messages.iter().flat_map(|message| &message.attachments).count() == 3, "{:?}", ticket.messages);
    here.house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_house_that_wants_no_files_gets_none() -> Result<()> {
    let here = Here::open(json!({ "when-away": "chat", "files": false })).await?;
    ensure!(here.hello().await?["files"] == false);
    let pass = here.begin().await?;
    let body =
        in_parts(&[("pass", &pass), ("key", "k"), ("text", "Hei"), ("lang", "en")], &[("a.txt", "text/plain", "a")]);
    let (status, told) = here.send("say", &body).await?;
    ensure!(status == 400 && told.contains("Files can’t be sent here."), "{status} {told}");
    let (_, page) = here.house.knock("GET", &format!("{}/page?lang=en", here.hook), &[], b"").await?;
    ensure!(!page.contains("type=\"file\""), "{page}");
    here.house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_anybody_there_it_is_a_form_that_wants_an_address() -> Result<()> {
    let here = Here::open(json!({})).await?;
    let hello = here.hello().await?;
    ensure!(hello["there"] == false && hello["away"] == "form" && hello["line"] != "", "{hello}");
    let pass = here.begin().await?;
    let (status, told) = here.post("say", &json!({ "pass": pass, "key": "k", "text": "Hei", "lang": "en" })).await?;
    ensure!(
        status == 400 && told["field"] == "email" && told["error"].as_str().is_some_and(|why| why.contains("e-mail")),
        "{told}"
    );
    here.say(&pass, "k", "Hei", json!({ "email": "ola@fjord.no" })).await?;
    let ticket = here.ticket().await?;
    ensure!(
        ticket.contacts.first().is_some_and(|person| person.emails.iter().any(|email| email == "ola@fjord.no")),
        "{:?}",
        ticket.contacts
    );
    here.house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_reads_anothers_and_garbage_gets_a_friendly_no() -> Result<()> {
    let here = Here::open(json!({ "origins": SITE, "when-away": "chat" })).await?;
    let pass = here.begin().await?;
    here.say(&pass, "k", "Hemmelig", json!({})).await?;
    let (name, seal) = pass.split_once('.').context("an odd pass")?;
    let other = here.begin().await?;
    let (_, others) = other.split_once('.').context("an odd pass")?;
    for forged in [
        format!("{name}.{others}"),
        format!("{name}."),
        name.to_owned(),
        format!("{}.{seal}", &other[..32]),
        String::new(),
    ] {
        let (status, told) = here.post("news", &json!({ "pass": forged, "lang": "nb" })).await?;
        ensure!(
            status == 403 && told["error"].as_str().is_some_and(|why| why.contains("finnes ikke")),
            "{status} {told}"
        );
    }
    for (what, body, want) in
        [("say", "{", 400), ("say", "[]", 400), ("say", "", 400), ("nowhere", "{}", 403), ("", "\u{0}", 400)]
    {
        let (status, told) = here.post_from(SITE, what, body).await?;
        ensure!(status == want && told["error"].is_string(), "{what} {body:?}: {status} {told}");
    }
    let long = json!({ "pass": pass, "key": "l", "text": "x".repeat(4_001), "lang": "en" });
    ensure!(here.post("say", &long).await?.0 == 400);
    let huge = json!({ "pass": pass, "key": "h", "text": "x".repeat(70_000) });
    ensure!(here.post("say", &huge).await?.0 == 400);
    ensure!(here.post_from(SITE, "say", &"x".repeat(6 << 20)).await?.0 == 413);
    let (status, told) = here.post_from("https://evil.example", "news", &json!({ "pass": pass }).to_string()).await?;
    ensure!(status == 403 && told.get("said").is_none(), "{status} {told}");
    // Faster than people; whichever minute begins meanwhile, it is more than two of them hold.
    let mut statuses = vec![];
    for n in 0..45 {
        let body = json!({ "pass": pass, "key": format!("f-{n}"), "text": "fort", "lang": "nb" });
        statuses.push(here.post("say", &body).await?.0);
    }
    ensure!(statuses.contains(&429) && statuses.iter().all(|status| [200, 429].contains(status)), "{statuses:?}");
    here.house.close().await;
    Ok(())
}

/// Somebody who fills the chat's memory is no reason to turn others away: what was said longest ago makes room, and its text is
/// in the requests.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_chat_gives_up_what_is_oldest() -> Result<()> {
    let here = Here::open(json!({ "when-away": "chat" })).await?;
    let (desk, plugin) = (&here.house.desk, id("saker.chat"));
    let mine = here.begin().await?;
    here.say(&mine, "k-1", "Er dere der?", json!({})).await?;
    let mut n = 0;
    for size in [40_000, 4_000, 400, 40, 4] {
        let said = json!([{ "n": 1, "by": "visitor", "text": "x".repeat(size), "key": "k", "at": 1 }]);
        let value = json!({ "count": 1, "said": said, "here": 1 }).to_string();
        loop {
            let name = format!("talk/{n:032x}");
            let kept =
                desk.remember(&plugin, &here.channel.id, &name, value.as_bytes(), &Expect::Any, None, 8_192 << 10);
            if kept.await?.is_err() {
                break;
            }
            n += 1;
        }
    }
    let told = here.say(&mine, "k-2", "Ennå?", json!({ "after": 1 })).await?;
    ensure!(texts(&told) == ["Ennå?"], "{told}");
    let other = here.begin().await?;
    here.say(&other, "k-1", "Hallo?", json!({})).await?;
    ensure!(texts(&here.news(&mine, 0, 0).await?).len() == 2, "who is here was given up");
    here.house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn it_works_without_javascript_on_a_page_that_can_be_loaded_again() -> Result<()> {
    let here = Here::open(json!({ "when-away": "chat" })).await?;
    let get = async |path: &str| here.house.knock("GET", &format!("{}{path}", here.hook), &[], b"").await;
    ensure!(get("").await?.0 == 303);
    let (status, page) = get("/page?lang=en").await?;
    ensure!(status == 200 && page.contains("lang=\"en\"") && page.contains("Hi! What can we help you with?"), "{page}");
    ensure!(!page.contains("<script"), "{page}");
    let hidden = |page: &str, name: &str| {
        let rest = page.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap_or_default();
        rest.split('"').next().unwrap_or_default().to_owned()
    };
    let (pass, key) = (hidden(&page, "pass"), hidden(&page, "key"));
    let post = async |body: String| {
        let headers = [("content-type", "application/x-www-form-urlencoded"), ("origin", "null")];
        here.house.knock("POST", &format!("{}/page", here.hook), &headers, body.as_bytes()).await
    };
    // A mistake is shown where it was made, with what was typed.
    let (status, page) = post(format!("pass={pass}&key={key}&lang=en&act=say&email=kari&text=Hello")).await?;
    ensure!(status == 400 && page.contains("email-wrong") && page.contains(">Hello</textarea>"), "{status} {page}");
    // Twice, as an impatient finger does.
    for _ in 0..2 {
        let (status, _) = post(format!("pass={pass}&key={key}&lang=en&act=say&text=%3Cb%3EHello")).await?;
        ensure!(status == 303, "{status}");
    }
    let ticket = here.ticket().await?;
    ensure!(ticket.messages.len() == 1 && ticket.messages[0].text == "<b>Hello", "{:?}", ticket.messages);
    here.reply(&ticket, "Hello, *you*", false).await?;
    let (status, page) = get(&format!("/page?pass={pass}&lang=en")).await?;
    ensure!(status == 200 && page.contains("&lt;b&gt;Hello") && page.contains("Hello, <i>you</i>"), "{page}");
    let seen =
        here.ticket().await?.messages.iter().find_map(|message| message.delivery.clone()).context("no delivery")?;
    ensure!(seen.seen_at.is_some(), "{seen:?}");
    ensure!(get("/page?pass=nonsense&lang=en").await?.0 == 404);
    here.house.close().await;
    Ok(())
}
