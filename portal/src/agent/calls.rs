//! Every server function of the workspace: the agents' private door onto the desk. Each is a public
//! endpoint, so the list stays in one file; the rules are behind it, in `desk`.

use crate::Fault;
#[cfg(not(target_family = "wasm"))]
use crate::visitor::{actor, desk};
use desk::model::*;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use server_fn::codec::Json;
use std::collections::BTreeMap;

/// What the frame around all pages needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    pub profile: Profile,
    pub choices: Choices,
    pub counts: Counts,
    /// Plugins that switched themselves off; for administrators.
    pub tripped: Vec<desk::model::Words>,
    pub switchboard: Switchboard,
}

#[server(prefix = "/call", endpoint = "load-frame", input = Json)]
pub async fn load_frame() -> Result<Frame, Fault> {
    let (desk, actor) = (desk(), actor());
    let profile = desk.profile(&actor).await?;
    Ok(Frame {
        profile,
        choices: desk.choices(&actor).await?,
        counts: desk.counts(&actor).await?,
        tripped: desk.tripped_plugins(&actor).await?,
        switchboard: desk.switchboard(&actor).await?,
    })
}

#[server(prefix = "/call", endpoint = "load-tripped", input = Json)]
pub async fn load_tripped() -> Result<Vec<desk::model::Words>, Fault> {
    Ok(desk().tripped_plugins(&actor()).await?)
}

#[server(prefix = "/call", endpoint = "load-switchboard", input = Json)]
pub async fn load_switchboard() -> Result<Switchboard, Fault> {
    Ok(desk().switchboard(&actor()).await?)
}

#[server(prefix = "/call", endpoint = "load-phone-calls", input = Json)]
pub async fn load_phone_calls(asked: CallsAsked) -> Result<Vec<PhoneCall>, Fault> {
    Ok(desk().phone_calls(&actor(), asked).await?)
}

#[server(prefix = "/call", endpoint = "settle-phone-call", input = Json)]
pub async fn settle_phone_call(id: PhoneCallId) -> Result<(), Fault> {
    Ok(desk().settle_phone_call(&actor(), &id).await?)
}

#[server(prefix = "/call", endpoint = "load-counts", input = Json)]
pub async fn load_counts() -> Result<Counts, Fault> {
    Ok(desk().counts(&actor()).await?)
}

#[server(prefix = "/call", endpoint = "load-list", input = Json)]
pub async fn load_list(list: List, after: Option<String>) -> Result<TicketPage, Fault> {
    Ok(desk().list(&actor(), list, after.as_deref()).await?)
}

#[server(prefix = "/call", endpoint = "load-ticket", input = Json)]
pub async fn load_ticket(number: i64) -> Result<Ticket, Fault> {
    Ok(desk().ticket(&actor(), number).await?)
}

#[server(prefix = "/call", endpoint = "read-ticket", input = Json)]
pub async fn read_ticket(id: TicketId) -> Result<(), Fault> {
    Ok(desk().mark_read(&actor(), &id).await?)
}

/// `from` is the holder that the agent saw and agreed to take over from. ACC-5, ACC-6.
#[server(prefix = "/call", endpoint = "take-ticket", input = Json)]
pub async fn take_ticket(id: TicketId, from: Option<AgentId>) -> Result<(), Fault> {
    Ok(desk().take(&actor(), &id, from.as_ref()).await?)
}

#[server(prefix = "/call", endpoint = "transfer-ticket", input = Json)]
pub async fn transfer_ticket(id: TicketId, to: AgentId, comment: Option<Draft>) -> Result<(), Fault> {
    Ok(desk().transfer(&actor(), &id, &to, comment).await?)
}

#[server(prefix = "/call", endpoint = "release-ticket", input = Json)]
pub async fn release_ticket(id: TicketId) -> Result<(), Fault> {
    Ok(desk().release(&actor(), &id).await?)
}

#[server(prefix = "/call", endpoint = "set-status", input = Json)]
pub async fn set_status(id: TicketId, status: StatusId) -> Result<(), Fault> {
    Ok(desk().set_status(&actor(), &id, &status).await?)
}

#[server(prefix = "/call", endpoint = "set-category", input = Json)]
pub async fn set_category(id: TicketId, category: CategoryId) -> Result<(), Fault> {
    Ok(desk().set_category(&actor(), &id, &category).await?)
}

#[server(prefix = "/call", endpoint = "set-priority", input = Json)]
pub async fn set_priority(id: TicketId, priority: PriorityId) -> Result<(), Fault> {
    Ok(desk().set_priority(&actor(), &id, &priority).await?)
}

#[server(prefix = "/call", endpoint = "set-type", input = Json)]
pub async fn set_type(id: TicketId, kind: RequestTypeId) -> Result<(), Fault> {
    Ok(desk().set_request_type(&actor(), &id, &kind).await?)
}

#[server(prefix = "/call", endpoint = "place-legal-hold", input = Json)]
pub async fn place_legal_hold(new: NewLegalHold) -> Result<LegalHoldId, Fault> {
    Ok(desk().place_legal_hold(&actor(), &new).await?)
}

#[server(prefix = "/call", endpoint = "lift-legal-hold", input = Json)]
pub async fn lift_legal_hold(id: LegalHoldId, reason: String) -> Result<(), Fault> {
    Ok(desk().lift_legal_hold(&actor(), &id, &reason).await?)
}

#[server(prefix = "/call", endpoint = "load-fields", input = Json)]
pub async fn load_fields(kind: Option<RequestTypeId>, category: Option<CategoryId>) -> Result<Vec<Field>, Fault> {
    Ok(desk().fields_at(&actor(), kind.as_ref(), category.as_ref()).await?)
}

#[server(prefix = "/call", endpoint = "set-fields", input = Json)]
pub async fn set_fields(id: TicketId, values: FieldValues) -> Result<(), Fault> {
    Ok(desk().set_fields(&actor(), &id, &values).await?)
}

/// Whom a reply goes to when nobody says otherwise, and who else is part of the conversation.
#[server(prefix = "/call", endpoint = "load-recipients", input = Json)]
pub async fn load_recipients(id: TicketId) -> Result<(Recipients, Vec<String>), Fault> {
    Ok(desk().usual_recipients(&actor(), &id).await?)
}

#[server(prefix = "/call", endpoint = "star-ticket", input = Json)]
pub async fn star_ticket(id: TicketId, on: bool) -> Result<(), Fault> {
    Ok(desk().star(&actor(), &id, on).await?)
}

/// The reply, and for how many seconds it can be called back.
#[server(prefix = "/call", endpoint = "send-reply", input = Json)]
pub async fn send_reply(id: TicketId, draft: Draft) -> Result<(MessageId, i64), Fault> {
    let hold = desk().reply_hold(&actor()).await?;
    let message = desk().reply(&actor(), &id, draft).await?;
    no_draft(id.as_str(), "reply").await;
    Ok((message, hold))
}

/// What was half-written is sent. It has its own key, so that one that stays behind is not sent twice.
#[cfg(not(target_family = "wasm"))]
async fn no_draft(place: &str, kind: &str) {
    desk().drop_draft(&actor(), place, kind).await.ok();
}

#[server(prefix = "/call", endpoint = "read-draft", input = Json)]
pub async fn read_draft(place: String, kind: String) -> Result<Option<Kept>, Fault> {
    Ok(desk().kept_draft(&actor(), &place, &kind).await?)
}

/// `version` is the one that was read; the answer is the one that is kept now, or none where another one is: that somebody
/// has two devices is no failure.
#[server(prefix = "/call", endpoint = "save-draft", input = Json)]
pub async fn save_draft(place: String, kind: String, body: String, version: i64) -> Result<Option<i64>, Fault> {
    match desk().keep_draft(&actor(), &place, &kind, &body, version).await {
        Err(desk::Error::Changed { .. }) => Ok(None),
        kept => Ok(Some(kept?)),
    }
}

#[server(prefix = "/call", endpoint = "drop-draft", input = Json)]
pub async fn drop_draft(place: String, kind: String) -> Result<(), Fault> {
    Ok(desk().drop_draft(&actor(), &place, &kind).await?)
}

/// All that one has half-written on a request, by kind.
#[server(prefix = "/call", endpoint = "read-drafts", input = Json)]
pub async fn read_drafts(id: TicketId) -> Result<Vec<(String, Kept)>, Fault> {
    Ok(desk().kept_drafts(&actor(), id.as_str()).await?)
}

/// What plugins take a request to be.
#[server(prefix = "/call", endpoint = "load-opinions", input = Json)]
pub async fn load_opinions(id: TicketId) -> Result<Vec<Opinion>, Fault> {
    Ok(desk().opinions(&actor(), &id).await?)
}

/// Yes or no to one of them.
#[server(prefix = "/call", endpoint = "settle-opinion", input = Json)]
pub async fn settle_opinion(id: OpinionId, yes: bool) -> Result<(), Fault> {
    match yes {
        true => desk().take_opinion(&actor(), &id).await?,
        false => desk().dismiss_opinion(&actor(), &id).await?,
    }
    Ok(())
}

/// What plugins know about a person.
#[server(prefix = "/call", endpoint = "load-findings", input = Json)]
pub async fn load_findings(id: PersonId) -> Result<Vec<Finding>, Fault> {
    Ok(desk().findings(&actor(), &id).await?)
}

/// What this screen does with a request, and who else is there. C-1.
#[server(prefix = "/call", endpoint = "attend", input = Json)]
pub async fn attend_ticket(id: TicketId, screen: String, attention: Attention) -> Result<Vec<Viewer>, Fault> {
    Ok(desk().attend(&actor(), &id, &screen, attention).await?)
}

#[server(prefix = "/call", endpoint = "load-viewers", input = Json)]
pub async fn load_viewers(id: TicketId) -> Result<Vec<Viewer>, Fault> {
    Ok(desk().viewers(&actor(), &id).await?)
}

#[server(prefix = "/call", endpoint = "call-back", input = Json)]
pub async fn call_back(id: TicketId, message: MessageId) -> Result<Draft, Fault> {
    let draft = desk().call_back(&actor(), &message).await?;
    // Kept beside what was begun since; the screen that called it back puts the two together.
    no_draft(id.as_str(), message.as_str()).await;
    Ok(draft)
}

#[server(prefix = "/call", endpoint = "add-comment", input = Json)]
pub async fn add_comment(id: TicketId, draft: Draft) -> Result<MessageId, Fault> {
    let comment = desk().comment(&actor(), &id, draft).await?;
    no_draft(id.as_str(), "comment").await;
    Ok(comment)
}

/// FLG-1: the flag that everybody sees.
#[server(prefix = "/call", endpoint = "flag-message", input = Json)]
pub async fn flag_message(id: MessageId, on: bool) -> Result<(), Fault> {
    Ok(desk().flag(&actor(), &id, on).await?)
}

/// One's own flag, with a note, or none; what was there before.
#[server(prefix = "/call", endpoint = "flag-own", input = Json)]
pub async fn flag_own(id: MessageId, note: Option<String>) -> Result<Option<OwnFlag>, Fault> {
    Ok(desk().flag_own(&actor(), &id, note.as_deref()).await?)
}

#[server(prefix = "/call", endpoint = "retry-delivery", input = Json)]
pub async fn retry_delivery(id: DeliveryId) -> Result<(), Fault> {
    Ok(desk().retry_delivery(&actor(), &id).await?)
}

#[server(prefix = "/call", endpoint = "load-templates", input = Json)]
pub async fn load_templates() -> Result<Vec<TemplateCard>, Fault> {
    Ok(desk().templates(&actor()).await?)
}

#[server(prefix = "/call", endpoint = "load-reply-templates", input = Json)]
pub async fn load_reply_templates() -> Result<Vec<ReplyTemplate>, Fault> {
    Ok(desk().reply_templates(&actor()).await?)
}

#[server(prefix = "/call", endpoint = "save-reply-template", input = Json)]
pub async fn save_reply_template(id: Option<ReplyTemplateId>, new: NewReplyTemplate) -> Result<ReplyTemplateId, Fault> {
    Ok(desk().save_reply_template(&actor(), id.as_ref(), new).await?)
}

#[server(prefix = "/call", endpoint = "delete-reply-template", input = Json)]
pub async fn delete_reply_template(id: ReplyTemplateId) -> Result<(), Fault> {
    Ok(desk().delete_reply_template(&actor(), &id).await?)
}

#[server(prefix = "/call", endpoint = "fill-template", input = Json)]
pub async fn fill_template(
    id: TicketId,
    name: String,
    language: Option<Language>,
    answers: BTreeMap<String, String>,
) -> Result<Rendered, Fault> {
    Ok(desk().fill_template(&actor(), &id, &name, language, &answers).await?)
}

#[server(prefix = "/call", endpoint = "find-callers", input = Json)]
pub async fn find_callers(query: String) -> Result<Vec<Caller>, Fault> {
    Ok(desk().find_callers(&actor(), &query).await?)
}

/// The request, and for how many seconds a letter that went along can be called back.
#[server(prefix = "/call", endpoint = "register-ticket", input = Json)]
pub async fn register_ticket(ticket: NewTicket) -> Result<(Opened, i64), Fault> {
    let hold = desk().reply_hold(&actor()).await?;
    let opened = desk().open_ticket(&actor(), ticket).await?;
    no_draft("new", "phone").await;
    Ok((opened, hold))
}

#[server(prefix = "/call", endpoint = "search-tickets", input = Json)]
pub async fn search_tickets(query: String, sift: Sift) -> Result<Hits, Fault> {
    Ok(desk().search_sifted(&actor(), &query, sift).await?)
}

#[server(prefix = "/call", endpoint = "load-notices", input = Json)]
pub async fn load_notices() -> Result<Vec<Notification>, Fault> {
    Ok(desk().notifications(&actor()).await?)
}

#[server(prefix = "/call", endpoint = "see-notices", input = Json)]
pub async fn see_notices() -> Result<(), Fault> {
    Ok(desk().see_notifications(&actor()).await?)
}

#[server(prefix = "/call", endpoint = "save-profile", input = Json)]
pub async fn save_profile(name: String, language: Language, signature: String) -> Result<(), Fault> {
    Ok(desk().save_profile(&actor(), &name, language, &signature).await?)
}

/// The address that a sign-in link belongs to; using it up takes a press on the button.
#[server(prefix = "/call", endpoint = "link-owner", input = Json)]
pub async fn link_owner(token: String) -> Result<String, Fault> {
    Ok(desk().link_owner(&token).await?)
}
