//! Who may see and do what. Section 19, D3.

use crate::house::{House, draft, id};
use anyhow::{Context, Result, ensure};
use desk::{
    Error, Why,
    clock::DAY,
    model::{
        Access, Actor, AgentId, BulkAction, CategoryId, ChosenHouseRules, Draft, List, ListColumn, LogAsked, Period,
        Reach, Right, Role, RoleId, Selection, Ticket,
        export::{Export, Format},
    },
    settings::{NewAgent, NewCategory},
};

pub fn role(name: &str, list: Reach, read: Reach, edit: Reach) -> Role {
    Role { id: RoleId::new(), name: name.to_owned(), list, read, edit, rights: vec![], default: false }
}

pub async fn give(house: &House, actor: &Actor, new: Role) -> Result<()> {
    house.desk.save_role(&house.eva, new.clone()).await?;
    Ok(house.desk.set_roles(&house.eva, &id(actor), &[new.id]).await?)
}

/// RGT-3, D3: Cia reads own categories only; before the transfer it isn't there for her, after it is.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_read_own_categories_only_reads_what_is_given_to_them() -> Result<()> {
    let house = House::open().await?;
    give(&house, &house.cia, role("Faktura", Reach::Own, Reach::Own, Reach::Own)).await?;
    let ticket = house.request("Skriver virker ikke").await?;
    ensure!(house.desk.ticket(&house.cia, ticket.number).await == Err(Error::NotFound));
    house.desk.transfer(&house.ane, &ticket.id, &id(&house.cia), None).await?;
    ensure!(house.desk.ticket(&house.cia, ticket.number).await.is_ok());
    house.desk.transfer(&house.cia, &ticket.id, &id(&house.ane), None).await?;
    ensure!(house.desk.ticket(&house.cia, ticket.number).await == Err(Error::NotFound), "and not any more");
    house.desk.follow_ticket(&house.ane, &ticket.id, &id(&house.cia), true).await?;
    ensure!(house.desk.ticket(&house.cia, ticket.number).await.is_ok(), "whoever takes part");
    ensure!(house.desk.release(&house.cia, &ticket.id).await == Err(Error::Forbidden), "reads, and does not change");
    Ok(())
}

/// The ladder: listing shows the row and opens nothing; reading changes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn each_step_of_the_ladder_gives_what_it_says() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    give(&house, &house.cia, role("Ser", Reach::All, Reach::None, Reach::None)).await?;
    ensure!(house.desk.list(&house.cia, List::Unassigned, None).await?.rows.len() == 1);
    ensure!(house.desk.ticket(&house.cia, ticket.number).await == Err(Error::NotFound));
    give(&house, &house.cia, role("Leser", Reach::All, Reach::All, Reach::None)).await?;
    ensure!(house.desk.ticket(&house.cia, ticket.number).await.is_ok());
    ensure!(house.desk.take(&house.cia, &ticket.id, None).await == Err(Error::Forbidden));
    give(&house, &house.cia, role("Ingen", Reach::None, Reach::None, Reach::None)).await?;
    ensure!(house.desk.list(&house.cia, List::Unassigned, None).await?.total == 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_is_needed_stays_and_rights_are_checked() -> Result<()> {
    let house = House::open().await?;
    let default = house.desk.roles(&house.eva).await?.into_iter().find(|role| role.default).context("no default")?;
    ensure!(matches!(
        house.desk.delete_role(&house.eva, &default.id).await,
        Err(Error::Invalid { why: Why::InUse { .. }, .. })
    ));
    let mut same = role(&default.name, Reach::All, Reach::All, Reach::All);
    ensure!(house.desk.save_role(&house.eva, same.clone()).await == Err(Error::invalid("name", Why::Double)));
    same.name = "Rydder".into();
    same.rights = vec![Right::Delete];
    let ticket = house.request("Skriver virker ikke").await?;
    ensure!(house.desk.delete_ticket(&house.ane, &ticket.id).await == Err(Error::Forbidden));
    give(&house, &house.ane, same.clone()).await?;
    house.desk.delete_ticket(&house.ane, &ticket.id).await?;
    house.desk.set_roles(&house.eva, &id(&house.ane), &[]).await?;
    house.desk.delete_role(&house.eva, &same.id).await?;
    ensure!(house.desk.save_role(&house.bo, same).await == Err(Error::Forbidden));
    Ok(())
}

/// Some dozens of random houses: what any door shows is what the text of section 19 allows, and never more.
#[tokio::test(flavor = "multi_thread")]
async fn no_door_gives_what_the_rights_forbid() -> Result<()> {
    let mut random = fastrand::Rng::with_seed(3);
    let house = House::open().await?;
    let mut categories = vec![house.support.clone(), house.invoices.clone()];
    for n in 0..2 {
        let name = format!("Kategori {n}");
        let new = NewCategory { name: name.clone(), nb: name.clone(), en: name, ..NewCategory::default() };
        categories.push(house.desk.add_category(&house.eva, new).await?);
    }
    let mut tickets: Vec<Ticket> = vec![];
    for (n, category) in categories.iter().cycle().take(12).enumerate() {
        let ticket = house.request(&format!("Sak {n} skriver")).await?;
        house.desk.set_category(&house.eva, &ticket.id, category).await?;
        let file = house.desk.store_upload("inni.txt", "text/plain", b"hemmelig".to_vec()).await?;
        let with_file = Draft { files: vec![file], ..draft("Se her.", Access::Internal) };
        house.desk.comment(&house.eva, &ticket.id, with_file).await?;
        tickets.push(house.ticket(ticket.number).await?);
    }
    let team = house.desk.save_team(&house.eva, None, "Laget", &[]).await?;
    for round in 0..40 {
        let email = format!("agent{round}@company.com");
        let new = NewAgent { name: format!("Agent {round}"), email, ..NewAgent::default() };
        let agent = house.desk.add_agent(&house.eva, new).await?;
        let [list, read, edit] = std::array::from_fn(|_| *random.choice(Reach::ALL).unwrap());
        let rights = Right::ALL.iter().copied().filter(|_| random.bool()).collect();
        let ladder = Role { rights, ..role(&format!("Rolle {round}"), list, read, edit) };
        house.desk.save_role(&house.eva, ladder.clone()).await?;
        house.desk.set_roles(&house.eva, &agent, std::slice::from_ref(&ladder.id)).await?;
        let mut standing = vec![];
        for category in &categories {
            let mut settings = house.desk.category_settings(&house.eva, category).await?;
            (settings.members_only, settings.members) = (random.u8(0..3) == 0, vec![]);
            settings.teams = vec![];
            // By themselves, or through their team.
            let member = random.bool();
            if member && random.bool() {
                settings.teams.push(team.clone());
            } else if member {
                settings.members.push(desk::model::Member { agent: agent.clone(), weight: 1 });
            }
            standing.push((category.clone(), member, settings.members_only));
            house.desk.save_category(&house.eva, category, settings).await?;
        }
        house.desk.save_team(&house.eva, Some(&team), "Laget", std::slice::from_ref(&agent)).await?;
        let (owned, followed) = (random.choice(&tickets).unwrap(), random.choice(&tickets).unwrap());
        house.desk.transfer(&house.eva, &owned.id, &agent, None).await?;
        house.desk.follow_ticket(&house.eva, &followed.id, &agent, true).await?;
        house.rest().await?;
        let actor = house.desk.agent_actor(&agent).await?;
        check(&house, &actor, &agent, &ladder, &standing, &tickets).await.with_context(|| format!("round {round}"))?;
        let told = format!("round {round}: {:?}", ladder.rights);
        check_rights(&house, &actor, &ladder, owned).await.context(told)?;
        house.desk.release(&house.eva, &owned.id).await?;
    }
    Ok(())
}

async fn check(
    house: &House,
    actor: &Actor,
    agent: &AgentId,
    role: &Role,
    standing: &[(CategoryId, bool, bool)],
    tickets: &[Ticket],
) -> Result<()> {
    let listed: Vec<i64> =
        house.desk.list(actor, List::Latest, None).await?.rows.into_iter().map(|row| row.number).collect();
    let total = house.desk.list(actor, List::Latest, None).await?.total;
    ensure!(total == listed.len() as i64, "a count of {total} over {} rows", listed.len());
    let hits = house.desk.search(actor, "skriver").await?;
    let found: Vec<i64> = hits.hits.into_iter().map(|hit| hit.ticket.number).collect();
    ensure!(hits.total == found.len() as u32, "a total of {} over {} hits tells of others", hits.total, found.len());
    for ticket in tickets {
        let now = house.ticket(ticket.number).await?;
        let owns = now.owner.as_ref().is_some_and(|owner| owner.id == *agent);
        let (_, member, members_only) = standing.iter().find(|(id, ..)| *id == now.category).context("no category")?;
        let goes = |step: Reach| match step {
            Reach::All => *member || !members_only,
            Reach::Own => *member,
            Reach::None => false,
        };
        let may_edit = owns || goes(role.edit);
        let follows = house.desk.followers(&house.eva, &ticket.id).await?.iter().any(|one| one.id == *agent);
        let may_read = may_edit || follows || goes(role.read);
        let may_list = may_read || goes(role.list);
        let number = ticket.number;
        ensure!(listed.contains(&number) == may_list, "{number} in a list: {may_list} was right");
        ensure!(found.contains(&number) == may_read, "{number} found by search: {may_read} was right");
        ensure!(house.desk.ticket(actor, number).await.is_ok() == may_read, "{number} opened: {may_read} was right");
        ensure!(house.desk.may_see(actor, &ticket.id).await? == may_list, "{number} told of live");
        ensure!(house.desk.steps(actor, &ticket.id).await.is_ok() == may_read);
        let message = &ticket.messages[0].id;
        let source = house.desk.message_source(actor, message).await;
        ensure!(source.is_ok() == may_read, "{number}: the mail itself: {source:?}");
        let file = &ticket.messages.last().and_then(|message| message.attachments.first()).context("no file")?.id;
        let taken = house.desk.attachment(actor, file).await;
        ensure!(taken.is_ok() == may_read, "{number}: an attached file: {taken:?}");
        let kari = Actor::Customer { id: house.kari.clone(), name: "Kari Nordmann".into() };
        ensure!(house.desk.attachment(&kari, file).await.err() == Some(Error::NotFound), "D3: inside is inside");
        let starred = house.desk.star(actor, &ticket.id, true).await;
        ensure!(starred.is_ok() == may_read);
        house.desk.star(&house.eva, &ticket.id, false).await?;
        if !may_edit {
            let refused = house.desk.release(actor, &ticket.id).await;
            ensure!(refused == Err(if may_read { Error::Forbidden } else { Error::NotFound }), "{number}: {refused:?}");
        }
        ensure!(now.access == Access::External);
    }
    Ok(())
}

/// Each door that asks for a special right opens to whoever has it, and to nobody else; an administrator's to none of them.
async fn check_rights(house: &House, actor: &Actor, role: &Role, owned: &Ticket) -> Result<()> {
    let desk = &house.desk;
    let opens = |done: desk::Result<()>| done != Err(Error::Forbidden);
    let period = Period { from: 0, to: DAY };
    let columns = vec![(ListColumn::Number, "Nr".to_owned())];
    let export = Export {
        format: Format::Csv,
        columns,
        fields: vec![],
        title: String::new(),
        zone: "UTC".to_owned(),
        mark: false,
    };
    let message = &owned.messages[0].id;
    let file = desk.export(actor, &Selection::List(List::Mine), &export).await;
    for (right, open) in [
        (Right::Statistics, opens(desk.statistics(actor, period).await.map(|_| ()))),
        (Right::Categories, opens(desk.category_settings(actor, &house.support).await.map(|_| ()))),
        (Right::Delete, opens(desk.bin(actor, None).await.map(|_| ()))),
        (Right::LegalHold, opens(desk.legal_holds(actor).await.map(|_| ()))),
        (Right::Merge, opens(desk.merge_people(actor, &house.kari, &[]).await)),
        (Right::Spam, opens(desk.mark_spam(actor, &[]).await.map(|_| ()))),
        (Right::EditMessages, opens(desk.redactions(actor, message).await.map(|_| ()))),
        (Right::Export, opens(file.map(|_| ()))),
        (Right::Tags, opens(desk.add_tag(actor, &owned.id, &format!("Ny {}", role.name)).await)),
        (Right::Bulk, opens(desk.begin_bulk(actor, BulkAction::Take, &[]).await.map(|_| ()))),
    ] {
        ensure!(open == role.rights.contains(&right), "{right} opened: {open}");
    }
    ensure!(desk.profile(actor).await?.rights == role.rights, "what is shown is what holds");
    for closed in [
        desk.roles(actor).await.map(|_| ()),
        desk.retentions(actor).await.map(|_| ()),
        desk.save_house_rules(actor, &ChosenHouseRules::default()).await,
        desk.priority_settings(actor).await.map(|_| ()),
        desk.whole_log(actor, &LogAsked::default(), None).await.map(|_| ()),
        desk.dossier(actor, &house.kari).await.map(|_| ()),
        desk.erase_person(actor, &house.kari).await,
        desk.export_configuration(actor).await.map(|_| ()),
    ] {
        ensure!(closed == Err(Error::Forbidden), "an administrator's: {closed:?}");
    }
    Ok(())
}
