//! Did a machine write this? Answering machines are answered by nobody. RFC 3834, and what the world does instead.

use crate::{field::Fields, mail::Envelope, words};

/// More hops than this is a loop.
const MOST_HOPS: usize = 50;

/// The first reason in this order: `out-of-office`, `auto-submitted`, `null-return-path`, `list`, `bulk`,
/// `no-reply-wanted`.
pub fn reason(fields: &Fields<'_>, envelope: &Envelope, sender: &str, subject: &str) -> Option<&'static str> {
    let submitted = fields.word("auto-submitted").filter(|word| word != "no");
    let precedence = fields.word("precedence").unwrap_or_default();
    let answered = ["x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply-from", "x-mail-autoreply"]
        .iter()
        .any(|name| fields.has(name))
        || ["auto_reply", "auto-reply"].contains(&precedence.as_str())
        || fields.word("x-msexchange-generated").is_some();
    let away = words::starts_as_absence(subject);
    let silent = fields.get("x-auto-response-suppress").map(str::to_ascii_lowercase).unwrap_or_default();

    let replied = submitted.as_deref() == Some("auto-replied");
    // Old programs that tell of absence say no more than that their mail is of no weight.
    let light = ["bulk", "junk"].contains(&precedence.as_str());
    if away.surely || away.perhaps && (replied || answered || light || !silent.is_empty()) {
        return Some("out-of-office");
    }
    if submitted.is_some() || answered {
        return Some("auto-submitted");
    }
    let null = fields.get("return-path").is_some_and(|path| path.trim() == "<>")
        || envelope.return_path.as_deref().is_some_and(|path| path.trim().is_empty());
    if null {
        return Some("null-return-path");
    }
    if precedence == "list"
        || ["list-id", "list-unsubscribe", "list-post", "feedback-id"].iter().any(|name| fields.has(name))
    {
        return Some("list");
    }
    if light {
        return Some("bulk");
    }
    let unwanted =
        ["all", "autoreply", "dr", "oof"].iter().any(|word| silent.split([',', ' ']).any(|piece| piece == *word));
    if unwanted || nobody_reads(sender) || fields.all("received").count() >= MOST_HOPS {
        return Some("no-reply-wanted");
    }
    None
}

/// Addresses that belong to programs.
fn nobody_reads(sender: &str) -> bool {
    let local = sender.split('@').next().unwrap_or_default();
    let plain: String = local.chars().filter(|c| c.is_ascii_alphanumeric()).collect();
    ["noreply", "donotreply", "dontreply", "ikkesvar", "mailerdaemon"].iter().any(|start| plain.starts_with(start))
        || plain.ends_with("noreply")
        || plain == "postmaster"
}

#[cfg(test)]
mod tests {
    use super::{Envelope, Fields, reason};

    fn of(header: &str, subject: &str) -> Option<&'static str> {
        reason(&Fields::of_lines(header.as_bytes()), &Envelope::default(), "kari@fjord.no", subject)
    }

    #[test]
    fn each_sign_has_its_name() {
        assert_eq!(of("", "Skriver"), None);
        assert_eq!(of("Auto-Submitted: no", "Skriver"), None);
        assert_eq!(of("Auto-Submitted: auto-generated (cron)", "Skriver"), Some("auto-submitted"));
        assert_eq!(of("Auto-Submitted: auto-replied", "Automatisk svar: ferie"), Some("out-of-office"));
        assert_eq!(of("", "Automatic reply: Skriver"), Some("out-of-office"));
        assert_eq!(of("", "Out of office printer is broken"), None);
        assert_eq!(of("X-Auto-Response-Suppress: All", "Out of office"), Some("out-of-office"));
        assert_eq!(of("Precedence: junk", "Out of office"), Some("out-of-office"));
        assert_eq!(of("Return-Path: <>", "Skriver"), Some("null-return-path"));
        assert_eq!(of("List-Id: <x.y>", "Skriver"), Some("list"));
        assert_eq!(of("Precedence: bulk", "Skriver"), Some("bulk"));
        assert_eq!(of("X-Auto-Response-Suppress: DR, AutoReply", "Skriver"), Some("no-reply-wanted"));
        assert_eq!(of(&"Received: x\n".repeat(50), "Skriver"), Some("no-reply-wanted"));
    }

    #[test]
    fn nobody_reads_a_no_reply_address() {
        let none = Fields::of_lines(b"");
        assert_eq!(reason(&none, &Envelope::default(), "no-reply@x.no", ""), Some("no-reply-wanted"));
        assert_eq!(reason(&none, &Envelope::default(), "noreen@x.no", ""), None);
    }

    #[test]
    fn an_empty_envelope_sender_counts_only_where_it_is_known() {
        let none = Fields::of_lines(b"");
        let known = Envelope { return_path: Some(String::new()), recipients: Vec::new() };
        assert_eq!(reason(&none, &known, "kari@fjord.no", ""), Some("null-return-path"));
    }
}
