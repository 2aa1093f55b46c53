-- Replies that agents write beforehand. Section 13.2.
create table reply_template (
  id text primary key,
  -- Whose it is: theirs alone, or everybody's to use where it is shared.
  agent_id text not null references agent (id),
  name text not null,
  shared_at bigint,
  -- Templates in Markdown; empty where there is none in that language. TPL-1.
  nb text not null,
  en text not null,
  changed_at bigint not null
);
create index reply_template_by_agent on reply_template (agent_id);
