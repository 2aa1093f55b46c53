//! One statement for several rows: each statement is a way to another thread or another machine and back.

use crate::Result;
use sqlx::{Any, AnyConnection, AssertSqlSafe, Encode, FromRow, Type, any::AnyRow};
use std::{collections::HashMap, hash::Hash};

/// Values in one statement at most. Both engines have a bound, SQLite the lower one of 32,766.
pub(crate) const MOST_VALUES: usize = 500;

/// So many places for values, of which the first is number `first`: `$2, $3, $4`.
pub(crate) fn places(first: usize, count: usize) -> String {
    let places: Vec<String> = (first..first + count).map(|number| format!("${number}")).collect();
    places.join(", ")
}

/// What a statement finds for these values, which stand where it says `{}`. It is asked once for every [`MOST_VALUES`] of
/// them, so that its order holds within what belongs to one value.
pub(crate) async fn found_for<T, V>(connection: &mut AnyConnection, sql: &str, values: &[V]) -> Result<Vec<T>>
where
    T: for<'r> FromRow<'r, AnyRow> + Send + Unpin,
    V: for<'q> Encode<'q, Any> + Type<Any> + Clone + Send,
{
    let mut found = vec![];
    for some in values.chunks(MOST_VALUES) {
        let sql = AssertSqlSafe(sql.replace("{}", &places(1, some.len())));
        // For one it is asked often; of another length each time it is nothing that a connection should remember.
        let query = sqlx::query_as(sql).persistent(some.len() == 1);
        let query = some.iter().fold(query, |query, value| query.bind(value.clone()));
        found.extend(query.fetch_all(&mut *connection).await?);
    }
    Ok(found)
}

/// What belongs to whom, in the order in which it was found.
pub(crate) fn by_owner<K: Eq + Hash, V>(found: Vec<(K, V)>) -> HashMap<K, Vec<V>> {
    let mut owned: HashMap<K, Vec<V>> = HashMap::new();
    for (owner, one) in found {
        owned.entry(owner).or_default().push(one);
    }
    owned
}
