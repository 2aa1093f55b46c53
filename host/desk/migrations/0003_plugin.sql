-- Plugins, the accounts of their channels, and what they did. Times are Unix microseconds.

create table plugin (
  id text primary key,
  -- The version that runs: the SHA-256 of its file, which is its name among the blobs too.
  hash text not null,
  -- The version before, to go back to.
  previous text,
  -- Who signed the first version: a key in hex, or 'shipped'; null for a file that nobody signed.
  publisher text,
  -- Lines of the capability sheet, as JSON.
  granted text not null,
  off_at bigint,
  -- Turned off by itself: since when, why, and when it is tried again.
  tripped_at bigint,
  tripped_why text,
  trips bigint not null default 0,
  retry_at bigint,
  -- Of a plugin without accounts: JSON, and sealed JSON.
  settings text not null default '{}',
  secrets text not null default '',
  installed_at bigint not null,
  changed_at bigint not null
);

create table plugin_version (
  plugin_id text not null references plugin (id),
  hash text not null,
  version text not null,
  manifest text not null,
  -- The contract's interfaces that it exports, separated by spaces.
  exports text not null,
  picture text,
  size bigint not null,
  -- Lines of its sheet that were granted while it ran, as JSON: what it goes back to.
  granted text not null default '[]',
  added_at bigint not null,
  primary key (plugin_id, hash)
);
create index plugin_version_by_hash on plugin_version (hash);

-- Plugins that came with the program, once offered to this desk: one that was removed does not come back by itself.
create table shipped (
  plugin_id text primary key,
  hash text not null
);

-- Publishers that an administrator pinned. As soon as there is one, no other's plugins are taken.
create table publisher (
  key text primary key,
  name text not null,
  added_at bigint not null
);

-- A plugin's memory, for each account apart.
create table plugin_state (
  plugin_id text not null,
  account_id text not null,
  name text not null,
  -- Base64.
  value text not null,
  etag text not null,
  size bigint not null,
  expires_at bigint,
  primary key (plugin_id, account_id, name)
);
create index plugin_state_by_end on plugin_state (expires_at);

-- What a plugin wrote into its log.
create table plugin_line (
  id text primary key,
  plugin_id text not null,
  account_id text,
  at bigint not null,
  level text not null,
  words text not null
);
create index plugin_line_by_plugin on plugin_line (plugin_id, id);
create index plugin_line_by_time on plugin_line (at);

-- Calls by the hour: how many, how many died, how many answered with an error, how long they took together and at most, and how long they computed.
create table plugin_hour (
  plugin_id text not null,
  hour bigint not null,
  door text not null,
  calls bigint not null,
  failures bigint not null,
  errors bigint not null,
  micros bigint not null,
  slowest bigint not null,
  computing bigint not null,
  primary key (plugin_id, hour, door)
);

-- Calls that failed, whole and without secrets, to be replayed where their author sits.
create table plugin_call (
  id text primary key,
  plugin_id text not null,
  hash text not null,
  account_id text,
  at bigint not null,
  door text not null,
  outcome text not null,
  micros bigint not null,
  record text
);
create index plugin_call_by_plugin on plugin_call (plugin_id, id);
create index plugin_call_by_time on plugin_call (at);

-- Every request that left for a plugin, or was not let out.
create table egress (
  id text primary key,
  plugin_id text not null,
  account_id text,
  at bigint not null,
  method text not null,
  host text not null,
  path text not null,
  -- Names of the headers that the plugin wrote.
  headers text not null,
  status bigint,
  -- Every byte of HTTP: line, head and body.
  sent bigint not null,
  received bigint not null,
  micros bigint not null,
  -- 'allowed', or why not.
  decision text not null
);
create index egress_by_plugin on egress (plugin_id, id);
create index egress_by_time on egress (at);

-- One account of a channel: a bot, a number, a form on a site.
create table channel (
  account_id text primary key references account (id),
  plugin_id text not null,
  -- JSON, as the plugin's form has it.
  settings text not null,
  -- JSON, sealed.
  secrets text not null,
  -- The last part of the address that its remote calls.
  hook text not null unique,
  off_at bigint,
  -- Paused by itself: why, and until when; null until somebody looks.
  paused_at bigint,
  paused_why text,
  paused_until bigint,
  -- What the administrator should know of how it is connected, as JSON.
  connected text,
  connected_at bigint,
  -- When the last message came that was not known.
  heard_at bigint
);
create index channel_by_plugin on channel (plugin_id);

-- A call by a remote, kept until the plugin has seen it.
create table hook_call (
  id text primary key,
  account_id text not null references account (id),
  at bigint not null,
  -- Method, path, query, head and sender, as JSON; the body is a blob.
  head text not null,
  body text not null,
  -- How often its plugin died on it.
  crashes bigint not null default 0,
  -- Set aside, and why: 'failed' waits for a plugin that can read it, 'refused' was read and wanted by nobody.
  aside_at bigint,
  aside text,
  problem text
);
create index hook_call_by_account on hook_call (account_id, id);
create index hook_call_by_body on hook_call (body);
create index hook_call_by_end on hook_call (aside_at);

-- Which request a conversation of a channel goes on in, and what the plugin wants to have back when it answers.
create table conversation (
  account_id text not null references account (id),
  name text not null,
  ticket_id text not null references ticket (id),
  token text,
  -- Who speaks there, as the channel knows them.
  address text not null,
  -- The last message that came, by the remote's name.
  last_heard text,
  at bigint not null,
  primary key (account_id, name)
);
create index conversation_by_ticket on conversation (ticket_id);

-- The caller log: calls as an exchange tells of them. `name_there` is the exchange's name for it; `number` is the other
-- side's, empty where it is hidden; `agents` are the ids of those whose phones it is about, with a blank between them, empty
-- for everybody's; `told` is the last write that it changed in.
create table phone_call (
  id text primary key,
  account_id text not null references account (id),
  name_there text not null,
  -- 'in', 'out'
  direction text not null,
  -- 'ringing', 'answered', 'ended', 'missed'
  state text not null,
  number text not null,
  name text not null,
  person_id text references person (id),
  line text not null,
  extension text not null,
  agents text not null,
  began_at bigint not null,
  answered_at bigint,
  ended_at bigint,
  seconds bigint,
  -- Called back, or dealt with in another way.
  settled_at bigint,
  ticket_id text references ticket (id),
  told bigint not null,
  unique (account_id, name_there)
);
create index phone_call_by_state on phone_call (state, began_at);
-- Those that are to be called back are few: counting them looks at nothing else.
create index phone_call_waiting on phone_call (id) where state = 'missed' and settled_at is null;
create index phone_call_by_number on phone_call (number, state);
create index phone_call_by_person on phone_call (person_id);
create index phone_call_by_ticket on phone_call (ticket_id);
create index phone_call_told on phone_call (told);
create index phone_call_by_time on phone_call (began_at);

-- Who somebody is on a channel.
create table person_handle (
  plugin_id text not null,
  address text not null,
  person_id text not null references person (id),
  primary key (plugin_id, address)
);
create index person_handle_by_person on person_handle (person_id);

-- What plugins take a request to be. `target` is the category's, priority's or type's id, or a tag's name.
create table opinion (
  id text primary key,
  ticket_id text not null references ticket (id),
  plugin_id text not null,
  about text not null,
  target text not null,
  confidence double precision not null,
  why text,
  at bigint not null,
  -- Taken or thrown away.
  settled_at bigint
);
create index opinion_by_ticket on opinion (ticket_id);

-- What plugins found out about a person, and when each was asked last and is asked again.
create table finding (
  person_id text not null references person (id),
  plugin_id text not null,
  name text not null,
  value text not null,
  source text not null,
  found_at bigint not null,
  expires_at bigint not null,
  primary key (person_id, plugin_id, name)
);
create table finding_asked (
  person_id text not null references person (id),
  plugin_id text not null,
  again_at bigint not null,
  primary key (person_id, plugin_id)
);

-- Which event a plugin was told of, and what went wrong.
create table reaction (
  plugin_id text not null,
  event bigint not null,
  ticket_id text not null references ticket (id),
  at bigint not null,
  error text,
  primary key (plugin_id, event)
);
create index reaction_by_ticket on reaction (ticket_id, plugin_id, at);
create index reaction_by_time on reaction (at);
