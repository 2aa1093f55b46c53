//! People, as a round letter.

use leptos::prelude::*;

/// A person's initials on a tint of their own; a drawing, not text, so that nothing reads them out beside the name. Says
/// the name unless the name stands beside it (`quiet`).
#[component]
pub fn Avatar(
    #[prop(into)] name: String,
    /// 20, 24, 32, 40 or 56 px.
    #[prop(default = 24)]
    size: u8,
    #[prop(optional)] quiet: bool,
) -> impl IntoView {
    let letters = initials(&name, if size >= 32 { 2 } else { 1 });
    let class = format!("av av-{size} av-{}", tint(&name));
    let (role, label, title) = if quiet { (None, None, None) } else { (Some("img"), Some(name.clone()), Some(name)) };
    let hidden = quiet.then_some("true");
    view! { <span class=class role=role aria-label=label title=title aria-hidden=hidden data-letters=letters></span> }
}

/// The first letter of the first and of the last word.
fn initials(name: &str, most: usize) -> String {
    let mut words = name.split_whitespace().filter_map(|word| word.chars().find(|c| c.is_alphanumeric()));
    let first = words.next();
    let last = words.next_back().filter(|_| most > 1);
    let letters: String = first.into_iter().chain(last).flat_map(char::to_uppercase).collect();
    if letters.is_empty() { "?".to_owned() } else { letters }
}

/// One of six tints, always the same for the same name (FNV-1a).
fn tint(name: &str) -> u64 {
    let hash = name
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    (hash >> 16) % 6 + 1
}

#[cfg(test)]
mod tests {
    use super::initials;

    #[test]
    fn initials_are_of_the_first_and_last_name() {
        assert_eq!(initials("Kari Marie Nordmann", 2), "KN");
        assert_eq!(initials("Kari Nordmann", 1), "K");
        assert_eq!(initials("ane", 2), "A");
        assert_eq!(initials(" — ", 2), "?");
    }
}
