//! What people read, in both languages of the product. The script and the page say the same.

use saker_channel::Tongue;

/// The texts in one language.
#[derive(Clone, Copy, Debug)]
pub struct Words(pub Tongue);

macro_rules! words {
    ($($name:ident: $nb:literal, $en:literal;)*) => {
        impl Words {
            $(#[doc = $en]
            pub fn $name(self) -> &'static str {
                self.0.pick($nb, $en)
            })*

            /// All of them, by name.
            pub fn all(self) -> Vec<(&'static str, &'static str)> {
                vec![$((stringify!($name), self.$name())),*]
            }
        }
    };
}

words! {
    title: "Chat med oss", "Chat with us";
    greeting: "Hei! Hva kan vi hjelpe med?", "Hi! What can we help you with?";
    open: "Åpne chatten", "Open the chat";
    close: "Lukk", "Close";
    message: "Melding", "Message";
    send: "Send", "Send";
    name: "Navn", "Name";
    email: "E-post", "E-mail";
    optional: "valgfritt", "optional";
    you: "Du", "You";
    sending: "Sender …", "Sending …";
    unsent: "Ikke sendt ennå. Vi prøver igjen.", "Not sent yet. We keep trying.";
    offline: "Ingen forbindelse. Vi prøver igjen.", "No connection. We keep trying.";
    one_new: "1 ny melding", "1 new message";
    many_new: "{} nye meldinger", "{} new messages";
    writing: "Skriver …", "Writing …";
    next: "Du er neste i køen.", "You are next in line.";
    one_before: "1 samtale er foran deg i køen.", "1 conversation is before yours.";
    many_before: "{} samtaler er foran deg i køen.", "{} conversations are before yours.";
    later: "Skriv likevel, så svarer vi så snart vi er tilbake.", "Write all the same; we answer as soon as we are back.";
    leave: "Skriv til oss, så svarer vi på e-post.", "Write to us, and we answer by e-mail.";
    nobody: "Ingen er ved chatten akkurat nå.", "Nobody is at the chat just now.";
    closed: "Vi har stengt nå.", "We are closed now.";
    today: "i dag", "today";
    tomorrow: "i morgen", "tomorrow";
    stay: "Er du borte når vi svarer, kan svaret komme på e-post.", "If you are away when we answer, the answer can come by e-mail.";
    save: "Lagre", "Save";
    kept: "Er du borte når vi svarer, sender vi svaret til {}.", "If you are away when we answer, we send the answer to {}.";
    mine_is: "E-postadressen min er {}.", "My e-mail address is {}.";
    done: "Saken er avsluttet. Skriv gjerne igjen.", "This is closed. Do write again.";
    ended: "Du har avsluttet samtalen. Skriv gjerne igjen.", "You have ended the conversation. Do write again.";
    end: "Avslutt", "End";
    whole: "Hele samtalen", "The whole conversation";
    forget: "Glem den på denne maskinen", "Forget it on this device";
    look: "Se etter svar", "Look for an answer";
    fresh: "Siden viser det som var sagt kl. {}.", "The page shows what had been said at {}.";
    keep_address: "Ta vare på adressen til denne siden: den er veien tilbake til samtalen, og bare du har den.", "Keep this page’s address: it is the way back to the conversation, and only you have it.";
    none_such: "Samtalen finnes ikke lenger. Du kan begynne en ny.", "The conversation is gone. You can begin a new one.";
    begin: "Begynn en ny", "Begin a new one";
    bad_call: "Dette forsto vi ikke. Last siden på nytt og prøv igjen.", "We could not read this. Load the page again and retry.";
    no_text: "Skriv en melding først.", "Write a message first.";
    long_text: "Meldingen er for lang: inntil 4000 tegn.", "The message is too long: up to 4,000 letters.";
    no_name: "Skriv navnet ditt.", "Write your name.";
    no_email: "Skriv e-postadressen din, så vi kan svare.", "Write your e-mail address, so that we can answer.";
    bad_email: "Dette er ingen e-postadresse.", "This is not an e-mail address.";
    too_fast: "Det ble litt fort. Vent et minutt og prøv igjen.", "That was a little fast. Wait a minute and try again.";
    full: "Chatten er full akkurat nå. Prøv igjen senere.", "The chat is full just now. Try again later.";
    not_here: "Chatten kan ikke vises på dette nettstedet.", "The chat can’t be shown on this site.";
    files: "Filer", "Files";
    attach: "Legg ved filer", "Attach files";
    take_off: "Ta bort {}", "Remove {}";
    no_files: "Her kan det ikke sendes filer.", "Files can’t be sent here.";
    many_files: "Det er for mange filer: inntil 10 i en melding.", "There are too many files: up to 10 in a message.";
    large_files: "Filene er for store: inntil 4 MB til sammen.", "The files are too large: up to 4 MB together.";
    fast_files: "Det ble mange filer. Prøv igjen om en stund.", "That was many files. Try again in a while.";
    unkept_files: "Filen kunne ikke tas imot nå. Prøv igjen.", "The file could not be taken now. Try again.";
    lost_files: "Filene ble ikke sendt, og må velges på nytt.", "The files were not sent, and have to be chosen again.";
    cut_off: "Det som ble sendt, kom ikke helt frem. Prøv igjen.", "What was sent did not arrive whole. Try again.";
    no_page: "Denne siden finnes ikke.", "There is no such page.";
}

const DAYS: [(&str, &str); 7] = [
    ("mandag", "Monday"),
    ("tirsdag", "Tuesday"),
    ("onsdag", "Wednesday"),
    ("torsdag", "Thursday"),
    ("fredag", "Friday"),
    ("lørdag", "Saturday"),
    ("søndag", "Sunday"),
];

const MONTHS: [(&str, &str); 12] = [
    ("januar", "January"),
    ("februar", "February"),
    ("mars", "March"),
    ("april", "April"),
    ("mai", "May"),
    ("juni", "June"),
    ("juli", "July"),
    ("august", "August"),
    ("september", "September"),
    ("oktober", "October"),
    ("november", "November"),
    ("desember", "December"),
];

impl Words {
    /// When it opens.
    pub fn opens(self, when: &str) -> String {
        format!("{} {when}.", self.0.pick("Vi åpner", "We open"))
    }

    /// A day and a time of day.
    pub fn at(self, day: &str, clock: &str) -> String {
        format!("{day} {} {clock}", self.0.pick("kl.", "at"))
    }

    /// By the days from Monday.
    pub fn on_weekday(self, day: usize) -> String {
        let (nb, en) = DAYS[day];
        self.0.pick(nb, &format!("on {en}")).to_owned()
    }

    /// By the months from January.
    pub fn on_date(self, month: usize, day: i64) -> String {
        let (nb, en) = MONTHS[month];
        self.0.pick(&format!("{day}. {nb}"), &format!("on {day} {en}")).to_owned()
    }

    /// A day without the word that begins it in a sentence.
    pub fn date(self, month: usize, day: i64) -> String {
        let (nb, en) = MONTHS[month];
        self.0.pick(&format!("{day}. {nb}"), &format!("{day} {en}")).to_owned()
    }

    /// How long the line is before somebody.
    pub fn before(self, others: u32) -> String {
        match others {
            0 => self.next().to_owned(),
            1 => self.one_before().to_owned(),
            others => filled(self.many_before(), &others.to_string()),
        }
    }

    /// Somebody who said no name, by the end of their conversation's.
    pub fn somebody(self, id: &str) -> String {
        let last = id.get(id.len().saturating_sub(4)..).unwrap_or_default().to_uppercase();
        format!("{} {last}", self.0.pick("Besøkende", "Visitor"))
    }

    /// For agents: which page it began on.
    pub fn from_page(self, title: &str, address: &str) -> String {
        let title = if title.is_empty() { String::new() } else { format!("{title} – ") };
        format!("{}: {title}{address}", self.0.pick("Siden samtalen begynte på", "The page it began on"))
    }

    /// For agents: the other side is gone.
    pub fn has_ended(self) -> &'static str {
        self.0.pick("Den besøkende avsluttet samtalen.", "The visitor ended the conversation.")
    }

    /// For visitors: files came with an answer.
    pub fn files_by_mail(self) -> &'static str {
        self.0.pick("(Filene sendes på e-post.)", "(The files are sent by e-mail.)")
    }
}

/// A text with something in its place.
pub fn filled(text: &str, with: &str) -> String {
    text.replacen("{}", with, 1)
}

/// By a page's `lang`: Norwegian of any kind is bokmål; the neighbours read it too, everybody else English; without one it
/// is what the account says.
pub fn tongue_of(lang: &str, otherwise: Tongue) -> Tongue {
    match lang.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase().as_str() {
        "nb" | "no" | "nn" | "da" | "sv" => Tongue::Nb,
        "" => otherwise,
        _ => Tongue::En,
    }
}
