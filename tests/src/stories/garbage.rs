//! Every door gets garbage: an answer comes, and nothing is lost or doubled.

use anyhow::{Result, ensure};
use desk::{
    Error, Why,
    model::{Actor, Form, Language, List},
};
use tests::House;

#[tokio::test(flavor = "multi_thread")]
async fn mail_that_nobody_can_read_becomes_a_request_with_its_source() -> Result<()> {
    let house = House::open().await?;
    let ane = house.agent("Ane").await?;
    let bytes: String = (0..4_000u32).map(|n| char::from((n.wrapping_mul(2_654_435_761) >> 25) as u8)).collect();
    for raw in ["", "\r\n", &bytes] {
        ensure!(house.mail("kari@fjord.no", raw).await?.starts_with("250"), "refused: {raw:.20}");
    }
    house.rest().await?;
    for row in house.rows(&ane, List::Latest).await? {
        let ticket = house.desk.ticket(&ane, row.number).await?;
        ensure!(!ticket.title.is_empty() && !ticket.messages.is_empty());
        let source = house.desk.message_source(&ane, &ticket.messages[0].id).await;
        ensure!(source.is_ok(), "the raw mail is kept");
    }
    ensure!(!house.rows(&ane, List::Latest).await?.is_empty());
    house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_says_what_is_wrong_and_counts_once() -> Result<()> {
    let house = House::open().await?;
    let ane = house.agent("Ane").await?;
    let category = house.desk.open_categories().await?.remove(0).id.0;
    let good = Form {
        priority: String::new(),
        fields: Default::default(),
        name: "Ola Ny".into(),
        email: "ola@ny.no".into(),
        category,
        title: "Hjelp".into(),
        text: "Noe er galt".into(),
        files: vec![],
        language: Some(Language::Nb),
        key: "form-1".into(),
        ..Form::default()
    };
    let wrong = [
        (Form { email: "ola".into(), ..good.clone() }, "email", Why::NotAnAddress),
        (Form { title: " ".into(), ..good.clone() }, "title", Why::Missing),
        (Form { text: "x".repeat(10_000_000), ..good.clone() }, "text", Why::TooLong { most: 100_000 }),
        (Form { category: "none".into(), ..good.clone() }, "category", Why::NotAChoice),
    ];
    for (form, field, why) in wrong {
        let error = house.desk.open_by_form(&Actor::Anonymous, form).await.err();
        ensure!(error == Some(Error::invalid(field, why)), "{error:?}");
    }
    let program = house.desk.store_upload("faktura.pdf", "application/pdf", b"MZ\x90\0".to_vec()).await;
    ensure!(matches!(program, Err(Error::Invalid { why: Why::FileKind { .. }, .. })));
    let (one, two) = tokio::join!(
        house.desk.open_by_form(&Actor::Anonymous, good.clone()),
        house.desk.open_by_form(&Actor::Anonymous, good.clone())
    );
    ensure!(one? == two?, "the same form twice is one request");
    house.rest().await?;
    ensure!(house.rows(&ane, List::Latest).await?.len() == 1 && house.sent().await?.len() == 1);
    house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_is_slowed_down_and_knowing_is_not() -> Result<()> {
    let house = House::open().await?;
    let right = async || house.desk.sign_in("ane@company.com", server::demo::PASSWORD).await;
    for _ in 0..12 {
        right().await?;
    }
    for _ in 0..10 {
        let wrong = house.desk.sign_in("ane@company.com", "wrong").await;
        ensure!(wrong == Err(Error::invalid("password", Why::WrongSignIn)));
    }
    ensure!(matches!(right().await, Err(Error::TooMany { .. })), "the right word after too many wrong ones is a guess");
    ensure!(
        house.desk.sign_in("bo@company.com", server::demo::PASSWORD).await.is_ok(),
        "another's guesses are not his"
    );
    house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn doors_stay_shut_for_wrong_keys() -> Result<()> {
    let house = House::open().await?;
    ensure!(house.desk.sign_in("ane@company.com", "wrong").await == Err(Error::invalid("password", Why::WrongSignIn)));
    ensure!(
        house.desk.sign_in("nobody@company.com", "wrong").await == Err(Error::invalid("password", Why::WrongSignIn))
    );
    ensure!(house.desk.session("made up").await? == Actor::Anonymous);
    ensure!(house.desk.redeem_link("made up").await == Err(Error::Expired));
    ensure!(house.desk.follow(1001, "made-up").await == Err(Error::NotFound));
    ensure!(house.desk.list(&Actor::Anonymous, List::Open, None).await.err() == Some(Error::Unauthenticated));
    let session = house.desk.sign_in("ane@company.com", server::demo::PASSWORD).await?;
    ensure!(house.desk.session(&session).await?.name() == "Ane Lie");
    house.desk.sign_out(&session).await?;
    ensure!(house.desk.session(&session).await? == Actor::Anonymous);
    house.close().await;
    Ok(())
}
