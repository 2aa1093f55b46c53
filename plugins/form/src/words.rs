//! What the form says by itself.

use crate::typed::Slip;
use saker_channel::Tongue;

/// The same words in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Both {
    /// Bokmål.
    pub nb: String,
    /// English.
    pub en: String,
}

impl Both {
    /// Where one is empty, the other stands for both.
    pub fn of(nb: &str, en: &str) -> Self {
        let (nb, en) = (nb.trim(), en.trim());
        let or = |one: &str, other: &str| if one.is_empty() { other.to_owned() } else { one.to_owned() };
        Self { nb: or(nb, en), en: or(en, nb) }
    }

    /// From `nb | en`.
    pub fn read(text: &str) -> Self {
        let (nb, en) = text.split_once('|').unwrap_or((text, ""));
        Self::of(nb, en)
    }

    /// In this language.
    pub fn in_(&self, tongue: Tongue) -> &str {
        tongue.pick(&self.nb, &self.en)
    }

    /// Nothing is said.
    pub fn is_empty(&self) -> bool {
        self.nb.is_empty()
    }
}

/// Why a form that was filled in well enough is shown again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pause {
    /// Sooner than people write.
    Soon,
    /// It had been open for a day, or shows no time at all.
    Old,
    /// A field was filled in that people don't see.
    Trap,
}

/// Why there is no form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sorry {
    /// On a site that nobody named.
    NotHere,
    /// At an address where there is none.
    Nowhere,
    /// What came was no form.
    Garbage,
}

/// What is said, in one language.
#[derive(Clone, Copy, Debug)]
pub struct Words(pub Tongue);

impl Words {
    fn pick(self, nb: &'static str, en: &'static str) -> &'static str {
        self.0.pick(nb, en)
    }

    /// For `lang`.
    pub fn tag(self) -> &'static str {
        self.pick("nb", "en")
    }

    /// Beside a question that may be left out.
    pub fn optional(self) -> &'static str {
        self.pick("valgfritt", "optional")
    }

    /// First of the choices.
    pub fn choose(self) -> &'static str {
        self.pick("Velg …", "Choose …")
    }

    /// On the button.
    pub fn send(self) -> &'static str {
        self.pick("Send", "Send")
    }

    /// While it is sent.
    pub fn sending(self) -> &'static str {
        self.pick("Sender …", "Sending …")
    }

    /// It did not arrive.
    pub fn failed(self) -> &'static str {
        self.pick(
            "Det kunne ikke sendes nå. Det du har skrevet, står her fortsatt. Prøv igjen om litt.",
            "It could not be sent just now. What you wrote is still here. Try again in a while.",
        )
    }

    /// More files than fit.
    pub fn too_large(self) -> &'static str {
        self.pick(
            "Filene er for store til å sendes. Ta bort noen, og prøv igjen.",
            "The files are too large to be sent. Take some away and try again.",
        )
    }

    /// Under the files.
    pub fn files_hint(self) -> &'static str {
        self.pick("Inntil 4 MB til sammen.", "Up to 4 MB in all.")
    }

    /// Beside the field that people don't see.
    pub fn trap(self) -> &'static str {
        self.pick("La dette feltet stå tomt", "Leave this field empty")
    }

    /// Over what has to be mended.
    pub fn mend(self, count: usize) -> &'static str {
        match count {
            1 => {
                self.pick("Én ting må rettes før det kan sendes:", "One thing has to be mended before it can be sent:")
            }
            _ => self.pick("Noe må rettes før det kan sendes:", "Some things have to be mended before it can be sent:"),
        }
    }

    /// Why it has to be sent once more.
    pub fn pause(self, pause: Pause) -> &'static str {
        match pause {
            Pause::Soon => self.pick(
                "Det gikk litt fort. Se over at alt er med, og send en gang til.",
                "That was quick. See that everything is there, and send it once more.",
            ),
            Pause::Old => self.pick(
                "Skjemaet hadde stått åpent lenge. Se over det du har skrevet, og send en gang til.",
                "The form had been open for a long time. Look over what you wrote, and send it once more.",
            ),
            Pause::Trap => self.pick(
                "Et felt som skal stå tomt, var fylt ut. Nå er det tømt. Send en gang til.",
                "A field that should be empty was filled in. It is empty now. Send it once more.",
            ),
        }
    }

    /// Files have to be chosen again: browsers don't keep them.
    pub fn files_again(self) -> &'static str {
        self.pick("Filene må velges på nytt.", "The files have to be chosen again.")
    }

    /// What is wrong with an answer.
    pub fn slip(self, slip: Slip, label: &str) -> String {
        match slip {
            Slip::Missing => match self.0 {
                Tongue::Nb => format!("Fyll ut «{label}»"),
                Tongue::En => format!("Fill in “{label}”"),
            },
            Slip::NotAnAddress => self
                .pick(
                    "Skriv en hel e-postadresse, som kari@example.no",
                    "Write a whole e-mail address, as kari@example.com",
                )
                .to_owned(),
            Slip::NotANumber => self
                .pick("Skriv et telefonnummer, som 40 00 00 00", "Write a phone number, as +47 40 00 00 00")
                .to_owned(),
            Slip::NotAChoice => self.pick("Velg ett av valgene", "Choose one of the choices").to_owned(),
            Slip::TooLong(most) => match self.0 {
                Tongue::Nb => format!("Skriv høyst {most} tegn"),
                Tongue::En => format!("Write at most {most} letters"),
            },
            Slip::TooMany(most) => match self.0 {
                Tongue::Nb => format!("Velg høyst {most} filer"),
                Tongue::En => format!("Choose at most {most} files"),
            },
        }
    }

    /// Over the thanks.
    pub fn sent(self) -> &'static str {
        self.pick("Takk, meldingen er sendt", "Thank you, your message is sent")
    }

    /// The thanks where the administrator wrote none.
    pub fn thanks(self) -> &'static str {
        self.pick(
            "Vi har fått meldingen din som sak {number}, og svarer til {email}.",
            "Your message is request {number}. We will answer to {email}.",
        )
    }

    /// Why there is no form.
    pub fn sorry(self, sorry: Sorry) -> &'static str {
        match sorry {
            Sorry::NotHere => {
                self.pick("Skjemaet kan ikke vises på dette nettstedet.", "The form can’t be shown on this site.")
            }
            Sorry::Nowhere => self.pick("Her er det ikke noe skjema.", "There is no form here."),
            Sorry::Garbage => self.pick(
                "Det som ble sendt, kunne ikke leses som et skjema. Åpne skjemaet på nytt, og prøv igjen.",
                "What was sent could not be read as a form. Open the form anew and try again.",
            ),
        }
    }

    /// To the form itself.
    pub fn to_form(self) -> &'static str {
        self.pick("Til skjemaet", "To the form")
    }
}

/// Names of what every form may ask.
pub mod label {
    use super::Both;

    /// `nb` and `en` as they are.
    pub fn both(nb: &str, en: &str) -> Both {
        Both::of(nb, en)
    }

    /// The form's heading where there is no other.
    pub fn title() -> Both {
        both("Kontakt oss", "Contact us")
    }
}
