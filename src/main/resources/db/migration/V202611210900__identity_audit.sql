-- Who did what, written in the transaction of the change itself.
create table audit_event (
    id          bigint generated always as identity primary key,
    at          timestamptz not null default clock_timestamp(),
    actor       text not null,
    action      text not null,
    resource    text not null,
    outcome     text not null default 'done' check (outcome in ('done', 'refused', 'failed')),
    origin      text,
    detail      jsonb not null default '{}'
);
create index audit_event_resource on audit_event (resource, id desc);
