-- Runs of golden paths. A row is the queue's entry too: whoever takes it holds it by a lease, and
-- nothing is written for a task by anybody whose lease is not the one in its row.
create table task (
    id           uuid primary key,
    template     text not null,
    title        text not null,
    -- Digest of what the template's spec was: tells what was made by an older one.
    version      text not null,
    spec         jsonb not null,
    created_by   text not null,
    account      text not null,
    scopes       text[],
    created_at   timestamptz not null default clock_timestamp(),
    state        text not null default 'open'
                 check (state in ('open', 'processing', 'completed', 'failed', 'cancelled')),
    cancelled    boolean not null default false,
    due_at       timestamptz not null default clock_timestamp(),
    lease        uuid,
    leased_until timestamptz,
    tries        int not null default 0,
    started_at   timestamptz,
    ended_at     timestamptz,
    output       jsonb,
    fault        text,
    fault_step   text,
    -- The files as they were at the end of the last finished step, a compressed tar.
    workspace    bytea
);
create index task_due on task (due_at) where state in ('open', 'processing');
create index task_created on task (created_at desc, id);
create index task_creator on task (created_by, created_at desc);
create index task_template on task (template, created_at desc);

create table task_step (
    task       uuid not null references task on delete cascade,
    position   int not null,
    id         text not null,
    name       text not null,
    action     text not null,
    state      text not null default 'waiting'
               check (state in ('waiting', 'processing', 'completed', 'failed', 'skipped', 'cancelled')),
    started_at timestamptz,
    ended_at   timestamptz,
    output     jsonb,
    reason     text,
    primary key (task, position),
    unique (task, id)
);

-- What an action did that must not be done again when its step is.
create table task_checkpoint (
    task  uuid not null references task on delete cascade,
    step  text not null,
    key   text not null,
    value jsonb not null,
    primary key (task, step, key)
);

create table task_event (
    id         bigint generated always as identity,
    task       uuid not null references task on delete cascade,
    type       text not null check (type in ('log', 'completion', 'cancelled', 'recovered')),
    step       text,
    level      text,
    message    text not null,
    body       jsonb,
    created_at timestamptz not null default clock_timestamp(),
    primary key (task, id)
);

-- Answers that somebody has given so far.
create table task_draft (
    id         uuid primary key,
    template   text not null,
    account    text not null,
    answers    jsonb not null,
    created_at timestamptz not null default clock_timestamp(),
    updated_at timestamptz not null default clock_timestamp()
);
create index task_draft_account on task_draft (account, updated_at desc);

insert into role_permission (role, permission, reach)
values ('developer', 'template:run', 'all'),
       ('data-scientist', 'template:run', 'all'), ('ml-engineer', 'template:run', 'all'),
       ('platform-admin', 'template:run', 'all');
