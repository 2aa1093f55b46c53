//! The doors that anybody may knock at: what strangers are told there, how often, and who is kept out.

use anyhow::{Context, Result, ensure};
use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{HeaderMap, Request, request::Builder},
};
use desk::model::{Access, Actor, ContactSettings, Draft, List, Merge, Ticket};
use std::{collections::BTreeMap, net::SocketAddr, path::Path};
use tests::House;
use tower::ServiceExt;

struct Answer {
    status: u16,
    headers: HeaderMap,
    page: String,
}

impl Answer {
    fn to(&self) -> &str {
        self.headers.get("location").and_then(|to| to.to_str().ok()).unwrap_or_default()
    }

    fn cookies(&self) -> Vec<&str> {
        self.headers.get_all("set-cookie").iter().filter_map(|cookie| cookie.to_str().ok()).collect()
    }

    /// A cookie as the browser sends it along from now on.
    fn cookie(&self, name: &str) -> Result<String> {
        let begin = format!("{name}=");
        let cookie = self.cookies().into_iter().find(|cookie| cookie.starts_with(&begin)).context("no cookie")?;
        Ok(cookie.split(';').next().unwrap_or_default().to_owned())
    }
}

/// One Saker, as browsers reach it.
struct Doors {
    house: House,
    router: axum::Router,
}

impl Doors {
    async fn open(more: &[&str]) -> Result<Doors> {
        Self::of(House::open_with(more).await?)
    }

    fn of(house: House) -> Result<Doors> {
        let router = server::http::router(server::http::App::new(house.desk.clone(), true));
        Ok(Doors { house, router })
    }

    async fn ask(&self, request: Request<Body>) -> Result<Answer> {
        let answer = self.router.clone().oneshot(request).await?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let bytes = axum::body::to_bytes(answer.into_body(), 64 << 20).await?;
        Ok(Answer { status, headers, page: String::from_utf8_lossy(&bytes).into_owned() })
    }

    async fn look(&self, path: &str) -> Result<Answer> {
        self.ask(Request::get(path).header("cookie", "language=nb").body(Body::empty())?).await
    }

    /// Sends a form with files to an address.
    async fn form(&self, request: Builder, fields: &[(&str, &str)], file: Option<&str>) -> Result<Answer> {
        let mut body = String::new();
        for (name, value) in fields {
            body += &format!("--xx\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        }
        if let Some(file) = file {
            body += "--xx\r\nContent-Disposition: form-data; name=\"files\"; filename=\"bilde.png\"\r\nContent-Type: image/png\r\n\r\n";
            body += &format!("{file}\r\n");
        }
        body += "--xx--\r\n";
        let request = request.header("content-type", "multipart/form-data; boundary=xx");
        self.ask(request.body(Body::from(body))?).await
    }

    /// A new request, by somebody who typed this address.
    async fn send(&self, cookie: &str, email: &str, key: &str) -> Result<Answer> {
        let category = self.house.desk.open_categories().await?.remove(0).id;
        let fields = [
            ("category", category.as_str()),
            ("title", "Skriver i gangen"),
            ("text", "Den står."),
            ("name", "Fremmed"),
            ("email", email),
            ("key", key),
        ];
        self.form(Request::post("/new").header("cookie", format!("language=nb; {cookie}")), &fields, None).await
    }

    async fn ticket(&self, answer: &Answer) -> Result<Ticket> {
        ensure!(answer.status == 303, "{} {}", answer.status, answer.page);
        let number = answer.to().split('/').nth(2).context("no number")?.parse()?;
        Ok(self.house.desk.ticket(&self.house.agent("Ane").await?, number).await?)
    }

    /// Tries a password at the agents' door.
    async fn sign_in(&self, from: &str, cookie: &str, email: &str, password: &str) -> Result<Answer> {
        let body = format!("email={email}&password={password}");
        let request = at(from, Request::post("/desk/sign-in"))?
            .header("content-type", "application/x-www-form-urlencoded")
            .header("cookie", cookie)
            .body(Body::from(body))?;
        self.ask(request).await
    }
}

/// From this address.
fn at(from: &str, request: Builder) -> Result<Builder> {
    Ok(request.extension(ConnectInfo(SocketAddr::new(from.parse()?, 4711))))
}

/// Files that lie among the blobs, in folders; beside these lies what the store is called.
fn kept(folder: &Path) -> Result<Vec<std::path::PathBuf>> {
    let mut files = vec![];
    for folder in std::fs::read_dir(folder.join("blobs"))? {
        for file in std::fs::read_dir(folder?.path()).into_iter().flatten() {
            files.push(file?.path());
        }
    }
    Ok(files)
}

/// POR-1: whoever types somebody's address gets nothing of theirs, whatever becomes of the request.
#[tokio::test(flavor = "multi_thread")]
async fn a_typed_address_opens_nothing() -> Result<()> {
    let doors = Doors::open(&[]).await?;
    let (house, desk) = (&doors.house, &doors.house.desk);
    let ane = house.agent("Ane").await?;
    house.mail("kari@fjord.no", "From: Kari Nordmann <kari@fjord.no>\nSubject: Hemmelig kontrakt\n\nSe her.").await?;
    house.rest().await?;
    let hers = house.only(&ane, List::Latest).await?;
    let kari = hers.contacts[0].id.clone();
    let settings = desk.contact_settings(&ane, &kari).await?;
    let emails = vec!["kari@fjord.no".to_owned(), "kari@hjemme.example".to_owned()];
    desk.save_contact(&ane, &kari, ContactSettings { emails, ..settings }).await?;

    let sent = doors.send("", "Kari@hjemme.example", "once").await?;
    let ticket = doors.ticket(&sent).await?;
    ensure!(ticket.contacts[0].id == kari, "her request it is all the same");
    let again = doors.send("", "kari@hjemme.example", "once").await?;
    ensure!(again.to() == sent.to(), "the same form again");
    let place = sent.to().to_owned();
    let key = place.rsplit('/').next().context("no key")?;
    let link = ticket.link.clone().context("no link")?;
    ensure!(!link.ends_with(key), "the browser got her private link");

    let shows = async |told: &str| {
        let page = doors.look(&place).await?;
        ensure!(page.status == 200, "{told}: {}", page.status);
        let number = format!("#{}", ticket.number);
        ensure!(page.page.replace("<!>", "").contains(&number), "{told}: no number");
        ensure!(page.page.contains("kari@hjemme.example"), "{told}: not what was typed");
        for theirs in ["Nordmann", "kari@fjord.no", "Skriver i gangen", "Slå den av", "Hemmelig", "Ane", link.as_str()]
        {
            ensure!(!page.page.contains(theirs), "{told}: it tells {theirs}");
        }
        for number in [ticket.number, hers.number] {
            ensure!(doors.look(&format!("/r/{number}/{key}")).await?.status == 404, "{told}: a way into {number}");
        }
        Ok(())
    };
    shows("at once").await?;
    let reply = Draft { text: "Slå den av og på.".into(), access: Access::External, ..Draft::default() };
    desk.reply(&ane, &ticket.id, reply).await?;
    house.rest().await?;
    shows("answered").await?;
    let merge = Merge {
        into: hers.id.clone(),
        from: vec![ticket.id.clone()],
        keep: None,
        each: BTreeMap::new(),
        fields: BTreeMap::new(),
    };
    desk.merge(&ane, merge).await?;
    house.rest().await?;
    shows("merged").await?;
    // Made up, or another's.
    for wrong in
        [format!("/sent/{}/{key}", hers.number), format!("/sent/{}/x", ticket.number), format!("/sent/0/{key}")]
    {
        ensure!(doors.look(&wrong).await?.status == 404, "{wrong}");
    }

    // Somebody else who is signed in is no more her than a stranger is; she herself goes to her request.
    let session = async |address: &str| {
        desk.ask_link(address, desk::model::Language::Nb).await?;
        house.rest().await?;
        let mails = desk.sent_mail(&Actor::System, 100).await?.into_iter().filter(|mail| mail.recipient == address);
        let link = mails.map(|mail| mail.text).find(|text| text.contains("/sign-in/")).context("no mail")?;
        let token =
            link.split("/sign-in/").nth(1).and_then(|rest| rest.split_whitespace().next()).context("no link")?;
        Ok::<_, anyhow::Error>(format!("session={}", desk.redeem_link(token).await?))
    };
    doors.send("", "per@elsewhere.example", "").await?;
    house.rest().await?;
    let (per, own) = (session("per@elsewhere.example").await?, session("kari@fjord.no").await?);
    let by_per = doors.send(&per, "kari@fjord.no", "per").await?;
    let theirs = doors.ticket(&by_per).await?.link.context("no link")?;
    ensure!(!theirs.ends_with(by_per.to().rsplit('/').next().unwrap_or_default()));
    let by_her = doors.send(&own, "kari@fjord.no", "kari").await?;
    let link = doors.ticket(&by_her).await?.link.context("no link")?;
    ensure!(by_her.to() == link.replacen("/r/", "/sent/", 1), "{}", by_her.to());
    ensure!(doors.send(&own, "kari@fjord.no", "kari").await?.to() == by_her.to());
    let page = doors.look(by_her.to()).await?.page;
    ensure!(page.contains("Skriver i gangen") && page.contains(&link), "{page}");
    doors.house.close().await;
    Ok(())
}

/// RFC 6265, section 4.1.2.5; RFC 6797.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_goes_by_no_line_that_others_read() -> Result<()> {
    for (more, safe) in [(&["--public-url", "https://help.nordvik.example"][..], true), (&[], false)] {
        let doors = Doors::open(more).await?;
        let inside = doors.sign_in("198.51.100.1", "", "ane@company.com", server::demo::PASSWORD).await?;
        ensure!(inside.to() == "/desk" && !inside.cookies().is_empty(), "{}", inside.to());
        for cookie in inside.cookies() {
            ensure!(cookie.contains("HttpOnly") && cookie.contains("; Secure") == safe, "{cookie}");
        }
        let out = Request::post("/desk/sign-out").header("cookie", inside.cookie("session")?).body(Body::empty())?;
        let out = doors.ask(out).await?;
        ensure!(
            out.cookies().iter().any(|cookie| cookie.starts_with("session=;") && cookie.contains("; Secure") == safe)
        );
        for path in ["/", "/desk/sign-in", "/healthz", "/api/v1/requests"] {
            let told = doors.look(path).await?.headers.contains_key("strict-transport-security");
            ensure!(told == safe, "{path}");
        }
        doors.house.close().await;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_locks_an_agent_out() -> Result<()> {
    let doors = Doors::open(&[]).await?;
    let (ane, right) = ("ane@company.com", server::demo::PASSWORD);
    let inside = doors.sign_in("198.51.100.1", "", ane, right).await?;
    let browser = inside.cookie("browser")?;
    ensure!(
        inside.cookies().iter().any(|cookie| cookie.contains("browser=") && cookie.contains("Path=/desk/sign-in;"))
    );
    for _ in 0..15 {
        doors.sign_in("203.0.113.9", "", ane, "gjett").await?;
    }
    let refused = doors.sign_in("203.0.113.9", "", ane, right).await?;
    ensure!(refused.to().contains("why=wait"), "{}", refused.to());
    ensure!(doors.sign_in("198.51.100.1", "", ane, right).await?.to() == "/desk", "from elsewhere");
    ensure!(doors.sign_in("203.0.113.9", &browser, ane, right).await?.to() == "/desk", "in a browser that is known");
    // Refused tries keep nobody out for longer.
    let tries = "select cast(count(*) as bigint) from attempt where subject like 'sign-in:%203.0.113.9'";
    let noted: i64 = sqlx::query_scalar(tries).fetch_one(doors.house.desk.db().read()).await?;
    ensure!(noted == 10, "{noted}");

    // Many places together run dry too, and a browser that is known still comes in.
    let mut write = doors.house.desk.db().write().await?;
    let now = doors.house.desk.clock().now();
    for _ in 0..100 {
        sqlx::query("insert into attempt (subject, at) values ('sign-in:ane@company.com', $1)")
            .bind(now)
            .execute(write.sql())
            .await?;
    }
    write.commit().await?;
    ensure!(doors.sign_in("192.0.2.77", "", ane, right).await?.to().contains("why=wait"), "all places together");
    let mine = doors.sign_in("192.0.2.77", &browser, ane, right).await?;
    ensure!(
        mine.to() == "/desk" && mine.cookie("browser")? == browser,
        "the same browser stays known by the same mark"
    );
    // What is known of one agent's browser is worth nothing for another, nor is what somebody made up.
    for made_up in ["browser=abc", "browser=.", "browser=a.b"] {
        ensure!(doors.sign_in("192.0.2.77", made_up, ane, right).await?.to().contains("why=wait"), "{made_up}");
    }
    for _ in 0..10 {
        ensure!(doors.sign_in("192.0.2.8", &browser, "bo@company.com", "gjett").await?.to().contains("why=wrong"));
    }
    ensure!(doors.sign_in("192.0.2.8", &browser, "bo@company.com", right).await?.to().contains("why=wait"));
    // With the browser itself there are no more guesses than without.
    for _ in 0..10 {
        doors.sign_in("192.0.2.9", &browser, ane, "gjett").await?;
    }
    ensure!(doors.sign_in("192.0.2.9", &browser, ane, right).await?.to().contains("why=wait"));
    doors.house.close().await;
    Ok(())
}

/// Posts that nobody signed in for have a bound for each place, and behind a proxy a place is what the proxy says.
#[tokio::test(flavor = "multi_thread")]
async fn one_place_posts_no_more_than_an_office_does() -> Result<()> {
    let doors = Doors::of(House::open_at(1_795_510_800_000_000).await?)?;
    let fields = [("title", "Skriver"), ("text", "Den <står>."), ("name", "Kari"), ("email", "")];
    let post = async |peer: &str, forwarded: &str, path: &str, file| {
        let request =
            at(peer, Request::post(path))?.header("cookie", "language=nb").header("x-forwarded-for", forwarded);
        doors.form(request, &fields, file).await
    };
    for n in 0..120 {
        let told = post("127.0.0.1", "203.0.113.9", "/new", None).await?;
        ensure!(told.status == 422, "{n}: {}", told.status);
    }
    let before = kept(doors.house.folder())?.len();
    let refused = post("127.0.0.1", "203.0.113.9", "/new", Some("stort")).await?;
    ensure!(refused.status == 429 && refused.headers.contains_key("retry-after"), "{}", refused.status);
    for there in ["Den &lt;står", "value=\"Skriver\"", "Vent 1", "Filene må velges på nytt"] {
        ensure!(refused.page.contains(there), "{there}: {}", refused.page);
    }
    ensure!(kept(doors.house.folder())?.len() == before, "of a form that was refused no file is kept");
    for path in ["/r/1/abc", "/r/1", "/r/1/abc/solve", "/sign-in", "/sign-in/abc"] {
        let told = post("127.0.0.1", "203.0.113.9", path, None).await?;
        // Where the page itself is not there, that is said.
        ensure!([404, 429, 401, 410].contains(&told.status), "{path}: {}", told.status);
    }
    let link = Request::post("/sign-in").header("content-type", "application/x-www-form-urlencoded");
    let link = at("127.0.0.1", link)?.header("x-forwarded-for", "203.0.113.9");
    let refused = doors.ask(link.body(Body::from("email=kari%40fjord.no"))?).await?;
    ensure!(refused.status == 429 && refused.page.contains("kari@fjord.no"), "{}", refused.status);
    // The house next door; and what somebody writes there themselves is nobody's word.
    ensure!(post("127.0.0.1", "203.0.113.10", "/new", None).await?.status == 422);
    ensure!(post("127.0.0.1", "203.0.113.10, 203.0.113.9", "/new", None).await?.status == 429);
    ensure!(post("203.0.113.9", "203.0.113.10", "/new", None).await?.status == 429);
    // Whoever is signed in is known.
    let cookie = doors.house.cookie(&doors.house.agent("Ane").await?).await?;
    let request = at("203.0.113.9", Request::post("/new"))?.header("cookie", cookie);
    ensure!(doors.form(request, &fields, None).await?.status == 422);
    doors.house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_a_form_are_kept_for_those_who_may_send_it_and_for_a_while() -> Result<()> {
    let doors = Doors::open(&[]).await?;
    let before = kept(doors.house.folder())?.len();
    let refused = doors.form(Request::post("/r/1/abc"), &[("answer", "Hei")], Some("bilde")).await?;
    ensure!(refused.status == 404, "{}", refused.status);
    let strange = Request::post("/new").header("sec-fetch-site", "cross-site");
    ensure!(doors.form(strange, &[("title", "Hei")], Some("bilde")).await?.status == 403);
    ensure!(kept(doors.house.folder())?.len() == before, "nobody's file stays");

    let category = doors.house.desk.open_categories().await?.remove(0).id;
    let good = [
        ("category", category.as_str()),
        ("title", "Hei"),
        ("text", "Hei"),
        ("name", "Kari"),
        ("email", "kari@fjord.no"),
    ];
    let back = doors.form(Request::post("/new"), &[&good[..4], &[("email", "")]].concat(), Some("bilde")).await?;
    ensure!(back.status == 422 && kept(doors.house.folder())?.len() == before + 1);
    let upload =
        back.page.split("name=\"kept\"").nth(1).and_then(|rest| rest.split("value=\"").nth(1)).context("no file")?;
    let upload = upload.split('"').next().unwrap_or_default().replace("&quot;", "\"").replace("&#34;", "\"");
    let sent = doors.form(Request::post("/new"), &[&good[..], &[("kept", &upload)]].concat(), None).await?;
    ensure!(doors.ticket(&sent).await?.messages[0].attachments.len() == 1, "it came along");
    // The page stood open for days: the file is gone, and is asked for again.
    for file in kept(doors.house.folder())? {
        if std::fs::read(&file)? == b"bilde" {
            std::fs::remove_file(file)?;
        }
    }
    let late = doors.form(Request::post("/new"), &[&good[..], &[("kept", &upload)]].concat(), None).await?;
    ensure!(late.status == 422 && late.page.contains("href=\"#files\""), "{}", late.status);
    ensure!(!late.page.contains("name=\"kept\""), "it is not promised any more");
    ensure!(doors.house.desk.list(&doors.house.agent("Ane").await?, List::Latest, None).await?.rows.len() == 1);
    doors.house.close().await;
    Ok(())
}
