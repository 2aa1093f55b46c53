//! D1, D2 and D3 by calls alone. What a customer does comes by mail or on the pages that customers have.

mod mail;
mod phone;
mod safety;

use super::{Program, number};
use crate::scenario::{MAIL, header};
use anyhow::{Context, Result, ensure};
use axum::{body::Body, http::Request};
use desk::model::Scope;
use serde_json::{Value, json};
use tests::House;
use tower::ServiceExt;

/// Tuesday 24 November 2026, 10:00 in Oslo, in Unix microseconds.
const TUESDAY_TEN: i64 = 1_795_510_800 * 1_000_000;
const HOUR: i64 = 3_600 * 1_000_000;
const HELPER: &str = "hjelp@partner.example";

/// The fixture of section D, with a program for everybody who works there.
struct Scene {
    house: House,
    ane: Program,
    bo: Program,
    cia: Program,
    dag: Program,
    eva: Program,
}

impl Scene {
    /// *Brukerstøtte* gives nothing away and tells its members. Priority Medium: eight hours inside the hours; read by its
    /// owner is the end of the chain, else it is Dag's after two hours.
    async fn open() -> Result<Scene> {
        let house = House::open_at(TUESDAY_TEN).await?;
        let of = async |name: &str, scope| Program::of(&house, &house.agent(name).await?, &[scope]).await;
        let (ane, bo, cia) =
            (of("Ane", Scope::Write).await?, of("Bo", Scope::Write).await?, of("Cia", Scope::Write).await?);
        let (dag, eva) = (of("Dag", Scope::Write).await?, of("Eva", Scope::Admin).await?);
        let priorities = eva.get("/priorities").await?;
        let medium = priorities.as_array().and_then(|all| all.iter().find(|priority| priority["en"] == "Medium"));
        let mut medium = medium.context("no medium")?.clone();
        medium["targets"] = json!({ "first_response": null, "next_response": null, "resolution": 480 });
        medium["calendar_escalation"] = json!(true);
        medium["on_read"] = json!("stop");
        let dags = id_of(&eva, "Dag").await?;
        let id = desk::model::EscalationLevelId::new();
        medium["levels"] = json!([{ "id": id, "after": 120, "reassign_to": dags, "tell": [] }]);
        eva.does("PUT", "/priorities", medium).await?;
        Ok(Scene { house, ane, bo, cia, dag, eva })
    }

    /// Kari's mail with its PDF, come in; its number.
    async fn mail_of_kari(&self) -> Result<i64> {
        ensure!(self.house.mail("kari@fjord.no", MAIL).await?.starts_with("250"));
        self.house.rest().await?;
        let [n] = rows(&self.ane, "unassigned").await?[..] else { anyhow::bail!("not one request in the queue") };
        Ok(n)
    }

    /// The same, in Ane's hands and read by her.
    async fn taken_by_ane(&self) -> Result<i64> {
        let n = self.mail_of_kari().await?;
        self.ane.does("POST", &format!("/requests/{n}/take"), json!({})).await?;
        self.ane.does("POST", &format!("/requests/{n}/read"), Value::Null).await?;
        self.nobody_has_news().await?;
        Ok(n)
    }

    async fn nobody_has_news(&self) -> Result<()> {
        self.house.rest().await?;
        for program in [&self.ane, &self.bo, &self.cia, &self.dag, &self.eva] {
            program.does("POST", "/notifications/seen", Value::Null).await?;
        }
        Ok(())
    }

    /// An answer to the last mail that left to somebody, as their program writes it.
    async fn answer(&self, from: &str, text: &str) -> Result<()> {
        self.house.rest().await?;
        let sent = self.sent_to(from).await?;
        let (_, subject, raw) = sent.last().with_context(|| format!("nothing was sent to {from}"))?;
        let name = header(raw, "Message-ID").context("no Message-ID")?;
        let mail = format!(
            "From: {from}\r\nTo: support@company.com\r\nSubject: Re: {subject}\r\nMessage-ID: <{}@answers.example>\r\n\
             In-Reply-To: <{name}>\r\nReferences: <{name}>\r\n\r\n{text}\r\n",
            desk::model::MessageId::new()
        );
        ensure!(self.house.mail(from, &mail).await?.starts_with("250"));
        self.house.rest().await
    }

    /// Mail that left to an address: recipient, subject, raw bytes.
    async fn sent_to(&self, to: &str) -> Result<Vec<(String, String, String)>> {
        Ok(self.house.sent().await?.into_iter().filter(|mail| mail.0 == to).collect())
    }

    /// A page as somebody's browser shows it: its status and what it says.
    async fn page(&self, path: &str, session: Option<&str>) -> Result<(u16, String)> {
        let cookie = format!("language=nb; session={}", session.unwrap_or_default());
        let (status, bytes) = self.fetch(Request::get(path).header("cookie", cookie).body(Body::empty())?).await?;
        Ok((status, String::from_utf8_lossy(&bytes).into_owned()))
    }

    async fn fetch(&self, request: Request<Body>) -> Result<(u16, Vec<u8>)> {
        let router = server::http::router(server::http::App::new(self.house.desk.clone(), true));
        let answer = router.oneshot(request).await?;
        let status = answer.status().as_u16();
        Ok((status, axum::body::to_bytes(answer.into_body(), 64 << 20).await?.to_vec()))
    }

    /// What the main contact reads by their private link.
    async fn seen_by_customer(&self, n: i64) -> Result<String> {
        let link = self.ane.get(&format!("/requests/{n}")).await?["link"].as_str().context("no link")?.to_owned();
        let (status, page) = self.page(&link, None).await?;
        ensure!(status == 200, "{link}: {status}");
        Ok(page)
    }

    /// Somebody's session in the portal, by the link that is mailed to them.
    async fn signed_in(&self, address: &str) -> Result<String> {
        self.house.desk.ask_link(address, desk::model::Language::Nb).await?;
        self.house.rest().await?;
        let (_, _, raw) = self.sent_to(address).await?.pop().context("no link was mailed")?;
        let token: String = raw.replace("=\r\n", "").split("/sign-in/").nth(1).context("no link")?.to_owned();
        let token: String = token.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_.~".contains(*c)).collect();
        Ok(self.house.desk.redeem_link(&token).await?)
    }
}

fn draft(text: &str) -> Value {
    json!({ "text": text, "access": "external", "seconds": 360 })
}

fn internal(text: &str) -> Value {
    json!({ "text": text, "access": "internal" })
}

async fn rows(program: &Program, list: &str) -> Result<Vec<i64>> {
    let page = program.get(&format!("/requests?list={list}")).await?;
    page["rows"].as_array().context("no rows")?.iter().map(number).collect()
}

async fn id_of(program: &Program, name: &str) -> Result<String> {
    let agents = program.get("/choices").await?["agents"].clone();
    let agents = agents.as_array().context("no agents")?;
    let found = agents.iter().find(|agent| agent["name"].as_str().is_some_and(|full| full.starts_with(name)));
    Ok(found.and_then(|agent| agent["id"].as_str()).context("nobody of that name")?.to_owned())
}

/// The id of a category, a status or a priority by one of its names.
async fn choice(program: &Program, of: &str, name: &str) -> Result<String> {
    let all = program.get("/choices").await?[of].clone();
    let named = |one: &&Value| ["en", "nb", "name"].iter().any(|key| one[*key] == name);
    let found = all.as_array().with_context(|| format!("no {of}"))?.iter().find(named).cloned();
    Ok(found.with_context(|| format!("no {name} in {all}"))?["id"].as_str().context("no id")?.to_owned())
}

/// Kinds of what somebody has not seen, in order of their names.
async fn news(program: &Program) -> Result<Vec<String>> {
    let page = program.get("/notifications").await?;
    let rows = page["rows"].as_array().context("no notices")?;
    let mut news: Vec<String> = rows.iter().filter(|notice| notice["seen"] == false).map(word("kind")).collect();
    news.sort();
    Ok(news)
}

fn word(key: &'static str) -> impl Fn(&Value) -> String {
    move |of| of[key].as_str().unwrap_or_default().to_owned()
}

/// Who did what to a request, in order, as its log says; for what Saker did, why.
async fn log(program: &Program, n: i64) -> Result<Vec<(String, String)>> {
    let request = program.get(&format!("/requests/{n}")).await?;
    let log = request["log"].as_array().context("no log")?;
    ensure!(log.iter().all(|entry| entry["at"].as_i64().is_some_and(|at| at >= TUESDAY_TEN)), "LOG-1: when");
    let who = |entry: &Value| if entry["actor"] == "" { word("cause")(entry) } else { word("actor")(entry) };
    Ok(log.iter().map(|entry| (who(entry), word("kind")(entry))).collect())
}

/// The log must have said these, in this order, whatever else it says between.
fn says(log: &[(String, String)], wanted: &[(&str, &str)]) -> Result<()> {
    let mut rest = log.iter();
    for (actor, kind) in wanted {
        let found = rest.any(|(by, what)| by.starts_with(actor) && what == kind);
        ensure!(found, "{kind} by {actor:?} is not where it should be in {log:?}");
    }
    Ok(())
}

async fn found(program: &Program, word: &str) -> Result<Vec<i64>> {
    let word = word.replace(' ', "%20").replace('+', "%2B");
    let hits = program.get(&format!("/search?q={word}")).await?;
    hits["hits"].as_array().context("no hits")?.iter().map(|hit| number(&hit["ticket"])).collect()
}

/// A mail without the breaks that its lines were given to be short.
fn unfolded(raw: &str) -> String {
    raw.replace("=\r\n", "").replace("=\n", "")
}

fn last_message(request: &Value) -> Result<&Value> {
    request["messages"].as_array().and_then(|all| all.last()).context("no message")
}
