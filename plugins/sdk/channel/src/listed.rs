//! Values as administrators list them: `delivered, DELIVRD`, `0*`, `not 0`.

/// Words that turn a list round.
const NOT: [&str; 2] = ["not ", "ikke "];

/// Whether a value is one of a list, whatever its letters' case. A `*` at the end of one stands for anything; with *not* before
/// the list it is any other value; an empty list is any value.
pub fn is_listed(value: &str, list: &str) -> bool {
    let (value, list) = (value.trim().to_lowercase(), list.trim().to_lowercase());
    if list.is_empty() {
        return true;
    }
    match NOT.iter().find_map(|not| list.strip_prefix(not)) {
        Some(list) => !one_of(&value, list),
        None => one_of(&value, &list),
    }
}

fn one_of(value: &str, list: &str) -> bool {
    list.split(',').map(str::trim).filter(|one| !one.is_empty()).any(|one| match one.strip_suffix('*') {
        Some(begin) => value.starts_with(begin.trim_end()),
        None => value == one,
    })
}

#[cfg(test)]
mod tests {
    use super::is_listed;

    #[test]
    fn a_value_is_listed_or_not() {
        for (value, list, want) in [
            ("DELIVRD", "delivered, delivrd", true),
            ("sent", "delivered, delivrd", false),
            ("0", "not 0", false),
            ("9", "Ikke 0, 1", true),
            ("1", "ikke 0, 1", false),
            ("0:Access denied", "0:*", true),
            ("anything", "", true),
            ("", ",", false),
        ] {
            assert_eq!(is_listed(value, list), want, "{value} {list}");
        }
    }
}
