//! What a call is made into.

use saker_channel::{
    Result, Tongue,
    content::Content,
    fault,
    file::{Taken, Wanted},
    message::{customer, moment, reached_by, said},
    types::InboundMessage,
    when,
};

/// Files of one message that are fetched, and that come along in a form.
const MOST_FILES: usize = 5;
pub const MOST_ENCLOSED: usize = 20;

/// Where things stand in a call: the settings of the same names.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// The list, where one call has several.
    pub list: String,
    pub text: String,
    pub id: String,
    pub conversation: String,
    pub subject: String,
    pub name: String,
    pub email: String,
    /// The e-mail address is the sender's for certain.
    pub sure: bool,
    pub phone: String,
    pub address: String,
    pub time: String,
    pub files: String,
}

impl Places {
    /// What a call carries: a message, or one for each element of its list. `delivery` names a call that names nothing itself.
    ///
    /// # Errors
    /// That there is no text, in one of them.
    pub fn read(&self, content: Content, delivery: &str, tongue: Tongue) -> Result<Vec<Taken>> {
        let is_list = !self.list.trim().is_empty();
        let one = |(at, item): (usize, &Content)| {
            // Each has a name of its own, also where none of them says one.
            let name = if is_list { format!("{delivery}-{at}") } else { delivery.to_owned() };
            self.message(item, name).ok_or_else(|| {
                let words = tongue
                    .pick("der innstillingen peker, står det ingenting", "there is nothing where this setting points");
                let which =
                    if is_list { format!(" ({} {})", tongue.pick("nr.", "no."), at + 1) } else { String::new() };
                fault::rejected("no-text", &format!("text: {words}{which}"))
            })
        };
        content.items(&self.list).iter().enumerate().map(one).collect()
    }

    /// None without a text.
    fn message(&self, content: &Content, delivery: String) -> Option<Taken> {
        let at = |path: &str| content.text(path);
        let words = at(&self.text)?;
        let (name, email, phone) = (at(&self.name), at(&self.email), at(&self.phone));
        let address = at(&self.address).or_else(|| email.clone()).or_else(|| phone.clone()).unwrap_or_default();
        let mut sender = customer(address, name);
        if let Some(email) = email {
            reached_by(&mut sender, email, self.sure);
        }
        sender.attrs.extend(phone.map(|phone| ("phone".to_owned(), phone)));
        let id = at(&self.id).unwrap_or(delivery);
        let message = InboundMessage {
            sent_at: at(&self.time).and_then(|text| when::seconds(&text)).and_then(moment),
            subject: at(&self.subject),
            ..said(id, at(&self.conversation).unwrap_or_default(), sender, words)
        };
        let files = content.texts(&self.files).into_iter().take(MOST_FILES).map(file).collect();
        Some(Taken { message, files })
    }
}

/// A file by its address.
fn file(at: String) -> Wanted {
    let path = at.split(['?', '#']).next().unwrap_or_default();
    let name = path.rsplit('/').next().filter(|name| name.contains('.')).map(str::to_owned);
    Wanted { name, page: Some(at.clone()), at, ..Wanted::default() }
}

/// Whether a file lies where files may be fetched from.
pub fn is_under(at: &str, place: &str) -> bool {
    !place.is_empty() && at.strip_prefix(place).is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::{Places, is_under};
    use saker_channel::{Tongue, content::Content, file::Taken, types::PluginError};

    fn one(places: &Places, content: Content) -> Taken {
        places.read(content, "d1", Tongue::En).unwrap().remove(0)
    }

    fn places() -> Places {
        let text = str::to_owned;
        Places {
            text: text("message.text"),
            id: text("id"),
            conversation: text("thread"),
            subject: text("subject"),
            email: text("email"),
            time: text("at"),
            files: text("files"),
            ..Places::default()
        }
    }

    #[test]
    fn a_call_is_read_by_its_places() {
        let body = r#"{"id":7,"thread":"c1","email":"kari@fjord.no","subject":"Skriver","message":{"text":"Hei"},
            "at":"1970-01-01T00:00:01Z","files":["https://a.example/x/bilde.png?v=1","https://a.example/x"]}"#;
        let content = Content::read("", body.as_bytes()).unwrap();
        let Taken { message, files } = one(&places(), content);
        assert_eq!((message.external_id.as_str(), message.thread.conversation.as_str()), ("7", "c1"));
        assert_eq!((message.sender.address.as_str(), message.sent_at), ("kari@fjord.no", Some(1_000.0)));
        assert_eq!(files[0].name.as_deref(), Some("bilde.png"));
        assert_eq!(files[1].name, None);
    }

    #[test]
    fn a_form_is_as_good_and_what_is_missing_is_said() {
        let places = Places { text: "body".to_owned(), ..places() };
        let form = Content::read("application/x-www-form-urlencoded", b"body=Hei+du&subject=Skriver").unwrap();
        let message = one(&places, form).message;
        assert_eq!((message.external_id.as_str(), message.subject.as_deref()), ("d1", Some("Skriver")));
        let none = Content::read("", b"{}").unwrap();
        assert!(
            matches!(places.read(none, "d1", Tongue::Nb), Err(PluginError::Rejected(why)) if why.message.starts_with("text: der"))
        );
    }

    #[test]
    fn each_element_of_a_list_is_a_message_of_its_own() {
        let places = Places { list: "results".to_owned(), ..places() };
        let read = |body: &str| places.read(Content::read("", body.as_bytes()).unwrap(), "d1", Tongue::En);
        let said = |body: &str| {
            let said = |taken: Taken| (taken.message.external_id, taken.message.bodies[0].text.clone());
            read(body).unwrap().into_iter().map(said).collect::<Vec<_>>()
        };
        let pair = |id: &str, text: &str| (id.to_owned(), text.to_owned());
        assert_eq!(
            said(
                r#"{"id":"call","results":[{"id":"7","message":{"text":"a"}},{"message":{"text":"b"}},{"message":{"text":"c"}}]}"#
            ),
            [pair("7", "a"), pair("d1-1", "b"), pair("d1-2", "c")]
        );
        assert_eq!(said(r#"{"results":[]}"#), []);
        assert_eq!(said(r#"{"message":{"text":"alone"}}"#), [pair("d1-0", "alone")]);
        let why = read(r#"{"results":[{"message":{"text":"a"}},{}]}"#);
        assert!(matches!(why, Err(PluginError::Rejected(why)) if why.message.ends_with("points (no. 2)")));
    }

    #[test]
    fn a_file_lies_under_its_place() {
        assert!(is_under("https://a.example/x.png", "https://a.example"));
        for (at, place) in
            [("https://a.example.evil/x", "https://a.example"), ("https://b.example/x", "https://a.example"), ("x", "")]
        {
            assert!(!is_under(at, place), "{at}");
        }
    }
}
