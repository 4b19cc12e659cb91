-- Where and how often a person is sent what is new.
create table digest_channel (
    account     text collate "C" primary key references account on delete cascade,
    kind        text not null check (kind in ('email', 'webhook')),
    target      text not null check (length(target) between 1 and 500),
    pace        text not null check (pace in ('at-once', 'hourly', 'daily')),
    portal      text not null,
    due_at      timestamptz not null default clock_timestamp(),
    code_hash   bytea,
    code_tries  int not null default 0,
    mailed_at   timestamptz,
    tried_at    timestamptz,
    ok          boolean,
    result      text
);
comment on column digest_channel.portal is 'The address of the portal as the person reaches it, for links';
comment on column digest_channel.code_hash is 'SHA-256 of the code sent to an address that is not confirmed yet; nothing else goes there before';
comment on column digest_channel.result is 'What became of the last try, in words';

-- One digest on its way. Its id goes with it: it may arrive twice, never be lost.
create table digest_delivery (
    id           uuid primary key,
    account      text collate "C" not null unique references digest_channel on delete cascade,
    notes        bigint[] not null,
    created_at   timestamptz not null default clock_timestamp(),
    due_at       timestamptz not null default clock_timestamp(),
    leased_until timestamptz,
    epoch        int not null default 0
);
create index digest_delivery_due on digest_delivery (due_at);
