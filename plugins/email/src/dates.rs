//! When a mail says it was sent.

use mail_parser::DateTime;

/// Unix milliseconds; `None` for what no calendar has, and for times outside 1970 to 2200.
pub fn sent_at(date: Option<&DateTime>) -> Option<i64> {
    let date = date?;
    if !date.is_valid() {
        return None;
    }
    let seconds = date.to_timestamp();
    (0..7_258_118_400).contains(&seconds).then_some(seconds * 1000)
}
