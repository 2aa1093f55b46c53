-- Where whoever wrote a mail wants to be answered, where that is not where they wrote from.
alter table message add column reply_to text not null default '';

-- Our own addresses were remembered for spam where a form on the web had written from them.
delete from spam_sender where address in (select address from account where address is not null);
