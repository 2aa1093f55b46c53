//! What is said in a request: replies, comments, files, helpers from outside.

use super::{
    call::Call,
    door::Doors,
    parts::{Done, File, Json, Made, MadeMessage, MadeRedaction, MadeReplyTemplate, MadeSide, Nothing, Raw},
};
use desk::model::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

#[derive(Deserialize, ToSchema)]
struct Redact {
    /// Texts that are blacked out wherever they stand.
    parts: Vec<String>,
    reason: String,
}

#[derive(Deserialize, ToSchema)]
struct NewFlag {
    /// What it is there for.
    #[serde(default)]
    note: String,
}

#[derive(Deserialize, IntoParams)]
struct OfFlags {
    /// All, where nothing is said.
    #[param(inline)]
    which: Option<Flags>,
    /// `next` of the page before.
    after: Option<String>,
}

#[derive(Deserialize, ToSchema)]
struct SplitMessage {
    divided: Divided,
    new: SplitOff,
}

/// Another request, by its number.
#[derive(Deserialize, ToSchema)]
struct MoveTo {
    number: i64,
}

#[derive(Deserialize, IntoParams)]
struct Answering {
    /// The message that is answered; left out, the latest.
    message: Option<String>,
}

#[derive(Deserialize, ToSchema)]
struct Fill {
    /// Name of the template.
    template: String,
    /// Left out, the customer's.
    #[serde(default)]
    language: Option<Language>,
    /// To what the template asks, by name, as somebody would type them.
    #[serde(default)]
    answers: BTreeMap<String, String>,
}

/// HTML that is safe to show.
#[derive(Serialize, ToSchema)]
struct Html {
    html: String,
}

#[derive(Deserialize, ToSchema)]
struct KeepDraft {
    body: String,
    /// The version that was read; 0 for a new one.
    version: i64,
}

#[derive(Serialize, ToSchema)]
struct DraftVersion {
    version: i64,
}

pub fn doors(doors: Doors) -> Doors {
    let doors = doors.chapter(Area::Requests, "Messages");
    let doors = saying(doors);
    let doors = mending(doors);
    helpers(doors)
}

fn saying(doors: Doors) -> Doors {
    doors
        .post(
            "reply",
            "/requests/{number}/replies",
            "Answers the customer.",
            |call: Call, number: i64, draft: Draft| async move {
                let id = call.desk.reply(&call.actor, &call.ticket(number).await?, draft).await?;
                Ok(Made(MadeMessage { id }))
            },
        )
        .find("begin_reply", "/requests/{number}/reply", "A reply to begin with: for whom, what is quoted, which status goes with it.", |call: Call, number: i64, to: Answering| async move {
            let id = call.ticket(number).await?;
            call.desk.begin_reply(&call.actor, &id, to.message.map(MessageId).as_ref()).await.map(Json)
        })
        .post("call_back", "/messages/{message}/call-back", "Calls a reply back before it leaves; it is a draft again.", |call: Call, id: MessageId, _: Nothing| async move {
            call.desk.call_back(&call.actor, &id).await.map(Json)
        })
        .get("insertable", "/requests/{number}/insertable", "What of a request can be put into a message.", |call: Call, number: i64| async move {
            call.desk.insertable(&call.actor, &call.ticket(number).await?).await.map(Json)
        })
        .post("retry_delivery", "/deliveries/{delivery}/retry", "Sends a mail again that could not be delivered.", |call: Call, id: DeliveryId, _: Nothing| async move {
            call.desk.retry_delivery(&call.actor, &id).await.map(|()| Done)
        })
        .post(
            "comment",
            "/requests/{number}/comments",
            "Adds a comment that no customer sees.",
            |call: Call, number: i64, draft: Draft| async move {
                let id = call.desk.comment(&call.actor, &call.ticket(number).await?, draft).await?;
                Ok(Made(MadeMessage { id }))
            },
        )
        .post(
            "upload_file",
            "/uploads/{name}",
            "Takes a file, up to 25 MB; what comes back goes into a draft.",
            |call: Call, name: String, raw: Raw| async move {
                let upload = call.desk.store_upload(&name, &raw.mime, raw.bytes.to_vec()).await?;
                Ok(Made(upload))
            },
        )
        .get(
            "reply_templates",
            "/reply-templates",
            "Replies that agents wrote beforehand: one's own and shared ones.",
            |call: Call, ()| async move { call.desk.reply_templates(&call.actor).await.map(Json) },
        )
        .post(
            "add_reply_template",
            "/reply-templates",
            "Writes one: Markdown with places such as `{{ customer.first }}`.",
            |call: Call, (), new: NewReplyTemplate| async move {
                let id = call.desk.save_reply_template(&call.actor, None, new).await?;
                Ok(Made(MadeReplyTemplate { id }))
            },
        )
        .put(
            "save_reply_template",
            "/reply-templates/{template}",
            "Changes one; a shared one is its author's and administrators' to change.",
            |call: Call, id: ReplyTemplateId, new: NewReplyTemplate| async move {
                call.desk.save_reply_template(&call.actor, Some(&id), new).await.map(|_| Done)
            },
        )
        .delete(
            "delete_reply_template",
            "/reply-templates/{template}",
            "Deletes one.",
            |call: Call, id: ReplyTemplateId| async move {
                call.desk.delete_reply_template(&call.actor, &id).await.map(|()| Done)
            },
        )
        .get("templates", "/templates", "Templates for replies. Those called `own/…` agents wrote: they are for the composer, and no rule or form sends them.", |call: Call, ()| async move {
            call.desk.templates(&call.actor).await.map(Json)
        })
        .ask(
            "fill_template",
            "/requests/{number}/fill-template",
            "A template, filled in for a request.",
            |call: Call, number: i64, fill: Fill| async move {
                let id = call.ticket(number).await?;
                call.desk
                    .fill_template(&call.actor, &id, &fill.template, fill.language, &fill.answers)
                    .await
                    .map(Json)
            },
        )
        .get(
            "read_draft",
            "/drafts/{place}/{kind}",
            "What was half-written: a request's number or `new`, and `reply` or `comment`.",
            |call: Call, (place, kind): (String, String)| async move {
                let kept = call.desk.kept_draft(&call.actor, &place, &kind).await?;
                kept.map(Json).ok_or(desk::Error::NotFound)
            },
        )
        .put(
            "keep_draft",
            "/drafts/{place}/{kind}",
            "Keeps it, on all devices.",
            |call: Call, (place, kind): (String, String), keep: KeepDraft| async move {
                let version = call.desk.keep_draft(&call.actor, &place, &kind, &keep.body, keep.version).await?;
                Ok(Json(DraftVersion { version }))
            },
        )
        .delete(
            "drop_draft",
            "/drafts/{place}/{kind}",
            "Throws it away.",
            |call: Call, (place, kind): (String, String)| async move {
                call.desk.drop_draft(&call.actor, &place, &kind).await.map(|()| Done)
            },
        )
}

fn mending(doors: Doors) -> Doors {
    doors
        .get(
            "message_html",
            "/messages/{message}/html",
            "A message as HTML that is safe to show.",
            |call: Call, id: MessageId| async move {
                let html = call.desk.message_html(&call.actor, &id, "").await?;
                Ok(Json(Html { html }))
            },
        )
        .get(
            "message_source",
            "/messages/{message}/source",
            "The mail as it came.",
            |call: Call, id: MessageId| async move {
                let bytes = call.desk.message_source(&call.actor, &id).await?;
                Ok(File { name: "message.eml".to_owned(), mime: "message/rfc822".to_owned(), bytes })
            },
        )
        .get(
            "attachment",
            "/attachments/{attachment}",
            "A file, as it came.",
            |call: Call, id: AttachmentId| async move {
                let (about, bytes) = call.desk.attachment(&call.actor, &id).await?;
                Ok(File { name: about.name, mime: "application/octet-stream".to_owned(), bytes })
            },
        )
        .patch(
            "change_message",
            "/messages/{message}",
            "Changes time, charge or access of a message, or takes files out.",
            |call: Call, id: MessageId, change: MessageChange| async move {
                call.desk.change_message(&call.actor, &id, change).await.map(|()| Done)
            },
        )
        .put(
            "flag_message",
            "/messages/{message}/flag",
            "Flags a message.",
            |call: Call, id: MessageId, _: Nothing| async move {
                call.desk.flag(&call.actor, &id, true).await.map(|()| Done)
            },
        )
        .delete(
            "unflag_message",
            "/messages/{message}/flag",
            "Takes the flag off.",
            |call: Call, id: MessageId| async move { call.desk.flag(&call.actor, &id, false).await.map(|()| Done) },
        )
        .put(
            "flag_message_for_oneself",
            "/messages/{message}/flag/own",
            "Puts one's own flag on a message, with a note; what was there before.",
            |call: Call, id: MessageId, new: NewFlag| async move {
                call.desk.flag_own(&call.actor, &id, Some(&new.note)).await.map(Json)
            },
        )
        .delete(
            "unflag_message_for_oneself",
            "/messages/{message}/flag/own",
            "Takes one's own flag off.",
            |call: Call, id: MessageId| async move { call.desk.flag_own(&call.actor, &id, None).await.map(|_| Done) },
        )
        .find(
            "flagged_messages",
            "/flagged",
            "A page of flagged messages: shared ones, one's own, or all.",
            |call: Call, (), of: OfFlags| async move {
                let which = of.which.unwrap_or(Flags::All);
                call.desk.flagged(&call.actor, which, of.after.as_deref()).await.map(Json)
            },
        )
        .post(
            "move_message",
            "/messages/{message}/move",
            "Moves a message to another request.",
            |call: Call, id: MessageId, to: MoveTo| async move {
                let to = call.ticket(to.number).await?;
                call.desk.move_message(&call.actor, &id, &to).await.map(|()| Done)
            },
        )
        .post(
            "split_message",
            "/messages/{message}/split",
            "Splits one message in two, the second in a request of its own.",
            |call: Call, id: MessageId, split: SplitMessage| async move {
                call.desk.split_message(&call.actor, &id, split.divided, split.new).await.map(Made)
            },
        )
        .get(
            "redactions",
            "/messages/{message}/redactions",
            "What was blacked out, by whom and why.",
            |call: Call, id: MessageId| async move { call.desk.redactions(&call.actor, &id).await.map(Json) },
        )
        .post(
            "redact_message",
            "/messages/{message}/redactions",
            "Blacks something out; what it said before is kept in the history.",
            |call: Call, id: MessageId, redact: Redact| async move {
                let id = call.desk.redact(&call.actor, &id, &redact.parts, &redact.reason).await?;
                Ok(Made(MadeRedaction { id }))
            },
        )
        .delete(
            "erase_redacted",
            "/messages/{message}/redactions",
            "Erases for good what was blacked out.",
            |call: Call, id: MessageId| async move { call.desk.erase_redacted(&call.actor, &id).await.map(|()| Done) },
        )
}

fn helpers(doors: Doors) -> Doors {
    doors
        .get(
            "sides",
            "/requests/{number}/sides",
            "Conversations with helpers from outside.",
            |call: Call, number: i64| async move {
                call.desk.sides(&call.actor, &call.ticket(number).await?).await.map(Json)
            },
        )
        .post(
            "ask_helper",
            "/requests/{number}/sides",
            "Asks somebody outside; the customer sees nothing of it.",
            |call: Call, number: i64, question: Question| async move {
                let id = call.desk.ask_helper(&call.actor, &call.ticket(number).await?, question).await?;
                Ok(Made(MadeSide { id }))
            },
        )
        .post(
            "write_helper",
            "/sides/{side}/messages",
            "Writes to them again.",
            |call: Call, side: SideId, further: Further| async move {
                call.desk.write_helper(&call.actor, &side, further).await.map(|()| Done)
            },
        )
        .post(
            "end_side",
            "/sides/{side}/end",
            "Waits for them no more.",
            |call: Call, side: SideId, _: Nothing| async move {
                call.desk.end_side(&call.actor, &side).await.map(|()| Done)
            },
        )
}
