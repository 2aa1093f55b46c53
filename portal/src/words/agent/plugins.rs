//! What plugins are and want, in words that an administrator can weigh.

use crate::words::Words;
use desk::model::{Want, Words as Both};

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
    fn host(self, host: &str) -> String {
        match host.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}")) {
            Some(setting) => self.pick(
                format!("adressen i innstillingen «{setting}»"),
                format!("the address in the setting “{setting}”"),
            ),
            None => host.to_owned(),
        }
    }

    /// One line of a capability sheet.
    pub fn want(self, want: &Want) -> String {
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
                let host = self.host(host);
                self.pick(format!("Sende data til {host}"), format!("Send data to {host}"))
            }
            Want::Secret { name, hosts } if hosts.is_empty() => self.pick(
                format!("Bruke hemmeligheten «{name}» til å kjenne igjen hvem som ringer, uten å se den"),
                format!("Use the secret “{name}” to know who calls, without seeing it"),
            ),
            Want::Secret { name, hosts } => {
                let hosts = hosts.iter().map(|host| self.host(host)).collect::<Vec<_>>().join(", ");
                self.pick(
                    format!("Få hemmeligheten «{name}» sendt med til {hosts}, uten å se den"),
                    format!("Have the secret “{name}” sent along to {hosts}, without seeing it"),
                )
            }
            Want::SeeSecret { name } => {
                self.pick(format!("Se hemmeligheten «{name}»"), format!("See the secret “{name}”"))
            }
            Want::Remember { kb } => self.pick(
                format!("Huske inntil {kb} kB for hver konto"),
                format!("Remember up to {kb} kB for each account"),
            ),
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
            Want::Use { cpu_ms, memory_mb } => self.pick(
                format!("Bruke inntil {memory_mb} MB minne og {cpu_ms} ms regnetid om gangen"),
                format!("Use up to {memory_mb} MB of memory and {cpu_ms} ms of computing at a time"),
            ),
        }
    }
}
