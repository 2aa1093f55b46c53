//! Any other exchange: the settings say where things stand, and which words it uses.

use crate::{State, Turn, said::Said};

/// A turn; none for a word that no setting has. `setting` is one of them by its name.
pub fn read(said: &Said, setting: &dyn Fn(&str) -> String) -> Option<Turn> {
    let at = |name: &str| said.text(&setting(name));
    let event = at("at-event");
    let is = |words: &str| setting(words).split(',').any(|word| word.trim().eq_ignore_ascii_case(&event));
    let direction = at("at-direction").to_ascii_lowercase();
    let outward = direction.starts_with("out") || event.to_ascii_lowercase().starts_with("out");
    let state = match () {
        () if event.is_empty() => return None,
        () if is("ringing") => State::Ringing,
        () if is("answered") => State::Answered,
        () if is("missed-words") => {
            if outward {
                State::Ended
            } else {
                State::Missed
            }
        }
        () if is("ended") => State::Ended,
        () => return None,
    };
    let (from, to) = (at("at-from"), at("at-to"));
    let phones = [at("at-extension"), if outward { from.clone() } else { to.clone() }];
    Some(Turn {
        call: at("at-id"),
        leg: String::new(),
        state,
        outward,
        from,
        to,
        name: at("at-name"),
        phones: phones.into_iter().filter(|phone| !phone.is_empty()).collect(),
        seconds: at("at-seconds").parse().ok(),
    })
}

#[cfg(test)]
mod tests {
    use super::read;
    use crate::{State, said::Said};

    #[test]
    fn the_settings_say_where_things_stand() {
        let setting = |name: &str| {
            let known = [
                ("at-event", "call.state"),
                ("at-id", "call.uuid"),
                ("at-direction", "call.way"),
                ("at-from", "call.from"),
                ("at-to", "call.to"),
                ("at-extension", "call.ext"),
                ("at-seconds", "call.s"),
                ("ringing", "ringing, new"),
                ("answered", "up"),
                ("ended", "down"),
                ("missed-words", "lost"),
            ];
            known.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()).unwrap_or_default()
        };
        let turn = |state: &str, way: &str| {
            let body = format!(
                "{{\"call\":{{\"state\":\"{state}\",\"uuid\":7,\"way\":\"{way}\",\"from\":\"90000001\",\"to\":\"201\",\"ext\":201,\"s\":5}}}}"
            );
            read(&Said::read(body.as_bytes(), "").unwrap(), &setting)
        };
        let ringing = turn("New", "in").unwrap();
        assert_eq!((ringing.state, ringing.call.as_str(), ringing.outward), (State::Ringing, "7", false));
        assert_eq!((ringing.phones[0].as_str(), ringing.seconds), ("201", Some(5)));
        assert_eq!(turn("lost", "").unwrap().state, State::Missed);
        assert!(turn("down", "OUTBOUND").unwrap().outward);
        assert_eq!(turn("", "in"), None);
        assert_eq!(turn("held", "in"), None);
    }
}
