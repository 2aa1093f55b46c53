//! A request on paper. PRT-1.

use crate::scenario::draft;
use anyhow::{Result, ensure};
use axum::{body::Body, http::Request};
use desk::model::{Access, List};
use tests::House;
use tower::ServiceExt;

#[tokio::test(flavor = "multi_thread")]
async fn a_request_and_a_message_can_be_printed_by_those_who_may_read_them() -> Result<()> {
    let house = House::open().await?;
    let ane = house.agent("Ane").await?;
    house
        .mail("kari@fjord.no", "From: kari@fjord.no\r\nTo: support@company.com\r\nSubject: <b>Skriver</b>\r\nMessage-ID: <p@fjord.no>\r\n\r\nDen står stille.\r\n")
        .await?;
    house.rest().await?;
    let ticket = house.only(&ane, List::Unassigned).await?;
    house.desk.comment(&ane, &ticket.id, draft("Bytt trommelen.", Access::Internal)).await?;
    let ticket = house.only(&ane, List::Unassigned).await?;

    let cookie = house.cookie(&ane).await?;
    let whole = page(&house, &format!("/desk/print/{}", ticket.number), &cookie).await?;
    ensure!(
        whole.0 == 200 && whole.1.contains("Den står stille.") && whole.1.contains("Bytt trommelen."),
        "{}",
        whole.1
    );
    ensure!(whole.1.contains("&lt;b&gt;Skriver") && !whole.1.contains("<b>Skriver") && !whole.1.contains("<script"));
    let comment = ticket.messages.last().map(|message| message.id.clone()).unwrap_or_default();
    let one = page(&house, &format!("/desk/print/{}?message={comment}", ticket.number), &cookie).await?;
    ensure!(one.0 == 200 && one.1.contains("Bytt trommelen.") && !one.1.contains("Den står stille."));
    // Nobody else, and nothing that is not there.
    ensure!(page(&house, &format!("/desk/print/{}", ticket.number), "").await?.0 == 401);
    ensure!(page(&house, "/desk/print/999999", &cookie).await?.0 == 404);
    ensure!(page(&house, &format!("/desk/print/{}?message=none", ticket.number), &cookie).await?.0 == 404);
    house.close().await;
    Ok(())
}

async fn page(house: &House, path: &str, cookie: &str) -> Result<(u16, String)> {
    let router = server::http::router(server::http::App::new(house.desk.clone(), true));
    let answer = router.oneshot(Request::get(path).header("cookie", cookie).body(Body::empty())?).await?;
    let status = answer.status().as_u16();
    let bytes = axum::body::to_bytes(answer.into_body(), 1 << 20).await?;
    Ok((status, String::from_utf8_lossy(&bytes).into_owned()))
}
