//! The live stream: that something changed, never what. A browser that comes back goes on where it was.

use super::App;
use axum::{
    Extension,
    extract::{Query, State},
    http::StatusCode,
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use desk::model::Actor;
use futures::Stream;
use portal::Visitor;
use serde::Deserialize;
use std::{convert::Infallible, time::Duration};
use tokio::sync::broadcast::error::RecvError;

/// Whoever has no session shows the key of the private link.
#[derive(Debug, Deserialize)]
pub struct Link {
    number: Option<i64>,
    key: Option<String>,
}

pub async fn stream(
    State(app): State<App>,
    Extension(visitor): Extension<Visitor>,
    Query(link): Query<Link>,
) -> Response {
    let actor = match (link.number, link.key) {
        (Some(number), Some(key)) => app
            .desk
            .follow(number, &key)
            .await
            .unwrap_or(Actor::Anonymous),
        _ => visitor.actor,
    };
    if actor == Actor::Anonymous {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    Sse::new(changes(app, actor))
        .keep_alive(KeepAlive::new().interval(Duration::from_secs(20)))
        .into_response()
}

fn changes(app: App, actor: Actor) -> impl Stream<Item = Result<Event, Infallible>> {
    let receiver = app.desk.changes();
    futures::stream::unfold(
        (app, actor, receiver),
        |(app, actor, mut receiver)| async move {
            loop {
                match receiver.recv().await {
                    Ok(change) => {
                        let told = match &change.ticket {
                            Some(ticket) => app.desk.may_see(&actor, ticket).await.unwrap_or(false),
                            None => actor.agent().is_some(),
                        };
                        if !told {
                            continue;
                        }
                        let event = Event::default()
                            .event("change")
                            .id(change.number.to_string())
                            .json_data(&change);
                        if let Ok(event) = event {
                            return Some((Ok(event), (app, actor, receiver)));
                        }
                    }
                    // Too far behind: the page connects again and loads afresh.
                    Err(RecvError::Lagged(_) | RecvError::Closed) => return None,
                }
            }
        },
    )
}
