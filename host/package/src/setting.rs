//! A plugin's settings: what of JSON Schema 2020-12 a form can be drawn from, and whether values fit it.
//!
//! Understood: an object of `string`, `integer`, `number` and `boolean`, with `title`, `description`, `default`, `enum`,
//! `minimum`, `maximum`, `minLength`, `maxLength`, `format` (`uri`, `email`, `multi-line`), `required`, and for bokmål
//! `x-nb = { title, description }`, for choices `x-titles`, and `x-group = { nb, en }` for what is asked for
//! together, out of the way of the rest. Anything else is refused when a plugin is made, not when
//! somebody fills the form in.

use crate::{
    manifest::{Trouble, Words, is_line, is_name},
    schema::Schema,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Settings of one plugin, at most.
const MOST: usize = 60;
/// Letters in a value, where the schema says no less.
const LONGEST: u64 = 20_000;

/// The settings that a plugin has, in their author's order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Form(pub Vec<Setting>);

/// One setting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Setting {
    pub name: String,
    pub title: Words,
    /// Empty where there is nothing to explain.
    pub description: Words,
    pub required: bool,
    /// Null where there is none.
    pub default: Value,
    pub sort: Sort,
    /// The heading of what it is asked for with; empty where it stands by itself.
    #[serde(default, skip_serializing_if = "Words::is_empty")]
    pub group: Words,
}

/// What a setting's value is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "sort", rename_all = "kebab-case")]
pub enum Sort {
    /// Letters: from `least` to `most`.
    Text {
        least: u64,
        most: u64,
        lines: bool,
    },
    /// `https://` or, where the operator allows addresses in the house, `http://`.
    Address,
    Email,
    Whole {
        least: i64,
        most: i64,
    },
    Number {
        least: f64,
        most: f64,
    },
    YesNo,
    /// Values, each with its words.
    Choice {
        of: Vec<(String, Words)>,
    },
}

/// A value that does not fit, by the setting's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Misfit {
    Missing(String),
    Wrong(String),
    Unknown(String),
}

impl Form {
    /// Reads a schema.
    ///
    /// # Errors
    /// For what no form can be drawn from.
    pub fn of(schema: &Schema) -> Result<Self, Trouble> {
        let no = |words: &str| Err(Trouble::new(format!("settings: {words}")));
        let Schema { head, properties } = schema;
        only(head, &["type", "required", "$schema", "additionalProperties"], "settings")?;
        if head.get("type").is_some_and(|sort| sort != "object") {
            return no("type must be \"object\"");
        }
        let required: Vec<&str> = match head.get("required") {
            None => vec![],
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
            Some(_) => return no("required must be a list of names"),
        };
        if properties.0.len() > MOST {
            return no(&format!("at most {MOST}"));
        }
        if let Some(stranger) = required.iter().find(|name| !properties.has(name)) {
            return no(&format!("{stranger} is required and not described"));
        }
        let settings = properties.0.iter().map(|(name, of)| setting(name, of, required.contains(&name.as_str())));
        settings.collect::<Result<_, _>>().map(Self)
    }

    /// Reads what a reply template asks for, its `params-schema`: the same, with notes of the host's beside (`x-saker-…`). What
    /// has no title goes by its name.
    ///
    /// # Errors
    /// For what no form can be drawn from.
    pub fn of_params(schema: &str) -> Result<Self, Trouble> {
        let mut schema: Schema =
            serde_json::from_str(schema).map_err(|error| Trouble::new(format!("params-schema: {error}")))?;
        schema.head.retain(|key, _| !key.starts_with("x-saker-"));
        for (name, of) in &mut schema.properties.0 {
            if let Some(of) = of.as_object_mut() {
                of.entry("title").or_insert_with(|| name.as_str().into());
            }
        }
        Self::of(&schema)
    }

    /// Values as somebody typed them, as the plugin gets them. See [`Form::fill`].
    ///
    /// # Errors
    /// Everything that does not fit.
    pub fn fill_typed(&self, typed: &BTreeMap<String, String>) -> Result<Map<String, Value>, Vec<Misfit>> {
        let value = |name: &String, text: &String| match self.setting(name) {
            Some(setting) => setting.typed(text),
            None => text.as_str().into(),
        };
        self.fill(&typed.iter().map(|(name, text)| (name.clone(), value(name, text))).collect())
    }

    pub fn setting(&self, name: &str) -> Option<&Setting> {
        self.0.iter().find(|setting| setting.name == name)
    }

    /// The same values, and the defaults of all that is missing; what no setting takes stays.
    #[must_use]
    pub fn completed(&self, mut values: Map<String, Value>) -> Map<String, Value> {
        for setting in self.0.iter().filter(|setting| !setting.default.is_null()) {
            values.entry(&setting.name).or_insert_with(|| setting.default.clone());
        }
        values
    }

    /// The values as the plugin gets them: what was left out filled with its default.
    ///
    /// # Errors
    /// Everything that does not fit.
    pub fn fill(&self, values: &Map<String, Value>) -> Result<Map<String, Value>, Vec<Misfit>> {
        let mut misfits: Vec<Misfit> = values
            .keys()
            .filter(|name| self.setting(name).is_none())
            .map(|name| Misfit::Unknown(name.clone()))
            .collect();
        let mut filled = Map::new();
        for setting in &self.0 {
            let given = values.get(&setting.name).filter(|value| !value.is_null() && *value != "");
            match given.or(Some(&setting.default).filter(|value| !value.is_null())) {
                Some(value) if setting.fits(value) => drop(filled.insert(setting.name.clone(), value.clone())),
                Some(_) => misfits.push(Misfit::Wrong(setting.name.clone())),
                None if setting.required => misfits.push(Misfit::Missing(setting.name.clone())),
                None => {}
            }
        }
        if misfits.is_empty() { Ok(filled) } else { Err(misfits) }
    }
}

/// A value as somebody would type it; nothing for null.
pub fn written(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

impl Setting {
    /// What somebody typed, as a value; text that means nothing stays text, and does not fit.
    pub fn typed(&self, text: &str) -> Value {
        let text = text.trim();
        match self.sort {
            Sort::Whole { .. } => text.parse::<i64>().map_or_else(|_| text.into(), Value::from),
            Sort::Number { .. } => text.replace(',', ".").parse::<f64>().map_or_else(|_| text.into(), Value::from),
            Sort::YesNo => match text {
                "true" | "on" => true.into(),
                "" | "false" => false.into(),
                _ => text.into(),
            },
            _ => text.into(),
        }
    }

    /// Whether a value is one that the setting takes.
    pub fn fits(&self, value: &Value) -> bool {
        match &self.sort {
            Sort::Text { least, most, lines } => value.as_str().is_some_and(|text| {
                let letters = text.chars().count() as u64;
                (*least..=*most).contains(&letters)
                    && !text.chars().any(|c| c.is_control() && !(*lines && matches!(c, '\n' | '\r' | '\t')))
            }),
            Sort::Address => value.as_str().is_some_and(|at| {
                let rest = at.strip_prefix("https://").or_else(|| at.strip_prefix("http://"));
                rest.is_some_and(|rest| {
                    !rest.is_empty()
                        && !rest.starts_with('/')
                        && is_line(at, 500)
                        && !rest.contains(['@', ' ', '#', '\\'])
                })
            }),
            Sort::Email => value.as_str().is_some_and(|at| {
                is_line(at, 254)
                    && !at.contains(' ')
                    && at
                        .split_once('@')
                        .is_some_and(|(who, host)| !who.is_empty() && host.contains('.') && !host.contains('@'))
            }),
            Sort::Whole { least, most } => value.as_i64().is_some_and(|number| (*least..=*most).contains(&number)),
            Sort::Number { least, most } => {
                value.as_f64().is_some_and(|number| number.is_finite() && *least <= number && number <= *most)
            }
            Sort::YesNo => value.is_boolean(),
            Sort::Choice { of } => value.as_str().is_some_and(|chosen| of.iter().any(|(value, _)| value == chosen)),
        }
    }
}

fn only(object: &Map<String, Value>, known: &[&str], place: &str) -> Result<(), Trouble> {
    match object.keys().find(|key| !known.contains(&key.as_str())) {
        None => Ok(()),
        Some(stranger) => {
            Err(Trouble::new(format!("{place}: {stranger} is not understood; known are {}", known.join(", "))))
        }
    }
}

fn setting(name: &str, of: &Value, required: bool) -> Result<Setting, Trouble> {
    let place = format!("settings.{name}");
    let no = |words: &str| Trouble::new(format!("{place}: {words}"));
    if !is_name(name) {
        return Err(no("may have lower-case letters, digits and -"));
    }
    let of = of.as_object().ok_or_else(|| no("must be an object"))?;
    only(
        of,
        &[
            "type",
            "title",
            "description",
            "default",
            "enum",
            "minimum",
            "maximum",
            "minLength",
            "maxLength",
            "format",
            "x-nb",
            "x-titles",
            "x-group",
        ],
        &place,
    )?;
    let title =
        words(of, "title", 60).filter(|title| !title.en.is_empty()).ok_or_else(|| no("needs a title of one line"))?;
    let description = words(of, "description", 300).ok_or_else(|| no("description must be one line"))?;
    let sort = sort(of).ok_or_else(|| no("is of no type that a form can ask for"))?;
    let default = of.get("default").cloned().unwrap_or(Value::Null);
    let group = group(of).ok_or_else(|| no("x-group must be { nb, en }, a line each"))?;
    let setting = Setting { name: name.to_owned(), title, description, required, default, sort, group };
    if !setting.default.is_null() && !setting.fits(&setting.default) {
        return Err(no("the default does not fit"));
    }
    Ok(setting)
}

/// English, and bokmål beside it where it is given; none for what is no line.
fn words(of: &Map<String, Value>, what: &str, most: usize) -> Option<Words> {
    let line = |value: Option<&Value>| match value {
        None => Some(String::new()),
        Some(value) => value.as_str().filter(|text| is_line(text, most)).map(str::to_owned),
    };
    let en = line(of.get(what))?;
    let nb = line(of.get("x-nb").and_then(|nb| nb.get(what)))?;
    Some(Words { nb: if nb.is_empty() { en.clone() } else { nb }, en })
}

/// What it is asked for with; none for what is no heading.
fn group(of: &Map<String, Value>) -> Option<Words> {
    let Some(group) = of.get("x-group") else { return Some(Words::default()) };
    let group: Words = serde_json::from_value(group.clone()).ok()?;
    let fits = |text: &str| !text.is_empty() && is_line(text, 60);
    (fits(&group.nb) && fits(&group.en)).then_some(group)
}

fn sort(of: &Map<String, Value>) -> Option<Sort> {
    let whole = |name: &str, or: i64| of.get(name).map_or(Some(or), Value::as_i64);
    let number = |name: &str, or: f64| of.get(name).map_or(Some(or), Value::as_f64);
    let letters = |name: &str, or: u64| of.get(name).map_or(Some(or), Value::as_u64);
    match (of.get("type")?.as_str()?, of.get("enum"), of.get("format").and_then(Value::as_str)) {
        ("string", Some(Value::Array(values)), None) => choice(of, values),
        ("string", None, Some("uri")) => Some(Sort::Address),
        ("string", None, Some("email")) => Some(Sort::Email),
        ("string", None, format @ (None | Some("multi-line"))) => Some(Sort::Text {
            least: letters("minLength", 0)?,
            most: letters("maxLength", LONGEST)?.min(LONGEST),
            lines: format.is_some(),
        }),
        ("integer", None, None) => {
            Some(Sort::Whole { least: whole("minimum", i64::MIN)?, most: whole("maximum", i64::MAX)? })
        }
        ("number", None, None) => {
            Some(Sort::Number { least: number("minimum", f64::MIN)?, most: number("maximum", f64::MAX)? })
        }
        ("boolean", None, None) => Some(Sort::YesNo),
        _ => None,
    }
}

/// `x-titles = { VALUE = { nb, en } }`; a value without is its own word.
fn choice(of: &Map<String, Value>, values: &[Value]) -> Option<Sort> {
    if values.is_empty() || values.len() > 100 {
        return None;
    }
    let titled = |value: &Value| {
        let value = value.as_str().filter(|value| is_line(value, 100) && !value.is_empty())?;
        let title = of.get("x-titles").and_then(|titles| titles.get(value));
        let words = match title {
            None => Words { nb: value.to_owned(), en: value.to_owned() },
            Some(title) => serde_json::from_value(title.clone()).ok()?,
        };
        Some((value.to_owned(), words))
    };
    values.iter().map(titled).collect::<Option<_>>().map(|of| Sort::Choice { of })
}

#[cfg(test)]
mod tests {
    use super::{Form, Misfit};
    use serde_json::{Map, Value, json};

    fn of(schema: Value) -> Result<Form, String> {
        let schema = serde_json::from_value(schema).map_err(|why| why.to_string())?;
        Form::of(&schema).map_err(|why| why.to_string())
    }

    fn form() -> Form {
        of(json!({
            "type": "object",
            "required": ["server", "greeting"],
            "properties": {
                "server": { "type": "string", "format": "uri", "title": "Server", "x-nb": { "title": "Tjener" } },
                "greeting": { "type": "string", "title": "Greeting", "maxLength": 5, "default": "Hi" },
                "every": { "type": "integer", "title": "Every", "minimum": 1, "maximum": 9 },
                "share": { "type": "number", "title": "Share", "minimum": 0, "maximum": 1 },
                "loud": { "type": "boolean", "title": "Loud", "default": false },
                "tone": { "type": "string", "title": "Tone", "enum": ["a", "b"], "x-titles": { "a": { "nb": "Å", "en": "A" } } },
            },
        }))
        .unwrap()
    }

    fn fill(values: Value) -> Result<Map<String, Value>, Vec<Misfit>> {
        form().fill(values.as_object().unwrap())
    }

    #[test]
    fn what_was_left_out_has_its_default() {
        let filled = fill(json!({ "server": "https://parrot.example", "loud": true, "every": null })).unwrap();
        assert_eq!(
            Value::Object(filled),
            json!({ "server": "https://parrot.example", "greeting": "Hi", "loud": true })
        );
        assert_eq!(form().setting("server").unwrap().title.nb, "Tjener");
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let wrong = |name: &str, value: Value| {
            let mut values = json!({ "server": "https://parrot.example" });
            values[name] = value;
            fill(values)
        };
        for (name, value) in [
            ("server", json!("ftp://parrot.example")),
            ("server", json!("https://a@parrot.example")),
            ("server", json!("https:///etc/passwd")),
            ("greeting", json!("much too long")),
            ("greeting", json!("a\nb")),
            ("every", json!(10)),
            ("every", json!(1.5)),
            ("every", json!("three")),
            ("share", json!(1.1)),
            ("loud", json!("yes")),
            ("tone", json!("c")),
        ] {
            assert_eq!(wrong(name, value.clone()), Err(vec![Misfit::Wrong(name.to_owned())]), "{value}");
        }
        assert_eq!(fill(json!({})), Err(vec![Misfit::Missing("server".to_owned())]));
        assert_eq!(wrong("colour", json!("red")), Err(vec![Misfit::Unknown("colour".to_owned())]));
    }

    #[test]
    fn typed_text_becomes_a_value() {
        let typed = |name: &str, text: &str| form().setting(name).unwrap().typed(text);
        assert_eq!(typed("every", " 7 "), json!(7));
        assert_eq!(typed("every", "seven"), json!("seven"));
        assert_eq!(typed("share", "0,5"), json!(0.5));
        assert_eq!(typed("loud", "on"), json!(true));
        assert_eq!(typed("loud", ""), json!(false));
    }

    #[test]
    fn a_template_asks_for_what_a_form_can_be_drawn_from() {
        let schema = r#"{ "type": "object", "x-saker-use": "composer", "additionalProperties": { "type": "string" },
            "properties": { "days": { "type": "integer", "minimum": 1, "maximum": 30, "default": 2 } } }"#;
        let form = Form::of_params(schema).unwrap();
        assert_eq!(form.0[0].title.nb, "days", "what has no title goes by its name");
        let typed = |text: &str| form.fill_typed(&[("days".to_owned(), text.to_owned())].into());
        assert_eq!(typed(" 7 ").unwrap()["days"], 7);
        assert_eq!(typed("").unwrap()["days"], 2);
        assert_eq!(typed("31").unwrap_err(), [Misfit::Wrong("days".to_owned())]);
        assert_eq!(typed("soon").unwrap_err(), [Misfit::Wrong("days".to_owned())]);
        let other = form.fill_typed(&[("weeks".to_owned(), "1".to_owned())].into());
        assert_eq!(other.unwrap_err(), [Misfit::Unknown("weeks".to_owned())]);
        assert_eq!(Form::of_params("{}").unwrap(), Form::default());
        assert!(Form::of_params("days").is_err());
    }

    #[test]
    fn what_is_asked_comes_in_its_authors_order() {
        let schema = r#"{ "properties": { "when": { "type": "string" }, "amount": { "type": "number" }, "by": { "type": "string" } } }"#;
        let form = Form::of_params(schema).unwrap();
        assert!(form.0.iter().map(|setting| setting.name.as_str()).eq(["when", "amount", "by"]));
    }

    #[test]
    fn a_schema_that_no_form_can_ask_for_is_refused() {
        for schema in [
            json!([]),
            json!({ "type": "array" }),
            json!({ "oneOf": [] }),
            json!({ "properties": { "a": { "type": "object", "title": "A" } } }),
            json!({ "properties": { "a": { "type": "string" } } }),
            json!({ "properties": { "a": { "type": "string", "title": "A", "pattern": "x" } } }),
            json!({ "properties": { "a": { "type": "integer", "title": "A", "default": "x" } } }),
            json!({ "properties": { "a": { "type": "string", "title": "A", "enum": [] } } }),
            json!({ "properties": { "A b": { "type": "string", "title": "A" } } }),
            json!({ "properties": { "a": { "type": "string", "title": "A", "x-group": "B" } } }),
            json!({ "properties": { "a": { "type": "string", "title": "A", "x-group": { "nb": "", "en": "B" } } } }),
            json!({ "required": ["a"], "properties": {} }),
        ] {
            assert!(of(schema.clone()).is_err(), "{schema}");
        }
        assert_eq!(of(json!({})).unwrap(), Form::default());
    }
}
