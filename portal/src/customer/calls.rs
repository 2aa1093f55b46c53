//! Every server function of the customers' portal. Each is a public door: this list is what a stranger can call.

use super::posted::Posted;
use crate::Fault;
use desk::model::{Category, Confirmation, CustomerList, CustomerTicket, FormAsks, Organisation};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

#[cfg(not(target_family = "wasm"))]
use crate::visitor::{Visitor, actor, desk};
#[cfg(not(target_family = "wasm"))]
use desk::{
    Error,
    model::{Actor, MessageId},
};

/// What the frame of every page shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct House {
    pub organisation: Organisation,
    /// The signed-in customer's name.
    pub customer: Option<String>,
    /// `light`, `dark`, or nothing for what the system says.
    pub theme: Option<String>,
}

/// What the front page offers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Front {
    pub house: House,
    pub categories: Vec<Category>,
}

/// What the request form starts from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blank {
    pub house: House,
    pub asks: FormAsks,
    /// The first address of a signed-in customer: what is known is not asked for.
    pub email: String,
    /// Makes sending twice the same as sending once.
    pub key: String,
    pub posted: Option<Posted>,
}

/// One request with what its page needs around it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sheet {
    pub house: House,
    pub ticket: CustomerTicket,
    /// For the answer, as in [`Blank`].
    pub key: String,
    pub posted: Option<Posted>,
}

/// What the page after a form shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SentSheet {
    /// To whoever is known to be the contact.
    Theirs(Box<Sheet>),
    /// To everybody else.
    Typed(Box<(House, Confirmation)>),
}

#[server(prefix = "/call", endpoint = "load_house")]
pub async fn load_house() -> Result<House, Fault> {
    house().await
}

#[server(prefix = "/call", endpoint = "load_front")]
pub async fn load_front() -> Result<Front, Fault> {
    let desk = desk();
    Ok(Front { house: house().await?, categories: desk.open_categories().await? })
}

/// `category` and `kind` as the address says; a form that came back says it itself.
#[server(prefix = "/call", endpoint = "load_form")]
pub async fn load_form(category: String, kind: String) -> Result<Blank, Fault> {
    let (desk, actor, posted) = (desk(), actor(), use_context::<Posted>());
    let (category, kind) = match &posted {
        Some(posted) => (posted.typed("category"), posted.typed("kind")),
        None => (category, kind),
    };
    let key =
        posted.as_ref().map(|p| p.typed("key")).filter(|key| !key.is_empty()).unwrap_or_else(|| MessageId::new().0);
    let email = desk.own_address(&actor).await?.unwrap_or_default();
    Ok(Blank { house: house().await?, asks: desk.form_asks(&category, &kind).await?, email, key, posted })
}

/// What the form asks when another category or type is chosen.
#[server(prefix = "/call", endpoint = "load_asks")]
pub async fn load_asks(category: String, kind: String) -> Result<FormAsks, Fault> {
    Ok(desk().form_asks(&category, &kind).await?)
}

/// `key` is the private link's; empty for a signed-in customer.
#[server(prefix = "/call", endpoint = "load_ticket")]
pub async fn load_ticket(number: i64, key: String) -> Result<Sheet, Fault> {
    let (desk, actor, posted) = (desk(), actor(), use_context::<Posted>());
    let house = house().await?;
    let actor = if key.is_empty() { actor } else { desk.follow(number, &key).await? };
    let ticket = desk.customer_ticket(&actor, number).await?;
    let key =
        posted.as_ref().map(|p| p.typed("key")).filter(|key| !key.is_empty()).unwrap_or_else(|| MessageId::new().0);
    Ok(Sheet { house, ticket, key, posted })
}

/// What stands on the page after a form: of the request as [`load_ticket`] has it for whoever holds its private link, and no more
/// than what they typed for everybody else.
#[server(prefix = "/call", endpoint = "load_sent")]
pub async fn load_sent(number: i64, key: String) -> Result<SentSheet, Fault> {
    match desk().confirmation(number, &key).await {
        Ok(typed) => Ok(SentSheet::Typed(Box::new((house().await?, typed)))),
        Err(Error::NotFound) => load_ticket(number, key).await.map(|sheet| SentSheet::Theirs(Box::new(sheet))),
        Err(error) => Err(error.into()),
    }
}

/// A page of a signed-in customer's requests: those that are solved, or those that are not.
#[server(prefix = "/call", endpoint = "load_tickets")]
pub async fn load_tickets(solved: bool, after: Option<String>) -> Result<(House, CustomerList), Fault> {
    let (desk, actor) = (desk(), actor());
    let list = match desk.customer_tickets(&actor, solved, after.as_deref()).await {
        // An address that was cut off on its way leads to the beginning.
        Err(Error::Invalid { .. }) => desk.customer_tickets(&actor, solved, None).await?,
        list => list?,
    };
    Ok((house().await?, list))
}

#[server(prefix = "/call", endpoint = "load_sign_in")]
pub async fn load_sign_in() -> Result<(House, Option<Posted>), Fault> {
    let posted = use_context::<Posted>();
    Ok((house().await?, posted))
}

/// Whose sign-in link this is. Looking does not use it up: only the button does.
#[server(prefix = "/call", endpoint = "load_link")]
pub async fn load_link(token: String) -> Result<String, Fault> {
    Ok(desk().link_owner(&token).await?)
}

#[cfg(not(target_family = "wasm"))]
async fn house() -> Result<House, Fault> {
    let (desk, visitor) = (desk(), use_context::<Visitor>().unwrap_or_default());
    let customer = match &visitor.actor {
        Actor::Customer { name, .. } => Some(name.clone()),
        _ => None,
    };
    Ok(House { organisation: desk.organisation().await?, customer, theme: visitor.theme })
}
