//! People in headers.

use crate::{clean, mail::Party};
use mail_parser::{Addr, Address};

/// More recipients than this are left out: nobody reads them, and each costs memory.
const MOST_PARTIES: usize = 500;

/// Everyone in a field who has an address, groups dissolved.
pub fn parties(field: Option<&Address<'_>>) -> Vec<Party> {
    let mut found: Vec<Party> = Vec::new();
    for addr in field.into_iter().flat_map(|list| list.iter()).take(MOST_PARTIES) {
        let party = party(addr);
        if !party.address.is_empty() && !found.iter().any(|known| known.address == party.address) {
            found.push(party);
        }
    }
    found
}

/// The first in a field who has an address, or else the first who has a name.
pub fn first(field: Option<&Address<'_>>) -> Option<Party> {
    let all: Vec<Party> = field.into_iter().flat_map(|list| list.iter()).take(MOST_PARTIES).map(party).collect();
    let best = all.iter().position(|party| !party.address.is_empty());
    let best = best.or_else(|| all.iter().position(|party| !party.name.is_empty()))?;
    all.into_iter().nth(best)
}

fn party(addr: &Addr<'_>) -> Party {
    let written = addr.address.as_deref().unwrap_or_default();
    let mut name = clean::line(addr.name.as_deref().unwrap_or_default(), 200);
    for quote in ['"', '\''] {
        if let Some(inner) = name.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
            name = inner.trim().to_owned();
        }
    }
    let mut address = address(written);
    if address.is_empty() {
        // Some programs write the address where the name should be, and the other way round.
        address = self::address(&name);
        if name.is_empty() || !address.is_empty() {
            name = clean::line(written, 200);
        }
    }
    if name.to_lowercase() == address {
        name.clear();
    }
    Party { address, name }
}

/// A field that the parser could not make sense of: the first address in brackets, or else the first word with an `@`.
/// Comments and blanks inside the brackets (RFC 822's old ways) are dropped.
pub fn rescued(field: &str) -> Option<Party> {
    let field = clean::line(field, 2000);
    let mut depth = 0usize;
    let plain: String = field
        .chars()
        .filter(|&c| {
            let outside = depth == 0 && c != '(';
            match c {
                '(' => depth += 1,
                ')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            outside
        })
        .collect();
    let bracketed =
        plain.split_once('<').and_then(|(name, rest)| Some((name, rest.split_once('>')?.0.replace(' ', ""))));
    let (before, found) = match bracketed {
        Some((name, inner)) if !address(&inner).is_empty() => (name.to_owned(), address(&inner)),
        _ => {
            let word = plain.split([' ', ',', ';']).find(|word| !address(word).is_empty())?;
            (plain[..plain.find(word)?].to_owned(), address(word))
        }
    };
    let name = clean::line(before.trim_matches(['"', '\'', ' ', ',']), 200);
    Some(Party { name: if name.contains('@') { String::new() } else { name }, address: found })
}

/// Lower-cased, or empty for what nobody could answer.
pub fn address(text: &str) -> String {
    let text: String = clean::line(text, 320).to_lowercase();
    let mut text = text.trim_matches(|c: char| "<>\"',;: ".contains(c));
    // A route (RFC 822): only its end is an address.
    if let Some((_, end)) = text.rsplit_once(':').filter(|_| text.starts_with('@')) {
        text = end;
    }
    let good = text.len() <= 320
        && (text.matches('@').count() == 1 || text.starts_with('"'))
        && text.rsplit_once('@').is_some_and(|(local, host)| !local.is_empty() && !host.is_empty())
        && !text.chars().any(|c| c.is_whitespace() || "<>(),;".contains(c));
    if good { text.to_owned() } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::{address, rescued};

    #[test]
    fn an_address_is_lower_case_and_whole() {
        assert_eq!(address(" <Kari@Fjord.NO> "), "kari@fjord.no");
        assert_eq!(address("kari"), "");
        assert_eq!(address("@fjord.no"), "");
        assert_eq!(address("a b@c"), "");
        assert_eq!(address("a@b.noa@b.no"), "");
        assert_eq!(address("@machine.tld:mary@example.net"), "mary@example.net");
        assert_eq!(address("a@b\r\nBcc: c@d"), "");
    }

    #[test]
    fn a_field_of_old_ways_still_names_someone() {
        let party = |field: &str| rescued(field).map(|party| (party.name, party.address)).unwrap_or_default();
        let is = |name: &str, address: &str| (name.to_owned(), address.to_owned());
        assert_eq!(party("Bob Dunite <bob@extern> Bobby <bobby@extern>"), is("Bob Dunite", "bob@extern"));
        assert_eq!(party("Big Bug bb@bug.com"), is("Big Bug", "bb@bug.com"));
        assert_eq!(party("John Doe <jdoe@machine(comment).  example>"), is("John Doe", "jdoe@machine.example"));
        assert_eq!(party("a@b.no, c@d.no"), is("", "a@b.no"));
        assert_eq!(party("nobody"), is("", ""));
    }
}
