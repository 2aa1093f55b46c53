//! One way in: its method and path, what it takes and gives, and the verb behind it.

use super::{
    call::Call,
    parts::{Answers, Place, Shapes, Takes},
    problem::Problem,
};
use axum::{body::Bytes, http::Method};
use desk::model::Area;
use futures::future::BoxFuture;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::future::Future;
use utoipa::IntoParams;

/// An answer before it goes out.
#[derive(Clone, Debug, Default)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub mime: String,
    pub body: Vec<u8>,
}

/// What came, apart: the places in its path in their order, the query, and the body.
pub struct Said {
    pub places: Vec<String>,
    pub query: String,
    pub mime: String,
    pub body: Bytes,
}

type Run = Box<dyn Fn(Call, Said) -> BoxFuture<'static, Result<Reply, Problem>> + Send + Sync>;

pub struct Door {
    pub method: Method,
    pub path: &'static str,
    /// A word for programs that are made from the document.
    pub name: &'static str,
    /// What it does, for people.
    pub says: &'static str,
    pub area: Area,
    /// The chapter of the manual.
    pub chapter: &'static str,
    pub writes: bool,
    /// As OpenAPI has it.
    pub parameters: Vec<Value>,
    pub body: fn(&mut Shapes) -> Option<Value>,
    /// Status, and what it answers with.
    pub answer: fn(&mut Shapes) -> (u16, Value),
    pub run: Run,
}

impl Door {
    /// Whether nothing is answered without a query: a list of which somebody has to say which one.
    pub fn asks_something(&self) -> bool {
        self.parameters.iter().any(|asked| asked["in"] == "query" && asked["required"] == true)
    }
}

/// All doors.
#[derive(Default)]
pub struct Doors {
    pub all: Vec<Door>,
    area: Option<Area>,
    chapter: &'static str,
}

macro_rules! without_body {
    ($($(#[$doc:meta])* $verb:ident: $method:ident, $writes:literal;)*) => {$(
        $(#[$doc])*
        pub fn $verb<P, A, F, W>(self, name: &'static str, path: &'static str, says: &'static str, run: F) -> Self
        where
            P: Place,
            A: Answers,
            F: Fn(Call, P) -> W + Copy + Send + Sync + 'static,
            W: Future<Output = desk::Result<A>> + Send + 'static,
        {
            let handed: Run =
                Box::new(move |call, said| Box::pin(async move { run(call, P::read(&said.places)?).await?.reply() }));
            self.add::<P, A>((Method::$method, $writes), (name, path, says), |_| None, handed)
        }
    )*};
}

macro_rules! with_body {
    ($($(#[$doc:meta])* $verb:ident: $method:ident, $writes:literal;)*) => {$(
        $(#[$doc])*
        pub fn $verb<P, B, A, F, W>(self, name: &'static str, path: &'static str, says: &'static str, run: F) -> Self
        where
            P: Place,
            B: Takes,
            A: Answers,
            F: Fn(Call, P, B) -> W + Copy + Send + Sync + 'static,
            W: Future<Output = desk::Result<A>> + Send + 'static,
        {
            let handed: Run = Box::new(move |call, said| {
                Box::pin(async move {
                    let place = P::read(&said.places)?;
                    let body = B::read(&said.mime, said.body)?;
                    run(call, place, body).await?.reply()
                })
            });
            self.add::<P, A>((Method::$method, $writes), (name, path, says), B::describe, handed)
        }
    )*};
}

impl Doors {
    /// What follows belongs to this area of scopes and this chapter of the manual.
    pub fn chapter(mut self, area: Area, chapter: &'static str) -> Self {
        (self.area, self.chapter) = (Some(area), chapter);
        self
    }

    /// Reads what a query asks for.
    pub fn find<P, Q, A, F, W>(mut self, name: &'static str, path: &'static str, says: &'static str, run: F) -> Self
    where
        P: Place,
        Q: DeserializeOwned + IntoParams + Send,
        A: Answers,
        F: Fn(Call, P, Q) -> W + Copy + Send + Sync + 'static,
        W: Future<Output = desk::Result<A>> + Send + 'static,
    {
        let handed: Run = Box::new(move |call, said| {
            Box::pin(async move {
                let place = P::read(&said.places)?;
                let query: Q = serde_urlencoded::from_str(&said.query).map_err(Problem::query)?;
                run(call, place, query).await?.reply()
            })
        });
        self = self.add::<P, A>((Method::GET, false), (name, path, says), |_| None, handed);
        let asked = Q::into_params(|| Some(utoipa::openapi::path::ParameterIn::Query));
        if let Some(door) = self.all.last_mut() {
            door.parameters.extend(asked.iter().filter_map(|parameter| serde_json::to_value(parameter).ok()));
        }
        self
    }

    without_body! {
        /// Reads one thing.
        get: GET, false;
        /// Takes something away.
        delete: DELETE, true;
    }

    with_body! {
        /// Does something.
        post: POST, true;
        /// Reads what can't be asked for in an address.
        ask: POST, false;
        /// Puts something in place of what is there.
        put: PUT, true;
        /// Changes what is named, and leaves the rest.
        patch: PATCH, true;
    }

    fn add<P: Place, A: Answers>(
        mut self,
        (method, writes): (Method, bool),
        (name, path, says): What,
        body: fn(&mut Shapes) -> Option<Value>,
        run: Run,
    ) -> Self {
        let names = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
        let parameters = names
            .zip(P::kinds())
            .map(|(name, kind)| serde_json::json!({ "name": name, "in": "path", "required": true, "schema": kind }))
            .collect();
        let answer = A::describe;
        let (area, chapter) = (self.area.unwrap_or(Area::Settings), self.chapter);
        self.all.push(Door { method, path, name, says, area, chapter, writes, parameters, body, answer, run });
        self
    }
}

/// Name, path, and what it does.
type What = (&'static str, &'static str, &'static str);
