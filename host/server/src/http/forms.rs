//! The doors that take customers' forms. Plain posts; every answer is a page or leads to one.
//!
//! Whatever is sent, a page comes back: what was typed is on it, files that arrived stay, and nothing is opened twice.

use super::{
    App, identity, origin, page,
    remote::{Remote, STRANGERS},
    sheet,
};
use axum::{
    Extension, Router,
    extract::{
        DefaultBodyLimit, Form as Fields, Multipart, State, multipart::MultipartRejection, rejection::FormRejection,
    },
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use desk::{
    Error, Why,
    form::findings,
    model::{Actor, Form, FormAsks, Language, Opened, TicketId},
};
use portal::{
    Visitor,
    customer::posted::{Posted, Trouble},
    words::Clock,
};
use std::collections::BTreeMap;

/// Bytes of one post with files: ten of the largest, and room for words. Beyond it reading stops.
const LARGEST_POST: usize = 300_000_000;
/// Bytes of one post without files. More than anyone types, so that a slip is answered and not cut off.
const LARGEST_WORDS: usize = 20_000_000;
/// Seconds that a choice of colours or language is remembered.
const YEAR: u32 = 31_536_000;

type Typed = Result<Fields<BTreeMap<String, String>>, FormRejection>;
type Sheet = Result<Multipart, MultipartRejection>;

/// Every form of the portal. Looking at the same address draws its page.
pub fn routes() -> Router<App> {
    let with_files = Router::new()
        .route("/new", post(open).get(page::customer))
        .route("/r/{number}", post(answer).get(page::customer))
        .route("/r/{number}/{key}", post(answer).get(page::customer))
        .layer(DefaultBodyLimit::max(LARGEST_POST));
    Router::new()
        .route("/r/{number}/solve", post(solve).get(page::customer))
        .route("/r/{number}/{key}/solve", post(solve).get(page::customer))
        .route("/sign-in", post(ask_link).get(page::customer))
        .route("/sign-in/{token}", post(sign_in).get(page::customer))
        .route("/sign-out", post(sign_out).get(page::customer))
        .route("/theme", post(theme).get(page::customer))
        .route("/clock", post(clock).get(page::customer))
        .route("/language", post(language).get(page::customer))
        .layer(DefaultBodyLimit::max(LARGEST_WORDS))
        .merge(with_files)
}

/// `POST /new`: a request. The same form twice leads to the same confirmation. POR-1, D1 variant B.
async fn open(
    State(app): State<App>,
    Extension(visitor): Extension<Visitor>,
    remote: Remote,
    headers: HeaderMap,
    form: Sheet,
) -> Response {
    let refused = refused(&app, &visitor, remote, &headers);
    let mut posted = sheet::read(&app.desk, form, refused.is_none()).await;
    posted.turn_away(refused);
    // Only the choice was posted: the same form, with what it asks for now.
    if posted.fields.remove("step").is_some() {
        return again(&app, visitor, posted, "/new").await;
    }
    let actor = as_customer(&visitor.actor);
    posted.check_request();
    let form = match app.desk.form_asks(&posted.typed("category"), &posted.typed("kind")).await {
        Ok(asks) => {
            let form = filled(&posted, &asks, visitor.language);
            for (field, why) in findings(&asks, &form) {
                posted.blame(&field, why);
            }
            form
        }
        Err(error) => {
            posted.refuse(error);
            Form::default()
        }
    };
    if posted.is_fine() {
        match app.desk.open_by_form(&actor, form).await {
            Ok(opened) => {
                return Redirect::to(&opened.link.replacen("/r/", "/sent/", 1)).into_response();
            }
            Err(error) => posted.refuse(error),
        }
    }
    again(&app, visitor, posted, "/new").await
}

/// The form as it was filled in. What it does not ask for is left out.
fn filled(posted: &Posted, asks: &FormAsks, language: Language) -> Form {
    Form {
        name: posted.typed("name"),
        email: posted.typed("email"),
        category: posted.typed("category"),
        kind: posted.typed("kind"),
        priority: posted.typed("priority"),
        title: posted.typed("title"),
        text: posted.typed("text"),
        files: posted.files.clone(),
        language: Some(language),
        fields: posted.answers(asks),
        key: posted.typed("key"),
    }
}

/// `POST /r/{number}` by someone signed in, `POST /r/{number}/{key}` by whoever holds the private link: an answer. POR-9.
async fn answer(
    State(app): State<App>,
    Extension(visitor): Extension<Visitor>,
    remote: Remote,
    uri: Uri,
    headers: HeaderMap,
    form: Sheet,
) -> Response {
    let refused = refused(&app, &visitor, remote, &headers);
    // Before anything is read: of whoever may not answer, no file is kept.
    let who = who(&app, &visitor, &uri).await;
    let mut posted = sheet::read(&app.desk, form, refused.is_none() && who.is_ok()).await;
    posted.turn_away(refused);
    match who {
        Ok((actor, ticket)) if posted.is_fine() => {
            let (text, files) = (posted.typed("answer"), posted.files.clone());
            match app.desk.answer(&actor, &ticket, &text, files, &posted.typed("key")).await {
                Ok(Opened { id, number, link, message }) => {
                    let page = match actor {
                        _ if id == ticket => uri.path().to_owned(),
                        // Whoever came by a private link goes on by one.
                        Actor::Follower { .. } => link,
                        _ => format!("/r/{number}"),
                    };
                    let message = message.map(|message| format!("#m-{message}")).unwrap_or_default();
                    return Redirect::to(&format!("{page}{message}")).into_response();
                }
                // The desk says `text`, the page says `answer`.
                Err(Error::Invalid { field, why }) if field == "text" => posted.blame("answer", why),
                Err(error) => posted.refuse(error),
            }
        }
        Ok(_) => {}
        Err(error) => posted.refuse(error),
    }
    again(&app, visitor, posted, uri.path()).await
}

/// `POST …/solve`: the customer says that it is solved.
async fn solve(
    State(app): State<App>,
    Extension(visitor): Extension<Visitor>,
    remote: Remote,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let path = uri.path().trim_end_matches("/solve");
    let mut posted = Posted::default();
    posted.turn_away(refused(&app, &visitor, remote, &headers));
    let done = match who(&app, &visitor, &uri).await {
        Ok((actor, ticket)) if posted.is_fine() => app.desk.solve(&actor, &ticket).await,
        Ok(_) => Ok(()),
        Err(error) => Err(error),
    };
    if let Err(error) = done {
        posted.refuse(error);
    }
    if posted.is_fine() { Redirect::to(path).into_response() } else { again(&app, visitor, posted, path).await }
}

/// `POST /sign-in`: mails a link. The answer is the same whether the address is known or not.
async fn ask_link(
    State(app): State<App>,
    Extension(visitor): Extension<Visitor>,
    remote: Remote,
    headers: HeaderMap,
    typed: Typed,
) -> Response {
    let mut posted = typed_in(typed);
    posted.turn_away(refused(&app, &visitor, remote, &headers));
    posted.check_address();
    if posted.is_fine() {
        match app.desk.ask_link(posted.typed("email").trim(), visitor.language).await {
            Ok(()) => posted.sent = true,
            Err(error) => posted.refuse(error),
        }
    }
    again(&app, visitor, posted, "/sign-in").await
}

/// `POST /sign-in/{token}`: the button on the page that a mailed link leads to.
async fn sign_in(
    State(app): State<App>,
    Extension(visitor): Extension<Visitor>,
    remote: Remote,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let token = uri.path().rsplit('/').next().unwrap_or_default();
    let mut posted = Posted::default();
    posted.turn_away(refused(&app, &visitor, remote, &headers));
    if posted.is_fine() {
        match app.desk.redeem_link(token).await {
            Ok(session) => return with_cookie(&identity::session_cookie(&app, &session), "/requests"),
            // The button was pressed twice, and the first time was enough.
            Err(Error::Expired) if app.desk.was_let_in_by(&visitor.actor, token).await.unwrap_or_default() => {
                return Redirect::to("/requests").into_response();
            }
            Err(error) => posted.refuse(error),
        }
    }
    again(&app, visitor, posted, uri.path()).await
}

/// `POST /sign-out`: always leads to the front page; signed out, where it was a page of ours that asked.
async fn sign_out(State(app): State<App>, headers: HeaderMap) -> Response {
    if !origin::is_ours(&headers, app.desk.public_url()) {
        return Redirect::to("/").into_response();
    }
    if let Some(session) = identity::session_token(&headers) {
        // A session that is gone already is what was asked for.
        let _ = app.desk.sign_out(&session).await;
    }
    with_cookie(&identity::cleared_cookie(&app), "/")
}

async fn theme(typed: Typed) -> Response {
    let posted = typed_in(typed);
    let back = back(&posted);
    match posted.typed("theme").as_str() {
        theme @ ("light" | "dark") => with_cookie(&remembered("theme", theme, YEAR), &back),
        _ => with_cookie(&remembered("theme", "", 0), &back),
    }
}

/// `POST /clock`: how times are written in this browser. Section 20.
async fn clock(typed: Typed) -> Response {
    let posted = typed_in(typed);
    let back = back(&posted);
    match Clock::from_mark(Some(&posted.typed("clock"))).mark() {
        Some(mark) => with_cookie(&remembered("clock", mark, YEAR), &back),
        None => with_cookie(&remembered("clock", "", 0), &back),
    }
}

async fn language(typed: Typed) -> Response {
    let posted = typed_in(typed);
    let back = back(&posted);
    match Language::from_tag(&posted.typed("language")) {
        Some(language) => with_cookie(&remembered("language", language.tag(), YEAR), &back),
        None => Redirect::to(&back).into_response(),
    }
}

/// The page again, with what was typed and what is wrong.
async fn again(app: &App, visitor: Visitor, posted: Posted, path: &str) -> Response {
    let status = status(&posted);
    let wait = match posted.trouble {
        Some(Trouble::Rush { seconds }) => Some(HeaderValue::from(seconds)),
        _ => None,
    };
    let mut page = page::render_customer(app, visitor, Some(posted), path, status).await;
    if let Some(wait) = wait {
        page.headers_mut().insert(header::RETRY_AFTER, wait);
    }
    page
}

fn status(posted: &Posted) -> StatusCode {
    let too_large = posted.wrong.iter().any(|(_, why)| matches!(why, Why::TooLarge { .. }));
    match &posted.trouble {
        Some(Trouble::TooMuch) => StatusCode::PAYLOAD_TOO_LARGE,
        Some(Trouble::Unreadable) => StatusCode::BAD_REQUEST,
        Some(Trouble::OtherSite) => StatusCode::FORBIDDEN,
        Some(Trouble::Rush { .. }) => StatusCode::TOO_MANY_REQUESTS,
        Some(Trouble::Desk(error)) => super::status::of(error),
        Some(Trouble::Trap) => StatusCode::UNPROCESSABLE_ENTITY,
        None if too_large => StatusCode::PAYLOAD_TOO_LARGE,
        None if !posted.wrong.is_empty() => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    }
}

/// Who posts, and about which request, from `/r/{number}` or `/r/{number}/{key}`. *Not found* for a number that is none
/// and for a wrong key alike. Read from the address as it is: numbers and keys need no escapes, and garbage may not
/// even be text.
async fn who(app: &App, visitor: &Visitor, uri: &Uri) -> desk::Result<(Actor, TicketId)> {
    let mut parts = uri.path().trim_end_matches("/solve").split('/').skip(2);
    let number: i64 = parts.next().and_then(|part| part.parse().ok()).ok_or(Error::NotFound)?;
    let actor = match parts.next() {
        Some(key) => app.desk.follow(number, key).await?,
        None => visitor.actor.clone(),
    };
    let ticket = match &actor {
        Actor::Follower { ticket, .. } => ticket.clone(),
        _ => app.desk.customer_ticket(&actor, number).await?.id,
    };
    Ok((actor, ticket))
}

/// In the portal an agent is a visitor like any other.
fn as_customer(actor: &Actor) -> Actor {
    match actor {
        Actor::Customer { .. } => actor.clone(),
        _ => Actor::Anonymous,
    }
}

/// Only our own pages post in the name of whoever is signed in here. Whoever is nobody may also use a form on a page of the
/// same house, as often as one place may; one on another site altogether is nobody's.
fn refused(app: &App, visitor: &Visitor, remote: Remote, headers: &HeaderMap) -> Option<Trouble> {
    if visitor.actor != Actor::Anonymous {
        return (!origin::is_ours(headers, app.desk.public_url())).then_some(Trouble::OtherSite);
    }
    if origin::is_foreign(headers) {
        return Some(Trouble::OtherSite);
    }
    let seconds = app.strangers.take(&remote.network()?, STRANGERS, app.desk.clock().now()).seconds()?;
    Some(Trouble::Rush { seconds })
}

fn typed_in(typed: Typed) -> Posted {
    match typed {
        Ok(Fields(fields)) => Posted { fields, ..Posted::default() },
        Err(error) if error.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            Posted { trouble: Some(Trouble::TooMuch), ..Posted::default() }
        }
        Err(_) => Posted { trouble: Some(Trouble::Unreadable), ..Posted::default() },
    }
}

/// A page of ours to go back to. Anything that could lead elsewhere leads home.
fn back(posted: &Posted) -> String {
    let back = posted.typed("back");
    let ours =
        back.starts_with('/') && !back.starts_with("//") && back.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    if ours { back } else { "/".to_owned() }
}

fn remembered(name: &str, value: &str, seconds: u32) -> String {
    format!("{name}={value}; Path=/; Max-Age={seconds}; SameSite=Lax")
}

fn with_cookie(cookie: &str, to: &str) -> Response {
    let mut response = Redirect::to(to).into_response();
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn posted(name: &str, value: &str) -> Posted {
        Posted { fields: BTreeMap::from([(name.to_owned(), value.to_owned())]), ..Posted::default() }
    }

    #[test]
    fn the_way_back_never_leaves_the_house() {
        for elsewhere in ["//evil.example", "https://evil.example", "/\\evil.example", "", "/a\r\nX: y", "javascript:x"]
        {
            assert_eq!(back(&posted("back", elsewhere)), "/", "{elsewhere}");
        }
        assert_eq!(back(&posted("back", "/r/1042/abc")), "/r/1042/abc");
    }

    #[test]
    fn the_status_says_what_the_page_says() {
        let mut large = Posted::default();
        large.blame("files", Why::TooLarge { megabytes: 25 });
        assert_eq!(status(&large), StatusCode::PAYLOAD_TOO_LARGE);
        let mut missing = Posted::default();
        missing.blame("title", Why::Missing);
        assert_eq!(status(&missing), StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(status(&Posted { sent: true, ..Posted::default() }), StatusCode::OK);
    }
}
