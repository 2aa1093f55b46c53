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

/// Lower-cased, or empty for what nobody could answer.
pub fn address(text: &str) -> String {
    let text: String = clean::line(text, 320).to_lowercase();
    let text = text.trim_matches(|c: char| "<>\"',;: ".contains(c));
    let good = text.len() <= 320
        && text.rsplit_once('@').is_some_and(|(local, host)| !local.is_empty() && !host.is_empty())
        && !text.chars().any(|c| c.is_whitespace() || "<>(),;".contains(c));
    if good { text.to_owned() } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn an_address_is_lower_case_and_whole() {
        assert_eq!(address(" <Kari@Fjord.NO> "), "kari@fjord.no");
        assert_eq!(address("kari"), "");
        assert_eq!(address("@fjord.no"), "");
        assert_eq!(address("a b@c"), "");
        assert_eq!(address("a@b\r\nBcc: c@d"), "");
    }
}
