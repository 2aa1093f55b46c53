//! The live stream: that something changed, and to customers never what. A browser that comes back goes on where it was.

use super::{App, status};
use axum::{
    Extension,
    extract::{Query, State},
    http::{HeaderMap, StatusCode},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use desk::{
    Desk,
    model::{Actor, TicketId, event::Change},
};
use futures::Stream;
use portal::Visitor;
use serde::Deserialize;
use std::{collections::VecDeque, convert::Infallible, time::Duration};
use tokio::sync::broadcast::{Receiver, error::RecvError};

/// Whoever has no session shows the key of the private link.
#[derive(Debug, Deserialize)]
pub struct Link {
    number: Option<i64>,
    key: Option<String>,
    /// The last event before the page was drawn. A stream that comes back knows better, and says so in a header.
    heard: Option<i64>,
}

pub async fn stream(
    State(app): State<App>,
    Extension(visitor): Extension<Visitor>,
    Query(link): Query<Link>,
    headers: HeaderMap,
) -> Response {
    let actor = match (link.number, link.key) {
        (Some(number), Some(key)) => app.desk.follow(number, &key).await.unwrap_or(Actor::Anonymous),
        _ => visitor.actor,
    };
    if actor == Actor::Anonymous {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let heard =
        headers.get("last-event-id").and_then(|number| number.to_str().ok()?.trim().parse().ok()).or(link.heard);
    match Listener::start(app.desk, actor, heard).await {
        Ok(listener) => {
            let alive = KeepAlive::new().interval(Duration::from_secs(20));
            Sse::new(listener.stream()).keep_alive(alive).into_response()
        }
        Err(error) => status::of(&error).into_response(),
    }
}

/// What a screen is told.
enum Said {
    Change(Change),
    /// Other colleagues look at this request now. C-1.
    Viewers(TicketId),
    /// A telephone rings, is answered or stops.
    Rang,
}

/// One screen's line.
struct Listener {
    desk: Desk,
    actor: Actor,
    news: Receiver<Change>,
    /// Requests that colleagues begin or end looking at.
    attended: Receiver<TicketId>,
    /// Telephones.
    rang: Receiver<()>,
    /// What it missed, oldest first.
    waiting: VecDeque<Change>,
    /// News up to this number were told already, or are not its business.
    until: i64,
}

impl Listener {
    async fn start(desk: Desk, actor: Actor, heard: Option<i64>) -> desk::Result<Self> {
        // Listening begins before looking back, so that nothing falls between.
        let (news, attended, rang) = (desk.changes(), desk.attended(), desk.rang());
        let missed = desk.missed(&actor, heard).await?;
        Ok(Self { desk, actor, news, attended, rang, waiting: missed.changes.into(), until: missed.until })
    }

    fn stream(self) -> impl Stream<Item = Result<Event, Infallible>> {
        futures::stream::unfold(self, |mut listener| async move {
            let event = match listener.next().await? {
                Said::Change(change) => {
                    let change = listener.desk.as_told(&listener.actor, change);
                    Event::default().event("change").id(change.number.to_string()).json_data(&change)
                }
                // Without a number: whoever comes back does not ask for it again.
                Said::Viewers(ticket) => Ok(Event::default().event("viewers").data(ticket.as_str())),
                Said::Rang => Ok(Event::default().event("rang").data("now")),
            };
            Some((Ok(event.unwrap_or_default()), listener))
        })
    }

    /// What this screen may know of next; nothing when the desk closes or can't be asked. The browser comes back by itself
    /// and says what it has heard.
    async fn next(&mut self) -> Option<Said> {
        loop {
            if let Some(change) = self.waiting.pop_front() {
                return Some(Said::Change(change));
            }
            let news = tokio::select! {
                news = self.news.recv() => news,
                ticket = self.attended.recv() => match ticket {
                    Ok(ticket) if self.actor.agent().is_some() && self.desk.may_see(&self.actor, &ticket).await.ok()? => {
                        return Some(Said::Viewers(ticket));
                    }
                    Ok(_) | Err(RecvError::Lagged(_)) => continue,
                    Err(RecvError::Closed) => return None,
                },
                rang = self.rang.recv() => match rang {
                    // One that fell behind looks once.
                    Ok(()) | Err(RecvError::Lagged(_)) if self.actor.agent().is_some() => return Some(Said::Rang),
                    Ok(()) | Err(RecvError::Lagged(_)) => continue,
                    Err(RecvError::Closed) => return None,
                },
            };
            match news {
                Ok(change) if change.number <= self.until => {}
                Ok(change) => {
                    self.until = change.number;
                    if self.desk.may_hear(&self.actor, &change).await.ok()? {
                        return Some(Said::Change(change));
                    }
                }
                Err(RecvError::Lagged(_)) => {
                    let missed = self.desk.missed(&self.actor, Some(self.until)).await.ok()?;
                    self.waiting = missed.changes.into();
                    self.until = missed.until;
                }
                Err(RecvError::Closed) => return None,
            }
        }
    }
}
