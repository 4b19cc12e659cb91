-- What people say of models and versions beside their files, as MLflow's registry has it; and deletion.
alter table model
    add column title      text unique,
    add column deleted_at timestamptz,
    add column deleted_by text,
    add column deleted_name text,
    add column changed_at timestamptz not null default clock_timestamp();
comment on column model.deleted_name is 'What it was called; its name is free again';
comment on column model.title is 'The name a client gave, where it cannot name a catalog entity';

create table model_tag (
    model text not null references model (name) on update cascade on delete cascade,
    key   text not null,
    value text not null,
    primary key (model, key)
);

alter table model_version
    add column description   text,
    add column stage         text not null default 'None'
                             check (stage in ('None', 'Staging', 'Production', 'Archived')),
    add column source        text,
    add column run_link      text,
    add column changed_at    timestamptz not null default clock_timestamp(),
    add column deleted_at    timestamptz,
    add column deleted_by    text,
    add column deleted_state text,
    add column purged_at     timestamptz,
    drop constraint model_version_state_check,
    drop constraint model_version_check,
    add constraint model_version_state_check
        check (state in ('SCANNING', 'READY', 'REFUSED', 'DELETED')),
    add constraint model_version_reason_check
        check ((coalesce(deleted_state, state) = 'REFUSED') = (reason is not null)),
    add constraint model_version_deleted_check
        check ((state = 'DELETED') = (deleted_at is not null) and (state = 'DELETED') = (deleted_state is not null));
comment on column model_version.source is 'Where its files were taken from, as its client said';

create index model_version_run on model_version ((lineage ->> 'run'));
comment on column model_version.purged_at is 'Its files are gone; the row stays, so that its number is known to be taken';
create index model_version_deleted on model_version (deleted_at) where state = 'DELETED';

-- A name moves with what has it: when it is renamed, and when it is deleted and its name is free again.
alter table model_version
    drop constraint model_version_model_fkey,
    add constraint model_version_model_fkey foreign key (model) references model (name) on update cascade;
alter table model_version_file
    drop constraint model_version_file_model_number_fkey,
    add constraint model_version_file_model_number_fkey
        foreign key (model, number) references model_version (model, number) on update cascade;
alter table model_alias
    drop constraint model_alias_model_number_fkey,
    add constraint model_alias_model_number_fkey
        foreign key (model, number) references model_version (model, number) on update cascade;
alter table model_alias_move
    drop constraint model_alias_move_model_fkey,
    add constraint model_alias_move_model_fkey foreign key (model) references model (name) on update cascade;
