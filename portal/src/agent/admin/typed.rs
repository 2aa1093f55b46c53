//! A form that came back: what was typed, and what is wrong with it.

use desk::model::Tried;

/// The name under which a detail of [`Typed::trouble`] stands.
pub const TROUBLE: &str = "";

/// Nothing in it for a form that is shown for the first time.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    /// Names and values as they were sent; nothing where nobody has sent the form yet.
    pub fields: Option<Vec<(String, String)>>,
    /// Names of fields, and what is wrong with each, in the reader's language.
    pub wrong: Vec<(String, String)>,
    /// Names of fields, and what only somebody technical understands of what is wrong with each.
    pub details: Vec<(String, String)>,
    /// What is not about one field.
    pub trouble: Option<String>,
    /// Names of secrets that were typed, and each of them sealed.
    pub carried: Vec<(String, String)>,
    /// Only the plugin has something against it, so that it may be saved all the same.
    pub may_stand: bool,
    /// What a plugin makes of the sample that was typed.
    pub tried: Option<Tried>,
}

impl Typed {
    pub fn of(fields: Vec<(String, String)>) -> Self {
        Self { fields: Some(fields), ..Self::default() }
    }

    /// What was typed into a field; nothing where the form was not sent.
    pub fn get(&self, name: &str) -> Option<&str> {
        let fields = self.fields.as_ref()?;
        Some(fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str()))
    }

    /// What was typed, without the space around it.
    pub fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default().trim()
    }

    /// Everything that was sent under one name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let fields = self.fields.iter().flatten();
        fields.filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn why(&self, name: &str) -> Option<&str> {
        self.wrong.iter().find(|(known, _)| known == name).map(|(_, why)| why.as_str())
    }

    /// Notes what is wrong with a field; the first finding about it stands.
    pub fn blame(&mut self, name: &str, why: String) {
        if self.why(name).is_none() {
            self.wrong.push((name.to_owned(), why));
        }
    }

    /// What stands below what is wrong with a field.
    pub fn detail(&self, name: &str) -> Option<&str> {
        self.details.iter().find(|(known, _)| known == name).map(|(_, detail)| detail.as_str())
    }

    pub fn is_fine(&self) -> bool {
        self.wrong.is_empty() && self.trouble.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::Typed;

    #[test]
    fn a_form_that_was_not_sent_holds_nothing_and_one_that_was_holds_what_was_left_empty() {
        assert_eq!(Typed::default().get("name"), None);
        let mut typed = Typed::of(vec![("want".into(), "a".into()), ("want".into(), "b".into())]);
        assert_eq!(typed.get("name"), Some(""));
        assert_eq!(typed.all("want").collect::<Vec<_>>(), ["a", "b"]);
        typed.blame("name", "first".to_owned());
        typed.blame("name", "second".to_owned());
        assert_eq!(typed.why("name"), Some("first"));
        assert!(!typed.is_fine());
    }
}
