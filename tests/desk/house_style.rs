//! What stands round every mail of a category. Section 8.1.

use crate::{
    house::{House, draft},
    role::{give, role},
};
use anyhow::{Context, Result, ensure};
use desk::{
    Error, Why,
    model::{Access, Draft, HouseStyle, Reach, Recipients, Right, Role},
    outside::Parcel,
    settings::NewCategory,
};

fn style(name: &str, below: bool) -> HouseStyle {
    HouseStyle {
        html: format!(
            "<table><tr><td>{name} &middot; {{{{ organisation }}}}</td></tr></table>{{{{ body }}}}<p>Slutt</p>"
        ),
        text: format!("{name}\n\n{{{{ body }}}}\n\nSlutt"),
        below,
    }
}

fn last(house: &House) -> Result<Parcel> {
    house.sent().pop().context("nothing was sent")
}

/// OUT-3: the acknowledgement, replies and what goes to each recipient, in both forms, with the message whole.
#[tokio::test(flavor = "multi_thread")]
async fn every_mail_of_a_category_stands_in_its_frame() -> Result<()> {
    let house = House::open().await?;
    house.desk.name_organisation(&house.eva, "Vår & co", "").await?;
    house.desk.save_house_style(&house.eva, &house.support, Some(style("Brukerstøtte", false))).await?;
    let ticket = house.request("Skriver virker ikke").await?;
    let receipt = last(&house)?;
    ensure!(
        receipt.text.starts_with("Brukerstøtte\n\nreceived") && receipt.text.ends_with("Slutt"),
        "{}",
        receipt.text
    );
    let to =
        Recipients { to: vec!["kari@fjord.no".into()], cc: vec!["arkiv@fjord.no".into()], ..Recipients::default() };
    let before = house.sent().len();
    let reply = Draft { recipients: Some(to), ..draft("Prøv **igjen**.", Access::External) };
    house.desk.reply(&house.ane, &ticket.id, reply).await?;
    house.rest().await?;
    for mail in &house.sent()[before..] {
        let html = mail.html.as_deref().unwrap_or_default();
        ensure!(
            html.contains("Brukerstøtte · Vår ") && html.contains("Prøv **igjen**.") && html.contains("<p>Slutt</p>"),
            "{html}"
        );
        ensure!(mail.text.contains("Prøv **igjen**.") && mail.subject.contains(&format!("#{}", ticket.number)));
    }
    ensure!(house.sent().len() == before + 2);
    // What was said is what the agent said; the frame is the mail's.
    let said = house.ticket(ticket.number).await?.messages.pop().context("no message")?;
    ensure!(said.text == "Prøv **igjen**.");
    // A frame can do no harm: it is made harmless like any letter.
    let evil = HouseStyle {
        html: "<script>steal()</script><img src=\"https://tracker.example/x\">{{ body }}".into(),
        ..HouseStyle::default()
    };
    house.desk.save_house_style(&house.eva, &house.support, Some(evil)).await?;
    house.desk.reply(&house.ane, &ticket.id, draft("Hei", Access::External)).await?;
    house.rest().await?;
    let html = last(&house)?.html.unwrap_or_default();
    ensure!(!html.contains("steal") && !html.contains("tracker") && html.contains("Hei"), "{html}");
    // None again: as its own template has it.
    house.desk.save_house_style(&house.eva, &house.support, None).await?;
    house.desk.reply(&house.ane, &ticket.id, draft("Hei igjen", Access::External)).await?;
    house.rest().await?;
    ensure!(last(&house)?.text == "Hei igjen");
    Ok(())
}

/// OUT-3: a frame that leaves the message out is refused, wherever it comes from.
#[tokio::test(flavor = "multi_thread")]
async fn a_frame_without_the_message_is_refused() -> Result<()> {
    let house = House::open().await?;
    let desk = &house.desk;
    let good = style("Brukerstøtte", false);
    let save = async |own| desk.save_house_style(&house.eva, &house.support, Some(own)).await;
    let of = |html: &str, text: &str| HouseStyle { html: html.into(), text: text.into(), below: false };
    ensure!(save(of("<p>Hei</p>", "{{ body }}")).await == Err(Error::invalid("html", Why::NoBody)));
    ensure!(save(of("{{ body }}", "Hei")).await == Err(Error::invalid("text", Why::NoBody)));
    ensure!(
        save(of("<!-- {{ body }} -->", "")).await == Err(Error::invalid("html", Why::NoBody)),
        "where nobody sees it"
    );
    ensure!(save(of("", "")).await == Err(Error::invalid("html", Why::Missing)));
    let broken = save(of("{{ body", "")).await;
    ensure!(matches!(broken, Err(Error::Invalid { why: Why::Template { .. }, .. })), "{broken:?}");
    let long = "x".repeat(50_001);
    ensure!(save(of(&long, "")).await == Err(Error::invalid("html", Why::TooLong { most: 50_000 })));
    save(good.clone()).await?;
    let preview = desk.preview_house_style(&house.eva, &house.support, &good).await?;
    ensure!(preview.html.contains("Brukerstøtte") && preview.text.contains("…"), "{preview:?}");
    let refused = desk.preview_house_style(&house.eva, &house.support, &of("Hei", "")).await;
    ensure!(refused == Err(Error::invalid("html", Why::NoBody)));
    // By a document, too.
    let mut document = desk.export_configuration(&house.eva).await?;
    let text = serde_json::to_string(&document)?.replace("{{ body }}", "");
    document = serde_json::from_str(&text)?;
    ensure!(desk.import_configuration(&house.eva, &document).await == Err(Error::invalid("html", Why::NoBody)));
    ensure!(desk.house_style(&house.eva, &house.support).await?.own == Some(good));
    // Whoever looks after categories looks after this.
    ensure!(desk.house_style(&house.ane, &house.support).await == Err(Error::Forbidden));
    let right = Role { rights: vec![Right::Categories], ..role("Kategorier", Reach::All, Reach::All, Reach::All) };
    give(&house, &house.ane, right).await?;
    desk.save_house_style(&house.ane, &house.support, None).await?;
    ensure!(desk.house_style(&house.ane, &house.support).await?.from.is_none());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn categories_below_wear_it_where_it_is_said_so() -> Result<()> {
    let house = House::open().await?;
    let new =
        NewCategory { name: "Skrivere".into(), nb: "Skrivere".into(), en: "Printers".into(), ..NewCategory::default() };
    let below = house.desk.add_category(&house.eva, new).await?;
    let mut settings = house.desk.category_settings(&house.eva, &below).await?;
    settings.parent = Some(house.support.clone());
    house.desk.save_category(&house.eva, &below, settings).await?;
    let ticket = house.request("Skriver").await?;
    house.desk.set_category(&house.ane, &ticket.id, &below).await?;
    let reply = async || -> Result<String> {
        house.desk.reply(&house.ane, &ticket.id, draft("Hei", Access::External)).await?;
        house.rest().await?;
        Ok(last(&house)?.text)
    };
    for (above, own, worn) in [
        (Some(style("Over", false)), None, "Hei"),
        (Some(style("Over", true)), None, "Over"),
        (Some(style("Over", true)), Some(style("Under", false)), "Under"),
        (None, None, "Hei"),
    ] {
        let from = match (worn, &own) {
            ("Hei", _) => None,
            (_, Some(_)) => Some(below.clone()),
            _ => Some(house.support.clone()),
        };
        house.desk.save_house_style(&house.eva, &house.support, above).await?;
        house.desk.save_house_style(&house.eva, &below, own).await?;
        ensure!(house.desk.house_style(&house.eva, &below).await?.from == from);
        let text = reply().await?;
        ensure!(text.starts_with(worn), "{text} instead of {worn}");
    }
    Ok(())
}
