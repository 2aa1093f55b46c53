//! The REST door, `/api/v1`: the public contract. The same verbs and types as the pages use, so that it costs lines, not rules.
//!
//! Each area lists its doors in one file; a [`Door`] says what goes in and out by its types, and the document that describes
//! them all (OpenAPI 3.1) is made from that, so that the two can't drift apart.

mod answer;
mod call;
mod document;
mod door;
mod hooks;
mod lists;
mod manual;
mod messages;
mod parts;
mod people;
mod problem;
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
use std::sync::{Arc, LazyLock};

/// Where all of it lies.
pub const ROOT: &str = "/api/v1";

/// All doors, in the order in which the manual tells of them.
fn doors() -> Doors {
    let doors = Doors::default();
    let doors = requests::doors(doors);
    let doors = messages::doors(doors);
    let doors = lists::doors(doors);
    let doors = people::doors(doors);
    let doors = records::doors(doors);
    let doors = settings::doors(doors);
    hooks::doors(doors)
}

/// What is true for the life of a process: the doors, and what describes them.
struct Contract {
    doors: Vec<Arc<Door>>,
    document: String,
    manual: String,
}

static CONTRACT: LazyLock<Contract> = LazyLock::new(|| {
    let doors = doors();
    let document = document::of(&doors);
    Contract {
        manual: manual::of(&document),
        document: serde_json::to_string_pretty(&document).unwrap_or_default(),
        doors: doors.all.into_iter().map(Arc::new).collect(),
    }
});

/// The document that describes the doors, OpenAPI 3.1 as JSON.
pub fn document() -> &'static str {
    &CONTRACT.document
}

pub fn routes() -> Router<App> {
    let mut router = Router::new().route(ROOT, get(|| async { Html(CONTRACT.manual.as_str()) })).route(
        &format!("{ROOT}/openapi.json"),
        get(|| async { ([(header::CONTENT_TYPE, "application/json")], document()).into_response() }),
    );
    for door in &CONTRACT.doors {
        let (path, door) = (format!("{ROOT}{}", door.path), door.clone());
        if let Ok(filter) = MethodFilter::try_from(door.method.clone()) {
            router = router.route(&path, on(filter, move |app, request| answer::answer(door.clone(), app, request)));
        }
    }
    router.route(&format!("{ROOT}/{{*rest}}"), axum::routing::any(answer::nowhere))
}

/// The door that reads what another one changes: the same path with GET.
fn reader(of: &Door) -> Option<Arc<Door>> {
    CONTRACT.doors.iter().find(|door| door.path == of.path && door.method == Method::GET).cloned()
}
