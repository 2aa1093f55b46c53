//! What a page is drawn from: loaded once, and handed on to the browser, so that it wakes up to what it shows.

use anyhow::{Result, ensure};
use axum::{body::Body, http::Request};
use tests::House;
use tower::ServiceExt;

#[tokio::test(flavor = "multi_thread")]
async fn each_thing_on_a_page_is_loaded_once() -> Result<()> {
    let house = House::open().await?;
    let ane = house.agent("Ane").await?;
    let cookie = house.cookie(&ane).await?;
    let mail = "From: kari@fjord.no\r\nTo: support@company.com\r\nSubject: Skriver\r\nMessage-ID: <d@fjord.no>\r\n\r\nHjelp\r\n";
    house.mail("kari@fjord.no", mail).await?;
    house.rest().await?;
    // The frame, a list, a request, what was found and the caller log; nothing where the page does not show it. Loaded twice,
    // one could be drawn and the other handed on.
    for path in
        ["/desk/unassigned", "/desk/unassigned/1001", "/desk/r/1001", "/desk/search?q=skriver", "/desk/settings"]
    {
        let router = server::http::router(server::http::App::new(house.desk.clone(), true));
        let answer = router.oneshot(Request::get(path).header("cookie", &cookie).body(Body::empty())?).await?;
        ensure!(answer.status() == 200, "{path} answers {}", answer.status());
        let page = axum::body::to_bytes(answer.into_body(), 4 << 20).await?;
        let handed_on = String::from_utf8_lossy(&page).matches("__RESOLVED_RESOURCES[").count();
        ensure!(handed_on == 5, "{path} loads {handed_on} things instead of 5");
    }
    house.close().await;
    Ok(())
}
