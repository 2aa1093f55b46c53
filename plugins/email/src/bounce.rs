//! Mail about mail that did not arrive. RFC 3464 where it is spoken, and old habits where it is not.

use crate::{clean, field::Fields, mail::Envelope, words};

/// The parts of a report that matter here.
#[derive(Default)]
pub struct Report {
    /// The mail itself is a `multipart/report`, and says of nothing else than delivery.
    pub declared: bool,
    /// The `message/delivery-status` part.
    pub status: Option<Vec<u8>>,
    /// The returned mail, or its header.
    pub returned: Option<Vec<u8>>,
}

/// The Message-Id of the mail that did not arrive; empty where the report does not tell. `None` for any other mail,
/// and for reports of delay or success.
pub fn original(
    report: &Report,
    fields: &Fields<'_>,
    envelope: &Envelope,
    sender: &str,
    subject: &str,
    text: &str,
) -> Option<String> {
    let daemon =
        sender.starts_with("mailer-daemon@") || sender.starts_with("postmaster@") || sender.starts_with("mail-daemon@");
    let null = fields.get("return-path").is_some_and(|path| path.trim() == "<>")
        || envelope.return_path.as_deref().is_some_and(|path| path.trim().is_empty());
    // A person may send on a report that they got: it is a part of what they write, and no word from a server.
    if report.declared || (report.status.is_some() && (daemon || null)) {
        let status = Fields::of_lines(report.status.as_deref().unwrap_or_default());
        let actions: Vec<String> = status.all("action").map(str::to_ascii_lowercase).collect();
        let fine = !actions.is_empty() && actions.iter().all(|action| !action.starts_with("failed"));
        if fine {
            return None;
        }
        let told = status.get("original-message-id").or(status.get("x-original-message-id")).and_then(clean::id);
        return Some(
            told.or_else(|| returned_id(report))
                .or_else(|| id_in(text))
                .or_else(|| answered(fields))
                .unwrap_or_default(),
        );
    }
    let told = || {
        let subject = subject.to_lowercase();
        words::BOUNCE_SUBJECTS.iter().any(|words| subject.contains(words))
    };
    if !fields.has("x-failed-recipients") && !((daemon || null) && told()) {
        return None;
    }
    Some(returned_id(report).or_else(|| id_in(text)).or_else(|| answered(fields)).unwrap_or_default())
}

fn returned_id(report: &Report) -> Option<String> {
    let returned = report.returned.as_deref()?;
    Fields::of_lines(returned).get("message-id").and_then(clean::id)
}

/// Old servers paste the returned header into the text.
fn id_in(text: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let line = line.trim_start_matches(['>', ' ', '\t']);
        let name = line.get(..11)?;
        name.eq_ignore_ascii_case("message-id:").then(|| clean::id(&line[11..])).flatten()
    })
}

fn answered(fields: &Fields<'_>) -> Option<String> {
    let value = fields.get("in-reply-to").or(fields.get("references"))?;
    clean::id(value.split_whitespace().next_back()?)
}

#[cfg(test)]
mod tests {
    use crate::{Envelope, read};

    /// What is said to have not arrived, by a mail of this kind with a report in it.
    fn told(from: &str, kind: &str, envelope: &Envelope) -> Option<String> {
        let raw = format!(
            "From: {from}\r\nSubject: Skriver\r\nContent-Type: {kind}; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n\
             Hva betyr dette?\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.x\r\n\r\n\
             Final-Recipient: rfc822; kari@fjord.no\r\nAction: failed\r\n\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\n\
             Message-ID: <one@company.com>\r\n\r\n--b--\r\n"
        );
        read(raw.as_bytes(), envelope).unwrap().bounce_of
    }

    #[test]
    fn a_report_that_somebody_sends_on_is_no_word_from_a_server() {
        let one = Some("one@company.com".to_owned());
        let known = |path: &str| Envelope { return_path: Some(path.to_owned()), recipients: vec![] };
        let (nothing, person, null) = (Envelope::default(), known("kari@fjord.no"), known(""));
        for kind in ["multipart/report; report-type=delivery-status", "multipart/report"] {
            assert_eq!(told("postmaster@x.no", kind, &nothing), one, "{kind}");
            assert_eq!(told("kari@fjord.no", kind, &person), one, "a server may write as anybody: {kind}");
        }
        assert_eq!(told("kari@fjord.no", "multipart/mixed", &nothing), None);
        assert_eq!(told("kari@fjord.no", "multipart/mixed", &person), None);
        assert_eq!(told("kari@fjord.no", "multipart/mixed", &null), one, "wrapped on its way");
        assert_eq!(told("mailer-daemon@fjord.no", "multipart/mixed", &nothing), one);
        assert_eq!(told("kari@fjord.no", "multipart/report; report-type=disposition-notification", &person), None);
    }
}
