-- What the last check of an account's settings found against them; null once a check or a call went well.
alter table channel add column check_failure text;
