//! The customers' portal as browsers without scripts use it: nothing that somebody typed is lost, and every page leads on.

use anyhow::{Context, Result, ensure};
use axum::{body::Body, http::Request};
use desk::{
    Desk,
    model::{Access, Actor, Form, Language, List, Ticket},
};
use tests::House;
use tower::ServiceExt;

/// What came back: the status, where it leads, the session that it gives, and the page.
struct Answer {
    status: u16,
    to: String,
    cookie: String,
    page: String,
}

impl Answer {
    fn shows(&self, text: &str) -> bool {
        self.page.contains(text)
    }
}

async fn ask(desk: &Desk, request: Request<Body>) -> Result<Answer> {
    let answer = server::http::router(server::http::App::new(desk.clone(), true)).oneshot(request).await?;
    let status = answer.status().as_u16();
    let said = |name| answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let (to, cookie) = (said("location"), said("set-cookie"));
    let bytes = axum::body::to_bytes(answer.into_body(), 64 << 20).await?;
    let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
    Ok(Answer { status, to, cookie, page: String::from_utf8_lossy(&bytes).into_owned() })
}

async fn look(house: &House, path: &str, cookie: &str) -> Result<Answer> {
    let asked = Request::get(path).header("accept", "text/html,*/*;q=0.8").header("cookie", cookie);
    ask(&house.desk, asked.body(Body::empty())?).await
}

async fn post(desk: &Desk, path: &str, cookie: &str, fields: &[(&str, &str)]) -> Result<Answer> {
    let mut body = String::new();
    for (name, value) in fields {
        body += &format!("--xx\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    }
    body += "--xx--\r\n";
    let request = Request::post(path).header("content-type", "multipart/form-data; boundary=xx");
    ask(desk, request.header("cookie", cookie).body(Body::from(body))?).await
}

/// A form without files.
async fn press(house: &House, path: &str, cookie: &str, body: &str) -> Result<Answer> {
    let request = Request::post(path).header("content-type", "application/x-www-form-urlencoded");
    ask(&house.desk, request.header("cookie", cookie).body(Body::from(body.to_owned()))?).await
}

async fn new_request(house: &House, title: &str) -> Result<Ticket> {
    new_request_of(house, "kari@fjord.no", title).await
}

async fn new_request_of(house: &House, email: &str, title: &str) -> Result<Ticket> {
    let form = Form {
        name: "Kari Nordmann".into(),
        email: email.into(),
        category: house.desk.open_categories().await?.remove(0).id.0,
        title: title.into(),
        text: "Den står.".into(),
        language: Some(Language::Nb),
        ..Form::default()
    };
    let opened = house.desk.open_by_form(&Actor::Anonymous, form).await?;
    Ok(house.desk.ticket(&house.agent("Ane").await?, opened.number).await?)
}

fn link(ticket: &Ticket) -> Result<&str> {
    let link = ticket.link.as_deref().context("no link")?;
    Ok(&link[link.find("/r/").context("no path")?..])
}

/// The path of a sign-in link that was mailed.
async fn mailed_link(house: &House, address: &str) -> Result<String> {
    house.rest().await?;
    let before = house.sent().await?.len();
    house.desk.ask_link(address, Language::Nb).await?;
    house.rest().await?;
    let sent = house.sent().await?;
    let raw = &sent[before..].iter().find(|(to, ..)| to == address).context("no mail")?.2;
    let said = raw.replace('\r', "").replace("=\n", "");
    let token = said.split("/sign-in/").nth(1).with_context(|| raw.clone())?;
    let end = token.find(|c: char| !(c.is_ascii_alphanumeric() || "-_".contains(c))).unwrap_or(token.len());
    ensure!(end == 43, "{raw}");
    Ok(format!("/sign-in/{}", &token[..end]))
}

/// A customer's session.
async fn kari(house: &House) -> Result<String> {
    let path = mailed_link(house, "kari@fjord.no").await?;
    let entered = press(house, &path, "", "").await?;
    ensure!(entered.status == 303 && entered.cookie.starts_with("session="), "{} {}", entered.status, entered.page);
    Ok(entered.cookie)
}

/// POR-1: a browser that goes back to a sent form shows it with its old key.
#[tokio::test(flavor = "multi_thread")]
async fn other_words_under_an_old_key_are_sent_too() -> Result<()> {
    let house = House::open().await?;
    let ane = house.agent("Ane").await?;
    let category = house.desk.open_categories().await?.remove(0).id.0;
    // Whatever a key is, it is taken.
    let key = "ø".repeat(40_000);
    let send = async |title: &str, text: &str| {
        let fields = [("key", key.as_str()), ("category", &category), ("title", title), ("text", text)];
        let who = [("name", "Ola Ny"), ("email", "ola@ny.no")];
        post(&house.desk, "/new", "language=nb", &[&fields[..], &who[..]].concat()).await
    };
    let (first, again) = (send("Skriver", "Den står.").await?, send("Skriver", "Den står.").await?);
    ensure!(first.status == 303 && first.to == again.to, "{} {}", first.status, first.page);
    ensure!(house.rows(&ane, List::Latest).await?.len() == 1, "the same form twice is one request");
    let other = send("Skriver", "Og den lukter svidd.").await?;
    ensure!(other.status == 303 && other.to != first.to, "it led to the old confirmation");
    let rows = house.rows(&ane, List::Latest).await?;
    ensure!(rows.len() == 2, "the second text is nowhere");
    // An answer's field is the same.
    let ticket = house.desk.ticket(&ane, rows[0].number).await?;
    for said in ["Hallo?", "Hallo?", "Er det noen der?"] {
        let sent = post(&house.desk, link(&ticket)?, "", &[("key", "one"), ("answer", said)]).await?;
        ensure!(sent.status == 303, "{} {}", sent.status, sent.page);
    }
    let messages = house.desk.ticket(&ane, ticket.number).await?.messages;
    let said = |text: &str| messages.iter().filter(|message| message.text == text).count();
    ensure!(said("Hallo?") == 1 && said("Er det noen der?") == 1, "{messages:?}");
    house.close().await;
    Ok(())
}

/// What was typed is shown by the page that comes instead of the one with the form.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_stays_where_the_page_can_t_be_drawn() -> Result<()> {
    let house = House::open().await?;
    let ticket = new_request(&house, "Skriver").await?;
    let typed = [("key", "one"), ("answer", "Den hveser, og <b>lukter</b> svidd.")];
    let kept = |answer: &Answer, heading: &str| {
        let box_at = answer.page.find("<textarea").unwrap_or_default();
        answer.shows(heading) && answer.page[box_at..].contains("Den hveser, og &lt;b>lukter&lt;/b> svidd.")
    };
    // The session ended while somebody wrote.
    let path = format!("/r/{}", ticket.number);
    for (language, heading) in [("nb", "Dette skrev du"), ("en", "This is what you wrote")] {
        let ended = post(&house.desk, &path, &format!("language={language}"), &typed).await?;
        ensure!(ended.status == 401 && kept(&ended, heading), "{} {}", ended.status, ended.page);
    }
    // The request became one of ours alone.
    house.desk.set_access(&house.agent("Ane").await?, &ticket.id, Access::Internal).await?;
    let gone = post(&house.desk, link(&ticket)?, "language=nb", &typed).await?;
    ensure!(gone.status == 404 && kept(&gone, "Dette skrev du"), "{} {}", gone.status, gone.page);
    let looked = look(&house, link(&ticket)?, "language=nb").await?;
    ensure!(looked.status == 404 && !looked.shows("Dette skrev du"));
    // Nothing can be read or written any more.
    let desk = house.desk.clone();
    house.close().await;
    let fields = [("title", "Ingenting virker"), ("text", typed[1].1), ("name", "Ola"), ("email", "ola@ny.no")];
    let failed = post(&desk, "/new", "language=nb", &fields).await?;
    ensure!(failed.status == 500 && kept(&failed, "Dette skrev du"), "{} {}", failed.status, failed.page);
    ensure!(failed.shows("Ingenting virker") && !failed.shows("Ingenting er gått tapt"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_inside_a_mail_are_there_by_the_private_link() -> Result<()> {
    let house = House::open().await?;
    let picture = |name: &str| {
        format!(
            "--b\r\nContent-Type: image/png; name=\"{name}.png\"\r\nContent-ID: <{name}>\r\n\
             Content-Disposition: inline; filename=\"{name}.png\"\r\n\r\n{name}\r\n"
        )
    };
    let mail = format!(
        "From: Kari <kari@fjord.no>\r\nTo: support@company.com\r\nSubject: Skjermen\r\nMessage-ID: <p@fjord.no>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n\
         <p>Slik ser den ut: <img src=\"cid:image1\"> <img src=\"cid:image10\"></p>\r\n{}{}--b--\r\n",
        picture("image1"),
        picture("image10"),
    );
    house.mail("kari@fjord.no", &mail).await?;
    house.rest().await?;
    let ticket = house.only(&house.agent("Ane").await?, List::Latest).await?;
    let message = ticket.messages.iter().find(|message| message.has_html).context("no HTML")?;
    let key = link(&ticket)?.rsplit('/').next().context("no key")?;
    let frame = format!("/file/message/{}.html", message.id);
    let shown = look(&house, &format!("{frame}?number={}&key={key}", ticket.number), "").await?;
    ensure!(shown.status == 200, "{} {}", shown.status, shown.page);
    let pictures: Vec<&str> = shown.page.split("src=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    ensure!(pictures.len() == 2, "{}", shown.page);
    for (address, name) in pictures.into_iter().zip(["image1", "image10"]) {
        let picture = look(&house, &address.replace("&amp;", "&"), "").await?;
        ensure!(picture.status == 200 && picture.page.trim() == name, "{address} {}", picture.status);
    }
    // Whoever has a session needs no key, and is shown none.
    let session = kari(&house).await?;
    let shown = look(&house, &frame, &session).await?;
    ensure!(shown.status == 200 && shown.shows("/file/attachment/") && !shown.shows("key="), "{}", shown.page);
    // From a frame of no place of ours, pictures would be asked for without it.
    let page = look(&house, &format!("/r/{}", ticket.number), &session).await?;
    ensure!(page.shows("sandbox=\"allow-same-origin ") && !page.shows("allow-scripts"), "{}", page.page);
    house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn another_language_leads_back_to_the_same_question() -> Result<()> {
    let house = House::open().await?;
    let topic = house.desk.open_categories().await?.remove(0).id.0;
    let here = format!("/new?category={topic}");
    let page = look(&house, &here, "language=nb").await?;
    ensure!(page.page.matches(&format!("name=\"back\" value=\"{here}\"")).count() == 2, "{}", page.page);
    let plain = look(&house, "/new", "language=nb").await?;
    ensure!(plain.page.matches("name=\"back\" value=\"/new\"").count() == 2);
    let led = press(&house, "/language", "", &format!("language=en&back=%2Fnew%3Fcategory%3D{topic}")).await?;
    ensure!(led.status == 303 && led.to == here && led.cookie == "language=en", "{}", led.to);
    house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_not_there_has_a_page_that_says_so() -> Result<()> {
    let house = House::open().await?;
    // No text with a NUL is in any database.
    let nul = "/file/attachment/%00";
    for path in
        ["/file/attachment/none", nul, "/file/message/none.html", "/file/message/none.eml", "/file/message/none"]
    {
        for (language, title) in [("nb", "Vi finner ikke siden"), ("en", "We can't find the page")] {
            let page = look(&house, path, &format!("language={language}")).await?;
            ensure!(page.status == 404 && page.shows(title), "{path} {} {}", page.status, page.page);
            ensure!(page.shows(&format!("name=\"back\" value=\"{path}\"")));
        }
        // What wants a picture gets no page.
        let bare = Request::get(path).header("accept", "image/png").body(Body::empty())?;
        let bare = ask(&house.desk, bare).await?;
        ensure!(bare.status == 404 && bare.page.is_empty());
    }
    for method in ["GET", "POST"] {
        let hook = Request::builder().method(method).uri("/hooks/%00").body(Body::empty())?;
        ensure!(ask(&house.desk, hook).await?.status == 404, "{method}");
    }
    house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_changes_nothing_else_that_was_typed() -> Result<()> {
    let house = House::open().await?;
    let wrong = "email=bj%C3%B8rn%2Btest%40company.com&password=feil&to=%2Fdesk%2Fsearch%3Fq%3Da%26b";
    let led = press(&house, "/desk/sign-in", "", wrong).await?;
    ensure!(led.status == 303 && led.to.contains("why=wrong"), "{}", led.to);
    let page = look(&house, &led.to, "").await?;
    ensure!(page.shows("value=\"bjørn+test@company.com\""), "{}", page.page);
    ensure!(page.shows("name=\"to\" value=\"/desk/search?q=a&amp;b\""), "{}", page.page);
    let elsewhere = "email=x%40y.no&password=feil&to=https%3A%2F%2Fevil.example";
    ensure!(!press(&house, "/desk/sign-in", "", elsewhere).await?.to.contains("evil"));
    house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_link_that_is_pressed_twice_leads_to_the_same_place() -> Result<()> {
    let house = House::open().await?;
    new_request(&house, "Skriver").await?;
    let path = mailed_link(&house, "kari@fjord.no").await?;
    let first = press(&house, &path, "language=nb", "").await?;
    ensure!(first.status == 303 && first.to == "/requests" && first.cookie.starts_with("session="));
    let again = press(&house, &path, &first.cookie, "").await?;
    ensure!(again.status == 303 && again.to == "/requests", "{} {}", again.status, again.page);
    // It is used up for everybody else, whoever they are.
    let stranger = press(&house, &path, "language=nb", "").await?;
    ensure!(stranger.status == 410 && stranger.shows("Lenken virker ikke lenger") && stranger.cookie.is_empty());
    new_request_of(&house, "per@fjord.no", "Døra").await?;
    let other = mailed_link(&house, "per@fjord.no").await?;
    let per = press(&house, &other, "", "").await?.cookie;
    ensure!(!per.is_empty() && press(&house, &path, &per, "").await?.status == 410);
    ensure!(press(&house, "/sign-in/made-up", &first.cookie, "").await?.status == 410);
    house.close().await;
    Ok(())
}

/// Where files are more than is read, everything that was typed has arrived; and what is known is not asked for (POR-1).
#[tokio::test(flavor = "multi_thread")]
async fn files_are_the_form_s_last_field_and_a_customer_s_address_is_known() -> Result<()> {
    let house = House::open().await?;
    let page = look(&house, "/new", "language=nb").await?;
    let at = |name: &str| page.page.find(&format!("name=\"{name}\"")).context("no such field");
    for earlier in ["title", "text", "name", "email", "key"] {
        ensure!(at(earlier)? < at("files")?, "{earlier}");
    }
    ensure!(!page.shows("kari@fjord.no"));
    let known = look(&house, "/new", &kari(&house).await?).await?;
    ensure!(known.shows("value=\"kari@fjord.no\""), "{}", known.page);
    house.close().await;
    Ok(())
}

/// POR-4, POR-5: however many requests somebody has, each is on some page of theirs.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_list_goes_on_by_links() -> Result<()> {
    let house = House::open().await?;
    for n in 0..203 {
        new_request(&house, &format!("Sak nummer {n}.")).await?;
    }
    let session = kari(&house).await?;
    let (mut path, mut seen) = (Some("/requests".to_owned()), vec![]);
    for _ in 0..10 {
        let Some(here) = path else { break };
        let page = look(&house, &here, &session).await?;
        ensure!(page.status == 200 && page.shows("<span class=\"count\">203</span>"), "{here} {}", page.page);
        let titles = page.page.split("row-title").skip(1).filter_map(|rest| rest.split('<').next());
        seen.extend(titles.map(str::to_owned));
        let next = page.page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
        path = next.filter(|to| to.contains("after=")).last().map(|to| to.replace("&amp;", "&"));
    }
    seen.sort_unstable();
    let all = seen.len();
    seen.dedup();
    ensure!(all == 203 && seen.len() == 203, "{all} were shown, {} of them once", seen.len());
    let page = look(&house, "/requests?show=solved&after=%5Bnonsense", &session).await?;
    ensure!(page.status == 200 && page.shows("Ingen løste saker") || page.shows("No solved requests"), "{}", page.page);
    house.close().await;
    Ok(())
}
