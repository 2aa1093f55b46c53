//! Placetel's notify API (github.com/Placetel/call-control-notify-api).

use crate::{State, Turn, said::Said};

/// A turn; none for what is no news.
pub fn read(said: &Said) -> Option<Turn> {
    let event = said.text("event");
    let outward = event == "OutgoingCall" || said.text("direction") == "out";
    let seconds = said.text("duration").parse().ok();
    let (state, seconds) = match (event.as_str(), said.text("type").as_str()) {
        ("IncomingCall" | "OutgoingCall", _) => (State::Ringing, None),
        ("CallAccepted", _) => (State::Answered, None),
        ("HungUp", "accepted") => (State::Ended, seconds.or(Some(0))),
        ("HungUp", "blocked") => (State::Ended, Some(0)),
        ("HungUp", _) => (if outward { State::Ended } else { State::Missed }, None),
        _ => return None,
    };
    let (from, to) = (said.text("from"), said.text("to"));
    let phones = [said.text("peer"), if outward { from.clone() } else { to.clone() }];
    let phones = phones.into_iter().filter(|phone| !phone.is_empty()).collect();
    let call = said.text("call_id");
    Some(Turn { call, leg: String::new(), state, outward, from, to, name: String::new(), phones, seconds })
}

#[cfg(test)]
mod tests {
    use super::read;
    use crate::{State, said::Said};

    #[test]
    fn a_call_is_followed_from_ringing_to_its_end() {
        let turn = |event: &str, more: &str| {
            let body = format!("event={event}&from=022129191999&to=022129191998&call_id=f4591ba3{more}");
            read(&Said::read(body.as_bytes(), "").unwrap())
        };
        assert_eq!(turn("IncomingCall", "").unwrap().state, State::Ringing);
        let answered = turn("CallAccepted", "&peer=7777abcdefg%40fpbx.de").unwrap();
        assert_eq!((answered.state, answered.phones[0].as_str()), (State::Answered, "7777abcdefg@fpbx.de"));
        let ended = turn("HungUp", "&type=accepted&duration=63").unwrap();
        assert_eq!((ended.state, ended.seconds), (State::Ended, Some(63)));
        for missed in ["missed", "voicemail", "busy", "unreachable"] {
            assert_eq!(turn("HungUp", &format!("&type={missed}")).unwrap().state, State::Missed, "{missed}");
        }
        assert!(turn("OutgoingCall", "").unwrap().outward);
        assert_eq!(turn("Other", ""), None);
    }
}
