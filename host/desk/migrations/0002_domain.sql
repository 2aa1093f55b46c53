-- Everything a request can be and do, beyond the spine.

-- Rights. Section 19. Each scope is 'none', 'own' (categories one is a member of) or 'all'; edit implies read implies list.
create table role (
  id text primary key,
  name text not null unique,
  list text not null check (list in ('none', 'own', 'all')),
  read text not null check (read in ('none', 'own', 'all')),
  edit text not null check (edit in ('none', 'own', 'all')),
  -- Special rights, a word each, separated by spaces.
  rights text not null,
  -- Given to whoever gets no other.
  default_at bigint
);

create table agent_role (
  agent_id text not null references agent (id),
  role_id text not null references role (id),
  primary key (agent_id, role_id)
);

create table team (
  id text primary key,
  name text not null unique
);

create table team_member (
  team_id text not null references team (id),
  agent_id text not null references agent (id),
  primary key (team_id, agent_id)
);

create table category_team (
  category_id text not null references category (id),
  team_id text not null references team (id),
  primary key (category_id, team_id)
);

-- Derived from roles, teams and categories in the write that changes them: what each agent may do in each category.
-- 1 list, 2 read, 3 edit; no row is nothing.
create table reach (
  agent_id text not null,
  category_id text not null,
  level bigint not null,
  primary key (agent_id, category_id)
);
create index reach_by_category on reach (category_id, level);

-- Derived from categories in the write that changes them: how long each keeps its closed requests; no row is for ever. C-20.
create table retention (
  category_id text primary key references category (id),
  days bigint not null,
  farewell text not null check (farewell in ('erase', 'anonymise'))
);

-- While one stands, nothing of what it is on is erased. C-20.
create table legal_hold (
  id text primary key,
  kind text not null check (kind in ('ticket', 'person', 'company')),
  -- What it was placed on, and what that is now: whoever was merged into another is that one.
  placed_on text not null,
  holds text not null,
  reason text not null,
  agent_id text references agent (id),
  by_name text not null,
  at bigint not null
);
create index legal_hold_by_subject on legal_hold (holds, kind);

-- Where distribution stands for each member. Smooth weighted round robin keeps one number each.
create table distribution_turn (
  category_id text not null references category (id),
  agent_id text not null references agent (id),
  current bigint not null,
  given_at bigint,
  primary key (category_id, agent_id)
);

-- Flags on messages that only whoever put them there sees.
create table own_flag (
  agent_id text not null references agent (id),
  message_id text not null references message (id),
  note text not null,
  at bigint not null,
  primary key (agent_id, message_id)
);
create index own_flag_by_message on own_flag (message_id);

-- What agents can do, and what requests ask for. A skill is its name, lower-cased; levels are 1 to 5, 0 where none is said.
create table agent_skill (
  agent_id text not null references agent (id),
  skill text not null,
  name text not null,
  level bigint not null,
  primary key (agent_id, skill)
);

create table wanted_skill (
  place text not null check (place in ('category', 'type', 'tag')),
  place_id text not null,
  skill text not null,
  name text not null,
  level bigint not null,
  -- Nobody without it gets such a request; else who has it is preferred.
  required_at bigint,
  primary key (place, place_id, skill)
);

create table absence (
  id text primary key,
  agent_id text not null references agent (id),
  from_at bigint not null,
  to_at bigint not null,
  delegate_id text references agent (id)
);
create index absence_by_agent on absence (agent_id, to_at);

-- Opening hours: JSON, seven days from Monday, each a list of [from, to] in minutes of the local day.
create table calendar (
  id text primary key,
  name text not null unique,
  zone text not null,
  hours text not null
);

-- `day` is YYYY-MM-DD, or MM-DD for every year.
create table holiday (
  calendar_id text not null references calendar (id),
  day text not null,
  name text not null,
  primary key (calendar_id, day)
);

create table escalation_level (
  id text primary key,
  priority_id text not null references priority (id),
  position bigint not null,
  -- Minutes after the step before. ESC-1.
  after_minutes bigint not null,
  reassign_to text references agent (id),
  -- Who is told: words 'owner', 'admin', 'contact', addresses and telephone numbers, a line each.
  tell text not null,
  -- What the contact gets, what all others get in place of the house's own note, and by which account numbers are told.
  template text not null default '',
  note text not null default '',
  account_id text not null default ''
);
create index escalation_level_by_priority on escalation_level (priority_id, position);

-- What was agreed with a customer: stands in place of the priority's targets. C-11.
create table agreement (
  id text primary key,
  name text not null unique,
  calendar_id text references calendar (id)
);

create table agreement_target (
  agreement_id text not null references agreement (id),
  priority_id text not null references priority (id),
  first_response bigint,
  next_response bigint,
  resolution bigint,
  primary key (agreement_id, priority_id)
);

-- Every status a request was in. STAT-4.
create table status_spell (
  ticket_id text not null references ticket (id),
  status_id text not null,
  from_at bigint not null,
  to_at bigint,
  primary key (ticket_id, from_at, status_id)
);

create table request_type (
  id text primary key,
  nb text not null,
  en text not null,
  description text not null,
  icon text not null,
  position bigint not null,
  default_at bigint,
  -- Offered to customers.
  external_at bigint,
  -- What a new request of it gets. TYP-1.
  status_id text references status (id),
  priority_id text references priority (id),
  -- Offered for replies.
  template text,
  deleted_at bigint
);

-- No row for a type: everything is allowed. Section 8.2.
create table type_status (
  type_id text not null references request_type (id),
  status_id text not null references status (id),
  primary key (type_id, status_id)
);

create table type_priority (
  type_id text not null references request_type (id),
  priority_id text not null references priority (id),
  primary key (type_id, priority_id)
);

create table tag (
  id text primary key,
  name text not null,
  -- Lower-cased, the way it is compared.
  folded text not null unique,
  created_at bigint not null
);

create table ticket_tag (
  ticket_id text not null references ticket (id),
  tag_id text not null references tag (id),
  primary key (ticket_id, tag_id)
);
create index ticket_tag_by_tag on ticket_tag (tag_id);

create table field (
  id text primary key,
  -- What rules, criteria and the API call it.
  key text not null unique,
  nb text not null,
  en text not null,
  -- What helps to fill it in.
  hint_nb text not null default '',
  hint_en text not null default '',
  kind text not null check (kind in ('text', 'number', 'date', 'choice', 'multi-choice', 'person', 'yes-no')),
  -- JSON list of { key, nb, en }.
  choices text not null,
  -- JSON list of { kind, category }: where it belongs; none is everywhere.
  places text not null,
  position bigint not null,
  required_at bigint,
  -- Shown in the portal's form.
  portal_at bigint,
  deleted_at bigint
);

-- `text` is the short written form, `words` a text's own, `number` what compares as a number (a day as its noon, UTC, in
-- microseconds). A multiple choice has a row for each.
create table ticket_field (
  ticket_id text not null references ticket (id),
  field_id text not null references field (id),
  text text not null,
  words text,
  number double precision not null default 0,
  -- What lists sort it by, in digits; choices, which have an order of their own, are only kept apart: see field/order.rs.
  filed text not null default '',
  -- The request's number.
  turn bigint not null default 0,
  -- Where the request is counted: its state, owner and category. See tally.rs.
  cell text not null default '',
  primary key (ticket_id, field_id, text)
);
create index ticket_field_by_value on ticket_field (field_id, text, turn);
create index ticket_field_in_order on ticket_field (field_id, filed, turn);
create index ticket_field_in_cell on ticket_field (field_id, cell, filed, turn);

create table sale (
  id text primary key,
  name text not null,
  company_id text references company (id),
  closed_at bigint,
  created_at bigint not null
);

create table project (
  id text primary key,
  name text not null,
  company_id text references company (id),
  closed_at bigint,
  created_at bigint not null
);

-- A conversation with someone outside who helps; the customer sees nothing of it. C-16.
create table side (
  id text primary key,
  ticket_id text not null references ticket (id),
  subject text not null,
  -- Addresses, a line each.
  helpers text not null,
  cc text not null default '',
  bcc text not null default '',
  agent_id text references agent (id),
  created_at bigint not null,
  -- Waited for since, and asked again when.
  waiting_since bigint,
  remind_at bigint,
  closed_at bigint
);
create index side_by_ticket on side (ticket_id);
create index side_by_remind on side (remind_at);

create table mention (
  message_id text not null references message (id),
  agent_id text not null references agent (id),
  primary key (message_id, agent_id)
);

-- What a message said before something was blacked out. C-6.
create table redaction (
  id text primary key,
  message_id text not null references message (id),
  agent_id text not null references agent (id),
  at bigint not null,
  reason text not null,
  -- None once it was erased for good. While it is taken back: what the message said after.
  before_text text,
  before_html text,
  before_quote_at bigint,
  before_redacted_at bigint,
  -- A hash of what the message says where nobody worded it otherwise since.
  leaves text not null,
  taken_back_at bigint
);
create index redaction_by_message on redaction (message_id);

-- Half-written, on every device. C-17. `place` is a request, or 'new'.
create table draft (
  agent_id text not null references agent (id),
  place text not null,
  kind text not null,
  body text not null,
  version bigint not null,
  changed_at bigint not null,
  primary key (agent_id, place, kind)
);

-- Who has a request on a screen just now. C-1. Ends by itself, so it hangs on nothing; `attended` is the number of the write
-- that changed it last, for whoever tells of it.
create table viewer (
  ticket_id text not null,
  agent_id text not null,
  screen text not null,
  writing bigint not null,
  until_at bigint not null,
  attended bigint not null,
  primary key (ticket_id, agent_id, screen)
);
create index viewer_attended on viewer (attended);
create index viewer_agent on viewer (agent_id, until_at);

-- `kind` is 'related' or 'parent', the latter from parent to child. REL-1.
create table relation (
  id text primary key,
  from_id text not null references ticket (id),
  to_id text not null references ticket (id),
  kind text not null check (kind in ('related', 'parent')),
  comment text not null,
  at bigint not null,
  unique (from_id, to_id, kind)
);
create index relation_by_to on relation (to_id);

-- RUL-1. Types are ids, a line each; none is every type.
create table relation_rule (
  id text primary key,
  name text not null,
  parent_types text not null,
  child_types text not null,
  require_parent_at bigint,
  children_first_at bigint,
  close_parent_at bigint,
  close_children_at bigint
);

-- What one write changed, so that it can be taken back.
create table step (
  -- Number of its first event.
  number bigint primary key,
  at bigint not null,
  kind text not null,
  actor_kind text not null,
  actor_id text,
  actor_name text not null,
  -- The row of a bulk action that it was.
  bulk_id text,
  bulk_row bigint,
  -- JSON: table, key, and the columns before and after.
  changes text not null,
  -- Number of the step that took it back.
  undone_by bigint
);
create index step_by_bulk on step (bulk_id, bulk_row);
create index step_by_time on step (at);

create table step_ticket (
  ticket_id text not null references ticket (id),
  number bigint not null references step (number),
  primary key (ticket_id, number)
);

-- How many requests are in each cell, kept by the write that moves one: nothing is ever counted again.
create table tally (
  state text not null,
  owner text not null,
  category text not null,
  status text not null,
  -- 1 for those whose deadline has passed, else 0.
  late bigint not null,
  count bigint not null,
  primary key (state, owner, category, status, late)
);

create table view (
  id text primary key,
  agent_id text not null references agent (id),
  name text not null,
  shared_at bigint,
  kind text not null check (kind in ('static', 'dynamic', 'combined')),
  -- JSON: criteria, columns, order; for a combination which two and how.
  content text not null,
  position bigint not null,
  created_at bigint not null
);
create index view_by_agent on view (agent_id);

-- Hand-picked requests of a static view. Section 10.3.
create table view_ticket (
  view_id text not null references view (id),
  ticket_id text not null references ticket (id),
  primary key (view_id, ticket_id)
);
create index view_ticket_by_ticket on view_ticket (ticket_id);

-- Actions on many requests. Section 10.4.
create table bulk (
  id text primary key,
  agent_id text not null references agent (id),
  -- JSON, in order.
  actions text not null,
  created_at bigint not null,
  stopped_at bigint,
  done_at bigint
);
create index bulk_by_agent on bulk (agent_id, created_at);

create table bulk_row (
  bulk_id text not null references bulk (id),
  position bigint not null,
  ticket_id text not null references ticket (id),
  -- Which of the actions, from 0.
  action bigint not null,
  state text not null check (state in ('waiting', 'done', 'skipped')),
  -- Why it was skipped: an error as JSON.
  reason text,
  primary key (bulk_id, position)
);

-- Whoever is told about a request without owning it. C-15.
create table follower (
  ticket_id text not null references ticket (id),
  agent_id text not null references agent (id),
  at bigint not null,
  -- How much of it they hear: all, turns or nothing. C-15.
  hears text not null default 'all',
  primary key (ticket_id, agent_id)
);
create index follower_by_agent on follower (agent_id);

-- Recently opened. Section 11.3.
create table visit (
  agent_id text not null references agent (id),
  ticket_id text not null references ticket (id),
  at bigint not null,
  primary key (agent_id, ticket_id)
);
create index visit_by_agent on visit (agent_id, at);

-- Section 18. No row is the kind's own default.
create table notice_choice (
  agent_id text not null references agent (id),
  kind text not null,
  way text not null check (way in ('screen', 'mail')),
  wanted bigint not null,
  primary key (agent_id, kind, way)
);

-- What waits to be told by mail, until one mail gathers it. NOT-1.
create table notice_mail (
  -- An agent, or an address that a category tells.
  reader text not null,
  -- The mail that has it in hand; empty while it waits.
  batch text not null,
  ticket_id text not null references ticket (id),
  kind text not null,
  actor text not null,
  times bigint not null,
  at bigint not null,
  due_at bigint not null,
  primary key (reader, batch, ticket_id, kind)
);
create index notice_mail_by_time on notice_mail (batch, due_at);
create index notice_mail_by_ticket on notice_mail (ticket_id);

-- What an agent gets by their own clock: the morning's reminder, the week's numbers.
create table routine (
  agent_id text not null references agent (id),
  kind text not null check (kind in ('reminder', 'weekly')),
  -- None is to be reckoned anew.
  next_at bigint,
  done_at bigint,
  primary key (agent_id, kind)
);
create index routine_by_time on routine (next_at);

-- When / if / then, as plain data. JSON.
create table rule (
  id text primary key,
  name text not null,
  position bigint not null,
  enabled_at bigint,
  content text not null,
  changed_at bigint not null
);

create table rule_run (
  rule_id text not null references rule (id),
  ticket_id text not null references ticket (id),
  at bigint not null,
  -- Number of the event that set it off; 0 for the clock.
  event bigint not null,
  -- What came of it: an error as JSON, or none.
  error text,
  primary key (rule_id, ticket_id, at, event)
);
create index rule_run_by_time on rule_run (at);

-- Senders whose mail is spam. SPM-1.
create table spam_sender (
  address text primary key,
  agent_id text references agent (id),
  at bigint not null
);

-- Only the hash of a key is kept. Scopes are words, separated by spaces.
create table api_key (
  id text primary key,
  agent_id text not null references agent (id),
  name text not null,
  hash text not null unique,
  scopes text not null,
  created_at bigint not null,
  expires_at bigint,
  revoked_at bigint,
  used_at bigint
);

-- The answer to a call, for when it is made again.
create table idempotency (
  api_key_id text not null,
  key text not null,
  request text not null,
  status bigint,
  -- JSON: status, headers and body.
  body text,
  at bigint not null,
  primary key (api_key_id, key)
);
create index idempotency_by_time on idempotency (at);

create table webhook (
  id text primary key,
  -- Who made it: it is told of what they may read.
  agent_id text not null references agent (id),
  name text not null,
  url text not null,
  secret text not null,
  -- Event names, separated by spaces.
  events text not null,
  enabled_at bigint,
  -- Turned off by itself after failing for long.
  failing_since bigint,
  -- Tries that failed since, and until when the next one waits: a dead address must not keep the workers busy.
  failures bigint not null default 0,
  paused_until bigint,
  created_at bigint not null
);

create table webhook_delivery (
  id text primary key,
  webhook_id text not null references webhook (id),
  event bigint not null,
  name text not null,
  body text not null,
  state text not null check (state in ('queued', 'sent', 'failed')),
  attempts bigint not null,
  status bigint,
  answer text,
  created_at bigint not null,
  sent_at bigint
);
create index webhook_delivery_by_webhook on webhook_delivery (webhook_id, created_at);
create index webhook_delivery_by_event on webhook_delivery (event, webhook_id);
create index webhook_delivery_by_time on webhook_delivery (created_at);
