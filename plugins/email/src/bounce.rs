//! Mail about mail that did not arrive. RFC 3464 where it is spoken, and old habits where it is not.

use crate::{clean, field::Fields, words};

/// The parts of a report that matter here.
#[derive(Default)]
pub struct Report {
    /// `multipart/report; report-type=delivery-status`.
    pub declared: bool,
    /// The `message/delivery-status` part.
    pub status: Option<Vec<u8>>,
    /// The returned mail, or its header.
    pub returned: Option<Vec<u8>>,
}

/// The Message-Id of the mail that did not arrive; empty where the report does not tell. `None` for any other mail,
/// and for reports of delay or success.
pub fn original(report: &Report, fields: &Fields<'_>, sender: &str, subject: &str, text: &str) -> Option<String> {
    if report.declared || report.status.is_some() {
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
    let daemon =
        sender.starts_with("mailer-daemon@") || sender.starts_with("postmaster@") || sender.starts_with("mail-daemon@");
    let null = fields.get("return-path").is_some_and(|path| path.trim() == "<>");
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
