//! Pages of lists that have one order: a page begins behind the last row of the one before, whatever came or went since.

use crate::{Error, Result, Why, model::Paged};
use serde::{Serialize, de::DeserializeOwned};

/// Rows of one page.
const ROWS: usize = 50;
/// As many rows as are asked for: one more than a page, so that it is known whether there is another.
pub(crate) const ASKED: i64 = ROWS as i64 + 1;

/// What stands in the order before each row of the page: the last row's place, or `first` for the first page.
///
/// # Errors
/// `Invalid` at `after` for what no page ended with.
pub(crate) fn passed<K: DeserializeOwned>(after: Option<&str>, first: K) -> Result<(K, String)> {
    match after {
        Some(mark) => serde_json::from_str(mark).map_err(|_| Error::invalid("after", Why::NotAChoice)),
        None => Ok((first, String::new())),
    }
}

/// The page that was asked for, of rows beside their places.
pub(crate) fn page<K: Serialize, T>(mut rows: Vec<((K, String), T)>) -> Result<Paged<T>> {
    let more = rows.len() > ROWS;
    rows.truncate(ROWS);
    let next = match rows.last().filter(|_| more) {
        Some((place, _)) => Some(serde_json::to_string(place)?),
        None => None,
    };
    Ok(Paged { rows: rows.into_iter().map(|(_, row)| row).collect(), next })
}
