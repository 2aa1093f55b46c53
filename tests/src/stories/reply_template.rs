//! Replies that agents write beforehand. Section 13.2.

use anyhow::{Result, ensure};
use desk::{Error, Why, model::*};
use std::collections::BTreeMap;
use tests::house::House;

fn written(name: &str, nb: &str, en: &str) -> NewReplyTemplate {
    NewReplyTemplate { name: name.to_owned(), nb: nb.to_owned(), en: en.to_owned(), ..NewReplyTemplate::default() }
}

/// TPL-1, TPL-3: a text in the customer's language, else in the other; what is missing is told and leaves nothing behind.
#[tokio::test(flavor = "multi_thread")]
async fn what_an_agent_wrote_is_filled_in_for_the_customer() -> Result<()> {
    let house = House::open().await?;
    let (ane, bo, eva) = (house.agent("Ane").await?, house.agent("Bo").await?, house.agent("Eva").await?);
    let mail = "From: Kari Nordmann <kari@fjord.no>\r\nSubject: Skriver virker ikke\r\n\r\nDen er stille.\r\n";
    house.mail("kari@fjord.no", mail).await?;
    house.rest().await?;
    let ticket = house.only(&ane, List::Unassigned).await?;
    let desk = &house.desk;
    let nb = "Hei {{ customer.first }}.\n\nSak #{{ ticket.number }} er **løst**.\n\n{{ kunde }}";
    let id = desk.save_reply_template(&ane, None, written("Løst", nb, "")).await?;
    let cards = desk.templates(&ane).await?;
    ensure!(cards[0].title.in_language(Language::Nb) == "Løst" && cards[0].name == format!("own/{id}"), "{cards:?}");
    let fill = async |actor: &Actor, language| {
        desk.fill_template(actor, &ticket.id, &format!("own/{id}"), language, &BTreeMap::new()).await
    };
    for language in [None, Some(Language::En)] {
        let filled = fill(&ane, language).await?;
        ensure!(filled.text.trim_end() == format!("Hei Kari.\n\nSak #{} er **løst**.", ticket.number), "{filled:?}");
        ensure!(filled.warnings == ["Det finnes ingen verdi «kunde»."], "{filled:?}");
        ensure!(filled.html.contains("<strong>løst</strong>") && filled.language == Language::Nb, "{filled:?}");
    }
    // Until it is shared it is its author's alone.
    ensure!(desk.templates(&bo).await?.iter().all(|card| card.name != cards[0].name));
    ensure!(fill(&bo, None).await == Err(Error::NotFound));
    for actor in [&bo, &eva] {
        let changed = desk.save_reply_template(actor, Some(&id), written("Min", "x", "")).await;
        ensure!(
            changed == Err(Error::NotFound) && desk.delete_reply_template(actor, &id).await == Err(Error::NotFound)
        );
    }
    let shared = NewReplyTemplate { shared: true, ..written("Løst", nb, "Hello {{ customer.first }}.") };
    desk.save_reply_template(&ane, Some(&id), shared.clone()).await?;
    ensure!(fill(&bo, Some(Language::En)).await?.text.trim_end() == "Hello Kari.");
    ensure!(desk.save_reply_template(&bo, Some(&id), shared.clone()).await == Err(Error::Forbidden));
    ensure!(desk.delete_reply_template(&bo, &id).await == Err(Error::Forbidden));
    desk.save_reply_template(&eva, Some(&id), shared).await?;
    let seen = desk.reply_templates(&ane).await?;
    ensure!(seen.len() == 1 && seen[0].mine && seen[0].shared && seen[0].by.starts_with("Ane"), "{seen:?}");
    desk.delete_reply_template(&eva, &id).await?;
    ensure!(fill(&ane, None).await == Err(Error::NotFound) && desk.reply_templates(&ane).await?.is_empty());
    house.close().await;
    Ok(())
}

/// What can't be filled in is refused when it is saved, and an endless one harms nobody.
#[tokio::test(flavor = "multi_thread")]
async fn a_reply_template_that_can_not_be_filled_in_is_refused() -> Result<()> {
    let house = House::open().await?;
    let ane = house.agent("Ane").await?;
    let desk = &house.desk;
    let endless = "{% for a in [0]*9999 %}{% for b in [0]*9999 %}x{% endfor %}{% endfor %}";
    let long = &format!("{{% for a in [0]*160 %}}{}{{% endfor %}}", "-\n".repeat(9_000));
    for (field, new) in [
        ("name", written(" ", "Hei", "")),
        ("nb", written("Tom", " \n", "")),
        ("nb", written("Åpen", "Hei {{ customer.first", "Hello")),
        ("en", written("Åpen", "Hei", "Hello {% if ticket %}")),
        ("en", written("Endeløs", "Hei", endless)),
        ("nb", written("Lang", long, "")),
        ("nb", written("Stor", &"x".repeat(20_001), "")),
    ] {
        let told = desk.save_reply_template(&ane, None, new).await;
        let Err(Error::Invalid { field: found, why }) = told else { anyhow::bail!("{field}: {told:?}") };
        ensure!(found == field, "{found} in place of {field}: {why:?}");
        let fits = match field {
            "name" => why == Why::Missing,
            _ => matches!(why, Why::Missing | Why::Template { .. } | Why::TooLong { most: 20_000 }),
        };
        ensure!(fits, "{field}: {why:?}");
        // Where it is, in the words of the text's language.
        if let Why::Template { words } = &why {
            let begins = if field == "nb" {
                ["linje 1: noe er", "teksten blir"]
            } else {
                ["line 1: something", "line 1: it never"]
            };
            ensure!(begins.iter().any(|begin| words.starts_with(begin)), "{words}");
        }
    }
    ensure!(desk.reply_templates(&ane).await?.is_empty());
    // They cost their plugin nothing: it goes on.
    let eva = house.agent("Eva").await?;
    house.saker.written_down().await;
    let plugin = desk.plugin(&eva, &PluginId::from("saker.templates")).await?;
    ensure!(plugin.state == PluginState::On && plugin.retry_at.is_none(), "{plugin:?}");
    // One that only a real request shows to be wrong is told of, as what it is.
    let mail = "From: Kari Nordmann <kari@fjord.no>\r\nSubject: Skriver\r\n\r\nDen er stille.\r\n";
    house.mail("kari@fjord.no", mail).await?;
    house.rest().await?;
    let ticket = house.only(&ane, List::Unassigned).await?;
    let sly = "{% if ticket.number %}{{ nobody() }}{% endif %}";
    let id = desk.save_reply_template(&ane, None, written("Luring", sly, "")).await?;
    let told = desk.fill_template(&ane, &ticket.id, &format!("own/{id}"), None, &BTreeMap::new()).await;
    ensure!(
        matches!(&told, Err(Error::Invalid { field, why: Why::Template { .. } }) if field == "template"),
        "{told:?}"
    );
    desk.delete_reply_template(&ane, &id).await?;
    // A NUL is no letter in any database.
    let id = desk.save_reply_template(&ane, None, written("N\0ull", "Hei\0\r\nKari", "")).await?;
    let kept = desk.reply_templates(&ane).await?.remove(0);
    ensure!(kept.id == id && kept.name == "N ull" && kept.nb == "Hei\nKari", "{kept:?}");
    house.close().await;
    Ok(())
}
