-- Models that are renamed, deleted and restored: the name moves with all that has it.
-- A deleted model keeps its title, which is free for another one meanwhile.
alter table model drop constraint model_title_key;
create unique index model_title on model (title) where deleted_at is null;
create index model_deleted on model (deleted_at) where deleted_at is not null;
alter table model add constraint model_deleted_check
    check ((deleted_at is null) = (deleted_name is null) and (deleted_at is null) = (deleted_by is null));

-- Links to a model's former name lead to it, until another model has that name.
create table model_former_name (
    former text primary key,
    model  text not null references model (name) on update cascade on delete cascade
);
comment on column model_former_name.former is 'In small letters';
create index model_former_name_of on model_former_name (model);
