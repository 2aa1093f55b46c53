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
  -- Said to be away; no new requests come to them. ASG-1, C-9.
  away_at bigint,
  -- When they were last at a screen: who is not seen for a while is not present.
  seen_at bigint,
  -- Most open requests that distribution may give them; none is no limit.
  capacity bigint,
  -- Their working hours.
  calendar_id text,
  -- Their own choices, as JSON. Section 20.
  preferences text not null default '{}',
  -- What they last looked for by criteria, as JSON. FND-2.
  last_search text not null default '',
  -- Notices that they have not seen, of requests that they may read: kept by every write that changes that.
  unseen bigint not null default 0,
  created_at bigint not null
);

create table company (
  id text primary key,
  name text not null,
  domain text unique,
  -- PRI-2, ASG-4, C-11.
  priority_id text,
  service_agent_id text references agent (id),
  agreement_id text,
  -- The company that it is the same as, which may have become another since: its domain leads there.
  merged_into text references company (id),
  created_at bigint not null
);

create table person (
  id text primary key,
  name text not null,
  language text not null,
  company_id text references company (id),
  -- PRI-2, ASG-4, POR-4.
  priority_id text,
  service_agent_id text references agent (id),
  company_requests_at bigint,
  note text not null default '',
  -- What is left of a person who asked to be forgotten: no name, no address, only the fact.
  erased_at bigint,
  -- The person that they are the same as, who may have become another since: old links lead there.
  merged_into text references person (id),
  merged_at bigint,
  created_at bigint not null
);
create index person_by_company on person (company_id);
create index person_by_merge on person (merged_into);

-- Whose what was before its people became one, so that a merge can be taken apart. `kind` says where to look for the thing:
-- an address, a request with its place among others, a message, a setting that the survivor took over (of the company:
-- since when they saw its requests before).
create table provenance (
  kind text not null,
  thing text not null,
  person_id text not null references person (id),
  position bigint not null,
  primary key (kind, thing, person_id)
);
create index provenance_by_person on provenance (person_id, kind);

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

-- A node of the tree, with its rules for distribution. Section 8.1.
create table category (
  id text primary key,
  parent_id text references category (id),
  name text not null,
  nb text not null,
  en text not null,
  internal_at bigint,
  position bigint not null,
  -- Fallback of distribution, and told of escalations.
  admin_agent_id text references agent (id),
  -- Only members have access. RGT-1.
  members_only_at bigint,
  -- Members are told of new requests.
  notify_members_at bigint,
  -- Addresses that are told too, a line each.
  notify_addresses text not null default '',
  take_on_reply_at bigint,
  new_status_id text,
  message_status_id text,
  method text not null default 'none' check (method in ('none', 'even', 'weighted', 'fewest')),
  present_only_at bigint,
  reassign_absent_at bigint,
  service_contact_first_at bigint,
  -- Minutes during which the same customer comes to the same agent. ASG-5. None is off.
  quarantine bigint,
  -- How it stands is shown to everybody who sees it; from the beginning, unless somebody takes it out. Section 8.1.
  status_view_at bigint default 0,
  -- What stands round its mails, as templates; for those below that have none, too. OUT-3.
  style_html text,
  style_text text,
  style_below_at bigint,
  -- Days that closed requests are kept, and what comes then; none is what the category above says. C-20.
  keep_days bigint,
  keep_then text check (keep_then in ('erase', 'anonymise')),
  deleted_at bigint
);

create table category_member (
  category_id text not null references category (id),
  agent_id text not null references agent (id),
  weight bigint not null default 1,
  primary key (category_id, agent_id)
);

create table priority (
  id text primary key,
  rank bigint not null,
  nb text not null,
  en text not null,
  default_at bigint,
  -- Offered to customers. PRI-3.
  external_at bigint,
  -- Whose hours count; none is around the clock.
  calendar_id text,
  -- Minutes inside the calendar; none is no target. C-10.
  first_response bigint,
  next_response bigint,
  resolution bigint,
  -- Warned when this share of the time is left, in percent.
  warn_at bigint not null default 25,
  -- What each event does to the chain of escalation: 'stop', 'continue', 'restart' or '' for nothing. Section 7.4.
  on_new text not null default 'restart',
  on_read text not null default '',
  on_transfer text not null default '',
  on_news text not null default '',
  on_closed text not null default 'stop',
  on_priority text not null default 'restart',
  -- Escalation counts inside the calendar. ESC-2.
  calendar_escalation_at bigint,
  deleted_at bigint
);

create table status (
  id text primary key,
  state text not null check (state in ('open', 'closed', 'postponed', 'linked', 'deleted')),
  nb text not null,
  en text not null,
  position bigint not null,
  default_at bigint,
  -- Taken when an agent accepts a request. ACC-3.
  accept_at bigint,
  -- Requests in it are handed out by "get next". QUE-1.
  queue_at bigint,
  -- A customer's answer makes a new request. STA-3.
  new_on_reply_at bigint,
  -- Counts as waiting for the customer: the clock of the deadlines stands still.
  waiting_at bigint,
  -- Which phase its time counts as. STAT-3.
  track text not null default 'internal' check (track in ('queue', 'internal', 'external')),
  -- Taken out of every choice. The row stays: the time that requests were in it still counts. STAT-4.
  deleted_at bigint
);

-- A door through which messages come and go.
create table account (
  id text primary key,
  kind text not null check (kind in ('email', 'portal', 'phone', 'channel')),
  address text unique,
  name text not null,
  category_id text not null references category (id),
  priority_id text not null references priority (id),
  -- What comes through it is of this type; none is the default one. Section 8.2.
  type_id text,
  language text,
  silent_at bigint,
  imap text,
  cursor text
);

create table ticket (
  id text primary key,
  number bigint not null unique,
  title text not null,
  state text not null check (state in ('open', 'closed', 'postponed', 'linked', 'deleted')),
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
  -- Of the main contact, written when they are forgotten: it is counted by. STAT-2.
  language text,
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
  last_external_at bigint,
  type_id text,
  first_priority_id text,
  -- The main contact's company when the request was last touched. CRM-1.
  company_id text,
  sale_id text,
  project_id text,
  -- When it was given to its owner, and why: JSON, worded by the reader. C-8.
  assigned_at bigint,
  why text,
  -- When a postponed request opens by itself.
  wake_at bigint,
  -- The request that swallowed this one. MRG-3.
  master_id text,
  -- Where it was before it was deleted or swallowed.
  status_before_id text,
  spam_at bigint,
  deleted_at bigint,
  -- Since when it is without words and people. C-20.
  anonymised_at bigint,
  -- Instants by which something is due; none is nothing to wait for. C-10.
  first_response_due bigint,
  next_response_due bigint,
  resolution_due bigint,
  -- The earliest of the three.
  deadline bigint,
  -- From when the targets count.
  due_from bigint,
  -- When the next warning, or that something was missed, has to be told; none is nothing to tell.
  warn_due bigint,
  miss_due bigint,
  -- What was told already of the targets that hold now, a line each.
  told text not null default '',
  -- Since when the customer is waited for.
  waiting_since bigint,
  -- Escalation: levels that have fired, when the next one does, or how much was left when it was stopped. Section 7.4.
  escalation_level bigint not null default 0,
  escalate_at bigint,
  escalate_left bigint,
  -- Since when it stands still because the request is not open.
  chain_rests_at bigint,
  -- Minutes spent and to charge, the sums over its messages. TIM-1.
  minutes bigint not null default 0,
  charge bigint not null default 0,
  replies bigint not null default 0,
  reopenings bigint not null default 0,
  -- Microseconds inside the hours from the beginning to the first answer, and to the end: kept with those. STAT-2.
  reply_took bigint,
  close_took bigint,
  -- The cell of `tally` that it is counted in.
  counted_state text,
  counted_owner text,
  counted_category text,
  counted_status text,
  -- 1 where its deadline had passed then, else 0.
  counted_late bigint not null default 0,
  -- What the title, the contact's name and the company's are filed under: see alphabet.rs.
  title_key text not null default '',
  contact_key text not null default '',
  company_key text not null default '',
  -- What else lists are sorted by.
  pile text generated always as (case when state = 'open' and owner_id is null then 'unassigned' else state end) stored,
  read_key bigint generated always as (case read when 'unread' then 0 when 'news' then 1 else 2 end) stored,
  closed_key bigint generated always as (coalesce(closed_at, -1)) stored,
  deadline_key bigint generated always as (coalesce(deadline, -1)) stored,
  -- The number again, under names of its own: no other index then is in the order of a list that an index is made for, and
  -- no planner walks that one past all that lies before the list. Nothing is a value for the same reason.
  number_key bigint generated always as (number) stored,
  owner_key text generated always as (coalesce(owner_id, '')) stored,
  type_key text generated always as (coalesce(type_id, '')) stored,
  turn bigint generated always as (number) stored,
  -- A deadline that will pass, or has passed since it was counted.
  late_at bigint generated always as (case when state = 'open' and counted_late = 0 then deadline end) stored
);
create index ticket_by_wake on ticket (wake_at);
create index ticket_by_warning on ticket (warn_due);
create index ticket_by_miss on ticket (miss_due);
create index ticket_by_deletion on ticket (deleted_at);
create index ticket_by_due on ticket (deadline);
create index ticket_by_reply on ticket (replied_at);
create index ticket_by_assignment on ticket (assigned_at);
create index ticket_by_closing on ticket (closed_at);
-- What its category does not keep for ever. C-20.
create index ticket_by_farewell on ticket (category_id, closed_at) where state = 'closed' and anonymised_at is null;
create index ticket_by_escalation on ticket (escalate_at);
create index ticket_by_category on ticket (category_id, state, changed_at, turn);
create index ticket_by_company on ticket (company_id, changed_at);
create index ticket_by_sale on ticket (sale_id) where sale_id is not null;
create index ticket_by_project on ticket (project_id) where project_id is not null;
create index ticket_by_master on ticket (master_id);
create index ticket_by_owner on ticket (owner_id, state, changed_at, turn);
create index ticket_by_person on ticket (person_id, changed_at);
create index ticket_by_change on ticket (changed_at, turn);
create index ticket_by_creation on ticket (created_at, turn);
create index ticket_by_category_creation on ticket (category_id, created_at, turn);
create index ticket_by_owner_creation on ticket (owner_id, created_at, turn);
create index ticket_by_pick on ticket (category_id, owner_id, state, changed_at, turn);
create index ticket_by_lateness on ticket (late_at);
-- What waits in a queue, in the order it is handed out. QUE-1.
create index ticket_by_queue on ticket (category_id, status_id, (coalesce(deadline, 9223372036854775807)), created_at, id)
  where pile = 'unassigned';
-- One for each heading of a list.
create index ticket_pile_by_number on ticket (pile, number_key, turn);
create index ticket_pile_by_title on ticket (pile, title_key, turn);
create index ticket_pile_by_contact on ticket (pile, contact_key, turn);
create index ticket_pile_by_company on ticket (pile, company_key, turn);
create index ticket_pile_by_created on ticket (pile, created_at, turn);
create index ticket_pile_by_changed on ticket (pile, changed_at, turn);
create index ticket_pile_by_closed on ticket (pile, closed_key, turn);
create index ticket_pile_by_deadline on ticket (pile, deadline_key, turn);
create index ticket_pile_by_read on ticket (pile, read_key, turn);
create index ticket_pile_by_messages on ticket (pile, messages, turn);
create index ticket_pile_by_minutes on ticket (pile, minutes, turn);
create index ticket_pile_by_owner on ticket (pile, owner_key, turn);
create index ticket_pile_by_category on ticket (pile, category_id, turn);
create index ticket_pile_by_status on ticket (pile, status_id, turn);
create index ticket_pile_by_priority on ticket (pile, priority_id, turn);
create index ticket_pile_by_type on ticket (pile, type_key, turn);

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
  kind text not null check (kind in ('enquiry', 'reply', 'comment', 'automatic', 'bounce', 'forward', 'helper')),
  access text not null check (access in ('external', 'internal')),
  agent_id text references agent (id),
  person_id text references person (id),
  author_name text not null,
  author_email text not null,
  text text not null,
  quote_at bigint,
  html text,
  -- Addresses, a line each.
  recipients text not null,
  cc text not null,
  bcc text not null default '',
  -- The name that other mail programs know it by, without brackets.
  mail_id text unique,
  in_reply_to text,
  template text,
  source text,
  problem text,
  flagged_at bigint,
  -- Spent and charged. TIM-1.
  minutes bigint not null default 0,
  charge bigint not null default 0,
  -- The conversation with an outside helper that it is part of. C-16.
  side_id text,
  -- The request it was written on, where it was moved since.
  moved_from text,
  -- The swallowed request that it came from by a merge, so that the merge can be taken apart. MRG-4.
  merged_from text,
  redacted_at bigint,
  -- Undone: shown to nobody, found by nobody.
  taken_back_at bigint,
  -- A reply that was called back before it left.
  recalled_at bigint,
  -- 1 where only a machine says it, such as that somebody is away: it moves nothing in a list, and nobody has spoken by it.
  no_news bigint not null default 0,
  created_at bigint not null
);
create index message_by_person on message (person_id);
create index message_by_source on message (source);
create index message_by_side on message (side_id);
create index message_by_flag on message (flagged_at);
create index message_by_time on message (created_at);
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
create index attachment_by_blob on attachment (blob);

-- Bytes that rows let go of: removed once nothing refers to them, and nobody put the same lately.
create table loose_blob (
  blob text primary key,
  -- When they are looked at.
  at bigint not null,
  -- Of files that can still come back to it: with the request they go at once.
  ticket_id text
);
create index loose_blob_by_ticket on loose_blob (ticket_id);
create index loose_blob_by_time on loose_blob (at);

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
  sent_at bigint,
  -- By a channel: its account, the remote's name for the message, and how far it is known to be.
  account_id text references account (id),
  external_id text,
  reached_at bigint,
  seen_at bigint
);
create index delivery_by_external on delivery (account_id, external_id);
create index delivery_by_message on delivery (message_id);
create index delivery_by_recipient on delivery (recipient);
create index delivery_by_raw on delivery (raw);
create index delivery_by_state on delivery (state, created_at);

-- A reply that can still be called back.
create table held (
  message_id text primary key references message (id),
  until_at bigint not null,
  -- The step it was said in, and the last event of it: what comes of them waits too.
  step bigint not null,
  last_event bigint not null,
  -- The draft it was, as JSON.
  draft text,
  -- What its customer sees meanwhile, as JSON.
  seen text not null
);
create index held_by_time on held (until_at);

-- Children that are closed when their parent's reply leaves. REL-4.
create table held_child (
  message_id text not null references message (id),
  ticket_id text not null references ticket (id),
  primary key (message_id, ticket_id)
);
create index held_child_by_ticket on held_child (ticket_id);

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
  -- How many of the same kind on the same request it stands for. NOT-1.
  times bigint not null default 1,
  at bigint not null,
  seen_at bigint,
  -- Not seen, and not to be seen now: its request is in the bin, swallowed, or no longer the agent's to read.
  hidden_at bigint
);
create index notification_by_agent on notification (agent_id, seen_at, at);
create index notification_by_ticket on notification (ticket_id, seen_at);

create table event (
  number bigint primary key,
  at bigint not null,
  kind text not null,
  ticket_id text,
  actor_kind text not null,
  actor_id text,
  actor_name text not null,
  cause text not null,
  -- The rule, key, bulk action or undone step that a cause names.
  cause_id text,
  old text,
  new text,
  data text
);
create index event_by_ticket on event (ticket_id, number);
create index event_by_kind on event (kind, at);
create index event_by_actor on event (actor_id, number);

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

-- What the clock could not do to a request: tried again, after pauses that grow.
create table stumble (
  chore text not null,
  subject text not null,
  ticket_id text not null references ticket (id),
  attempts bigint not null,
  again_at bigint not null,
  error text not null,
  primary key (chore, subject)
);
create index stumble_by_ticket on stumble (ticket_id);
