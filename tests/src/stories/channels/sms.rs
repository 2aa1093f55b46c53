use super::{Here, Knock, Remote, call_of, keeps_its_promises, mac, now, passes_the_kit, token};
use anyhow::{Context, Result, ensure};
use base64::{Engine, engine::general_purpose::STANDARD};
use desk::{Error, Why, channel::Answered, model::*, plugin::Expect};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tests::company::{Answer, Company, Told};

const SECRET: &str = "secret-of-a-test-0123456789abcdef";

struct Twilio;
struct Vonage;
struct GatewayApi;

/// A form as Twilio signs it: HMAC-SHA-1 over the address and the fields in order.
fn twilio(hook: &str, fields: &[(&str, &str)]) -> Knock {
    let mut sorted = fields.to_vec();
    sorted.sort_unstable();
    let text: String = sorted.iter().map(|(name, value)| format!("{name}{value}")).collect();
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, SECRET.as_bytes());
    let mac = ring::hmac::sign(&key, format!("{hook}{text}").as_bytes());
    let encoded = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    let body: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    let headers = vec![
        ("x-twilio-signature", STANDARD.encode(mac.as_ref())),
        ("content-type", "application/x-www-form-urlencoded".to_owned()),
    ];
    Knock { headers, body: body.join("&").into_bytes() }
}

fn broken(mut knock: Knock) -> Knock {
    knock.body.extend_from_slice(b"&x=1");
    knock
}

impl Remote for Twilio {
    const ID: &'static str = "saker.sms";
    const SENDS: &'static str = "/Accounts/AC1/Messages.json";

    fn settings(company: &Company) -> Value {
        json!({ "company": "twilio", "user": "AC1", "from": "+4700000001", "server": company.at, "language": "en" })
    }

    fn secrets() -> Vec<(&'static str, &'static str)> {
        vec![("twilio-token", SECRET)]
    }

    fn answers(company: &Company) {
        company
            .answers(Self::SENDS, Answer::json(201, &json!({ "sid": "SM9", "status": "queued", "error_code": null })));
    }

    fn says(_: &Company, hook: &str, name: &str, text: &str) -> Knock {
        twilio(
            hook,
            &[
                ("MessageSid", name),
                ("SmsStatus", "received"),
                ("From", "+4740000000"),
                ("To", "+4700000001"),
                ("Body", text),
                ("NumMedia", "0"),
            ],
        )
    }

    fn forges(knock: Knock) -> Knock {
        broken(knock)
    }

    fn slower() -> Answer {
        Answer::slower(&json!({ "code": 20429, "message": "Too Many Requests", "status": 429 }), 1)
    }

    fn form(told: &Told) -> Result<()> {
        let basic = STANDARD.encode(format!("AC1:{SECRET}"));
        ensure!(told.header("authorization") == format!("Basic {basic}"));
        let text = told.text();
        ensure!(
            text.starts_with("To=%2B4740000000&From=%2B4700000001&Body=Pr%C3%B8v+igjen&StatusCallback=http"),
            "{text}"
        );
        Ok(())
    }
}

impl Remote for Vonage {
    const ID: &'static str = "saker.sms";
    const SENDS: &'static str = "/v1/messages";

    fn settings(company: &Company) -> Value {
        json!({ "company": "vonage", "user": "abcd1234", "from": "+4700000001", "server": company.at, "language": "en" })
    }

    fn secrets() -> Vec<(&'static str, &'static str)> {
        vec![("token", "api-secret-of-a-test"), ("signing-secret", SECRET)]
    }

    fn answers(company: &Company) {
        company.answers(
            Self::SENDS,
            Answer::json(202, &json!({ "message_uuid": "aaaaaaaa-bbbb-4ccc-8ddd-000000000009" })),
        );
    }

    fn says(_: &Company, _: &str, name: &str, text: &str) -> Knock {
        let body = json!({ "to": "4700000001", "from": "4740000000", "channel": "sms", "message_uuid": name, "message_type": "text",
            "timestamp": "2026-11-24T14:00:00.000Z", "text": text })
        .to_string();
        let hash: String = Sha256::digest(&body).iter().map(|byte| format!("{byte:02x}")).collect();
        let claims = json!({ "iss": "Vonage", "iat": now(), "jti": name, "api_key": "abcd1234", "payload_hash": hash });
        let token = token(&json!({ "alg": "HS256", "typ": "JWT" }), &claims, |signed| mac(SECRET, &[signed]));
        Knock { headers: vec![("authorization", format!("Bearer {token}"))], body: body.into_bytes() }
    }

    fn forges(knock: Knock) -> Knock {
        broken(knock)
    }

    fn slower() -> Answer {
        Answer::slower(&json!({ "title": "Rate Limit Hit", "detail": "Please wait, then retry your request" }), 1)
    }

    fn form(told: &Told) -> Result<()> {
        ensure!(told.header("authorization") == format!("Basic {}", STANDARD.encode("abcd1234:api-secret-of-a-test")));
        let body = told.json();
        ensure!(body["to"] == "4740000000" && body["from"] == "4700000001" && body["text"] == "Prøv igjen", "{body}");
        Ok(())
    }
}

impl Remote for GatewayApi {
    const ID: &'static str = "saker.sms";
    const SENDS: &'static str = "/rest/mtsms";

    fn settings(company: &Company) -> Value {
        json!({ "company": "gatewayapi", "from": "+4700000001", "server": company.at, "language": "en" })
    }

    fn secrets() -> Vec<(&'static str, &'static str)> {
        vec![("token", "api-token-of-a-test"), ("signing-secret", SECRET)]
    }

    fn answers(company: &Company) {
        company
            .answers(Self::SENDS, Answer::json(200, &json!({ "ids": [421332671], "usage": { "total_cost": 0.12 } })));
    }

    fn says(_: &Company, _: &str, name: &str, text: &str) -> Knock {
        let number: u32 = name.trim_start_matches('m').parse().unwrap_or(1);
        let claims = json!({ "id": 1_000_000 + number, "msisdn": 4740000000u64, "receiver": 4700000001u64, "message": text, "senttime": now() });
        let token = token(&json!({ "alg": "HS256", "typ": "JWT" }), &claims, |signed| mac(SECRET, &[signed]));
        Knock { headers: vec![("x-gwapi-signature", token)], body: claims.to_string().into_bytes() }
    }

    /// Nothing but the token is read.
    fn forges(mut knock: Knock) -> Knock {
        knock.headers[0].1.replace_range(..2, "xx");
        knock
    }

    fn slower() -> Answer {
        Answer::slower(&json!({ "code": "0x0300", "message": "Slow down" }), 1)
    }

    fn form(told: &Told) -> Result<()> {
        ensure!(told.header("authorization") == "Token api-token-of-a-test");
        let body = told.json();
        ensure!(body["recipients"][0]["msisdn"] == 4740000000u64 && body["message"] == "Prøv igjen", "{body}");
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn twilio_keeps_its_promises() -> Result<()> {
    let here = keeps_its_promises::<Twilio>().await?;
    here.house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn vonage_keeps_its_promises() -> Result<()> {
    let here = keeps_its_promises::<Vonage>().await?;
    here.house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn gatewayapi_keeps_its_promises() -> Result<()> {
    let here = keeps_its_promises::<GatewayApi>().await?;
    here.house.close().await;
    Ok(())
}

/// A sample proves nothing, so that no company's proof is asked for.
#[tokio::test(flavor = "multi_thread")]
async fn a_sample_of_each_company_is_read_without_its_secrets() -> Result<()> {
    let here = Here::open::<Twilio>().await?;
    let desk = &here.house.desk;
    let plugin = crate::plugins::id(Twilio::ID);
    let samples = [
        ("twilio", "MessageSid=SM1&SmsStatus=received&From=%2B4740000000&To=%2B4700000001&Body=Hei+du"),
        (
            "vonage",
            r#"{"from":"4740000000","channel":"sms","message_uuid":"V1","message_type":"text","text":"Hei du"}"#,
        ),
        (
            "gatewayapi",
            r#"{"id":1,"msisdn":4740000000,"receiver":4700000001,"message":"Hei du","senttime":1795510800}"#,
        ),
    ];
    for (company, sample) in samples {
        let settings = json!({ "company": company, "user": "u", "from": "+4700000001", "language": "nb" });
        let new = NewSample { settings: serde_json::from_value(settings)?, sample: sample.to_owned() };
        let tried = desk.try_sample(&here.eva, &plugin, new).await?;
        let read: Vec<_> = tried.messages.iter().map(|said| (said.phone.as_str(), said.text.as_str())).collect();
        ensure!(read == [("+4740000000", "Hei du")], "{company}: {tried:?}");
    }
    here.house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn who_answers_stop_gets_nothing_more_until_they_take_it_back() -> Result<()> {
    let here = Here::open::<Twilio>().await?;
    ensure!(here.says::<Twilio>("m1", "Hei").await? == 200);
    ensure!(here.says::<Twilio>("m2", " Stopp. ").await? == 200);
    let (ticket, said) = here.ticket().await?;
    ensure!(said.last().is_some_and(|text| text.contains("Wants no more")), "{said:?}");
    here.reply(&ticket, "Hei igjen").await?;
    let delivery = here.delivery().await?;
    ensure!(delivery.state == DeliveryState::Failed && here.company.told(Twilio::SENDS).is_empty(), "{delivery:?}");
    ensure!(here.says::<Twilio>("m3", "START").await? == 200);
    // One that waited for its plugin is heard an hour late: what was said since counts.
    let late = Twilio::says(&here.company, &here.hook, "m0", "STOP");
    let call = call_of(here.house.desk.clock().now() - 3_600_000_000, &late.headers, late.body);
    let hook = here.hook.rsplit('/').next().unwrap_or_default();
    ensure!(matches!(here.house.desk.answer_hook(hook, call).await?, Answered::Reply(_)));
    // A long one goes in pieces; what was taken is not sent again after a pause, and news about it come.
    here.company.answers_once(Twilio::SENDS, Answer::json(201, &json!({ "sid": "SM8" })));
    here.company.answers_once(Twilio::SENDS, Twilio::slower());
    here.reply(&ticket, &"ord ".repeat(600)).await?;
    ensure!(here.delivery().await?.state == DeliveryState::Sent);
    let told = here.company.told(Twilio::SENDS);
    ensure!(
        told.len() == 3 && told[1].text() == told[2].text() && told[0].text() != told[1].text(),
        "{} calls",
        told.len()
    );
    let failed = twilio(
        &here.hook,
        &[("MessageSid", "SM8"), ("MessageStatus", "undelivered"), ("ErrorCode", "30003"), ("To", "+4740000000")],
    );
    ensure!(here.knock(&failed).await? == 200);
    let delivery = here.delivery().await?;
    ensure!(
        delivery.state == DeliveryState::Failed
            && delivery.error.as_deref().is_some_and(|why| why.contains("out of reach")),
        "{delivery:?}"
    );
    // What was taken and did not arrive is sent again when somebody asks for it, all of it.
    here.house.desk.retry_delivery(&here.ane, &delivery.id).await?;
    ensure!(here.delivery().await?.state == DeliveryState::Sent);
    let told: Vec<String> = here.company.told(Twilio::SENDS).iter().map(Told::text).collect();
    ensure!(told.len() == 5 && told[3] == told[0] && told[4] == told[1], "{} calls", told.len());
    here.house.close().await;
    Ok(())
}

/// A memory that is full of what was said long ago.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_is_known_where_the_memory_is_full() -> Result<()> {
    let here = Here::open::<Twilio>().await?;
    ensure!(here.says::<Twilio>("m1", "Hei").await? == 200);
    let (ticket, _) = here.ticket().await?;
    let (desk, plugin) = (&here.house.desk, crate::plugins::id(Twilio::ID));
    let said = |ids: &str| {
        json!({ "ids": [ids], "under_way": false, "whole": true, "pieces": 1, "conversation": "" }).to_string()
    };
    let mut name = 0;
    for size in [60_000, 10_000, 1_000, 1] {
        let value = said(&"x".repeat(size));
        while desk
            .remember(
                &plugin,
                &here.channel.id,
                &format!("sent/old-{name}"),
                value.as_bytes(),
                &Expect::Any,
                None,
                1 << 20,
            )
            .await?
            .is_ok()
        {
            name += 1;
        }
    }
    here.company.answers_once(Twilio::SENDS, Answer::json(201, &json!({ "sid": "SM8" })));
    here.company.answers_once(Twilio::SENDS, Twilio::slower());
    here.reply(&ticket, &"ord ".repeat(600)).await?;
    ensure!(here.delivery().await?.state == DeliveryState::Sent);
    let told = here.company.told(Twilio::SENDS);
    ensure!(
        told.len() == 3 && told[1].text() == told[2].text() && told[0].text() != told[1].text(),
        "{} calls",
        told.len()
    );
    here.house.close().await;
    Ok(())
}

/// A number whose address is set to HTTP GET has everything behind `?`, and signs that.
#[tokio::test(flavor = "multi_thread")]
async fn twilio_may_call_by_get() -> Result<()> {
    let here = Here::open::<Twilio>().await?;
    let at = format!("{}?MessageSid=m1&SmsStatus=received&From=%2B4740000000&To=%2B4700000001&Body=Hei+du", here.hook);
    let Knock { headers, .. } = twilio(&at, &[]);
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    ensure!(here.house.knock("GET", &at, &headers[..1], b"").await?.0 == 200);
    let (_, said) = here.ticket().await?;
    ensure!(said == ["Hei du"], "{said:?}");
    here.house.close().await;
    Ok(())
}

/// ESC-8, and section 7.3: after a minute in which nobody acts, whoever is on duty has it on the telephone.
#[tokio::test(flavor = "multi_thread")]
async fn a_level_that_fires_tells_a_number() -> Result<()> {
    let here = Here::open::<Twilio>().await?;
    let desk = &here.house.desk;
    let default = desk.priority_settings(&here.eva).await?.into_iter().find(|priority| priority.default);
    let mut priority = default.context("no default priority")?;
    let duty = Level {
        id: EscalationLevelId::new(),
        after: 1,
        reassign_to: None,
        tell: vec!["+47 900 00 111".to_owned()],
        template: None,
        note: None,
        account: None,
    };
    (priority.levels, priority.calendar_escalation) = (vec![duty.clone()], false);
    let refused = desk.save_priority(&here.eva, priority.clone()).await;
    ensure!(refused == Err(Error::invalid("account", Why::Missing)), "by what? {refused:?}");
    let mailbox = desk.mailbox_settings(&here.eva).await?.remove(0).id;
    priority.levels = vec![Level { account: Some(mailbox), ..duty.clone() }];
    let refused = desk.save_priority(&here.eva, priority.clone()).await;
    ensure!(refused == Err(Error::invalid("account", Why::NotAChoice)), "a mailbox calls nobody: {refused:?}");
    priority.levels = vec![Level { account: Some(here.channel.id.clone()), ..duty }];
    desk.save_priority(&here.eva, priority).await?;
    ensure!(here.says::<Twilio>("m1", "Alt er nede").await? == 200);
    let (ticket, _) = here.ticket().await?;
    for _ in 0..360 {
        if !here.company.told(Twilio::SENDS).is_empty() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
    here.house.rest().await?;
    let told = here.company.told(Twilio::SENDS);
    ensure!(told.len() == 1, "{} texts", told.len());
    let text = told[0].text();
    ensure!(
        text.starts_with("To=%2B4790000111&") && text.contains(&format!("desk%2Frequest%2F{}", ticket.number)),
        "{text}"
    );
    let after = desk.ticket(&here.ane, ticket.number).await?;
    ensure!(after.messages.len() == 1, "nothing of it is said to the customer");
    here.house.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn sms_passes_the_kit() -> Result<()> {
    passes_the_kit("sms").await
}
