//! Twilio's status callback for voice (www.twilio.com/docs/voice/api/call-resource#statuscallback).

use crate::{State, Turn, said::Said};

/// A turn; none for what is no news.
pub fn read(said: &Said) -> Option<Turn> {
    let outward = said.text("Direction").starts_with("outbound");
    let state = match said.text("CallStatus").as_str() {
        "initiated" | "queued" | "ringing" => State::Ringing,
        "in-progress" | "answered" => State::Answered,
        "completed" => State::Ended,
        "busy" | "no-answer" | "canceled" | "failed" => {
            if outward {
                State::Ended
            } else {
                State::Missed
            }
        }
        _ => return None,
    };
    let seconds = said.text("CallDuration").parse().ok();
    let (from, to) = (said.text("From"), said.text("To"));
    let phones = vec![if outward { from.clone() } else { to.clone() }];
    let name = said.text("CallerName");
    Some(Turn { call: said.text("CallSid"), state, outward, from, to, name, phones, seconds })
}

#[cfg(test)]
mod tests {
    use super::read;
    use crate::{State, said::Said};

    #[test]
    fn a_call_is_followed_from_ringing_to_its_end() {
        let turn = |status: &str, direction: &str| {
            let body = format!(
                "CallSid=CA1&From=%2B4790000001&To=%2B4721000000&CallStatus={status}&Direction={direction}&CallDuration=15"
            );
            read(&Said::read(body.as_bytes(), "").unwrap())
        };
        let ringing = turn("ringing", "inbound").unwrap();
        assert_eq!((ringing.state, ringing.from.as_str(), ringing.outward), (State::Ringing, "+4790000001", false));
        assert_eq!(turn("completed", "inbound").unwrap().seconds, Some(15));
        assert_eq!(turn("no-answer", "inbound").unwrap().state, State::Missed);
        let out = turn("busy", "outbound-api").unwrap();
        assert_eq!((out.state, out.outward, out.phones[0].as_str()), (State::Ended, true, "+4790000001"));
        assert_eq!(turn("", "inbound"), None);
    }
}
