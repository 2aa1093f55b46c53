//! What is sent, and what Meta says to it (developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes).

use saker_channel::{
    Result,
    call::Answer,
    fault,
    file::plain_name,
    json,
    markup::{STARS, write},
    types::{Attachment, PluginError},
    worded,
};
use serde_json::{Value, json};

/// The longest text of a message, in letters.
pub const LONGEST: usize = 4_096;
/// The largest file that is handed over, in bytes: the host's limit; WhatsApp takes documents up to 100 MB.
pub const LARGEST_FILE: u32 = 45 << 20;
/// What the conversation of a group begins with.
const GROUP: &str = "group/";

/// The conversation of a group.
pub fn group(id: &str) -> String {
    format!("{GROUP}{id}")
}

/// `messages` for a text; `answers` is the message that is quoted.
pub fn text(to: &str, markdown: &str, answers: Option<&str>) -> Value {
    to_somebody(to, "text", json!({ "body": write(markdown, &STARS), "preview_url": false }), answers)
}

/// `messages` for a file that was handed over before.
pub fn file(to: &str, id: &str, file: &Attachment) -> Value {
    let kind = kind(&file.mime, file.size.unwrap_or_default());
    let mut body = json!({ "id": id });
    if kind == "document" {
        body["filename"] = plain_name(file).into();
    }
    to_somebody(to, kind, body, None)
}

fn to_somebody(to: &str, kind: &str, body: Value, answers: Option<&str>) -> Value {
    let (group, id) = to.strip_prefix(GROUP).map_or((false, to), |id| (true, id));
    // Who hides their number has a name of Meta's in place of one; in `to` that is answered 200, and goes nowhere.
    let place = if group || is_number(id) { "to" } else { "recipient" };
    let among = if group { "group" } else { "individual" };
    let mut message =
        json!({ "messaging_product": "whatsapp", "recipient_type": among, place: id, "type": kind, kind: body });
    if let Some(id) = answers {
        message["context"] = json!({ "message_id": id });
    }
    message
}

/// Whether it is a telephone number, as WhatsApp writes them.
pub fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// How WhatsApp shows a file (…/cloud-api/reference/media#supported-media-types): anything that it does not show is a document.
fn kind(mime: &str, size: u32) -> &'static str {
    match mime {
        "image/jpeg" | "image/png" if size <= 5 << 20 => "image",
        "audio/aac" | "audio/mp4" | "audio/mpeg" | "audio/amr" | "audio/ogg" if size <= 16 << 20 => "audio",
        "video/mp4" | "video/3gpp" if size <= 16 << 20 => "video",
        _ => "document",
    }
}

/// Whether a file is one that WhatsApp takes.
///
/// # Errors
/// That it is too large.
pub fn fits(file: &Attachment) -> Result<()> {
    if file.size.unwrap_or_default() <= LARGEST_FILE {
        return Ok(());
    }
    Err(fault::permanent(
        "too-large",
        &worded!("filer til WhatsApp kan være på høyst 45 MB", "files of at most 45 MB go to WhatsApp"),
    ))
}

/// What Meta says to a message: its name for it, or why there is none.
///
/// # Errors
/// As [`result`].
pub fn sent(answer: &Answer) -> Result<String> {
    json::text(&result(answer)?, "messages.0.id").ok_or_else(|| {
        fault::unclear(&worded!("WhatsApp tok den imot uten å gi den et navn", "WhatsApp took it and gave it no name"))
    })
}

/// What Meta says: its JSON, or why not.
///
/// # Errors
/// By the code in `error`.
pub fn result(answer: &Answer) -> Result<Value> {
    let said = answer.json();
    let Some(error) = said.get("error") else { return answer.good("WhatsApp", "error.message") };
    let code = json::whole(error, "code").unwrap_or_default();
    let words = ["error_data.details", "message"].iter().find_map(|path| json::text(error, path)).unwrap_or_default();
    // Meta writes its JSON also where it broke behind whoever took the message.
    if answer.is_unclear() {
        return Err(answer.fault("WhatsApp", Some(words).filter(|words| !words.is_empty())));
    }
    Err(answer.judged(refusal(code, &words, answer.retry_after_ms())))
}

fn refusal(code: i64, words: &str, after_ms: Option<u32>) -> PluginError {
    match code {
        0 | 10 | 190 | 200..=299 => fault::auth(
            "bad-token",
            &worded!("Meta godtar ikke tilgangstokenet: {words}", "Meta refuses the access token: {words}"),
        ),
        4 | 80007 | 130429 | 131048 | 131056 => fault::limited(&why(code, words), after_ms),
        1 | 2 | 131016 | 133004 => fault::retryable("busy", &worded!("WhatsApp kan ikke nå", "WhatsApp can’t now")),
        // "Message failed to send due to an unknown error": nobody says that nothing was sent.
        131000 => fault::unclear(&worded!(
            "WhatsApp feilet, og sier ikke om den ble sendt",
            "WhatsApp failed and does not say whether it was sent"
        )),
        133010 | 131031 | 368 => {
            fault::config("number", &worded!("Nummeret får ikke sende: {words}", "The number may not send: {words}"))
        }
        _ => fault::permanent(&code.to_string(), &why(code, words)),
    }
}

/// Why something was not delivered, in words for whoever wrote it.
pub fn why(code: i64, words: &str) -> String {
    match code {
        131047 => worded!(
            "Det er mer enn 24 timer siden kunden sist skrev: WhatsApp tar ikke lenger fri tekst. Bruk en annen kanal, eller vent \
             til de skriver",
            "More than 24 hours have passed since the customer last wrote: WhatsApp takes free text no longer. Use another \
             channel, or wait until they write"
        ),
        131026 => worded!(
            "WhatsApp kan ikke levere til dette nummeret: det bruker kanskje ikke WhatsApp, eller har en gammel utgave",
            "WhatsApp can’t deliver to this number: it may not use WhatsApp, or has an old version of it"
        ),
        131050 => worded!(
            "Kunden har bedt om å ikke få flere meldinger i WhatsApp",
            "The customer has asked for no more messages in WhatsApp"
        ),
        4 | 80007 | 130429 | 131056 => worded!("WhatsApp vil ha det saktere", "WhatsApp wants it slower"),
        131048 => worded!(
            "WhatsApp holder meldinger fra dette nummeret tilbake, fordi for mange er meldt som søppelpost",
            "WhatsApp holds messages from this number back, because too many were reported as spam"
        ),
        131052 | 131053 => {
            worded!("WhatsApp tar ikke denne typen filer: {words}", "WhatsApp does not take this kind of file: {words}")
        }
        _ => worded!("WhatsApp leverte den ikke ({code}): {words}", "WhatsApp did not deliver it ({code}): {words}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{file, group, refusal, sent, text, why};
    use saker_channel::{
        call::Answer,
        fault,
        types::{Attachment, AttachmentBody, HttpResponse, PluginError},
    };
    use serde_json::json;

    #[test]
    fn an_answer_is_in_metas_form() {
        assert_eq!(
            text("16315551181", "**Hei** [side](https://a.example/)", Some("wamid.x")),
            json!({ "messaging_product": "whatsapp", "recipient_type": "individual", "to": "16315551181", "type": "text",
                "text": { "body": "*Hei* side (https://a.example/)", "preview_url": false }, "context": { "message_id": "wamid.x" } })
        );
    }

    #[test]
    fn who_hides_their_number_and_a_group_are_written_to_where_meta_looks_for_them() {
        let hidden = text("NO.13491208655302741918", "Hei", None);
        assert_eq!((&hidden["recipient"], hidden.get("to")), (&json!("NO.13491208655302741918"), None));
        assert_eq!(hidden["recipient_type"], "individual");
        let among = text(&group("Y2FwaV9ncm91cDox"), "Hei", None);
        assert_eq!((&among["to"], &among["recipient_type"]), (&json!("Y2FwaV9ncm91cDox"), &json!("group")));
        assert!(among.get("recipient").is_none());
        // Its name may be digits and nothing else.
        assert_eq!(text(&group("120363"), "Hei", None)["recipient_type"], "group");
    }

    #[test]
    fn what_may_have_been_taken_is_not_sent_again() {
        let said = |status, body: &str| {
            let said = HttpResponse { status, headers: vec![], body: body.as_bytes().to_vec(), truncated: false };
            sent(&Answer::new(said, true))
        };
        assert!(fault::is_unclear(&said(502, "<html>").unwrap_err()));
        assert!(fault::is_unclear(&said(200, "{}").unwrap_err()));
        assert!(!fault::is_unclear(&said(503, "<html>").unwrap_err()));
        assert_eq!(said(200, r#"{"messages":[{"id":"wamid.out"}]}"#).unwrap(), "wamid.out");
        let error = r#"{"error":{"message":"An unexpected error has occurred. Please retry your request later.","type":"OAuthException","is_transient":true,"code":2}}"#;
        assert!(fault::is_unclear(&said(500, error).unwrap_err()) && fault::is_unclear(&said(504, error).unwrap_err()));
        assert!(
            !fault::is_unclear(&said(503, error).unwrap_err()) && !fault::is_unclear(&said(400, error).unwrap_err())
        );
    }

    #[test]
    fn a_file_is_shown_as_what_it_is() {
        let sent = |mime: &str, size: u32| {
            let attachment = Attachment {
                filename: Some("a.pdf".to_owned()),
                mime: mime.to_owned(),
                size: Some(size),
                content_id: None,
                body: AttachmentBody::Stored("blob-0".to_owned()),
            };
            file("1", "9", &attachment)
        };
        assert_eq!(sent("image/png", 9)["image"], json!({ "id": "9" }));
        assert_eq!(sent("image/png", 6 << 20)["type"], "document");
        assert_eq!(sent("application/pdf", 9)["document"], json!({ "id": "9", "filename": "a.pdf" }));
        assert_eq!(sent("audio/ogg", 9)["type"], "audio");
    }

    #[test]
    fn metas_codes_say_what_comes_next() {
        assert!(matches!(refusal(190, "expired", None), PluginError::Auth(_)));
        assert!(
            matches!(refusal(130429, "", Some(2_000)), PluginError::RateLimited(why) if why.retry_after_ms == Some(2_000))
        );
        assert!(
            matches!(refusal(131047, "Re-engagement message", None), PluginError::Permanent(why) if why.message.contains("24 hours"))
        );
        assert!(matches!(refusal(131016, "", None), PluginError::Retryable(_)));
        assert!(fault::is_unclear(&refusal(131000, "", None)));
        assert!(why(1234, "new").contains("new"));
    }
}
