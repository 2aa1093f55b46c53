//! Counting requests apart, by what they are. STAT-1, STAT-2.

use crate::{
    Desk, Result,
    access::listed,
    criteria::{Bound, Condition, bind_all},
    model::{AgentId, Grouping},
};
use sqlx::AssertSqlSafe;

/// So many groups are told apart, the largest ones.
const MOST: usize = 200;

impl Desk {
    /// How many of the requests `t` that a condition holds of, and that reader `me` sees, belong to each group: the largest
    /// first. The condition's places come after the reader's.
    pub(crate) async fn grouped(
        &self,
        me: &AgentId,
        mut condition: Condition,
        by: Grouping,
        key: &str,
    ) -> Result<Vec<(String, i64)>> {
        let (join, value) = by.by(key, &mut condition);
        let sql = format!(
            "select coalesce({value}, '') as name, count(*) as count from ticket t {join} where ({}) and {}
             group by coalesce({value}, '') order by count(*) desc, coalesce({value}, '') limit {MOST}",
            condition.sql,
            listed!(),
        );
        let query = sqlx::query_as(AssertSqlSafe(sql)).bind(me.clone());
        Ok(bind_all!(query, condition.values).fetch_all(self.read()).await?)
    }
}

impl Grouping {
    /// What is joined to `ticket t`, and the value that says where each belongs: an id, a word or a raw value; empty where
    /// there is none. `key` is a custom field's.
    fn by(self, key: &str, condition: &mut Condition) -> (String, &'static str) {
        let (join, value) = match self {
            Grouping::State => ("", "t.state"),
            Grouping::Status => ("", "t.status_id"),
            Grouping::Owner => ("", "t.owner_id"),
            Grouping::Team => ("left join team_member g on g.agent_id = t.owner_id", "g.team_id"),
            Grouping::Category => ("", "t.category_id"),
            Grouping::Priority => ("", "t.priority_id"),
            Grouping::Type => ("", "t.type_id"),
            Grouping::Company => ("", "t.company_id"),
            Grouping::Agreement => ("left join company g on g.id = t.company_id", "g.agreement_id"),
            Grouping::Origin => ("", "t.origin"),
            Grouping::Access => ("", "t.access"),
            Grouping::Tag => ("left join ticket_tag g on g.ticket_id = t.id", "g.tag_id"),
            Grouping::Language => ("left join person g on g.id = t.person_id", "coalesce(g.language, t.language)"),
            Grouping::Custom => {
                let key = condition.bind(Bound::Text(key.to_owned()));
                let field = format!("(select f.id from field f where f.key = {key})");
                return (format!("left join ticket_field g on g.ticket_id = t.id and g.field_id = {field}"), "g.text");
            }
        };
        (join.to_owned(), value)
    }
}
