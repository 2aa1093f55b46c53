//! What plugins are and want, in words that an administrator can weigh.

use crate::words::Words;
use desk::model::{Flaw, Want, Words as Both};
use std::collections::BTreeMap;

impl Words {
    /// A plugin's own words.
    pub fn both_of(self, words: &Both) -> String {
        self.pick(words.nb.clone(), words.en.clone())
    }

    /// Who made a file.
    pub fn signed_by(self, publisher: Option<&str>) -> String {
        match publisher {
            None => self
                .pick(
                    "Ikke signert: ingen svarer for hvem som har laget den.",
                    "Not signed: nobody vouches for who made it.",
                )
                .to_owned(),
            Some("shipped") => self.pick("Følger med Saker.", "Comes with Saker.").to_owned(),
            Some(key) => self.pick(format!("Signert med nøkkelen {key}."), format!("Signed with the key {key}.")),
        }
    }

    /// An address that a plugin names, or the setting that holds it.
    fn host(self, host: &str, names: &BTreeMap<String, Both>) -> String {
        match host.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}")) {
            Some(setting) => {
                let setting = names.get(host).map_or_else(|| setting.to_owned(), |name| self.both_of(name));
                self.pick(
                    format!("adressen i innstillingen «{setting}»"),
                    format!("the address in the setting “{setting}”"),
                )
            }
            None => host.to_owned(),
        }
    }

    /// One line of a capability sheet; `names` are the plugin's words for secrets and settings in it.
    pub fn want(self, want: &Want, names: &BTreeMap<String, Both>) -> String {
        let called = |name: &String| names.get(name).map_or_else(|| name.clone(), |name| self.both_of(name));
        match want {
            Want::Receive => self.pick("Legge meldinger inn i saker", "Put messages into requests").to_owned(),
            Want::Send => {
                self.pick("Sende kunder det saksbehandlere skriver", "Send customers what agents write").to_owned()
            }
            Want::Mail => self.pick("Lese og skrive all e-post hos dere", "Read and write all of your mail").to_owned(),
            Want::Render => self.pick("Skrive tekster ut fra maler", "Write texts from templates").to_owned(),
            Want::Classify => self.pick("Si hva meldinger handler om", "Say what messages are about").to_owned(),
            Want::Enrich => self.pick("Si hva den vet om personer", "Say what it knows about people").to_owned(),
            Want::Automate => {
                self.pick("Følge med på saker og foreslå endringer", "Follow requests and propose changes").to_owned()
            }
            Want::Reach { host } => {
                let host = self.host(host, names);
                self.pick(format!("Sende data til {host}"), format!("Send data to {host}"))
            }
            Want::Secret { name, hosts } if hosts.is_empty() => {
                let name = called(name);
                self.pick(
                    format!("Bruke hemmeligheten «{name}» til å vite at et kall kommer fra den rette, uten å se den"),
                    format!("Use the secret “{name}” to know that a call comes from the right one, without seeing it"),
                )
            }
            Want::Secret { name, hosts } => {
                let name = called(name);
                let hosts = hosts.iter().map(|host| self.host(host, names)).collect::<Vec<_>>().join(", ");
                self.pick(
                    format!("Få hemmeligheten «{name}» sendt med til {hosts}, uten å se den"),
                    format!("Have the secret “{name}” sent along to {hosts}, without seeing it"),
                )
            }
            Want::SeeSecret { name } => {
                let name = called(name);
                self.pick(format!("Se hemmeligheten «{name}»"), format!("See the secret “{name}”"))
            }
            Want::Remember { kb } => {
                let much = room(*kb);
                self.pick(
                    format!("Huske inntil {much} for hver konto"),
                    format!("Remember up to {much} for each account"),
                )
            }
            Want::BeCalled { .. } => self.pick("Bli kalt fra internett", "Be called from the internet").to_owned(),
            Want::ShowPages => self
                .pick(
                    "Vise folk sider med skjemaer på Sakers adresse, uten skript",
                    "Show people pages with forms at Saker’s address, without scripts",
                )
                .to_owned(),
            Want::Presence => self
                .pick(
                    "Vite når dere har åpent, hvor mange som er til stede, og hvor mange samtaler som venter",
                    "Know when you are open, how many of you are there, and how many conversations wait",
                )
                .to_owned(),
            Want::Look { every_s } => self.pick(
                format!("Se etter nye meldinger hvert {every_s}. sekund"),
                format!("Look for new messages every {every_s} seconds"),
            ),
            Want::Use { cpu_ms, memory_mb } => {
                let long = span(*cpu_ms);
                self.pick(
                    format!("Bruke inntil {memory_mb}\u{a0}MB minne og {long} regnetid om gangen"),
                    format!("Use up to {memory_mb}\u{a0}MB of memory and {long} of computing at a time"),
                )
            }
            Want::Take { wall_ms, http_calls, log_kb } => {
                let long = span(*wall_ms);
                self.pick(
                    format!("Holde på i inntil {long} om gangen, sende inntil {http_calls} forespørsler og skrive inntil {log_kb}\u{a0}kB i loggen"),
                    format!("Take up to {long} at a time, make up to {http_calls} requests, and write up to {log_kb}\u{a0}kB into the log"),
                )
            }
        }
    }

    /// Why a plugin's file is not taken, for whoever hands it in. What its author has to know stands below.
    pub fn flaw(self, flaw: Flaw) -> &'static str {
        match flaw {
            Flaw::NoPlugin => self.pick(
                "Dette er ikke en utvidelse. Velg en fil som er laget for Saker; den slutter på .wasm.",
                "This is not a plugin. Choose a file that is made for Saker; it ends in .wasm.",
            ),
            Flaw::TooLarge => self.pick(
                "Filen er større enn en utvidelse får være.",
                "The file is larger than a plugin may be.",
            ),
            Flaw::Manifest => self.pick(
                "Det filen sier om seg selv, henger ikke sammen. Den som har laget den, må rette det.",
                "What the file says about itself makes no sense. Whoever made it has to put that right.",
            ),
            Flaw::Signature => self.pick(
                "Filen er endret etter at den ble signert, så ingen vet hvem den er fra. Hent den på nytt der den kommer fra.",
                "The file was changed after it was signed, so nobody knows whom it is from. Fetch it again from where it comes.",
            ),
            Flaw::Code => self.pick(
                "Filen er skadet eller ikke hel. Hent den på nytt. Hjelper ikke det, må den som har laget den, rette den.",
                "The file is damaged or not whole. Fetch it again. If that doesn’t help, whoever made it has to mend it.",
            ),
            Flaw::Contract => self.pick(
                "Filen passer ikke til dette Saker: den vil noe annet enn den sier, eller er laget for en annen versjon.",
                "The file doesn’t fit this Saker: it wants something else than it says, or is made for another version.",
            ),
            Flaw::Picture => self.pick(
                "Bildet i filen kan ikke vises. Den som har laget den, må rette det.",
                "The picture in the file can’t be shown. Whoever made it has to put that right.",
            ),
            Flaw::Trial => self.pick(
                "Filen ble prøvd og virket ikke. Ingenting er installert.",
                "The file was tried and did not work. Nothing was installed.",
            ),
        }
    }
}

/// In the larger unit where it is whole.
fn room(kb: u32) -> String {
    if kb >= 1_024 && kb.is_multiple_of(1_024) { format!("{}\u{a0}MB", kb / 1_024) } else { format!("{kb}\u{a0}kB") }
}

fn span(ms: u32) -> String {
    if ms >= 1_000 && ms.is_multiple_of(1_000) { format!("{}\u{a0}s", ms / 1_000) } else { format!("{ms}\u{a0}ms") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use desk::model::Language;

    #[test]
    fn amounts_are_said_in_the_larger_unit_where_it_is_whole() {
        assert_eq!([room(8_192), room(512), room(1_500)], ["8\u{a0}MB", "512\u{a0}kB", "1500\u{a0}kB"]);
        assert_eq!([span(10_000), span(300), span(1_500)], ["10\u{a0}s", "300\u{a0}ms", "1500\u{a0}ms"]);
    }

    #[test]
    fn a_line_calls_secrets_and_settings_what_its_plugin_calls_them() {
        let both = |nb: &str, en: &str| Both { nb: nb.to_owned(), en: en.to_owned() };
        let names = BTreeMap::from([
            ("token".to_owned(), both("Nøkkel", "Token")),
            ("{{server}}".to_owned(), both("Tjeneren deres", "Your server")),
        ]);
        let want = Want::Secret { name: "token".to_owned(), hosts: vec!["{{server}}".to_owned()] };
        let said = [Language::Nb, Language::En].map(|language| Words::new(language).want(&want, &names));
        assert!(said[0].contains("«Nøkkel»") && said[0].contains("«Tjeneren deres»"), "{}", said[0]);
        assert!(said[1].contains("“Token”") && said[1].contains("“Your server”"), "{}", said[1]);
        let unknown = Words::new(Language::Nb).want(&want, &BTreeMap::new());
        assert!(unknown.contains("«token»") && unknown.contains("«server»"), "{unknown}");
    }
}
