-- Calls that people made on Try it: what they entered, what came back. Kept 30 days.
create table sandbox_call (
    id            uuid primary key,
    model         text not null,
    version       bigint not null,
    actor         text not null,
    at            timestamptz not null default clock_timestamp(),
    entries       jsonb not null,
    summary       text not null,
    failed        boolean not null,
    response      bytea,
    header_length integer,
    timings       jsonb not null
);
create index sandbox_call_recent on sandbox_call (actor, model, at desc);
create index sandbox_call_at on sandbox_call (at);

-- Pictures and recordings that calls refer to by digest.
create table sandbox_upload (
    sha256     text primary key,
    media_type text not null,
    content    bytea not null,
    used_at    timestamptz not null default clock_timestamp()
);
