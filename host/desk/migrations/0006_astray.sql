-- The bell went on counting notices of requests that were erased.
update agent set unseen = (select count(*) from notification n
  where n.agent_id = agent.id and n.seen_at is null and n.hidden_at is null);

-- Mails stayed behind where their messages were taken back from.
update delivery set ticket_id = (select m.ticket_id from message m where m.id = delivery.message_id)
  where exists (select 1 from message m where m.id = delivery.message_id and m.ticket_id <> delivery.ticket_id);
