//! Mailboxes as they are set up. Section 12.1.

use crate::house::{House, MAILBOX};
use anyhow::{Context, Result, ensure};
use desk::{
    Error, Why,
    mailbox::{Imap, MailboxSettings},
    model::Language,
    settings::NewMailbox,
};

fn imap(host: &str, password: &str) -> Imap {
    let (host, password) = (host.to_owned(), password.to_owned());
    Imap { host, port: 993, tls: true, user: "help".to_owned(), password, folder: "INBOX".to_owned() }
}

/// It is set up anew without losing its place in what it fetches, and its password is told to nobody.
#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_is_read_and_set_up_anew() -> Result<()> {
    let house = House::open().await?;
    let fetched = NewMailbox {
        address: "hjelp@company.com".to_owned(),
        name: "Hjelp".to_owned(),
        category: house.support.clone(),
        imap: Some(imap("imap.company.com", "hemmelig")),
        silent: false,
    };
    let id = house.desk.add_mailbox(&house.eva, fetched).await?;
    ensure!(house.desk.save_cursor(&id, &imap("imap.company.com", "hemmelig"), "17").await?);
    ensure!(house.desk.mailbox_settings(&house.ane).await == Err(Error::Forbidden));
    let settings = async || {
        let all = house.desk.mailbox_settings(&house.eva).await?;
        all.into_iter().find(|card| card.id == id).map(|card| card.settings).context("not among them")
    };
    let place = async || {
        let all = house.desk.mailboxes().await?;
        let one = all.into_iter().find(|mailbox| mailbox.id == id).context("not among them")?;
        anyhow::Ok((one.imap.map(|imap| imap.password), one.cursor))
    };
    let was = settings().await?;
    ensure!(was.imap.as_ref().is_some_and(|imap| imap.password.is_empty()), "{was:?}");

    let new = MailboxSettings {
        name: "Faktura".to_owned(),
        category: house.invoices.clone(),
        priority: house.priority("High").await?,
        language: Some(Language::En),
        silent: true,
        ..was.clone()
    };
    house.desk.save_mailbox(&house.eva, &id, new.clone()).await?;
    ensure!(settings().await? == new, "{:?}", settings().await?);
    ensure!(place().await? == (Some("hemmelig".to_owned()), Some("17".to_owned())), "{:?}", place().await?);
    house.mail_to(&id, "kari@fjord.no", "Faktura 1042", "Feil beløp.").await?;
    house.rest().await?;
    let ticket = house.latest().await?;
    ensure!(ticket.category == house.invoices && ticket.priority == new.priority && house.sent().is_empty(), "AUT-2");

    // Another machine is another place, and does not get the old one's password.
    let moved = MailboxSettings { imap: Some(imap("imap.elsewhere.com", "")), ..new.clone() };
    house.desk.save_mailbox(&house.eva, &id, moved).await?;
    ensure!(place().await? == (Some(String::new()), None), "{:?}", place().await?);
    // MBX-1: the place of the one is none in the other, whoever still reads there.
    ensure!(!house.desk.save_cursor(&id, &imap("imap.company.com", "hemmelig"), "18").await?);
    ensure!(place().await? == (Some(String::new()), None), "{:?}", place().await?);
    ensure!(house.desk.save_cursor(&id, &imap("imap.elsewhere.com", "told since"), "1").await?);
    ensure!(place().await? == (Some(String::new()), Some("1".to_owned())), "{:?}", place().await?);

    for (wrong, refused) in [
        (MailboxSettings { address: "nobody".to_owned(), ..new.clone() }, Error::invalid("address", Why::NotAnAddress)),
        (MailboxSettings { address: MAILBOX.to_owned(), ..new.clone() }, Error::invalid("address", Why::Double)),
        (MailboxSettings { category: "no-such".into(), ..new.clone() }, Error::invalid("category", Why::NotAChoice)),
        (MailboxSettings { priority: "no-such".into(), ..new.clone() }, Error::invalid("priority", Why::NotAChoice)),
    ] {
        let saved = house.desk.save_mailbox(&house.eva, &id, wrong).await;
        ensure!(saved == Err(refused.clone()), "{saved:?} in place of {refused:?}");
    }
    ensure!(house.desk.save_mailbox(&house.ane, &id, new).await == Err(Error::Forbidden));
    Ok(())
}
