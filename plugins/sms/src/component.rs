//! The contract's side.

use crate::{
    Letter, MARKS, News, gatewayapi, mapped, number,
    stop::{Last, Wish, wish},
    twilio, vonage,
};
use saker_channel::{
    Result, Tongue,
    call::Call,
    content::Content,
    descriptor, fault,
    file::{Taken, Wanted},
    form, inbound, json,
    jwt::Token,
    markup::write,
    message::{self, add_line, customer, moment, said},
    needed, on_trial, once, outbound, proof, secrets, setting, setup,
    state::{self, Expect, StateError},
    types::{Attrs, DeliveryState, InboundMessage, PluginError},
    worded,
};

struct Sms;
saker_channel::bindings::export!(Sms with_types_in saker_channel::bindings);

/// Where the account is called, as [`setup::Guest::connect`] was told.
const HOOK: &str = "hook-url";
/// How long a call may wait until it is heard, in seconds: 30 days.
const LATEST_S: u32 = 2_592_000;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Company {
    Twilio,
    Vonage,
    GatewayApi,
    /// One that is mapped.
    Other,
}

impl Company {
    fn of_account() -> Result<Self> {
        match needed("company")?.as_str() {
            "twilio" => Ok(Self::Twilio),
            "vonage" => Ok(Self::Vonage),
            "gatewayapi" => Ok(Self::GatewayApi),
            "other" => Ok(Self::Other),
            other => Err(fault::config(
                "company",
                &worded!("company: {other} er ukjent her", "company: {other} is not known here"),
            )),
        }
    }

    fn server(self) -> String {
        let usual = match self {
            Self::Twilio => twilio::SERVER,
            Self::Vonage => vonage::SERVER,
            Self::GatewayApi => gatewayapi::SERVER,
            Self::Other => "",
        };
        setting("server").unwrap_or_else(|| usual.to_owned())
    }

    fn longest(self) -> usize {
        match self {
            Self::Twilio => twilio::LONGEST,
            Self::Vonage => vonage::LONGEST,
            Self::GatewayApi => gatewayapi::LONGEST,
            Self::Other => mapped::longest(),
        }
    }

    fn send(self, letter: Letter<'_>) -> Result<String> {
        let server = self.server();
        match self {
            Self::Twilio => twilio::sent(&twilio::send(&server, &needed("user")?, letter).write()?),
            Self::Vonage => vonage::sent(&vonage::send(&server, &needed("user")?, letter).write()?),
            Self::GatewayApi => gatewayapi::sent(&gatewayapi::send(&server, letter).write()?),
            Self::Other => mapped::send(letter),
        }
    }

    /// A call that proves that it is from the company. A sample proves nothing.
    fn believed(self, req: &inbound::Webhook) -> Result<Vec<News>> {
        match self {
            Self::Twilio if on_trial() => Ok(vec![twilio::read(&form::read(twilio::said(req)))]),
            Self::Vonage if on_trial() => Ok(vec![vonage::read(&json::read(&req.body)?)]),
            Self::GatewayApi if on_trial() => Ok(vec![gatewayapi::read(&gatewayapi::sample(&req.body)?)]),
            Self::Twilio => {
                let fields = form::read(&req.body);
                let token = secrets::reveal("twilio-token").map_err(|_| fault::no_secret("twilio-token"))?;
                let query = if req.query.is_empty() { String::new() } else { format!("?{}", req.query) };
                let url = format!("{}{}{query}", hook()?, req.path);
                if !proof::is_signed_form(&token, &url, &fields, &proof::header(req, "x-twilio-signature")) {
                    return Err(fault::rejected(
                        "not-proven",
                        &worded!("signaturen er feil", "the signature is wrong"),
                    ));
                }
                Ok(vec![twilio::read(&form::read(twilio::said(req)))])
            }
            Self::Vonage => {
                let header = proof::header(req, "authorization");
                let token = Token::read(header.strip_prefix("Bearer ").unwrap_or_default(), "HS256")?;
                proof::signed("signing-secret", &token.signed, Some(token.mac.clone()))?;
                vonage::is_about(&token, &req.body, req.received_at)?;
                let call = json::read(&req.body)?;
                Ok(vec![vonage::read(&call)])
            }
            Self::GatewayApi => {
                let token = Token::read(&proof::header(req, "x-gwapi-signature"), "HS256")?;
                proof::signed("signing-secret", &token.signed, Some(token.mac.clone()))?;
                token.is_current(req.received_at)?;
                Ok(vec![gatewayapi::read(&token.claims)])
            }
            Self::Other => {
                proof::believed(req, &mapped::raw("proof"), &mapped::raw("proof-name"), "signing-secret")?;
                let about_sent = req.path.trim_matches('/') == mapped::REPORTS.trim_matches('/');
                mapped::told().read(Content::of(req)?, &req.delivery_id, about_sent, Tongue::of_reader())
            }
        }
    }

    /// Twilio reads an answer as what is to be sent back.
    fn reply(self) -> inbound::Reply {
        match self {
            Self::Twilio => message::reply(200, "text/xml", "<Response/>"),
            _ => message::reply(200, "text/plain", ""),
        }
    }
}

impl descriptor::Guest for Sms {
    fn describe() -> descriptor::Description {
        saker_channel::description(
            "saker.sms",
            "Text messages",
            env!("CARGO_PKG_VERSION"),
            "Text messages to a number become requests, and answers go back to the phone.",
            64 << 10,
            0,
        )
    }
}

impl setup::Guest for Sms {
    /// Nothing is asked of the company: each question would be another one of its interfaces.
    fn check() -> Result<()> {
        match Company::of_account()? {
            Company::Twilio => {
                needed("user")?;
                mapped::secret("twilio-token")?;
            }
            Company::Vonage => {
                needed("user")?;
                mapped::secret("token")?;
                mapped::secret("signing-secret")?;
            }
            Company::GatewayApi => {
                mapped::secret("token")?;
                mapped::secret("signing-secret")?;
            }
            Company::Other => mapped::check()?,
        }
        needed("from").map(drop)
    }

    /// The company is told by hand. Twilio signs the address too, so that it is remembered.
    fn connect(hook_url: String) -> Result<Attrs> {
        state::put(HOOK, hook_url.as_bytes(), &Expect::Any, None).map_err(|_| {
            fault::config(
                "no-memory",
                &worded!(
                    "Kontoen får ikke huske noe: gi utvidelsen lov til det",
                    "The account may not remember anything: grant it its memory"
                ),
            )
        })?;
        let mut told = vec![("webhook".to_owned(), hook_url.clone())];
        if Company::of_account()? == Company::Other {
            told.push(("status".to_owned(), format!("{hook_url}{}", mapped::REPORTS)));
        }
        Ok(told)
    }

    fn disconnect() -> Result<()> {
        Ok(())
    }
}

impl inbound::Guest for Sms {
    fn handle_webhook(req: inbound::Webhook) -> Result<inbound::Outcome> {
        let company = Company::of_account()?;
        let (mut messages, mut updates) = (vec![], vec![]);
        for news in company.believed(&req)? {
            match news {
                News::Nothing => {}
                News::Update(update) => updates.push(update),
                News::Text { id, from, text, at, files } => {
                    messages.push(taken(id, from, text, at, files, req.received_at)?)
                }
            }
        }
        Ok(inbound::Outcome { reply: company.reply(), ..message::taken(messages, updates) })
    }
}

impl outbound::Guest for Sms {
    fn send(msg: outbound::Message) -> Result<outbound::Receipt> {
        let to = number::written(message::conversation(&msg), &mapped::raw("country"));
        if !to.starts_with('+') {
            return Err(fault::permanent(
                "no-number",
                &worded!(
                    "Denne avsenderen kan ikke svares: det er ikke noe telefonnummer",
                    "This sender can’t be answered: it is no telephone number"
                ),
            ));
        }
        if !msg.attachments.is_empty() {
            return Err(fault::permanent(
                "no-files",
                &worded!("En SMS kan ikke ha filer: send den uten", "A text message carries no files: send it without"),
            ));
        }
        if matches!(state::get(&wished(&to)), Ok(Some(last)) if Last::of(&last.value).is(Wish::Stop)) {
            return Err(fault::permanent(
                "stop",
                &worded!("Mottakeren har bedt om å ikke få flere SMS", "They have asked for no more text messages"),
            ));
        }
        let (company, from, hook) = (Company::of_account()?, needed("from")?, hook().ok());
        let pieces = once::pieces(&msg, company.longest());
        once::each(&msg, &pieces, DeliveryState::Queued, |piece, _| match piece {
            once::Piece::Text(text) => {
                let text = write(text, &MARKS);
                let at = pieces.iter().position(|one| std::ptr::eq(one, piece)).unwrap_or_default();
                let key = piece_name(&msg.idempotency_key, at);
                let letter = Letter { to: &to, from: &from, text: &text, key: &key, hook: hook.as_deref() };
                company.send(letter)
            }
            once::Piece::File(_) => Err(fault::permanent(
                "no-files",
                &worded!("En SMS kan ikke ha filer: send den uten", "A text message carries no files: send it without"),
            )),
        })
    }

    fn lookup(idempotency_key: String) -> Result<Option<outbound::Receipt>> {
        match (once::lookup(&idempotency_key, DeliveryState::Queued), once::open(&idempotency_key)) {
            (Err(PluginError::Unsupported), Some(at)) if Company::of_account()? == Company::Other => {
                let came = mapped::asked_after(&piece_name(&idempotency_key, at))?;
                once::settle(&idempotency_key, came, DeliveryState::Queued)
            }
            (known, _) => known,
        }
    }
}

/// Our name for a piece of a message.
fn piece_name(key: &str, at: usize) -> String {
    if at == 0 { key.to_owned() } else { format!("{key}-{}", at + 1) }
}

fn hook() -> Result<String> {
    match state::get(HOOK) {
        Ok(Some(kept)) => Ok(String::from_utf8_lossy(&kept.value).into_owned()),
        _ => Err(fault::config(
            "not-connected",
            &worded!(
                "Koble til kontoen først: adressen er med i det som signeres",
                "Connect the account first: what is signed is also its address"
            ),
        )),
    }
}

fn wished(number: &str) -> String {
    format!("stop/{number}")
}

/// Remembers what somebody wishes, unless they wished something else since: calls are heard in any order.
fn remember(number: &str, wish: Last) -> std::result::Result<(), StateError> {
    let before = state::get(&wished(number))?;
    if before.is_some_and(|before| Last::of(&before.value).at > wish.at) {
        return Ok(());
    }
    // Whoever wants them is as whoever never said anything, when what was said before has been heard.
    let kept_s = wish.is(Wish::Start).then_some(LATEST_S);
    match state::put(&wished(number), wish.kept().as_bytes(), &Expect::Any, kept_s) {
        // A full memory keeps nobody from being written to again.
        Err(_) if wish.is(Wish::Start) => state::delete(&wished(number), &Expect::Any),
        kept => kept.map(drop),
    }
}

fn taken(
    id: String,
    from: String,
    text: String,
    at: Option<i64>,
    files: Vec<Wanted>,
    received_at: f64,
) -> Result<InboundMessage> {
    let tongue = Tongue::of_account();
    let asked = wish(&text, &setting("stop-words").unwrap_or_default(), &setting("start-words").unwrap_or_default());
    let mut sender = customer(from.clone(), None);
    if from.starts_with('+') {
        sender.attrs.push(("phone".to_owned(), from.clone()));
    }
    let mut message = InboundMessage { sent_at: at.and_then(moment), ..said(id, from.clone(), sender, text) };
    let done = match asked {
        None => None,
        Some(_) if on_trial() => None,
        Some(wish) => {
            Some(remember(&from, Last { wish, at: message.sent_at.unwrap_or(received_at).min(received_at) as i64 }))
        }
    };
    if let (Some(asked), Some(done)) = (asked, done) {
        add_line(&mut message, note(asked, done.is_ok(), tongue));
    }
    let nowhere = |_: &Wanted| {
        Err::<Call, _>(fault::permanent(
            "elsewhere",
            &worded!("den ligger bak en videresending", "it lies behind a redirect"),
        ))
    };
    Taken { message, files }.complete(tongue, || false, nowhere)
}

/// What is said beside a wish.
fn note(asked: Wish, remembered: bool, tongue: Tongue) -> &'static str {
    match (asked, remembered) {
        (Wish::Stop, true) => {
            tongue.pick("[Ønsker ingen flere SMS: det sendes ingen]", "[Wants no more text messages: none are sent]")
        }
        (Wish::Start, true) => tongue.pick("[Ønsker SMS igjen]", "[Wants text messages again]"),
        (_, false) => tongue.pick(
            "[Ønsket kunne ikke huskes: kontoen mangler minne]",
            "[The wish could not be remembered: the account lacks its memory]",
        ),
    }
}
