-- What tasks made or brought up to date: tells of each thing which golden path it comes from, in which
-- version and with which answers.
create table task_made (
    id      bigint generated always as identity primary key,
    -- As permissions and the catalog name it: repository:default/vision/wine, component:default/wine.
    ref     text not null,
    task    uuid not null references task on delete cascade,
    -- Of a repository: the commit that holds it, and the files as the template made them, a compressed
    -- tar. They are what the next update is compared with.
    commit  text,
    files   bytea,
    made_at timestamptz not null default clock_timestamp(),
    unique (task, ref)
);
create index task_made_ref on task_made (ref, id desc);

-- What is to be brought up to date by a draft.
alter table task_draft add column updates text;
