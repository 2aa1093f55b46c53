//! What goes in and out of a door: read from what came, written to what goes, and described from the same types.

use super::{door::Reply, problem::Problem};
use axum::body::Bytes;
use desk::{Error, Why, model::*};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

const JSON: &str = "application/json";

/// The named shapes of the document.
#[derive(Default)]
pub struct Shapes(pub BTreeMap<String, Value>);

impl Shapes {
    /// The shape of `T`, with all that it is made of put among the named ones.
    pub fn of<T: ToSchema>(&mut self) -> Value {
        let mut parts = vec![];
        T::schemas(&mut parts);
        for (name, shape) in parts {
            self.0.insert(name, serde_json::to_value(shape).unwrap_or_default());
        }
        let shape = serde_json::to_value(T::schema()).unwrap_or_default();
        self.named::<T>(shape)
    }

    /// Records and choices get a name of their own; lists and plain values don't.
    fn named<T: ToSchema>(&mut self, shape: Value) -> Value {
        let named = shape.get("properties").or(shape.get("oneOf")).or(shape.get("enum")).is_some();
        if !named || shape.get("type") == Some(&json!("array")) {
            return shape;
        }
        let name = T::name().into_owned();
        self.0.insert(name.clone(), shape);
        json!({ "$ref": format!("#/components/schemas/{name}") })
    }
}

/// What the places of a path stand for.
pub trait Place: Sized + Send + 'static {
    fn kinds() -> Vec<Value>;

    /// # Errors
    /// Not found: what can't be a name names nothing.
    fn read(said: &[String]) -> Result<Self, Problem>;
}

impl Place for () {
    fn kinds() -> Vec<Value> {
        vec![]
    }

    fn read(_: &[String]) -> Result<Self, Problem> {
        Ok(())
    }
}

impl Place for i64 {
    fn kinds() -> Vec<Value> {
        vec![json!({ "type": "integer", "format": "int64", "minimum": 1 })]
    }

    fn read(said: &[String]) -> Result<Self, Problem> {
        said.first().and_then(|text| text.parse().ok()).ok_or(Problem::of(Error::NotFound))
    }
}

macro_rules! named_places {
    ($($name:ty),* $(,)?) => {$(
        impl Place for $name {
            fn kinds() -> Vec<Value> {
                vec![json!({ "type": "string", "minLength": 1, "maxLength": LONGEST_NAME })]
            }

            fn read(said: &[String]) -> Result<Self, Problem> {
                match said.first() {
                    Some(text) if !text.is_empty() && text.len() <= LONGEST_NAME => Ok(<$name>::from(text.as_str())),
                    _ => Err(Problem::of(Error::NotFound)),
                }
            }
        }
    )*};
}

/// Bytes of a name in a path: ids are far shorter, and nothing else is named there but tags.
const LONGEST_NAME: usize = 200;

named_places!(
    String,
    AbsenceId,
    AgreementId,
    CalendarId,
    AccountId,
    AgentId,
    ApiKeyId,
    AttachmentId,
    BulkId,
    CategoryId,
    CompanyId,
    DeliveryId,
    FieldId,
    LegalHoldId,
    MessageId,
    NotificationId,
    PersonId,
    PhoneCallId,
    PluginId,
    PriorityId,
    RelationId,
    RelationRuleId,
    ReplyTemplateId,
    RequestTypeId,
    RoleId,
    RuleId,
    SideId,
    StatusId,
    TagId,
    TeamId,
    ViewId,
    WebhookId,
    OpinionId,
    WebhookDeliveryId,
);

impl<A: Place, B: Place> Place for (A, B) {
    fn kinds() -> Vec<Value> {
        [A::kinds(), B::kinds()].concat()
    }

    fn read(said: &[String]) -> Result<Self, Problem> {
        let (first, second) = said.split_at(said.len().min(1));
        Ok((A::read(first)?, B::read(second)?))
    }
}

/// A body that comes in.
pub trait Takes: Sized + Send + 'static {
    fn describe(shapes: &mut Shapes) -> Option<Value>;

    /// # Errors
    /// What is wrong with it, and where.
    fn read(mime: &str, body: Bytes) -> Result<Self, Problem>;
}

/// No body.
pub struct Nothing;

impl Takes for Nothing {
    fn describe(_: &mut Shapes) -> Option<Value> {
        None
    }

    fn read(_: &str, _: Bytes) -> Result<Self, Problem> {
        Ok(Nothing)
    }
}

/// The bytes of a file, as they are.
pub struct Raw {
    pub mime: String,
    pub bytes: Bytes,
}

impl Takes for Raw {
    fn describe(_: &mut Shapes) -> Option<Value> {
        Some(json!({ "required": true, "content": { "application/octet-stream": {} } }))
    }

    fn read(mime: &str, bytes: Bytes) -> Result<Self, Problem> {
        Ok(Raw { mime: mime.to_owned(), bytes })
    }
}

impl<T: DeserializeOwned + ToSchema + Send + 'static> Takes for T {
    fn describe(shapes: &mut Shapes) -> Option<Value> {
        Some(json!({ "required": true, "content": { JSON: { "schema": shapes.of::<T>() } } }))
    }

    fn read(mime: &str, body: Bytes) -> Result<Self, Problem> {
        if !mime.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case(JSON)) {
            return Err(Problem::mime());
        }
        let value: Value = serde_json::from_slice(&body).map_err(|error| Problem::body(&error))?;
        if has_nul(&value) {
            return Err(Problem::of(Error::invalid("body", Why::NotAChoice)));
        }
        // The reader would take a list for a record, field by field.
        if value.is_array() && serde_json::to_value(T::schema()).is_ok_and(|shape| shape["type"] == "object") {
            return Err(Problem::of(Error::invalid("body", Why::NotAChoice)));
        }
        // A field that nobody knows is a slip of the pen, and would be lost in silence.
        let mut unknown = None;
        let read = serde_ignored::deserialize(value, |path| {
            unknown.get_or_insert_with(|| path.to_string());
        })
        .map_err(|error| Problem::body(&error))?;
        match unknown {
            Some(field) => Err(Problem::unknown(&field)),
            None => Ok(read),
        }
    }
}

/// PostgreSQL keeps no text with a zero in it, so that nobody may send one.
fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(fields) => fields.iter().any(|(key, value)| key.contains('\0') || has_nul(value)),
        _ => false,
    }
}

/// What goes out.
pub trait Answers: Send + 'static {
    /// Status, and the answer as OpenAPI has it.
    fn describe(shapes: &mut Shapes) -> (u16, Value);

    fn reply(self) -> Result<Reply, Problem>;
}

/// What was asked for.
pub struct Json<T>(pub T);

/// Something new.
pub struct Made<T>(pub T);

/// A thing, with the number of its last change as its ETag.
pub struct Versioned<T>(pub T, pub i64);

/// It is done; there is nothing to say.
pub struct Done;

/// A file to be saved.
pub struct File {
    pub name: String,
    pub mime: String,
    pub bytes: Vec<u8>,
}

impl<T: Serialize + ToSchema + Send + 'static> Answers for Json<T> {
    fn describe(shapes: &mut Shapes) -> (u16, Value) {
        (200, json!({ "description": "Here it is.", "content": { JSON: { "schema": shapes.of::<T>() } } }))
    }

    fn reply(self) -> Result<Reply, Problem> {
        written(200, &self.0, vec![])
    }
}

impl<T: Serialize + ToSchema + Send + 'static> Answers for Made<T> {
    fn describe(shapes: &mut Shapes) -> (u16, Value) {
        (201, json!({ "description": "It was made.", "content": { JSON: { "schema": shapes.of::<T>() } } }))
    }

    fn reply(self) -> Result<Reply, Problem> {
        written(201, &self.0, vec![])
    }
}

impl<T: Serialize + ToSchema + Send + 'static> Answers for Versioned<T> {
    fn describe(shapes: &mut Shapes) -> (u16, Value) {
        let tag = json!({ "description": "Its version, for If-Match.", "schema": { "type": "string" } });
        let content = json!({ JSON: { "schema": shapes.of::<T>() } });
        (200, json!({ "description": "Here it is.", "headers": { "ETag": tag }, "content": content }))
    }

    fn reply(self) -> Result<Reply, Problem> {
        written(200, &self.0, vec![("etag".to_owned(), format!("\"{}\"", self.1))])
    }
}

impl Answers for Done {
    fn describe(_: &mut Shapes) -> (u16, Value) {
        (204, json!({ "description": "It is done." }))
    }

    fn reply(self) -> Result<Reply, Problem> {
        Ok(Reply { status: 204, ..Reply::default() })
    }
}

impl Answers for File {
    fn describe(_: &mut Shapes) -> (u16, Value) {
        (200, json!({ "description": "The file.", "content": { "*/*": {} } }))
    }

    fn reply(self) -> Result<Reply, Problem> {
        let plain: String = self.name.chars().map(|c| if c.is_ascii_graphic() && c != '"' { c } else { '_' }).collect();
        let headers = vec![("content-disposition".to_owned(), format!("attachment; filename=\"{plain}\""))];
        Ok(Reply { status: 200, headers, mime: self.mime, body: self.bytes })
    }
}

fn written<T: Serialize>(status: u16, value: &T, headers: Vec<(String, String)>) -> Result<Reply, Problem> {
    let body = serde_json::to_vec(value).map_err(|error| Problem::of(error.into()))?;
    Ok(Reply { status, headers, mime: JSON.to_owned(), body })
}

macro_rules! made {
    ($($(#[$doc:meta])* $name:ident($id:ty)),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Serialize, ToSchema)]
        pub struct $name {
            pub id: $id,
        }
    )*};
}

made! {
    MadeAbsence(AbsenceId),
    MadeAgent(AgentId),
    MadeBulk(BulkId),
    MadeCategory(CategoryId),
    MadeCompany(CompanyId),
    MadeDelivery(WebhookDeliveryId),
    MadeLegalHold(LegalHoldId),
    MadeMailbox(AccountId),
    /// The name of something that was made.
    MadeMessage(MessageId),
    MadePerson(PersonId),
    MadeRedaction(RedactionId),
    MadeRelation(RelationId),
    MadeReplyTemplate(ReplyTemplateId),
    MadeSide(SideId),
    MadeStatus(StatusId),
    MadeTeam(TeamId),
    MadeView(ViewId),
}

/// Which page of a list.
#[derive(Deserialize, IntoParams)]
pub struct After {
    /// `next` of the page before.
    pub after: Option<String>,
}
