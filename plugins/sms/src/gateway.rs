//! Any other company: an administrator says what its gateway wants to be told, and where in what it says things stand.

use crate::{News, number};
use saker_channel::{
    Result, Tongue,
    call::Answer,
    content::Content,
    fault,
    listed::is_listed,
    message::update,
    types::{DeliveryState, PluginError},
    when, worded,
};

/// What can be filled in in what is sent.
pub const PLACES: [&str; 8] = ["to", "to_digits", "from", "from_digits", "text", "id", "report_url", "password"];

/// Where things stand in what the gateway answers when one is handed over.
#[derive(Clone, Debug, Default)]
pub struct Said {
    /// Its name for the message; empty where it gives none.
    pub id: String,
    /// What shows that it refuses it; empty where the status code says so.
    pub refused: String,
    /// The values there that mean it; empty for any.
    pub refused_when: String,
    /// Its words for why.
    pub why: String,
    /// The same message twice is one to it, by our name for it.
    pub once: bool,
}

impl Said {
    /// The gateway's name for what was handed over; `ours`, where it has none of its own.
    ///
    /// # Errors
    /// By the status and by what the settings say. Where nobody knows whether it was taken, it is unclear, unless the gateway
    /// takes nothing twice.
    pub fn sent(&self, answer: &Answer, ours: &str) -> Result<String> {
        let content = answer.content();
        let why = content.text(&self.why);
        match answer.status() {
            200..=299 => {}
            _ => return Err(self.unanswered(answer.fault(&worded!("SMS-selskapet", "The gateway"), why))),
        }
        if let Some(value) = content.text(&self.refused).filter(|value| is_listed(value, &self.refused_when)) {
            let why = why.unwrap_or(value);
            return Err(fault::permanent(
                "refused",
                &worded!("SMS-selskapet tar den ikke imot: {why}", "The gateway does not want it: {why}"),
            ));
        }
        match content.text(&self.id) {
            Some(id) => Ok(id.trim().to_owned()),
            None if self.id.is_empty() => Ok(ours.to_owned()),
            None => Err(fault::unclear(&worded!(
                "SMS-selskapet tok den imot uten å gi den et navn",
                "The gateway took it and gave it no name"
            ))),
        }
    }

    /// The same for a request that brought no answer, or one that says no more than that.
    pub fn unanswered(&self, why: PluginError) -> PluginError {
        if self.once && fault::is_unclear(&why) {
            return fault::retryable(
                "not-answered",
                &worded!(
                    "SMS-selskapet svarte ikke; det tar ingenting to ganger",
                    "The gateway did not answer; it takes nothing twice"
                ),
            );
        }
        why
    }

    /// Whether the gateway knows a message, as it answers when it is asked; its name for it. None where it surely does not.
    ///
    /// # Errors
    /// [`PluginError::Unsupported`] where its answer says neither.
    pub fn known(answer: &Answer, id: &str) -> Result<Option<String>> {
        match answer.status() {
            404 => Ok(None),
            200..=299 => Ok(answer.content().text(id).map(|id| id.trim().to_owned())),
            _ => Err(PluginError::Unsupported),
        }
    }
}

/// Where things stand in what it calls with.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// The list, where one call has several.
    pub list: String,
    /// A message's sender.
    pub from: String,
    /// The country of senders that are written without one; empty where all are written with it.
    pub country: String,
    /// Its words.
    pub text: String,
    /// The gateway's name for it; empty where it has none.
    pub id: String,
    /// When it was sent.
    pub time: String,
    /// In a report, the name of the message that it is about.
    pub report: String,
    /// How far that is.
    pub status: String,
    /// The values that mean that it arrived.
    pub delivered: String,
    /// And those that mean that it won’t.
    pub failed: String,
    /// Why it won’t.
    pub why: String,
}

impl Told {
    /// What a call is about: messages, or reports about those that were sent. `delivery` names a call that names nothing itself;
    /// `report`, where it came to the address for reports.
    ///
    /// # Errors
    /// What is missing, in words.
    pub fn read(&self, content: Content, delivery: &str, report: bool, tongue: Tongue) -> Result<Vec<News>> {
        let items = content.items(&self.list);
        let mut all = vec![];
        for (at, item) in items.iter().enumerate() {
            let (from, text) = (item.text(&self.from), item.text(&self.text));
            match (from, text) {
                (Some(from), Some(text)) if !report => {
                    let id = match item.text(&self.id) {
                        Some(id) => id,
                        None if self.id.is_empty() => format!("{delivery}-{at}"),
                        None => return Err(missing("in-id", tongue)),
                    };
                    let at = item.text(&self.time).and_then(|text| when::seconds(&text));
                    all.push(News::Text { id, from: number::written(&from, &self.country), text, at, files: vec![] });
                }
                (from, _) => match (item.text(&self.report), item.text(&self.status)) {
                    (Some(id), Some(status)) => all.push(self.report(item, id, &status)),
                    (None, _) if report => return Err(missing("report-id", tongue)),
                    (_, None) if report => return Err(missing("report-status", tongue)),
                    _ => return Err(missing(if from.is_some() { "in-text" } else { "in-from" }, tongue)),
                },
            }
        }
        Ok(all)
    }

    /// A status that is in neither list is none that matters.
    fn report(&self, item: &Content, id: String, status: &str) -> News {
        let any = |list: &str| !list.trim().is_empty() && is_listed(status, list);
        let state = match (any(&self.delivered), any(&self.failed)) {
            (true, _) => DeliveryState::Delivered,
            (_, true) => DeliveryState::Failed,
            _ => return News::Nothing,
        };
        let error = (state == DeliveryState::Failed).then(|| {
            let words = item.text(&self.why).map(|words| format!(": {words}")).unwrap_or_default();
            (
                status.to_owned(),
                worded!("Den ble ikke levert ({status}){words}", "It was not delivered ({status}){words}"),
            )
        });
        News::Update(update(id, state, None, error))
    }
}

/// What is said of a place where nothing stands, beginning with the name of its setting.
fn missing(setting: &str, tongue: Tongue) -> PluginError {
    let words =
        tongue.pick("der innstillingen peker, står det ingenting", "there is nothing where this setting points");
    fault::rejected("not-there", &format!("{setting}: {words}"))
}

#[cfg(test)]
mod tests {
    use super::{Said, Told};
    use crate::News;
    use saker_channel::{
        Tongue,
        call::Answer,
        content::Content,
        fault,
        types::{DeliveryState, HttpResponse, PluginError},
    };

    fn infobip() -> Told {
        let text = str::to_owned;
        Told {
            list: text("results"),
            from: text("from"),
            country: String::new(),
            text: text("text"),
            id: text("messageId"),
            time: text("receivedAt"),
            report: text("messageId"),
            status: text("status.groupName"),
            delivered: text("DELIVERED"),
            failed: text("UNDELIVERABLE, EXPIRED, REJECTED"),
            why: text("error.description"),
        }
    }

    fn read(told: &Told, body: &str, report: bool) -> Result<Vec<News>, PluginError> {
        told.read(Content::read("", body.as_bytes()).unwrap(), "d1", report, Tongue::En)
    }

    #[test]
    fn what_may_have_been_taken_is_unclear_but_where_nothing_is_taken_twice() {
        let why = |status, once| {
            let said = HttpResponse { status, headers: vec![], body: vec![], truncated: false };
            Said { once, ..Said::default() }.sent(&Answer::new(said, true), "k").unwrap_err()
        };
        for status in [408, 500, 502, 504] {
            assert!(fault::is_unclear(&why(status, false)), "{status}");
            assert!(!fault::is_unclear(&why(status, true)) && fault::passes(&why(status, true)), "{status}");
        }
        assert!(!fault::is_unclear(&why(503, false)));
    }

    #[test]
    fn messages_in_a_list_are_read() {
        let body = r#"{"results":[{"messageId":"817790313235066447","from":"385916242493","to":"385921004026","text":"QUIZ Paris",
            "receivedAt":"2016-10-06T09:28:39.220+0000"},{"messageId":"2","from":"2000","text":"Hei"}],"messageCount":2}"#;
        let news = read(&infobip(), body, false).unwrap();
        assert!(matches!(&news[0], News::Text { id, from, text, at, .. }
            if id == "817790313235066447" && from == "+385916242493" && text == "QUIZ Paris" && *at == Some(1_475_746_119)));
        assert!(matches!(&news[1], News::Text { id, from, at, .. } if id == "2" && from == "2000" && at.is_none()));
    }

    #[test]
    fn reports_are_told_from_messages() {
        let report = |group: &str, report| {
            let body = format!(
                r#"{{"results":[{{"messageId":"M1","to":"41793026727","status":{{"groupName":"{group}"}},
                "error":{{"description":"Absent"}}}}]}}"#
            );
            read(&infobip(), &body, report).unwrap().remove(0)
        };
        for by_address in [false, true] {
            assert!(matches!(report("DELIVERED", by_address), News::Update(update)
                if update.state == DeliveryState::Delivered && update.external_id == "M1"));
            assert!(matches!(report("EXPIRED", by_address), News::Update(update)
                if update.error.as_ref().unwrap().message == "It was not delivered (EXPIRED): Absent"));
            assert!(matches!(report("PENDING", by_address), News::Nothing));
        }
    }

    #[test]
    fn what_is_missing_is_said_by_the_settings_name() {
        let why = |told: &Told, body: &str, report| match read(told, body, report) {
            Err(PluginError::Rejected(why)) => why.message.split(':').next().unwrap_or_default().to_owned(),
            other => panic!("{other:?}"),
        };
        assert_eq!(why(&infobip(), r#"{"sender":"1"}"#, false), "in-from");
        assert_eq!(why(&infobip(), r#"{"results":[{"from":"1"}]}"#, false), "in-text");
        assert_eq!(why(&infobip(), r#"{"results":[{"from":"1","text":"x"}]}"#, false), "in-id");
        assert_eq!(why(&infobip(), r#"{"results":[{"from":"1","text":"x"}]}"#, true), "report-id");
        assert_eq!(why(&infobip(), r#"{"results":[{"messageId":"1"}]}"#, true), "report-status");
        let home = Told { country: "47".to_owned(), ..infobip() };
        let body = r#"{"results":[{"messageId":"1","from":"40000000","text":"Hei"}]}"#;
        assert!(matches!(&read(&home, body, false).unwrap()[0], News::Text { from, .. } if from == "+4740000000"));
        let nameless = Told { id: String::new(), list: String::new(), ..infobip() };
        assert!(
            matches!(&read(&nameless, "from=4740000000&text=Hei", false).unwrap()[0], News::Text { id, .. } if id == "d1-0")
        );
    }
}
