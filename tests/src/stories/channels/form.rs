//! The web form: asked for and sent as browsers do it, with and without a script.

use super::{passes_the_kit, set_up};
use crate::plugins::id;
use anyhow::{Context, Result, ensure};
use axum::{
    body::Body,
    http::{HeaderMap, Request},
};
use desk::model::*;
use serde_json::{Value, json};
use std::time::Duration;
use tests::house::House;
use tower::ServiceExt;

const SITE: &str = "https://www.fjord.example";
/// Longer than somebody is too fast.
const WRITING: Duration = Duration::from_millis(2_100);

struct Here {
    house: House,
    eva: Actor,
    ane: Actor,
    channel: Channel,
    hook: String,
}

struct Page {
    status: u16,
    headers: HeaderMap,
    html: String,
}

impl Page {
    fn stamp(&self) -> Result<String> {
        let rest = self.html.split("name=\"stamp\" value=\"").nth(1).context("the form has no mark")?;
        Ok(rest.split('"').next().unwrap_or_default().to_owned())
    }

    fn header(&self, name: &str) -> String {
        let all = self.headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        all.collect::<Vec<_>>().join(" + ")
    }
}

impl Here {
    async fn open(settings: Value) -> Result<Here> {
        let house = House::open().await?;
        let (eva, ane) = (house.agent("Eva").await?, house.agent("Ane").await?);
        let settings = serde_json::from_value(settings)?;
        let new = NewChannel { name: "Nettsiden".to_owned(), settings, ..NewChannel::default() };
        let (channel, hook) = set_up(&house, &eva, "saker.form", new).await?;
        Ok(Here { house, eva, ane, channel, hook })
    }

    async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Result<Page> {
        let hook = &self.hook[self.hook.find("/hooks/").context("no hook")?..];
        let mut request = Request::builder().method(method).uri(format!("{hook}{path}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let app = server::http::router(server::http::App::new(self.house.desk.clone(), true));
        let answer = app.oneshot(request.body(Body::from(body))?).await?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let body = axum::body::to_bytes(answer.into_body(), 1 << 20).await?;
        Ok(Page { status, headers, html: String::from_utf8_lossy(&body).into_owned() })
    }

    async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Result<Page> {
        self.ask("GET", path, headers, vec![]).await
    }

    /// As the form's own page sends it, without a script.
    async fn send(&self, fields: &[(&str, &str)]) -> Result<Page> {
        let encoded = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
        let body =
            fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect::<Vec<_>>().join("&");
        let headers = [("content-type", "application/x-www-form-urlencoded"), ("origin", "null")];
        self.ask("POST", "", &headers, body.into_bytes()).await
    }

    async fn requests(&self) -> Result<Vec<Ticket>> {
        self.house.rest().await?;
        let mut all = vec![];
        for row in self.house.rows(&self.eva, List::Latest).await? {
            all.push(self.house.desk.ticket(&self.eva, row.number).await?);
        }
        Ok(all)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_without_a_script_becomes_one_request_and_is_answered_by_mail() -> Result<()> {
    let here =
        Here::open(json!({ "phone": "may", "topics": "Faktura | Invoice", "own": "Kundenummer | Customer number *" }))
            .await?;
    let page = here.get("", &[("accept-language", "nb-NO,nb;q=0.9")]).await?;
    ensure!(page.status == 200 && page.html.contains("<html lang=\"nb\">") && page.html.contains("Kundenummer"));
    ensure!(!page.html.contains("<script"), "it works without");
    let policy = page.header("content-security-policy");
    ensure!(policy.contains("sandbox allow-forms;") && policy.contains("frame-ancestors 'self'"), "{policy}");
    let stamp = page.stamp()?;
    let harm = "Hei <b>dere</b>\r\nDen virker ikke & er \"rød\"";
    let mut fields =
        vec![("stamp", stamp.as_str()), ("name", "Per Hansen"), ("email", "per"), ("phone", "40 00 00 00")];
    fields.extend([("topic", "0"), ("own-0", ""), ("message", harm)]);
    // Something is missing: it stands beside, and what was typed is there.
    let again = here.send(&fields).await?;
    ensure!(again.status == 422, "{}", again.status);
    for words in [
        "aria-describedby=\"saker-email-why\"",
        "Skriv en hel e-postadresse",
        "Fyll ut «Kundenummer»",
        "Hei &lt;b&gt;dere&lt;/b&gt;\nDen virker",
        "<option value=\"0\" selected>Faktura",
    ] {
        ensure!(again.html.contains(words), "{words} is not in {}", again.html);
    }
    ensure!(here.requests().await?.is_empty());
    tokio::time::sleep(WRITING).await;
    fields.retain(|(name, _)| !["email", "own-0"].contains(name));
    fields.extend([("email", "Per@Fjord.example"), ("own-0", "K-17")]);
    // Sent twice, as by somebody who presses twice.
    let thanks = here.send(&fields).await?;
    let twice = here.send(&fields).await?;
    let requests = here.requests().await?;
    ensure!(requests.len() == 1, "{}", requests.len());
    let request = &requests[0];
    let number = format!("sak {}, og svarer til Per@Fjord.example", request.number);
    for page in [&thanks, &twice] {
        ensure!(page.status == 200 && page.html.contains(&number), "{}", page.html);
    }
    ensure!(request.title == "Faktura" && request.origin == Origin::Channel, "{request:?}");
    let text = request.messages[0].text.trim();
    ensure!(
        text == "Hei <b>dere</b>\nDen virker ikke & er \"rød\"\n\nTelefonnummer: 40 00 00 00\nHva gjelder det?: Faktura\nKundenummer: K-17",
        "{text}"
    );
    // Something else from the same form is something else.
    fields.retain(|(name, _)| *name != "message");
    fields.push(("message", "En ting til"));
    ensure!(here.send(&fields).await?.status == 200);
    ensure!(here.requests().await?.len() == 2, "the second message is lost");
    // The answer goes by mail, from the organisation's mailbox, and what comes back finds its request.
    let draft =
        Draft { text: "Prøv igjen".to_owned(), key: "r".to_owned(), access: Access::External, ..Draft::default() };
    here.house.desk.reply(&here.ane, &request.id, draft).await?;
    here.house.rest().await?;
    let sent = here.house.sent().await?;
    let reply = sent.iter().find(|(_, _, raw)| raw.contains("igjen")).context("no answer left")?;
    ensure!(reply.0 == "per@fjord.example", "{}", reply.0);
    let header = |name: &str| {
        let line = reply.2.lines().find(|line| line.to_lowercase().starts_with(name));
        line.map(|line| line[name.len()..].trim().to_owned()).unwrap_or_default()
    };
    let raw = format!(
        "From: Per <per@fjord.example>\r\nTo: {}\r\nSubject: Re: {}\r\nMessage-ID: <x1@fjord.example>\r\nIn-Reply-To: {}\r\n\r\nDet hjalp\r\n",
        server::demo::MAILBOX,
        reply.1,
        header("message-id:")
    );
    here.house.mail("per@fjord.example", &raw).await?;
    here.house.rest().await?;
    let request = here.house.desk.ticket(&here.eva, request.number).await?;
    ensure!(request.messages.iter().any(|message| message.text.contains("Det hjalp")), "{request:?}");
    here.house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_shows_the_form_on_the_sites_that_were_named_and_sends_files() -> Result<()> {
    let category = "Levering";
    let topics = "Faktura | Invoice\nFeil | Fault = Delivery";
    let here =
        Here::open(json!({ "origins": SITE, "topics": topics, "files": "may", "thanks": "Takk, {number}!" })).await?;
    let shown = &here.channel.connected;
    ensure!(shown.iter().any(|(_, value)| value.contains("/form.js\" defer></script>")), "{shown:?}");
    let script = here.get("/form.js", &[]).await?;
    ensure!(script.header("content-type").starts_with("text/javascript") && script.html.len() < 5_000);
    let part = here.get("/part?lang=en-GB", &[("origin", SITE)]).await?;
    ensure!(part.header("access-control-allow-origin") == SITE && part.html.contains("Subject <span"), "{}", part.html);
    let stranger = here.get("/part?lang=en", &[("origin", "https://evil.example")]).await?;
    ensure!(stranger.status == 403 && stranger.header("access-control-allow-origin").is_empty());
    ensure!(stranger.html.contains("can’t be shown on this site"), "{}", stranger.html);
    tokio::time::sleep(WRITING).await;
    let field =
        |name: &str, value: &str| format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    let mut body: String = [("stamp", part.stamp()?.as_str()), ("name", "Liv"), ("email", "liv@fjord.example")]
        .into_iter()
        .chain([("topic", "1"), ("subject", "It is red"), ("message", "Look"), ("website", "")])
        .map(|(name, value)| field(name, value))
        .collect();
    body += "--b\r\nContent-Disposition: form-data; name=\"files\"; filename=\"red.txt\"\r\nContent-Type: text/plain\r\n\r\n";
    body += &"x".repeat(2 << 20);
    body += "\r\n--b--\r\n";
    let headers = [("origin", SITE), ("content-type", "multipart/form-data; boundary=b")];
    let thanks = here.ask("POST", "/part?lang=en", &headers, body.clone().into_bytes()).await?;
    let requests = here.requests().await?;
    let request = requests.first().context("there is no request")?;
    ensure!(thanks.html.contains(&format!("Takk, {}!", request.number)), "{}", thanks.html);
    let file = request.messages[0].attachments.first().context("no file")?;
    ensure!(file.name == "red.txt" && file.size == 2 << 20, "{file:?}");
    let categories = here.house.desk.choices(&here.eva).await?.categories;
    let name = categories.into_iter().find(|known| known.id == request.category).map(|known| known.name);
    ensure!(request.title == "It is red" && name.as_deref() == Some(category), "{name:?} {request:?}");
    // From elsewhere nothing is taken.
    let evil = [("origin", "https://evil.example"), headers[1]];
    ensure!(here.ask("POST", "/part", &evil, body.replace("Look", "Spam").into_bytes()).await?.status == 403);
    // More than fits is refused before anything reads it, and a person is told how much does.
    let large = "x".repeat(6 << 20).into_bytes();
    let line = here.ask("POST", "/part", &headers, large.clone()).await?;
    ensure!(line.status == 413 && line.html == "Too large. The limit is 5\u{a0}MB.", "{}", line.html);
    let browser = [headers[0], headers[1], ("accept", "text/html,*/*"), ("accept-language", "nb-NO")];
    let page = here.ask("POST", "/part", &browser, large).await?;
    ensure!(page.status == 413 && page.header("content-security-policy").contains("sandbox"), "{}", page.status);
    ensure!(
        page.html.contains("Grensen er 5\u{a0}MB.") && page.html.contains("det du skrev, står der ennå"),
        "{}",
        page.html
    );
    ensure!(here.requests().await?.len() == 1);
    here.house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_machines_send_is_shown_again_and_what_is_no_form_is_told_so() -> Result<()> {
    let here = Here::open(json!({ "languages": "en", "subject": "no", "files": "no" })).await?;
    let stamp = here.get("", &[]).await?.stamp()?;
    let fields = |stamp: &'static str| [("stamp", stamp), ("name", "A"), ("email", "a@b.example"), ("message", "Buy")];
    let kept: &'static str = Box::leak(stamp.into_boxed_str());
    let soon = here.send(&fields(kept)).await?;
    ensure!(soon.status == 422 && soon.html.contains("That was quick") && soon.stamp()? == kept, "{}", soon.html);
    for forged in ["", "1.a.00", "1795510800000.a.ffff", &kept.replace('.', ".x")] {
        let forged: &'static str = Box::leak(forged.to_owned().into_boxed_str());
        let page = here.send(&fields(forged)).await?;
        ensure!(page.status == 422 && page.html.contains("open for a long time"), "{forged}: {}", page.html);
        // Who looks over it and sends at once is not too fast.
        ensure!(page.stamp()? != forged && page.html.contains(">\nBuy</textarea>"));
    }
    tokio::time::sleep(WRITING).await;
    let trapped = [fields(kept).to_vec(), vec![("website", "https://spam.example")]].concat();
    let page = here.send(&trapped).await?;
    ensure!(page.status == 422 && page.html.contains("It is empty now"), "{}", page.html);
    ensure!(here.requests().await?.is_empty());
    for (kind, body) in [
        ("text/plain", &b"hello"[..]),
        ("multipart/form-data; boundary=x", b"--x\r\ncut"),
        ("", b"\xff\xfe"),
        ("application/json", b"{}"),
    ] {
        let page = here.ask("POST", "", &[("content-type", kind)], body.to_vec()).await?;
        ensure!(page.status == 400 && page.html.contains("could not be read as a form"), "{kind}: {}", page.html);
    }
    ensure!(here.get("/elsewhere", &[]).await?.status == 404);
    ensure!(here.ask("DELETE", "", &[], vec![]).await?.status == 405);
    // Nobody is flooded with receipts in somebody else's name.
    let again = here.send(&fields("1.a.00")).await?.stamp()?;
    for at in 0..8 {
        let message = format!("Number {at}");
        let fields = [("stamp", again.as_str()), ("name", "A"), ("email", "victim@b.example"), ("message", &message)];
        let page = here.send(&fields).await?;
        ensure!(page.status == 200, "{at}: {}", page.html);
    }
    ensure!(here.requests().await?.len() == 8);
    let receipts = here.house.sent().await?.into_iter().filter(|(to, ..)| to == "victim@b.example").count();
    ensure!(receipts == 5, "{receipts}");
    here.house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_grant_no_page_is_a_page() -> Result<()> {
    let here = Here::open(json!({})).await?;
    let plugin = id("saker.form");
    let sheet = here.house.desk.look_at_shipped_plugin(&here.eva, &plugin).await?;
    let granted = sheet.wants.into_iter().map(|wanted| wanted.want).filter(|want| *want != Want::ShowPages).collect();
    here.house.desk.install_plugin(&here.eva, Install { file: sheet.file, granted, unsigned: false }).await?;
    let policy = here.get("", &[]).await?.header("content-security-policy");
    ensure!(policy.contains("sandbox; default-src 'none'") && !policy.contains("allow-forms"), "{policy}");
    here.house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_form_passes_the_kit() -> Result<()> {
    passes_the_kit("form").await
}
