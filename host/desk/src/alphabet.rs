//! What words are filed under, so that lists are in the order of the alphabet, the same on both databases.
//!
//! Two digits for each letter: digits are in one order wherever a database was made, letters are not. Æ, Ø and Å come
//! last, where people here look for them; capitals and accents make no difference.

use crate::{
    Result,
    db::Write,
    model::{CompanyId, PersonId, TicketId},
};

/// So many letters count. What is the same up to there is the same.
const LETTERS: usize = 60;

/// The key of a text; empty for an empty one.
pub(crate) fn filed_under(text: &str) -> String {
    let mut key = String::with_capacity(2 * LETTERS);
    for letter in text.trim().chars().flat_map(char::to_lowercase).take(LETTERS) {
        match weight(letter) {
            Some(weight) => key += &format!("{weight:02}"),
            // Of other alphabets, in the order of Unicode.
            None => key += &format!("99{:07}", u32::from(letter)),
        }
    }
    key
}

/// Less than 99.
fn weight(letter: char) -> Option<u8> {
    let plain = match letter {
        'æ' | 'ä' => return Some(76),
        'ø' | 'ö' => return Some(77),
        'å' => return Some(78),
        'à' | 'á' | 'â' | 'ã' => 'a',
        'ç' | 'ć' | 'č' => 'c',
        'ð' | 'đ' => 'd',
        'è' | 'é' | 'ê' | 'ë' => 'e',
        'ì' | 'í' | 'î' | 'ï' => 'i',
        'ł' => 'l',
        'ñ' | 'ń' | 'ŋ' => 'n',
        'ò' | 'ó' | 'ô' | 'õ' => 'o',
        'ś' | 'š' => 's',
        'ŧ' => 't',
        'ù' | 'ú' | 'û' | 'ü' => 'u',
        'ý' | 'ÿ' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        other => other,
    };
    match plain {
        'a'..='z' => Some(50 + plain as u8 - b'a'),
        '0'..='9' => Some(40 + plain as u8 - b'0'),
        c if c.is_whitespace() => Some(1),
        // 32 signs, from 2 on.
        c if c.is_ascii_punctuation() => Some(match c {
            '!'..='/' => 2 + c as u8 - b'!',
            ':'..='@' => 17 + c as u8 - b':',
            '['..='`' => 24 + c as u8 - b'[',
            _ => 30 + c as u8 - b'{',
        }),
        c if !c.is_alphanumeric() => Some(39),
        _ => None,
    }
}

#[derive(sqlx::FromRow)]
struct Filed {
    title: String,
    contact: String,
    company: Option<String>,
    title_key: String,
    contact_key: String,
    company_key: String,
    /// In how many custom fields it names somebody.
    people: i64,
}

impl Write {
    /// Files a request under its title, its contact's and company's names, and the people in its fields, as they are now.
    pub(crate) async fn file(&mut self, id: &TicketId) -> Result<()> {
        let filed: Option<Filed> = sqlx::query_as(
            "select t.title, coalesce(p.name, t.sender) as contact, c.name as company, t.title_key, t.contact_key, t.company_key,
                    (select count(*) from ticket_field x join field f on f.id = x.field_id
                     where x.ticket_id = t.id and f.kind = 'person') as people
             from ticket t left join person p on p.id = t.person_id left join company c on c.id = t.company_id where t.id = $1",
        )
        .bind(id.clone())
        .fetch_optional(self.sql())
        .await?;
        let Some(filed) = filed else { return Ok(()) };
        if filed.people > 0 {
            self.file_people(id).await?;
        }
        let keys = [filed.title, filed.contact, filed.company.unwrap_or_default()].map(|name| filed_under(&name));
        if keys == [filed.title_key, filed.contact_key, filed.company_key] {
            return Ok(());
        }
        let [title, contact, company] = keys;
        sqlx::query("update ticket set title_key = $2, contact_key = $3, company_key = $4 where id = $1")
            .bind(id.clone())
            .bind(title)
            .bind(contact)
            .bind(company)
            .execute(self.sql())
            .await?;
        Ok(())
    }

    /// The same for all requests of a contact who has got another name, and for those that name them.
    pub(crate) async fn file_contact(&mut self, id: &PersonId, name: &str) -> Result<()> {
        sqlx::query("update ticket set contact_key = $2 where person_id = $1 and contact_key <> $2")
            .bind(id.clone())
            .bind(filed_under(name))
            .execute(self.sql())
            .await?;
        self.file_person(id, name).await
    }

    /// The same for all requests of a company that has got another name.
    pub(crate) async fn file_company(&mut self, id: &CompanyId, name: &str) -> Result<()> {
        sqlx::query("update ticket set company_key = $2 where company_id = $1 and company_key <> $2")
            .bind(id.clone())
            .bind(filed_under(name))
            .execute(self.sql())
            .await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_alphabet_ends_with_ae_oe_aa() {
        let order = ["", "  ", "#1", "—", "1 b", "10", "2", "aa", "Ab", "zebra", "ære", "øre", "Åre", "жук"];
        let keys: Vec<String> = order.iter().map(|text| filed_under(text)).collect();
        assert!(keys.is_sorted(), "{keys:?}");
        assert!(keys[2..].is_sorted_by(|a, b| a < b), "{keys:?}");
    }

    #[test]
    fn capitals_accents_and_what_comes_after_sixty_letters_make_no_difference() {
        assert_eq!(filed_under("ÉN ting"), filed_under(" en Ting"));
        assert_eq!(filed_under(&"a".repeat(60)), filed_under(&"A".repeat(200)));
    }

    #[test]
    fn every_ascii_sign_has_a_weight_of_its_own() {
        let mut weights: Vec<u8> = (' '..='~').filter(|c| !c.is_ascii_uppercase()).filter_map(weight).collect();
        let all = weights.len();
        weights.sort_unstable();
        weights.dedup();
        assert_eq!((all, weights.len()), (69, 69));
    }
}
