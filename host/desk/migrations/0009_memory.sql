-- How much each account of a plugin remembers: bytes of its rows in `plugin_state`, those included whose end has come and that
-- are not cleared yet.
create table plugin_memory (
  plugin_id text not null,
  account_id text not null,
  size bigint not null,
  primary key (plugin_id, account_id)
);
insert into plugin_memory (plugin_id, account_id, size)
  select plugin_id, account_id, cast(sum(size) as bigint) from plugin_state group by plugin_id, account_id;

-- What has come to its end is found without looking at the rest.
drop index plugin_state_by_end;
create index plugin_state_by_end on plugin_state (plugin_id, account_id, expires_at);
