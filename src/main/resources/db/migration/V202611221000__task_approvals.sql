-- What waits, or waited, for the word of somebody else. The task of an open one is due when its time
-- is over, so nobody holds it meanwhile.
create table task_approval (
    task       uuid not null references task on delete cascade,
    -- Of the step that waits; -1 before the first one.
    position   int not null,
    approvers  text[] not null,
    shown      text not null,
    asked_at   timestamptz not null default clock_timestamp(),
    until      timestamptz not null,
    state      text not null default 'open'
               check (state in ('open', 'approved', 'declined', 'expired', 'withdrawn')),
    decided_by text,
    decided_at timestamptz,
    answer     text,
    primary key (task, position)
);
create index task_approval_open on task_approval (asked_at) where state = 'open';

insert into role_permission (role, permission, reach)
values ('developer', 'task:approve', 'all'),
       ('data-scientist', 'task:approve', 'all'), ('ml-engineer', 'task:approve', 'all'),
       ('platform-admin', 'task:approve', 'all');
