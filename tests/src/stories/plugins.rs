//! Plugins come and go while Saker runs, get what was granted and nothing else, and hurt nobody but themselves.

use anyhow::{Context, Result, ensure};
use desk::{Error, Why, model::*};
use package::{KeyFile, Manifest, Package, pack};
use serde_json::json;
use std::{collections::BTreeMap, path::Path, time::Duration};
use tests::{
    company::{Answer, Company},
    house::House,
};

/// What `cargo xtask plugins` made.
pub fn file(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../dist/plugins").join(name);
    std::fs::read(&path).unwrap_or_else(|why| panic!("{}: {why}; run `cargo xtask plugins` first", path.display()))
}

pub fn id(text: &str) -> PluginId {
    PluginId::from(text)
}

/// A plugin's file again, with another manifest and perhaps a signature.
pub fn changed(file: &[u8], change: impl Fn(&mut Manifest), key: Option<&KeyFile>) -> Vec<u8> {
    let mut manifest = Package::open(file).unwrap().manifest;
    change(&mut manifest);
    pack(file, &manifest, None, key).unwrap()
}

/// Looks at a file, and installs it with everything that it wants.
pub async fn install(house: &House, eva: &Actor, file: Vec<u8>) -> Result<Plugin, Error> {
    let sheet = house.desk.look_at_plugin(eva, file).await?;
    let granted = sheet.wants.into_iter().map(|wanted| wanted.want).collect();
    house.desk.install_plugin(eva, Install { file: sheet.file, granted, unsigned: true }).await
}

pub async fn post_json(house: &House, url: &str, headers: &[(&str, &str)], body: &str) -> Result<(u16, String)> {
    house.knock("POST", url, headers, body.as_bytes()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mail_plugin_can_be_removed_and_installed_again_from_its_file() -> Result<()> {
    let house = House::open().await?;
    let eva = house.agent("Eva").await?;
    let plugins = house.desk.plugins(&eva).await?;
    ensure!(
        plugins.iter().any(|plugin| plugin.id == id("saker.email") && plugin.publisher.as_deref() == Some("shipped"))
    );
    house.desk.remove_plugin(&eva, &id("saker.email")).await?;
    // Nobody is told that a mail was taken, so its sender keeps it.
    let mail = "From: Kari <kari@fjord.no>\r\nSubject: Hjelp\r\n\r\nSkriveren\r\n";
    let answer = house.mail("kari@fjord.no", mail).await?;
    ensure!(answer.starts_with("451"), "{answer}");
    ensure!(house.rows(&eva, List::Unassigned).await?.is_empty());
    install(&house, &eva, file("email.wasm")).await?;
    let answer = house.mail("kari@fjord.no", mail).await?;
    ensure!(answer.starts_with("250"), "{answer}");
    house.rest().await?;
    let ticket = house.only(&eva, List::Unassigned).await?;
    ensure!(ticket.title == "Hjelp", "{}", ticket.title);
    ensure!(house.sent().await?.len() == 1, "the receipt");
    house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_plugin_for_templates_people_are_told_and_receipts_wait() -> Result<()> {
    let house = House::open().await?;
    let (eva, ane) = (house.agent("Eva").await?, house.agent("Ane").await?);
    let name = house.desk.templates(&ane).await?.first().context("no template")?.name.clone();
    house.desk.switch_plugin(&eva, &id("saker.templates"), false).await?;
    let answer =
        house.mail("kari@fjord.no", "From: Kari <kari@fjord.no>\r\nSubject: Hjelp\r\n\r\nSkriveren\r\n").await?;
    ensure!(answer.starts_with("250"), "{answer}");
    let number = house.rows(&eva, List::Unassigned).await?.first().context("no request")?.number;
    let ticket = house.desk.ticket(&ane, number).await?;
    ensure!(house.desk.templates(&ane).await?.is_empty());
    let told = house.desk.fill_template(&ane, &ticket.id, &name, None, &BTreeMap::new()).await;
    ensure!(
        matches!(&told, Err(Error::Invalid { field, why: Why::Unfit { flaw: None, .. } }) if field == "template"),
        "{told:?}"
    );
    ensure!(house.sent().await?.is_empty());
    house.desk.switch_plugin(&eva, &id("saker.templates"), true).await?;
    house.desk.fill_template(&ane, &ticket.id, &name, None, &BTreeMap::new()).await?;
    house.rest().await?;
    ensure!(house.sent().await?.len() == 1, "the receipt is lost");
    house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_saker_does_not_give_back_what_was_taken_away() -> Result<()> {
    let house = House::open().await?;
    let (eva, webhook) = (house.agent("Eva").await?, id("saker.webhook"));
    let there = house.desk.plugin(&eva, &webhook).await?;
    let reaches = |wanted: &&Wanted| matches!(wanted.want, Want::Reach { .. });
    let taken = there.wants.iter().find(reaches).context("it reaches nothing")?.want.clone();
    let rest = there.wants.iter().map(|wanted| wanted.want.clone()).filter(|want| *want != taken).collect();
    house.desk.grant(&eva, &webhook, rest).await?;
    let more = Want::Use { cpu_ms: 210, memory_mb: 33 };
    let newer = changed(
        &file("webhook.wasm"),
        |manifest| (manifest.limits.cpu_ms, manifest.limits.memory_mb) = (210, 33),
        None,
    );
    house.desk.ship_plugins(vec![newer.into()], vec![]).await?;
    let renewed = house.desk.plugin(&eva, &webhook).await?;
    let granted = |want: &Want| renewed.wants.iter().any(|wanted| wanted.want == *want && wanted.granted);
    ensure!(granted(&more) && !granted(&taken), "{:?}", renewed.wants);
    let others = there.wants.iter().map(|wanted| &wanted.want).filter(|want| !matches!(want, Want::Use { .. }));
    ensure!(others.filter(|want| **want != taken).all(granted), "{:?}", renewed.wants);
    house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_saker_beside_a_newer_one_puts_back_no_older_plugin() -> Result<()> {
    let house = House::open().await?;
    let (eva, webhook) = (house.agent("Eva").await?, id("saker.webhook"));
    let there = house.desk.plugin(&eva, &webhook).await?.version;
    let older = changed(&file("webhook.wasm"), |manifest| manifest.version = "0.0.9".to_owned(), None);
    house.desk.ship_plugins(vec![older.into()], vec![]).await?;
    ensure!(house.desk.plugin(&eva, &webhook).await?.version == there);
    house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_version_that_takes_longer_and_asks_more_often_asks_first() -> Result<()> {
    let house = House::open().await?;
    let eva = house.agent("Eva").await?;
    house.desk.remove_plugin(&eva, &id("saker.webhook")).await?;
    let key = KeyFile::fresh()?;
    let own = |wall_ms, http_calls| {
        let change = |manifest: &mut Manifest| {
            (manifest.limits.wall_ms, manifest.limits.http_calls, manifest.limits.log_kb) = (wall_ms, http_calls, 64);
        };
        changed(&file("webhook.wasm"), change, Some(&key))
    };
    let sheet = house.desk.look_at_plugin(&eva, own(10_000, 20)).await?;
    ensure!(!sheet.wants.iter().any(|wanted| matches!(wanted.want, Want::Take { .. })), "{:?}", sheet.wants);
    let granted: Vec<Want> = sheet.wants.into_iter().map(|wanted| wanted.want).collect();
    house.desk.install_plugin(&eva, Install { file: sheet.file, granted: granted.clone(), unsigned: false }).await?;
    let newer = house.desk.look_at_plugin(&eva, own(60_000, 200)).await?;
    let asked: Vec<&Want> = newer.wants.iter().filter(|wanted| !wanted.granted).map(|wanted| &wanted.want).collect();
    let more = Want::Take { wall_ms: 60_000, http_calls: 200, log_kb: 64 };
    ensure!(asked == [&more], "{asked:?}");
    let unasked = Install { file: newer.file, granted, unsigned: false };
    let unasked = house.desk.install_plugin(&eva, unasked).await;
    ensure!(unasked == Err(Error::invalid("granted", Why::Needed)), "{unasked:?}");
    house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_is_granted_line_by_line_and_a_newer_one_asks_again() -> Result<()> {
    let house = House::open().await?;
    let eva = house.agent("Eva").await?;
    house.desk.remove_plugin(&eva, &id("saker.webhook")).await?;
    let key = KeyFile::fresh()?;
    let own = |version: &'static str, hosts: &'static [&'static str]| {
        changed(
            &file("webhook.wasm"),
            |manifest| {
                manifest.version = version.to_owned();
                manifest.net.hosts.extend(hosts.iter().map(|host| (*host).to_owned()));
            },
            Some(&key),
        )
    };
    // Its code says 0.1.0; a manifest that says otherwise is caught.
    let lie = house.desk.look_at_plugin(&eva, own("0.2.0", &[])).await;
    ensure!(
        matches!(&lie, Err(Error::Invalid { why: Why::Unfit { words, flaw: Some(Flaw::Trial) }, .. }) if words.contains("0.2.0")),
        "{lie:?}"
    );
    let sheet = house.desk.look_at_plugin(&eva, own("0.1.0", &[])).await?;
    ensure!(sheet.publisher == Some(key.publisher().to_string()) && sheet.installed.is_none());
    let some: Vec<Want> = sheet.wants.iter().filter(|wanted| wanted.needed).map(|wanted| wanted.want.clone()).collect();
    let nothing =
        house.desk.install_plugin(&eva, Install { file: sheet.file.clone(), granted: vec![], unsigned: false }).await;
    ensure!(nothing == Err(Error::invalid("granted", Why::Needed)), "{nothing:?}");
    let plugin =
        house.desk.install_plugin(&eva, Install { file: sheet.file, granted: some.clone(), unsigned: false }).await?;
    ensure!(plugin.wants.iter().any(|wanted| !wanted.granted) && plugin.state == PluginState::On);
    // Somebody else's version of it is not taken, nor one that nobody signed.
    for stranger in [Some(KeyFile::fresh()?), None] {
        let theirs = changed(&file("webhook.wasm"), |manifest| manifest.limits.cpu_ms = 150, stranger.as_ref());
        let refused = house.desk.look_at_plugin(&eva, theirs).await;
        ensure!(refused == Err(Error::invalid("file", Why::OtherPublisher)), "{refused:?}");
    }
    let newer = house.desk.look_at_plugin(&eva, own("0.1.0", &["https://more.example.com"])).await?;
    ensure!(newer.installed.as_deref() == Some("0.1.0"));
    let asked: Vec<&Wanted> = newer.wants.iter().filter(|wanted| !wanted.granted).collect();
    ensure!(
        asked.iter().any(|wanted| wanted.want == Want::Reach { host: "https://more.example.com".to_owned() }),
        "{asked:?}"
    );
    house.desk.install_plugin(&eva, Install { file: newer.file, granted: some, unsigned: false }).await?;
    let back = house.desk.roll_back_plugin(&eva, &id("saker.webhook")).await?;
    ensure!(back.wants.iter().all(|wanted| wanted.want != Want::Reach { host: "https://more.example.com".to_owned() }));
    // A version whose lines are all other ones, granted whole: the one before gets back what it had.
    let reach = |plugin: &Plugin| -> Vec<(String, bool)> {
        let lines = plugin.wants.iter().filter_map(|wanted| match &wanted.want {
            Want::Reach { host } if host.starts_with("https:") => Some((host.clone(), wanted.granted)),
            _ => None,
        });
        lines.collect()
    };
    let elsewhere = |host: &str, cpu_ms| {
        let host = host.to_owned();
        changed(
            &file("webhook.wasm"),
            |manifest| {
                manifest.net.hosts.push(host.clone());
                manifest.limits.cpu_ms = cpu_ms;
            },
            Some(&key),
        )
    };
    for (host, cpu_ms) in [("https://a.example.com", 110), ("https://b.example.com", 120)] {
        let sheet = house.desk.look_at_plugin(&eva, elsewhere(host, cpu_ms)).await?;
        let granted = sheet.wants.into_iter().map(|wanted| wanted.want).collect();
        house.desk.install_plugin(&eva, Install { file: sheet.file, granted, unsigned: false }).await?;
    }
    let back = house.desk.roll_back_plugin(&eva, &id("saker.webhook")).await?;
    ensure!(reach(&back) == [("https://a.example.com".to_owned(), true)], "{:?}", back.wants);
    // What was taken away since does not come back by that.
    let forth = house.desk.roll_back_plugin(&eva, &id("saker.webhook")).await?;
    ensure!(reach(&forth) == [("https://b.example.com".to_owned(), true)], "{:?}", forth.wants);
    let optional = |wanted: &&Wanted| !wanted.needed && !matches!(wanted.want, Want::Reach { .. });
    let line = forth.wants.iter().find(optional).context("nothing else can be left out")?.want.clone();
    let rest = forth.wants.iter().map(|wanted| wanted.want.clone()).filter(|want| *want != line).collect();
    house.desk.grant(&eva, &id("saker.webhook"), rest).await?;
    let back = house.desk.roll_back_plugin(&eva, &id("saker.webhook")).await?;
    ensure!(back.wants.iter().any(|wanted| wanted.want == line && !wanted.granted), "{:?}", back.wants);
    // Not an administrator.
    let ane = house.agent("Ane").await?;
    ensure!(house.desk.plugins(&ane).await == Err(Error::Forbidden));
    ensure!(house.desk.remove_plugin(&ane, &id("saker.webhook")).await == Err(Error::Forbidden));
    house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_takes_requests_and_sends_answers_and_all_of_it_stands_in_the_ledger() -> Result<()> {
    let house = House::open_with(&["--webhooks-inside"]).await?;
    let (eva, ane) = (house.agent("Eva").await?, house.agent("Ane").await?);
    let remote = Company::open().await?;
    remote.answers("/answers", Answer::json(200, &json!({})));
    let address = format!("{}/answers", remote.at);
    let new = NewChannel {
        name: "Butikken".to_owned(),
        settings: serde_json::from_value(
            json!({ "text": "message.text", "reply-address": address, "signature": "header" }),
        )?,
        secrets: [("word".to_owned(), "sesam-sesam".to_owned())].into(),
        ..NewChannel::default()
    };
    let bad = NewChannel { settings: serde_json::from_value(json!({ "signature": "perhaps" }))?, ..new.clone() };
    let refused = house.desk.add_channel(&eva, &id("saker.webhook"), bad).await;
    ensure!(refused == Err(Error::invalid("settings.signature", Why::NotAChoice)), "{refused:?}");
    let channel = house.desk.add_channel(&eva, &id("saker.webhook"), new).await?;
    ensure!(channel.secrets == ["word"] && channel.state == ChannelState::On);
    ensure!(!serde_json::to_string(&channel)?.contains("sesam"), "a secret is told to nobody");
    let hook = channel.hook_url.clone().context("no address")?;
    let call = json!({ "id": "m1", "conversation": "c1", "user": "kari77", "name": "Kari", "email": "kari@fjord.no",
        "subject": "Skriver", "message": { "text": "Den virker ikke" } })
    .to_string();
    for (headers, status) in
        [(&[][..], 400), (&[("x-signature", "sesam")][..], 400), (&[("x-signature", "sesam-sesam")][..], 200)]
    {
        let (answered, body) = post_json(&house, &hook, headers, &call).await?;
        ensure!(answered == status, "{answered} {body}");
    }
    // The same again, and one more in the same conversation.
    let word = &[("x-signature", "sesam-sesam")][..];
    ensure!(post_json(&house, &hook, word, &call).await?.0 == 200);
    let more = json!({ "id": "m2", "conversation": "c1", "user": "kari77", "message": { "text": "Fortsatt ikke" } })
        .to_string();
    ensure!(post_json(&house, &hook, word, &more).await?.0 == 200);
    for garbage in ["", "{", "[]", "{\"message\":{}}", "\u{0}"] {
        let (status, _) = post_json(&house, &hook, word, garbage).await?;
        ensure!(status == 400, "{garbage:?}: {status}");
    }
    house.rest().await?;
    let ticket = house.only(&eva, List::Unassigned).await?;
    ensure!(ticket.title == "Skriver" && ticket.messages.len() == 3, "{} {}", ticket.title, ticket.messages.len());
    ensure!(ticket.contacts.iter().any(|contact| contact.name.contains("Kari")), "she was known by her address");
    let draft =
        Draft {
            text: "Prøv **igjen**".to_owned(), key: "k1".to_owned(), access: Access::External, ..Draft::default()
        };
    house.desk.reply(&ane, &ticket.id, draft).await?;
    house.rest().await?;
    let told = remote.told("/answers");
    ensure!(told.len() == 1, "{told:?}");
    let (headers, body) = (&told[0].headers, told[0].json());
    ensure!(body["conversation"] == "c1" && body["to"] == "kari77" && body["text"] == "Prøv **igjen**", "{body}");
    ensure!(headers.contains_key("x-signature") && !format!("{headers:?}{body}").contains("sesam"));
    house.saker.written_down().await;
    let ledger = house.desk.egress(&eva, &id("saker.webhook"), None).await?;
    ensure!(ledger.len() == 1 && ledger[0].status == Some(200) && ledger[0].decision == "allowed", "{ledger:?}");
    let hours = house.desk.plugin_hours(&eva, &id("saker.webhook"), 1).await?;
    let calls = |door: &str| hours.iter().filter(|hour| hour.door == door).map(|hour| hour.calls).sum::<i64>();
    ensure!(calls("handle-webhook") == 10 && calls("send") == 1, "{hours:?}");
    // A remote that wants nothing any more.
    remote.answers("/answers", Answer::json(410, &json!({})));
    house
        .desk
        .reply(
            &ane,
            &ticket.id,
            Draft { text: "Hallo?".to_owned(), key: "k2".to_owned(), access: Access::External, ..Draft::default() },
        )
        .await?;
    house.rest().await?;
    let ticket = house.desk.ticket(&ane, ticket.number).await?;
    let last = ticket.messages.last().context("no message")?;
    ensure!(format!("{last:?}").contains("Failed"), "{last:?}");
    // Given up, it takes and sends nothing, and its requests stay.
    house.desk.delete_channel(&eva, &channel.id).await?;
    ensure!(post_json(&house, &hook, word, &more).await?.0 == 404);
    ensure!(house.desk.ticket(&ane, ticket.number).await?.messages.len() == ticket.messages.len());
    house.desk.remove_plugin(&eva, &id("saker.webhook")).await?;
    house.close().await;
    Ok(())
}

/// A plugin that calls without end does not fill the disk with what is written down about it, nor push out the others.
#[tokio::test(flavor = "multi_thread")]
async fn of_each_plugin_the_last_hundred_thousand_departures_are_kept() -> Result<()> {
    const MOST: i64 = 100_000;
    let house = House::open().await?;
    let eva = house.agent("Eva").await?;
    let departure = |plugin: &str, at| desk::plugin::Departure {
        plugin: id(plugin),
        account: None,
        at,
        method: "GET".to_owned(),
        host: "butikk.example".to_owned(),
        path: "/".to_owned(),
        headers: String::new(),
        status: Some(200),
        sent: 100,
        received: 100,
        micros: 1_000,
        decision: "allowed".to_owned(),
    };
    let departures = |departures| desk::plugin::Doings { departures, ..desk::plugin::Doings::default() };
    let kept = async |plugin: &str| -> Result<(i64, i64)> {
        let sql = "select count(*), min(at) from egress where plugin_id = $1";
        Ok(sqlx::query_as(sql).bind(plugin.to_owned()).fetch_one(house.desk.db().read()).await?)
    };
    let now = house.desk.clock().now();
    house.desk.note_plugin_use(&mut departures(vec![departure("saker.templates", now)])).await?;
    // Written at once, as old as they can be: ids tell the order.
    let mut write = house.desk.db().write().await?;
    sqlx::query(
        "insert into egress (id, plugin_id, at, method, host, path, headers, sent, received, micros, decision)
         with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < $1)
         select '0-' || substr(cast(1000000 + n as text), 2), 'saker.webhook', $2 + n, 'GET', 'butikk.example', '/', '', 1, 1,
                1, 'allowed'
         from numbers",
    )
    .bind(MOST)
    .bind(now)
    .execute(write.sql())
    .await?;
    write.commit().await?;
    ensure!(kept("saker.webhook").await? == (MOST, now + 1));
    let more: Vec<_> = (0..3).map(|_| departure("saker.webhook", now + MOST + 1)).collect();
    house.desk.note_plugin_use(&mut departures(more)).await?;
    ensure!(kept("saker.webhook").await? == (MOST, now + 4), "{:?}", kept("saker.webhook").await?);
    ensure!(kept("saker.templates").await?.0 == 1, "another's are its own");
    let newest = house.desk.egress(&eva, &id("saker.webhook"), None).await?;
    ensure!(newest[0].at == now + MOST + 1);
    house.close().await;
    Ok(())
}

/// A folder on the machine: what lies there is offered, and what is installed follows it as far as nobody has to be asked.
#[tokio::test(flavor = "multi_thread")]
async fn a_folder_offers_plugins_and_keeps_them_up_to_date() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().to_str().context("no path")?;
    let house = House::open_with(&["--plugins", path]).await?;
    let eva = house.agent("Eva").await?;
    house.desk.remove_plugin(&eva, &id("saker.webhook")).await?;
    let key = KeyFile::fresh()?;
    let own = |key: &KeyFile, author: &str, hosts: &[&str]| {
        let change = |manifest: &mut Manifest| {
            manifest.author = author.to_owned();
            manifest.net.hosts.extend(hosts.iter().map(|host| (*host).to_owned()));
        };
        changed(&file("webhook.wasm"), change, Some(key))
    };
    let put = |file: &[u8]| std::fs::write(folder.path().join("webhook.wasm"), file);
    let there = async || {
        let all = house.desk.shipped_plugins(&eva).await?;
        Ok::<_, Error>(all.into_iter().find(|one| one.id == id("saker.webhook")))
    };
    std::fs::write(folder.path().join("nothing.wasm"), b"no plugin")?;
    put(&own(&key, "First", &[]))?;
    let offered = eventually(async || Ok(there().await?)).await?;
    ensure!(offered.aside && offered.installed.is_none() && !offered.newer, "{offered:?}");
    ensure!(house.desk.plugins(&eva).await?.iter().all(|one| one.id != offered.id), "nobody said yes");

    let sheet = house.desk.look_at_shipped_plugin(&eva, &offered.id).await?;
    let granted = sheet.wants.iter().map(|wanted| wanted.want.clone()).collect();
    house.desk.install_plugin(&eva, Install { file: sheet.file.clone(), granted, unsigned: false }).await?;
    let runs =
        async || Ok::<_, Error>(house.desk.running_plugins().await?.into_iter().find(|one| one.id == offered.id));
    let first = runs().await?.context("not installed")?.hash;
    // By the same key, and wanting no more: nobody has to be asked.
    put(&own(&key, "Second", &[]))?;
    let second = eventually(async || Ok(runs().await?.map(|one| one.hash).filter(|hash| *hash != first))).await?;
    // It wants more, or somebody else made it: it waits.
    for file in [own(&key, "Third", &["https://more.example.com"]), own(&KeyFile::fresh()?, "Third", &[])] {
        put(&file)?;
        eventually(async || Ok(there().await?.filter(|one| one.newer))).await?;
        tokio::time::sleep(Duration::from_secs(3)).await;
        ensure!(runs().await?.context("gone")?.hash == second);
    }
    // Somebody goes back from one: it stays away, however often it is looked at.
    put(&own(&key, "Fourth", &[]))?;
    eventually(async || Ok(runs().await?.filter(|one| one.hash != second))).await?;
    house.desk.roll_back_plugin(&eva, &offered.id).await?;
    house.desk.renew_plugins().await?;
    ensure!(runs().await?.context("gone")?.hash == second, "what was gone back from is back");
    // Only a publisher who is pinned renews anything.
    let other = PinnedPublisher { key: KeyFile::fresh()?.publisher().to_string(), name: "Other".to_owned() };
    house.desk.pin_publisher(&eva, other).await?;
    put(&own(&key, "Fifth", &[]))?;
    eventually(async || Ok(there().await?.filter(|one| one.newer))).await?;
    tokio::time::sleep(Duration::from_secs(3)).await;
    ensure!(runs().await?.context("gone")?.hash == second, "nobody pinned this one's publisher");
    // Gone from the folder, it stays installed.
    std::fs::remove_file(folder.path().join("webhook.wasm"))?;
    eventually(async || Ok(there().await?.is_none().then_some(()))).await?;
    ensure!(runs().await?.context("gone")?.hash == second);
    house.close().await;
    Ok(())
}

pub async fn eventually<T>(ask: impl AsyncFn() -> Result<Option<T>>) -> Result<T> {
    for _ in 0..100 {
        if let Some(it) = ask().await? {
            return Ok(it);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    anyhow::bail!("it did not happen within ten seconds")
}
