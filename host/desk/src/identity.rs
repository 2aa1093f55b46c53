//! Who someone is: passwords, one-time links, sessions.

use crate::{
    Desk, Error, Result, Why,
    clock::{DAY, HOUR, MINUTE, SECOND},
    db::{Fact, Write},
    job::{Job, Kind, Outcome, finish},
    model::*,
    outside::{Party, Sheet},
    person::{address, escape_like},
    provenance::family,
    token,
};
use argon2::{
    Argon2, PasswordHash, PasswordHasher, PasswordVerifier,
    password_hash::{SaltString, rand_core::OsRng},
};

const AGENT_SESSION: i64 = 12 * HOUR;
const CUSTOMER_SESSION: i64 = 30 * DAY;
/// A sign-in link works once, for this long.
pub const LINK_LIFE: i64 = 15 * MINUTE;
/// Tries a quarter of an hour at one agent's password: from one place, or in a browser that this agent signed in with before.
const MOST_TRIES: i64 = 10;
/// Tries an hour at one agent's password from all places together, by browsers that nobody knows. So strangers have 2,400
/// guesses a day at most, 960 of them from one place, and whoever took an agent's browser has 960; and whoever wants to lock an
/// agent out needs several places, and even then keeps them out of no browser that they use.
const MOST_TRIES_OF_STRANGERS: i64 = 100;
/// Links an hour, for one address.
const MOST_LINKS: i64 = 5;
/// The longest time that tries are counted in.
const LONGEST_COUNTED: i64 = HOUR;
/// What begins the name of tries at an address, by what is tried. The address follows, and a space where more does.
const TRIED: [&str; 3] = ["sign-in", "link", "acknowledge"];
/// What the marks of known browsers are signed for.
const BROWSER: &str = "browser";

/// From where somebody wants to sign in.
#[derive(Clone, Debug, Default)]
pub struct Caller {
    /// Their network, as far as it is known.
    pub network: String,
    /// What their browser was given by [`Desk::browser_mark`].
    pub browser: Option<String>,
}

/// So many tries are let through within a time.
struct Bound {
    subject: String,
    within: i64,
    most: i64,
}

/// Argon2id (RFC 9106) with the crate's recommended parameters; on a thread that may block.
pub(crate) async fn hash(password: String) -> Result<String> {
    tokio::task::spawn_blocking(move || {
        let salt = SaltString::generate(&mut OsRng);
        Argon2::default()
            .hash_password(password.as_bytes(), &salt)
            .map(|hash| hash.to_string())
            .map_err(Error::internal)
    })
    .await
    .map_err(Error::internal)?
}

async fn fits(password: String, kept: String) -> Result<bool> {
    tokio::task::spawn_blocking(move || {
        PasswordHash::new(&kept).is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
    })
    .await
    .map_err(Error::internal)
}

/// A hash that no password fits, so that an unknown address takes as long as a wrong password.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$c2FrZXJzYWtlcnNha2Vy$qk1u8wIqjM1yQO0n7LHDBNvnmfFWbuqdHdfOClR2hXA";

/// Notes a try and says how many there were within this time, this one among them. All nodes count together.
pub(crate) async fn count_attempt(write: &mut Write, subject: &str, within: i64) -> Result<i64> {
    let now = write.now;
    sqlx::query("delete from attempt where subject = $1 and at < $2")
        .bind(subject.to_owned())
        .bind(now - within)
        .execute(write.sql())
        .await?;
    sqlx::query("insert into attempt (subject, at) values ($1, $2)")
        .bind(subject.to_owned())
        .bind(now)
        .execute(write.sql())
        .await?;
    Ok(sqlx::query_scalar("select count(*) from attempt where subject = $1")
        .bind(subject.to_owned())
        .fetch_one(write.sql())
        .await?)
}

#[derive(sqlx::FromRow)]
struct LinkRow {
    address: String,
    agent_id: Option<AgentId>,
    person_id: Option<PersonId>,
}

impl Desk {
    /// As [`Desk::sign_in_from`], from nowhere in particular.
    pub async fn sign_in(&self, email: &str, password: &str) -> Result<String> {
        self.sign_in_from(&Caller::default(), email, password).await
    }

    /// An agent's session for an address and password.
    ///
    /// # Errors
    /// `WrongSignIn` without saying which of the two is wrong; `TooMany` after ten wrong tries in fifteen minutes from one place,
    /// or by one browser that the agent signed in with before, and after a hundred in an hour from all places.
    pub async fn sign_in_from(&self, from: &Caller, email: &str, password: &str) -> Result<String> {
        let wrong = || Error::invalid("password", Why::WrongSignIn);
        let email = address(email).map_err(|why| Error::invalid("email", why))?;
        if password.is_empty() {
            return Err(Error::invalid("password", Why::Missing));
        }
        if password.len() > 1_000 {
            return Err(wrong());
        }
        let bounds = self.bounds_of_sign_in(from, &email);
        let at = self.slow_down(&bounds).await?;
        let row: Option<(String, Option<String>)> =
            sqlx::query_as("select id, password from agent where email = $1 and disabled_at is null")
                .bind(email)
                .fetch_optional(self.read())
                .await?;
        let kept = row.as_ref().and_then(|(_, kept)| kept.clone()).unwrap_or_else(|| NOBODY.to_owned());
        let good = fits(password.to_owned(), kept).await?;
        match row {
            Some((id, Some(_))) if good => {
                let mut write = self.write().await?;
                write.forgive(&bounds, at).await?;
                let token = write.start_session(Some(AgentId(id)), None).await?;
                self.commit(write).await?;
                Ok(token)
            }
            _ => Err(wrong()),
        }
    }

    fn bounds_of_sign_in(&self, from: &Caller, email: &str) -> Vec<Bound> {
        let few =
            |of: String| Bound { subject: format!("sign-in:{email} {of}"), within: 15 * MINUTE, most: MOST_TRIES };
        match from.browser.as_deref().and_then(|mark| self.known_browser(mark, email)) {
            Some(browser) => vec![few(format!("by {browser}"))],
            None => {
                let most = MOST_TRIES_OF_STRANGERS;
                vec![
                    few(format!("from {}", from.network)),
                    Bound { subject: format!("sign-in:{email}"), within: HOUR, most },
                ]
            }
        }
    }

    /// The name of a browser that this agent signed in with.
    fn known_browser<'a>(&self, mark: &'a str, email: &str) -> Option<&'a str> {
        let (browser, signature) = mark.split_once('.').filter(|_| mark.len() <= 100)?;
        token::verify(self.secret(), BROWSER, &format!("{browser}:{email}"), signature).then_some(browser)
    }

    /// What an agent's browser is to be known again by, now that it has this session; what it is known by already stays. Nothing
    /// for a session that is no agent's.
    pub async fn browser_mark(&self, session: &str, known: Option<&str>) -> Result<Option<String>> {
        let email: Option<String> =
            sqlx::query_scalar("select a.email from session s join agent a on a.id = s.agent_id where s.token = $1")
                .bind(token::kept(session))
                .fetch_optional(self.read())
                .await?;
        let Some(email) = email else { return Ok(None) };
        if let Some(mark) = known.filter(|mark| self.known_browser(mark, &email).is_some()) {
            return Ok(Some(mark.to_owned()));
        }
        let browser = token::random();
        let signature = token::sign(self.secret(), BROWSER, &format!("{browser}:{email}"));
        Ok(Some(format!("{browser}.{signature}")))
    }

    /// Notes a try; when it was. One that is refused is not noted: whoever goes on trying keeps the door shut no longer.
    async fn slow_down(&self, bounds: &[Bound]) -> Result<i64> {
        let mut write = self.write().await?;
        let now = write.now;
        for Bound { subject, within, most } in bounds {
            let (tries, first): (i64, Option<i64>) =
                sqlx::query_as("select count(*), min(at) from attempt where subject = $1 and at >= $2")
                    .bind(subject.clone())
                    .bind(now - within)
                    .fetch_one(write.sql())
                    .await?;
            if tries >= *most {
                let wait = first.unwrap_or(now) + within - now;
                return Err(Error::TooMany { seconds: u32::try_from(wait / SECOND + 1).unwrap_or(u32::MAX) });
            }
        }
        for bound in bounds {
            count_attempt(&mut write, &bound.subject, bound.within).await?;
        }
        write.commit().await?;
        Ok(now)
    }

    /// Forgets tries that count for nothing any more: many at once, and not one each second.
    pub(crate) async fn forget_tries(&self) -> Result<()> {
        let over = self.clock().now() - LONGEST_COUNTED;
        let old: Option<i64> = sqlx::query_scalar("select at from attempt where at < $1 limit 1")
            .bind(over - LONGEST_COUNTED)
            .fetch_optional(self.read())
            .await?;
        if old.is_none() {
            return Ok(());
        }
        let mut write = self.write().await?;
        sqlx::query("delete from attempt where at < $1").bind(over).execute(write.sql()).await?;
        write.commit().await
    }

    /// Forgets sessions that are over, and links when the sessions that they began are: until then, whoever presses one again
    /// is led on. Many at once, and not one each second.
    pub(crate) async fn forget_sessions(&self) -> Result<()> {
        let (now, sessions_over) = (self.clock().now(), self.clock().now() - CUSTOMER_SESSION);
        let old: Option<String> = sqlx::query_scalar(
            "select token from session where expires_at < $1
             union all select token from sign_in_link where expires_at < $2 limit 1",
        )
        .bind(now - DAY)
        .bind(sessions_over - DAY)
        .fetch_optional(self.read())
        .await?;
        if old.is_none() {
            return Ok(());
        }
        let mut write = self.write().await?;
        for (sql, before) in [
            ("delete from session where expires_at < $1", now),
            ("delete from sign_in_link where expires_at < $1", sessions_over),
        ] {
            sqlx::query(sql).bind(before).execute(write.sql()).await?;
        }
        write.commit().await
    }

    /// Whose session this is; anonymous when it is nobody's or over.
    pub async fn session(&self, token: &str) -> Result<Actor> {
        if token.len() > 200 {
            return Ok(Actor::Anonymous);
        }
        let row: Option<(Option<String>, Option<String>, Option<i64>)> = sqlx::query_as(
            "select s.agent_id, s.person_id, a.seen_at from session s left join agent a on a.id = s.agent_id
             where s.token = $1 and s.expires_at > $2",
        )
        .bind(token::kept(token))
        .bind(self.clock().now())
        .fetch_optional(self.read())
        .await?;
        match row {
            Some((Some(agent), _, seen)) => {
                let agent = AgentId(agent);
                self.note_seen_since(&agent, seen).await?;
                self.agent_actor(&agent).await
            }
            Some((_, Some(person), _)) => {
                // Whoever was signed in when they were merged goes on as the survivor.
                let person = self.person_now(&PersonId(person)).await?;
                let name: String = sqlx::query_scalar("select name from person where id = $1")
                    .bind(person.clone())
                    .fetch_one(self.read())
                    .await?;
                Ok(Actor::Customer { id: person, name })
            }
            _ => Ok(Actor::Anonymous),
        }
    }

    /// An agent as an actor; anonymous when they no longer work here.
    pub async fn agent_actor(&self, id: &AgentId) -> Result<Actor> {
        let row: Option<(String, String, Option<i64>)> =
            sqlx::query_as("select name, language, admin_at from agent where id = $1 and disabled_at is null")
                .bind(id.clone())
                .fetch_optional(self.read())
                .await?;
        Ok(row.map_or(Actor::Anonymous, |(name, language, admin_at)| Actor::Agent {
            id: id.clone(),
            name,
            admin: admin_at.is_some(),
            language: Language::from_tag(&language).unwrap_or_default(),
            via: Via::Hand,
        }))
    }

    pub async fn sign_out(&self, token: &str) -> Result<()> {
        let mut write = self.write().await?;
        sqlx::query("delete from session where token = $1").bind(token::kept(token)).execute(write.sql()).await?;
        self.commit(write).await
    }

    /// Sends a sign-in link, if the address belongs to a customer. Takes as long and answers the same if not:
    /// the looking up is a job's business.
    pub async fn ask_link(&self, email: &str, language: Language) -> Result<()> {
        let email = address(email).map_err(|why| Error::invalid("email", why))?;
        self.slow_down(&[Bound { subject: format!("link:{email}"), within: HOUR, most: MOST_LINKS }]).await?;
        let mut write = self.write().await?;
        write.enqueue(Kind::SendLink, &format!("{language} {email}")).await?;
        self.commit(write).await
    }

    pub(crate) async fn send_link(&self, job: &Job) -> Result<Outcome> {
        let Some((language, email)) = job.subject.split_once(' ') else { return Ok(Outcome::Done) };
        let person: Option<PersonId> = sqlx::query_scalar("select person_id from person_email where address = $1")
            .bind(email.to_owned())
            .fetch_optional(self.read())
            .await?;
        let Some(person) = person else { return Ok(Outcome::Done) };
        let name: String = sqlx::query_scalar("select name from person where id = $1")
            .bind(person.clone())
            .fetch_one(self.read())
            .await?;
        let token = token::random();
        let link = format!("{}/sign-in/{token}", self.public_url());
        let organisation = self.organisation().await?;
        let sheet = Sheet {
            template: "sign-in".to_owned(),
            language: Language::from_tag(language).unwrap_or_default(),
            organisation: organisation.name.clone(),
            customer_name: name.clone(),
            customer_email: email.to_owned(),
            more: vec![("link".to_owned(), link)],
            ..self.empty_sheet()
        };
        let rendered = self.render(&sheet).await?;
        let to = Party { address: email.to_owned(), name };
        let mut write = self.write().await?;
        write.keep_link(&token, email, None, Some(&person)).await?;
        write.queue_notice(self, &organisation, to, rendered, sheet.language).await?;
        finish(&mut write, job).await?;
        self.commit(write).await?;
        Ok(Outcome::Done)
    }

    /// A link by which an agent signs in once. For the demo's first page and for an administrator's invitation.
    pub async fn agent_link(&self, actor: &Actor, id: &AgentId) -> Result<String> {
        crate::access::administrator(actor)?;
        let agent = self.agent(id).await?;
        let token = token::random();
        let mut write = self.write().await?;
        write.keep_link(&token, &agent.email, Some(id), None).await?;
        self.commit(write).await?;
        Ok(format!("{}/desk/sign-in/{token}", self.public_url()))
    }

    async fn link_row(&self, token: &str) -> Result<LinkRow> {
        sqlx::query_as(
            "select address, agent_id, person_id from sign_in_link where token = $1 and used_at is null and expires_at > $2",
        )
        .bind(token::kept(token))
        .bind(self.clock().now())
        .fetch_optional(self.read())
        .await?
        .ok_or(Error::Expired)
    }

    /// The address that a link is for. Looking does not use it up: scanners look.
    pub async fn link_owner(&self, token: &str) -> Result<String> {
        Ok(self.link_row(token).await?.address)
    }

    /// Whether this customer has used up this link of theirs.
    pub async fn was_let_in_by(&self, actor: &Actor, token: &str) -> Result<bool> {
        let Actor::Customer { id, .. } = actor else { return Ok(false) };
        let owner: Option<PersonId> = sqlx::query_scalar(
            "select person_id from sign_in_link where token = $1 and person_id is not null and used_at is not null",
        )
        .bind(token::kept(token))
        .fetch_optional(self.read())
        .await?;
        match owner {
            Some(owner) => Ok(self.person_now(&owner).await? == *id),
            None => Ok(false),
        }
    }

    /// Uses a link up, and signs its owner in.
    pub async fn redeem_link(&self, token: &str) -> Result<String> {
        let link = self.link_row(token).await?;
        let mut write = self.write().await?;
        let now = write.now;
        let used = sqlx::query("update sign_in_link set used_at = $2 where token = $1 and used_at is null")
            .bind(token::kept(token))
            .bind(now)
            .execute(write.sql())
            .await?;
        if used.rows_affected() == 0 {
            return Err(Error::Expired);
        }
        let token = write.start_session(link.agent_id, link.person_id).await?;
        self.commit(write).await?;
        Ok(token)
    }
}

impl Write {
    /// Who knew it did not guess: where they are and in what they use, all is forgiven; what was tried elsewhere stays. Each try
    /// counts until then, so that many at once are not one.
    async fn forgive(&mut self, bounds: &[Bound], at: i64) -> Result<()> {
        for (place, bound) in bounds.iter().enumerate() {
            sqlx::query("delete from attempt where subject = $1 and at >= $2")
                .bind(bound.subject.clone())
                .bind(if place == 0 { 0 } else { at })
                .execute(self.sql())
                .await?;
        }
        Ok(())
    }

    /// Forgets what was tried at these addresses.
    pub(crate) async fn forget_tries_at(&mut self, addresses: &[String]) -> Result<()> {
        for tried in addresses.iter().flat_map(|address| TRIED.map(|what| format!("{what}:{address}"))) {
            sqlx::query("delete from attempt where subject = $1 or subject like $2 escape '!'")
                .bind(tried.clone())
                .bind(format!("{} %", escape_like(&tried)))
                .execute(self.sql())
                .await?;
        }
        Ok(())
    }

    /// Addresses are somebody's no more: whoever signed in by one goes out, and the links that went there open nothing. By
    /// which of theirs somebody signed in is kept nowhere, so all their sessions end.
    pub(crate) async fn shut_out(&mut self, person: &PersonId, addresses: &[String]) -> Result<()> {
        sqlx::query(concat!("delete from session where person_id in ", family!("$1")))
            .bind(person.clone())
            .execute(self.sql())
            .await?;
        for address in addresses {
            sqlx::query("delete from sign_in_link where address = $1 and person_id is not null")
                .bind(address.clone())
                .execute(self.sql())
                .await?;
        }
        Ok(())
    }

    async fn start_session(&mut self, agent: Option<AgentId>, person: Option<PersonId>) -> Result<String> {
        let token = token::random();
        let life = if agent.is_some() { AGENT_SESSION } else { CUSTOMER_SESSION };
        let now = self.now;
        sqlx::query(
            "insert into session (token, agent_id, person_id, created_at, expires_at) values ($1, $2, $3, $4, $5)",
        )
        .bind(token::kept(&token))
        .bind(agent.clone())
        .bind(person)
        .bind(now)
        .bind(now + life)
        .execute(self.sql())
        .await?;
        let who = agent.map(|id| id.0);
        self.record(
            &Actor::System,
            Cause::Person,
            EventKind::SignedIn,
            Fact { new: who.as_deref(), ..Fact::default() },
        )
        .await?;
        Ok(token)
    }

    async fn keep_link(
        &mut self,
        token: &str,
        address: &str,
        agent: Option<&AgentId>,
        person: Option<&PersonId>,
    ) -> Result<()> {
        let expires_at = self.now + LINK_LIFE;
        sqlx::query(
            "insert into sign_in_link (token, address, agent_id, person_id, expires_at) values ($1, $2, $3, $4, $5)",
        )
        .bind(token::kept(token))
        .bind(address.to_owned())
        .bind(agent.cloned())
        .bind(person.cloned())
        .bind(expires_at)
        .execute(self.sql())
        .await?;
        Ok(())
    }
}

/// What signs private links and uploads: 256 random bits.
pub fn fresh_secret() -> Vec<u8> {
    rand::random::<[u8; 32]>().to_vec()
}
