//! What a browser offers whoever types: which checks, and on a phone which keys.

use desk::model::SettingSort;

/// `type` and `inputmode` of a line for a setting. Figures are text, because people write them in ways that a browser's own field
/// for numbers drops without a word.
pub fn typing(sort: &SettingSort) -> (&'static str, &'static str) {
    match sort {
        SettingSort::Address => ("url", "url"),
        SettingSort::Email => ("email", "email"),
        SettingSort::Whole { .. } => ("text", "numeric"),
        SettingSort::Number { .. } => ("text", "decimal"),
        SettingSort::Text { .. } | SettingSort::YesNo | SettingSort::Choice { .. } => ("text", "text"),
    }
}
