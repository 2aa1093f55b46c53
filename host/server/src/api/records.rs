//! What stands beside a request: custom fields, sales and projects; and the whole configuration as a document.

use super::{
    call::Call,
    door::Doors,
    parts::{Done, Json},
};
use desk::model::*;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

#[derive(Deserialize, IntoParams)]
struct Part {
    /// A part of its name.
    part: Option<String>,
}

#[derive(Deserialize, ToSchema)]
struct ChangeField {
    how: FieldHow,
    values: Vec<String>,
}

#[derive(Deserialize, IntoParams)]
struct Extent {
    /// `false` leaves out who works here, for another desk with people of its own.
    people: Option<bool>,
}

#[derive(Deserialize, ToSchema)]
struct FieldOrder {
    fields: Vec<FieldId>,
}

pub fn doors(doors: Doors) -> Doors {
    let doors = values(doors.chapter(Area::Requests, "Fields"));
    let doors = linked(doors.chapter(Area::People, "Sales and projects"));
    configuration(doors.chapter(Area::Settings, "Configuration"))
}

fn values(doors: Doors) -> Doors {
    doors
        .get(
            "field_values",
            "/requests/{number}/fields",
            "The custom fields of a request, filled in or not.",
            |call: Call, number: i64| async move {
                call.desk.field_values(&call.actor, &call.ticket(number).await?).await.map(Json)
            },
        )
        .put(
            "change_field",
            "/requests/{number}/fields/{key}",
            "Sets, adds or removes values of one field.",
            |call: Call, (number, key): (i64, String), change: ChangeField| async move {
                let id = call.ticket(number).await?;
                call.desk.change_field(&call.actor, &id, &key, change.how, &change.values).await.map(|()| Done)
            },
        )
        .get("fields", "/fields", "The custom fields there are.", |call: Call, ()| async move {
            call.desk.fields(&call.actor).await.map(Json)
        })
        .chapter(Area::Settings, "Fields")
        .put(
            "save_field",
            "/fields",
            "Saves a field: a new one, or in place of the one with this id.",
            |call: Call, (), new: Field| async move { call.desk.save_field(&call.actor, new).await.map(|()| Done) },
        )
        .put(
            "order_fields",
            "/fields/order",
            "In which order they stand.",
            |call: Call, (), order: FieldOrder| async move {
                call.desk.order_fields(&call.actor, &order.fields).await.map(|()| Done)
            },
        )
        .delete(
            "retire_field",
            "/fields/{field}",
            "Retires a field: requests that have it keep it.",
            |call: Call, id: FieldId| async move { call.desk.retire_field(&call.actor, &id).await.map(|()| Done) },
        )
}

fn linked(doors: Doors) -> Doors {
    doors
        .find("sales", "/sales", "Sales that requests can belong to.", |call: Call, (), of: Part| async move {
            call.desk.sales(&call.actor, &of.part.unwrap_or_default()).await.map(Json)
        })
        .put(
            "save_sale",
            "/sales",
            "Saves a sale: a new one, or in place of the one with this id.",
            |call: Call, (), new: Sale| async move { call.desk.save_sale(&call.actor, new).await.map(|()| Done) },
        )
        .find("projects", "/projects", "Projects that requests can belong to.", |call: Call, (), of: Part| async move {
            call.desk.projects(&call.actor, &of.part.unwrap_or_default()).await.map(Json)
        })
        .put(
            "save_project",
            "/projects",
            "Saves a project: a new one, or in place of the one with this id.",
            |call: Call, (), new: Project| async move { call.desk.save_project(&call.actor, new).await.map(|()| Done) },
        )
}

fn configuration(doors: Doors) -> Doors {
    doors
        .find(
            "export_configuration",
            "/configuration",
            "All that an administrator decided, without secrets.",
            |call: Call, (), of: Extent| async move {
                let whole = call.desk.export_configuration(&call.actor).await?;
                Ok(Json(if of.people.unwrap_or(true) { whole } else { whole.without_people() }))
            },
        )
        .ask(
            "compare_configuration",
            "/configuration/compare",
            "What bringing back such a document would change.",
            |call: Call, (), new: Configuration| async move {
                call.desk.compare_configuration(&call.actor, &new).await.map(Json)
            },
        )
        .put(
            "import_configuration",
            "/configuration",
            "Brings back such a document, and says what it changed.",
            |call: Call, (), new: Configuration| async move {
                call.desk.import_configuration(&call.actor, &new).await.map(Json)
            },
        )
        .get(
            "holds_of",
            "/requests/{number}/holds",
            "What holds for oneself on a request, and who decides it now.",
            |call: Call, number: i64| async move {
                let id = call.ticket(number).await?;
                call.desk.holds_of(&call.actor, &id).await.map(Json)
            },
        )
        .get(
            "holds_in",
            "/categories/{category}/holds",
            "What holds for oneself in a category, and who decided it.",
            |call: Call, id: CategoryId| async move { call.desk.holds_in(&call.actor, &id).await.map(Json) },
        )
}
