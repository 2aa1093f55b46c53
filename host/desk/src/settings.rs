//! What an administrator decides: categories, priorities, statuses, accounts, who works here.

use crate::{
    Desk, Error, Result, Why,
    access::{administrator, staff},
    db::{Fact, Write},
    model::*,
    person::{address, shorten},
};
use sqlx::AssertSqlSafe;

/// A category to be added.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct NewCategory {
    /// What agents call it.
    pub name: String,
    pub nb: String,
    pub en: String,
    pub internal: bool,
    pub members: Vec<AgentId>,
}

/// A colleague to be added.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct NewAgent {
    pub name: String,
    pub email: String,
    pub language: Language,
    pub signature: String,
    /// Without one, only sign-in links let them in.
    pub password: Option<String>,
    pub admin: bool,
    /// None is the default role.
    pub roles: Vec<RoleId>,
}

/// A mailbox to be added.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct NewMailbox {
    pub address: String,
    /// The name customers see beside the address.
    pub name: String,
    pub category: CategoryId,
    /// Where mail is fetched; without it mail comes in by SMTP or LMTP.
    pub imap: Option<crate::mailbox::Imap>,
    /// Never answers by itself. AUT-2.
    pub silent: bool,
}

#[derive(sqlx::FromRow)]
struct CategoryRow {
    id: CategoryId,
    parent_id: Option<CategoryId>,
    name: String,
    nb: String,
    en: String,
    internal_at: Option<i64>,
}

impl From<CategoryRow> for Category {
    fn from(row: CategoryRow) -> Self {
        Category {
            id: row.id,
            name: row.name,
            nb: row.nb,
            en: row.en,
            internal: row.internal_at.is_some(),
            parent: row.parent_id,
        }
    }
}

/// What a category stands under, the nearest first.
fn above<'a>(category: &Category, all: &'a [Category]) -> Vec<&'a Category> {
    let mut line: Vec<&Category> = vec![];
    let mut next = category.parent.as_ref();
    while let Some(one) = next.and_then(|parent| all.iter().find(|one| one.id == *parent)) {
        if line.len() > all.len() {
            break;
        }
        line.push(one);
        next = one.parent.as_ref();
    }
    line
}

/// In their order, each before what stands under it.
fn as_tree(categories: &[Category]) -> Vec<Category> {
    fn add(under: Option<&CategoryId>, all: &[Category], tree: &mut Vec<Category>) {
        for category in all.iter().filter(|category| category.parent.as_ref() == under) {
            if tree.len() < all.len() {
                tree.push(category.clone());
                add(Some(&category.id), all, tree);
            }
        }
    }
    let mut tree = Vec::with_capacity(categories.len());
    add(None, categories, &mut tree);
    tree
}

#[derive(sqlx::FromRow)]
struct PriorityRow {
    id: PriorityId,
    rank: i64,
    nb: String,
    en: String,
    default_at: Option<i64>,
}

#[derive(sqlx::FromRow)]
pub(crate) struct AgentRow {
    pub id: AgentId,
    pub name: String,
    pub email: String,
    pub language: String,
    pub signature: String,
    pub admin_at: Option<i64>,
}

impl Desk {
    /// Everything a page needs to offer choices.
    pub async fn choices(&self, actor: &Actor) -> Result<Choices> {
        staff(actor)?;
        let priorities: Vec<PriorityRow> =
            sqlx::query_as("select id, rank, nb, en, default_at from priority where deleted_at is null order by rank")
                .fetch_all(self.read())
                .await?;
        Ok(Choices {
            statuses: self.statuses().await?,
            categories: self.categories().await?,
            types: self.request_types().await?,
            priorities: priorities
                .into_iter()
                .map(|r| Priority { id: r.id, rank: r.rank, nb: r.nb, en: r.en, default: r.default_at.is_some() })
                .collect(),
            agents: self.colleagues().await?,
        })
    }

    /// Puts rows of one of our tables in this order, from the position `first` on.
    pub(crate) async fn put_in_order(
        &self,
        actor: &Actor,
        table: &'static str,
        ids: &[impl std::fmt::Display],
        first: i64,
    ) -> Result<()> {
        administrator(actor)?;
        let mut write = self.write().await?;
        for (position, id) in ids.iter().enumerate() {
            sqlx::query(AssertSqlSafe(format!("update {table} set position = $2 where id = $1")))
                .bind(id.to_string())
                .bind(first + position as i64)
                .execute(write.sql())
                .await?;
        }
        write.record(actor, Cause::Person, EventKind::SettingsChanged, Fact::default()).await?;
        self.commit(write).await
    }

    /// Everybody who works here now, by name.
    pub async fn colleagues(&self) -> Result<Vec<AgentCard>> {
        let agents: Vec<AgentRow> = sqlx::query_as(
            "select id, name, email, language, signature, admin_at from agent where disabled_at is null order by name, id",
        )
        .fetch_all(self.read())
        .await?;
        Ok(agents.into_iter().map(|r| AgentCard { id: r.id, name: r.name, email: r.email }).collect())
    }

    async fn categories(&self) -> Result<Vec<Category>> {
        let rows: Vec<CategoryRow> = sqlx::query_as(
            "select id, parent_id, name, nb, en, internal_at from category where deleted_at is null order by position, name",
        )
        .fetch_all(self.read())
        .await?;
        Ok(rows.into_iter().map(Category::from).collect())
    }

    /// What a customer may choose from, each after what it stands under, without what agents call it. CAT-3: internal
    /// categories are not offered, and what stands under one is offered as if it stood under the next above.
    pub async fn open_categories(&self) -> Result<Vec<Category>> {
        let all = self.categories().await?;
        let mut open: Vec<Category> = all.iter().filter(|category| !category.internal).cloned().collect();
        for category in &mut open {
            category.name.clear();
            category.parent = above(category, &all).into_iter().find(|one| !one.internal).map(|one| one.id.clone());
        }
        Ok(as_tree(&open))
    }

    /// A category as customers read it: where it has no outside name in a language, the nearest above that has one stands
    /// for it; where none has, its name in another language. CAT-3.
    pub(crate) async fn category_outside(&self, id: &str) -> Result<Category> {
        let (own, all) = (self.category(id).await?, self.categories().await?);
        let mut line = vec![&own];
        line.extend(above(&own, &all));
        line.retain(|category| !category.internal);
        let first = |pick: fn(&Category) -> &str| line.iter().copied().map(pick).find(|name| !name.is_empty());
        let (nb, en) = (first(|one| &one.nb), first(|one| &one.en));
        let said = |name: Option<&str>, other: Option<&str>| name.or(other).unwrap_or_default().to_owned();
        Ok(Category {
            id: own.id.clone(),
            name: String::new(),
            nb: said(nb, en),
            en: said(en, nb),
            internal: own.internal,
            parent: None,
        })
    }

    /// Also one that is there no more: old requests may still say its name.
    pub(crate) async fn category(&self, id: &str) -> Result<Category> {
        let row: Option<CategoryRow> =
            sqlx::query_as("select id, parent_id, name, nb, en, internal_at from category where id = $1")
                .bind(id.to_owned())
                .fetch_optional(self.read())
                .await?;
        row.map(Category::from).ok_or(Error::NotFound)
    }

    pub async fn organisation(&self) -> Result<Organisation> {
        let rows: Vec<(String, String)> =
            sqlx::query_as("select name, value from setting where name like 'organisation.%'")
                .fetch_all(self.read())
                .await?;
        let mut organisation = Organisation::default();
        for (name, value) in rows {
            match name.as_str() {
                "organisation.name" => organisation.name = value,
                "organisation.phone" => organisation.phone = value,
                _ => {}
            }
        }
        let email: Option<String> =
            sqlx::query_scalar("select address from account where kind = 'email' order by id limit 1")
                .fetch_optional(self.read())
                .await?;
        organisation.email = email.unwrap_or_default();
        Ok(organisation)
    }

    pub async fn name_organisation(&self, actor: &Actor, name: &str, phone: &str) -> Result<()> {
        administrator(actor)?;
        let mut write = self.write().await?;
        for (setting, value) in [("organisation.name", name), ("organisation.phone", phone)] {
            write.set_setting(setting, &shorten(value, 200)).await?;
        }
        write.record(actor, Cause::Person, EventKind::SettingsChanged, Fact::default()).await?;
        self.commit(write).await
    }

    pub async fn add_category(&self, actor: &Actor, new: NewCategory) -> Result<CategoryId> {
        let id = CategoryId::new();
        let mut write = self.write().await?;
        write.entitled(actor, Right::Categories).await?;
        let internal_at = new.internal.then_some(write.now);
        sqlx::query(
            "insert into category (id, name, nb, en, internal_at, notify_members_at, position)
             values ($1, $2, $3, $4, $5, $6, (select count(*) from category))",
        )
        .bind(id.clone())
        .bind(shorten(&new.name, 200))
        .bind(shorten(&new.nb, 200))
        .bind(shorten(&new.en, 200))
        .bind(internal_at)
        .bind(write.now)
        .execute(write.sql())
        .await?;
        for member in new.members {
            write.join_category(&id, &member).await?;
        }
        write.reckon_reach().await?;
        write.record(actor, Cause::Person, EventKind::SettingsChanged, Fact::default()).await?;
        self.commit(write).await?;
        Ok(id)
    }

    pub async fn join_category(&self, actor: &Actor, category: &CategoryId, agents: &[AgentId]) -> Result<()> {
        let mut write = self.write().await?;
        write.entitled(actor, Right::Categories).await?;
        for agent in agents {
            write.join_category(category, agent).await?;
        }
        write.reckon_reach().await?;
        write.record(actor, Cause::Person, EventKind::SettingsChanged, Fact::default()).await?;
        self.commit(write).await
    }

    pub async fn add_agent(&self, actor: &Actor, new: NewAgent) -> Result<AgentId> {
        administrator(actor)?;
        let address = address(&new.email).map_err(|why| Error::invalid("email", why))?;
        let password = match new.password {
            Some(password) => Some(crate::identity::hash(password).await?),
            None => None,
        };
        let id = AgentId::new();
        let mut write = self.write().await?;
        let now = write.now;
        sqlx::query(
            "insert into agent (id, name, email, language, signature, password, admin_at, created_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(id.clone())
        .bind(shorten(&new.name, 200))
        .bind(address)
        .bind(new.language.tag())
        .bind(new.signature)
        .bind(password)
        .bind(new.admin.then_some(now))
        .bind(now)
        .execute(write.sql())
        .await?;
        write.give_roles(&id, &new.roles).await?;
        write.reckon_reach().await?;
        write.record(actor, Cause::Person, EventKind::SettingsChanged, Fact::default()).await?;
        self.commit(write).await?;
        Ok(id)
    }

    pub async fn add_mailbox(&self, actor: &Actor, new: NewMailbox) -> Result<AccountId> {
        administrator(actor)?;
        let address = address(&new.address).map_err(|why| Error::invalid("address", why))?;
        let imap = new.imap.as_ref().map(serde_json::to_string).transpose()?;
        let id = AccountId::new();
        let mut write = self.write().await?;
        let silent_at = new.silent.then_some(write.now);
        sqlx::query(
            "insert into account (id, kind, address, name, category_id, priority_id, silent_at, imap)
             values ($1, 'email', $2, $3, $4, (select id from priority where default_at is not null limit 1), $5, $6)",
        )
        .bind(id.clone())
        .bind(address)
        .bind(shorten(&new.name, 200))
        .bind(new.category)
        .bind(silent_at)
        .bind(imap)
        .execute(write.sql())
        .await?;
        write.record(actor, Cause::Person, EventKind::SettingsChanged, Fact::default()).await?;
        self.commit(write).await?;
        Ok(id)
    }

    /// The signed-in agent's own settings. Section 20.
    pub async fn profile(&self, actor: &Actor) -> Result<Profile> {
        let row = self.agent(staff(actor)?).await?;
        Ok(Profile {
            rights: self.rights(actor).await?,
            id: row.id,
            name: row.name,
            email: row.email,
            language: Language::from_tag(&row.language).unwrap_or_default(),
            admin: row.admin_at.is_some(),
            signature: row.signature,
        })
    }

    pub(crate) async fn agent(&self, id: &AgentId) -> Result<AgentRow> {
        Ok(sqlx::query_as("select id, name, email, language, signature, admin_at from agent where id = $1")
            .bind(id.clone())
            .fetch_one(self.read())
            .await?)
    }

    pub async fn save_profile(&self, actor: &Actor, name: &str, language: Language, signature: &str) -> Result<()> {
        let id = staff(actor)?.clone();
        let name = shorten(name, 200);
        if name.is_empty() {
            return Err(Error::invalid("name", Why::Missing));
        }
        if signature.chars().count() > 4_000 {
            return Err(Error::invalid("signature", Why::TooLong { most: 4_000 }));
        }
        let mut write = self.write().await?;
        sqlx::query("update agent set name = $2, language = $3, signature = $4 where id = $1")
            .bind(id)
            .bind(name)
            .bind(language.tag())
            .bind(signature.to_owned())
            .execute(write.sql())
            .await?;
        write.record(actor, Cause::Person, EventKind::SettingsChanged, Fact::default()).await?;
        self.commit(write).await
    }

    /// On the first start: the statuses, priorities and doors that a desk can't be without.
    pub(crate) async fn set_up(&self) -> Result<()> {
        let there: i64 = sqlx::query_scalar("select count(*) from status").fetch_one(self.read()).await?;
        if there > 0 {
            return Ok(());
        }
        let mut write = self.write().await?;
        // Two processes may start at once; the pen decides.
        let there: i64 = sqlx::query_scalar("select count(*) from status").fetch_one(write.sql()).await?;
        if there == 0 {
            write.first_choices().await?;
            write.record(&Actor::System, Cause::Setup, EventKind::SettingsChanged, Fact::default()).await?;
        }
        self.commit(write).await
    }
}

/// What was decided under this name; none where nothing was.
pub(crate) async fn setting(from: impl sqlx::Executor<'_, Database = sqlx::Any>, name: &str) -> Result<Option<String>> {
    let sql = "select value from setting where name = $1";
    Ok(sqlx::query_scalar(sql).bind(name.to_owned()).fetch_optional(from).await?)
}

impl Write {
    pub(crate) async fn set_setting(&mut self, name: &str, value: &str) -> Result<()> {
        sqlx::query(
            "insert into setting (name, value) values ($1, $2) on conflict (name) do update set value = excluded.value",
        )
        .bind(name.to_owned())
        .bind(value.to_owned())
        .execute(self.sql())
        .await?;
        Ok(())
    }

    pub(crate) async fn join_category(&mut self, category: &CategoryId, agent: &AgentId) -> Result<()> {
        sqlx::query("insert into category_member (category_id, agent_id) values ($1, $2) on conflict do nothing")
            .bind(category.clone())
            .bind(agent.clone())
            .execute(self.sql())
            .await?;
        Ok(())
    }

    /// What every desk begins with has the same id everywhere, so that a configuration finds it on another.
    async fn first_choices(&mut self) -> Result<()> {
        let now = self.now;
        let mut last = 0;
        let mut id = move || {
            last += 1;
            format!("00000000-0000-7000-8000-{last:012}")
        };
        let statuses = [
            ("open", "Åpen", "Open", true, true),
            ("open", "Venter på kunden", "Waiting for customer", false, false),
            ("postponed", "Utsatt", "Postponed", true, false),
            ("closed", "Avsluttet", "Closed", true, false),
            ("linked", "Koblet", "Linked", true, false),
            ("deleted", "Slettet", "Deleted", true, false),
        ];
        for (position, (state, nb, en, default, accept)) in statuses.into_iter().enumerate() {
            sqlx::query(
                "insert into status (id, state, nb, en, position, default_at, accept_at, waiting_at, track)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            )
            .bind(StatusId(id()))
            .bind(state)
            .bind(nb)
            .bind(en)
            .bind(position as i64)
            .bind(default.then_some(now))
            .bind(accept.then_some(now))
            .bind((en == "Waiting for customer").then_some(now))
            .bind(if state == "open" && default { "internal" } else { "external" })
            .execute(self.sql())
            .await?;
        }
        sqlx::query(
            "insert into role (id, name, list, read, edit, rights, default_at)
             values ($1, 'Saksbehandler', 'all', 'all', 'all', 'tags bulk export statistics', $2)",
        )
        .bind(RoleId(id()))
        .bind(now)
        .execute(self.sql())
        .await?;
        let office = CalendarId(id());
        let day = vec![Interval { from: 9 * 60, to: 17 * 60 }];
        let week = std::array::from_fn(|weekday| if weekday < 5 { day.clone() } else { vec![] });
        let hours = OpeningHours { zone: "Europe/Oslo".to_owned(), week, holidays: vec![] };
        self.save_calendar(&office, "Kontortid", &hours).await?;
        // First answer and end, in minutes of the office's hours.
        let targets = [(60, 4 * 60), (2 * 60, 8 * 60), (8 * 60, 40 * 60)];
        let mut medium = PriorityId::default();
        for (rank, (nb, en)) in [("Høy", "High"), ("Medium", "Medium"), ("Lav", "Low")].into_iter().enumerate() {
            let priority = PriorityId(id());
            if rank == 1 {
                medium = priority.clone();
            }
            sqlx::query(
                "insert into priority (id, rank, nb, en, default_at, calendar_id, first_response, resolution, calendar_escalation_at)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            )
                .bind(priority)
                .bind(rank as i64)
                .bind(nb)
                .bind(en)
                .bind((rank == 1).then_some(now))
                .bind(office.clone())
                .bind(targets[rank].0)
                .bind(targets[rank].1)
                .bind(now)
                .execute(self.sql())
                .await?;
        }
        let category = CategoryId(id());
        sqlx::query(
            "insert into category (id, name, nb, en, notify_members_at, position)
             values ($1, 'Brukerstøtte', 'Support', 'Support', $2, 0)",
        )
        .bind(category.clone())
        .bind(now)
        .execute(self.sql())
        .await?;
        self.save_type(&RequestType {
            id: RequestTypeId(id()),
            nb: "Sak".to_owned(),
            en: "Request".to_owned(),
            description: String::new(),
            icon: String::new(),
            default: true,
            external: false,
            statuses: vec![],
            status: None,
            priorities: vec![],
            priority: None,
            template: None,
        })
        .await?;
        for (kind, name) in [("portal", "Portal"), ("phone", "Phone")] {
            sqlx::query("insert into account (id, kind, name, category_id, priority_id) values ($1, $2, $3, $4, $5)")
                .bind(AccountId(id()))
                .bind(kind)
                .bind(name)
                .bind(category.clone())
                .bind(medium.clone())
                .execute(self.sql())
                .await?;
        }
        Ok(())
    }
}
