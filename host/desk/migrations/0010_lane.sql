-- Whose turn a job waits for: that of a plugin, by its id; that of what comes of events, `react`; or everybody's.
alter table job add column lane text not null default '';
update job set lane = 'react' where kind = 'react';
update job set lane = 'think' where kind = 'think';
update job set lane = coalesce((select c.plugin_id from channel c where c.account_id = job.subject), '') where kind = 'look';
update job set lane = coalesce((select c.plugin_id from hook_call h join channel c on c.account_id = h.account_id
  where h.id = job.subject), '') where kind = 'hear';
update job set lane = coalesce((select c.plugin_id from delivery d join channel c on c.account_id = d.account_id
  where d.id = job.subject), '') where kind = 'deliver';
create index job_by_lane on job (lane, run_at, id, leased_until, kind) where done_at is null and failed_at is null;
