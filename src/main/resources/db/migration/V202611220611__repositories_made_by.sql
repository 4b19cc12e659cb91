-- Names the act that made a repository: asked again after a crash it gives the same one.
alter table repository add column made_by text unique;
