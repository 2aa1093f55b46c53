//! Those who run on one PostgreSQL: each says every few seconds that it is there. They share the mailboxes that are fetched, so
//! that each is one node's at a time, and leave mail to those that it can leave by. With SQLite there is only one, and nothing
//! of this.

use crate::{
    Desk, Result,
    clock::HOUR,
    db::{Engine, Write},
    job::{LEASE, RENEWAL},
    mailbox::Mailbox,
    model::{AccountId, NodeId},
};
use tokio::sync::watch;

/// How long a node takes no more mailboxes after one that it could not reach.
const REST: i64 = HOUR;

impl Desk {
    /// Gives signs of life until told to stop; then everything that is this node's is free at once.
    pub(crate) async fn stay_known(self, mut stopped: watch::Receiver<bool>) {
        if self.db().engine() == Engine::Sqlite {
            return;
        }
        while !*stopped.borrow() {
            // When this fails for as long as the lease is, others take over. What both fetch then is the same mail.
            let _ = self.give_sign_of_life().await;
            tokio::select! {
                () = tokio::time::sleep(RENEWAL) => {}
                _ = stopped.changed() => break,
            }
        }
        let _ = self.leave().await;
    }

    async fn give_sign_of_life(&self) -> Result<()> {
        let mut write = self.write().await?;
        let now = write.now;
        sqlx::query(
            "insert into node (id, until, sends) values ($1, $2, $3)
             on conflict (id) do update set until = excluded.until, sends = excluded.sends",
        )
        .bind(self.node().clone())
        .bind(now + LEASE)
        .bind(i64::from(self.outside().has_way_out()))
        .execute(write.sql())
        .await?;
        sqlx::query("delete from node where until < $1").bind(now).execute(write.sql()).await?;
        write.share_mailboxes(self.node()).await?;
        write.commit().await
    }

    async fn leave(&self) -> Result<()> {
        let mut write = self.write().await?;
        sqlx::query("delete from node where id = $1").bind(self.node().clone()).execute(write.sql()).await?;
        write.commit().await
    }

    /// The mailboxes that are fetched by this node and by no other.
    pub async fn mailboxes_here(&self) -> Result<Vec<Mailbox>> {
        if self.db().engine() == Engine::Sqlite {
            return self.mailboxes().await;
        }
        // Whoever has just started need not wait for the next sign of life.
        let known: Option<NodeId> = sqlx::query_scalar("select id from node where id = $1")
            .bind(self.node().clone())
            .fetch_optional(self.read())
            .await?;
        if known.is_none() {
            self.give_sign_of_life().await?;
        }
        self.mailboxes_of(Some(self.node())).await
    }

    /// What can't be fetched from here another node may reach: it is the next one's from now on, and this one takes no more for
    /// a while. Where nobody else is there who reached everything, nothing changes.
    pub async fn hand_on(&self, mailbox: &AccountId) -> Result<()> {
        if self.db().engine() == Engine::Sqlite {
            return Ok(());
        }
        let mut write = self.write().await?;
        let now = write.now;
        let next: Option<NodeId> = sqlx::query_scalar(
            "select id from node where id <> $1 and until > $2 and rests_until <= $2
             order by case when id > $1 then 0 else 1 end, id limit 1",
        )
        .bind(self.node().clone())
        .bind(now)
        .fetch_optional(write.sql())
        .await?;
        let Some(next) = next else { return Ok(()) };
        let handed = sqlx::query("update account set node_id = $3 where id = $1 and node_id = $2")
            .bind(mailbox.clone())
            .bind(self.node().clone())
            .bind(next)
            .execute(write.sql())
            .await?;
        if handed.rows_affected() == 0 {
            return Ok(());
        }
        sqlx::query("update node set rests_until = $2 where id = $1")
            .bind(self.node().clone())
            .bind(now + REST)
            .execute(write.sql())
            .await?;
        write.commit().await
    }

    /// Whether mail that is to leave is left to others: there is no way out of here, and there is one from where they are. Where
    /// nobody has one, each says at the mail what is missing.
    pub(crate) async fn leaves_mail_to_others(&self) -> Result<bool> {
        if self.outside().has_way_out() || self.db().engine() == Engine::Sqlite {
            return Ok(false);
        }
        let other: Option<NodeId> = sqlx::query_scalar("select id from node where sends = 1 and until > $1 limit 1")
            .bind(self.clock().now())
            .fetch_optional(self.read())
            .await?;
        Ok(other.is_some())
    }
}

impl Write {
    /// Takes what is nobody's, and gives up what is more than a share: another one takes it with its next sign of life.
    async fn share_mailboxes(&mut self, me: &NodeId) -> Result<()> {
        let now = self.now;
        let rests: Vec<(NodeId, i64)> =
            sqlx::query_as("select id, rests_until from node").fetch_all(self.sql()).await?;
        let resting: Vec<NodeId> =
            rests.iter().filter(|(_, until)| *until > now).map(|(node, _)| node.clone()).collect();
        let nodes: Vec<NodeId> = rests.into_iter().map(|(node, _)| node).collect();
        // One without a password is fetched by nobody.
        let mailboxes: Vec<(AccountId, Option<NodeId>)> = sqlx::query_as(
            "select id, node_id from account where kind = 'email' and address is not null and imap is not null
               and imap not like '%\"password\":\"\"%' order by id",
        )
        .fetch_all(self.sql())
        .await?;
        let share = Share::of(me, &nodes, &resting, &mailboxes);
        for mailbox in share.too_many {
            self.give_mailbox(mailbox, None).await?;
        }
        for mailbox in share.missing {
            self.give_mailbox(mailbox, Some(me)).await?;
        }
        Ok(())
    }

    async fn give_mailbox(&mut self, mailbox: &AccountId, node: Option<&NodeId>) -> Result<()> {
        sqlx::query("update account set node_id = $2 where id = $1")
            .bind(mailbox.clone())
            .bind(node.cloned())
            .execute(self.sql())
            .await?;
        Ok(())
    }
}

/// What a node gives up and takes, so that all have about as many.
#[derive(Debug, PartialEq, Eq)]
struct Share<'a> {
    too_many: Vec<&'a AccountId>,
    missing: Vec<&'a AccountId>,
}

impl<'a> Share<'a> {
    /// `nodes` are those that are there, `me` among them; mailboxes come with whose they were. Those that rest keep what they
    /// have, and the others share the rest; where all rest, nobody does.
    fn of(me: &NodeId, nodes: &[NodeId], resting: &[NodeId], mailboxes: &'a [(AccountId, Option<NodeId>)]) -> Self {
        let those = |fits: &dyn Fn(Option<&NodeId>) -> bool| -> Vec<&'a AccountId> {
            mailboxes.iter().filter(|(_, node)| fits(node.as_ref())).map(|(id, _)| id).collect()
        };
        let all_rest = nodes.iter().all(|node| resting.contains(node));
        let takes = |node: &NodeId| all_rest || !resting.contains(node);
        if !takes(me) {
            return Self { too_many: vec![], missing: vec![] };
        }
        let kept = those(&|node| node.is_some_and(|node| nodes.contains(node) && !takes(node)));
        let takers = nodes.iter().filter(|node| takes(node)).count();
        let most = (mailboxes.len() - kept.len()).div_ceil(takers.max(1));
        let mine = those(&|node| node == Some(me));
        let nobodys = those(&|node| node.is_none_or(|node| !nodes.contains(node)));
        let room = most.saturating_sub(mine.len());
        Self { too_many: mine.into_iter().skip(most).collect(), missing: nobodys.into_iter().take(room).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn nodes(names: &[&str]) -> Vec<NodeId> {
        names.iter().map(|name| NodeId::from(*name)).collect()
    }

    /// Each gives a sign of life in turn, twice: so often those who have too many and those who have too few need to meet.
    fn shared(nodes: &[NodeId], mailboxes: &mut [(AccountId, Option<NodeId>)]) -> Vec<usize> {
        shared_while(&[], nodes, mailboxes)
    }

    fn shared_while(resting: &[NodeId], nodes: &[NodeId], mailboxes: &mut [(AccountId, Option<NodeId>)]) -> Vec<usize> {
        for me in nodes.iter().chain(nodes) {
            let before = mailboxes.to_vec();
            let share = Share::of(me, nodes, resting, &before);
            let whose: BTreeMap<_, _> = (share.too_many.iter().map(|id| (*id, None)))
                .chain(share.missing.iter().map(|id| (*id, Some(me))))
                .collect();
            for (id, node) in mailboxes.iter_mut() {
                if let Some(new) = whose.get(id) {
                    *node = new.cloned();
                }
            }
        }
        nodes.iter().map(|me| mailboxes.iter().filter(|(_, node)| node.as_ref() == Some(me)).count()).collect()
    }

    #[test]
    fn each_has_about_as_many_whoever_comes_and_goes() {
        let mut mailboxes: Vec<_> = (0..7).map(|n| (AccountId(n.to_string()), None)).collect();
        assert_eq!(shared(&nodes(&["a"]), &mut mailboxes), [7]);
        assert_eq!(shared(&nodes(&["a", "b"]), &mut mailboxes), [4, 3]);
        assert_eq!(shared(&nodes(&["a", "b", "c"]), &mut mailboxes), [3, 3, 1]);
        // What the one had that went is the others'; what they have stays with them.
        let before = mailboxes.clone();
        assert_eq!(shared(&nodes(&["b", "c"]), &mut mailboxes), [4, 3]);
        let kept = before.iter().filter(|(_, node)| node.as_ref().is_some_and(|node| node.as_str() != "a"));
        assert!(kept.clone().count() == 4 && kept.into_iter().all(|one| mailboxes.contains(one)), "{mailboxes:?}");
    }

    #[test]
    fn one_mailbox_is_one_nodes() {
        let mut mailboxes = vec![(AccountId::from("1"), None)];
        assert_eq!(shared(&nodes(&["a", "b", "c"]), &mut mailboxes), [1, 0, 0]);
        assert_eq!(shared(&nodes(&["b", "c"]), &mut mailboxes), [1, 0]);
    }

    #[test]
    fn who_could_not_reach_one_takes_no_more_until_it_has_rested() {
        let mut mailboxes: Vec<_> = (0..6).map(|n| (AccountId(n.to_string()), None)).collect();
        let both = nodes(&["a", "b"]);
        assert_eq!(shared(&both, &mut mailboxes), [3, 3]);
        // One of a's was handed on; a keeps the others, and b gives none back for it.
        mailboxes[0].1 = Some(NodeId::from("b"));
        assert_eq!(shared_while(&nodes(&["a"]), &both, &mut mailboxes), [2, 4]);
        // Somebody who comes takes a half of what is not a's.
        assert_eq!(shared_while(&nodes(&["a"]), &nodes(&["a", "b", "c"]), &mut mailboxes), [2, 2, 2]);
        // Nobody reaches everything: all take what there is, as if none rested.
        assert_eq!(shared_while(&both, &both, &mut mailboxes), [3, 3]);
        assert_eq!(shared(&both, &mut mailboxes), [3, 3]);
    }
}
