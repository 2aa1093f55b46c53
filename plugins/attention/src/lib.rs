//! Marks the requests of customers who matter most: `fjord.no = tag: important, priority: High`.

#[cfg(target_family = "wasm")]
mod component;

/// What the requests of an address get: kinds of proposals with their arguments.
pub fn proposals(lines: &str, address: &str) -> Vec<(&'static str, &'static str, String)> {
    let address = address.trim().to_lowercase();
    let Some((_, domain)) = address.rsplit_once('@') else { return vec![] };
    let fits = |who: &str| {
        let who = who.trim().to_lowercase();
        let who = who.strip_prefix('@').unwrap_or(&who);
        !who.is_empty() && (who == address || who == domain || domain.ends_with(&format!(".{who}")))
    };
    let gets = |line: &str| {
        let (who, what) = line.split_once('=')?;
        fits(who).then(|| what.split(',').filter_map(proposal).collect::<Vec<_>>())
    };
    lines.lines().filter_map(gets).flatten().collect()
}

fn proposal(what: &str) -> Option<(&'static str, &'static str, String)> {
    let (name, value) = what.split_once(':')?;
    let value = value.trim().to_owned();
    if value.is_empty() {
        return None;
    }
    match name.trim().to_lowercase().as_str() {
        "tag" => Some(("add-tag", "tag", value)),
        "priority" => Some(("set-priority", "priority", value)),
        "category" => Some(("set-category", "category", value)),
        "give" => Some(("give", "to", value)),
        "follow" => Some(("follow", "to", value)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::proposals;

    const LINES: &str =
        "fjord.no = tag: viktig, priority: High\nole@ny.no = tag: ole\nhalf a line\n= tag: x\n@vik.no=give: bo@x.no";

    #[test]
    fn a_domain_with_what_is_below_it_and_a_single_address_are_known() {
        let tag = |value: &str| ("add-tag", "tag", value.to_owned());
        assert_eq!(proposals(LINES, "Kari@Fjord.NO"), [tag("viktig"), ("set-priority", "priority", "High".to_owned())]);
        assert_eq!(proposals(LINES, "kari@post.fjord.no").len(), 2);
        assert_eq!(proposals(LINES, "ole@ny.no"), [tag("ole")]);
        assert_eq!(proposals(LINES, "a@vik.no"), [("give", "to", "bo@x.no".to_owned())]);
    }

    #[test]
    fn everybody_else_gets_nothing() {
        for address in ["kari@notfjord.no", "per@ny.no", "", "fjord.no", "@"] {
            assert!(proposals(LINES, address).is_empty(), "{address}");
        }
    }
}
