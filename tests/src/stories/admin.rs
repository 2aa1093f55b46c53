//! The pages of administrators, as a browser without scripts uses them: plugins and channels.

use crate::plugins::{changed, eventually, file, id, install, post_json};
use anyhow::{Context, Result, ensure};
use axum::{body::Body, http::Request};
use desk::model::*;
use package::KeyFile;
use tests::House;
use tower::ServiceExt;

const PLUGINS: &str = "/desk/admin/plugins";
const WEBHOOK: &str = "/desk/admin/plugins/saker.webhook";

/// An administrator's browser.
struct Browser<'a> {
    house: &'a House,
    cookie: String,
}

/// What came back: the status, where it leads, and the page.
struct Answer {
    status: u16,
    to: String,
    page: String,
}

impl<'a> Browser<'a> {
    async fn of(house: &'a House, actor: &Actor) -> Result<Self> {
        let profile = house.desk.profile(actor).await?;
        house.desk.save_profile(actor, &profile.name, Language::Nb, &profile.signature).await?;
        Ok(Self { house, cookie: house.cookie(actor).await? })
    }

    async fn ask(&self, request: axum::http::request::Builder, body: impl Into<Body>) -> Result<Answer> {
        let router = server::http::router(server::http::App::new(self.house.desk.clone(), true));
        let answer = router.oneshot(request.header("cookie", &self.cookie).body(body.into())?).await?;
        let status = answer.status().as_u16();
        let to = answer.headers().get("location").and_then(|to| to.to_str().ok()).unwrap_or_default().to_owned();
        let bytes = axum::body::to_bytes(answer.into_body(), 64 << 20).await?;
        Ok(Answer { status, to, page: String::from_utf8_lossy(&bytes).into_owned() })
    }

    async fn look(&self, path: &str) -> Result<Answer> {
        self.ask(Request::get(path), Body::empty()).await
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Result<Answer> {
        let pair = |(name, value): &(&str, &str)| format!("{}={}", escaped(name), escaped(value));
        let body = fields.iter().map(pair).collect::<Vec<_>>().join("&");
        self.ask(Request::post(path).header("content-type", "application/x-www-form-urlencoded"), body).await
    }

    /// Hands a file in.
    async fn upload(&self, bytes: &[u8]) -> Result<Answer> {
        let head = "--xx\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wasm\"\r\nContent-Type: application/wasm\r\n\r\n";
        let body = [head.as_bytes(), bytes, b"\r\n--xx--\r\n"].concat();
        self.ask(Request::post(PLUGINS).header("content-type", "multipart/form-data; boundary=xx"), body).await
    }
}

fn escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

/// The values of ticks on a page, and whether each is set.
fn ticks(page: &str) -> Vec<(String, bool)> {
    let tags = page.split("<input").skip(1).filter_map(|rest| rest.split('>').next());
    let attribute = |tag: &str, name: &str| {
        let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
        Some(rest.split('"').next()?.replace("&quot;", "\"").replace("&amp;", "&").replace("&#39;", "'"))
    };
    tags.filter(|tag| attribute(tag, "name").as_deref() == Some("want"))
        .filter_map(|tag| Some((attribute(tag, "value")?, tag.contains(" checked"))))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn only_administrators_find_these_pages() -> Result<()> {
    let house = House::open().await?;
    let (ane, eva) = (house.agent("Ane").await?, house.agent("Eva").await?);
    let (agent, chief) = (Browser::of(&house, &ane).await?, Browser::of(&house, &eva).await?);
    let nobody = Browser { house: &house, cookie: String::new() };
    for path in ["/desk/admin", PLUGINS, WEBHOOK, "/desk/admin/channels", "/desk/admin/channels/new/saker.webhook"] {
        let page = agent.look(path).await?;
        ensure!(page.status == 404 && !page.page.contains("saker.webhook"), "{path}: {}", page.status);
        let door = nobody.look(path).await?;
        ensure!(door.status == 303 && door.to.starts_with("/desk/sign-in"), "{path}: {}", door.status);
        ensure!([200, 303].contains(&chief.look(path).await?.status), "{path}");
    }
    let installed = |plugins: Vec<Plugin>| plugins.iter().all(|plugin| plugin.state == PluginState::On);
    for path in ["/off", "/rollback", "/remove", "/grants"].map(|word| format!("{WEBHOOK}{word}")) {
        ensure!(agent.post(&path, &[]).await?.status == 404, "{path}");
        ensure!(nobody.post(&path, &[]).await?.status == 303, "{path}");
        // In the name of an administrator, from a page of another site or of a sister's.
        for (name, said) in
            [("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"), ("origin", "https://www.x.no")]
        {
            let strange = chief.ask(Request::post(&path).header(name, said), Body::empty()).await?;
            ensure!(strange.status == 403, "{path}: {said} {}", strange.status);
        }
    }
    ensure!(installed(house.desk.plugins(&eva).await?), "somebody else changed it");
    ensure!(chief.look("/desk/admin/nothing").await?.page.contains("finnes ikke"));
    ensure!(chief.look(&format!("{PLUGINS}/no.such")).await?.status == 404);
    ensure!(chief.post(&format!("{PLUGINS}/no.such/off"), &[]).await?.status == 404);
    ensure!(chief.look("/desk/admin/channels/none").await?.status == 404);
    // A plugin without accounts has no form for one.
    ensure!(chief.look("/desk/admin/channels/new/saker.email").await?.status == 404);
    // What can only be posted leads back to the page it is posted from: its address stands there when a form came back.
    for (door, page) in [
        (format!("{PLUGINS}/shipped/saker.slack"), PLUGINS),
        (format!("{WEBHOOK}/unread/x/again"), "/desk/admin/plugins/saker.webhook/unread"),
        (format!("{WEBHOOK}/unread/x/drop"), "/desk/admin/plugins/saker.webhook/unread"),
        (format!("{WEBHOOK}/on"), WEBHOOK),
        (format!("{WEBHOOK}/off"), WEBHOOK),
        (format!("{WEBHOOK}/grants"), WEBHOOK),
        (format!("{WEBHOOK}/rollback"), WEBHOOK),
        ("/desk/admin/publishers".to_owned(), "/desk/admin"),
        ("/desk/admin/publishers/unpin".to_owned(), "/desk/admin"),
        ("/desk/admin/channels/new/saker.webhook/try".to_owned(), "/desk/admin/channels/new/saker.webhook"),
        ("/desk/admin/channels/a1/try".to_owned(), "/desk/admin/channels/a1"),
        ("/desk/admin/channels/a1/check".to_owned(), "/desk/admin/channels/a1"),
        ("/desk/admin/channels/a1/connect".to_owned(), "/desk/admin/channels/a1"),
        ("/desk/admin/channels/a1/pause".to_owned(), "/desk/admin/channels/a1"),
        ("/desk/admin/channels/a1/resume".to_owned(), "/desk/admin/channels/a1"),
    ] {
        let led = chief.look(&door).await?;
        ensure!(led.status == 303 && led.to == page, "{door}: {} {}", led.status, led.to);
        ensure!(agent.look(&door).await?.status == 404, "{door}");
    }
    // The way there is in the frame of administrators, and in nobody else's.
    ensure!(chief.look("/desk/mine").await?.page.contains(PLUGINS));
    ensure!(!agent.look("/desk/mine").await?.page.contains(PLUGINS));
    house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_read_line_by_line_granted_and_replaced() -> Result<()> {
    let house = House::open().await?;
    let eva = house.agent("Eva").await?;
    house.desk.remove_plugin(&eva, &id("saker.webhook")).await?;
    let chief = Browser::of(&house, &eva).await?;
    // What is no plugin says why, and the list is still there.
    for (bytes, status, words) in [
        (&b""[..], 422, "Fyll ut dette feltet"),
        (&b"\0asm garbage"[..], 422, "Filen er skadet eller ikke hel"),
        (&b"%PDF-1.7"[..], 422, "Dette er ikke en utvidelse"),
        (&vec![0; (24 << 20) + 1][..], 413, "24\u{a0}MB"),
    ] {
        let page = chief.upload(bytes).await?;
        ensure!(
            page.status == status && page.page.contains(words) && page.page.contains("saker.email"),
            "{}",
            page.status
        );
    }
    // What its author has to know stands below, in small.
    let refused = chief.upload(b"\0asm garbage").await?;
    let detail = refused.page.split("class=\"detail\"").nth(1).context("no detail")?;
    ensure!(detail.split('<').next().is_some_and(|said| said.contains("WebAssembly")), "{detail}");
    let key = KeyFile::fresh()?;
    let own = |more: &'static [&'static str]| {
        changed(
            &file("webhook.wasm"),
            |manifest| manifest.net.hosts.extend(more.iter().map(|host| (*host).to_owned())),
            Some(&key),
        )
    };
    let looked = chief.upload(&own(&[])).await?;
    ensure!(
        looked.status == 303 && looked.to.starts_with("/desk/admin/plugins/sheet/"),
        "{} {}",
        looked.status,
        looked.page
    );
    let sheet = chief.look(&looked.to).await?;
    ensure!(
        sheet.status == 200
            && sheet.page.contains("Første gang denne nøkkelen")
            && sheet.page.contains("Legge meldinger inn i saker")
    );
    // Lines call secrets and settings what their plugin calls them.
    ensure!(sheet.page.contains("«Hemmelig ord»") && !sheet.page.contains("«word»"), "{}", sheet.page);
    let lines = ticks(&sheet.page);
    ensure!(lines.len() >= 5 && lines.iter().all(|(_, on)| !on), "nothing is granted beforehand: {lines:?}");
    ensure!(
        house.desk.plugin(&eva, &id("saker.webhook")).await.is_err(),
        "it must not run before somebody has answered"
    );
    // Without what it needs, and with what it never asked for.
    let denied = chief.post(&looked.to, &[("want", &lines[0].0)]).await?;
    ensure!(denied.status == 422 && denied.page.contains("Uten dette virker utvidelsen ikke"), "{}", denied.status);
    ensure!(ticks(&denied.page).iter().filter(|(_, on)| *on).count() == 1, "what was ticked is kept");
    let strange = chief.post(&looked.to, &[("want", r#"{"want":"reach","host":"https://evil.example"}"#)]).await?;
    ensure!(strange.status == 422);
    let all: Vec<(&str, &str)> = lines.iter().map(|(want, _)| ("want", want.as_str())).collect();
    let done = chief.post(&looked.to, &all).await?;
    ensure!(done.status == 303 && done.to == format!("{WEBHOOK}?said=installed"), "{} {}", done.status, done.page);
    let page = chief.look(&done.to).await?;
    ensure!(page.page.contains("Installert. Den kjører nå.") && ticks(&page.page).iter().all(|(_, on)| *on));
    // Somebody else's version is not taken; the owner's shows what is new alone, and what was granted before.
    let theirs = changed(&file("webhook.wasm"), |manifest| manifest.limits.cpu_ms = 150, Some(&KeyFile::fresh()?));
    let other = chief.upload(&theirs).await?;
    ensure!(other.status == 422 && other.page.contains("signert av noen andre"), "{}", other.status);
    let newer = chief.upload(&own(&["https://more.example.com"])).await?;
    let sheet = chief.look(&newer.to).await?;
    ensure!(sheet.page.contains("Kjent nøkkel") && sheet.page.contains("Fikk lov før"));
    let lines = ticks(&sheet.page);
    let fresh: Vec<_> = lines.iter().filter(|(_, on)| !on).collect();
    ensure!(fresh.len() == 1 && fresh[0].0.contains("more.example.com"), "{fresh:?}");
    let all: Vec<(&str, &str)> = lines.iter().map(|(want, _)| ("want", want.as_str())).collect();
    ensure!(chief.post(&newer.to, &all).await?.status == 303);
    // Taken back line by line, and the version before.
    let needed: Vec<_> = all.iter().filter(|(_, want)| !want.contains("more.example.com")).copied().collect();
    ensure!(chief.post(&format!("{WEBHOOK}/grants"), &needed).await?.status == 303);
    let plugin = house.desk.plugin(&eva, &id("saker.webhook")).await?;
    ensure!(plugin.wants.iter().filter(|line| !line.granted).count() == 1, "{:?}", plugin.wants);
    let refused = chief.post(&format!("{WEBHOOK}/grants"), &[]).await?;
    ensure!(refused.status == 422);
    // Where the first tick is missing the page begins.
    let begins =
        refused.page.split("<input").find(|tag| tag.split('>').next().is_some_and(|tag| tag.contains("autofocus")));
    ensure!(begins.is_some_and(|tag| tag.contains("id=\"want-0\"")), "{begins:?}");
    ensure!(refused.page.matches(" autofocus").count() == 1);
    ensure!(chief.post(&format!("{WEBHOOK}/rollback"), &[]).await?.status == 303);
    let plugin = house.desk.plugin(&eva, &id("saker.webhook")).await?;
    ensure!(plugin.wants.iter().all(|line| line.want != Want::Reach { host: "https://more.example.com".to_owned() }));
    // A file that nobody signed takes a tick of its own.
    ensure!(chief.post(&format!("{WEBHOOK}/remove"), &[]).await?.to.ends_with("said=removed"));
    let bare = changed(&file("webhook.wasm"), |manifest| manifest.limits.cpu_ms = 140, None);
    let looked = chief.upload(&bare).await?;
    let lines = ticks(&chief.look(&looked.to).await?.page);
    let mut all: Vec<(&str, &str)> = lines.iter().map(|(want, _)| ("want", want.as_str())).collect();
    let refused = chief.post(&looked.to, &all).await?;
    ensure!(refused.status == 422 && refused.page.contains("Kryss av hvis du stoler på filen"), "{}", refused.status);
    all.push(("unsigned", "yes"));
    ensure!(chief.post(&looked.to, &all).await?.status == 303);
    // A sheet that is gone.
    let gone = chief.look(&format!("/desk/admin/plugins/sheet/{}", "0".repeat(64))).await?;
    ensure!(gone.status == 404 && gone.page.contains("Last den opp på nytt"));
    // Publishers.
    let wrong = chief.post("/desk/admin/publishers", &[("key", "Ikke en nøkkel"), ("name", "Naboen")]).await?;
    ensure!(wrong.status == 422 && wrong.page.contains("Ikke en nøkkel") && wrong.page.contains("Naboen"));
    let key = key.publisher().to_string();
    ensure!(chief.post("/desk/admin/publishers", &[("key", &key), ("name", "Oss")]).await?.status == 303);
    ensure!(chief.look(PLUGINS).await?.page.contains(&key));
    ensure!(chief.post("/desk/admin/publishers/unpin", &[("key", &key)]).await?.status == 303);
    house.close().await;
    Ok(())
}

/// Nothing is saved that the plugin has something against, unless somebody knows better; and no secret is typed twice.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_checked_before_it_is_saved_and_what_was_typed_stays() -> Result<()> {
    let house = House::open().await?;
    let eva = house.agent("Eva").await?;
    let chief = Browser::of(&house, &eva).await?;
    let form = "/desk/admin/channels/new/saker.webhook";
    let bad = [
        ("name", "Butikken"),
        ("settings.text", "text"),
        ("settings.signature", "header"),
        ("settings.reply-address", "https://butikken.invalid/svar"),
        ("settings.body", "{\"to\": \"{customer}\"}"),
    ];
    let wordless = chief.post(form, &bad[..3]).await?;
    ensure!(wordless.status == 422 && wordless.page.contains("secrets.word-error"), "{}", wordless.page);
    ensure!(wordless.page.contains("Lagre likevel"), "there is no second choice");
    let refused = chief.post(form, &[&bad[..], &[("secrets.word", "sesam-sesam")]].concat()).await?;
    ensure!(refused.status == 422 && refused.page.contains("settings.body-error"), "{}", refused.page);
    ensure!(refused.page.contains("{customer}") && !refused.page.contains("sesam"));
    ensure!(house.desk.channels(&eva).await?.is_empty(), "it was saved all the same");
    let sealed = refused.page.split("name=\"carried.word\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let sealed = sealed.context("the secret has to be typed again")?;
    // A sample is tried with what is typed, and keeps it too.
    let sample = [("carried.word", sealed), ("sample", "text=Hei+%3Cb%3E&name=Kari")];
    let tried = chief.post(&format!("{form}/try"), &[&bad[..3], &sample].concat()).await?;
    ensure!(
        tried.status == 200 && tried.page.contains("Hei &lt;b&gt;") && tried.page.contains("Kari"),
        "{}",
        tried.page
    );
    ensure!(tried.page.contains("carried.word") && house.desk.channels(&eva).await?.is_empty());
    let nothing = chief.post(&format!("{form}/try"), &[&bad[..3], &[("sample", "{}")]].concat()).await?;
    ensure!(
        nothing.status == 422 && nothing.page.contains("settings.text-error") && nothing.page.contains("sample-error")
    );
    ensure!(nothing.page.contains("sier: «Hvor teksten står: "), "which setting is it about? {}", nothing.page);
    // Changed, it opens no more.
    let changed = format!("A{sealed}");
    let changed = chief.post(form, &[&bad[..3], &[("carried.word", changed.as_str())]].concat()).await?;
    ensure!(changed.status == 422 && changed.page.contains("secrets.word-error"), "{}", changed.status);
    // Who knows better.
    let saved = chief.post(form, &[&bad[..], &[("carried.word", sealed), ("anyway", "yes")]].concat()).await?;
    ensure!(saved.status == 303 && saved.to.ends_with("said=saved"), "{} {}", saved.status, saved.page);
    let channel = house.desk.channels(&eva).await?.pop().context("nothing was saved")?;
    ensure!(channel.secrets == ["word"] && channel.settings["body"] == bad[4].1);
    let path = saved.to.split('?').next().context("no address")?.to_owned();
    ensure!(chief.post(&path, &bad).await?.status == 422);
    let hook = channel.hook_url.context("no address")?;
    // What a check found stays on the account, until a check or a call goes well.
    let is_wrong = async || -> Result<bool> {
        let said = [
            chief.look(&path).await?.page,
            chief.look("/desk/admin/channels").await?.page,
            chief.look(WEBHOOK).await?.page,
        ]
        .map(|page| page.contains("Sjekken feilet"));
        ensure!(said.iter().all(|one| *one == said[0]), "{said:?}");
        Ok(said[0])
    };
    ensure!(!is_wrong().await?);
    ensure!(chief.post(&format!("{path}/check"), &[]).await?.status == 422 && is_wrong().await?);
    let failure = eventually(async || Ok(house.desk.channel(&eva, &channel.id).await?.failure)).await?;
    ensure!(failure.starts_with("config: body: "), "{failure}");
    let page = chief.look(&path).await?.page;
    ensure!(!page.contains("config:") && page.contains("Innstillingene passer ikke: "), "{page}");
    let word = [("x-signature", "sesam-sesam")];
    ensure!(post_json(&house, &hook, &word, r#"{ "text": "Hei" }"#).await?.0 == 200, "it is another secret");
    ensure!(!is_wrong().await?, "it works");
    ensure!(chief.post(&format!("{path}/check"), &[]).await?.status == 422 && is_wrong().await?);
    ensure!(chief.post(&path, &[&bad[..3], &[("secrets.word", "sesam-sesam")]].concat()).await?.status == 303);
    ensure!(!is_wrong().await?, "it was checked and saved");
    house.close().await;
    Ok(())
}

/// What a plugin reads in its memory while settings are tried is empty, and no reason to refuse them.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_remembers_is_added_on_its_page_and_its_code_is_there_to_copy() -> Result<()> {
    let house = House::open().await?;
    let eva = house.agent("Eva").await?;
    let chief = Browser::of(&house, &eva).await?;
    let plugin = id("saker.chat");
    let sheet = house.desk.look_at_shipped_plugin(&eva, &plugin).await?;
    let granted: Vec<Want> = sheet.wants.into_iter().map(|wanted| wanted.want).collect();
    let install = Install { file: sheet.file, granted: granted.clone(), unsigned: false };
    house.desk.install_plugin(&eva, install).await?;
    let fields = [
        ("name", "Nettstedet"),
        ("settings.language", "nb"),
        ("settings.ask", "during"),
        ("settings.when-away", "form"),
        ("settings.color", "#4B45C6"),
        ("settings.side", "right"),
        ("settings.minutes", "5"),
    ];
    let saved = chief.post("/desk/admin/channels/new/saker.chat", &fields).await?;
    ensure!(saved.status == 303 && saved.to.ends_with("said=kept"), "{} {} {}", saved.status, saved.to, saved.page);
    let path = saved.to.split('?').next().context("no address")?.to_owned();
    ensure!(chief.post(&path, &fields).await?.status == 303, "it can't be saved again");
    ensure!(chief.post(&format!("{path}/connect"), &[]).await?.status == 303);
    let page = chief.look(&path).await?.page;
    let code = page.split("id=\"code-0\"").nth(1).and_then(|rest| rest.split("</textarea>").next());
    let code = code.context("there is no field with the code")?;
    ensure!(code.contains("&lt;script src=") && page.contains("Kode til nettstedet"), "{code}");
    // Where it may really not remember, that is said.
    let without: Vec<Want> = granted.into_iter().filter(|want| !matches!(want, Want::Remember { .. })).collect();
    house.desk.grant(&eva, &plugin, without).await?;
    let refused = chief.post(&path, &fields).await?;
    ensure!(refused.status == 422 && refused.page.contains("samtalene må huskes"), "{}", refused.status);
    house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_filled_in_checked_paused_and_given_up() -> Result<()> {
    let house = House::open().await?;
    let eva = house.agent("Eva").await?;
    let chief = Browser::of(&house, &eva).await?;
    let form = "/desk/admin/channels/new/saker.webhook";
    let blank = chief.look(form).await?;
    ensure!(blank.status == 200 && blank.page.contains("Hvor teksten står") && blank.page.contains("Hemmelig ord"));
    let wrong = chief
        .post(
            form,
            &[
                ("settings.text", "message.text"),
                ("settings.signature", "perhaps"),
                ("settings.reply-address", "ftp://<b>butikk"),
                ("secrets.word", "sesam-sesam"),
            ],
        )
        .await?;
    ensure!(wrong.status == 422, "{}", wrong.status);
    for words in [
        "name-error",
        "settings.reply-address-error",
        "settings.signature-error",
        "https://",
        "message.text",
        "ftp://&lt;b&gt;butikk",
    ] {
        ensure!(wrong.page.contains(words), "{words} is not on {}", wrong.page);
    }
    ensure!(!wrong.page.contains("sesam"), "a secret is sent back to nobody");
    ensure!(house.desk.channels(&eva).await?.is_empty());
    let right = [
        ("name", "Butikken <1>"),
        ("settings.text", "message.text"),
        ("settings.signature", "header"),
        ("secrets.word", "sesam-sesam"),
    ];
    let added = chief.post(form, &right).await?;
    ensure!(added.status == 303 && added.to.contains("/desk/admin/channels/"), "{} {}", added.status, added.page);
    let path = added.to.split('?').next().context("no address")?.to_owned();
    // A second account of the same channel.
    ensure!(chief.post(form, &[("name", "Lageret"), ("settings.text", "text")]).await?.status == 303);
    let list = chief.look("/desk/admin/channels").await?;
    ensure!(list.page.contains("Butikken &lt;1&gt;") && list.page.contains("Lageret"), "{}", list.page);
    let page = chief.look(&path).await?;
    ensure!(page.page.contains("/hooks/") && page.page.contains("vises aldri igjen") && !page.page.contains("sesam"));
    let channel =
        house.desk.channels(&eva).await?.into_iter().find(|one| one.name.starts_with("Butikken")).context("none")?;
    let hook = channel.hook_url.clone().context("no address")?;
    let call = r#"{ "id": "m1", "conversation": "c1", "user": "kari77", "name": "Kari", "message": { "text": "Den virker ikke" } }"#;
    let word = [("x-signature", "sesam-sesam")];
    ensure!(post_json(&house, &hook, &word, call).await?.0 == 200);
    let heard = house.desk.channel(&eva, &channel.id).await?.heard_at;
    ensure!(heard.is_some(), "it was heard");
    // Saved again with the secret left empty: it stays. Named wrongly, nothing is changed.
    let renamed = [("name", "Butikken"), ("settings.text", "message.text"), ("settings.signature", "header")];
    ensure!(chief.post(&path, &renamed).await?.status == 303);
    ensure!(chief.post(&path, &[("name", ""), ("settings.text", "text")]).await?.status == 422);
    let second = call.replace("m1", "m2");
    ensure!(post_json(&house, &hook, &word, &second).await?.0 == 200, "the secret is the same");
    ensure!(chief.post(&format!("{path}/check"), &[]).await?.to.ends_with("said=works"));
    // On pause nothing is taken, and everything else stays as it is.
    ensure!(chief.post(&format!("{path}/pause"), &[]).await?.status == 303);
    let paused = house.desk.channel(&eva, &channel.id).await?;
    ensure!(
        paused.state == ChannelState::Off && paused.settings["signature"] == "header" && paused.secrets == ["word"]
    );
    ensure!(chief.post(&path, &renamed).await?.status == 303);
    ensure!(house.desk.channel(&eva, &channel.id).await?.state == ChannelState::Off, "saving does not wake it up");
    ensure!(chief.post(&format!("{path}/resume"), &[]).await?.status == 303);
    ensure!(house.desk.channel(&eva, &channel.id).await?.state == ChannelState::On);
    // As a version before left it, which had other settings: it can be stopped all the same, and what the newer one proposes
    // holds where nobody has said anything.
    let saved = r#"{"text":"message.text","older":true}"#;
    sqlx::query("update channel set settings = $1 where account_id = $2")
        .bind(saved)
        .bind(channel.id.clone())
        .execute(house.desk.db().read())
        .await?;
    ensure!(chief.post(&format!("{path}/pause"), &[]).await?.status == 303);
    ensure!(house.desk.channel(&eva, &channel.id).await?.state == ChannelState::Off);
    ensure!(chief.post(&format!("{path}/resume"), &[]).await?.status == 303);
    let resumed = house.desk.channel(&eva, &channel.id).await?;
    ensure!(resumed.state == ChannelState::On && resumed.settings["method"] == "post", "{:?}", resumed.settings);
    // The secret is forgotten when somebody says so.
    ensure!(chief.post(&path, &[&renamed[..2], &[("forget.word", "yes")]].concat()).await?.status == 303);
    ensure!(house.desk.channel(&eva, &channel.id).await?.secrets.is_empty());
    // The last that reads mail, or writes from templates, says what is missed without it.
    ensure!(
        chief.look(&format!("{PLUGINS}/saker.email/remove")).await?.page.contains("Ingen annen utvidelse leser e-post")
    );
    ensure!(chief.look(&format!("{PLUGINS}/saker.templates/remove")).await?.page.contains("skriver ut fra maler"));
    ensure!(!chief.look(&format!("{WEBHOOK}/remove")).await?.page.contains("Ingen annen utvidelse"));
    // The plugin can't go before its accounts.
    let stays = chief.look(&format!("{WEBHOOK}/remove")).await?;
    ensure!(stays.page.contains("Butikken") && stays.page.contains("Lageret") && !stays.page.contains("btn-danger"));
    ensure!(chief.post(&format!("{WEBHOOK}/remove"), &[]).await?.status == 422);
    ensure!(chief.look(&format!("{path}/remove")).await?.page.contains("btn-danger"));
    ensure!(chief.post(&format!("{path}/remove"), &[]).await?.status == 303);
    ensure!(chief.look(&path).await?.status == 404);
    ensure!(house.rows(&eva, List::Unassigned).await?.len() == 1, "its request stays");
    house.close().await;
    Ok(())
}

/// Where a plugin may not be called, its accounts say so, and need nobody once it may.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_nobody_may_call_says_so_and_comes_back_by_itself() -> Result<()> {
    let house = House::open().await?;
    let eva = house.agent("Eva").await?;
    let chief = Browser::of(&house, &eva).await?;
    let telegram = id("saker.telegram");
    let sheet = house.desk.look_at_shipped_plugin(&eva, &telegram).await?;
    let all: Vec<Want> = sheet.wants.into_iter().map(|wanted| wanted.want).collect();
    let some = all.iter().filter(|want| !matches!(want, Want::BeCalled { .. })).cloned().collect();
    house.desk.install_plugin(&eva, Install { file: sheet.file, granted: some, unsigned: false }).await?;
    let new = NewChannel {
        name: "Boten".to_owned(),
        settings: serde_json::from_str(r#"{ "server": "https://telegram.invalid" }"#)?,
        secrets: [("token".to_owned(), "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw".to_owned())].into(),
        ..NewChannel::default()
    };
    let account = house.desk.add_channel(&eva, &telegram, new).await?;
    let path = format!("/desk/admin/channels/{}", account.id);
    let page = chief.look(&path).await?.page;
    ensure!(page.contains("Ikke tillatt") && page.contains("/desk/admin/plugins/saker.telegram#grants"), "{page}");
    ensure!(chief.look("/desk/admin/channels").await?.page.contains("Ikke tillatt"));
    // The other side is told to come again, and not that it came too often; nothing else becomes of the account.
    let hook = account.hook_url.context("no address")?;
    let (status, said) = post_json(&house, &hook, &[("accept-language", "nb")], "{}").await?;
    ensure!(status == 503 && said.contains("kan ikke tas imot akkurat nå"), "{status} {said}");
    ensure!(house.desk.channel(&eva, &account.id).await?.state == ChannelState::On);
    // One that was stopped by it before goes on when it is granted.
    sqlx::query("update channel set paused_at = 1, paused_why = $1 where account_id = $2")
        .bind(Setback::MayNotBeCalled.as_str())
        .bind(account.id.clone())
        .execute(house.desk.db().read())
        .await?;
    house.desk.grant(&eva, &telegram, all).await?;
    let healed = house.desk.channel(&eva, &account.id).await?;
    ensure!(healed.state == ChannelState::On && healed.why.is_none() && !healed.not_called, "{healed:?}");
    house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_plugin_did_stands_on_its_pages() -> Result<()> {
    let house = House::open().await?;
    let eva = house.agent("Eva").await?;
    let chief = Browser::of(&house, &eva).await?;
    let webhook = id("saker.webhook");
    // As the host writes it down; how it gets there is told in the stories of plugins.
    let now = house.desk.clock().now();
    let deed = |failed: bool| desk::plugin::Deed {
        plugin: webhook.clone(),
        hash: "h".to_owned(),
        account: None,
        at: now,
        door: "send",
        outcome: if failed { "it took <too> long".to_owned() } else { "well".to_owned() },
        failed,
        error: false,
        micros: 12_000,
        computing: 3_000,
        record: failed.then(|| r#"{"door":"send"}"#.to_owned()),
    };
    let line = |level, words: &str| desk::plugin::Line {
        plugin: webhook.clone(),
        account: None,
        at: now,
        level,
        words: words.to_owned(),
    };
    let lines: Vec<_> =
        (0..120).map(|n| line("info", &format!("runde {n}"))).chain([line("error", "100% <b>feil")]).collect();
    let departure = |decision: &str, status| desk::plugin::Departure {
        plugin: webhook.clone(),
        account: None,
        at: now,
        method: "POST".to_owned(),
        host: "butikk.example".to_owned(),
        path: "/svar".to_owned(),
        headers: "authorization, content-type".to_owned(),
        status,
        sent: 212,
        received: 1_800,
        micros: 84_000,
        decision: decision.to_owned(),
    };
    let left =
        [departure("allowed", Some(200)), departure(&Setback::Denied.about("that address was not granted"), None)];
    ensure!(chief.look(&format!("{WEBHOOK}/log")).await?.page.contains("Ingenting i loggen ennå."));
    let objection = desk::plugin::Deed {
        door: "check",
        outcome: "config: body: not JSON".to_owned(),
        failed: false,
        error: true,
        ..deed(false)
    };
    let nobody = departure(&Setback::NoSuchServer.about("butikk.example"), None);
    let mut doings = desk::plugin::Doings {
        deeds: vec![deed(false), deed(true), objection.clone()],
        failures: vec![deed(true), objection],
        lines,
        departures: [&left[..], &[nobody]].concat(),
    };
    house.desk.note_plugin_use(&mut doings).await?;
    for (days, columns) in [("1", 24), ("7", 28), ("30", 30), ("99999999999999999999", 24)] {
        let page = chief.look(&format!("{WEBHOOK}?days={days}")).await?;
        ensure!(page.status == 200 && page.page.matches("class=\"chart\"").count() == 5, "{columns}");
        ensure!(page.page.contains("12 ms") && page.page.contains("<td class=\"r\">1</td>"), "{}", page.page);
    }
    let log = chief.look(&format!("{WEBHOOK}/log")).await?;
    ensure!(log.page.contains("100% &lt;b&gt;feil") && log.page.contains("after="), "{}", log.page);
    let errors = chief.look(&format!("{WEBHOOK}/log?level=warn")).await?;
    ensure!(errors.page.contains("100% &lt;b&gt;feil") && !errors.page.contains("runde"));
    let found = chief.look(&format!("{WEBHOOK}/log?words=100%25")).await?;
    ensure!(found.page.contains("&lt;b&gt;feil") && !found.page.contains("runde 100"), "a percent sign is one");
    ensure!(chief.look(&format!("{WEBHOOK}/log?level=%00&words=%ff&after=%27")).await?.status < 500);
    let egress = chief.look(&format!("{WEBHOOK}/egress")).await?;
    ensure!(
        egress.page.contains("butikk.example")
            && egress.page.contains("Ikke tillatt (that address was not granted)")
            && egress.page.contains("212\u{a0}B")
    );
    // Stopped is what was stopped here; the other one left, and nobody answered.
    ensure!(egress.page.matches("Stoppet").count() == 1 && egress.page.matches("Fikk ikke svar").count() == 1);
    let calls = chief.look(&format!("{WEBHOOK}/calls")).await?;
    ensure!(calls.page.contains("it took &lt;too&gt; long"));
    // How it ended and what it was called for are said in words, and both kinds of errors are counted.
    for words in ["Innstillingene passer ikke: body: not JSON", "Sjekke innstillingene", "Kall med feil"] {
        ensure!(calls.page.contains(words), "{words} is not on {}", calls.page);
    }
    ensure!(chief.look(PLUGINS).await?.page.contains("kall, 2 med feil, "));
    ensure!(log.page.contains(">Opplysning<") && log.page.contains(">Feil<") && !log.page.contains(">info<"));
    let kept = house.desk.plugin_calls(&eva, &webhook, None).await?;
    let kept: Vec<_> = kept.into_iter().filter(|call| call.record.is_some()).collect();
    let record = chief.look(&format!("{WEBHOOK}/calls/{}", kept[0].id)).await?;
    ensure!(record.status == 200 && record.page == r#"{"door":"send"}"#);
    ensure!(chief.look(&format!("{WEBHOOK}/calls/none")).await?.status == 404);
    // One that switched itself off says so on every page, when it comes back, and can be tried at once.
    let hash: String = sqlx::query_scalar("select hash from plugin where id = 'saker.webhook'")
        .fetch_one(house.desk.db().read())
        .await?;
    house.desk.trip_plugin(&webhook, &hash, None, "it took <too> long").await?;
    ensure!(house.desk.plugin(&eva, &webhook).await?.retry_at.is_some_and(|at| at > now));
    for path in [PLUGINS, WEBHOOK, "/desk/admin/channels", "/desk/mine"] {
        ensure!(chief.look(path).await?.page.contains("har feilet og slått seg av"), "{path}");
    }
    ensure!(
        !Browser::of(&house, &house.agent("Ane").await?).await?.look("/desk/mine").await?.page.contains("slått seg av")
    );
    ensure!(chief.look(WEBHOOK).await?.page.contains("prøves igjen"));
    // What a plugin says stands as it is; what the host says is in the reader's words.
    ensure!(chief.look(WEBHOOK).await?.page.contains("it took &lt;too&gt; long"));
    house.desk.switch_plugin(&eva, &webhook, true).await?;
    house.desk.trip_plugin(&webhook, &hash, None, Setback::TooMuchComputing.as_str()).await?;
    ensure!(chief.look(WEBHOOK).await?.page.contains("Den siste gangen: den regnet for lenge."));
    house.desk.switch_plugin(&eva, &webhook, true).await?;
    house.desk.trip_plugin(&webhook, &hash, None, &Setback::NotCompiled.about("a jump too far")).await?;
    ensure!(chief.look(WEBHOOK).await?.page.contains("startes: koden dens kan ikke brukes (a jump too far)."));
    ensure!(chief.post(&format!("{WEBHOOK}/on"), &[]).await?.status == 303);
    ensure!(house.desk.plugin(&eva, &webhook).await?.state == PluginState::On);
    ensure!(chief.post(&format!("{WEBHOOK}/off"), &[]).await?.status == 303);
    ensure!(chief.look(WEBHOOK).await?.page.contains("Slå på"));
    // Installed as it comes from its file again, it stays off until somebody switches it on.
    install(&house, &eva, file("webhook.wasm")).await?;
    ensure!(house.desk.plugin(&eva, &webhook).await?.state == PluginState::Off);
    house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_with_saker_is_installed_from_its_list_and_set_up_on_its_page() -> Result<()> {
    let house = House::open().await?;
    let eva = house.agent("Eva").await?;
    let chief = Browser::of(&house, &eva).await?;
    let list = chief.look(PLUGINS).await?;
    ensure!(list.page.contains("Følger med Saker") && list.page.contains("Stikkord"), "{}", list.status);
    ensure!(house.desk.plugins(&eva).await?.iter().all(|plugin| plugin.id != id("saker.keywords")), "it waits");
    ensure!(chief.post(&format!("{PLUGINS}/shipped/no.such"), &[]).await?.status == 404);
    let looked = chief.post(&format!("{PLUGINS}/shipped/saker.keywords"), &[]).await?;
    ensure!(looked.status == 303 && looked.to.starts_with("/desk/admin/plugins/sheet/"), "{}", looked.status);
    let sheet = chief.look(&looked.to).await?;
    let wants = ticks(&sheet.page);
    let fields: Vec<(&str, &str)> = wants.iter().map(|(want, _)| ("want", want.as_str())).collect();
    ensure!(sheet.page.contains("Den kan ikke") && sheet.page.contains("se andre utvidelser"));
    let installed = chief.post(&looked.to, &fields).await?;
    ensure!(installed.status == 303, "{} {}", installed.status, installed.page);
    // Of fourteen lines it is said whose they are.
    let looked = chief.post(&format!("{PLUGINS}/shipped/saker.sms"), &[]).await?;
    let sheet = chief.look(&looked.to).await?.page;
    ensure!(sheet.contains("Bare for Twilio.") && sheet.contains("Bare for Vonage."), "{sheet}");
    ensure!(!chief.look(&installed.to).await?.page.contains("/channels/new/"), "it has no accounts");
    // A channel does nothing without an account: the way there stands where it was installed, and where it stands alone.
    let channel = chief.look(&format!("{WEBHOOK}?said=installed")).await?.page;
    ensure!(channel.matches("/desk/admin/channels/new/saker.webhook").count() == 2, "{channel}");
    ensure!(chief.look(WEBHOOK).await?.page.contains("har ingen konto ennå"));

    let settings = format!("{PLUGINS}/saker.keywords/settings");
    ensure!(chief.look(&settings).await?.page.contains("Ord og hva de betyr"));
    // What is missing is told beside its field.
    let refused = chief.post(&settings, &[("settings.words", "")]).await?;
    ensure!(refused.status == 422 && refused.page.contains("settings.words-error"), "{}", refused.status);
    // What makes no sense to the plugin too, in the reader's language, and nothing of it is kept.
    let nonsense = chief.post(&settings, &[("settings.words", "faktura = tag: penger\nhaster nå")]).await?;
    ensure!(
        nonsense.status == 422
            && nonsense.page.contains("settings.words-error")
            && nonsense.page.contains("Linje 2, «haster nå», sier ikke hva ordene betyr")
            && nonsense.page.contains("faktura = tag: penger"),
        "{} {}",
        nonsense.status,
        nonsense.page
    );
    ensure!(house.desk.plugin_settings(&eva, &id("saker.keywords")).await?.settings.is_empty(), "it was kept");
    let words = "faktura, purring = tag: penger";
    let saved = chief.post(&settings, &[("settings.words", words)]).await?;
    ensure!(saved.status == 303 && saved.to.ends_with("said=kept"), "{} {}", saved.status, saved.to);
    ensure!(chief.look(&settings).await?.page.contains(words));
    let kept = house.desk.plugin_settings(&eva, &id("saker.keywords")).await?;
    ensure!(kept.settings["words"] == words);
    // A channel has its settings at its accounts; who is no administrator finds none of it.
    ensure!(chief.look(&format!("{WEBHOOK}/settings")).await?.status == 404);
    let agent = Browser::of(&house, &house.agent("Ane").await?).await?;
    ensure!(agent.look(&settings).await?.status == 404);
    ensure!(agent.post(&format!("{PLUGINS}/shipped/saker.slack"), &[]).await?.status == 404);
    house.close().await;
    Ok(())
}
