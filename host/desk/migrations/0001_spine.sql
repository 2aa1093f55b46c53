-- One vocabulary for both databases: text, bigint, double precision. Times are Unix microseconds, ids UUID v7 as text,
-- a flag is the time since when it holds.

create table counter (
  name text primary key,
  value bigint not null
);
insert into counter (name, value) values ('event', 0), ('ticket', 1000);

create table setting (
  name text primary key,
  value text not null
);

create table agent (
  id text primary key,
  name text not null,
  email text not null unique,
  language text not null,
  signature text not null,
  password text,
  admin_at bigint,
  disabled_at bigint,
  created_at bigint not null
);

create table company (
  id text primary key,
  name text not null,
  domain text unique,
  created_at bigint not null
);

create table person (
  id text primary key,
  name text not null,
  language text not null,
  company_id text references company (id),
  created_at bigint not null
);
create index person_by_company on person (company_id);

-- Addresses are lower-cased, numbers are digits with an optional leading plus.
create table person_email (
  address text primary key,
  person_id text not null references person (id),
  position bigint not null
);
create index person_email_by_person on person_email (person_id);

create table person_phone (
  person_id text not null references person (id),
  number text not null,
  position bigint not null,
  primary key (person_id, number)
);
create index person_phone_by_number on person_phone (number);

create table session (
  token text primary key,
  agent_id text references agent (id),
  person_id text references person (id),
  created_at bigint not null,
  expires_at bigint not null
);

-- One-time sign-in links; only the hash of the token is kept.
create table sign_in_link (
  token text primary key,
  address text not null,
  agent_id text references agent (id),
  person_id text references person (id),
  expires_at bigint not null,
  used_at bigint
);

-- How often something was tried lately, so that all nodes count together.
create table attempt (
  subject text not null,
  at bigint not null
);
create index attempt_by_subject on attempt (subject, at);

create table category (
  id text primary key,
  name text not null,
  nb text not null,
  en text not null,
  internal_at bigint,
  position bigint not null
);

create table category_member (
  category_id text not null references category (id),
  agent_id text not null references agent (id),
  primary key (category_id, agent_id)
);

create table priority (
  id text primary key,
  rank bigint not null,
  nb text not null,
  en text not null,
  default_at bigint
);

create table status (
  id text primary key,
  state text not null check (state in ('open', 'closed', 'postponed')),
  nb text not null,
  en text not null,
  position bigint not null,
  default_at bigint,
  -- Taken when an agent accepts a request. ACC-3.
  accept_at bigint
);

-- A door through which messages come and go.
create table account (
  id text primary key,
  kind text not null check (kind in ('email', 'portal', 'phone')),
  address text unique,
  name text not null,
  category_id text not null references category (id),
  priority_id text not null references priority (id),
  language text,
  silent_at bigint,
  imap text,
  cursor text
);

create table ticket (
  id text primary key,
  number bigint not null unique,
  title text not null,
  state text not null check (state in ('open', 'closed', 'postponed')),
  status_id text not null references status (id),
  access text not null check (access in ('external', 'internal')),
  origin text not null,
  read text not null check (read in ('unread', 'news', 'read')),
  owner_id text references agent (id),
  category_id text not null references category (id),
  first_category_id text not null references category (id),
  priority_id text not null references priority (id),
  account_id text not null references account (id),
  person_id text references person (id),
  -- Who wrote, where no person is known: name or address.
  sender text not null,
  preview text not null,
  messages bigint not null,
  files bigint not null,
  created_at bigint not null,
  changed_at bigint not null,
  closed_at bigint,
  replied_at bigint,
  first_read_at bigint,
  read_by_customer_at bigint,
  -- Who spoke last to the other side: the customer waits, or is waited for.
  last_external_by_staff_at bigint,
  last_external_at bigint
);
create index ticket_by_owner on ticket (owner_id, state, changed_at);
create index ticket_by_state on ticket (state, changed_at);
create index ticket_by_person on ticket (person_id, changed_at);
create index ticket_by_change on ticket (changed_at);

create table ticket_contact (
  ticket_id text not null references ticket (id),
  person_id text not null references person (id),
  position bigint not null,
  primary key (ticket_id, person_id)
);
create index ticket_contact_by_person on ticket_contact (person_id);

create table message (
  id text primary key,
  ticket_id text not null references ticket (id),
  kind text not null check (kind in ('enquiry', 'reply', 'comment', 'automatic', 'bounce')),
  access text not null check (access in ('external', 'internal')),
  agent_id text references agent (id),
  person_id text references person (id),
  author_name text not null,
  author_email text not null,
  text text not null,
  quote_at bigint,
  html text,
  recipients text not null,
  cc text not null,
  -- The name that other mail programs know it by, without brackets.
  mail_id text unique,
  in_reply_to text,
  template text,
  source text,
  problem text,
  created_at bigint not null
);
create index message_by_ticket on message (ticket_id, created_at);

-- What has been taken in, so that the same again creates nothing. The key is the channel's own.
create table received (
  account_id text not null,
  external_id text not null,
  ticket_id text,
  message_id text,
  at bigint not null,
  primary key (account_id, external_id)
);

create table attachment (
  id text primary key,
  message_id text not null references message (id),
  name text not null,
  mime text not null,
  size bigint not null,
  blob text not null,
  content_id text
);
create index attachment_by_message on attachment (message_id);

create table delivery (
  id text primary key,
  message_id text references message (id),
  ticket_id text references ticket (id),
  state text not null check (state in ('queued', 'sending', 'sent', 'failed', 'uncertain')),
  -- Everything that the mail is made of, fixed when it was saved.
  parcel text not null,
  recipient text not null,
  subject text not null,
  raw text,
  attempts bigint not null,
  error text,
  created_at bigint not null,
  sent_at bigint
);
create index delivery_by_message on delivery (message_id);
create index delivery_by_state on delivery (state, created_at);

create table favourite (
  agent_id text not null references agent (id),
  ticket_id text not null references ticket (id),
  at bigint not null,
  primary key (agent_id, ticket_id)
);

create table notification (
  id text primary key,
  agent_id text not null references agent (id),
  ticket_id text not null references ticket (id),
  kind text not null,
  actor text not null,
  at bigint not null,
  seen_at bigint
);
create index notification_by_agent on notification (agent_id, seen_at, at);

create table event (
  number bigint primary key,
  at bigint not null,
  kind text not null,
  ticket_id text,
  actor_kind text not null,
  actor_id text,
  actor_name text not null,
  cause text not null,
  old text,
  new text,
  data text
);
create index event_by_ticket on event (ticket_id, number);

create table job (
  id text primary key,
  kind text not null,
  subject text not null,
  run_at bigint not null,
  leased_until bigint not null,
  attempts bigint not null,
  done_at bigint,
  failed_at bigint,
  error text
);
create index job_by_due on job (done_at, failed_at, run_at);
