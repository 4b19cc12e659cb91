-- People and service accounts. The name is that of the catalog's User entity.
create table account (
    name          text collate "C" primary key check (name ~ '^[a-z0-9]+([-_.][a-z0-9]+)*$' and length(name) <= 63),
    kind          text not null check (kind in ('person', 'service')),
    display_name  text not null,
    email         text,
    -- The provider's key of a person who signs in there; null for a local account.
    issuer        text,
    subject       text,
    password_hash text,
    owner         text,
    created_at    timestamptz not null default clock_timestamp(),
    created_by    text not null,
    disabled_at   timestamptz,
    last_seen_at  timestamptz,
    unique (issuer, subject),
    check ((issuer is null) = (subject is null))
);
comment on column account.owner is 'Who answers for a service account: reference of a user or group';

-- Teams a person belongs to beside those that the catalog''s files name. Source: local or claims.
create table team_member (
    account text collate "C" not null references account on delete cascade,
    team    text not null,
    source  text not null check (source in ('local', 'claims')),
    primary key (account, team, source)
);
create index team_member_team on team_member (team);

-- Who holds a role: user:default/x, group:default/x, service:default/x or everyone; in one team or everywhere.
create table role_assignment (
    id         bigint generated always as identity primary key,
    holder     text not null,
    role       text not null,
    team       text,
    source     text not null check (source in ('local', 'claims')),
    granted_at timestamptz not null default clock_timestamp(),
    granted_by text not null,
    unique nulls not distinct (holder, role, team, source)
);

-- What a role may do: with things of one's own teams, or with all.
create table role_permission (
    role       text not null,
    permission text not null,
    reach      text not null check (reach in ('own', 'all')),
    primary key (role, permission)
);

insert into role_permission (role, permission, reach)
select role, permission, reach
from (values
    ('viewer',         1),
    ('developer',      2),
    ('data-scientist', 3),
    ('ml-engineer',    4),
    ('platform-admin', 5)) as r (role, rank)
join (values
    ('catalog:read',     1, 'all'),
    ('catalog:refresh',  1, 'all'),
    ('model:read',       1, 'all'),
    ('model:try',        1, 'all'),
    ('model:call',       2, 'all'),
    ('model:download',   2, 'all'),
    ('token:hold',       2, 'all'),
    ('catalog:register', 2, 'all'),
    ('model:register',   3, 'own'),
    ('model:share',      3, 'own'),
    ('catalog:remove',   4, 'all'),
    ('model:alias',      4, 'own'),
    ('serving:operate',  4, 'own'),
    ('operations:read',  4, 'all')) as p (permission, least, reach)
  on r.rank >= p.least and r.role <> 'platform-admin';

insert into role_permission (role, permission, reach)
select 'platform-admin', permission, 'all'
from (values ('catalog:read'), ('catalog:refresh'), ('model:read'), ('model:try'), ('model:call'),
             ('model:download'), ('token:hold'), ('catalog:register'), ('model:register'),
             ('model:share'), ('catalog:remove'), ('model:alias'), ('serving:operate'),
             ('operations:read'), ('audit:read'), ('access:manage')) as p (permission);

-- Who may find and use a thing that is not for the whole company. No row means the company.
create table resource_policy (
    resource   text primary key,
    visibility text not null check (visibility in ('company', 'team', 'restricted')),
    changed_at timestamptz not null default clock_timestamp(),
    changed_by text not null
);

-- What somebody was allowed beyond their roles.
create table resource_grant (
    id         bigint generated always as identity primary key,
    resource   text not null,
    holder     text not null,
    permission text not null,
    reason     text not null default '',
    until      timestamptz,
    granted_at timestamptz not null default clock_timestamp(),
    granted_by text not null,
    unique (resource, holder, permission)
);

create table account_session (
    id           bigint generated always as identity primary key,
    hash         bytea not null unique,
    account      text collate "C" not null references account on delete cascade,
    created_at   timestamptz not null default clock_timestamp(),
    last_seen_at timestamptz not null default clock_timestamp(),
    expires_at   timestamptz not null,
    origin       text,
    user_agent   text
);
create index account_session_account on account_session (account);
comment on column account_session.hash is 'SHA-256 of the cookie; the cookie itself is nowhere';

create table access_token (
    id           bigint generated always as identity primary key,
    account      text collate "C" not null references account on delete cascade,
    name         text not null,
    hash         bytea not null unique,
    hint         text not null,
    scopes       text[],
    created_at   timestamptz not null default clock_timestamp(),
    created_by   text not null,
    expires_at   timestamptz,
    last_used_at timestamptz,
    revoked_at   timestamptz
);
create index access_token_account on access_token (account);
comment on column access_token.hint is 'The first letters, so that people recognise it';
comment on column access_token.scopes is 'Permissions it may use; null means all of its account';

-- One-time codes that let somebody set a password.
create table invitation (
    hash       bytea primary key,
    account    text collate "C" not null references account on delete cascade,
    created_at timestamptz not null default clock_timestamp(),
    created_by text not null,
    expires_at timestamptz not null
);

create table sign_in_attempt (
    id      bigint generated always as identity primary key,
    at      timestamptz not null default clock_timestamp(),
    name    text not null,
    origin  text not null
);
create index sign_in_attempt_at on sign_in_attempt (at);
comment on table sign_in_attempt is 'Failures of the last hour, for throttling on every replica';
