-- Content-addressed files. The bytes lie in the blob store; a row exists only for bytes that are
-- there, complete and durable. Whatever refers to a blob does so by a foreign key to this table:
-- the sweep finds those keys in the database's own catalog.
create table blob (
    digest       text primary key check (digest ~ '^[0-9a-f]{64}$'),
    size         bigint not null check (size >= 0),
    -- SHA-256 of each MiB, one after the other: what lets a range be verified.
    chunks       bytea not null,
    state        text not null default 'live' check (state in ('live', 'condemned', 'damaged')),
    created_at   timestamptz not null default clock_timestamp(),
    last_ref_at  timestamptz not null default clock_timestamp(),
    condemned_at timestamptz,
    verified_at  timestamptz not null default clock_timestamp()
);
create index blob_condemned on blob (condemned_at) where state = 'condemned';
create index blob_last_ref on blob (last_ref_at) where state = 'live';

-- A temporary file that is being written. Committed before the first byte.
create table blob_upload (
    id      uuid primary key,
    owner   text not null,
    started timestamptz not null default clock_timestamp(),
    expires timestamptz not null default clock_timestamp() + interval '24 hours'
);

-- Where the scrub of this store has come to.
create table blob_scrub (
    one          boolean primary key default true check (one),
    after_digest text not null default '',
    pass_started timestamptz not null default clock_timestamp(),
    last_success timestamptz,
    damaged      int not null default 0
);
insert into blob_scrub default values;
