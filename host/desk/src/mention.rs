//! `@name` in a comment: the colleague follows the request from then on, and is told. C-15.

use crate::{
    Result,
    db::{Fact, Write},
    model::*,
};

/// Which of these people a text names, by full name or by first name where only one has it. Case does not matter.
fn named<'a>(text: &str, people: &'a [(AgentId, String)]) -> Vec<&'a (AgentId, String)> {
    let folded = text.to_lowercase();
    let mut found: Vec<&(AgentId, String)> = vec![];
    for (at, _) in folded.match_indices('@') {
        // An address is no mention.
        if folded[..at].chars().next_back().is_some_and(char::is_alphanumeric) {
            continue;
        }
        let rest = &folded[at + 1..];
        let says = |name: &str| {
            let name = name.to_lowercase();
            rest.starts_with(&name) && !rest[name.len()..].starts_with(char::is_alphanumeric)
        };
        let full = people.iter().filter(|(_, name)| says(name)).max_by_key(|(_, name)| name.len());
        let mut firsts = people.iter().filter(|(_, name)| name.split_whitespace().next().is_some_and(says));
        let one = full.or_else(|| firsts.next().filter(|_| firsts.next().is_none()));
        if let Some(one) = one
            && !found.contains(&one)
        {
            found.push(one);
        }
    }
    found
}

impl Write {
    /// Notes who is named in a comment.
    pub(crate) async fn note_mentions(
        &mut self,
        actor: &Actor,
        id: &TicketId,
        message: &MessageId,
        text: &str,
    ) -> Result<()> {
        if !text.contains('@') {
            return Ok(());
        }
        let people: Vec<(AgentId, String)> =
            sqlx::query_as("select id, name from agent where disabled_at is null order by id")
                .fetch_all(self.sql())
                .await?;
        let now = self.now;
        for (agent, name) in named(text, &people) {
            sqlx::query("insert into mention (message_id, agent_id) values ($1, $2) on conflict do nothing")
                .bind(message.clone())
                .bind(agent.clone())
                .execute(self.sql())
                .await?;
            sqlx::query("insert into follower (ticket_id, agent_id, at) values ($1, $2, $3) on conflict do nothing")
                .bind(id.clone())
                .bind(agent.clone())
                .bind(now)
                .execute(self.sql())
                .await?;
            let fact = Fact { ticket: Some(id), new: Some(name), data: Some(agent.0.clone()), ..Fact::default() };
            self.record(actor, Cause::Person, EventKind::Mentioned, fact).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_and_addresses_are_not() {
        let people: Vec<(AgentId, String)> =
            ["Ane Lie", "Ane Berg", "Bo Åsen"].into_iter().map(|name| (AgentId::from(name), name.to_owned())).collect();
        let of = |text: &str| named(text, &people).into_iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>();
        assert_eq!(of("@bo, kan du se på denne? Også @Ane Berg."), ["Bo Åsen", "Ane Berg"]);
        assert_eq!(of("@Ane"), Vec::<&str>::new(), "two have that name");
        assert_eq!(of("skriv til bo@bo.no, @Bob, @BO ÅSEN"), ["Bo Åsen"]);
        assert_eq!(of("@bo og @bo"), ["Bo Åsen"]);
    }
}
