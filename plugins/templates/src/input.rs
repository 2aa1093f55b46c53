//! What templates see, made harmless on the way in.

use crate::when;
use minijinja::Value;

/// Everything a template may use. An empty string is a missing value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Input {
    pub template: String,
    /// BCP 47; anything but Norwegian is English.
    pub locale: String,
    /// `Europe/Oslo` or another zone with the same clock, or `UTC`.
    pub time_zone: String,
    /// Unix milliseconds.
    pub now: i64,
    pub organisation: String,
    pub number: String,
    pub title: String,
    /// Only `http` and `https` become links.
    pub url: String,
    pub category: String,
    pub customer_name: String,
    pub customer_email: String,
    pub agent_name: String,
    pub signature: String,
    /// Markdown.
    pub draft: String,
    pub quote: Option<Quote>,
    /// Further values by name, such as `link`.
    pub more: Vec<(String, String)>,
}

/// The message that is answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Quote {
    pub name: String,
    /// Unix milliseconds.
    pub at: i64,
    pub text: String,
}

/// A quotation is a reminder, not an archive.
const MOST_QUOTE: usize = 4000;

impl Input {
    pub fn norwegian(&self) -> bool {
        let language = self.locale.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
        ["nb", "nn", "no"].contains(&language.as_str())
    }

    /// The values by the names that templates and warnings use.
    pub(crate) fn context(&self) -> Value {
        let pairs = |list: Vec<(&str, String)>| {
            Value::from_pairs(list.into_iter().map(|(key, value)| (key.to_owned(), Value::from(value))))
        };
        let title = line(&self.title);
        let quote = self.quote.as_ref().map(|quote| {
            let text = lines(&quote.text);
            let short = &text[..text.floor_char_boundary(MOST_QUOTE)];
            let text = if short.len() < text.len() { format!("{short} …") } else { text };
            let marked =
                text.lines().map(|line| format!("> {line}").trim_end().to_owned()).collect::<Vec<_>>().join("\n");
            pairs(vec![
                ("name", line(&quote.name)),
                ("when", when::words(quote.at, &self.time_zone, self.norwegian())),
                ("marked", marked),
                ("text", text),
            ])
        });
        Value::from_pairs([
            ("lang".to_owned(), Value::from(if self.norwegian() { "nb" } else { "en" })),
            ("organisation".to_owned(), Value::from(line(&self.organisation))),
            ("now".to_owned(), Value::from(when::words(self.now, &self.time_zone, self.norwegian()))),
            (
                "ticket".to_owned(),
                pairs(vec![
                    ("number", line(&self.number)),
                    ("subject", without_marks(&title)),
                    ("title", title),
                    ("url", web(&self.url)),
                    ("category", line(&self.category)),
                ]),
            ),
            (
                "customer".to_owned(),
                pairs(vec![
                    ("name", line(&self.customer_name)),
                    ("first", first_name(&self.customer_name)),
                    ("email", line(&self.customer_email)),
                ]),
            ),
            ("agent".to_owned(), pairs(vec![("name", line(&self.agent_name)), ("signature", lines(&self.signature))])),
            (
                "draft".to_owned(),
                Value::from_pairs([
                    ("text".to_owned(), Value::from(lines(&self.draft))),
                    // Escaped by the Markdown renderer.
                    ("html".to_owned(), Value::from_safe_string(crate::markdown::html(&lines(&self.draft)))),
                    ("first".to_owned(), Value::from(preview(&self.draft))),
                ]),
            ),
            ("quote".to_owned(), quote.unwrap_or_else(|| pairs(Vec::new()))),
            (
                "more".to_owned(),
                Value::from_pairs(self.more.iter().map(|(key, value)| (key.clone(), self.shown(key, value)))),
            ),
        ])
    }

    /// A further value as a template sees it: notices are lines of their own, and minutes are hours.
    fn shown(&self, key: &str, value: &str) -> Value {
        let norwegian = self.norwegian();
        if key == "notices" {
            let base = self.more.iter().find(|(name, _)| name == "base-url").map(|(key, base)| more(key, base));
            return crate::notice::rows(&lines(value), &base.unwrap_or_default(), norwegian);
        }
        if key.ends_with("-minutes") {
            return Value::from(crate::notice::span(value, norwegian));
        }
        Value::from(more(key, value))
    }

    /// Is a value that a template needs empty?
    pub(crate) fn lacks(&self, name: &str) -> bool {
        let more =
            |key: &str| self.more.iter().find(|(name, _)| name == key).map(|(key, value)| self::more(key, value));
        match name {
            "organisation" => line(&self.organisation),
            "ticket.number" => line(&self.number),
            "ticket.title" => line(&self.title),
            "ticket.url" => web(&self.url),
            "customer.name" => first_name(&self.customer_name),
            "agent.name" => line(&self.agent_name),
            "draft" => lines(&self.draft),
            other => more(other.strip_prefix("more.").unwrap_or(other)).unwrap_or_default(),
        }
        .is_empty()
    }
}

fn more(name: &str, value: &str) -> String {
    if ["link", "url"].contains(&name) || name.ends_with("-url") { web(value) } else { lines(value) }
}

/// One line, without control characters and characters that turn the reading direction.
fn line(text: &str) -> String {
    let text: String =
        text.chars().map(|c| if c.is_control() { ' ' } else { c }).filter(|c| !turns(*c)).take(1000).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn lines(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    text.chars()
        .filter(|&c| c == '\n' || c == '\t' || !c.is_control() && !turns(c))
        .collect::<String>()
        .trim_end()
        .trim_start_matches('\n')
        .to_owned()
}

fn turns(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Only addresses of pages become links.
pub(crate) fn web(url: &str) -> String {
    let url = url.trim();
    let good = (url.starts_with("https://") || url.starts_with("http://"))
        && !url.chars().any(|c| c.is_whitespace() || c.is_control());
    if good { url.to_owned() } else { String::new() }
}

/// `Re: Skriver [Sak #1042]` is about `Skriver`: marks are added once, at the end.
fn without_marks(title: &str) -> String {
    let mut title = title.to_owned();
    for open in ["[Sak #", "[Request #"] {
        while let Some(at) = title.find(open) {
            let Some(end) = title[at..].find(']') else {
                break;
            };
            title.replace_range(at..=at + end, "");
        }
    }
    let mut rest = title.trim();
    while let Some((mark, after)) = rest
        .split_once(':')
        .filter(|(mark, _)| ["re", "sv", "aw", "ad", "rv"].contains(&mark.trim().to_lowercase().as_str()))
    {
        let _ = mark;
        rest = after.trim();
    }
    rest.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What a letter begins with. `Nordmann, Kari` is turned; an address is no name.
fn first_name(name: &str) -> String {
    let name = line(name);
    if name.contains('@') {
        return String::new();
    }
    let name = name.split_once(',').map_or(name.as_str(), |(_, first)| first);
    name.split_whitespace().next().unwrap_or_default().chars().take(60).collect()
}

/// The first sentence or so, for the list of mails on a phone.
fn preview(draft: &str) -> String {
    let plain: String = draft.chars().filter(|c| !"*_`#>[]".contains(*c)).collect();
    line(&plain).chars().take(140).collect()
}

#[cfg(test)]
mod tests {
    use super::{first_name, line, web, without_marks};

    #[test]
    fn values_are_made_harmless() {
        assert_eq!(line("a\r\nb\u{202E}c"), "a bc");
        assert_eq!(web("javascript:alert(1)"), "");
        assert_eq!(web(" https://x.no/a "), "https://x.no/a");
        assert_eq!(first_name("Nordmann, Kari"), "Kari");
        assert_eq!(first_name("kari@fjord.no"), "");
        assert_eq!(without_marks("Re: SV: Skriver [Sak #1042]"), "Skriver");
        assert_eq!(without_marks("Feil: kode 52"), "Feil: kode 52");
    }
}
