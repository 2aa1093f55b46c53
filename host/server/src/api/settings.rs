//! What an administrator decides: categories, statuses, priorities, hours, roles, teams and rules.

use super::{
    call::Call,
    door::Doors,
    parts::{Done, Json, Made, MadeCategory, MadeMailbox, MadeStatus, MadeTeam},
    people::Wishes,
};
use desk::{
    mailbox::MailboxSettings,
    model::{rule::*, *},
    settings::{NewCategory, NewMailbox},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
struct Password {
    password: String,
}

#[derive(Deserialize, ToSchema)]
struct StatusHeir {
    /// What its requests get; needed where there are any.
    #[serde(default)]
    to: Option<StatusId>,
}

#[derive(Deserialize, ToSchema)]
struct CategoryHeir {
    to: CategoryId,
}

#[derive(Deserialize, ToSchema)]
struct StatusOrder {
    statuses: Vec<StatusId>,
}

#[derive(Deserialize, ToSchema)]
struct TypeOrder {
    types: Vec<RequestTypeId>,
}

#[derive(Serialize, Deserialize, ToSchema)]
struct Hold {
    seconds: i64,
}

#[derive(Deserialize, ToSchema)]
struct RuleOrder {
    rules: Vec<RuleId>,
}

#[derive(Deserialize, ToSchema)]
struct SaveTeam {
    name: String,
    members: Vec<AgentId>,
}

#[derive(Deserialize, ToSchema)]
struct SaveAgreement {
    agreement: Agreement,
    /// For whom it stands.
    companies: Vec<CompanyId>,
}

#[derive(Deserialize, ToSchema)]
struct NameOrganisation {
    name: String,
    phone: String,
}

#[derive(Deserialize, ToSchema)]
struct KeepDeleted {
    days: i64,
}

/// What does not fit with what is there already.
#[derive(Serialize, ToSchema)]
struct Warnings {
    warnings: Vec<String>,
}

pub fn doors(doors: Doors) -> Doors {
    let doors = doors.chapter(Area::Settings, "Settings");
    let doors = categories(doors);
    let doors = standing(doors);
    let doors = people(doors);
    rules(doors)
}

fn categories(doors: Doors) -> Doors {
    doors
        .post("add_category", "/categories", "Adds a category.", |call: Call, (), new: NewCategory| async move {
            let id = call.desk.add_category(&call.actor, new).await?;
            Ok(Made(MadeCategory { id }))
        })
        .get(
            "read_category",
            "/categories/{category}",
            "How a category works.",
            |call: Call, id: CategoryId| async move { call.desk.category_settings(&call.actor, &id).await.map(Json) },
        )
        .put(
            "save_category",
            "/categories/{category}",
            "Changes how a category works.",
            |call: Call, id: CategoryId, new: CategorySettings| async move {
                call.desk.save_category(&call.actor, &id, new).await.map(|()| Done)
            },
        )
        .post(
            "delete_category",
            "/categories/{category}/delete",
            "Deletes a category; its requests go to another.",
            |call: Call, id: CategoryId, heir: CategoryHeir| async move {
                call.desk.delete_category(&call.actor, &id, &heir.to).await.map(|()| Done)
            },
        )
        .get(
            "house_style",
            "/categories/{category}/house-style",
            "What stands round every mail of a category.",
            |call: Call, id: CategoryId| async move { call.desk.house_style(&call.actor, &id).await.map(Json) },
        )
        .put(
            "save_house_style",
            "/categories/{category}/house-style",
            "What stands round every mail of a category; without a frame of its own, that of the categories above.",
            |call: Call, id: CategoryId, choice: StyleChoice| async move {
                call.desk.save_house_style(&call.actor, &id, choice.own).await.map(|()| Done)
            },
        )
        .ask(
            "preview_house_style",
            "/categories/{category}/house-style/preview",
            "A made-up mail in such a frame; nothing is changed.",
            |call: Call, id: CategoryId, style: HouseStyle| async move {
                call.desk.preview_house_style(&call.actor, &id, &style).await.map(Json)
            },
        )
        .put(
            "give_password",
            "/mailboxes/{mailbox}/password",
            "Tells the password of a mailbox that is fetched; its id stands in the configuration.",
            |call: Call, id: AccountId, new: Password| async move {
                call.desk.give_password(&call.actor, &id, &new.password).await.map(|()| Done)
            },
        )
        .get(
            "mailboxes",
            "/mailboxes",
            "Mailboxes as they are set up, without their passwords.",
            |call: Call, ()| async move { call.desk.mailbox_settings(&call.actor).await.map(Json) },
        )
        .put(
            "save_mailbox",
            "/mailboxes/{mailbox}",
            "Sets a mailbox up anew; an empty password leaves the one that it has.",
            |call: Call, id: AccountId, new: MailboxSettings| async move {
                call.desk.save_mailbox(&call.actor, &id, new).await.map(|()| Done)
            },
        )
        .post("add_mailbox", "/mailboxes", "Adds a mailbox.", |call: Call, (), new: NewMailbox| async move {
            let id = call.desk.add_mailbox(&call.actor, new).await?;
            Ok(Made(MadeMailbox { id }))
        })
}

fn standing(doors: Doors) -> Doors {
    doors
        .post("save_status", "/statuses", "Saves a status: a new one, or in place of the one with this id.", |call: Call, (), status: Status| async move {
            let id = call.desk.save_status(&call.actor, status).await?;
            Ok(Made(MadeStatus { id }))
        })
        .put("order_statuses", "/statuses/order", "In which order they are offered.", |call: Call, (), order: StatusOrder| async move {
            call.desk.order_statuses(&call.actor, &order.statuses).await.map(|()| Done)
        })
        .post("delete_status", "/statuses/{status}/delete", "Deletes a status.", |call: Call, id: StatusId, heir: StatusHeir| async move {
            call.desk.delete_status(&call.actor, &id, heir.to.as_ref()).await.map(|()| Done)
        })
        .get("transitions", "/transitions", "Every way from one state to another: what happens, what decides, where it leads and what comes with it.", |call: Call, ()| async move {
            call.desk.transitions(&call.actor).await.map(Json)
        })
        .get("priorities", "/priorities", "Priorities with their targets and escalation.", |call: Call, ()| async move {
            call.desk.priority_settings(&call.actor).await.map(Json)
        })
        .put("save_priority", "/priorities", "Saves a priority: a new one, or in place of the one with this id.", |call: Call, (), new: PrioritySettings| async move {
            call.desk.save_priority(&call.actor, new).await.map(|()| Done)
        })
        .delete("retire_priority", "/priorities/{priority}", "Retires a priority: requests that have it keep it.", |call: Call, id: PriorityId| async move {
            call.desk.retire_priority(&call.actor, &id).await.map(|()| Done)
        })
        .put("save_request_type", "/types", "Saves a request type: a new one, or in place of the one with this id.", |call: Call, (), new: RequestType| async move {
            call.desk.save_request_type(&call.actor, new).await.map(|()| Done)
        })
        .put("order_request_types", "/types/order", "In which order they are offered.", |call: Call, (), order: TypeOrder| async move {
            call.desk.order_request_types(&call.actor, &order.types).await.map(|()| Done)
        })
        .delete("retire_request_type", "/types/{type}", "Retires a type: requests that have it keep it.", |call: Call, id: RequestTypeId| async move {
            call.desk.retire_request_type(&call.actor, &id).await.map(|()| Done)
        })
        .put("save_default_preferences", "/preferences", "How everybody works who chose nothing else.", |call: Call, (), chosen: Chosen| async move {
            call.desk.save_default_preferences(&call.actor, &chosen).await.map(|()| Done)
        })
        .get("notice_defaults", "/notices", "Of what everybody is told who chose nothing else.", |call: Call, ()| async move {
            call.desk.notice_defaults(&call.actor).await.map(Json)
        })
        .put("choose_notices_for_everybody", "/notices", "Of what everybody is told who chose nothing else.", |call: Call, (), new: Wishes| async move {
            call.desk.choose_notices_for_everybody(&call.actor, &new.wishes).await.map(|()| Done)
        })
        .get("reminders", "/reminders", "Of what agents are reminded in the morning.", |call: Call, ()| async move {
            call.desk.reminders(&call.actor).await.map(Json)
        })
        .put("save_reminders", "/reminders", "Of what agents are reminded in the morning.", |call: Call, (), new: Reminders| async move {
            call.desk.save_reminders(&call.actor, new).await.map(|()| Done)
        })
        .get("reply_hold", "/reply-hold", "How long a reply can be called back.", |call: Call, ()| async move {
            let seconds = call.desk.reply_hold(&call.actor).await?;
            Ok(Json(Hold { seconds }))
        })
        .put("hold_replies", "/reply-hold", "How long a reply can be called back.", |call: Call, (), hold: Hold| async move {
            call.desk.hold_replies(&call.actor, hold.seconds).await.map(|()| Done)
        })
        .get("house_rules", "/house-rules", "How the house does things, and who decided each value.", |call: Call, ()| async move {
            call.desk.house_rules(&call.actor).await.map(Json)
        })
        .put("save_house_rules", "/house-rules", "How the house does things; what is left out is left to Saker.", |call: Call, (), chosen: ChosenHouseRules| async move {
            call.desk.save_house_rules(&call.actor, &chosen).await.map(|()| Done)
        })
        .get("api_limit", "/api-limit", "How often programs may call, each key for itself.", |call: Call, ()| async move {
            call.desk.api_limit().await.map(Json)
        })
        .put("limit_api", "/api-limit", "How often programs may call, each key for itself.", |call: Call, (), limit: ApiLimit| async move {
            call.desk.limit_api(&call.actor, limit).await.map(|()| Done)
        })
        .get("calendars", "/calendars", "Opening hours.", |call: Call, ()| async move { call.desk.calendars(&call.actor).await.map(Json) })
        .put("save_calendar", "/calendars", "Saves opening hours: new ones, or in place of those with this id.", |call: Call, (), new: CalendarCard| async move {
            call.desk.save_calendar(&call.actor, new).await.map(|()| Done)
        })
        .delete("delete_calendar", "/calendars/{calendar}", "Takes opening hours away that nothing goes by.", |call: Call, id: CalendarId| async move {
            call.desk.delete_calendar(&call.actor, &id).await.map(|()| Done)
        })
        .get("agreements", "/agreements", "What was agreed with customers about times, and with whom.", |call: Call, ()| async move {
            call.desk.agreements(&call.actor).await.map(Json)
        })
        .delete("end_agreement", "/agreements/{agreement}", "Ends an agreement.", |call: Call, id: AgreementId| async move {
            call.desk.end_agreement(&call.actor, &id).await.map(|()| Done)
        })
        .put("save_agreement", "/agreements", "What was agreed with customers about times.", |call: Call, (), new: SaveAgreement| async move {
            call.desk.save_agreement(&call.actor, new.agreement, &new.companies).await.map(|()| Done)
        })
        .get("organisation", "/organisation", "What customers call us.", |call: Call, ()| async move { call.desk.organisation().await.map(Json) })
        .put("name_organisation", "/organisation", "What customers call us.", |call: Call, (), new: NameOrganisation| async move {
            call.desk.name_organisation(&call.actor, &new.name, &new.phone).await.map(|()| Done)
        })
        .put("keep_deleted_for", "/bin/days", "How long the bin keeps requests.", |call: Call, (), keep: KeepDeleted| async move {
            call.desk.keep_deleted_for(&call.actor, keep.days).await.map(|()| Done)
        })
}

fn people(doors: Doors) -> Doors {
    doors
        .get("roles", "/roles", "Roles.", |call: Call, ()| async move { call.desk.roles(&call.actor).await.map(Json) })
        .put(
            "save_role",
            "/roles",
            "Saves a role: a new one, or in place of the one with this id.",
            |call: Call, (), role: Role| async move { call.desk.save_role(&call.actor, role).await.map(|()| Done) },
        )
        .delete("delete_role", "/roles/{role}", "Deletes a role.", |call: Call, id: RoleId| async move {
            call.desk.delete_role(&call.actor, &id).await.map(|()| Done)
        })
        .get("teams", "/teams", "Teams.", |call: Call, ()| async move { call.desk.teams(&call.actor).await.map(Json) })
        .post("add_team", "/teams", "Adds a team.", |call: Call, (), new: SaveTeam| async move {
            let id = call.desk.save_team(&call.actor, None, &new.name, &new.members).await?;
            Ok(Made(MadeTeam { id }))
        })
        .put("save_team", "/teams/{team}", "Changes a team.", |call: Call, id: TeamId, new: SaveTeam| async move {
            call.desk.save_team(&call.actor, Some(&id), &new.name, &new.members).await.map(|_| Done)
        })
        .delete("delete_team", "/teams/{team}", "Deletes a team.", |call: Call, id: TeamId| async move {
            call.desk.delete_team(&call.actor, &id).await.map(|()| Done)
        })
}

fn rules(doors: Doors) -> Doors {
    doors
        .get("rules", "/rules", "Rules, in their order.", |call: Call, ()| async move {
            call.desk.rules(&call.actor).await.map(Json)
        })
        .put(
            "save_rule",
            "/rules",
            "Saves a rule: a new one, or in place of the one with this id.",
            |call: Call, (), rule: Rule| async move { call.desk.save_rule(&call.actor, rule).await.map(|()| Done) },
        )
        .ask(
            "try_rule",
            "/rules/try",
            "What a rule would have done in the last seven days.",
            |call: Call, (), rule: Rule| async move { call.desk.try_rule(&call.actor, &rule).await.map(Json) },
        )
        .ask(
            "try_arrival",
            "/routing/try",
            "What would become of a mail or a form that came now, and why; nothing is written.",
            |call: Call, (), arriving: Arriving| async move {
                call.desk.try_arrival(&call.actor, &arriving).await.map(Json)
            },
        )
        .put(
            "order_rules",
            "/rules/order",
            "In which order they are asked.",
            |call: Call, (), order: RuleOrder| async move {
                call.desk.order_rules(&call.actor, &order.rules).await.map(|()| Done)
            },
        )
        .get("rule_runs", "/rules/{rule}/runs", "What a rule did.", |call: Call, id: RuleId| async move {
            call.desk.rule_runs(&call.actor, &id).await.map(Json)
        })
        .delete("delete_rule", "/rules/{rule}", "Deletes a rule.", |call: Call, id: RuleId| async move {
            call.desk.delete_rule(&call.actor, &id).await.map(|()| Done)
        })
        .get("relation_rules", "/relation-rules", "Rules about parents and children.", |call: Call, ()| async move {
            call.desk.relation_rules(&call.actor).await.map(Json)
        })
        .put(
            "save_relation_rule",
            "/relation-rules",
            "Saves a rule about parents and children.",
            |call: Call, (), rule: RelationRule| async move {
                let warnings = call.desk.save_relation_rule(&call.actor, rule).await?;
                Ok(Json(Warnings { warnings }))
            },
        )
        .delete(
            "delete_relation_rule",
            "/relation-rules/{rule}",
            "Deletes a rule about parents and children.",
            |call: Call, id: RelationRuleId| async move {
                call.desk.delete_relation_rule(&call.actor, &id).await.map(|()| Done)
            },
        )
}
