//! Finding: lists, criteria, views, search, what is done to many at once, and the log.

use super::{
    call::Call,
    door::Doors,
    parts::{After, Done, File, Json, Made, MadeBulk, MadeView, Nothing},
};
use desk::{
    LogOf,
    model::{export::*, *},
};
use portal::words;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Deserialize, IntoParams)]
struct OfList {
    #[param(inline)]
    list: List,
    /// `next` of the page before.
    after: Option<String>,
    #[param(inline)]
    by: Option<Heading>,
    /// Of the custom field that `by=custom` means.
    key: Option<String>,
    descending: Option<bool>,
}

#[derive(Deserialize, IntoParams)]
struct Query {
    /// Words, a number, a name or an address.
    q: String,
}

#[derive(Deserialize, IntoParams)]
struct Beginning {
    /// What their names begin with.
    beginning: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
}

#[derive(Deserialize, ToSchema)]
struct Search {
    criteria: Criteria,
    #[serde(default)]
    sort: Sort,
    #[serde(default)]
    after: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct Total {
    total: i64,
}

/// What is done, and to which requests: by their numbers, or all that fit, or all of a list or a view.
#[derive(Deserialize, ToSchema)]
struct BeginBulk {
    /// 1 to 20, in the order in which each request goes through them. One that is refused keeps none of the others.
    actions: Vec<BulkAction>,
    #[serde(default)]
    numbers: Option<Vec<i64>>,
    #[serde(default)]
    criteria: Option<Criteria>,
    #[serde(default)]
    list: Option<List>,
    #[serde(default)]
    view: Option<ViewId>,
}

impl BeginBulk {
    /// The actions, and the requests they are about as they are now.
    ///
    /// # Errors
    /// Where nothing says which requests, or two things do; a number that no request has.
    async fn chosen(self, call: &Call) -> desk::Result<(Vec<BulkAction>, Vec<TicketId>)> {
        let of = match (self.numbers, self.criteria, self.list, self.view) {
            (Some(numbers), None, None, None) => return Ok((self.actions, call.tickets(&numbers).await?)),
            (None, Some(criteria), None, None) => Selection::Fits(criteria),
            (None, None, Some(list), None) => Selection::List(list),
            (None, None, None, Some(view)) => Selection::View(view),
            _ => return Err(desk::Error::invalid("numbers", desk::Why::Missing)),
        };
        Ok((self.actions, call.desk.chosen(&call.actor, &of).await?))
    }
}

#[derive(Deserialize, ToSchema)]
struct ExportList {
    of: Selection,
    export: Export,
}

#[derive(Deserialize, ToSchema)]
struct Linked {
    of: Selection,
    /// `next` of the page before.
    #[serde(default)]
    after: Option<String>,
}

#[derive(Deserialize, ToSchema)]
struct Charted {
    of: Selection,
    by: Grouping,
    /// Of the custom field that `by` means by `custom`.
    #[serde(default)]
    key: String,
}

#[derive(Deserialize, IntoParams)]
struct LogQuery {
    #[param(inline)]
    kind: Option<EventKind>,
    /// Id of an agent, a customer or a rule.
    actor: Option<String>,
    /// Unix microseconds; the end is not part of it.
    from: Option<i64>,
    to: Option<i64>,
    /// Number of the oldest entry of the page before.
    before: Option<i64>,
}

#[derive(Deserialize, ToSchema)]
struct ExportLog {
    #[serde(default)]
    asked: LogAsked,
    format: Format,
}

#[derive(Deserialize, IntoParams)]
struct InPeriod {
    /// Unix microseconds; the end is not part of it.
    from: i64,
    to: i64,
}

#[derive(Deserialize, ToSchema)]
struct Rename {
    name: String,
}

pub fn doors(doors: Doors) -> Doors {
    let doors = doors.chapter(Area::Requests, "Lists");
    let doors = lists(doors);
    let doors = views(doors);
    let doors = bulk(doors);
    looking_back(doors)
}

fn lists(doors: Doors) -> Doors {
    doors
        .find("list_requests", "/requests", "A page of one of the lists.", |call: Call, (), of: OfList| async move {
            let usual = Sort::default();
            let sort = Sort {
                by: of.by.unwrap_or(usual.by),
                key: of.key.unwrap_or_default(),
                descending: of.descending.unwrap_or(usual.descending),
            };
            call.desk.list_sorted(&call.actor, of.list, sort, of.after.as_deref()).await.map(Json)
        })
        .get("count_lists", "/counts", "How many there are in each list.", |call: Call, ()| async move {
            call.desk.counts(&call.actor).await.map(Json)
        })
        .ask(
            "search_by_criteria",
            "/requests/search",
            "A page of the requests that fit.",
            |call: Call, (), search: Search| async move {
                call.desk.list_by(&call.actor, &search.criteria, search.sort, search.after.as_deref()).await.map(Json)
            },
        )
        .get(
            "last_search",
            "/requests/search/last",
            "What the agent last looked for by criteria, as it was remembered; null where nothing was.",
            |call: Call, ()| async move { call.desk.last_search(&call.actor).await.map(Json) },
        )
        .put(
            "remember_search",
            "/requests/search/last",
            "Remembers what was looked for: a search by itself does not, so that a program leaves it as it is.",
            |call: Call, (), search: LastSearch| async move {
                call.desk.remember_search(&call.actor, &search).await.map(|()| Done)
            },
        )
        .ask(
            "count_by_criteria",
            "/requests/count",
            "How many requests fit.",
            |call: Call, (), criteria: Criteria| async move {
                let total = call.desk.count_by(&call.actor, &criteria).await?;
                Ok(Json(Total { total }))
            },
        )
        .find("search", "/search", "Finds requests and people by words.", |call: Call, (), query: Query| async move {
            call.desk.search(&call.actor, &query.q).await.map(Json)
        })
        .ask(
            "export_requests",
            "/requests/export",
            "A list, a view, what fits or picked requests as a file: for spreadsheets, as a page, or as text.",
            |call: Call, (), list: ExportList| async move {
                let bytes = call.desk.export(&call.actor, &list.of, &list.export).await?;
                let (end, mime) = list.export.format.kind();
                Ok(File { name: format!("requests.{end}"), mime: mime.to_owned(), bytes })
            },
        )
        .ask(
            "contacts_of_requests",
            "/requests/contacts",
            "A page of the contacts of a list, a view, what fits or picked requests, those of most requests first.",
            |call: Call, (), linked: Linked| async move {
                call.desk.contacts_of(&call.actor, &linked.of, linked.after.as_deref()).await.map(Json)
            },
        )
        .ask(
            "companies_of_requests",
            "/requests/companies",
            "The same of their companies.",
            |call: Call, (), linked: Linked| async move {
                call.desk.companies_of(&call.actor, &linked.of, linked.after.as_deref()).await.map(Json)
            },
        )
        .ask(
            "chart_requests",
            "/requests/chart",
            "How the requests of a list, a view, what fits or picked ones are spread, the largest group first.",
            |call: Call, (), chart: Charted| async move {
                call.desk.chart(&call.actor, &chart.of, chart.by, &chart.key).await.map(Json)
            },
        )
        .find(
            "tags",
            "/tags",
            "A page of tags, with how many requests have them.",
            |call: Call, (), of: Beginning| async move {
                call.desk.tags(&call.actor, &of.beginning.unwrap_or_default(), of.after.as_deref()).await.map(Json)
            },
        )
        .put(
            "rename_tag",
            "/tags/{tag}",
            "Renames a tag; one that is there already takes it in.",
            |call: Call, tag: TagId, new: Rename| async move {
                call.desk.rename_tag(&call.actor, &tag, &new.name).await.map(|()| Done)
            },
        )
}

fn views(doors: Doors) -> Doors {
    doors
        .get("views", "/views", "Saved views, one's own and shared ones.", |call: Call, ()| async move {
            call.desk.views(&call.actor).await.map(Json)
        })
        .post(
            "save_view",
            "/views",
            "Saves a view: a new one, or in place of one's own with this id.",
            |call: Call, (), view: View| async move {
                let id = call.desk.save_view(&call.actor, view).await?;
                Ok(Made(MadeView { id }))
            },
        )
        .delete(
            "delete_view",
            "/views/{view}",
            "Deletes a view; the requests in it stay.",
            |call: Call, view: ViewId| async move { call.desk.delete_view(&call.actor, &view).await.map(|()| Done) },
        )
        .find(
            "open_view",
            "/views/{view}/requests",
            "A page of the requests in a view.",
            |call: Call, view: ViewId, page: After| async move {
                call.desk.open_view(&call.actor, &view, page.after.as_deref()).await.map(Json)
            },
        )
}

fn bulk(doors: Doors) -> Doors {
    doors
        .post("begin_bulk", "/bulk", "Does the same to many requests; it goes on by itself.", |call: Call, (), begin: BeginBulk| async move {
            let (actions, tickets) = begin.chosen(&call).await?;
            let id = call.desk.begin_bulk(&call.actor, actions, &tickets).await?;
            Ok(Made(MadeBulk { id }))
        })
        .ask("preview_bulk", "/bulk/preview", "What it would do to the first hundred, and what would be skipped and why; nothing is changed.", |call: Call, (), begin: BeginBulk| async move {
            let (actions, tickets) = begin.chosen(&call).await?;
            let preview = call.desk.preview_bulk(&call.actor, actions, &tickets).await?;
            Ok(Json(preview))
        })
        .get("bulk_progress", "/bulk/{bulk}", "How far it is, and what was skipped and why.", |call: Call, id: BulkId| async move {
            call.desk.bulk(&call.actor, &id).await.map(Json)
        })
        .post("stop_bulk", "/bulk/{bulk}/stop", "Stops it; what is done stays done.", |call: Call, id: BulkId, _: Nothing| async move {
            call.desk.stop_bulk(&call.actor, &id).await.map(|()| Done)
        })
        .post("undo_bulk", "/bulk/{bulk}/undo", "Takes it back, and says what could not be.", |call: Call, id: BulkId, _: Nothing| async move {
            call.desk.undo_bulk(&call.actor, &id).await.map(Json)
        })
}

fn looking_back(doors: Doors) -> Doors {
    doors
        .find("bin", "/bin", "A page of what lies in the bin.", |call: Call, (), page: After| async move {
            call.desk.bin(&call.actor, page.after.as_deref()).await.map(Json)
        })
        .find(
            "statistics",
            "/statistics",
            "What happened in a period.",
            |call: Call, (), period: InPeriod| async move {
                let period = Period { from: period.from, to: period.to };
                call.desk.statistics(&call.actor, period).await.map(Json)
            },
        )
        .get("status_view", "/status-view", "How each category stands now.", |call: Call, ()| async move {
            call.desk.status_view(&call.actor).await.map(Json)
        })
        .get("tiles", "/tiles", "The few figures of now.", |call: Call, ()| async move {
            call.desk.tiles(&call.actor).await.map(Json)
        })
        .get(
            "dashboard",
            "/dashboard",
            "The tiles that one has chosen, with what stands on them now.",
            |call: Call, ()| async move { call.desk.dashboard(&call.actor).await.map(Json) },
        )
        .chapter(Area::Settings, "Lists")
        .find("log", "/log", "The whole log, newest first.", |call: Call, (), asked: LogQuery| async move {
            let before = asked.before;
            call.desk.whole_log(&call.actor, &asked.into(), before).await.map(Json)
        })
        .ask(
            "export_log",
            "/log/export",
            "The whole log as a file, in one's own words and time.",
            |call: Call, (), wanted: ExportLog| async move {
                log_file(&call, LogOf::Everything(wanted.asked), wanted.format).await
            },
        )
        .find("log_as_file", "/log.csv", "The whole log as a file.", |call: Call, (), asked: LogQuery| async move {
            let bytes = call.desk.export_log(&call.actor, &asked.into()).await?;
            Ok(File { name: "log.csv".to_owned(), mime: "text/csv; charset=utf-8".to_owned(), bytes })
        })
}

/// LOG-1: worded as the pages word it.
pub(super) async fn log_file(call: &Call, of: LogOf, format: Format) -> Result<File, desk::Error> {
    let language = call.desk.profile(&call.actor).await?.language;
    let bytes = call.desk.log_file(&call.actor, &of, format, &words::Words::new(language).log_sheet()).await?;
    let (end, mime) = format.kind();
    Ok(File { name: format!("log.{end}"), mime: mime.to_owned(), bytes })
}

impl From<LogQuery> for LogAsked {
    fn from(query: LogQuery) -> Self {
        LogAsked { kind: query.kind, actor: query.actor, from: query.from, to: query.to }
    }
}
