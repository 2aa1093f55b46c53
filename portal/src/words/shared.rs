//! Said in the portal and in the workspace: errors, sizes, times.

use super::{Clock, Words, words};
use crate::Fault;
use desk::{
    Error, Why,
    model::{FieldKind, FieldValue, Named},
};

words! {
    product: "Saker", "Saker";
    retry: "Prøv igjen", "Try again";
    close: "Lukk", "Close";
    cancel: "Avbryt", "Cancel";
    back: "Tilbake", "Back";
    sign_in: "Logg inn", "Sign in";
    sign_out: "Logg ut", "Sign out";
    skip_to_content: "Hopp til innholdet", "Skip to content";
    menu: "Meny", "Menu";
    language: "Språk", "Language";
    theme: "Utseende", "Appearance";
    theme_light: "Lyst", "Light";
    theme_dark: "Mørkt", "Dark";
    theme_system: "Som systemet", "As the system";
    clock_format: "Klokkeslett", "Times";
    clock_of_day: "14:05", "14:05";
    clock_of_half_day: "2:05 e.m.", "2:05 pm";
    download: "Last ned", "Download";
    remove: "Fjern", "Remove";
    just_now: "nå nettopp", "just now";
    yes: "Ja", "Yes";
    no: "Nei", "No";

    not_found: "Vi finner den ikke. Den kan være slettet, eller du kan mangle tilgang.",
        "We can't find it. It may be gone, or you may not have access.";
    forbidden: "Du har ikke lov til å gjøre dette.", "You may not do this.";
    unauthenticated: "Logg inn for å fortsette.", "Sign in to go on.";
    expired: "Lenken er gått ut på tid. Be om en ny.", "The link has expired. Ask for a new one.";
    line_broken: "Vi fikk ikke kontakt. Ingenting er endret. Prøv igjen.",
        "We couldn't get through. Nothing was changed. Try again.";
    not_now: "Dette kan ikke tas imot akkurat nå. Prøv igjen om litt.", "This can’t be taken just now. Try again in a moment.";
    no_such_call: "Dette er ikke et kall vi forstår.", "This is not a call that we understand.";
    what_was_written_is_there: "Gå tilbake i nettleseren; det du skrev, står der ennå.",
        "Go back in your browser; what you wrote is still there.";
    one_moment: "Et øyeblikk …", "One moment …";
}

impl Words {
    /// What went wrong, whether anything was lost, and what to do.
    pub fn error(self, error: &Error) -> String {
        match error {
            Error::NotFound => self.not_found().to_owned(),
            Error::Forbidden => self.forbidden().to_owned(),
            Error::Unauthenticated => self.unauthenticated().to_owned(),
            Error::Expired => self.expired().to_owned(),
            Error::Invalid { why, .. } => self.why(why),
            // A call to the API under a word that stands for one that still goes on.
            Error::Taken { holder } if holder.is_empty() => {
                self.pick("Det samme kallet er i gang. Prøv igjen om litt.", "The same call is under way. Try again in a moment.").to_owned()
            }
            Error::Taken { holder } => self.pick(format!("{holder} har den allerede."), format!("{holder} already has it.")),
            Error::Changed { by } if by.is_empty() => {
                self.pick("Dette er endret i mellomtiden.", "This was changed in the meantime.").to_owned()
            }
            Error::Changed { by } => self
                .pick(format!("{by} har endret dette i mellomtiden."), format!("{by} changed this in the meantime.")),
            Error::Held { by, reason } => self.pick(
                format!("{by} har sperret dette for sletting: {reason}"),
                format!("{by} has placed a legal hold on this: {reason}"),
            ),
            Error::TooMany { seconds } => {
                let wait = self.wait(*seconds);
                self.pick(format!("Det ble mange forsøk på kort tid. Prøv igjen om {wait}."), format!("That was many tries in a short time. Try again in {wait}."))
            }
            Error::Internal { code } => self.pick(
                format!("Noe sviktet hos oss. Prøv igjen om litt. Spør du oss om dette, oppgi koden {code}."),
                format!("Something failed on our side. Try again in a moment. If you ask us about it, quote the code {code}."),
            ),
        }
    }

    /// As [`Words::error`], for what a server function answered.
    pub fn fault(self, fault: &Fault) -> String {
        match fault {
            Fault::Desk(error) => self.error(error),
            Fault::Line(_) => self.line_broken().to_owned(),
        }
    }

    /// What is wrong with a field, and how to put it right.
    pub fn why(self, why: &Why) -> String {
        match why {
            Why::Missing => self.pick("Fyll ut dette feltet.", "Fill in this field.").to_owned(),
            Why::TooLong { most } => {
                let most = self.count(i64::from(*most));
                self.pick(
                    format!("Teksten er for lang. Det er plass til {most} tegn."),
                    format!("The text is too long. There is room for {most} characters."),
                )
            }
            Why::TooLarge { megabytes } => self.pick(
                format!("For stor. Grensen er {megabytes}\u{a0}MB."),
                format!("Too large. The limit is {megabytes}\u{a0}MB."),
            ),
            Why::TooMany { most } => self
                .pick(format!("For mange. Det er plass til {most}."), format!("Too many. There is room for {most}.")),
            Why::TooCommon { most } => {
                let most = self.count(i64::from(*most));
                self.pick(
                    format!("Disse ordene står i mer enn {most} saker. Skriv noe som færre handler om."),
                    format!("These words are in more than {most} requests. Write something that fewer are about."),
                )
            }
            Why::NotAnAddress => self
                .pick(
                    "Skriv hele e-postadressen, for eksempel navn@firma.no.",
                    "Write the whole e-mail address, such as name@company.com.",
                )
                .to_owned(),
            Why::NotANumber => self
                .pick(
                    "Skriv et telefonnummer, for eksempel 22 00 00 00 eller +47 22 00 00 00.",
                    "Write a phone number, such as 22 00 00 00 or +47 22 00 00 00.",
                )
                .to_owned(),
            Why::NotAFigure => {
                self.pick("Skriv et tall, for eksempel 12,5.", "Write a number, such as 12.5.").to_owned()
            }
            Why::NotADate => {
                self.pick("Skriv en dato, for eksempel 2026-11-24.", "Write a date, such as 2026-11-24.").to_owned()
            }
            Why::NotAChoice => self.pick("Velg en av mulighetene.", "Choose one of the options.").to_owned(),
            Why::FileKind { name } => self.pick(
                format!("«{name}» er et program eller en annen filtype vi ikke tar imot."),
                format!("“{name}” is a program, or another kind of file that we don't accept."),
            ),
            Why::WrongSignIn => self
                .pick("E-postadressen og passordet passer ikke sammen.", "The e-mail address and password don't match.")
                .to_owned(),
            Why::InternalToCustomer => self
                .pick("En intern tekst kan ikke sendes til kunden.", "An internal text can't be sent to the customer.")
                .to_owned(),
            Why::Double => self.pick("Dette finnes allerede.", "This is there already.").to_owned(),
            Why::InUse { times } => {
                let times = self.count(i64::from(*times));
                self.pick(format!("Den er i bruk {times} steder."), format!("It is used in {times} places."))
            }
            Why::Needed => self
                .pick("Denne kan ikke unnværes. Velg en annen først.", "This one is needed. Choose another first.")
                .to_owned(),
            Why::Circle => self.pick("Da går det i ring.", "That would go in a circle.").to_owned(),
            Why::First { what } => {
                self.pick(format!("Dette må gjøres først: {what}."), format!("This has to be done first: {what}."))
            }
            Why::Sent => {
                self.pick("Det som er sendt, kan ikke tas tilbake.", "What was sent can't be taken back.").to_owned()
            }
            Why::TooOld => self.pick("Dette er for lenge siden.", "That is too long ago.").to_owned(),
            Why::Template { words } => {
                self.pick(format!("Malen kan ikke brukes: {words}"), format!("The template can’t be used: {words}"))
            }
            Why::NoBody => self
                .pick(
                    "Malen må vise selve meldingen. Sett inn {{ body }} der den skal stå.",
                    "The template has to show the message itself. Put {{ body }} where it belongs.",
                )
                .to_owned(),
            Why::Unfit { flaw: Some(flaw), .. } => self.flaw(*flaw).to_owned(),
            Why::Unfit { words, flaw: None } => self.check_failed(words),
            Why::Unsigned => self
                .pick(
                    "Ingen har signert filen. Installer den bare hvis du vet hvor den kommer fra.",
                    "Nobody has signed the file. Install it only if you know where it comes from.",
                )
                .to_owned(),
            Why::OtherPublisher => self
                .pick(
                    "Filen er signert av noen andre enn dem du stoler på for denne utvidelsen.",
                    "The file is signed by somebody else than whom you trust for this plugin.",
                )
                .to_owned(),
            Why::NotAPattern { words } => self
                .pick(format!("Søkemønsteret kan ikke leses: {words}"), format!("The pattern can’t be read: {words}")),
            Why::NoVersion => self
                .pick(
                    "Dette kallet har ingen versjon å sammenligne med. Send det uten If-Match.",
                    "This call has no version to compare with. Send it without If-Match.",
                )
                .to_owned(),
            Why::Unsure => self
                .pick(
                    "Det samme kallet ble avbrutt, og ingen vet om det ble utført. Se etter før du sender det under et annet ord.",
                    "The same call was cut off, and nobody knows whether it was carried out. Look before you send it under another word.",
                )
                .to_owned(),
            Why::Past => self.pick("Velg et tidspunkt som ikke er passert.", "Choose a time to come.").to_owned(),
        }
    }

    /// What a plugin says, with the quotation marks of the reader's language.
    pub fn in_quotes(self, said: &str) -> String {
        self.pick(said.replace('“', "«").replace('”', "»"), said.replace('«', "“").replace('»', "”"))
    }

    /// That something is larger than so many bytes.
    pub fn too_large(self, room: usize) -> String {
        match room >> 20 {
            0 => {
                let kilobytes = (room >> 10).max(1);
                self.pick(
                    format!("For stor. Grensen er {kilobytes}\u{a0}kB."),
                    format!("Too large. The limit is {kilobytes}\u{a0}kB."),
                )
            }
            megabytes => self.why(&Why::TooLarge { megabytes: megabytes as u32 }),
        }
    }

    /// `10 s`, `2 min`, `1 t`.
    pub fn wait(self, seconds: u32) -> String {
        match seconds {
            0..60 => format!("{} s", seconds.max(1)),
            60..3600 => format!("{} min", seconds.div_ceil(60)),
            _ => format!("{} {}", seconds.div_ceil(3600), self.pick("t", "h")),
        }
    }

    /// A whole number with thousands apart: `12 500`, `12,500`.
    pub fn count(self, number: i64) -> String {
        let digits = number.unsigned_abs().to_string();
        let mut text = String::from(if number < 0 { "−" } else { "" });
        for (place, digit) in digits.chars().enumerate() {
            if place > 0 && (digits.len() - place).is_multiple_of(3) {
                text.push_str(self.pick("\u{a0}", ","));
            }
            text.push(digit);
        }
        text
    }

    /// A file's size as people say it: `84 kB`, `5,1 MB`. Powers of ten.
    pub fn size(self, bytes: i64) -> String {
        let bytes = bytes.max(0);
        let tenths = |unit: i64| {
            let tenths = (bytes * 10 + unit / 2) / unit;
            let comma = self.pick(",", ".");
            if tenths % 10 == 0 || tenths >= 100 {
                format!("{}", tenths / 10)
            } else {
                format!("{}{comma}{}", tenths / 10, tenths % 10)
            }
        };
        match bytes {
            0..1_000 => format!("{bytes}\u{a0}B"),
            1_000..1_000_000 => format!("{}\u{a0}kB", (bytes + 500) / 1_000),
            1_000_000..1_000_000_000 => format!("{}\u{a0}MB", tenths(1_000_000)),
            _ => format!("{}\u{a0}GB", tenths(1_000_000_000)),
        }
    }

    /// What a request holds in a custom field, as people read it: `12,5`, `1. des. 2026`, `Rød, blå`.
    pub fn field_value(self, field: &FieldValue) -> String {
        let said = |shown: &Named| match field.kind {
            FieldKind::Number => self.pick(shown.nb.replace('.', ","), shown.en.clone()),
            FieldKind::Date => Civil::day(&shown.id).map_or_else(|| shown.id.clone(), |day| self.date(&day)),
            _ => shown.in_language(self.0).to_owned(),
        };
        field.shown.iter().map(said).collect::<Vec<_>>().join(", ")
    }

    /// `10. nov. 2026` or `10 Nov 2026`.
    pub fn date(self, day: &Civil) -> String {
        let month = self.month(day.month);
        self.pick(format!("{}. {month} {}", day.day, day.year), format!("{} {month} {}", day.day, day.year))
    }

    /// `kl. 14:05` or `14:05`, with twelve hours `kl. 2:05 e.m.` or `2:05 pm`; not to be broken across lines.
    pub fn clock(self, at: &Civil) -> String {
        let (hour, minute) = (at.hour, at.minute);
        let time = match self.1 {
            Clock::Day => format!("{hour:02}:{minute:02}"),
            Clock::HalfDay => {
                let half = if hour < 12 { self.pick("f.m.", "am") } else { self.pick("e.m.", "pm") };
                format!("{}:{minute:02}\u{a0}{half}", (hour + 11) % 12 + 1)
            }
        };
        self.pick(format!("kl.\u{a0}{time}"), time)
    }

    /// `10. nov. 2026 kl. 10:05`, `10 Nov 2026, 10:05`.
    pub fn date_and_clock(self, at: &Civil) -> String {
        let (date, clock) = (self.date(at), self.clock(at));
        self.pick(format!("{date} {clock}"), format!("{date}, {clock}"))
    }

    /// What the server prints, which knows nobody's zone: `10. nov. 2026 kl. 09:05 UTC`.
    pub fn universal(self, micros: i64) -> String {
        format!("{} UTC", self.date_and_clock(&Civil::universal(micros)))
    }

    /// Near times in words, up to seven days back; further away the date. Both moments in the reader's zone.
    pub fn relative(self, at: &Civil, now: &Civil) -> String {
        let clock = self.clock(at);
        let minutes = now.minutes() - at.minutes();
        match now.days() - at.days() {
            _ if (0..1).contains(&minutes) => self.just_now().to_owned(),
            _ if (1..60).contains(&minutes) => {
                self.pick(format!("for {minutes} min siden"), format!("{minutes} min ago"))
            }
            0 => self.pick(format!("i dag {clock}"), format!("today {clock}")),
            1 => self.pick(format!("i går {clock}"), format!("yesterday {clock}")),
            2..7 => format!("{} {clock}", self.weekday(at.weekday())),
            _ => self.date(at),
        }
    }

    pub fn month(self, month: u8) -> &'static str {
        const NB: [&str; 12] =
            ["jan.", "feb.", "mars", "april", "mai", "juni", "juli", "aug.", "sep.", "okt.", "nov.", "des."];
        const EN: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        self.pick(NB, EN)[usize::from(month.clamp(1, 12)) - 1]
    }

    /// 0 is Monday.
    pub fn weekday(self, day: u8) -> &'static str {
        const NB: [&str; 7] = ["mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag", "søndag"];
        const EN: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
        self.pick(NB, EN)[usize::from(day % 7)]
    }
}

/// A moment on somebody's wall: the calendar's and the clock's reading in one zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Civil {
    pub year: i32,
    /// 1 to 12.
    pub month: u8,
    pub day: u8,
    pub hour: u8,
    pub minute: u8,
}

impl Civil {
    /// From Unix microseconds, in UTC.
    pub fn universal(micros: i64) -> Self {
        let minutes = micros.div_euclid(60_000_000);
        let (days, minute) = (minutes.div_euclid(1_440), minutes.rem_euclid(1_440));
        let (year, month, day) = from_days(days);
        Self { year, month, day, hour: (minute / 60) as u8, minute: (minute % 60) as u8 }
    }

    /// From Unix microseconds, in the zone of this browser.
    #[cfg(target_family = "wasm")]
    pub fn local(micros: i64) -> Self {
        let date = js_sys::Date::new(&wasm_bindgen::JsValue::from_f64((micros / 1_000) as f64));
        Self {
            year: date.get_full_year() as i32,
            month: date.get_month() as u8 + 1,
            day: date.get_date() as u8,
            hour: date.get_hours() as u8,
            minute: date.get_minutes() as u8,
        }
    }

    /// From a day such as `2026-11-24`.
    pub fn day(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '-');
        let year = parts.next()?.parse().ok()?;
        let mut part = || parts.next()?.parse::<u8>().ok();
        let (month, day) = (part()?, part()?);
        ((1..=12).contains(&month) && (1..=31).contains(&day)).then_some(Self { year, month, day, hour: 0, minute: 0 })
    }

    /// Now, in the zone of this browser.
    #[cfg(target_family = "wasm")]
    pub fn now() -> Self {
        Self::local((js_sys::Date::now() * 1_000.0) as i64)
    }

    /// `2026-11-10T09:05Z`, for `<time datetime>`; only of a reading in UTC.
    pub fn datetime(&self) -> String {
        format!("{:04}-{:02}-{:02}T{:02}:{:02}Z", self.year, self.month, self.day, self.hour, self.minute)
    }

    /// Days since 1 January 1970.
    pub fn days(&self) -> i64 {
        let year = i64::from(self.year) - i64::from(self.month <= 2);
        let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let of_year = (153 * ((i64::from(self.month) + 9) % 12) + 2) / 5 + i64::from(self.day) - 1;
        era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
    }

    fn minutes(&self) -> i64 {
        self.days() * 1_440 + i64::from(self.hour) * 60 + i64::from(self.minute)
    }

    /// 0 is Monday; 1 January 1970 was a Thursday.
    pub fn weekday(&self) -> u8 {
        (self.days() + 3).rem_euclid(7) as u8
    }
}

/// The Gregorian date of a day number, in years that begin in March so that leap days come last.
fn from_days(days: i64) -> (i32, u8, u8) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    ((year + era * 400 + i64::from(month <= 2)) as i32, month as u8, day as u8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use desk::model::Language;

    const NB: Words = Words::new(Language::Nb);
    const EN: Words = Words::new(Language::En);

    #[test]
    fn days_and_dates_agree_for_four_centuries() {
        for day in -80_000..80_000 {
            let civil = Civil::universal(day * 86_400_000_000);
            assert_eq!(civil.days(), day);
        }
    }

    #[test]
    fn times_are_said_as_people_say_them() {
        let now = Civil { year: 2026, month: 11, day: 10, hour: 11, minute: 12 };
        assert_eq!(now.weekday(), 1);
        let at = |day, hour, minute| Civil { day, hour, minute, ..now };
        assert_eq!(NB.relative(&at(10, 11, 8), &now), "for 4 min siden");
        assert_eq!(NB.relative(&at(9, 14, 20), &now), "i går kl.\u{a0}14:20");
        assert_eq!(EN.relative(&at(5, 9, 5), &now), "Thursday 09:05");
        assert_eq!(EN.relative(&at(1, 9, 5), &now), "1 Nov 2026");
        assert_eq!(NB.relative(&at(12, 9, 5), &now), "12. nov. 2026");
    }

    #[test]
    fn a_clock_of_twelve_hours_has_two_halves() {
        let said = |language, hour| {
            Words(language, Clock::HalfDay).clock(&Civil { year: 2026, month: 11, day: 10, hour, minute: 5 })
        };
        let english = [0, 1, 11, 12, 13, 23].map(|hour| said(Language::En, hour).replace('\u{a0}', " "));
        assert_eq!(english, ["12:05 am", "1:05 am", "11:05 am", "12:05 pm", "1:05 pm", "11:05 pm"]);
        assert_eq!(said(Language::Nb, 14), "kl.\u{a0}2:05\u{a0}e.m.");
    }

    #[test]
    fn sizes_and_counts_have_the_marks_of_their_language() {
        assert_eq!(NB.size(5_140_000), "5,1\u{a0}MB");
        assert_eq!(EN.size(84_300), "84\u{a0}kB");
        assert_eq!(EN.size(25_000_000), "25\u{a0}MB");
        assert_eq!(NB.count(100_000), "100\u{a0}000");
        assert_eq!(EN.count(-1_234), "−1,234");
    }
}
