-- Who somebody is to an account of a channel: two systems that one plugin speaks to may number their people alike.
alter table person_handle rename to handle_of_plugin;
drop index person_handle_by_person;
create table person_handle (
  account_id text not null references account (id),
  address text not null,
  person_id text not null references person (id),
  primary key (account_id, address)
);
create index person_handle_by_person on person_handle (person_id);

-- Known where they spoke; where nobody knows any more, with all accounts of the plugin, as before. Who became another is that
-- other.
insert into person_handle (account_id, address, person_id)
  select c.account_id, h.address,
    (with recursive line(id, next) as (select p.id, p.merged_into from person p where p.id = h.person_id
       union all select o.id, o.merged_into from person o join line l on o.id = l.next)
     select id from line where next is null)
  from handle_of_plugin h join channel c on c.plugin_id = h.plugin_id
  where exists (select 1 from conversation v where v.account_id = c.account_id and v.address = h.address)
    or not exists (select 1 from conversation v join channel o on o.account_id = v.account_id
                   where o.plugin_id = h.plugin_id and v.address = h.address);
drop table handle_of_plugin;
