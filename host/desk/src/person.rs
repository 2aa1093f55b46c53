//! People who ask: found by address, by name, by number; made when they first write.

use crate::{
    Desk, Error, Result, Why,
    access::{staff, staff_or_setup},
    db::{Fact, Write},
    domain::{in_ascii, readable},
    message::written,
    model::*,
    outside::Party,
    several::{by_owner, found_for},
};
use std::collections::HashMap;

/// The form an address is stored in, or why it can't be one. Deliberately loose: RFC 5321 allows much,
/// and only a mail that arrives proves an address. Its domain is as it travels, in ASCII.
pub fn address(text: &str) -> Result<String, Why> {
    let text = text.trim().trim_matches(['<', '>']).to_lowercase();
    let text = in_ascii(&text).ok_or(Why::NotAnAddress)?;
    if text.is_empty() {
        return Err(Why::Missing);
    }
    if text.len() > 254 {
        return Err(Why::TooLong { most: 254 });
    }
    let good = text.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty()
            && local.len() <= 64
            && domain.len() >= 3
            && domain.contains('.')
            && !domain.starts_with(['.', '-'])
            && !domain.ends_with(['.', '-'])
            && !domain.contains("..")
            && !domain.contains('@')
    }) && !text.chars().any(|c| c.is_whitespace() || c.is_control() || "()<>,;:\"[]\\".contains(c));
    if good { Ok(text) } else { Err(Why::NotAnAddress) }
}

/// Digits with an optional leading plus; `00` in front is a plus. `None` when there are fewer than four digits.
pub fn phone(text: &str) -> Option<String> {
    let text = text.trim();
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let odd = text.chars().any(|c| !(c.is_ascii_digit() || " +-()./\u{a0}".contains(c)));
    if odd || digits.len() < 4 || digits.len() > 18 {
        return None;
    }
    if let Some(rest) = digits.strip_prefix("00") {
        return Some(format!("+{rest}"));
    }
    Some(if text.starts_with('+') { format!("+{digits}") } else { digits })
}

/// The language that a new contact is likely to read. Section 15.2: domain first, then what the mail says.
pub(crate) fn likely_language(address: &str, locale: Option<&str>, account: Option<&str>) -> Decided<Language> {
    let shown = locale.and_then(Language::from_tag).or_else(|| address.ends_with(".no").then_some(Language::Nb));
    let door = account.and_then(Language::from_tag);
    match (shown, door) {
        (Some(value), _) => Decided { value, from: Source::Sender },
        (None, Some(value)) => Decided { value, from: Source::Door },
        (None, None) => Decided { value: Language::default(), from: Source::Saker },
    }
}

impl Write {
    /// The person with this address.
    pub(crate) async fn known_person(&mut self, address: &str) -> Result<Option<PersonId>> {
        Ok(sqlx::query_scalar("select person_id from person_email where address = $1")
            .bind(address.to_owned())
            .fetch_optional(self.sql())
            .await?)
    }

    /// The person with this address; made when there is none. The second value says whether they are new.
    pub(crate) async fn person_by_address(
        &mut self,
        actor: &Actor,
        cause: Cause,
        party: &Party,
        language: Language,
    ) -> Result<(PersonId, bool)> {
        if let Some(id) = self.known_person(&party.address).await? {
            return Ok((id, false));
        }
        let name = if party.name.trim().is_empty() { &party.address } else { party.name.trim() };
        let id = self.add_person(actor, cause, name, language).await?;
        self.add_address(&id, &party.address).await?;
        if let Some((_, domain)) = party.address.split_once('@') {
            // Section 12.2 step 5: the company by the sender's mail domain.
            let company: Option<CompanyId> =
                sqlx::query_scalar("select id from company where domain in ($1, $2) order by id limit 1")
                    .bind(domain.to_owned())
                    .bind(readable(domain))
                    .fetch_optional(self.sql())
                    .await?;
            if let Some(company) = self.company_chosen(company.as_ref()).await? {
                self.set_company_of(&id, &company).await?;
            }
        }
        Ok((id, true))
    }

    pub(crate) async fn add_person(
        &mut self,
        actor: &Actor,
        cause: Cause,
        name: &str,
        language: Language,
    ) -> Result<PersonId> {
        let id = PersonId::new();
        let now = self.now;
        sqlx::query("insert into person (id, name, language, created_at) values ($1, $2, $3, $4)")
            .bind(id.clone())
            .bind(shorten(name, 200))
            .bind(language.tag())
            .bind(now)
            .execute(self.sql())
            .await?;
        self.record(actor, cause, EventKind::PersonAdded, Fact { new: Some(id.as_str()), ..Fact::default() }).await?;
        Ok(id)
    }

    pub(crate) async fn add_address(&mut self, id: &PersonId, address: &str) -> Result<()> {
        sqlx::query(
            "insert into person_email (address, person_id, position)
             values ($1, $2, (select count(*) from person_email where person_id = $2))
             on conflict (address) do nothing",
        )
        .bind(address.to_owned())
        .bind(id.clone())
        .execute(self.sql())
        .await?;
        Ok(())
    }

    async fn set_company_of(&mut self, id: &PersonId, company: &CompanyId) -> Result<()> {
        sqlx::query("update person set company_id = $2 where id = $1")
            .bind(id.clone())
            .bind(company.clone())
            .execute(self.sql())
            .await?;
        Ok(())
    }

    pub(crate) async fn add_number(&mut self, id: &PersonId, number: &str) -> Result<()> {
        sqlx::query(
            "insert into person_phone (person_id, number, position)
             values ($1, $2, (select count(*) from person_phone where person_id = $1))
             on conflict (person_id, number) do nothing",
        )
        .bind(id.clone())
        .bind(number.to_owned())
        .execute(self.sql())
        .await?;
        Ok(())
    }
}

/// A company, for people to belong to.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct NewCompany {
    pub name: String,
    /// Mail domain, lower-cased.
    pub domain: Option<String>,
}

/// A contact entered by hand.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct NewContact {
    pub name: String,
    pub emails: Vec<String>,
    pub phones: Vec<String>,
    pub language: Language,
    pub company: Option<CompanyId>,
}

#[derive(sqlx::FromRow)]
struct PersonRow {
    id: PersonId,
    name: String,
    language: String,
    company_id: Option<CompanyId>,
    company: Option<String>,
}

impl Desk {
    pub async fn add_company(&self, actor: &Actor, new: NewCompany) -> Result<CompanyId> {
        staff_or_setup(actor)?;
        let name = written("name", &new.name, 200)?;
        let id = CompanyId::new();
        let mut write = self.write().await?;
        let now = write.now;
        let domain = write.domain_for(&id, new.domain).await?;
        sqlx::query("insert into company (id, name, domain, created_at) values ($1, $2, $3, $4)")
            .bind(id.clone())
            .bind(name)
            .bind(domain)
            .bind(now)
            .execute(write.sql())
            .await?;
        self.commit(write).await?;
        Ok(id)
    }

    pub async fn add_contact(&self, actor: &Actor, new: NewContact) -> Result<PersonId> {
        staff_or_setup(actor)?;
        let mut write = self.write().await?;
        let id = write.add_person(actor, Cause::Person, &new.name, new.language).await?;
        for text in &new.emails {
            let address = address(text).map_err(|why| Error::invalid("email", why))?;
            write.add_address(&id, &address).await?;
        }
        for text in &new.phones {
            let number = phone(text).ok_or_else(|| Error::invalid("phone", Why::NotANumber))?;
            write.add_number(&id, &number).await?;
        }
        if let Some(company) = write.company_chosen(new.company.as_ref()).await? {
            write.set_company_of(&id, &company).await?;
        }
        self.commit(write).await?;
        Ok(id)
    }

    /// People by their ids, in that order; who is not there, or became another, is left out.
    pub(crate) async fn people(&self, ids: &[PersonId]) -> Result<Vec<Person>> {
        let mut connection = self.read().acquire().await?;
        let rows: Vec<PersonRow> = found_for(
            &mut connection,
            "select p.id, p.name, p.language, p.company_id, c.name as company
             from person p left join company c on c.id = p.company_id
             where p.id in ({}) and p.merged_into is null",
            ids,
        )
        .await?;
        let emails: Vec<(PersonId, String)> = found_for(
            &mut connection,
            "select person_id, address from person_email where person_id in ({}) order by position",
            ids,
        )
        .await?;
        let phones: Vec<(PersonId, String)> = found_for(
            &mut connection,
            "select person_id, number from person_phone where person_id in ({}) order by position",
            ids,
        )
        .await?;
        let (mut emails, mut phones) = (by_owner(emails), by_owner(phones));
        let mut people: HashMap<PersonId, Person> = HashMap::new();
        for row in rows {
            let person = Person {
                emails: emails.remove(&row.id).unwrap_or_default(),
                phones: phones.remove(&row.id).unwrap_or_default(),
                name: row.name,
                language: Language::from_tag(&row.language).unwrap_or_default(),
                company: row.company_id.zip(row.company).map(|(id, name)| Company { id, name }),
                id: row.id.clone(),
            };
            people.insert(row.id, person);
        }
        Ok(ids.iter().filter_map(|id| people.remove(id)).collect())
    }

    /// Whoever may be on the phone: by part of a name, an address or a number. PHO-1. At most eight.
    pub async fn find_callers(&self, actor: &Actor, query: &str) -> Result<Vec<Caller>> {
        staff(actor)?;
        let query = query.trim();
        if query.chars().count() < 2 {
            return Ok(vec![]);
        }
        let mut ids: Vec<PersonId> = vec![];
        if let Some(number) = phone(query) {
            ids = self.people_by_number(&number).await?;
        }
        if ids.is_empty() {
            ids = self.people_by_text(query).await?;
        }
        let mut callers = vec![];
        for person in self.people(&ids).await? {
            let tickets = self.tickets_of(actor, &person.id, None, 5).await?;
            callers.push(Caller { person, tickets });
        }
        Ok(callers)
    }

    /// Numbers are compared by their last eight digits, so that a country code more or less does no harm.
    pub(crate) async fn people_by_number(&self, number: &str) -> Result<Vec<PersonId>> {
        let digits = number.trim_start_matches('+');
        let tail = &digits[digits.len().saturating_sub(8)..];
        Ok(sqlx::query_scalar(
            "select person_id from person_phone where number like $1 group by person_id order by person_id limit 8",
        )
        .bind(format!("%{tail}%"))
        .fetch_all(self.read())
        .await?)
    }

    async fn people_by_text(&self, query: &str) -> Result<Vec<PersonId>> {
        let query = &address(query).unwrap_or_else(|_| query.to_owned());
        let pattern = with_letters(&query.to_lowercase());
        // lower() of SQLite knows ASCII only; the index, asked second, knows all letters.
        let mut ids: Vec<PersonId> = sqlx::query_scalar(
            "select p.id from person p
             where p.merged_into is null and (lower(p.name) like $1 escape '!'
                or exists (select 1 from person_email e where e.person_id = p.id and e.address like $1 escape '!')
                or exists (select 1 from company c where c.id = p.company_id and lower(c.name) like $1 escape '!'))
             order by p.name, p.id limit 8",
        )
        .bind(pattern)
        .fetch_all(self.read())
        .await?;
        if ids.len() < 8 {
            let (index, text) = (self.index().clone(), query.to_owned());
            let more =
                tokio::task::spawn_blocking(move || index.find_people(&text, 8)).await.map_err(Error::internal)??;
            for id in more {
                if ids.len() < 8 && !ids.contains(&id) {
                    ids.push(id);
                }
            }
        }
        Ok(ids)
    }

    /// The first address of a signed-in customer.
    pub async fn own_address(&self, actor: &Actor) -> Result<Option<String>> {
        match actor {
            Actor::Customer { id, .. } => self.first_address(id).await,
            _ => Ok(None),
        }
    }

    /// The first address of a person.
    pub(crate) async fn first_address(&self, id: &PersonId) -> Result<Option<String>> {
        Ok(sqlx::query_scalar("select address from person_email where person_id = $1 order by position limit 1")
            .bind(id.clone())
            .fetch_optional(self.read())
            .await?)
    }
}

/// Makes `%` and `_` stand for themselves, with `!` as the escape.
pub(crate) fn escape_like(text: &str) -> String {
    text.replace('!', "!!").replace('%', "!%").replace('_', "!_")
}

/// The pattern of whatever has these letters in it. Nothing that is looked for is longer than so, and SQLite takes no pattern of
/// over 50,000 bytes.
pub(crate) fn with_letters(letters: &str) -> String {
    format!("%{}%", escape_like(&shorten(letters, 500)))
}

/// At most so many characters, without control characters; never cuts a character in two.
pub(crate) fn shorten(text: &str, most: usize) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(most).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_lower_cased_and_checked() {
        assert_eq!(address(" Kari@Fjord.NO "), Ok("kari@fjord.no".into()));
        for bad in ["kari", "kari@", "@fjord.no", "kari@fjord", "ka ri@fjord.no", "a@b..no", "a@b@c.no", "a\r\n@b.no"] {
            assert_eq!(address(bad), Err(Why::NotAnAddress), "{bad}");
        }
        assert_eq!(address("  "), Err(Why::Missing));
    }

    #[test]
    fn domains_are_kept_as_they_travel() {
        assert_eq!(address("Kari@Blåbær.no"), Ok("kari@xn--blbr-roah.no".into()));
        assert_eq!(address("kari@xn--blbr-roah.no"), Ok("kari@xn--blbr-roah.no".into()));
        assert_eq!(address("blåbær@fjord.no"), Ok("blåbær@fjord.no".into()));
        for bad in ["kari@blåbær", "kari@\u{ad}.no", "kari@blå bær.no", "kari@æ@ø.no"] {
            assert_eq!(address(bad), Err(Why::NotAnAddress), "{bad}");
        }
        assert_eq!(readable("xn--blbr-roah.no"), "blåbær.no");
    }

    #[test]
    fn numbers_keep_their_digits() {
        assert_eq!(phone("+47 900 00 001").as_deref(), Some("+4790000001"));
        assert_eq!(phone("0047 900 00 001").as_deref(), Some("+4790000001"));
        assert_eq!(phone("900 00 001").as_deref(), Some("90000001"));
        assert_eq!(phone("12"), None);
        assert_eq!(phone("Kari"), None);
    }
}
