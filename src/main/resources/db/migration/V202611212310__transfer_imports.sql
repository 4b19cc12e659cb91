-- Imports from other trackers and registries: errands that survive a restart, and what became of
-- each thing.
create table data_import (
    id           bigint generated always as identity primary key,
    source       text not null check (source in ('server', 'archive', 'folder')),
    place        text not null,
    options      jsonb not null default '{}',
    owner        text not null,
    created_by   text not null,
    account      text not null,
    scopes       text[],
    created_at   timestamptz not null default clock_timestamp(),
    state        text not null default 'waiting'
                 check (state in ('waiting', 'running', 'done', 'failed', 'cancelled')),
    cancelled    boolean not null default false,
    due_at       timestamptz not null default clock_timestamp(),
    leased_until timestamptz,
    lease        uuid,
    tries        int not null default 0,
    started_at   timestamptz,
    ended_at     timestamptz,
    progress     text,
    fault        text,
    archive      text references blob (digest),
    archive_size bigint
);
comment on column data_import.place is 'Address, file or folder, as people know it; never with a secret in it';
comment on column data_import.archive is 'The uploaded archive, until the import ends';
create index data_import_due on data_import (due_at) where state in ('waiting', 'running');
create index data_import_archive on data_import (archive);

-- The report. A thing is a line; a part that was left out, say one tag, is a line of its own.
create table data_import_line (
    import  bigint not null references data_import on delete cascade,
    seq     bigint generated always as identity,
    kind    text not null,
    thing   text not null,
    part    text not null default '',
    name    text not null,
    outcome text not null check (outcome in ('taken', 'there', 'left')),
    reason  text,
    target  text,
    points  bigint not null default 0,
    files   bigint not null default 0,
    bytes   bigint not null default 0,
    primary key (import, kind, thing, part)
);
create index data_import_line_seq on data_import_line (import, outcome, seq);

-- What became of a thing of elsewhere, so that the next import takes only what is new.
create table data_import_origin (
    owner    text not null,
    kind     text not null,
    origin   text not null,
    target   text not null,
    state    text,
    primary key (owner, kind, origin)
);
comment on column data_import_origin.state is 'Fingerprint of what was taken whole; null until it was';
