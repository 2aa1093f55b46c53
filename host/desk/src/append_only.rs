//! The log only grows: the database itself refuses whatever would change an entry or take one away. What forgetting a
//! person and erasing a request need stays possible: a word may become nothing, or the mark that something was there. C-28.

use crate::{Result, db::Engine};
use sqlx::{AnyConnection, Connection};

/// What an entry may become: the same fact, with fewer words.
const SQLITE: &[&str] = &[
    "create trigger if not exists event_stays before delete on event begin
       select raise(abort, 'the log only grows'); end",
    "create trigger if not exists event_is_not_changed before update on event
     when not (new.number is old.number and new.at is old.at and new.kind is old.kind
       and new.ticket_id is old.ticket_id and new.actor_kind is old.actor_kind
       and new.cause is old.cause and new.cause_id is old.cause_id
       and (new.actor_id is old.actor_id or new.actor_id is null)
       and (new.actor_name is old.actor_name or new.actor_name = '—')
       and (new.old is old.old or new.old is null or (new.old = '—' and old.old is not null))
       and (new.new is old.new or new.new is null or (new.new = '—' and old.new is not null))
       and (new.data is old.data or new.data is null))
     begin select raise(abort, 'the log only grows'); end",
];

const POSTGRES: &[&str] = &[
    "create or replace function the_log_only_grows() returns trigger language plpgsql as $$
     begin
       if tg_op = 'UPDATE' then
         if new.number = old.number and new.at = old.at and new.kind = old.kind
           and new.ticket_id is not distinct from old.ticket_id and new.actor_kind = old.actor_kind
           and new.cause = old.cause and new.cause_id is not distinct from old.cause_id
           and (new.actor_id is not distinct from old.actor_id or new.actor_id is null)
           and (new.actor_name = old.actor_name or new.actor_name = '—')
           and (new.old is not distinct from old.old or new.old is null or (new.old = '—' and old.old is not null))
           and (new.new is not distinct from old.new or new.new is null or (new.new = '—' and old.new is not null))
           and (new.data is not distinct from old.data or new.data is null)
         then return new; end if;
       end if;
       raise exception 'the log only grows';
     end $$",
    "drop trigger if exists event_is_not_changed on event",
    "create trigger event_is_not_changed before update or delete on event
     for each row execute function the_log_only_grows()",
    "drop trigger if exists event_stays on event",
    "create trigger event_stays before truncate on event for each statement execute function the_log_only_grows()",
];

/// Tells the database so, where it was not told before: all of it or, when the process ends meanwhile, none.
pub(crate) async fn keep_the_log(connection: &mut AnyConnection, engine: Engine) -> Result<()> {
    let (told, rules) = match engine {
        Engine::Sqlite => ("select count(*) from sqlite_master where type = 'trigger' and tbl_name = 'event'", SQLITE),
        Engine::Postgres => {
            ("select count(*) from pg_trigger where tgrelid = 'event'::regclass and not tgisinternal", POSTGRES)
        }
    };
    let there: i64 = sqlx::query_scalar(told).fetch_one(&mut *connection).await?;
    if there >= 2 {
        return Ok(());
    }
    let mut write = connection.begin().await?;
    // Two nodes may start for the first time at once: the second waits here, and does the same again.
    sqlx::query("update counter set value = value where name = 'event'").execute(&mut *write).await?;
    for rule in rules {
        sqlx::raw_sql(*rule).execute(&mut *write).await?;
    }
    Ok(write.commit().await?)
}
