//! The JSON Schema of a plugin's settings, in its author's order: what a form asks for comes in the order it was written in,
//! which a map of JSON forgets.

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, Visitor},
    ser::SerializeMap,
};
use serde_json::{Map, Value};
use std::fmt;

const PROPERTIES: &str = "properties";

/// An object of JSON whose `properties` stay in their order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Schema {
    /// Everything beside the properties.
    pub head: Map<String, Value>,
    pub properties: Properties,
}

/// Names, and what each is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Properties(pub Vec<(String, Value)>);

impl Schema {
    pub fn is_empty(&self) -> bool {
        self.head.is_empty() && self.properties.0.is_empty()
    }
}

impl Properties {
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }

    /// Where a name comes twice the last counts, as in any map.
    fn put(&mut self, name: String, value: Value) {
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, there)) => *there = value,
            None => self.0.push((name, value)),
        }
    }
}

impl Serialize for Schema {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        for (name, value) in &self.head {
            map.serialize_entry(name, value)?;
        }
        if !self.properties.0.is_empty() {
            map.serialize_entry(PROPERTIES, &self.properties)?;
        }
        map.end()
    }
}

impl Serialize for Properties {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl<'de> Deserialize<'de> for Schema {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(Whole)
    }
}

impl<'de> Deserialize<'de> for Properties {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(Each)
    }
}

struct Whole;

impl<'de> Visitor<'de> for Whole {
    type Value = Schema;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a schema of settings, an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Schema, A::Error> {
        let mut schema = Schema::default();
        while let Some(name) = map.next_key::<String>()? {
            if name == PROPERTIES {
                schema.properties = map.next_value()?;
            } else {
                schema.head.insert(name, map.next_value()?);
            }
        }
        Ok(schema)
    }
}

struct Each;

impl<'de> Visitor<'de> for Each {
    type Value = Properties;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("properties, an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Properties, A::Error> {
        let mut properties = Properties::default();
        while let Some((name, value)) = map.next_entry()? {
            properties.put(name, value);
        }
        Ok(properties)
    }
}

#[cfg(test)]
mod tests {
    use super::Schema;

    #[test]
    fn the_authors_order_goes_through_json_and_toml() {
        let json =
            r#"{"type":"object","properties":{"zone":{"title":"Z"},"address":{"title":"A"},"mode":{"title":"M"}}}"#;
        let schema: Schema = serde_json::from_str(json).unwrap();
        let names = |schema: &Schema| schema.properties.0.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&schema), ["zone", "address", "mode"]);
        assert_eq!(serde_json::to_string(&schema).unwrap(), json);
        let toml = "type = \"object\"\n[properties.zone]\ntitle = \"Z\"\n[properties.address]\ntitle = \"A\"\n[properties.mode]\ntitle = \"M\"\n";
        assert_eq!(toml::from_str::<Schema>(toml).unwrap(), schema);
    }

    #[test]
    fn what_comes_twice_counts_once_and_what_is_no_object_is_refused() {
        let schema: Schema = serde_json::from_str(r#"{"properties":{"a":1,"b":2,"a":3}}"#).unwrap();
        assert_eq!(schema.properties.0, [("a".to_owned(), 3.into()), ("b".to_owned(), 2.into())]);
        for none in ["[]", "1", r#"{"properties":[]}"#, r#"{"properties":null}"#] {
            assert!(serde_json::from_str::<Schema>(none).is_err(), "{none}");
        }
        assert!(serde_json::from_str::<Schema>("{}").unwrap().is_empty());
    }
}
