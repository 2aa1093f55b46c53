//! Requests: opening, reading, changing, and whose they are.

use super::{
    call::Call,
    door::Doors,
    lists::log_file,
    parts::{Done, Json, Made, MadeRelation, Nothing, Versioned},
};
use desk::{
    LogOf,
    model::{export::Format, *},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

#[derive(Deserialize, IntoParams)]
struct OfFormat {
    /// CSV, where nothing is said.
    #[param(inline)]
    format: Option<Format>,
}

/// A colleague that something is given to.
#[derive(Deserialize, ToSchema)]
struct Give {
    to: AgentId,
    /// A comment for them. ACC-9.
    #[serde(default)]
    comment: Option<Draft>,
}

#[derive(Deserialize, ToSchema)]
struct Take {
    /// Whom it is taken from; left out, only what nobody has is taken. ACC-5.
    #[serde(default)]
    from: Option<AgentId>,
}

/// Requests by the numbers that people say.
#[derive(Deserialize, ToSchema)]
struct Numbers {
    numbers: Vec<i64>,
}

#[derive(Deserialize, ToSchema)]
struct HandBack {
    /// Another category whose rules decide; left out, the request's own.
    #[serde(default)]
    category: Option<CategoryId>,
}

/// Who has it now.
#[derive(Serialize, ToSchema)]
struct Owner {
    owner: Option<AgentId>,
}

#[derive(Deserialize, ToSchema)]
struct Postpone {
    until: Until,
    /// One that postpones; left out, the first of them.
    #[serde(default)]
    status: Option<StatusId>,
}

#[derive(Deserialize, ToSchema)]
struct Attend {
    attention: Attention,
}

#[derive(Deserialize, ToSchema)]
struct Hear {
    hears: Hearing,
}

#[derive(Deserialize, ToSchema)]
struct MainContact {
    person: PersonId,
}

#[derive(Deserialize, ToSchema)]
struct Relate {
    number: i64,
    kind: RelationKind,
    #[serde(default)]
    comment: String,
}

#[derive(Deserialize, ToSchema)]
struct CloseChildren {
    /// Sent to each of their customers.
    #[serde(default)]
    answer: Option<Draft>,
}

/// How many it was done to.
#[derive(Serialize, ToSchema)]
struct Times {
    times: usize,
}

#[derive(Deserialize, ToSchema)]
struct SplitRequest {
    new: SplitOff,
    /// What goes over.
    messages: Vec<MessageId>,
}

#[derive(Deserialize, ToSchema)]
struct MergeRequests {
    /// Numbers of what is swallowed.
    from: Vec<i64>,
    /// The number whose title, owner and the like are kept; left out, those of the survivor.
    #[serde(default)]
    keep: Option<i64>,
    /// Properties that are kept of another number than `keep`.
    #[serde(default)]
    each: BTreeMap<Property, i64>,
    /// The same for custom fields, by their keys.
    #[serde(default)]
    fields: BTreeMap<String, i64>,
}

pub fn doors(doors: Doors) -> Doors {
    let doors = doors.chapter(Area::Requests, "Requests");
    let doors = opening(doors);
    let doors = ownership(doors);
    let doors = surroundings(doors);
    whole(doors)
}

fn opening(doors: Doors) -> Doors {
    doors
        .post("open_request", "/requests", "Opens a request.", |call: Call, (), new: NewTicket| async move {
            call.desk.open_ticket(&call.actor, new).await.map(Made)
        })
        .get(
            "read_request",
            "/requests/{number}",
            "A request with its thread and its log.",
            |call: Call, number: i64| async move {
                let (_, version) = call.desk.ticket_version(&call.actor, number).await?;
                Ok(Versioned(call.desk.ticket(&call.actor, number).await?, version))
            },
        )
        .find(
            "export_log_of_request",
            "/requests/{number}/log",
            "The log of a request as a file, in one's own words and time.",
            |call: Call, number: i64, of: OfFormat| async move {
                let id = call.ticket(number).await?;
                log_file(&call, LogOf::Request(id), of.format.unwrap_or(Format::Csv)).await
            },
        )
        .patch(
            "change_request",
            "/requests/{number}",
            "Changes what is named, all or nothing, in one step that can be taken back.",
            |call: Call, number: i64, change: TicketChange| async move {
                let (id, version) = call.desk.ticket_version(&call.actor, number).await?;
                call.desk.change_ticket(&call.actor, &id, change, call.seen.unwrap_or(version)).await.map(|()| Done)
            },
        )
        .delete(
            "delete_request",
            "/requests/{number}",
            "Puts a request into the bin.",
            |call: Call, number: i64| async move {
                call.desk.delete_ticket(&call.actor, &call.ticket(number).await?).await.map(|()| Done)
            },
        )
        .post(
            "restore_request",
            "/requests/{number}/restore",
            "Takes a request out of the bin.",
            |call: Call, number: i64, _: Nothing| async move {
                call.desk.restore_ticket(&call.actor, &call.ticket(number).await?).await.map(|()| Done)
            },
        )
        .post(
            "read_by_agent",
            "/requests/{number}/read",
            "Marks a request as read.",
            |call: Call, number: i64, _: Nothing| async move {
                call.desk.mark_read(&call.actor, &call.ticket(number).await?).await.map(|()| Done)
            },
        )
}

fn ownership(doors: Doors) -> Doors {
    doors
        .post(
            "take_request",
            "/requests/{number}/take",
            "Takes a request. Of several who try at once one gets it; the others are told who.",
            |call: Call, number: i64, take: Take| async move {
                call.desk.take(&call.actor, &call.ticket(number).await?, take.from.as_ref()).await.map(|()| Done)
            },
        )
        .post(
            "take_requests",
            "/requests/take",
            "Takes several, and says which it did not get.",
            |call: Call, (), of: Numbers| async move {
                let tickets = call.tickets(&of.numbers).await?;
                call.desk.take_many(&call.actor, &tickets).await.map(Json)
            },
        )
        .post(
            "take_next",
            "/requests/next",
            "Takes the next request of the queue.",
            |call: Call, (), _: Nothing| async move { call.desk.next_in_queue(&call.actor).await.map(Json) },
        )
        .post(
            "give_request",
            "/requests/{number}/give",
            "Gives a request to a colleague.",
            |call: Call, number: i64, give: Give| async move {
                call.desk
                    .transfer(&call.actor, &call.ticket(number).await?, &give.to, give.comment)
                    .await
                    .map(|()| Done)
            },
        )
        .post(
            "hand_back_request",
            "/requests/{number}/hand-back",
            "Lets the rules of a category decide whose it is.",
            |call: Call, number: i64, back: HandBack| async move {
                let id = call.ticket(number).await?;
                let owner = call.desk.hand_back(&call.actor, &id, back.category.as_ref()).await?;
                Ok(Json(Owner { owner }))
            },
        )
        .post(
            "release_request",
            "/requests/{number}/release",
            "Puts a request back among those that nobody has.",
            |call: Call, number: i64, _: Nothing| async move {
                call.desk.release(&call.actor, &call.ticket(number).await?).await.map(|()| Done)
            },
        )
        .post(
            "postpone_request",
            "/requests/{number}/postpone",
            "Lets a request rest until a time.",
            |call: Call, number: i64, rest: Postpone| async move {
                let id = call.ticket(number).await?;
                call.desk.postpone(&call.actor, &id, rest.until, rest.status.as_ref()).await.map(|()| Done)
            },
        )
        .post(
            "close_request",
            "/requests/{number}/close",
            "Closes a request.",
            |call: Call, number: i64, _: Nothing| async move {
                call.desk.close_ticket(&call.actor, &call.ticket(number).await?).await.map(|()| Done)
            },
        )
        .get(
            "before_closing",
            "/requests/{number}/before-closing",
            "What to think of before a request is closed.",
            |call: Call, number: i64| async move {
                call.desk.before_closing(&call.actor, &call.ticket(number).await?).await.map(Json)
            },
        )
        .get(
            "phases",
            "/requests/{number}/phases",
            "How long it waited for whom.",
            |call: Call, number: i64| async move {
                call.desk.phases(&call.actor, &call.ticket(number).await?).await.map(Json)
            },
        )
}

fn surroundings(doors: Doors) -> Doors {
    doors
        .get(
            "measures",
            "/requests/{number}/measures",
            "How long the first answer and the end took, inside the hours.",
            |call: Call, number: i64| async move {
                call.desk.measures(&call.actor, &call.ticket(number).await?).await.map(Json)
            },
        )
        .put(
            "add_favourite",
            "/requests/{number}/favourite",
            "Makes a request a favourite of one's own.",
            |call: Call, number: i64, _: Nothing| async move {
                call.desk.star(&call.actor, &call.ticket(number).await?, true).await.map(|()| Done)
            },
        )
        .delete(
            "remove_favourite",
            "/requests/{number}/favourite",
            "No favourite any more.",
            |call: Call, number: i64| async move {
                call.desk.star(&call.actor, &call.ticket(number).await?, false).await.map(|()| Done)
            },
        )
        .get(
            "followers",
            "/requests/{number}/followers",
            "Who is told about it without owning it.",
            |call: Call, number: i64| async move {
                call.desk.followers(&call.actor, &call.ticket(number).await?).await.map(Json)
            },
        )
        .put(
            "add_follower",
            "/requests/{number}/followers/{agent}",
            "Lets an agent follow a request.",
            |call: Call, (number, agent): (i64, AgentId), _: Nothing| async move {
                call.desk.follow_ticket(&call.actor, &call.ticket(number).await?, &agent, true).await.map(|()| Done)
            },
        )
        .delete(
            "remove_follower",
            "/requests/{number}/followers/{agent}",
            "No follower any more.",
            |call: Call, (number, agent): (i64, AgentId)| async move {
                call.desk.follow_ticket(&call.actor, &call.ticket(number).await?, &agent, false).await.map(|()| Done)
            },
        )
        .put(
            "hear_of",
            "/requests/{number}/following",
            "How much one hears of a request that one follows: all, what turns it, or nothing.",
            |call: Call, number: i64, change: Hear| async move {
                call.desk.hear_of(&call.actor, &call.ticket(number).await?, change.hears).await.map(|()| Done)
            },
        )
        .get(
            "viewers",
            "/requests/{number}/viewers",
            "Which colleagues have it on a screen just now, and who is writing on it.",
            |call: Call, number: i64| async move {
                call.desk.viewers(&call.actor, &call.ticket(number).await?).await.map(Json)
            },
        )
        .put(
            "attend_request",
            "/requests/{number}/viewers/{screen}",
            "Says what a screen does with it, and gets who else is there. To be said again every 20 seconds.",
            |call: Call, (number, screen): (i64, String), attend: Attend| async move {
                let id = call.ticket(number).await?;
                call.desk.attend(&call.actor, &id, &screen, attend.attention).await.map(Json)
            },
        )
        .put(
            "add_contact_of_request",
            "/requests/{number}/contacts/{person}",
            "Makes a person a contact of a request.",
            |call: Call, (number, person): (i64, PersonId), _: Nothing| async move {
                call.desk.add_ticket_contact(&call.actor, &call.ticket(number).await?, &person).await.map(|()| Done)
            },
        )
        .delete(
            "remove_contact_of_request",
            "/requests/{number}/contacts/{person}",
            "No contact of it any more.",
            |call: Call, (number, person): (i64, PersonId)| async move {
                call.desk.remove_ticket_contact(&call.actor, &call.ticket(number).await?, &person).await.map(|()| Done)
            },
        )
        .put(
            "set_main_contact",
            "/requests/{number}/main-contact",
            "Makes one of its contacts the main one.",
            |call: Call, number: i64, main: MainContact| async move {
                call.desk.make_main_contact(&call.actor, &call.ticket(number).await?, &main.person).await.map(|()| Done)
            },
        )
        .get("tags_of_request", "/requests/{number}/tags", "Its tags.", |call: Call, number: i64| async move {
            call.desk.tags_of(&call.actor, &call.ticket(number).await?).await.map(Json)
        })
        .put(
            "tag_request",
            "/requests/{number}/tags/{tag}",
            "Puts a tag on a request.",
            |call: Call, (number, tag): (i64, String), _: Nothing| async move {
                call.desk.add_tag(&call.actor, &call.ticket(number).await?, &tag).await.map(|()| Done)
            },
        )
        .delete(
            "untag_request",
            "/requests/{number}/tags/{tag}",
            "Takes a tag off.",
            |call: Call, (number, tag): (i64, String)| async move {
                call.desk.remove_tag(&call.actor, &call.ticket(number).await?, &tag).await.map(|()| Done)
            },
        )
        .get(
            "relations",
            "/requests/{number}/relations",
            "What it is related to.",
            |call: Call, number: i64| async move {
                call.desk.relations(&call.actor, &call.ticket(number).await?).await.map(Json)
            },
        )
        .post(
            "relate_request",
            "/requests/{number}/relations",
            "Relates it to another request.",
            |call: Call, number: i64, to: Relate| async move {
                let (id, other) = (call.ticket(number).await?, call.ticket(to.number).await?);
                let id = call.desk.relate(&call.actor, &id, &other, to.kind, &to.comment).await?;
                Ok(Made(MadeRelation { id }))
            },
        )
        .delete(
            "unrelate_request",
            "/requests/{number}/relations/{relation}",
            "Ends a relation.",
            |call: Call, (number, relation): (i64, RelationId)| async move {
                call.desk.unrelate(&call.actor, &call.ticket(number).await?, &relation).await.map(|()| Done)
            },
        )
        .post(
            "close_children",
            "/requests/{number}/close-children",
            "Closes its open children, with an answer if one is given.",
            |call: Call, number: i64, close: CloseChildren| async move {
                let times = call.desk.close_children(&call.actor, &call.ticket(number).await?, close.answer).await?;
                Ok(Json(Times { times }))
            },
        )
}

fn whole(doors: Doors) -> Doors {
    doors
        .post(
            "split_request",
            "/requests/{number}/split",
            "Moves messages into a request of their own.",
            |call: Call, number: i64, split: SplitRequest| async move {
                let id = call.ticket(number).await?;
                call.desk.split(&call.actor, &id, split.new, &split.messages).await.map(Made)
            },
        )
        .post(
            "merge_requests",
            "/requests/{number}/merge",
            "Swallows other requests.",
            |call: Call, number: i64, merge: MergeRequests| async move {
                let (into, from) = (call.ticket(number).await?, call.tickets(&merge.from).await?);
                let keep = match merge.keep {
                    Some(number) => Some(call.ticket(number).await?),
                    None => None,
                };
                let mut whole = Merge { into, from, keep, each: BTreeMap::new(), fields: BTreeMap::new() };
                for (property, number) in merge.each {
                    whole.each.insert(property, call.ticket(number).await?);
                }
                for (key, number) in merge.fields {
                    whole.fields.insert(key, call.ticket(number).await?);
                }
                call.desk.merge(&call.actor, whole).await.map(|()| Done)
            },
        )
        .post(
            "unmerge_request",
            "/requests/{number}/unmerge",
            "Gives back what was swallowed: the number is the swallowed one's.",
            |call: Call, number: i64, _: Nothing| async move {
                let swallowed = call.desk.swallowed(&call.actor, number).await?;
                call.desk.unmerge(&call.actor, &swallowed).await.map(|()| Done)
            },
        )
        .get(
            "steps_of_request",
            "/requests/{number}/steps",
            "What was done to it, newest first, and what of it can be taken back.",
            |call: Call, number: i64| async move {
                call.desk.steps(&call.actor, &call.ticket(number).await?).await.map(Json)
            },
        )
        .post("undo_step", "/steps/{step}/undo", "Takes a step back.", |call: Call, step: i64, _: Nothing| async move {
            call.desk.undo(&call.actor, step).await.map(|()| Done)
        })
        .post(
            "mark_spam",
            "/requests/spam",
            "Marks requests as spam, and says which it could not.",
            |call: Call, (), of: Numbers| async move {
                let tickets = call.tickets(&of.numbers).await?;
                call.desk.mark_spam(&call.actor, &tickets).await.map(Json)
            },
        )
}
