//! What the door promises to programs, whatever they ask for. Appendix C, numbers 22 and 23.

use super::{Program, number};
use anyhow::{Context, Result, ensure};
use axum::{body::Body, http::Request};
use desk::model::{List, Scope};
use serde_json::{Value, json};
use std::time::Duration;
use tests::House;
use tower::ServiceExt;

/// The public contract. A change of this file is a change that programs out there must survive: only ever additions.
#[test]
fn the_document_is_the_one_that_was_agreed() {
    let document: Value = serde_json::from_str(server::api::document()).unwrap_or_default();
    let mut doors: Vec<String> = vec![];
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for (method, door) in item.as_object().into_iter().flatten() {
            let id = door["operationId"].as_str().unwrap_or_default();
            doors.push(format!("{} {path} {id}", method.to_uppercase()));
        }
    }
    let names: std::collections::BTreeSet<_> = doors.iter().filter_map(|door| door.rsplit(' ').next()).collect();
    assert_eq!(names.len(), doors.len(), "two doors have one name");
    insta::assert_snapshot!("doors", doors.join("\n"));
    insta::assert_json_snapshot!("shapes", document["components"]["schemas"]);
}

async fn request(ane: &Program) -> Result<i64> {
    let new =
        json!({ "title": "Skriver", "text": "Den står.", "owner": "me", "origin": "phone", "access": "internal" });
    number(&ane.does("POST", "/requests", new).await?)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_came_too_late_is_refused_with_both_versions() -> Result<()> {
    let house = House::open().await?;
    let ane = Program::of(&house, &house.agent("Ane").await?, &[Scope::Write]).await?;
    let n = request(&ane).await?;
    let path = format!("/requests/{n}");
    let seen = ane.call("GET", &path, &[], None).await?;
    let tag = seen.headers["etag"].to_str()?.to_owned();
    ensure!(ane.call("GET", &path, &[("if-none-match", &tag)], None).await?.status == 304);
    let one = ane.call("PATCH", &path, &[("if-match", &tag)], Some(json!({ "title": "Skriver i 2. etasje" }))).await?;
    ensure!(one.status == 204, "{}", one.body);
    let late = ane.call("PATCH", &path, &[("if-match", &tag)], Some(json!({ "title": "Skriver i 3. etasje" }))).await?;
    ensure!(late.status == 409 && late.body["problem"]["error"] == "changed", "{}", late.body);
    ensure!(late.body["versions"]["yours"] == tag && late.body["versions"]["now"]["title"] == "Skriver i 2. etasje");
    ensure!(late.headers["etag"] == late.body["versions"]["current"].as_str().unwrap_or_default());
    // The same for what is no request: the tag is one of its content.
    let me = ane.call("GET", "/me", &[], None).await?;
    let tag = me.headers["etag"].to_str()?.to_owned();
    let new = json!({ "name": "Ane Ny", "language": "nb", "signature": "Hilsen Ane" });
    ensure!(ane.call("PUT", "/me", &[("if-match", &tag)], Some(new.clone())).await?.status == 204);
    ensure!(ane.call("PUT", "/me", &[("if-match", &tag)], Some(new)).await?.status == 409);
    house.close().await;
    Ok(())
}

/// Somebody else's change gets in between the look and the write: it is not lost.
#[tokio::test(flavor = "multi_thread")]
async fn a_version_is_judged_inside_of_the_write_at_every_door() -> Result<()> {
    let house = House::open().await?;
    let (ane, eva) = (house.agent("Ane").await?, house.agent("Eva").await?);
    let program = Program::of(&house, &eva, &[Scope::Admin]).await?;
    let hold = async |seconds| house.desk.hold_replies(&eva, seconds).await;
    let tag = program.call("GET", "/reply-hold", &[], None).await?.headers["etag"].to_str()?.to_owned();
    let headers = [("if-match", tag.as_str())];
    // Everybody waits for this one, who changes nothing: Eva first, then the call that has looked already.
    let pen = house.desk.db().write().await?;
    let wait = || tokio::time::sleep(std::time::Duration::from_millis(300));
    let first = async { hold(9).await.map_err(anyhow::Error::from) };
    let second = async {
        wait().await;
        program.call("PUT", "/reply-hold", &headers, Some(json!({ "seconds": 20 }))).await
    };
    let lay_down = async {
        wait().await;
        wait().await;
        drop(pen);
        Ok(())
    };
    let ((), late, ()) = tokio::try_join!(first, second, lay_down)?;
    ensure!(house.desk.reply_hold(&ane).await? == 9, "a change was lost");
    ensure!(late.status == 409 && late.body["versions"]["now"]["seconds"] == 9, "{}", late.body);
    // With what is there now it comes through.
    let now = late.headers["etag"].to_str()?.to_owned();
    let again = program.call("PUT", "/reply-hold", &[("if-match", &now)], Some(json!({ "seconds": 20 }))).await?;
    ensure!(again.status == 204 && house.desk.reply_hold(&ane).await? == 20, "{}", again.body);
    house.close().await;
    Ok(())
}

/// A stale call does nothing, also where only the thing that it goes through has a version; where nothing has, it says so.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_changed_since_is_changed_by_no_call() -> Result<()> {
    let house = House::open().await?;
    let eva = house.agent("Eva").await?;
    let program = Program::of(&house, &eva, &[Scope::Admin]).await?;
    let place = format!("/requests/{}", request(&program).await?);
    let seen = program.call("GET", &place, &[], None).await?.headers["etag"].to_str()?.to_owned();
    let comment = json!({ "text": "Sett.", "access": "internal" });
    program.does("POST", &format!("{place}/comments"), comment).await?;
    house.rest().await?;
    // All of it but how far the log of the whole desk was: that goes on by itself.
    let whole = async || -> Result<Value> {
        let mut request = program.get(&place).await?;
        request["seen"].take();
        Ok(request)
    };
    let before = whole().await?;
    let stale = [("if-match", seen.as_str())];
    for (method, path, body) in [
        ("POST", format!("{place}/take"), json!({})),
        ("POST", format!("{place}/close"), json!({})),
        ("POST", format!("{place}/release"), json!({})),
        ("PUT", format!("{place}/favourite"), json!({})),
    ] {
        let late = program.call(method, &path, &stale, Some(body)).await?;
        ensure!(late.status == 409 && late.body["versions"]["yours"] == seen, "{path}: {} {}", late.status, late.body);
    }
    ensure!(whole().await? == before, "a stale call changed something");
    let now = program.call("GET", &place, &[], None).await?.headers["etag"].to_str()?.to_owned();
    let taken = program.call("POST", &format!("{place}/take"), &[("if-match", &now)], Some(json!({}))).await?;
    ensure!(taken.status < 300, "{} {}", taken.status, taken.body);
    let order = program.call("POST", "/requests/next", &[("if-match", "\"x\"")], Some(json!({}))).await?;
    ensure!(order.status == 422, "{} {}", order.status, order.body);
    house.close().await;
    Ok(())
}

/// A bucket for each key: who calls too often is told when to come back, and nobody else waits.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_calls_too_often_waits_and_others_do_not() -> Result<()> {
    let house = House::open().await?;
    let (ane, eva) = (house.agent("Ane").await?, house.agent("Eva").await?);
    let chief = Program::of(&house, &eva, &[Scope::Admin]).await?;
    let of = async |agent, scope| -> Result<Program> {
        let other = Program::of(&house, agent, &[scope]).await?;
        Ok(Program { router: chief.router.clone(), token: other.token })
    };
    let (busy, calm) = (of(&ane, Scope::Read).await?, of(&ane, Scope::Read).await?);
    let refused = chief.refused("PUT", "/api-limit", json!({ "per_minute": 0, "at_once": 5 })).await?;
    ensure!(refused.0 == 422, "{refused:?}");
    chief.does("PUT", "/api-limit", json!({ "per_minute": 6, "at_once": 5 })).await?;
    for left in (0..5).rev() {
        let heard = busy.call("GET", "/me", &[], None).await?;
        ensure!(heard.status == 200 && heard.headers["ratelimit-policy"] == "\"key\";q=5;w=50");
        ensure!(heard.headers["ratelimit"].to_str()?.starts_with(&format!("\"key\";r={left};t=")));
    }
    for (language, word) in [("nb", "forsøk"), ("en", "tries")] {
        let heard = busy.call("GET", "/me", &[("accept-language", language)], None).await?;
        ensure!(heard.status == 429 && heard.headers["content-type"] == "application/problem+json");
        ensure!((1..=10).contains(&heard.headers["retry-after"].to_str()?.parse::<i64>()?));
        ensure!(heard.body["problem"]["error"] == "too-many", "{}", heard.body);
        ensure!(heard.body["detail"].as_str().is_some_and(|detail| detail.contains(word)), "{}", heard.body);
    }
    // What a scope does not open counts too, and the other key of the same agent has a bucket of its own.
    ensure!(calm.call("GET", "/rules", &[], None).await?.status == 403);
    ensure!(calm.call("GET", "/me", &[], None).await?.status == 200);
    house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn of_calls_at_once_with_one_version_exactly_one_comes_through() -> Result<()> {
    let house = House::open().await?;
    let ane = Program::of(&house, &house.agent("Ane").await?, &[Scope::Write]).await?;
    let n = request(&ane).await?;
    let path = format!("/requests/{n}");
    let tag = ane.call("GET", &path, &[], None).await?.headers["etag"].to_str()?.to_owned();
    let headers = [("if-match", tag.as_str())];
    let calls = (0..12).map(|n| ane.call("PATCH", &path, &headers, Some(json!({ "title": format!("Nummer {n}") }))));
    let heard = futures::future::try_join_all(calls).await?;
    ensure!(heard.iter().filter(|heard| heard.status == 204).count() == 1, "a change was lost");
    ensure!(heard.iter().all(|heard| [204, 409].contains(&heard.status)));
    house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_call_again_has_the_first_answer_and_no_effect() -> Result<()> {
    let house = House::open().await?;
    let ane = Program::of(&house, &house.agent("Ane").await?, &[Scope::Write]).await?;
    let new =
        json!({ "title": "Skriver", "text": "Den står.", "owner": "me", "origin": "phone", "access": "internal" });
    let once = [("idempotency-key", "open-1")];
    let calls = (0..8).map(|_| ane.call("POST", "/requests", &once, Some(new.clone())));
    let heard = futures::future::try_join_all(calls).await?;
    let made: Vec<_> = heard.iter().filter(|heard| heard.status == 201).collect();
    // Whoever asks while the first is under way is told to wait.
    ensure!(!made.is_empty() && heard.iter().all(|heard| [201, 409].contains(&heard.status)));
    ensure!(made.iter().all(|one| one.body == made[0].body));
    let page = ane.get("/requests?list=mine").await?;
    ensure!(page["total"] == 1, "{page}");
    let mut other = new;
    other["title"] = json!("Noe annet");
    let wrong = ane.call("POST", "/requests", &once, Some(other)).await?;
    ensure!(wrong.status == 422, "one word for two calls: {}", wrong.body);
    house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_scopes_and_garbage_get_a_plain_answer() -> Result<()> {
    let house = House::open().await?;
    let ane = house.agent("Ane").await?;
    let reads = Program::of(&house, &ane, &[Scope::RequestsRead]).await?;
    let writes = Program::of(&house, &ane, &[Scope::Write]).await?;
    let n = request(&writes).await?;
    ensure!(reads.refused("POST", &format!("/requests/{n}/release"), Value::Null).await?.0 == 403);
    ensure!(reads.refused("GET", "/people?q=kari", Value::Null).await?.0 == 403);
    ensure!(reads.refused("GET", "/rules", Value::Null).await?.0 == 403);
    let nobody = Program { router: reads.router.clone(), token: "saker_wrong".into() };
    ensure!(nobody.refused("GET", "/me", Value::Null).await? == (401, "unauthenticated".to_owned()));
    for (how, path, body, status) in [
        ("GET", "/requests/999999", Value::Null, 404),
        ("GET", "/requests/0x1f", Value::Null, 404),
        ("GET", "/requests/99999999999999999999999", Value::Null, 404),
        ("GET", "/requests?list=all-of-them", Value::Null, 422),
        ("GET", "/requests?list=mine&after=%00", Value::Null, 422),
        ("GET", "/requests?list=mine&after=garbage", Value::Null, 422),
        ("GET", "/nowhere", Value::Null, 404),
        ("POST", "/requests", json!({ "text": "x" }), 422),
        ("POST", "/requests", json!({ "title": "a\u{0}b", "text": "x" }), 422),
        ("PATCH", &format!("/requests/{n}"), json!({ "titel": "x" }), 422),
        ("PATCH", &format!("/requests/{n}"), json!({ "status": "none" }), 422),
        ("PATCH", &format!("/requests/{n}"), json!([]), 422),
        (
            "POST",
            "/requests/search",
            json!({ "criteria": { "sets": [[{ "aspect": "number", "operator": "contains", "values": ["1"] }]] } }),
            422,
        ),
    ] {
        let heard = writes.call(how, path, &[], (!body.is_null()).then_some(body.clone())).await?;
        ensure!(heard.status == status, "{how} {path} {body}: {} {}", heard.status, heard.body);
        ensure!(heard.headers["content-type"] == "application/problem+json", "{how} {path}");
    }
    // In the reader's language.
    let nb = writes.call("GET", "/requests/999999", &[("accept-language", "nb")], None).await?;
    let en = writes.call("GET", "/requests/999999", &[("accept-language", "en")], None).await?;
    ensure!(nb.body["detail"] != en.body["detail"] && nb.body["problem"] == en.body["problem"]);
    for (mime, body, status) in [
        ("application/json", "{", 400),
        ("application/json", "\u{feff}{}", 400),
        ("text/plain", "{}", 415),
        ("application/json", "{\"title\":\"\\ud800\"}", 400),
    ] {
        let call = Request::patch(format!("/api/v1/requests/{n}"))
            .header("authorization", format!("Bearer {}", writes.token))
            .header("content-type", mime)
            .body(Body::from(body))?;
        let answer = writes.router.clone().oneshot(call).await?;
        ensure!(answer.status() == status, "{mime} {body}: {}", answer.status());
    }
    let wrong = writes.call("PUT", &format!("/requests/{n}"), &[], Some(json!({}))).await?;
    ensure!(wrong.status == 405 && wrong.headers.contains_key("allow"), "{}", wrong.status);
    house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_follow_each_other_without_gap_or_double() -> Result<()> {
    let house = House::open().await?;
    let ane = Program::of(&house, &house.agent("Ane").await?, &[Scope::Write]).await?;
    let mut made = vec![];
    for _ in 0..120 {
        made.push(request(&ane).await?);
    }
    let (mut seen, mut after) = (vec![], String::new());
    loop {
        let page = ane.get(&format!("/requests?list=mine&by=number&descending=false{after}")).await?;
        for row in page["rows"].as_array().context("no rows")? {
            seen.push(number(row)?);
        }
        match page["next"].as_str() {
            Some(next) => after = format!("&after={}", encoded(next)),
            None => break,
        }
    }
    ensure!(seen == made, "{} of {}", seen.len(), made.len());
    house.close().await;
    Ok(())
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_manual_and_the_document_are_there_for_everyone() -> Result<()> {
    let house = House::open().await?;
    let router = server::http::router(server::http::App::new(house.desk.clone(), true));
    for (path, word) in [("/api/v1", "take_request"), ("/api/v1/openapi.json", "\"openapi\": \"3.1.0\"")] {
        let answer = router.clone().oneshot(Request::get(path).body(Body::empty())?).await?;
        ensure!(answer.status() == 200, "{path}");
        let bytes = axum::body::to_bytes(answer.into_body(), 8 << 20).await?;
        ensure!(String::from_utf8_lossy(&bytes).contains(word), "{path}");
    }
    house.close().await;
    Ok(())
}

/// A caller who hangs up at any moment and comes again has said it once, and hears what came of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_goes_on_when_its_caller_hangs_up() -> Result<()> {
    let house = House::open().await?;
    let ane = Program::of(&house, &house.agent("Ane").await?, &[Scope::Write]).await?;
    let mail = "From: kari@fjord.no\r\nTo: support@company.com\r\nSubject: Skriver\r\nMessage-ID: <h@fjord.no>\r\n\r\nHjelp\r\n";
    house.mail("kari@fjord.no", mail).await?;
    house.rest().await?;
    let n = house.only(&house.agent("Ane").await?, List::Latest).await?.number;
    let path = format!("/requests/{n}/replies");
    let before = ane.get(&format!("/requests/{n}")).await?["messages"].as_array().map_or(0, Vec::len);
    let moments = [0, 500, 1_000, 2_000, 3_000, 4_000, 6_000, 8_000, 11_000, 15_000, 20_000, 30_000, 45_000, 70_000];
    for micros in moments {
        let (key, said) = (format!("reply-{micros}"), json!({ "text": format!("Om {micros}"), "access": "external" }));
        let once = [("idempotency-key", key.as_str())];
        let patience = Duration::from_micros(micros);
        let _ = tokio::time::timeout(patience, ane.call("POST", &path, &once, Some(said.clone()))).await;
        let mut heard = ane.call("POST", &path, &once, Some(said.clone())).await?;
        for _ in 0..50 {
            if heard.status != 409 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
            heard = ane.call("POST", &path, &once, Some(said.clone())).await?;
        }
        ensure!(heard.status == 201, "after {micros}: {} {}", heard.status, heard.body);
    }
    let after = ane.get(&format!("/requests/{n}")).await?["messages"].as_array().map_or(0, Vec::len);
    ensure!(after == before + moments.len(), "{} were said", after - before);
    house.close().await;
    Ok(())
}
