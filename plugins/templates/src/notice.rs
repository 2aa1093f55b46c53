//! What colleagues are told, in words.

use minijinja::Value;

/// The lines of `more.notices`: kind, number, who, how often, title, with tabs between. A line that is none is left out.
pub(crate) fn rows(text: &str, base: &str, norwegian: bool) -> Value {
    let rows = text.lines().filter_map(|line| row(line, base, norwegian));
    Value::from(rows.collect::<Vec<Value>>())
}

fn row(line: &str, base: &str, norwegian: bool) -> Option<Value> {
    let mut parts = line.splitn(5, '\t');
    let (kind, number, by, times) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let (number, times): (u64, u64) = (number.parse().ok()?, times.parse().ok()?);
    let url = if base.is_empty() { String::new() } else { format!("{base}{number}") };
    let values = [
        ("what", what(kind, by, times, norwegian)),
        ("number", number.to_string()),
        ("title", parts.next()?.to_owned()),
        ("url", url),
    ];
    Some(Value::from_pairs(values.map(|(name, value)| (name.to_owned(), Value::from(value)))))
}

/// What happened, as the bell says it too; what happened more than once says how often.
fn what(kind: &str, by: &str, times: u64, norwegian: bool) -> String {
    let say = |nb: String, en: String| if norwegian { nb } else { en };
    let by = if by.is_empty() { "Saker" } else { by };
    let days = |nb: &str, en: &str| match (times, norwegian) {
        (1, true) => format!("{nb} i 1 dag"),
        (_, true) => format!("{nb} i {times} dager"),
        (1, false) => format!("{en} for 1 day"),
        (_, false) => format!("{en} for {times} days"),
    };
    let words = match kind {
        "new-ticket" => say(format!("Ny sak fra {by}"), format!("New request from {by}")),
        "new-message" => say(format!("Ny melding fra {by}"), format!("New message from {by}")),
        "assigned" => say(format!("{by} ga deg en sak"), format!("{by} gave you a request")),
        "taken-over" => say(format!("{by} overtok saken fra deg"), format!("{by} took the request over from you")),
        "owner-changed" => say("Ny eier".into(), "Another owner".into()),
        "released" => say(format!("{by} la saken din tilbake"), format!("{by} put your request back")),
        "stuck" => say(
            "Noe som skulle skje av seg selv, feilet".into(),
            "Something that should happen by itself failed".into(),
        ),
        "reopened" => say("Åpnet igjen".into(), "Open again".into()),
        "escalated" => say("Eskalert".into(), "Escalated".into()),
        "deadline-near" => say("Fristen nærmer seg".into(), "The deadline is near".into()),
        "deadline-missed" => say("Fristen er passert".into(), "The deadline was missed".into()),
        "mentioned" => say(format!("{by} nevnte deg"), format!("{by} mentioned you")),
        "helper-answered" => say(format!("{by} har svart"), format!("{by} has answered")),
        "delivery-failed" => say("Et svar kom ikke fram".into(), "A reply did not arrive".into()),
        "overdue" => return say("Over fristen".into(), "Past its deadline".into()),
        "untouched" => return days("Ingen har rørt den", "Nobody has touched it"),
        _ => say("Har ligget lenge".into(), "Has been waiting for long".into()),
    };
    if times > 1 { format!("{words} ({times})") } else { words }
}

/// Minutes as people say them: `45 min`, `3 t 20 min`, `2 h`.
pub(crate) fn span(minutes: &str, norwegian: bool) -> String {
    let Ok(minutes) = minutes.parse::<u64>() else { return String::new() };
    let hour = if norwegian { "t" } else { "h" };
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} {hour}"),
        (hours, minutes) => format!("{hours} {hour} {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::{span, what};

    #[test]
    fn what_happened_is_said_in_both_languages() {
        assert_eq!(what("new-message", "Kari", 3, true), "Ny melding fra Kari (3)");
        assert_eq!(what("assigned", "", 1, false), "Saker gave you a request");
        assert_eq!(what("untouched", "", 1, true), "Ingen har rørt den i 1 dag");
        assert_eq!(what("untouched", "", 4, false), "Nobody has touched it for 4 days");
        assert_eq!(what("of a later release", "", 1, false), "Has been waiting for long");
    }

    #[test]
    fn minutes_are_hours_where_there_are_many() {
        assert_eq!(
            (span("45", true), span("200", true), span("120", false)),
            ("45 min".into(), "3 t 20 min".into(), "2 h".into())
        );
        assert_eq!(span("soon", true), "");
    }
}
