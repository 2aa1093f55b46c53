//! Counting requests apart, by what they are. STAT-1, STAT-2.

use crate::{
    criteria::{Bound, Condition},
    model::Grouping,
};

impl Grouping {
    /// What is joined to `ticket t`, and the value that says where each belongs: an id, a word or a raw value; empty where
    /// there is none. `key` is a custom field's.
    pub(crate) fn by(self, key: &str, condition: &mut Condition) -> (String, &'static str) {
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
