//! Which sites may show the chat.

/// Whether a site is among those in the setting; any is where none is named.
pub fn is_allowed(setting: &str, origin: &str) -> bool {
    let mut named = setting.split_whitespace().peekable();
    named.peek().is_none() || named.any(|name| fits(&tidy(name), &tidy(origin)))
}

fn tidy(address: &str) -> String {
    address.trim_end_matches('/').to_ascii_lowercase()
}

fn fits(name: &str, origin: &str) -> bool {
    match name.split_once("://*.") {
        None => name == origin,
        Some((scheme, domain)) => origin
            .strip_prefix(scheme)
            .and_then(|rest| rest.strip_prefix("://"))
            .is_some_and(|host| host == domain || host.strip_suffix(domain).is_some_and(|sub| sub.ends_with('.'))),
    }
}

/// The first line of the setting that is no site.
pub fn misfit(setting: &str) -> Option<&str> {
    setting.split_whitespace().find(|name| {
        let rest = name.strip_prefix("https://").or_else(|| name.strip_prefix("http://"));
        let host = rest.map(|rest| rest.strip_prefix("*.").unwrap_or(rest).trim_end_matches('/'));
        host.is_none_or(|host| host.is_empty() || host.contains(['/', '*', '?', '#', '@']))
    })
}

#[cfg(test)]
mod tests {
    use super::{is_allowed, misfit};

    #[test]
    fn only_sites_that_are_named_fit() {
        let setting = "https://www.example.com/\n https://*.fjord.no  http://localhost:8000";
        for origin in ["https://www.example.com", "https://fjord.no", "https://a.b.fjord.no", "http://localhost:8000"] {
            assert!(is_allowed(setting, origin), "{origin}");
        }
        for origin in [
            "",
            "null",
            "http://www.example.com",
            "https://example.com",
            "https://evilfjord.no",
            "https://fjord.no.evil",
        ] {
            assert!(!is_allowed(setting, origin), "{origin}");
        }
        assert!(is_allowed(" \n", "https://anybody.example") && is_allowed("", "null"));
    }

    #[test]
    fn what_is_no_site_is_named() {
        assert_eq!(misfit("https://a.example https://*.b.example/ http://localhost:1"), None);
        for line in ["a.example", "https://", "https://a.example/shop", "https://a.*.example", "ftp://a.example"] {
            assert_eq!(misfit(&format!("https://ok.example {line}")), Some(line));
        }
    }
}
