//! The letter that a request begins with, where an agent writes to a customer first. Section 3.1.

use crate::{
    Desk, Error, Result, Why,
    db::Write,
    letter::fits,
    message::{LONGEST_TEXT, written},
    model::*,
    recipient::tidied,
};

impl Desk {
    /// Takes the letter out of what a request is to begin with, ready to be sent once there is one. Whatever can be found
    /// wrong with it is found here, before anything is made.
    pub(crate) async fn first_letter(&self, new: &mut NewTicket) -> Result<Option<Draft>> {
        let Some(mut letter) = new.letter.take() else { return Ok(None) };
        // CRE-6
        if new.access == Some(Access::Internal) {
            return Err(Error::invalid("access", Why::InternalToCustomer));
        }
        written("text", &letter.text, LONGEST_TEXT)?;
        if let Some(asked) = &letter.recipients {
            letter.recipients = Some(tidied(asked, &self.own_addresses().await?)?);
        }
        fits(&self.uploads(&letter.files)?)?;
        (letter.access, letter.seen) = (Access::External, None);
        // What somebody noted down while the customer spoke is no mail of theirs.
        letter.quote = Some(false);
        if letter.key.is_empty() && !new.key.is_empty() {
            letter.key = format!("{}/letter", new.key);
        }
        // Where nothing was said there is no other message for these to come with.
        if new.text.trim().is_empty() {
            letter.files.append(&mut new.files);
            letter.seconds += std::mem::take(&mut new.seconds);
        }
        Ok(Some(letter))
    }
}

impl Write {
    /// CRE-1: the first of the recipients who is known is the main contact of a request that has no other.
    pub(crate) async fn first_known(&mut self, letter: Option<&Draft>) -> Result<Option<PersonId>> {
        let Some(recipients) = letter.and_then(|letter| letter.recipients.as_ref()).filter(|to| !to.apart) else {
            return Ok(None);
        };
        for address in &recipients.to {
            let person: Option<PersonId> = sqlx::query_scalar(
                "select e.person_id from person_email e join person p on p.id = e.person_id
                 where e.address = $1 and p.erased_at is null",
            )
            .bind(address.clone())
            .fetch_optional(self.sql())
            .await?;
            if person.is_some() {
                return Ok(person);
            }
        }
        Ok(None)
    }

    /// Whether the status that is chosen with the letter can be set.
    pub(crate) async fn letter_fits(&mut self, id: &TicketId, letter: &Draft) -> Result<()> {
        let Some(status) = letter.status.as_ref().filter(|_| !letter.close) else { return Ok(()) };
        if self.state_of(status).await? == State::Postponed && letter.until.is_none() {
            return Err(Error::invalid("until", Why::Missing));
        }
        match self.type_allows_status(id, status).await? {
            true => Ok(()),
            false => Err(Error::invalid("status", Why::NotAChoice)),
        }
    }
}
