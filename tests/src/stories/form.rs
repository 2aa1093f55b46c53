//! The portal's form as a browser without scripts sends it. Sections 1.3, 7.1, 8.2 and 15.1.

use anyhow::{Context, Result, ensure};
use axum::{body::Body, http::Request};
use desk::model::{
    Actor, CategoryId, Field, FieldChoice, FieldId, FieldKind, FieldPlace, List, RequestType, RequestTypeId, Ticket,
};
use tests::House;
use tower::ServiceExt;

fn field(key: &str, kind: FieldKind) -> Field {
    let choice = |key: &str, retired| FieldChoice { key: key.into(), nb: format!("{key} nb"), en: key.into(), retired };
    let chosen = matches!(kind, FieldKind::Choice | FieldKind::MultiChoice);
    Field {
        id: FieldId::new(),
        key: key.to_owned(),
        nb: format!("{key} på norsk"),
        en: format!("{key} in English"),
        hint_nb: format!("Hjelp til {key}"),
        hint_en: format!("Help with {key}"),
        kind,
        choices: if chosen { vec![choice("red", false), choice("blue", false), choice("old", true)] } else { vec![] },
        required: false,
        portal: true,
        places: vec![],
    }
}

fn kind(name: &str) -> RequestType {
    RequestType {
        id: RequestTypeId::new(),
        nb: format!("{name} nb"),
        en: name.to_owned(),
        description: "only for colleagues".to_owned(),
        icon: String::new(),
        default: false,
        external: true,
        statuses: vec![],
        status: None,
        priorities: vec![],
        priority: None,
        template: None,
    }
}

/// What came back: the status, where it leads, and the page.
struct Answer {
    status: u16,
    to: String,
    page: String,
}

impl Answer {
    fn shows(&self, text: &str) -> bool {
        self.page.contains(text)
    }
}

async fn ask(house: &House, request: Request<Body>) -> Result<Answer> {
    let router = server::http::router(server::http::App::new(house.desk.clone(), true));
    let answer = router.oneshot(request).await?;
    let status = answer.status().as_u16();
    let to = answer.headers().get("location").and_then(|to| to.to_str().ok()).unwrap_or_default().to_owned();
    let bytes = axum::body::to_bytes(answer.into_body(), 64 << 20).await?;
    Ok(Answer { status, to, page: String::from_utf8_lossy(&bytes).into_owned() })
}

async fn look(house: &House, path: &str, language: &str) -> Result<Answer> {
    ask(house, Request::get(path).header("cookie", format!("language={language}")).body(Body::empty())?).await
}

/// Sends the form with these, after what every request needs.
async fn send(house: &House, category: &CategoryId, more: &[(&str, &str)]) -> Result<Answer> {
    let usual = [("category", category.as_str()), ("title", "Skriver"), ("text", "Den står."), ("name", "Kari")];
    let usual = usual.into_iter().chain([("email", "kari@fjord.no")]);
    let mut body = String::new();
    for (name, value) in
        usual.filter(|(name, _)| !more.iter().any(|(other, _)| other == name)).chain(more.iter().copied())
    {
        body += &format!("--xx\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    }
    body += "--xx--\r\n";
    let request = Request::post("/new")
        .header("content-type", "multipart/form-data; boundary=xx")
        .header("cookie", "language=nb")
        .body(Body::from(body))?;
    ask(house, request).await
}

/// The request that a confirmation leads to, as an agent sees it.
async fn opened(house: &House, answer: &Answer) -> Result<Ticket> {
    ensure!(answer.status == 303, "{} {}", answer.status, answer.page);
    let number = answer.to.split('/').nth(2).context("no number")?.parse()?;
    Ok(house.desk.ticket(&house.agent("Ane").await?, number).await?)
}

fn held(ticket: &Ticket, key: &str) -> Vec<String> {
    ticket.fields.iter().filter(|field| field.key == key).flat_map(|field| field.values.clone()).collect()
}

/// Two categories that customers can choose: a plain one, and one with a field of its own.
async fn two_categories(house: &House) -> Result<(CategoryId, CategoryId)> {
    let mut all = house.desk.open_categories().await?.into_iter().map(|category| category.id);
    Ok((all.next().context("no category")?, all.next().context("one category")?))
}

async fn save(house: &House, field: Field) -> Result<()> {
    Ok(house.desk.save_field(&house.agent("Eva").await?, field).await?)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_field_is_asked_for_filled_in_and_shown() -> Result<()> {
    let house = House::open().await?;
    let (support, _) = two_categories(&house).await?;
    for kind in FieldKind::ALL.iter().filter(|kind| **kind != FieldKind::Person) {
        save(&house, field(kind.as_str(), *kind)).await?;
    }
    save(&house, Field { portal: false, ..field("inner", FieldKind::Text) }).await?;
    for (language, name, hint) in
        [("nb", "date på norsk", "Hjelp til date"), ("en", "date in English", "Help with date")]
    {
        let page = look(&house, "/new", language).await?;
        ensure!(page.status == 200 && page.shows(name) && page.shows(hint), "{}", page.page);
        ensure!(page.shows("value=\"red\"") && !page.shows("value=\"old\"") && !page.shows("inner"));
    }
    let filled = [
        ("fields.text", "SN-42"),
        ("fields.number", "12,50"),
        ("fields.date", "2026-12-01"),
        ("fields.choice", "blue"),
        ("fields.multi-choice", "blue"),
        ("fields.multi-choice", "red"),
        ("fields.yes-no", "yes"),
    ];
    let sent = send(&house, &support, &filled).await?;
    let ticket = opened(&house, &sent).await?;
    ensure!(held(&ticket, "text") == ["SN-42"] && held(&ticket, "number") == ["12.5"]);
    ensure!(held(&ticket, "multi-choice") == ["red", "blue"] && held(&ticket, "yes-no") == ["yes"]);
    // The customer sees them on the request's page, as people write them.
    let page = look(&house, &ticket.link.context("no link")?, "nb").await?;
    for shown in ["SN-42", "12,5", "1. des. 2026", "blue nb", "red nb, blue nb", "Ja", "text på norsk"] {
        ensure!(page.shows(shown), "{shown} is not on {}", page.page);
    }
    house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_choice_brings_its_own_fields_and_what_was_typed_stays() -> Result<()> {
    let house = House::open().await?;
    let (support, other) = two_categories(&house).await?;
    let place = FieldPlace { category: Some(other.clone()), ..FieldPlace::default() };
    save(&house, Field { required: true, places: vec![place], ..field("serial", FieldKind::Text) }).await?;
    save(&house, field("everywhere", FieldKind::Number)).await?;
    let page = look(&house, "/new", "nb").await?;
    ensure!(page.shows("fields.everywhere") && !page.shows("fields.serial") && page.shows("name=\"step\""));
    let page = look(&house, &format!("/new?category={other}"), "nb").await?;
    ensure!(page.shows("fields.serial"), "as the address says");

    // The button beside the choice: nothing is said to be wrong yet, and nothing is lost.
    let typed = [("title", "<Min> \"skriver\""), ("email", "ikke en adresse"), ("fields.everywhere", "1 000")];
    let step = send(&house, &other, &[&typed[..], &[("step", "choose")]].concat()).await?;
    ensure!(
        step.status == 200 && step.shows("id=\"fields.serial\"") && !step.shows("class=\"summary\""),
        "{}",
        step.page
    );
    for kept in ["&lt;Min&gt; &quot;skriver&quot;", "ikke en adresse", "1 000", "Den står."] {
        ensure!(step.shows(kept), "{kept} was lost");
    }
    // Another choice again: its answer waits, unseen, in case that this one comes back.
    let back = send(&house, &support, &[("step", "choose"), ("fields.serial", "SN-1")]).await?;
    ensure!(
        !back.shows("id=\"fields.serial\"") && back.shows("name=\"fields.serial\" value=\"SN-1\""),
        "{}",
        back.page
    );
    let ticket = opened(&house, &send(&house, &support, &[("fields.serial", "SN-1")]).await?).await?;
    ensure!(held(&ticket, "serial").is_empty(), "nor is it kept where it was not asked for");

    // Sent without it: told at the field and above, and everything is there.
    let refused = send(&house, &other, &[("fields.everywhere", "12"), ("title", "")]).await?;
    ensure!(refused.status == 422 && refused.shows("href=\"#fields.serial\"") && refused.shows("href=\"#title\""));
    ensure!(refused.shows("serial på norsk: Fyll ut dette feltet.") && refused.shows("id=\"fields.serial-wrong\""));
    ensure!(refused.shows("value=\"12\"") && refused.shows("Rett 2 ting") && refused.shows("autofocus"));
    let ticket = opened(&house, &send(&house, &other, &[("fields.serial", "SN-2")]).await?).await?;
    ensure!(held(&ticket, "serial") == ["SN-2"]);
    house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_in_a_field_is_told_beside_it() -> Result<()> {
    let house = House::open().await?;
    let (support, _) = two_categories(&house).await?;
    for kind in FieldKind::ALL.iter().filter(|kind| **kind != FieldKind::Person) {
        save(&house, Field { required: true, ..field(kind.as_str(), *kind) }).await?;
    }
    save(&house, Field { portal: false, ..field("inner", FieldKind::Text) }).await?;
    let good = [
        ("fields.text", "ja"),
        ("fields.number", "1"),
        ("fields.date", "2026-12-01"),
        ("fields.choice", "red"),
        ("fields.multi-choice", "red"),
        ("fields.yes-no", "no"),
    ];
    let but = |name: &'static str, values: &[&'static str]| {
        let others = good.into_iter().filter(|(other, _)| *other != name);
        others.chain(values.iter().map(|value| (name, *value))).collect::<Vec<_>>()
    };
    let long: &'static str = "æ".repeat(4_001).leak();
    let wrong: [(&'static str, &[&'static str]); 10] = [
        ("fields.text", &[long]),
        ("fields.text", &["en", "to"]),
        ("fields.number", &["<script>alert(1)</script>"]),
        ("fields.number", &["1e400"]),
        ("fields.date", &["i morgen"]),
        ("fields.choice", &["old"]),
        ("fields.choice", &["red", "blue"]),
        ("fields.multi-choice", &["red", "'; drop table ticket; --"]),
        ("fields.yes-no", &["kanskje"]),
        ("fields.yes-no", &[" "]),
    ];
    for (name, values) in wrong {
        let refused = send(&house, &support, &but(name, values)).await?;
        ensure!(refused.status == 422, "{name} {values:?} {}", refused.status);
        ensure!(refused.shows(&format!("href=\"#{name}\"")) && refused.shows(&format!("id=\"{name}-wrong\"")));
        ensure!(!refused.shows("<script>alert(1)") && !refused.shows("href=\"#title\""));
    }
    let refused = send(&house, &support, &but("fields.date", &["i morgen"])).await?;
    ensure!(refused.shows("value=\"i morgen\""), "what was typed is there to be put right");
    ensure!(house.rows(&house.agent("Ane").await?, List::Latest).await?.is_empty(), "nothing came of it");

    // Fields that nobody asked for, or that there are not, are never taken.
    let forged =
        [("fields.inner", "x"), ("fields.nobody", "x"), ("fields.", "x"), ("fields", "x"), ("fields.'\"<", "x")];
    let sent = send(&house, &support, &[&good[..], &forged[..]].concat()).await?;
    let ticket = opened(&house, &sent).await?;
    ensure!(held(&ticket, "inner").is_empty() && held(&ticket, "text") == ["ja"]);
    // Far more than any form has is not read to its end.
    let many = vec![("fields.text", "x"); 6_000];
    ensure!(send(&house, &support, &many).await?.status == 413);
    let large = "x".repeat(300_000);
    let large: Vec<(&str, &str)> = (0..20).map(|_| ("fields.text", large.as_str())).collect();
    ensure!(send(&house, &support, &large).await?.status == 413);
    // The same form twice is one request.
    let keyed = [&good[..], &[("key", "once")]].concat();
    let (one, two) = (send(&house, &support, &keyed).await?, send(&house, &support, &keyed).await?);
    ensure!(one.status == 303 && one.to == two.to);
    ensure!(house.rows(&house.agent("Ane").await?, List::Latest).await?.len() == 2);
    house.close().await;
    Ok(())
}

/// PRI-3; section 8.2: several external types, and the priorities that each of them allows.
#[tokio::test(flavor = "multi_thread")]
async fn customers_choose_a_priority_and_a_type_where_several_are_external() -> Result<()> {
    let house = House::open().await?;
    let (eva, (support, _)) = (house.agent("Eva").await?, two_categories(&house).await?);
    let page = look(&house, "/new", "nb").await?;
    ensure!(!page.shows("name=\"priority\"") && !page.shows("name=\"kind\""), "there is nothing to choose");
    let mut priorities = house.desk.priority_settings(&eva).await?;
    for priority in &mut priorities {
        priority.external = priority.en != "High";
        house.desk.save_priority(&eva, priority.clone()).await?;
    }
    let id = |en: &str| priorities.iter().find(|one| one.en == en).map(|one| one.id.clone()).context("no priority");
    let (low, high) = (id("Low")?, id("High")?);
    let (fault, wish) = (kind("Fault"), kind("Wish"));
    let wish = RequestType { priorities: vec![low.clone()], priority: Some(low.clone()), ..wish };
    house.desk.save_request_type(&eva, fault.clone()).await?;
    ensure!(!look(&house, "/new", "nb").await?.shows("name=\"kind\""), "one is no choice");
    house.desk.save_request_type(&eva, wish.clone()).await?;
    let place = FieldPlace { kind: Some(wish.id.clone()), category: None };
    save(&house, Field { places: vec![place], ..field("when", FieldKind::Date) }).await?;

    let page = look(&house, "/new", "nb").await?;
    ensure!(page.shows(low.as_str()) && !page.shows(high.as_str()) && page.shows("Fault nb") && page.shows("Wish nb"));
    ensure!(!page.shows("only for colleagues") && !page.shows("fields.when"));
    ensure!(send(&house, &support, &[]).await?.shows("href=\"#kind\""), "the usual type is not for customers");
    let kind = |of: &RequestType| of.id.0.clone();
    let chosen = kind(&fault);
    let sent = send(&house, &support, &[("kind", &chosen), ("priority", low.as_str())]).await?;
    let ticket = opened(&house, &sent).await?;
    ensure!(ticket.priority == low && ticket.kind.as_ref() == Some(&fault.id));
    // Not sure how urgent: as always. PRI-2
    let ticket = opened(&house, &send(&house, &support, &[("kind", &chosen), ("priority", "")]).await?).await?;
    ensure!(ticket.priority == id("Medium")?);
    let inner = house.desk.choices(&eva).await?.types.into_iter().find(|of| of.default).context("no type")?;
    for (name, value) in [("priority", high.as_str()), ("priority", "x"), ("kind", "x"), ("kind", inner.id.as_str())] {
        let refused = send(&house, &support, &[("kind", chosen.as_str()), (name, value)]).await?;
        ensure!(refused.status == 422 && refused.shows(&format!("href=\"#{name}\"")), "{name} {value}");
    }
    // This type has a field of its own, and leaves no priority to choose.
    let chosen = kind(&wish);
    let step = send(&house, &support, &[("kind", &chosen), ("step", "choose")]).await?;
    ensure!(
        step.status == 200 && step.shows("id=\"fields.when\"") && !step.shows("name=\"priority\""),
        "{}",
        step.page
    );
    let sent = send(&house, &support, &[("kind", &chosen), ("fields.when", "2027-01-01")]).await?;
    let ticket = opened(&house, &sent).await?;
    ensure!(ticket.priority == low && held(&ticket, "when") == ["2027-01-01"]);
    let refused = house.desk.form_asks("none", "none").await?;
    ensure!(refused.category.is_none() && refused.needs_kind());
    ensure!(house.desk.customer_ticket(&Actor::Anonymous, ticket.number).await.is_err());
    house.close().await;
    Ok(())
}
