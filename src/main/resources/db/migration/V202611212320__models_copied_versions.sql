-- Who was made of a version is asked on its page; a source may be longer than a b-tree takes.
create index model_version_source on model_version using hash (source);
