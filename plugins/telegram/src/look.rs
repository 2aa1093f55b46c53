//! One look: as much of what waits as can be taken now. What can't be is left for the next look, so that what came before it is
//! not asked for again and again.

use crate::read;
use saker_channel::{Result, Tongue, file::Taken, json, types::InboundMessage};
use serde_json::Value;

/// Files of one look: each is two calls, and a look has sixty.
const MOST_FILES: usize = 25;

/// What one look brought.
#[derive(Debug, Default)]
pub struct Look {
    /// What was taken.
    pub messages: Vec<InboundMessage>,
    /// The update that the next look begins with, where not all was taken.
    pub left: Option<i64>,
}

/// Takes updates in their order. `complete` brings a message's files; none where there is no time for them.
///
/// # Errors
/// As `complete`, where nothing was taken before.
pub fn take(
    updates: &[Value],
    tongue: Tongue,
    mut complete: impl FnMut(Taken) -> Result<Option<InboundMessage>>,
) -> Result<Look> {
    let (mut look, mut files) = (Look::default(), 0);
    for update in updates {
        let Some(taken) = read::update(update, tongue) else { continue };
        files += taken.files.len();
        let first = look.messages.is_empty();
        let done = if files > MOST_FILES && !first { Ok(None) } else { complete(taken) };
        match done {
            Ok(Some(message)) => look.messages.push(message),
            Err(why) if first => return Err(why),
            Ok(None) | Err(_) => {
                look.left = json::whole(update, "update_id");
                return Ok(look);
            }
        }
    }
    Ok(look)
}

#[cfg(test)]
mod tests {
    use super::take;
    use saker_channel::{Tongue, fault};
    use serde_json::{Value, json};

    fn update(id: i64, more: Value) -> Value {
        let mut message = json!({ "message_id": id, "date": 1_795_510_800, "from": { "id": 1111, "first_name": "Kari" },
            "chat": { "id": 1111, "type": "private" } });
        message.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "update_id": id, "message": message })
    }

    fn file(id: i64) -> Value {
        update(id, json!({ "document": { "file_id": format!("f{id}"), "file_name": "a.pdf" } }))
    }

    #[test]
    fn what_came_before_a_file_that_can_not_be_had_now_is_taken() {
        let updates = [update(1, json!({ "text": "Hei" })), update(2, json!({ "text": "/start" })), file(3), file(4)];
        let busy = || fault::retryable("busy", "not now");
        let look = take(&updates, Tongue::En, |taken| match taken.files.is_empty() {
            true => Ok(Some(taken.message)),
            false => Err(busy()),
        });
        let look = look.unwrap();
        assert_eq!((look.messages.len(), look.left), (1, Some(3)));
        // Nothing before it: whoever looks is told, and looks less often.
        assert!(take(&updates[1..], Tongue::En, |_| Err(busy())).is_err());
        let all = take(&updates, Tongue::En, |taken| Ok(Some(taken.message))).unwrap();
        assert_eq!((all.messages.len(), all.left), (3, None));
    }

    #[test]
    fn many_files_are_several_looks() {
        let updates: Vec<Value> = (1..=60).map(file).collect();
        let (mut from, mut looks) = (0, vec![]);
        while from < updates.len() {
            let look = take(&updates[from..], Tongue::En, |taken| Ok(Some(taken.message))).unwrap();
            looks.push(look.messages.len());
            from = look.left.map_or(updates.len(), |left| left as usize - 1);
        }
        assert_eq!(looks, [25, 25, 10]);
    }

    #[test]
    fn where_time_runs_out_the_rest_is_left() {
        let updates = [file(1), file(2)];
        let mut time = 1;
        let look = take(&updates, Tongue::En, |taken| {
            time -= 1;
            Ok((time >= 0).then_some(taken.message))
        });
        assert_eq!(look.unwrap().left, Some(2));
    }
}
