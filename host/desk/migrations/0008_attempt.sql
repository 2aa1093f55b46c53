-- Tries are forgotten by their age, whosever they were.
create index attempt_by_time on attempt (at);
