//! Keys with which programs act as somebody who works here. Appendix C, numbers 22, 23 and 28.

use crate::house::{House, id};
use anyhow::{Context, Result, ensure};
use desk::{
    Error, Why,
    clock::{DAY, MINUTE},
    model::{Actor, ApiKey, Area, Cause, EventKind, List, NewApiKey, Reach, Role, RoleId, Scope, Via},
};

fn key(name: &str, scopes: &[Scope]) -> NewApiKey {
    NewApiKey { name: name.to_owned(), scopes: scopes.to_vec(), expires_at: None }
}

async fn only_key(house: &House, actor: &Actor) -> Result<ApiKey> {
    house.desk.api_keys(actor).await?.into_iter().next().context("no key")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_acts_as_its_agent_with_their_rights_and_the_log_says_so() -> Result<()> {
    let house = House::open().await?;
    let ticket = house.request("Skriver virker ikke").await?;
    let made = house.desk.make_api_key(&house.ane, key("CRM", &[Scope::RequestsWrite])).await?;
    ensure!(made.token.starts_with("saker_") && made.key.agent.name == "Ane");
    let holder = house.desk.actor_of_key(&made.token).await?;
    ensure!(holder.covers(Area::Requests, true) && !holder.covers(Area::People, false));
    house.desk.take(&holder.actor, &ticket.id, None).await?;
    // C-28: who did it, and through what.
    let log = house.ticket(ticket.number).await?.log;
    let taken = log.iter().find(|entry| entry.kind == EventKind::Accepted).context("not in the log")?;
    ensure!(taken.actor == "Ane" && taken.cause == Cause::Key && taken.cause_id == Some(made.key.id.0.clone()));

    // C-22: what its agent may not, it may not; as their rights are now.
    let nothing = Role {
        id: RoleId::new(),
        name: "Ingen".into(),
        list: Reach::None,
        read: Reach::None,
        edit: Reach::None,
        rights: vec![],
        default: false,
    };
    house.desk.save_role(&house.eva, nothing.clone()).await?;
    house.desk.set_roles(&house.eva, &id(&house.bo), &[nothing.id]).await?;
    let made = house.desk.make_api_key(&house.bo, key("Alt", &[Scope::Admin])).await?;
    let holder = house.desk.actor_of_key(&made.token).await?;
    ensure!(house.desk.ticket(&holder.actor, ticket.number).await == Err(Error::NotFound));
    ensure!(house.desk.list(&holder.actor, List::Open, None).await?.total == 0);
    ensure!(house.desk.name_organisation(&holder.actor, "Andre", "").await == Err(Error::Forbidden));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_over_revoked_or_made_up_opens_nothing() -> Result<()> {
    let house = House::open().await?;
    let nobody = |found: desk::Result<desk::api_key::Keyholder>| found == Err(Error::Unauthenticated);
    let mut new = key("En uke", &[Scope::Read]);
    new.expires_at = Some(house.clock.now() + 7 * DAY);
    let week = house.desk.make_api_key(&house.ane, new.clone()).await?;
    ensure!(house.desk.actor_of_key(&week.token).await.is_ok());
    house.clock.advance(7 * DAY);
    ensure!(nobody(house.desk.actor_of_key(&week.token).await));
    ensure!(house.desk.make_api_key(&house.ane, new).await.err() == Some(Error::invalid("expires_at", Why::Past)));

    let revoked = house.desk.make_api_key(&house.bo, key("Bort", &[Scope::Read])).await?;
    // Somebody else's is not there; an administrator may.
    ensure!(house.desk.revoke_api_key(&house.ane, &revoked.key.id).await == Err(Error::NotFound));
    house.desk.revoke_api_key(&house.eva, &revoked.key.id).await?;
    ensure!(nobody(house.desk.actor_of_key(&revoked.token).await));

    let leaver = house.desk.make_api_key(&house.dag, key("Slutter", &[Scope::Read])).await?;
    house.desk.disable_agent(&house.eva, &id(&house.dag)).await?;
    ensure!(nobody(house.desk.actor_of_key(&leaver.token).await));
    for made_up in ["", "saker_", "saker_' or 1=1", &leaver.token[6..], &"x".repeat(10_000)] {
        ensure!(nobody(house.desk.actor_of_key(made_up).await), "{made_up}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_makes_no_keys_and_its_secret_is_kept_nowhere() -> Result<()> {
    let house = House::open().await?;
    let made = house.desk.make_api_key(&house.eva, key("Alt", &[Scope::Admin])).await?;
    let holder = house.desk.actor_of_key(&made.token).await?;
    ensure!(matches!(&holder.actor, Actor::Agent { via: Via::Key(id), admin: true, .. } if *id == made.key.id));
    let again = house.desk.make_api_key(&holder.actor, key("Enda en", &[Scope::Read])).await;
    ensure!(again.err() == Some(Error::Forbidden));
    ensure!(!serde_json::to_string(&house.desk.api_keys(&house.eva).await?)?.contains(&made.token));
    // Nobody gives away what they don't have.
    let settings = house.desk.make_api_key(&house.ane, key("Oppsett", &[Scope::SettingsWrite])).await;
    ensure!(settings.err() == Some(Error::Forbidden));
    let none = house.desk.make_api_key(&house.ane, key("Ingenting", &[])).await;
    ensure!(none.err() == Some(Error::invalid("scopes", Why::Missing)));
    ensure!(
        house.desk.make_api_key(&Actor::Anonymous, key("x", &[Scope::Read])).await.err()
            == Some(Error::Unauthenticated)
    );
    ensure!(house.desk.api_keys(&house.ane).await?.is_empty() && house.desk.api_keys(&house.eva).await?.len() == 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn when_a_key_was_last_used_is_known_to_the_minute() -> Result<()> {
    let house = House::open().await?;
    let made = house.desk.make_api_key(&house.ane, key("CRM", &[Scope::Read])).await?;
    ensure!(made.key.used_at.is_none());
    house.desk.actor_of_key(&made.token).await?;
    let first = house.clock.now();
    house.clock.advance(MINUTE / 2);
    house.desk.actor_of_key(&made.token).await?;
    ensure!(only_key(&house, &house.ane).await?.used_at == Some(first), "written at most once a minute");
    house.clock.advance(MINUTE / 2);
    house.desk.actor_of_key(&made.token).await?;
    ensure!(only_key(&house, &house.ane).await?.used_at == Some(first + MINUTE));
    Ok(())
}
