-- The newest calls of a person over all models, for the landing page.
create index sandbox_call_of on sandbox_call (actor, at desc);
