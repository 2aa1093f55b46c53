-- The last call to an account that its plugin turned away, and why: with a key that is wrong, each is.
alter table channel add column refused_at bigint;
alter table channel add column refused text;
