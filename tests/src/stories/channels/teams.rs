use super::{Here, Knock, Remote, keeps_its_promises, now, passes_the_kit, token};
use anyhow::{Context, Result, ensure};
use base64::{Engine, engine::general_purpose::STANDARD};
use ring::{
    rand::SystemRandom,
    signature::{RSA_PKCS1_SHA256, RsaKeyPair},
};
use serde_json::{Value, json};
use tests::company::{Answer, Company, Told};

pub struct Teams;

const APP: &str = "00000000-0000-4000-8000-000000000001";
const TENANT: &str = "72f988bf-0000-4000-8000-000000000000";

/// Made for these tests, and the public half beside the plugin's own.
const KEY: &[u8] = include_bytes!("teams-key.der");
const KEYS: &str = include_str!("../../../../plugins/teams/tests/keys.json");

fn signed(company: &Company, activity: &Value, claims: Value) -> Knock {
    let mut whole = json!({ "iss": "https://api.botframework.com", "aud": APP, "nbf": now() - 10, "exp": now() + 3_600,
        "serviceurl": format!("{}/emea/", company.at) });
    whole.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
    let key = RsaKeyPair::from_pkcs8(KEY).unwrap();
    let token = token(&json!({ "alg": "RS256", "typ": "JWT", "kid": "saker-test" }), &whole, |signed| {
        let mut mac = vec![0; key.public().modulus_len()];
        key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed, &mut mac).unwrap();
        mac
    });
    Knock { headers: vec![("authorization", format!("Bearer {token}"))], body: activity.to_string().into_bytes() }
}

fn activity(company: &Company, name: &str, more: Value) -> Value {
    let mut activity = json!({ "type": "message", "id": format!("14859834085{name}"), "timestamp": "2026-11-24T21:10:07.437Z",
        "serviceUrl": format!("{}/emea/", company.at), "channelId": "msteams",
        "from": { "id": "29:kari", "name": "Kari Fjord", "aadObjectId": "7faf8bfc-0000-4000-8000-000000000000" },
        "conversation": { "conversationType": "personal", "tenantId": TENANT, "id": "a:17I0kl8EkpE1O9;x=1" },
        "recipient": { "id": format!("28:{APP}"), "name": "Hjelp" } });
    activity.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    activity
}

impl Remote for Teams {
    const ID: &'static str = "saker.teams";
    const SENDS: &'static str = "/activities";
    const TRIES_AGAIN: bool = true;

    fn settings(company: &Company) -> Value {
        json!({ "app": APP, "tenant": TENANT, "server": format!("{}/emea", company.at),
            "keys": format!("{}/known", company.at), "login": format!("{}/login", company.at), "language": "en" })
    }

    fn secrets() -> Vec<(&'static str, &'static str)> {
        vec![("password", "client-secret-of-a-test")]
    }

    fn answers(company: &Company) {
        let token = json!({ "token_type": "Bearer", "expires_in": 3599, "access_token": "eyJ-of-a-test" });
        company.answers("/oauth2/v2.0/token", Answer::json(200, &token));
        company.answers(
            "/known/openidconfiguration",
            Answer::json(
                200,
                &json!({ "issuer": "https://api.botframework.com", "jwks_uri": format!("{}/known/keys", company.at) }),
            ),
        );
        company.answers("/known/keys", Answer::json(200, &serde_json::from_str(KEYS).unwrap()));
        company.answers("/members/29:kari", Answer::json(404, &json!({})));
        company.answers("/activities", Answer::json(201, &json!({ "id": "1485983408599" })));
    }

    fn says(company: &Company, _: &str, name: &str, text: &str) -> Knock {
        signed(company, &activity(company, name, json!({ "text": text })), json!({}))
    }

    /// The token says nothing of the body, as Microsoft makes it; what it does say is what counts.
    fn forges(mut knock: Knock) -> Knock {
        let token = &mut knock.headers[0].1;
        token.truncate(token.len() - 8);
        token.push_str("AAAAAAAA");
        knock
    }

    fn slower() -> Answer {
        Answer::slower(&json!({ "error": { "code": "TooManyRequests", "message": "Slow down" } }), 1)
    }

    fn form(told: &Told) -> Result<()> {
        ensure!(told.path == "/emea/v3/conversations/a:17I0kl8EkpE1O9%3Bx%3D1/activities", "{}", told.path);
        ensure!(told.header("authorization") == "Bearer eyJ-of-a-test");
        let body = told.json();
        ensure!(body["type"] == "message" && body["text"] == "Prøv <b>igjen</b>", "{body}");
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn teams_keeps_its_promises() -> Result<()> {
    let here = keeps_its_promises::<Teams>().await?;
    let before = here.ticket().await?.1;
    let says = |claims: Value| signed(&here.company, &activity(&here.company, "m3", json!({ "text": "Feil" })), claims);
    for (what, claims) in [
        ("another bot", json!({ "aud": "00000000-0000-4000-8000-000000000002" })),
        ("another issuer", json!({ "iss": "https://sts.windows.net/x/" })),
        ("another address", json!({ "serviceurl": "https://evil.example/" })),
        ("too old", json!({ "exp": now() - 3_600 })),
        ("not yet", json!({ "nbf": now() + 3_600 })),
    ] {
        ensure!(here.knock(&says(claims)).await? == 400, "{what}");
    }
    ensure!(here.ticket().await?.1 == before);
    // Keys and token were asked for once; the secret went in the header, to one address.
    ensure!(here.company.told("/keys").len() == 1);
    let asked = here.company.told("/oauth2/v2.0/token");
    let basic = format!("Basic {}", STANDARD.encode(format!("{APP}:client-secret-of-a-test")));
    ensure!(
        asked
            .iter()
            .all(|told| told.header("authorization") == basic && told.path.starts_with(&format!("/login/{TENANT}/"))),
        "{asked:?}"
    );
    here.house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn teams_brings_pictures_and_names_what_it_may_not_fetch() -> Result<()> {
    let here = Here::open::<Teams>().await?;
    let member = json!({ "id": "29:kari", "name": "Kari Fjord", "email": "kari@fjord.no" });
    here.company.answers("/members/29:kari", Answer::json(200, &member));
    here.company.answers("/views/original", Answer::file("image/png", b"PNG!"));
    let attachments = json!({ "text": "Se", "attachments": [
        { "contentType": "text/html", "content": "<p>Se</p>" },
        { "contentType": "image/*", "contentUrl": format!("{}/emea/v3/attachments/1/views/original", here.company.at) },
        { "contentType": "application/vnd.microsoft.teams.file.download.info", "name": "notat.docx",
            "contentUrl": "https://fjord.example/notat.docx", "content": { "downloadUrl": "https://fjord.example/x", "fileType": "docx" } },
    ] });
    let knock = signed(&here.company, &activity(&here.company, "m1", attachments), json!({}));
    ensure!(here.knock(&knock).await? == 200);
    let (ticket, said) = here.ticket().await?;
    ensure!(said[0].starts_with("Se") && said[0].contains("notat.docx, https://fjord.example/notat.docx"), "{said:?}");
    let there = ticket.messages[0].attachments.first().context("no file")?;
    ensure!(there.size == 4 && ticket.messages[0].attachments.len() == 1, "{there:?}");
    ensure!(here.company.told("/views/original")[0].header("authorization") == "Bearer eyJ-of-a-test");
    // A picture that can't be had now: Teams does not bring the message again.
    here.company.answers("/views/treg", Answer::json(503, &json!({})));
    let slow = json!({ "text": "Og denne", "attachments": [
        { "contentType": "image/png", "name": "treg.png", "contentUrl": format!("{}/emea/v3/attachments/2/views/treg", here.company.at) },
    ] });
    let knock = signed(&here.company, &activity(&here.company, "m2", slow), json!({}));
    ensure!(here.knock(&knock).await? == 200);
    let (_, said) = here.ticket().await?;
    ensure!(said[1].starts_with("Og denne") && said[1].contains("treg.png"), "{said:?}");
    // She is the Kari that Saker knows by her address.
    let kari = ticket.contacts.iter().find(|contact| contact.name.contains("Kari")).context("no Kari")?;
    ensure!(format!("{kari:?}").contains("kari@fjord.no"), "{kari:?}");
    ensure!(!ticket.messages[0].author.unproven, "her organisation knows that it is hers");
    here.house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn teams_passes_the_kit() -> Result<()> {
    passes_the_kit("teams").await
}
