alter table catalog_source add column etag text;
comment on column catalog_source.etag is 'What the address said of the version that was read last; null when that must be read again';
