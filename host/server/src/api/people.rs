//! People: who asks, whom they belong to, who works here, and oneself.

use super::{
    call::Call,
    door::Doors,
    parts::{After, Done, Json, Made, MadeAbsence, MadeAgent, MadeCompany, MadePerson, Nothing},
};
use desk::{
    model::*,
    person::{NewCompany, NewContact},
    settings::NewAgent,
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

#[derive(Deserialize, IntoParams)]
struct WhoCalls {
    /// A name, an address, or a number.
    q: String,
}

#[derive(Deserialize, ToSchema)]
struct Twins {
    /// Contacts that are this one too.
    from: Vec<PersonId>,
}

#[derive(Deserialize, ToSchema)]
struct TwinCompanies {
    /// Companies that are this one too.
    from: Vec<CompanyId>,
}

#[derive(Deserialize, ToSchema)]
struct Me {
    name: String,
    language: Language,
    signature: String,
}

#[derive(Deserialize, ToSchema)]
struct Roles {
    roles: Vec<RoleId>,
}

#[derive(Deserialize, ToSchema)]
pub struct Wishes {
    pub wishes: Vec<NoticeWish>,
}

#[derive(Deserialize, ToSchema)]
struct Away {
    away: bool,
}

#[derive(Deserialize, ToSchema)]
struct SkillsSaid {
    skills: Vec<Skill>,
}

#[derive(Deserialize, ToSchema)]
struct WorkingHours {
    /// None is whenever they are there.
    calendar: Option<CalendarId>,
}

#[derive(Deserialize, IntoParams)]
struct Named {
    /// Letters of the name; without them all.
    name: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
}

#[derive(Deserialize, ToSchema)]
struct Capacity {
    /// Open requests at most; none is any number.
    most: Option<i64>,
}

pub fn doors(doors: Doors) -> Doors {
    let doors = customers(doors.chapter(Area::People, "People"));
    let doors = agents(doors.chapter(Area::Settings, "Agents"));
    me(doors.chapter(Area::Requests, "Oneself"))
}

fn customers(doors: Doors) -> Doors {
    doors
        .find(
            "find_callers",
            "/people",
            "Who might be calling, with their requests.",
            |call: Call, (), who: WhoCalls| async move { call.desk.find_callers(&call.actor, &who.q).await.map(Json) },
        )
        .find(
            "phone_calls",
            "/phone-calls",
            "The caller log, the newest first, fifty at a time.",
            |call: Call, (), asked: CallsAsked| async move { call.desk.phone_calls(&call.actor, asked).await.map(Json) },
        )
        .get(
            "switchboard",
            "/phone-calls/now",
            "What rings for this agent just now, and how many missed calls wait.",
            |call: Call, ()| async move { call.desk.switchboard(&call.actor).await.map(Json) },
        )
        .post(
            "settle_phone_call",
            "/phone-calls/{call}/settle",
            "A missed call is dealt with.",
            |call: Call, id: PhoneCallId, _: Nothing| async move {
                call.desk.settle_phone_call(&call.actor, &id).await.map(|()| Done)
            },
        )
        .post("add_person", "/people", "Adds a contact.", |call: Call, (), new: NewContact| async move {
            let id = call.desk.add_contact(&call.actor, new).await?;
            Ok(Made(MadePerson { id }))
        })
        .get(
            "read_person",
            "/people/{person}",
            "What is known about a contact.",
            |call: Call, id: PersonId| async move { call.desk.contact_settings(&call.actor, &id).await.map(Json) },
        )
        .put(
            "save_person",
            "/people/{person}",
            "Changes a contact.",
            |call: Call, id: PersonId, new: ContactSettings| async move {
                call.desk.save_contact(&call.actor, &id, new).await.map(|()| Done)
            },
        )
        .post(
            "merge_people",
            "/people/{person}/merge",
            "Makes one contact of several. Their ids lead to this one from now on.",
            |call: Call, id: PersonId, twins: Twins| async move {
                call.desk.merge_people(&call.actor, &id, &twins.from).await.map(|()| Done)
            },
        )
        .post(
            "unmerge_person",
            "/people/{person}/unmerge",
            "Takes a contact that was merged out again, with what it brought.",
            |call: Call, id: PersonId, _: Nothing| async move {
                call.desk.unmerge_person(&call.actor, &id).await.map(|()| Done)
            },
        )
        .find("companies", "/companies", "A page of companies by their name.", |call: Call, (), named: Named| async move {
            let letters = named.name.unwrap_or_default();
            call.desk.companies(&call.actor, &letters, named.after.as_deref()).await.map(Json)
        })
        .post("add_company", "/companies", "Adds a company.", |call: Call, (), new: NewCompany| async move {
            let id = call.desk.add_company(&call.actor, new).await?;
            Ok(Made(MadeCompany { id }))
        })
        .get("read_company", "/companies/{company}", "A company.", |call: Call, id: CompanyId| async move {
            call.desk.company_settings(&call.actor, &id).await.map(Json)
        })
        .put(
            "save_company",
            "/companies/{company}",
            "Changes a company.",
            |call: Call, id: CompanyId, new: CompanySettings| async move {
                call.desk.save_company(&call.actor, &id, new).await.map(|()| Done)
            },
        )
        .post(
            "merge_companies",
            "/companies/{company}/merge",
            "Makes one company of several. Their ids lead to this one from now on.",
            |call: Call, id: CompanyId, twins: TwinCompanies| async move {
                call.desk.merge_companies(&call.actor, &id, &twins.from).await.map(|()| Done)
            },
        )
        .get(
            "dossier",
            "/people/{person}/dossier",
            "All that is kept about a person, for them.",
            |call: Call, id: PersonId| async move { call.desk.dossier(&call.actor, &id).await.map(Json) },
        )
        .delete(
            "erase_person",
            "/people/{person}",
            "Erases a person for good; statistics stay.",
            |call: Call, id: PersonId| async move { call.desk.erase_person(&call.actor, &id).await.map(|()| Done) },
        )
}

fn agents(doors: Doors) -> Doors {
    doors
        .post("add_agent", "/agents", "Adds somebody who works here.", |call: Call, (), new: NewAgent| async move {
            let id = call.desk.add_agent(&call.actor, new).await?;
            Ok(Made(MadeAgent { id }))
        })
        .post(
            "disable_agent",
            "/agents/{agent}/disable",
            "They work here no more; their requests go where the rules say.",
            |call: Call, id: AgentId, _: Nothing| async move {
                call.desk.disable_agent(&call.actor, &id).await.map(|()| Done)
            },
        )
        .post(
            "enable_agent",
            "/agents/{agent}/enable",
            "They work here again.",
            |call: Call, id: AgentId, _: Nothing| async move {
                call.desk.enable_agent(&call.actor, &id).await.map(|()| Done)
            },
        )
        .put(
            "set_roles",
            "/agents/{agent}/roles",
            "What they may do.",
            |call: Call, id: AgentId, new: Roles| async move {
                call.desk.set_roles(&call.actor, &id, &new.roles).await.map(|()| Done)
            },
        )
        .put(
            "set_away",
            "/agents/{agent}/away",
            "Away for now, or back.",
            |call: Call, id: AgentId, new: Away| async move {
                call.desk.set_away(&call.actor, &id, new.away).await.map(|()| Done)
            },
        )
        .put(
            "set_capacity",
            "/agents/{agent}/capacity",
            "How many open requests they get at most.",
            |call: Call, id: AgentId, new: Capacity| async move {
                call.desk.set_capacity(&call.actor, &id, new.most).await.map(|()| Done)
            },
        )
        .put(
            "set_working_hours",
            "/agents/{agent}/working-hours",
            "The opening hours that they work in: by the rules nothing comes to them outside of these.",
            |call: Call, id: AgentId, new: WorkingHours| async move {
                call.desk.set_working_hours(&call.actor, &id, new.calendar.as_ref()).await.map(|()| Done)
            },
        )
        .get("work_of", "/agents/{agent}", "How somebody works here.", |call: Call, id: AgentId| async move {
            call.desk.work_of(&call.actor, &id).await.map(Json)
        })
        .get("skills", "/skills", "What everybody who works here can do.", |call: Call, ()| async move {
            call.desk.skills(&call.actor).await.map(Json)
        })
        .put(
            "set_skills",
            "/agents/{agent}/skills",
            "Says what somebody can do, in place of what was said before.",
            |call: Call, id: AgentId, new: SkillsSaid| async move {
                call.desk.set_skills(&call.actor, &id, &new.skills).await.map(|()| Done)
            },
        )
        .get(
            "skills_wanted",
            "/skills/wanted",
            "What requests ask for, by category, type and tag.",
            |call: Call, ()| async move { call.desk.skills_wanted(&call.actor).await.map(Json) },
        )
        .put(
            "want_skills",
            "/skills/wanted",
            "Says what the requests of a category, of a type or with a tag ask for.",
            |call: Call, (), wanted: SkillsWanted| async move {
                call.desk.want_skills(&call.actor, &wanted).await.map(|()| Done)
            },
        )
        .get(
            "absences",
            "/agents/{agent}/absences",
            "When they will be absent.",
            |call: Call, id: AgentId| async move { call.desk.absences(&call.actor, &id).await.map(Json) },
        )
        .post(
            "plan_absence",
            "/agents/{agent}/absences",
            "Plans an absence.",
            |call: Call, id: AgentId, absence: Absence| async move {
                let id = call.desk.plan_absence(&call.actor, &id, absence).await?;
                Ok(Made(MadeAbsence { id }))
            },
        )
        .delete(
            "cancel_absence",
            "/agents/{agent}/absences/{absence}",
            "Not absent after all.",
            |call: Call, (agent, id): (AgentId, AbsenceId)| async move {
                call.desk.cancel_absence(&call.actor, &agent, &id).await.map(|()| Done)
            },
        )
}

fn me(doors: Doors) -> Doors {
    doors
        .get("profile", "/me", "As whom this key acts.", |call: Call, ()| async move {
            call.desk.profile(&call.actor).await.map(Json)
        })
        .put("save_profile", "/me", "Name, language and signature.", |call: Call, (), new: Me| async move {
            call.desk.save_profile(&call.actor, &new.name, new.language, &new.signature).await.map(|()| Done)
        })
        .get(
            "choices",
            "/choices",
            "Statuses, categories, priorities and colleagues to choose from.",
            |call: Call, ()| async move { call.desk.choices(&call.actor).await.map(Json) },
        )
        .get(
            "preferences",
            "/me/preferences",
            "How one works, and who decided each value.",
            |call: Call, ()| async move { call.desk.preferences(&call.actor).await.map(Json) },
        )
        .put(
            "save_preferences",
            "/me/preferences",
            "Chooses for oneself; what is left out is left to the administrator.",
            |call: Call, (), chosen: Chosen| async move {
                call.desk.save_preferences(&call.actor, &chosen).await.map(|()| Done)
            },
        )
        .get(
            "notice_choices",
            "/me/notices",
            "Of what one is told, in which way, and who decided it.",
            |call: Call, ()| async move { call.desk.notice_choices(&call.actor).await.map(Json) },
        )
        .put(
            "choose_notices",
            "/me/notices",
            "Chooses of what one is told.",
            |call: Call, (), new: Wishes| async move {
                call.desk.choose_notices(&call.actor, &new.wishes).await.map(|()| Done)
            },
        )
        .get("visits", "/me/visits", "Requests that were opened lately.", |call: Call, ()| async move {
            call.desk.visits(&call.actor).await.map(Json)
        })
        .find(
            "notifications",
            "/notifications",
            "What there is to know, newest first.",
            |call: Call, (), page: After| async move {
                call.desk.notice_page(&call.actor, page.after.as_deref()).await.map(Json)
            },
        )
        .post(
            "see_notification",
            "/notifications/{notification}/seen",
            "One was seen.",
            |call: Call, id: NotificationId, _: Nothing| async move {
                call.desk.see_notice(&call.actor, &id).await.map(|()| Done)
            },
        )
        .post(
            "see_notifications",
            "/notifications/seen",
            "All of it was seen.",
            |call: Call, (), _: Nothing| async move { call.desk.see_notifications(&call.actor).await.map(|()| Done) },
        )
}
