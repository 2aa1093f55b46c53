-- What was merged into a request that was made anonymous kept its words: it is looked at once more.
update ticket set anonymised_at = null where state = 'closed' and anonymised_at is not null
  and exists (select 1 from ticket s where s.master_id = ticket.id and s.anonymised_at is null);
