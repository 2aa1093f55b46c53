//! D2: a customer phones.

use anyhow::{Result, ensure};
use desk::model::{Access, List, NewOwner, NewTicket, Origin};
use tests::House;

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_is_found_by_number_and_registered_without_a_mail() -> Result<()> {
    let house = House::open().await?;
    let ane = house.agent("Ane").await?;
    for query in ["+47 900 00 001", "90000001", "Kari", "fjord"] {
        let callers = house.desk.find_callers(&ane, query).await?;
        ensure!(callers.iter().any(|caller| caller.person.name == "Kari Nordmann"), "not found by {query}");
    }
    let kari = house.desk.find_callers(&ane, "90000001").await?.remove(0).person;
    let new = NewTicket {
        title: "Faktura 1042 feil".into(),
        text: "Ringte om fakturaen.".into(),
        person: Some(kari.id),
        new_person: None,
        category: None,
        priority: None,
        owner: NewOwner::Me,
        origin: Origin::Phone,
        access: Some(Access::External),
        confirm: false,
        key: "call".into(),
        seconds: 0,
        ..NewTicket::default()
    };
    let opened = house.desk.open_ticket(&ane, new.clone()).await?;
    let again = house.desk.open_ticket(&ane, new).await?;
    house.rest().await?;
    ensure!(opened == again, "the same form twice is one request");
    let ticket = house.only(&ane, List::Mine).await?;
    ensure!(ticket.origin == Origin::Phone && ticket.company.is_some_and(|company| company.name == "Fjord AS"));
    ensure!(house.sent().await?.is_empty(), "CRE-3: nothing is mailed");
    house.close().await;
    Ok(())
}
