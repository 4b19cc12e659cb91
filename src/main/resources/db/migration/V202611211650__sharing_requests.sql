-- Somebody asks the owner of a thing for access to it.
create table access_request (
    id          bigint generated always as identity primary key,
    resource    text not null,
    asker       text not null,
    permissions text[] not null,
    purpose     text not null,
    until       timestamptz,
    state       text not null default 'open' check (state in ('open', 'approved', 'declined', 'withdrawn')),
    asked_at    timestamptz not null default clock_timestamp(),
    decided_at  timestamptz,
    decided_by  text,
    answer      text,
    check ((state = 'open') = (decided_at is null))
);
create unique index access_request_open on access_request (resource, asker) where state = 'open';
create index access_request_asker on access_request (asker, id desc);
comment on column access_request.until is 'When the asker wants it to end; null for open end';
