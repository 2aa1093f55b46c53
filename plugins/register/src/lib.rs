//! What the Norwegian register of enterprises knows about a company, by its name: the open API of Enhetsregisteret,
//! `GET /enhetsregisteret/api/enheter?navn=…`, licence NLOD.

#[cfg(target_family = "wasm")]
mod component;

use serde_json::Value;

/// Where a company of this name is looked for.
pub fn address(register: &str, name: &str) -> String {
    let mut query = String::new();
    for byte in name.trim().bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => query.push(char::from(byte)),
            other => query.push_str(&format!("%{other:02X}")),
        }
    }
    format!("{}/enhetsregisteret/api/enheter?navn={query}&size=5", register.trim_end_matches('/'))
}

/// The facts about the company that is called just so; none where there is no such, or more than one: a guess about who
/// somebody is would be worse than nothing.
pub fn facts(answer: &Value, name: &str) -> Vec<(&'static str, String)> {
    let all = answer["_embedded"]["enheter"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut same = all.iter().filter(|unit| unit["navn"].as_str().is_some_and(|there| plain(there) == plain(name)));
    let (Some(unit), None) = (same.next(), same.next()) else { return vec![] };
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let yes = |value: &Value| value.as_bool().filter(|yes| *yes).map(|_| "ja".to_owned());
    [
        ("Organisasjonsnummer", text(&unit["organisasjonsnummer"])),
        ("Organisasjonsform", text(&unit["organisasjonsform"]["beskrivelse"])),
        ("Næring", text(&unit["naeringskode1"]["beskrivelse"])),
        ("Ansatte", text(&unit["antallAnsatte"])),
        ("Sted", text(&unit["forretningsadresse"]["poststed"])),
        ("Nettsted", text(&unit["hjemmeside"])),
        ("Konkurs", yes(&unit["konkurs"])),
        ("Under avvikling", yes(&unit["underAvvikling"])),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value?)))
    .collect()
}

/// Names are written in capitals there.
fn plain(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::{address, facts};
    use serde_json::json;

    #[test]
    fn a_name_is_asked_for_whatever_is_in_it() {
        let asked = address("https://data.brreg.no/", " Fjord & Sønn AS ");
        assert_eq!(
            asked,
            "https://data.brreg.no/enhetsregisteret/api/enheter?navn=Fjord%20%26%20S%C3%B8nn%20AS&size=5"
        );
    }

    #[test]
    fn only_the_one_of_that_name_is_meant() {
        let unit = |name: &str| {
            json!({
                "organisasjonsnummer": "999999999", "navn": name,
                "organisasjonsform": { "kode": "AS", "beskrivelse": "Aksjeselskap" },
                "naeringskode1": { "kode": "03.211", "beskrivelse": "Produksjon av matfisk" },
                "antallAnsatte": 12, "forretningsadresse": { "poststed": "BERGEN" }, "konkurs": false
            })
        };
        let one = json!({ "_embedded": { "enheter": [unit("FJORD AS"), unit("FJORD INVEST AS")] } });
        let found = facts(&one, "Fjord  AS");
        assert_eq!(found[0], ("Organisasjonsnummer", "999999999".to_owned()));
        assert_eq!(found.len(), 5, "{found:?}");
        assert!(facts(&one, "Fjord").is_empty());
        let two = json!({ "_embedded": { "enheter": [unit("FJORD AS"), unit("FJORD AS")] } });
        assert!(facts(&two, "Fjord AS").is_empty());
        for nothing in [json!({}), json!([]), json!({ "_embedded": 1 })] {
            assert!(facts(&nothing, "Fjord AS").is_empty());
        }
    }
}
