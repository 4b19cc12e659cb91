-- The landing page asks for versions that were refused; among many there are few.
create index model_version_refused on model_version (created_at) where state = 'REFUSED';
