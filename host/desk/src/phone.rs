//! Who is on the phone: a contact made while they talk. PHO-1, D2.

use crate::{
    Error, Result, Why,
    db::Write,
    model::*,
    outside::Party,
    person::{address, phone, shorten},
};

/// A new contact whose fields have been checked.
pub(crate) struct Checked {
    name: String,
    email: Option<String>,
    phone: Option<String>,
}

pub(crate) fn check(person: &NewPerson) -> Result<Checked> {
    let email = match person.email.trim() {
        "" => None,
        text => Some(address(text).map_err(|why| Error::invalid("email", why))?),
    };
    let number = match person.phone.trim() {
        "" => None,
        text => Some(phone(text).ok_or_else(|| Error::invalid("phone", Why::NotANumber))?),
    };
    let name = shorten(&person.name, 200);
    let name = match (&name[..], &email, &number) {
        ("", Some(email), _) => email.clone(),
        ("", None, Some(number)) => number.clone(),
        ("", None, None) => return Err(Error::invalid("person", Why::Missing)),
        _ => name,
    };
    Ok(Checked { name, email, phone: number })
}

impl Write {
    /// Found by their address, else made.
    pub(crate) async fn caller(&mut self, actor: &Actor, new: &Checked) -> Result<PersonId> {
        let language = match actor {
            Actor::Agent { language, .. } => *language,
            _ => Language::default(),
        };
        let id = match &new.email {
            Some(email) => {
                let party = Party { address: email.clone(), name: new.name.clone() };
                self.person_by_address(actor, Cause::Person, &party, language).await?.0
            }
            None => self.add_person(actor, Cause::Person, &new.name, language).await?,
        };
        if let Some(number) = &new.phone {
            self.add_number(&id, number).await?;
        }
        Ok(id)
    }
}
