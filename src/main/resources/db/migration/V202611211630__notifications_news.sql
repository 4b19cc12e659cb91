-- News for one person. The same unread news about the same thing is one row with a count.
create table notification (
    id          bigint generated always as identity primary key,
    account     text collate "C" not null references account on delete cascade,
    topic       text not null,
    text        text not null check (length(text) between 1 and 300),
    reason      text not null,
    address     text not null check (address ~ '^/([^/\\]|$)'),
    about       text not null,
    actor       text not null,
    times       int not null default 1,
    digest      boolean not null,
    created_at  timestamptz not null default clock_timestamp(),
    changed_at  timestamptz not null default clock_timestamp(),
    change      xid8 not null default pg_current_xact_id(),
    read_at     timestamptz,
    digested_at timestamptz
);
comment on column notification.about is 'Reference of the entity it is about';
comment on column notification.reason is 'Why this person gets it';
comment on column notification.change is 'The transaction that wrote it last: a reader who knows how far transactions had ended misses none';
comment on column notification.digest is 'Whether the person wants this topic in the digest';
create unique index notification_unread on notification (account, topic, about, text) where read_at is null;
create index notification_list on notification (account, changed_at desc, id desc);
create index notification_change on notification (change);
create index notification_waiting on notification (account) where digest and digested_at is null;

-- What a person wants of a topic, where that is not what the topic itself proposes.
create table notification_setting (
    account  text collate "C" not null references account on delete cascade,
    topic    text not null,
    delivery text not null check (delivery in ('digest', 'bell', 'nothing')),
    primary key (account, topic)
);

-- News that comes from looking instead of from a change is told once.
create table notification_told (
    occasion text primary key,
    at       timestamptz not null default clock_timestamp()
);

-- What people follow. By reference, so that it outlives a new reading of the entity's file.
create table star (
    account text collate "C" not null references account on delete cascade,
    ref     text collate "C" not null check (length(ref) <= 200),
    at      timestamptz not null default clock_timestamp(),
    primary key (account, ref)
);
create index star_ref on star (ref);
