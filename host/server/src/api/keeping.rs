//! How long requests are kept, and what has to be kept. C-20.

use super::{
    call::Call,
    door::Doors,
    parts::{Done, Json, Made, MadeLegalHold},
};
use desk::model::*;
use serde::Deserialize;
use utoipa::ToSchema;

/// Why it is held, or held no more.
#[derive(Deserialize, ToSchema)]
struct HoldReason {
    reason: String,
}

async fn place(call: Call, kind: HeldKind, on: String, why: HoldReason) -> desk::Result<Made<MadeLegalHold>> {
    let new = NewLegalHold { kind, on, reason: why.reason };
    let id = call.desk.place_legal_hold(&call.actor, &new).await?;
    Ok(Made(MadeLegalHold { id }))
}

pub fn doors(doors: Doors) -> Doors {
    let doors = holds(doors);
    retention(doors.chapter(Area::Settings, "Keeping"))
}

fn holds(doors: Doors) -> Doors {
    doors
        .chapter(Area::Requests, "Legal holds")
        .post(
            "hold_request",
            "/requests/{number}/legal-holds",
            "Places a legal hold on a request: nothing of it is erased while it stands.",
            |call: Call, number: i64, why: HoldReason| async move {
                let id = call.ticket(number).await?;
                place(call, HeldKind::Ticket, id.0, why).await
            },
        )
        .get("legal_holds", "/legal-holds", "The legal holds that stand.", |call: Call, ()| async move {
            call.desk.legal_holds(&call.actor).await.map(Json)
        })
        .post(
            "lift_legal_hold",
            "/legal-holds/{hold}/lift",
            "Lifts a legal hold.",
            |call: Call, id: LegalHoldId, why: HoldReason| async move {
                call.desk.lift_legal_hold(&call.actor, &id, &why.reason).await.map(|()| Done)
            },
        )
        .chapter(Area::People, "Legal holds")
        .post(
            "hold_person",
            "/people/{person}/legal-holds",
            "Places a legal hold on a person, and on every request that they have part in.",
            |call: Call, id: PersonId, why: HoldReason| place(call, HeldKind::Person, id.0, why),
        )
        .post(
            "hold_company",
            "/companies/{company}/legal-holds",
            "Places a legal hold on a company, its people and their requests.",
            |call: Call, id: CompanyId, why: HoldReason| place(call, HeldKind::Company, id.0, why),
        )
}

fn retention(doors: Doors) -> Doors {
    doors
        .get(
            "retentions",
            "/retention",
            "How long closed requests of each category are kept, and which category says so.",
            |call: Call, ()| async move { call.desk.retentions(&call.actor).await.map(Json) },
        )
        .put(
            "save_retention",
            "/categories/{category}/retention",
            "How long a category keeps its closed requests; without a word of its own, as the categories above do.",
            |call: Call, id: CategoryId, choice: RetentionChoice| async move {
                call.desk.save_retention(&call.actor, &id, choice.own).await.map(|()| Done)
            },
        )
        .ask(
            "preview_retention",
            "/categories/{category}/retention/preview",
            "What would go today if it were so; nothing is changed.",
            |call: Call, id: CategoryId, choice: RetentionChoice| async move {
                call.desk.preview_retention(&call.actor, &id, choice.own).await.map(Json)
            },
        )
}
