-- Longer ones cannot be found; an index could not hold them.
update catalog_entity set type = null where length(type) > 200;
update catalog_entity set lifecycle = null where length(lifecycle) > 200;

-- Counts of facets read this index alone; the rows themselves are long.
create index catalog_entity_counts on catalog_entity (kind, type, lifecycle, owner);

-- What people type is mostly how a name or title begins, in any collation of the database.
create index catalog_entity_name_begins on catalog_entity (lower(name) text_pattern_ops);
create index catalog_entity_title_begins on catalog_entity (lower(left(title, 100)) text_pattern_ops);
