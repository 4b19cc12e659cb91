-- Models, their immutable versions and the names that move between them.
create table model (
    name         text primary key,
    last_version int not null default 0,
    owner        text,
    license      text,
    description  text,
    created_at   timestamptz not null default clock_timestamp(),
    created_by   text not null
);
-- Names differ in more than case, as references to catalog entities do.
create unique index model_name on model (lower(name));

create table model_version (
    model           text not null references model (name),
    number          int not null check (number > 0),
    -- Over the sorted list of (path, SHA-256, size): equal files, equal digest.
    digest          text not null check (digest ~ '^[0-9a-f]{64}$'),
    size            bigint not null,
    state           text not null check (state in ('SCANNING', 'READY', 'REFUSED')),
    reason          text check ((state = 'REFUSED') = (reason is not null)),
    trusted         boolean not null default false,
    license         text,
    lineage         jsonb not null default '{}',
    tags            jsonb not null default '{}',
    wanted_aliases  text[] not null default '{}',
    idempotency_key text,
    created_at      timestamptz not null default clock_timestamp(),
    created_by      text not null,
    -- What the scan found; empty as long as it runs.
    main_file       text,
    unservable      text,
    signature       jsonb,
    interface       text,
    graph           jsonb,
    scan            jsonb not null default '[]',
    warnings        jsonb not null default '[]',
    -- Who scans, fenced: a scanner that lost its lease cannot write.
    scan_epoch      int not null default 0,
    scan_until      timestamptz,
    primary key (model, number)
);
create unique index model_version_idempotency on model_version (model, idempotency_key);
create index model_version_digest on model_version (digest);
create index model_version_scanning on model_version (created_at) where state = 'SCANNING';

create table model_version_file (
    model  text not null,
    number int not null,
    path   text not null,
    digest text not null references blob (digest),
    size   bigint not null,
    primary key (model, number, path),
    foreign key (model, number) references model_version (model, number)
);
create index model_version_file_digest on model_version_file (digest);

create table model_alias (
    model  text not null,
    alias  text not null,
    number int not null,
    since  timestamptz not null default clock_timestamp(),
    actor  text not null,
    primary key (model, alias),
    foreign key (model, number) references model_version (model, number)
);

-- Every move, in the order in which they happened: each starts where the one before ended.
create table model_alias_move (
    id          bigint generated always as identity primary key,
    model       text not null references model (name),
    alias       text not null,
    from_number int,
    to_number   int,
    at          timestamptz not null default clock_timestamp(),
    actor       text not null
);
create index model_alias_move_of on model_alias_move (model, alias, id desc);
