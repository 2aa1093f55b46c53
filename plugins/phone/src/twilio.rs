//! Twilio's status callback for voice (www.twilio.com/docs/voice/api/call-resource#statuscallback).

use crate::{State, Turn, said::Said};

/// A leg of a call that came in and is put through by `<Dial>`: it rings at somebody of ours.
const PUT_THROUGH: &str = "outbound-dial";

/// A turn; none for what is no news. What is put through is the call that came in, told of by the leg to whoever it rings at.
pub fn read(said: &Said) -> Option<Turn> {
    let direction = said.text("Direction");
    let put_through = direction == PUT_THROUGH;
    let outward = direction.starts_with("outbound") && !put_through;
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
    let (call, leg) = match (put_through, said.text("ParentCallSid")) {
        (true, call) if !call.is_empty() => (call, said.text("CallSid")),
        _ => (said.text("CallSid"), String::new()),
    };
    Some(Turn { call, leg, state, outward, from, to, name, phones, seconds })
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

    #[test]
    fn what_is_put_through_is_the_call_that_came_in() {
        let turn = |status: &str| {
            let body = format!(
                "ParentCallSid=CA0&CallSid=CA1&From=%2B4790000001&To=%2B4721000000&CallStatus={status}&Direction=outbound-dial"
            );
            read(&Said::read(body.as_bytes(), "").unwrap()).unwrap()
        };
        let ringing = turn("ringing");
        assert_eq!((ringing.call.as_str(), ringing.leg.as_str(), ringing.outward), ("CA0", "CA1", false));
        assert_eq!((ringing.from.as_str(), ringing.phones), ("+4790000001", vec!["+4721000000".to_owned()]));
        for nobody in ["no-answer", "busy", "failed", "canceled"] {
            assert_eq!(turn(nobody).state, State::Missed, "{nobody}");
        }
        assert_eq!(turn("completed").state, State::Ended);
        let alone = Said::read(b"CallSid=CA1&CallStatus=ringing&Direction=outbound-dial", "").unwrap();
        assert_eq!(read(&alone).map(|turn| (turn.call, turn.leg)), Some(("CA1".to_owned(), String::new())));
    }
}
