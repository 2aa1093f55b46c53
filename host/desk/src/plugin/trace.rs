//! What plugins keep of a person without saying whose it is: their memory, their log, where their requests went, calls that
//! failed and calls that nobody could read. Each is looked through for the person's addresses, numbers and names. C-20.

use super::state::as_said;
use crate::{
    Desk, Error, Result,
    channel::HookCall,
    db::Write,
    model::{AccountId, PersonId, PluginId},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::Value;

/// Rows that are held at once while they are looked through.
const AT_ONCE: i64 = 500;
/// What is shorter says too little about whose it is.
const SHORTEST: usize = 5;
/// What stands where words named somebody.
const GONE: &str = "—";

/// How somebody can be told in what others wrote: lower case, at least [`SHORTEST`] letters.
pub(crate) struct Marks {
    /// Addresses, numbers and names on channels, which are one person's.
    own: Vec<String>,
    /// Names of people, which others may have too.
    names: Vec<String>,
}

/// Where they were found.
#[derive(Default)]
pub(crate) struct Traces {
    memory: Vec<(PluginId, AccountId, String)>,
    lines: Vec<String>,
    departures: Vec<String>,
    failed: Vec<String>,
    /// With the names of their bodies.
    calls: Vec<(String, String)>,
}

impl Marks {
    fn of(own: Vec<String>, names: Vec<String>) -> Self {
        let long = |words: Vec<String>| {
            let words = words.into_iter().map(|word| word.trim().trim_start_matches('+').to_lowercase());
            words.filter(|word| word.chars().count() >= SHORTEST).collect()
        };
        Self { own: long(own), names: long(names) }
    }

    /// Does this name them, or somebody of their name?
    fn name(&self, text: &str) -> bool {
        self.single_out(text) || found(text, &self.names)
    }

    /// Does this have what only they have?
    fn single_out(&self, text: &str) -> bool {
        found(text, &self.own)
    }
}

/// Is one of these in a text, as a word of its own? Also as forms and addresses write it.
fn found(text: &str, marks: &[String]) -> bool {
    let text = text.to_lowercase();
    let text = if text.contains('%') { text.replace("%40", "@").replace("%2b", "+").replace("%20", " ") } else { text };
    let part = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    marks.iter().any(|mark| {
        text.match_indices(mark.as_str())
            .any(|(at, _)| !part(text[..at].chars().next_back()) && !part(text[at + mark.len()..].chars().next()))
    })
}

/// All words of a record: texts, and lists of bytes as the texts that they are.
fn words_of(value: &Value, words: &mut String) {
    match value {
        Value::String(text) => {
            words.push_str(text);
            words.push('\n');
        }
        Value::Array(items) => {
            let bytes: Option<Vec<u8>> = items.iter().map(|item| u8::try_from(item.as_u64()?).ok()).collect();
            match bytes {
                Some(bytes) => {
                    words.push_str(&String::from_utf8_lossy(&bytes));
                    words.push('\n');
                }
                None => items.iter().for_each(|item| words_of(item, words)),
            }
        }
        Value::Object(fields) => fields.iter().for_each(|(name, value)| {
            words.push_str(name);
            words.push('\n');
            words_of(value, words);
        }),
        _ => {}
    }
}

impl Desk {
    /// What plugins keep of somebody. Read before the pen is taken, for there may be much of it.
    pub(crate) async fn traces_of(&self, id: &PersonId) -> Result<Traces> {
        let marks = self.marks_of(id).await?;
        let mut traces = Traces::default();
        let mut after = (PluginId(String::new()), AccountId(String::new()), String::new());
        loop {
            let rows: Vec<(PluginId, AccountId, String, String)> = sqlx::query_as(
                "select plugin_id, account_id, name, value from plugin_state
                 where plugin_id > $1 or plugin_id = $1 and (account_id > $2 or account_id = $2 and name > $3)
                 order by plugin_id, account_id, name limit $4",
            )
            .bind(after.0.clone())
            .bind(after.1.clone())
            .bind(after.2.clone())
            .bind(AT_ONCE)
            .fetch_all(self.read())
            .await?;
            let Some(last) = rows.last() else { break };
            after = (last.0.clone(), last.1.clone(), last.2.clone());
            for (plugin, account, name, value) in rows {
                let value = BASE64_STANDARD.decode(value).unwrap_or_default();
                if marks.name(&as_said(&name)) || marks.name(&String::from_utf8_lossy(&value)) {
                    traces.memory.push((plugin, account, name));
                }
            }
        }
        traces.lines = self
            .each("select id, words from plugin_line where id > $1 order by id limit $2", |words| marks.name(words))
            .await?;
        traces.departures = self
            .each("select id, path from egress where id > $1 order by id limit $2", |path| marks.name(path))
            .await?;
        // An outcome is one line, whatever it says.
        let failed =
            "select id, outcome || '\n' || coalesce(record, '') from plugin_call where id > $1 order by id limit $2";
        traces.failed = self
            .each(failed, |said| {
                let (outcome, record) = said.split_once('\n').unwrap_or((said, ""));
                let mut words = outcome.to_owned();
                match serde_json::from_str(record) {
                    Ok(record) => words_of(&record, &mut words),
                    Err(_) => words.push_str(record),
                }
                marks.name(&words)
            })
            .await?;
        let calls: Vec<(String, String, String)> =
            sqlx::query_as("select id, head, body from hook_call order by id").fetch_all(self.read()).await?;
        for (id, head, body) in calls {
            // One that has only their name may be somebody else's, whom nobody has read yet.
            if self.singled_out(&marks, &head, &body).await? {
                traces.calls.push((id, body));
            }
        }
        Ok(traces)
    }

    async fn singled_out(&self, marks: &Marks, head: &str, body: &str) -> Result<bool> {
        let call: HookCall = serde_json::from_str(head)?;
        let headers = call.headers.iter().map(|(_, value)| String::from_utf8_lossy(value));
        let head = headers.chain([call.path.into(), call.query.into()]).any(|word| marks.single_out(&word));
        match self.blobs().get(body).await {
            Ok(body) => Ok(head || marks.single_out(&String::from_utf8_lossy(&body))),
            // Taken in meanwhile, and gone.
            Err(Error::NotFound) => Ok(head),
            Err(error) => Err(error),
        }
    }

    async fn marks_of(&self, id: &PersonId) -> Result<Marks> {
        let own = sqlx::query_scalar(
            "select address from person_email where person_id = $1
             union select number from person_phone where person_id = $1
             union select address from person_handle where person_id = $1",
        )
        .bind(id.clone())
        .fetch_all(self.read())
        .await?;
        let names =
            sqlx::query_scalar(concat!("select name from person where id in ", crate::provenance::family!("$1")))
                .bind(id.clone())
                .fetch_all(self.read())
                .await?;
        Ok(Marks::of(own, names))
    }

    /// The ids of rows whose words are such, of a question that asks for some rows after an id.
    async fn each(&self, sql: &'static str, such: impl Fn(&str) -> bool) -> Result<Vec<String>> {
        let (mut found, mut after) = (vec![], String::new());
        loop {
            let rows: Vec<(String, String)> =
                sqlx::query_as(sql).bind(after).bind(AT_ONCE).fetch_all(self.read()).await?;
            match rows.last() {
                Some(last) => after = last.0.clone(),
                None => return Ok(found),
            }
            found.extend(rows.into_iter().filter(|(_, words)| such(words)).map(|(id, _)| id));
        }
    }
}

impl Write {
    /// Takes away what was found; the names of the bytes that belonged to it. That a plugin called, failed or said something,
    /// and when, stays.
    pub(crate) async fn forget_traces(&mut self, traces: Traces) -> Result<Vec<String>> {
        for (plugin, account, name) in traces.memory {
            self.forget_kept(&plugin, &account, &name).await?;
        }
        for (sql, ids) in [
            ("update plugin_line set words = $2 where id = $1", traces.lines),
            ("update egress set path = $2 where id = $1", traces.departures),
            ("update plugin_call set outcome = $2, record = null where id = $1", traces.failed),
        ] {
            for id in ids {
                sqlx::query(sql).bind(id).bind(GONE).execute(self.sql()).await?;
            }
        }
        self.drop_calls(traces.calls).await
    }
}

#[cfg(test)]
mod tests {
    use super::{Marks, words_of};

    fn marks() -> Marks {
        let own = ["kari@fjord.no", "+4790000000", "kari"].map(str::to_owned).to_vec();
        Marks::of(own, vec!["Kari Ødegård".to_owned()])
    }

    #[test]
    fn a_person_is_found_as_others_write_them() {
        for text in ["From=Kari%40Fjord.no&To=x", "tel:+4790000000", "{\"to\":\"4790000000\"}", "From=%2B4790000000"] {
            assert!(marks().single_out(text), "{text}");
        }
        assert!(marks().name("KARI ØDEGÅRD ringte"));
    }

    #[test]
    fn nobody_else_is() {
        for text in ["kari@fjord.now", "okari@fjord.no", "147900000001", "Kari"] {
            assert!(!marks().name(text), "{text}");
        }
        assert!(!marks().single_out("Kari Ødegård"));
    }

    #[test]
    fn a_record_s_bytes_are_read() {
        let record =
            serde_json::json!({ "body": b"kari@fjord.no".to_vec(), "at": [1, 2000], "said": ["a", { "b": "c" }] });
        let mut words = String::new();
        words_of(&record, &mut words);
        assert!(words.contains("kari@fjord.no\n") && words.contains("c\n"), "{words}");
    }
}
