-- Bytes of a kept call's body: so many of all that wait are kept for an account, whoever sends them.
alter table hook_call add column size bigint not null default 0;
