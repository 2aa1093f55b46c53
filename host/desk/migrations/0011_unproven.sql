-- Whether a message's address is only what somebody typed: nobody has shown that it is theirs. The same of a channel's account
-- that was taken for a person because of one.
alter table message add column unproven bigint not null default 0;
alter table person_handle add column unproven bigint not null default 0;
