//! The templates there are.

use crate::input::{Input, Quote};

/// Who uses a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// An agent picks it; the text is Markdown to be edited.
    Composer,
    /// Saker sends it.
    System,
}

impl Use {
    /// As in `"x-saker-use"`.
    pub fn word(self) -> &'static str {
        match self {
            Use::Composer => "composer",
            Use::System => "system",
        }
    }
}

/// One line that somebody may answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    pub name: &'static str,
    /// Norwegian, English.
    pub title: (&'static str, &'static str),
    pub hint: (&'static str, &'static str),
}

/// One template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Card {
    pub name: &'static str,
    pub of: Use,
    /// Norwegian, English.
    pub title: (&'static str, &'static str),
    pub summary: (&'static str, &'static str),
    /// Without these the text has a hole, and a warning says so.
    pub needs: &'static [&'static str],
    /// What whoever takes it is asked: values `more.*`.
    pub asks: &'static [Asked],
    /// The source in each language: sections `subject`, `html` and `text`.
    pub(crate) source: (&'static str, &'static str),
}

macro_rules! source {
    ($name:literal) => {
        (
            include_str!(concat!("../templates/nb/", $name, ".mail")),
            include_str!(concat!("../templates/en/", $name, ".mail")),
        )
    };
}

const CARDS: [Card; 12] = [
    Card {
        name: "solution",
        of: Use::Composer,
        title: ("Løsning", "Solution"),
        summary: (
            "Slik løser du det, og gi beskjed hvis det ikke hjelper.",
            "How to solve it, and tell us if it doesn't help.",
        ),
        needs: &["customer.name"],
        asks: &[],
        source: source!("solution"),
    },
    Card {
        name: "more-information",
        of: Use::Composer,
        title: ("Vi trenger mer informasjon", "More information needed"),
        summary: ("Spør om det som mangler for å komme videre.", "Asks for what is missing to go on."),
        needs: &["customer.name"],
        asks: &[],
        source: source!("more-information"),
    },
    Card {
        name: "on-its-way",
        of: Use::Composer,
        title: ("Det er på vei", "It is on its way"),
        summary: (
            "Noe er sendt eller i gang, og hva som skjer nå.",
            "Something was sent or begun, and what happens now.",
        ),
        needs: &["customer.name"],
        asks: &[
            Asked {
                name: "expected",
                title: ("Når det er framme", "When it arrives"),
                hint: ("Slik det skal stå i setningen: «på torsdag».", "As it stands in the sentence: “on Thursday”."),
            },
            Asked { name: "tracking", title: ("Sporingsnummer", "Tracking number"), hint: ("", "") },
        ],
        source: source!("on-its-way"),
    },
    Card {
        name: "received",
        of: Use::System,
        title: ("Kvittering", "Acknowledgement"),
        summary: ("Sendes når en ny sak kommer inn.", "Sent when a new request arrives."),
        needs: &["organisation", "ticket.number", "ticket.title", "ticket.url"],
        asks: &[],
        source: source!("received"),
    },
    Card {
        name: "reply",
        of: Use::System,
        title: ("Svar", "Reply"),
        summary: ("Rundt det en saksbehandler skriver.", "Round what an agent writes."),
        needs: &["organisation", "ticket.number", "ticket.title", "ticket.url", "agent.name", "draft"],
        asks: &[],
        source: source!("reply"),
    },
    Card {
        name: "registered",
        of: Use::System,
        title: ("Bekreftelse på telefonsak", "Confirmation of a phone call"),
        summary: ("Sendes når en sak er registrert på telefon.", "Sent when a request was taken on the phone."),
        needs: &["organisation", "ticket.number", "ticket.title", "ticket.url"],
        asks: &[],
        source: source!("registered"),
    },
    Card {
        name: "sign-in",
        of: Use::System,
        title: ("Innlogging", "Sign-in"),
        summary: ("Lenken som logger en kunde inn.", "The link that signs a customer in."),
        needs: &["organisation", "more.link"],
        asks: &[],
        source: source!("sign-in"),
    },
    Card {
        name: "escalated",
        of: Use::System,
        title: ("Eskalering", "Escalation"),
        summary: ("Sendes til kolleger når en sak er eskalert.", "Sent to colleagues when a request was escalated."),
        needs: &["ticket.number", "ticket.title", "ticket.url"],
        asks: &[],
        source: source!("escalated"),
    },
    Card {
        name: "webhook-off",
        of: Use::System,
        title: ("Webhook slått av", "Webhook turned off"),
        summary: (
            "Sendes til den som laget en webhook, når den er slått av.",
            "Sent to whoever made a webhook, when it was turned off.",
        ),
        needs: &["more.webhook", "more.url"],
        asks: &[],
        source: source!("webhook-off"),
    },
    Card {
        name: "notices",
        of: Use::System,
        title: ("Varsler", "Notices"),
        summary: (
            "Det som har skjedd de siste minuttene, samlet til en kollega.",
            "What happened within some minutes, gathered for a colleague.",
        ),
        needs: &["organisation", "more.notices"],
        asks: &[],
        source: source!("notices"),
    },
    Card {
        name: "reminder",
        of: Use::System,
        title: ("Påminnelse", "Reminder"),
        summary: ("Sendes om morgenen når noe har ligget.", "Sent in the morning when something lies."),
        needs: &["organisation", "more.notices"],
        asks: &[],
        source: source!("reminder"),
    },
    Card {
        name: "weekly",
        of: Use::System,
        title: ("Uken i tall", "The week in numbers"),
        summary: ("Sendes mandag morgen til dem som vil ha den.", "Sent on Monday mornings to whoever wants it."),
        needs: &["organisation", "more.created", "more.closed"],
        asks: &[],
        source: source!("weekly"),
    },
];

/// All templates, those for the composer first.
pub fn cards() -> &'static [Card] {
    &CARDS
}

/// What a value is called in a warning.
pub(crate) fn called(name: &str, norwegian: bool) -> &str {
    let (nb, en) = match name {
        "customer.name" => ("kundens navn", "the customer's name"),
        "customer.first" => ("kundens fornavn", "the customer's first name"),
        "customer.email" => ("kundens adresse", "the customer's address"),
        "organisation" => ("organisasjonens navn", "the organisation's name"),
        "ticket.number" => ("saksnummeret", "the request's number"),
        "ticket.title" => ("tittelen", "the title"),
        "ticket.url" => ("lenken til saken", "the link to the request"),
        "agent.name" => ("saksbehandlerens navn", "the agent's name"),
        "draft" => ("teksten", "the text"),
        "more.link" => ("lenken", "the link"),
        "more.notices" => ("det som har skjedd", "what happened"),
        "more.created" => ("tallet på nye saker", "the number of new requests"),
        "more.closed" => ("tallet på avsluttede saker", "the number of closed requests"),
        "more.webhook" => ("webhookens navn", "the webhook's name"),
        "more.url" => ("adressen", "the address"),
        other => (other, other),
    };
    if norwegian { nb } else { en }
}

/// Made-up input for a preview.
pub fn sample(template: &str, locale: &str) -> Option<Input> {
    CARDS.iter().find(|card| card.name == template)?;
    let mut input = Input { template: template.to_owned(), locale: locale.to_owned(), ..Input::default() };
    let norwegian = input.norwegian();
    let say = |nb: &str, en: &str| {
        if norwegian { nb.to_owned() } else { en.to_owned() }
    };
    input.time_zone = "Europe/Oslo".into();
    input.now = 1_794_301_200_000;
    input.organisation = "Nordvik Support".into();
    input.number = "1042".into();
    input.title = say("Skriver virker ikke", "Printer does not work");
    input.url = "https://help.nordvik.example/saker/1042".into();
    input.category = say("Skriver", "Printing");
    input.customer_name = "Kari Nordmann".into();
    input.customer_email = "kari@fjord.example".into();
    input.agent_name = "Ane".into();
    input.signature = "Nordvik Support, 22 00 00 00".into();
    input.draft = say(
        "Skriveren i 2. etasje har ikke skrevet ut siden i morges.\n\nDisplayet viser **E-52**.",
        "The printer on the 2nd floor has not printed since this morning.\n\nIts display says **E-52**.",
    );
    input.quote = Some(Quote {
        name: "Kari Nordmann".into(),
        at: 1_794_300_000_000,
        text: say(
            "Takk! Den skrev ut én side, men så kom feilen tilbake.",
            "Thanks! It printed one page, then the error came back.",
        ),
    });
    input.more = vec![
        ("link".into(), "https://help.nordvik.example/inn?t=6Qd2".into()),
        ("webhook".into(), "CRM".into()),
        ("url".into(), "https://crm.example/hooks/saker".into()),
    ];
    let said = say("Skriver virker ikke", "Printer does not work");
    let rows = format!("new-message\t1042\tKari Nordmann\t2\t{said}\nassigned\t1043\tBo\t1\t{said}");
    let numbers = [("created", "31"), ("closed", "28"), ("first-answer-minutes", "42"), ("resolution-minutes", "385")];
    input.more.extend(numbers.map(|(name, value)| (name.into(), value.into())));
    input.more.extend([
        ("notices".into(), rows),
        ("count".into(), "2".into()),
        ("base-url".into(), "https://help.nordvik.example/desk/request/".into()),
    ]);
    Some(input)
}
