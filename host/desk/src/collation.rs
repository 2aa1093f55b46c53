//! Text is compared byte by byte on both engines. A PostgreSQL database compares as the language it was made for does: where
//! that is Norwegian, the two letters `aa` are an å and come last, and so would half of the hexadecimal ids; requests would
//! show their messages out of order. What people read sorted is filed under keys of ours (alphabet.rs).

use crate::{Error, Result, db::Engine};
use sqlx::AnyConnection;

/// A table `c` is Saker's. What others keep in the same place is theirs.
macro_rules! ours {
    () => {
        "c.relnamespace = (select oid from pg_namespace where nspname = current_schema()) and c.relkind = 'r'
      and c.relowner = (select relowner from pg_class where oid = 'counter'::regclass)"
    };
}

/// The database's language still compares a column `a`.
macro_rules! spoken {
    () => {
        "a.atttypid = 'text'::regtype and a.attcollation = 'pg_catalog.\"default\"'::regcollation"
    };
}

/// How many such columns there are: all of them on the first start, those of a new migration later.
const LEFT: &str = concat!(
    "select count(*) from pg_attribute a join pg_class c on c.oid = a.attrelid
     where a.attnum > 0 and not a.attisdropped and ",
    spoken!(),
    " and ",
    ours!()
);

/// One transaction, behind the counter as every write is: a second node waits, and finds nothing left. A column that
/// others are computed from can't be altered, so those are dropped and made again, with their indexes.
const POSTGRES: &str = concat!(
    r#"
do $$
declare
  part record;
  indexes text[];
  makings text[];
begin
  lock table counter in access exclusive mode;
  for part in
    select c.oid, c.oid::regclass as name,
      string_agg(format('alter column %I type text collate "C"', a.attname), ', ')
        filter (where a.attgenerated = '' and "#,
    spoken!(),
    r#") as changes,
      string_agg(format('drop column %I', a.attname), ', ') filter (where a.attgenerated <> '') as drops,
      string_agg(format('add column %I %s %s generated always as (%s) stored', a.attname,
          format_type(a.atttypid, a.atttypmod), case when a.attcollation <> 0 then 'collate "C"' else '' end,
          pg_get_expr(d.adbin, d.adrelid)), ', ' order by a.attnum)
        filter (where a.attgenerated <> '') as adds
    from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where "#,
    ours!(),
    r#"
    group by c.oid
    having bool_or("#,
    spoken!(),
    r#")
  loop
    select array_agg(x.indexrelid::regclass::text), array_agg(pg_get_indexdef(x.indexrelid)) into indexes, makings
      from pg_index x where x.indrelid = part.oid;
    if part.drops is not null then
      execute format('alter table %s %s', part.name, part.drops);
    end if;
    if part.changes is not null then
      execute format('alter table %s %s', part.name, part.changes);
    end if;
    if part.adds is not null then
      execute format('alter table %s %s', part.name, part.adds);
    end if;
    for i in 1 .. coalesce(array_length(indexes, 1), 0) loop
      if to_regclass(indexes[i]) is null then
        execute makings[i];
      end if;
    end loop;
    -- What was known of how values are spread went with the columns' old order.
    execute format('analyze %s', part.name);
  end loop;
end $$"#
);

/// How often it is tried where somebody else's reading stands in the way.
const TRIES: usize = 5;
/// A deadlock, of which PostgreSQL ended this side.
const DEADLOCK: &str = "40P01";
/// Somebody's view shows a column, or another table is made from it.
const SHOWN: [&str; 2] = ["0A000", "2BP01"];

/// Makes it so, where it is not.
///
/// # Errors
/// What PostgreSQL says; of a view on one of Saker's tables, that it has to go while this is done.
pub(crate) async fn compare_bytes(connection: &mut AnyConnection, engine: Engine) -> Result<()> {
    if engine == Engine::Sqlite {
        return Ok(());
    }
    for attempt in 1.. {
        let left: i64 = sqlx::query_scalar(LEFT).fetch_one(&mut *connection).await?;
        if left == 0 {
            break;
        }
        let Err(why) = sqlx::raw_sql(POSTGRES).execute(&mut *connection).await else { break };
        match why.as_database_error().and_then(|why| why.code()).as_deref() {
            Some(DEADLOCK) if attempt < TRIES => tracing::info!("tables are read just now; trying again"),
            Some(code) if SHOWN.contains(&code) => {
                return Err(Error::internal(format!(
                    "{why}: the order of text can\u{2019}t be changed while a view of yours shows it. Drop the view, start \
                     Saker, and make the view again."
                )));
            }
            _ => return Err(why.into()),
        }
    }
    Ok(())
}
