//! The document that describes the doors: OpenAPI 3.1, made from their types.

use super::{ROOT, door::Door, parts::Shapes, problem};
use desk::model::Scope;
use serde_json::{Map, Value, json};
use std::sync::Arc;

const ABOUT: &str = "Everything that people can do with requests on their screens, for programs. \
A program acts as the agent whose key it has, with that agent's rights and never more.\n\n\
**Times** are Unix microseconds. **Lists** come in pages: hand `next` back as `after`. \
**Changes** can be bound to what you saw: send its `ETag` as `If-Match`, and a change that came too late is refused with 409 \
and both versions. **Repeating** is safe: send an `Idempotency-Key` with a POST, and the same call made again within a day \
has the first one's answer; it goes on when its caller hangs up, and where a crash cut it off the same call is refused instead \
of made again. **Refusals** are problems as RFC 9457 has them, worded in the language you accept.";

pub fn of(doors: &[Arc<Door>]) -> Value {
    let (mut paths, mut shapes) = (Map::new(), Shapes::default());
    for door in doors {
        let path = paths.entry(format!("{ROOT}{}", door.path)).or_insert_with(|| json!({}));
        path[door.method.as_str().to_lowercase()] = operation(door, super::reader(doors, door).is_some(), &mut shapes);
    }
    let mut shapes: Map<String, Value> = shapes.0.into_iter().collect();
    shapes.insert("Problem".to_owned(), problem_shape());
    let mut document = json!({
        "openapi": "3.1.0",
        "info": { "title": "Saker", "version": env!("CARGO_PKG_VERSION"), "description": ABOUT },
        "tags": chapters(doors),
        "paths": paths,
        "components": {
            "securitySchemes": {
                "key": { "type": "http", "scheme": "bearer", "description": "An API key: `saker_…`." }
            },
            "schemas": {},
        },
        "security": [{ "key": [] }],
    });
    for value in document["paths"].as_object_mut().into_iter().flat_map(Map::values_mut) {
        fold(value, &shapes, "");
    }
    let folded: Map<String, Value> = shapes
        .iter()
        .map(|(name, shape)| {
            let mut shape = shape.clone();
            fold(&mut shape, &shapes, name);
            (name.clone(), shape)
        })
        .collect();
    document["components"]["schemas"] = Value::Object(folded);
    document
}

/// In the order in which they are told.
fn chapters(doors: &[Arc<Door>]) -> Vec<Value> {
    let mut names: Vec<&str> = vec![];
    for door in doors {
        if !names.contains(&door.chapter) {
            names.push(door.chapter);
        }
    }
    names.into_iter().map(|name| json!({ "name": name })).collect()
}

/// `versioned` says that the call can be bound to what its caller saw.
fn operation(door: &Door, versioned: bool, shapes: &mut Shapes) -> Value {
    let scope = format!("{}:{}", door.area, if door.writes { "write" } else { "read" });
    debug_assert!(scope.parse::<Scope>().is_ok());
    let mut parameters = door.parameters.clone();
    if door.writes && versioned {
        let about = "The ETag of what you saw. What was changed since is not changed by this call.";
        parameters.push(header("If-Match", about));
    }
    if door.writes && door.method == axum::http::Method::POST {
        let about = "A word of your own for this call, up to 255 visible ASCII characters.";
        parameters.push(header("Idempotency-Key", about));
    }
    let (status, answer) = (door.answer)(shapes);
    let mut responses = Map::new();
    responses.insert(status.to_string(), answer);
    for (status, why) in REFUSALS {
        responses.insert((*status).to_owned(), refusal(why));
    }
    let mut operation = json!({
        "operationId": door.name,
        "summary": door.says,
        "description": format!("Scope: `{scope}`."),
        "tags": [door.chapter],
        "responses": responses,
    });
    if !parameters.is_empty() {
        operation["parameters"] = Value::Array(parameters);
    }
    if let Some(body) = (door.body)(shapes) {
        operation["requestBody"] = body;
    }
    operation
}

const REFUSALS: &[(&str, &str)] = &[
    ("400", "It is not what HTTP or JSON calls well-formed."),
    ("401", "No key, or one that opens nothing."),
    ("403", "The key, or its agent, may not do this."),
    ("404", "It is not there, or the agent may not know of it."),
    ("409", "Somebody else was first, or changed it meanwhile."),
    ("413", "Longer or larger than is taken."),
    ("415", "The body is of another kind."),
    ("422", "One field can't be taken; the problem says which, and why."),
    ("429", "Too often; `Retry-After` says how long to wait."),
    ("500", "A failure of ours; the problem has a code to quote."),
];

fn refusal(why: &str) -> Value {
    let shape = json!({ "$ref": "#/components/schemas/Problem" });
    json!({ "description": why, "content": { problem::MIME: { "schema": shape } } })
}

fn header(name: &str, about: &str) -> Value {
    json!({ "name": name, "in": "header", "description": about, "schema": { "type": "string", "maxLength": 255 } })
}

fn problem_shape() -> Value {
    json!({
        "type": "object",
        "required": ["status", "detail"],
        "properties": {
            "title": { "type": ["string", "null"], "description": "HTTP's name for the status." },
            "status": { "type": "integer", "minimum": 400, "maximum": 599 },
            "detail": { "type": "string", "description": "What went wrong, for people, in the language asked for." },
            "problem": { "type": "object", "description": "What went wrong, for programs: `error`, and what belongs to it." },
            "hint": { "type": "string", "description": "What the reader of the call stumbled over." },
            "versions": {
                "type": "object",
                "description": "Yours and the current ETag, and what is there now.",
                "properties": { "yours": { "type": "string" }, "current": { "type": "string" }, "now": {} }
            }
        }
    })
}

/// Puts a reference wherever a named shape stands written out; `own` is not made a reference to itself.
fn fold(value: &mut Value, shapes: &Map<String, Value>, own: &str) {
    let found = value.is_object()
        && (value.get("properties").is_some() || value.get("oneOf").is_some() || value.get("enum").is_some());
    if found && let Some((name, _)) = shapes.iter().find(|(name, shape)| *name != own && *shape == value) {
        *value = json!({ "$ref": format!("#/components/schemas/{name}") });
        return;
    }
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| fold(item, shapes, own)),
        Value::Object(fields) => fields.values_mut().for_each(|field| fold(field, shapes, own)),
        _ => {}
    }
}
