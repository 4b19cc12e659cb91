-- What versions of a team's models must show before they get a guarded alias; '*' is for teams without their own.
create table gate_set (
    team       text primary key,
    aliases    text[] not null,
    rules      jsonb not null,
    -- Only administrators change it.
    locked     boolean not null default false,
    changed_at timestamptz not null default clock_timestamp(),
    changed_by text not null
);

-- Promotions that wait, or waited, for somebody's word.
create table promotion_request (
    id         bigint generated always as identity primary key,
    model      text not null,
    number     int not null,
    alias      text not null,
    asker      text not null,
    note       text,
    state      text not null default 'open'
        check (state in ('open', 'approved', 'declined', 'withdrawn', 'settled')),
    asked_at   timestamptz not null default clock_timestamp(),
    decided_at timestamptz,
    decided_by text,
    answer     text,
    foreign key (model, number) references model_version (model, number)
        on update cascade on delete cascade
);
comment on column promotion_request.state is 'settled: the alias came to name the version in another way';
create unique index promotion_request_open on promotion_request (model, number, alias) where state = 'open';
create index promotion_request_waiting on promotion_request (id) where state = 'open';
create index promotion_request_asker on promotion_request (asker, id desc);

alter table model_alias_move
    add manner   text not null default 'move' check (manner in ('move', 'promotion', 'rollback', 'override')),
    add reason   text,
    add approver text;
