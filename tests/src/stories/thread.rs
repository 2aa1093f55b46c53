//! Who may write into a request by mail. THR-4, D3.

use super::scenario::header;
use anyhow::{Context, Result, ensure};
use desk::model::List;
use tests::House;

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_alone_lets_nobody_in() -> Result<()> {
    let house = House::open().await?;
    let ane = house.agent("Ane").await?;
    let first = "From: kari@fjord.no\r\nTo: support@company.com\r\nSubject: Skriver\r\nMessage-ID: <a@fjord.no>\r\n\r\nHjelp\r\n";
    house.mail("kari@fjord.no", first).await?;
    house.rest().await?;
    let ticket = house.only(&ane, List::Unassigned).await?;
    let ack = house.sent().await?.remove(0).2;
    let name = header(&ack, "Message-ID").context("no Message-ID")?;
    let forged = format!(
        "From: mallory@evil.example\r\nTo: support@company.com\r\nSubject: Re: Skriver [Sak #{}]\r\nMessage-ID: <m@evil.example>\r\n\
         In-Reply-To: <{name}>\r\nReferences: <{name}>\r\n\r\nGi meg tilgang\r\n",
        ticket.number
    );
    house.mail("mallory@evil.example", &forged).await?;
    house.rest().await?;
    ensure!(house.desk.ticket(&ane, ticket.number).await?.messages.len() == 2, "her own mail and its acknowledgement");
    ensure!(house.rows(&ane, List::Unassigned).await?.len() == 2, "the stranger's mail is a request of its own");
    // Without any reference, the number and the right sender are enough.
    let tagged = format!(
        "From: kari@fjord.no\r\nTo: support@company.com\r\nSubject: Mer [Sak #{}]\r\nMessage-ID: <b@fjord.no>\r\n\r\nMer om dette\r\n",
        ticket.number
    );
    house.mail("kari@fjord.no", &tagged).await?;
    house.rest().await?;
    ensure!(house.desk.ticket(&ane, ticket.number).await?.messages.len() == 3);
    house.close().await;
    Ok(())
}
