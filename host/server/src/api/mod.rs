//! The REST door, `/api/v1`: the public contract. The same verbs and types as the pages use, so that it costs lines, not rules.
//!
//! Each area lists its doors in one file; a [`Door`] says what goes in and out by its types, and the document that describes
//! them all (OpenAPI 3.1) is made from that, so that the two can't drift apart.

mod answer;
mod call;
mod document;
mod door;
mod hooks;
mod keeping;
mod lists;
mod manual;
mod messages;
mod parts;
mod people;
mod plugins;
mod problem;
pub mod rate;
mod records;
mod requests;
mod settings;

use crate::http::App;
use axum::{
    Router,
    http::{Method, header},
    response::{Html, IntoResponse},
    routing::{MethodFilter, get, on},
};
use door::{Door, Doors};
use serde_json::Value;
use std::sync::{Arc, LazyLock};

/// Where all of it lies.
pub const ROOT: &str = "/api/v1";

/// All doors, in the order in which the manual tells of them.
static DOORS: LazyLock<Vec<Arc<Door>>> = LazyLock::new(|| {
    let doors = Doors::default();
    let doors = requests::doors(doors);
    let doors = messages::doors(doors);
    let doors = lists::doors(doors);
    let doors = people::doors(doors);
    let doors = records::doors(doors);
    let doors = settings::doors(doors);
    let doors = keeping::doors(doors);
    let doors = hooks::doors(doors);
    plugins::doors(doors).all.into_iter().map(Arc::new).collect()
});

// Made when somebody asks: a start does not wait for them.
static DOCUMENT: LazyLock<Value> = LazyLock::new(|| document::of(&DOORS));
static WRITTEN: LazyLock<String> = LazyLock::new(|| serde_json::to_string_pretty(&*DOCUMENT).unwrap_or_default());
static MANUAL: LazyLock<String> = LazyLock::new(|| manual::of(&DOCUMENT));

/// The document that describes the doors, OpenAPI 3.1 as JSON.
pub fn document() -> &'static str {
    &WRITTEN
}

pub fn routes() -> Router<App> {
    let mut router = Router::new().route(ROOT, get(|| async { Html(MANUAL.as_str()) })).route(
        &format!("{ROOT}/openapi.json"),
        get(|| async { ([(header::CONTENT_TYPE, "application/json")], document()).into_response() }),
    );
    for door in DOORS.iter() {
        let (path, door) = (format!("{ROOT}{}", door.path), door.clone());
        if let Ok(filter) = MethodFilter::try_from(door.method.clone()) {
            router = router.route(&path, on(filter, move |app, request| answer::answer(door.clone(), app, request)));
        }
    }
    router.route(&format!("{ROOT}/{{*rest}}"), axum::routing::any(answer::nowhere))
}

/// The door that reads what another one changes, and how many of its places it has: the same path with GET, else the thing
/// that the path goes through, such as the request of `/requests/{number}/take`. None where a call changes no one thing that
/// can be read by itself.
fn reader<'a>(doors: &'a [Arc<Door>], of: &Door) -> Option<(&'a Arc<Door>, usize)> {
    let ancestors = of.path.match_indices('/').rev().map(|(at, _)| &of.path[..at]).filter(|path| path.ends_with('}'));
    let found = std::iter::once(of.path).chain(ancestors).find_map(|path| {
        doors.iter().find(|door| door.path == path && door.method == Method::GET && !door.asks_something())
    })?;
    Some((found, found.path.matches('{').count()))
}
