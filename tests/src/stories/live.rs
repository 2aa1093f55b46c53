//! A page that follows what happens: nothing falls between its drawing and its listening.

use anyhow::{Context, Result, ensure};
use axum::{
    body::{Body, BodyDataStream},
    http::Request,
};
use desk::model::{Access, Draft, List};
use futures::StreamExt;
use std::time::Duration;
use tests::House;
use tower::ServiceExt;

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_between_drawing_and_listening_is_told() -> Result<()> {
    let house = House::open().await?;
    let ane = house.agent("Ane").await?;
    let cookie = house.cookie(&ane).await?;
    let mut page = String::new();
    let mut drawn = body(&house, "/desk/unassigned", &cookie).await?;
    while let Some(piece) = drawn.next().await {
        page.push_str(&String::from_utf8_lossy(&piece?));
    }
    let (_, rest) = page.split_once("data-heard=\"").context("the page does not say what it has heard")?;
    let heard = rest.split('"').next().unwrap_or_default();

    let mail = "From: kari@fjord.no\r\nTo: support@company.com\r\nSubject: Skriver\r\nMessage-ID: <l@fjord.no>\r\n\r\nHjelp\r\n";
    house.mail("kari@fjord.no", mail).await?;
    house.rest().await?;

    let mut stream = body(&house, &format!("/live?heard={heard}"), &cookie).await?;
    ensure!(hears(&mut stream, "ticket-opened").await?, "the request came before the stream, and was never told");
    // Without the page's word a stream begins now.
    let mut late = body(&house, "/live", &cookie).await?;
    ensure!(!hears(&mut late, "ticket-opened").await?, "what is long past is told as news");
    house.close().await;
    Ok(())
}

async fn body(house: &House, path: &str, cookie: &str) -> Result<BodyDataStream> {
    let router = server::http::router(server::http::App::new(house.desk.clone(), true));
    let answer = router.oneshot(Request::get(path).header("cookie", cookie).body(Body::empty())?).await?;
    ensure!(answer.status() == 200, "{path} answers {}", answer.status());
    Ok(answer.into_body().into_data_stream())
}

/// Whether a word comes over the stream before it falls silent.
async fn hears(stream: &mut BodyDataStream, word: &str) -> Result<bool> {
    while let Ok(Some(piece)) = tokio::time::timeout(Duration::from_secs(1), stream.next()).await {
        if String::from_utf8_lossy(&piece?).contains(word) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Section 25.1: whoever holds a private link hears that something they can see changed, and nothing of what it was.
#[tokio::test(flavor = "multi_thread")]
async fn a_customer_hears_nothing_of_what_happens_inside() -> Result<()> {
    let house = House::open().await?;
    let ane = house.agent("Ane").await?;
    let mail = "From: kari@fjord.no\r\nTo: support@company.com\r\nSubject: Skriver\r\nMessage-ID: <c@fjord.no>\r\n\r\nHjelp\r\n";
    house.mail("kari@fjord.no", mail).await?;
    house.rest().await?;
    let ticket = house.only(&ane, List::Latest).await?;
    let (number, link) = (ticket.number, ticket.link.context("no link")?);
    let path = format!("/live?number={number}&key={}", link.rsplit('/').next().unwrap_or_default());
    let heard = house.desk.last_event().await?;
    let comment = Draft { text: "Hun er vrang.".into(), access: Access::Internal, ..Draft::default() };
    house.desk.comment(&ane, &ticket.id, comment).await?;
    house.rest().await?;
    let mut stream = body(&house, &format!("{path}&heard={heard}"), "").await?;
    ensure!(!hears(&mut stream, "change").await?, "a comment is told");
    let mut stream = body(&house, &path, "").await?;
    let reply = Draft { text: "Start den.".into(), access: Access::External, ..Draft::default() };
    house.desk.reply(&ane, &ticket.id, reply).await?;
    let mut told = String::new();
    while let Ok(Some(piece)) = tokio::time::timeout(Duration::from_secs(1), stream.next()).await {
        told.push_str(&String::from_utf8_lossy(&piece?));
    }
    let kinds: Vec<&str> = told.split("\"kind\":\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    ensure!(!kinds.is_empty() && kinds.iter().all(|kind| *kind == "settings-changed"), "{told}");
    house.close().await;
    Ok(())
}
