//! Slack's way of writing text (docs.slack.dev/messaging/formatting-message-text), as plain text.

/// What is meant: addresses with their words, names in place of ids where `name` knows them, and `&`, `<`, `>` as they are.
pub fn plain(text: &str, name: impl Fn(&str) -> Option<String>) -> String {
    let (mut plain, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find('<') {
        let Some(end) = rest[at..].find('>') else { break };
        plain.push_str(&rest[..at]);
        plain.push_str(&meant(&rest[at + 1..at + end], &name));
        rest = &rest[at + end + 1..];
    }
    plain.push_str(rest);
    plain.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// The users that a text mentions.
pub fn mentioned(text: &str) -> Vec<String> {
    let ids = text.split("<@").skip(1).filter_map(|rest| rest.split(['>', '|']).next());
    ids.filter(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric())).map(str::to_owned).collect()
}

fn meant(inside: &str, name: impl Fn(&str) -> Option<String>) -> String {
    let (what, words) = inside.split_once('|').map_or((inside, ""), |(what, words)| (what, words));
    match what.chars().next() {
        Some('@') => {
            let id = &what[1..];
            let known = name(id).or_else(|| Some(words.to_owned()).filter(|words| !words.is_empty()));
            format!("@{}", known.unwrap_or_else(|| id.to_owned()))
        }
        Some('#') if words.is_empty() => what.to_owned(),
        Some('#') => format!("#{words}"),
        Some('!') if words.is_empty() => format!("@{}", what[1..].split('^').next().unwrap_or_default()),
        Some('!') => words.to_owned(),
        _ => saker_channel::markup::beside(what, words),
    }
}

/// What Slack would read as a mark of its own, written so that it does not.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::{mentioned, plain};

    #[test]
    fn what_stands_in_brackets_is_said_in_words() {
        let name = |id: &str| (id == "U1").then(|| "Test".to_owned());
        for (text, want) in [
            ("Hei <@U1> og <@U2>", "Hei @Test og @U2"),
            ("<#C1|general> <#C2>", "#general #C2"),
            ("<!here> <!subteam^S1|@vakt> <!subteam^S2>", "@here @vakt @subteam"),
            ("<https://a.example/?x=1&amp;y=2|side>", "side (https://a.example/?x=1&y=2)"),
            ("<https://a.example>", "https://a.example"),
            ("<mailto:a@a.example|a@a.example>", "a@a.example"),
            ("1 &lt; 2 &amp;&amp; 3 &gt; 2", "1 < 2 && 3 > 2"),
            ("&amp;lt;", "&lt;"),
            ("a < b", "a < b"),
            ("<", "<"),
            ("<>", ""),
        ] {
            assert_eq!(plain(text, name), want, "{text}");
        }
        assert_eq!(mentioned("<@U1> <@U2|x> <@> <@ø>"), ["U1", "U2"]);
    }
}
