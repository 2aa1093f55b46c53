//! The same call made again. Appendix C, number 23.

use crate::house::House;
use anyhow::{Result, ensure};
use desk::{
    Error, Why,
    clock::{HOUR, MINUTE},
    idempotency::{Answered, Claim},
    model::{ApiKeyId, NewApiKey, Scope},
};

fn answer() -> Answered {
    Answered { status: 201, headers: vec![("location".to_owned(), "/there".to_owned())], body: "{}".to_owned() }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_call_again_gets_the_same_answer_for_a_day() -> Result<()> {
    let house = House::open().await?;
    let new = NewApiKey { name: "CRM".into(), scopes: vec![Scope::Write], expires_at: None };
    let key = house.desk.make_api_key(&house.ane, new).await?.key.id;
    ensure!(house.desk.claim(&key, "one", "body").await? == Claim::Yours);
    // While it is under way, and from somebody who is not the first.
    ensure!(matches!(house.desk.claim(&key, "one", "body").await, Err(Error::Taken { .. })));
    house.desk.keep_answer(&key, "one", &answer()).await?;
    ensure!(house.desk.claim(&key, "one", "body").await? == Claim::Answered(answer()));
    // Another call under the same name is a mistake; the same name of another key is another name.
    ensure!(house.desk.claim(&key, "one", "other").await == Err(Error::invalid("idempotency-key", Why::Double)));
    ensure!(house.desk.claim(&ApiKeyId::new(), "one", "other").await? == Claim::Yours);
    house.clock.advance(23 * HOUR);
    ensure!(house.desk.claim(&key, "one", "body").await? == Claim::Answered(answer()));
    house.clock.advance(HOUR + MINUTE);
    ensure!(house.desk.claim(&key, "one", "other").await? == Claim::Yours);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_came_to_nothing_may_be_made_again() -> Result<()> {
    let house = House::open().await?;
    let key = ApiKeyId::new();
    ensure!(house.desk.claim(&key, "one", "body").await? == Claim::Yours);
    house.desk.drop_claim(&key, "one").await?;
    ensure!(house.desk.claim(&key, "one", "mended").await? == Claim::Yours);
    for bad in ["", "with space", "ø", &"x".repeat(256)] {
        ensure!(house.desk.claim(&key, bad, "body").await == Err(Error::invalid("idempotency-key", Why::NotAChoice)));
    }
    Ok(())
}

/// Nobody knows whether what was cut off had its effect, so it is not made again by itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_whose_process_died_is_not_made_again_under_its_name() -> Result<()> {
    let house = House::open().await?;
    let key = ApiKeyId::new();
    ensure!(house.desk.claim(&key, "one", "body").await? == Claim::Yours);
    house.clock.advance(4 * MINUTE);
    ensure!(matches!(house.desk.claim(&key, "one", "body").await, Err(Error::Taken { .. })));
    for pause in [2 * MINUTE, 23 * HOUR] {
        house.clock.advance(pause);
        ensure!(house.desk.claim(&key, "one", "body").await == Err(Error::invalid("idempotency-key", Why::Unsure)));
    }
    // It still may answer, when it was only slow.
    house.desk.keep_answer(&key, "one", &answer()).await?;
    ensure!(house.desk.claim(&key, "one", "body").await? == Claim::Answered(answer()));
    ensure!(house.desk.claim(&key, "two", "body").await? == Claim::Yours);
    // No name is taken for ever.
    house.clock.advance(HOUR);
    ensure!(house.desk.claim(&key, "one", "body").await? == Claim::Yours);
    Ok(())
}
