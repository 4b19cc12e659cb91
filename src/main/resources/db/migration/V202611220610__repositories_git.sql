-- Repositories that the portal hosts. Their objects and refs lie on disk, in the folder <id>.git.
create table repository (
    id             bigint generated always as identity primary key,
    -- The last part of the owner's reference; ~ before it when that is a person.
    team           text not null,
    name           text not null,
    owner          text not null,
    description    text not null default '',
    default_branch text not null,
    created_at     timestamptz not null default clock_timestamp(),
    created_by     text not null,
    pushed_at      timestamptz,
    deleted_at     timestamptz
);

create unique index repository_name on repository (team, lower(name)) where deleted_at is null;

-- Each move of a ref, written before the ref is moved on disk and closed after it, so that a crash
-- between the two is found and told truly.
create table repository_move (
    id         bigint generated always as identity primary key,
    repository bigint not null references repository,
    ref        text not null,
    old_id     text not null,
    new_id     text not null,
    way        text not null check (way in ('push', 'commit', 'merge')),
    actor      text not null,
    at         timestamptz not null default clock_timestamp(),
    state      text not null default 'begun' check (state in ('begun', 'done', 'failed'))
);

create index repository_move_latest on repository_move (repository, id desc);
create index repository_move_begun on repository_move (repository) where state = 'begun';

-- What a task has committed, by a key of its own: resumed after a crash it commits nothing twice.
create table repository_commit (
    repository bigint not null references repository,
    key        text not null,
    ref        text not null,
    -- Known before the ref moves, so that after a crash this one is moved to and no other made.
    commit_id  text not null,
    moved      boolean not null default false,
    at         timestamptz not null default clock_timestamp(),
    primary key (repository, key)
);

insert into role_permission (role, permission, reach)
select r.role, p.permission, p.reach
from (values
    ('viewer',         1),
    ('developer',      2),
    ('data-scientist', 3),
    ('ml-engineer',    4)) as r (role, rank)
join (values
    ('repository:read',   1, 'all'),
    ('repository:write',  2, 'own'),
    ('repository:create', 2, 'own'),
    ('repository:delete', 3, 'own')) as p (permission, least, reach) on r.rank >= p.least;

insert into role_permission (role, permission, reach)
select 'platform-admin', permission, 'all'
from (values ('repository:read'), ('repository:write'), ('repository:create'), ('repository:delete'))
    as p (permission);
