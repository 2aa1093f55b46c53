//! sipgate's push API (developer.sipgate.io/push-api/api-reference), whose names Zammad's generic CTI took over
//! (docs.zammad.org/en/latest/api/generic-cti), also as JSON.

use crate::{State, Turn, said::Said};

/// A turn; none for what is no news (keys that were pressed).
pub fn read(said: &Said) -> Option<Turn> {
    let outward = said.text("direction") == "out";
    let mut seconds = None;
    let state = match said.text("event").as_str() {
        "newCall" => State::Ringing,
        "answer" => State::Answered,
        "hangup" => match said.text("cause").as_str() {
            "busy" | "cancel" | "noAnswer" | "congestion" | "notFound" if !outward => State::Missed,
            // It goes on as a call with another name.
            "forwarded" => {
                seconds = Some(0);
                State::Ended
            }
            _ => State::Ended,
        },
        _ => return None,
    };
    let mut phones: Vec<String> = ["userId", "fullUserId", "user"].into_iter().flat_map(|at| said.all(at)).collect();
    phones.extend([said.text("answeringNumber")]);
    let (from, to) = (said.text("from"), said.text("to"));
    phones.push(if outward { from.clone() } else { to.clone() });
    phones.retain(|phone| !phone.is_empty());
    let call = said.text("callId");
    Some(Turn { call, leg: String::new(), state, outward, from, to, name: String::new(), phones, seconds })
}

/// What sipgate has to be told to say more.
pub fn reply(hook: &str) -> String {
    let at = hook.replace('&', "&amp;").replace('"', "&quot;");
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response onAnswer=\"{at}\" onHangup=\"{at}\"/>")
}

#[cfg(test)]
mod tests {
    use super::read;
    use crate::{State, said::Said};

    #[test]
    fn a_call_is_followed_from_ringing_to_its_end() {
        // The example of developer.sipgate.io.
        let new = "event=newCall&from=492111234567&to=4915791234567&direction=in&callId=123456&user[]=Alice&user[]=Bob\
            &userId[]=w0&userId[]=w1&fullUserId[]=1234567w0&fullUserId[]=1234567w1";
        let turn = |body: &str| read(&Said::read(body.as_bytes(), "").unwrap());
        let ringing = turn(new).unwrap();
        assert_eq!((ringing.state, ringing.call.as_str(), ringing.outward), (State::Ringing, "123456", false));
        assert_eq!(ringing.phones, ["w0", "w1", "1234567w0", "1234567w1", "Alice", "Bob", "4915791234567"]);
        let end = |cause: &str, direction: &str| {
            turn(&format!("event=hangup&cause={cause}&callId=1&from=1&to=2&direction={direction}")).unwrap()
        };
        assert_eq!(end("normalClearing", "in").state, State::Ended);
        assert_eq!(end("cancel", "in").state, State::Missed);
        assert_eq!(end("busy", "out").state, State::Ended);
        assert_eq!(end("forwarded", "in").seconds, Some(0));
        assert_eq!(turn("event=dtmf&dtmf=1&callId=1"), None);
    }
}
