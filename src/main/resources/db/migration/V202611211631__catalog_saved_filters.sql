-- Questions to the catalog's list that people keep, for themselves or for a team.
create table catalog_saved_filter (
    id         bigint generated always as identity primary key,
    account    text collate "C" not null references account on delete cascade,
    team       text,
    name       text not null check (length(name) between 1 and 60),
    query      text not null check (length(query) between 1 and 2000),
    created_at timestamptz not null default clock_timestamp()
);
comment on column catalog_saved_filter.account is 'Who saved it; of a private one, the only one who sees it';
comment on column catalog_saved_filter.team is 'Reference of the group that shares it; null for a private one';
comment on column catalog_saved_filter.query is 'What stands behind the question mark of /catalog';
create unique index catalog_saved_filter_own on catalog_saved_filter (account, lower(name)) where team is null;
create unique index catalog_saved_filter_team on catalog_saved_filter (team, lower(name)) where team is not null;
