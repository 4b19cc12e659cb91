create extension if not exists pg_trgm;

-- One number that grows with every change of the catalog. Whoever changes it holds its row until
-- commit, so numbers become visible in their order: caches and followers compare it and are right.
create table catalog_revision (
    only_row boolean primary key default true check (only_row),
    n        bigint not null
);
insert into catalog_revision (n) values (0);

-- A place that yields entity documents: a file, a folder of files, a URL, a feature (provider).
create table catalog_source (
    id           bigint generated always as identity primary key,
    type         text not null check (type in ('folder', 'file', 'url', 'provider')),
    target       text not null,
    optional     boolean not null default false,
    created_at   timestamptz not null default clock_timestamp(),
    next_read_at timestamptz not null default clock_timestamp(),
    leased_until timestamptz,
    epoch        bigint not null default 0,
    tried_at     timestamptz,
    read_at      timestamptz,
    digest       text,
    documents    int not null default 0,
    unique (type, target)
);
create index catalog_source_due on catalog_source (next_read_at) where type <> 'provider';

-- Who names a source: the reference of a Location entity, or source:<id> of a folder.
create table catalog_source_parent (
    source_id bigint not null references catalog_source on delete cascade,
    parent    text not null,
    primary key (source_id, parent)
);
create index catalog_source_parent_parent on catalog_source_parent (parent);

create table catalog_entity (
    id             bigint generated always as identity primary key,
    uid            uuid not null unique,
    ref            text collate "C" not null unique,
    api_version    text not null,
    kind           text not null,
    namespace      text not null,
    name           text not null,
    type           text,
    lifecycle      text,
    owner          text,
    title          text,
    description    text,
    tags           text[] not null default '{}',
    document       text not null,
    relations      text not null default '[]',
    errors         text,
    facts          jsonb not null,
    terms          text[] not null,
    search         text not null,
    source_id      bigint references catalog_source on delete set null,
    document_index int not null default 0,
    digest         text not null,
    orphaned_at    timestamptz,
    revision       bigint not null,
    created_at     timestamptz not null default clock_timestamp(),
    updated_at     timestamptz not null default clock_timestamp()
);
comment on column catalog_entity.document is 'The entity as JSON text, served as it is; relations and status are appended';
comment on column catalog_entity.facts is 'Every scalar by its lower-cased dotted path: {"spec.type": ["service"]}; for ordering and facets';
comment on column catalog_entity.terms is 'path and path<US>value, lower-cased; for filters';
comment on column catalog_entity.search is 'Lower-cased words for people: name, title, description, tags, owner, type';
comment on column catalog_entity.owner is 'Reference of the first ownedBy relation';

create index catalog_entity_kind_type_name on catalog_entity (lower(kind), lower(type), lower(name), id);
create index catalog_entity_kind_name on catalog_entity (lower(kind), lower(name), id);
create index catalog_entity_name on catalog_entity (lower(name), id);
create index catalog_entity_owner on catalog_entity (owner);
create index catalog_entity_revision on catalog_entity (revision);
create index catalog_entity_source on catalog_entity (source_id);
create index catalog_entity_orphaned on catalog_entity (orphaned_at) where orphaned_at is not null;
create index catalog_entity_terms on catalog_entity using gin (terms);
create index catalog_entity_search on catalog_entity using gin (search gin_trgm_ops);

-- Both ends of every relation, also towards entities that do not exist (yet).
create table catalog_relation (
    emitted_by text collate "C" not null,
    source_ref text collate "C" not null,
    type       text not null,
    target_ref text collate "C" not null,
    since      timestamptz not null default clock_timestamp(),
    primary key (emitted_by, source_ref, type, target_ref)
);
create index catalog_relation_source on catalog_relation (source_ref, type, target_ref);
create index catalog_relation_target on catalog_relation (lower(type), target_ref, source_ref);

-- What left the catalog, so that followers hear of it.
create table catalog_departure (
    ref      text collate "C" primary key,
    kind     text not null,
    revision bigint not null,
    at       timestamptz not null default clock_timestamp()
);
create index catalog_departure_revision on catalog_departure (revision);

-- What is wrong with a source or one of its documents. A row lives as long as the fault.
create table catalog_problem (
    id             bigint generated always as identity primary key,
    source_id      bigint not null references catalog_source on delete cascade,
    document_index int,
    entity_ref     text,
    level          text not null check (level in ('error', 'warning')),
    field          text not null,
    reason         text not null,
    remedy         text not null,
    since          timestamptz not null default clock_timestamp()
);
create index catalog_problem_source on catalog_problem (source_id);
create index catalog_problem_entity on catalog_problem (entity_ref);

-- Locations registered by people and clients.
create table catalog_location (
    id       uuid primary key,
    type     text not null,
    target   text not null,
    added_by text not null,
    added_at timestamptz not null default clock_timestamp(),
    unique (type, target)
);
