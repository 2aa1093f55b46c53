-- Who runs on this database just now; with PostgreSQL they may be several. One that is heard of no more is gone.
create table node (
  id text primary key,
  until bigint not null,
  -- 1 where mail can leave by it.
  sends bigint not null,
  -- Until then it takes no more mailboxes, for there was one that it could not reach.
  rests_until bigint not null default 0
);
-- Which of them fetches its mail.
alter table account add column node_id text;

-- Nobody ever said until when.
alter table channel drop column paused_until;

-- The door that a plugin failed at when it was switched off by itself; null where it could not be loaded.
alter table plugin add column tripped_door text;

-- What is over is forgotten.
create index session_by_end on session (expires_at);
create index sign_in_link_by_end on sign_in_link (expires_at);
