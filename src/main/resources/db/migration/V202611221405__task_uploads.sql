-- Files that somebody uploaded for a question of a golden path. They are kept with the answers: with
-- the draft while it is one, then with the task. One that neither took goes within a day.
create table task_upload (
    id         uuid primary key,
    account    text not null,
    draft      uuid references task_draft on delete cascade,
    task       uuid references task on delete cascade,
    created_at timestamptz not null default clock_timestamp()
);
create index task_upload_account on task_upload (account);
create index task_upload_draft on task_upload (draft);
create index task_upload_task on task_upload (task);

create table task_upload_file (
    upload uuid not null references task_upload on delete cascade,
    path   text not null,
    digest text not null references blob (digest),
    size   bigint not null,
    primary key (upload, path)
);
create index task_upload_file_digest on task_upload_file (digest);
