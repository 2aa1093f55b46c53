//! Domains with letters beyond ASCII, as mail takes them along (RFC 5890): `blåbær.no` is `xn--blbr-roah.no` on the wire, and
//! so it is kept. Who writes from there comes by that name, whoever typed the other.

use crate::{Desk, Result, person::address};

/// Says that it was done: what was kept before is kept so too.
const SETTING: &str = "domains-in-ascii";

/// Where addresses of people are kept by which somebody is found, and how one is put in place of another.
const KEPT: [(&str, &str); 4] = [
    ("select address from person_email", "update person_email set address = $2 where address = $1"),
    ("select email from agent", "update agent set email = $2 where email = $1"),
    ("select address from account where address is not null", "update account set address = $2 where address = $1"),
    ("select address from spam_sender", "update spam_sender set address = $2 where address = $1"),
];

/// An address with its domain as it travels; none where the domain can't be one.
pub(crate) fn in_ascii(text: &str) -> Option<String> {
    match text.split_once('@') {
        Some((local, domain)) if !domain.is_ascii() => Some(format!("{local}@{}", idna::domain_to_ascii(domain).ok()?)),
        _ => Some(text.to_owned()),
    }
}

/// A domain as people read it.
pub(crate) fn readable(domain: &str) -> String {
    match idna::domain_to_unicode(domain) {
        (readable, Ok(())) => readable,
        _ => domain.to_owned(),
    }
}

impl Desk {
    /// Once for a database: what was kept as it was typed is kept as it travels. What would become another's stays.
    pub(crate) async fn keep_domains_in_ascii(&self) -> Result<()> {
        let done = crate::settings::setting(self.read(), SETTING).await?;
        if done.is_some() {
            return Ok(());
        }
        let mut write = self.write().await?;
        for (look, put) in KEPT {
            let all: Vec<String> = sqlx::query_scalar(look).fetch_all(write.sql()).await?;
            for old in &all {
                match address(old) {
                    Ok(new) if !old.is_ascii() && !all.contains(&new) => {
                        sqlx::query(put).bind(old.clone()).bind(new).execute(write.sql()).await?;
                    }
                    _ => {}
                }
            }
        }
        write.set_setting(SETTING, "done").await?;
        write.commit().await
    }
}
