//! Why something of a plugin, or a mail of ours, did not come to be. What the host says is worded here; what a plugin or
//! another server said stands as it is.

use crate::words::Words;
use desk::model::Setback;

impl Words {
    /// In the middle of a sentence; what is technical about it stands in brackets.
    pub fn setback(self, said: &str) -> String {
        let Some((setback, about)) = Setback::read(said) else { return said.to_owned() };
        let words = self.of_setback(setback);
        if about.is_empty() { words.to_owned() } else { format!("{words} ({about})") }
    }

    /// Files that a message lacks, as the host notes them: each with its name, and why where that is known.
    pub fn files_missing(self, noted: &str) -> String {
        let said = |why: &str| Setback::read(why).is_some() || why.bytes().all(|byte| byte.is_ascii_digit());
        let files = noted.split("; ").map(|file| match file.split_once(", ") {
            Some((name, why)) if said(why) => format!("{name} ({})", self.setback(why)),
            _ => file.to_owned(),
        });
        format!("{}: {}", self.setback_begins(Setback::FilesMissing.as_str()), files.collect::<Vec<_>>().join(", "))
    }

    /// At the beginning of one.
    pub fn setback_begins(self, said: &str) -> String {
        let text = self.setback(said);
        if Setback::read(said).is_none() {
            return text;
        }
        let mut letters = text.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
    }

    /// How a call ended: as the host says it, or the plugin with one of the kinds of error that the contract has.
    pub fn outcome(self, said: &str) -> String {
        let kind = said.split_once(": ").and_then(|(kind, why)| Some((self.kind_of_error(kind)?, why)));
        match kind {
            Some((kind, "")) => kind.to_owned(),
            Some((kind, why)) => format!("{kind}: {}", self.setback(why)),
            None => self.setback_begins(said),
        }
    }

    /// As the ledger spells it.
    fn kind_of_error(self, kind: &str) -> Option<&'static str> {
        let (nb, en) = match kind {
            "auth" => ("Nøkkelen ble avvist", "The key was refused"),
            "config" => ("Innstillingene passer ikke", "The settings don’t fit"),
            "permanent" => ("Det lar seg ikke gjøre", "It can’t be done"),
            "retryable" => ("Det gikk ikke nå", "It did not work now"),
            "rate-limited" => ("Den andre siden vil ha det saktere", "The other side wants it slower"),
            _ => return None,
        };
        Some(self.pick(nb, en))
    }

    fn of_setback(self, setback: Setback) -> &'static str {
        let (nb, en) = match setback {
            Setback::TooLong => ("den brukte for lang tid", "it took too long"),
            Setback::TooMuchComputing => ("den regnet for lenge", "it computed for too long"),
            Setback::TooMuchMemory => ("den ville ha mer minne enn den får", "it wanted more memory than it may have"),
            Setback::TooDeep => ("den gikk seg vill i seg selv", "it got lost in itself"),
            Setback::TooMuchAtOnce => ("den ga fra seg for mye på én gang", "it handed over too much at once"),
            Setback::OverBudget => ("den ba om for mye", "it asked for too much"),
            Setback::Senseless => ("svaret dens ga ikke mening", "its answer made no sense"),
            Setback::GaveUp => ("den taklet ikke det den fikk", "it could not cope with what it got"),
            Setback::Failed => ("den sviktet", "it failed"),
            Setback::Busy => {
                ("den har for mye å gjøre; prøv igjen om litt", "it has too much to do; try again in a moment")
            }
            Setback::AllBusy => (
                "for mange utvidelser er i gang; prøv igjen om litt",
                "too many plugins are busy; try again in a moment",
            ),
            Setback::ShuttingDown => ("Saker holder på å stanse", "Saker is shutting down"),
            Setback::NotRunning => ("utvidelsen kjører ikke nå", "the plugin does not run now"),
            Setback::NotItsTask => ("utvidelsen gjør ikke dette", "the plugin does not do this"),
            Setback::NothingRuns => ("ingen utvidelse for dette kjører nå", "no plugin for this runs now"),
            Setback::NotGranted => ("dette har den ikke fått lov til", "it may not do this"),
            Setback::TextTooLong => ("teksten ble for lang", "the text got too long"),
            Setback::NotStored => ("det kunne ikke lagres", "it could not be saved"),
            Setback::MailTooLarge => ("e-posten er for stor", "the mail is too large"),
            Setback::BytesGone => ("innholdet er borte", "what was in it is gone"),
            Setback::FilesTooLarge => ("vedleggene er for store til sammen", "its attachments are too large together"),
            Setback::AttachmentGone => ("et vedlegg er borte", "one of its attachments is gone"),
            Setback::FileGone => ("filen dens er borte", "its file is gone"),
            Setback::NotCompiled => ("koden dens kan ikke brukes", "its code can’t be used"),
            Setback::TooLargeToCompile => ("koden dens er for stor", "its code is too large"),
            Setback::AsksForMore => (
                "den ber om noe som utvidelser av dette slaget ikke får",
                "it asks for something that plugins of its kind don’t get",
            ),
            Setback::OtherShape => {
                ("den er laget for en annen versjon av Saker", "it is made for another version of Saker")
            }
            Setback::MayNotBeCalled => {
                ("den har ikke fått lov til å bli kalt fra internett", "it may not be called from the internet")
            }
            Setback::MayNotLook => ("den har ikke fått lov til å se etter meldinger", "it may not look for messages"),
            Setback::MayNotSend => ("den har ikke fått lov til å sende", "it may not send"),
            Setback::MayNotReceive => {
                ("den har ikke fått lov til å legge inn meldinger", "it may not put messages into requests")
            }
            Setback::NoCursor => (
                "det den vil huske til neste gang, er ikke tekst",
                "what it wants to remember until the next time is no text",
            ),
            Setback::LongCursor => (
                "det den vil huske til neste gang, er for langt",
                "what it wants to remember until the next time is too long",
            ),
            Setback::SwitchedOff => ("kontoen er slått av", "the account is switched off"),
            Setback::GivenUp => ("kontoen ble fjernet før den ble sendt", "the account was removed before it was sent"),
            Setback::Bounced => ("den ble tatt imot, men kom ikke fram", "it was taken, but did not arrive"),
            Setback::Nameless => ("den ga en melding uten navn", "it gave a message no name"),
            Setback::TooManyMessages => {
                ("den kom med for mange meldinger på én gang", "it brought too many messages at once")
            }
            Setback::UnknownToHost => (
                "den snakker om noe som denne versjonen av Saker ikke kjenner",
                "it speaks of something that this version of Saker does not know",
            ),
            Setback::FilesMissing => ("filer som ikke kunne hentes", "files that could not be fetched"),
            Setback::Denied => ("ikke tillatt", "not allowed"),
            Setback::Invalid => ("ikke et gyldig kall", "not a valid request"),
            Setback::NoSuchServer => ("tjeneren finnes ikke", "there is no such server"),
            Setback::ServerRefused => ("tjeneren tar ikke imot", "the server takes nothing"),
            Setback::NoTrust => ("tjeneren kunne ikke vise hvem den er", "the server could not show who it is"),
            Setback::ServerTooSlow => ("tjeneren svarte ikke i tide", "the server did not answer in time"),
            Setback::AnswerTooLarge => ("for stort", "too large"),
            Setback::TooManyRequests => ("for mange kall på én gang", "too many requests at once"),
            Setback::CutOff => ("kallet ble avbrutt før det kom svar", "the call was cut off before an answer came"),
            Setback::Withheld => (
                "meldingen ble gjort intern, fjernet eller sladdet før den ble sendt",
                "the message was made internal, taken away or blacked out before it left",
            ),
            Setback::RequestWithheld => (
                "saken ble gjort intern, slettet eller merket som søppelpost før meldingen ble sendt",
                "the request was made internal, deleted or marked as spam before the message left",
            ),
            Setback::NobodyThere => (
                "det var ingen der lenger, og ingen adresse er kjent",
                "nobody was there any more, and no address is known",
            ),
            Setback::CutOffMidway => {
                ("avbrutt før den andre tjeneren svarte", "it was cut off before the other server answered")
            }
            Setback::NoWayOut => {
                ("ingen tjener for utgående e-post er satt opp", "no server for outgoing mail is set up yet")
            }
            Setback::NoRecipient => ("e-posten har ingen mottaker", "the mail has nobody to go to"),
            Setback::NoAddress => ("e-post kan ikke sendes til denne adressen", "mail can’t be sent to this address"),
            Setback::NotReached => {
                ("tjeneren for utgående e-post svarte ikke", "the server for outgoing mail could not be reached")
            }
            Setback::BrokeOff => (
                "forbindelsen ble brutt mens e-posten ble overlevert",
                "the connection broke while the mail was handed over",
            ),
            Setback::BrokeAtTheEnd => {
                ("forbindelsen ble brutt på slutten av e-posten", "the connection broke at the very end of the mail")
            }
            Setback::OddVerdict => (
                "e-posten ble overlevert, og svaret ga ikke mening",
                "the mail was handed over, and the answer made no sense",
            ),
            Setback::NoVerdict => {
                ("e-posten ble overlevert, og det kom ikke noe svar", "the mail was handed over, and no answer came")
            }
        };
        self.pick(nb, en)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use desk::model::Language;

    #[test]
    fn what_the_host_says_is_said_in_the_readers_language() {
        let [nb, en] = [Language::Nb, Language::En].map(Words::new);
        let said = Setback::TooLong.about("10 s");
        assert_eq!(nb.setback(&said), "den brukte for lang tid (10 s)");
        assert_eq!(en.setback_begins(&said), "It took too long (10 s)");
        for setback in Setback::ALL {
            assert_ne!(nb.setback(setback.as_str()), setback.as_str(), "{setback}");
        }
    }

    #[test]
    fn the_kind_of_an_error_is_said_in_words_and_what_the_plugin_says_of_it_stands() {
        let [nb, en] = [Language::Nb, Language::En].map(Words::new);
        assert_eq!(nb.outcome("config: body: not JSON"), "Innstillingene passer ikke: body: not JSON");
        assert_eq!(
            en.outcome("retryable: the other side was not reached"),
            "It did not work now: the other side was not reached"
        );
        assert_eq!(nb.outcome("auth: "), "Nøkkelen ble avvist");
        assert_eq!(nb.outcome(&Setback::TooLong.about("10 s")), "Den brukte for lang tid (10 s)");
        assert_eq!(nb.outcome("iPhone: only"), "iPhone: only");
    }

    #[test]
    fn a_missing_file_is_named_with_why_in_the_readers_language() {
        let w = Words::new(Language::Nb);
        assert_eq!(
            w.files_missing("faktura.pdf, 404; a, b.jpg; stor.zip, too large; c.txt"),
            "Filer som ikke kunne hentes: faktura.pdf (404), a, b.jpg, stor.zip (for stort), c.txt"
        );
    }

    #[test]
    fn what_a_plugin_says_stands_as_it_is() {
        let w = Words::new(Language::Nb);
        assert_eq!(w.setback("the token was refused"), "the token was refused");
        assert_eq!(w.setback_begins("iPhone only"), "iPhone only");
    }
}
