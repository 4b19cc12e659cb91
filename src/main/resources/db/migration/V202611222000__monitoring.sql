-- What versions were asked and answered, counted. All of it belongs to the version and goes with it.

-- Profiles that windows are counted by and compared with. Of a version's, the one that was put in use
-- last is.
create table monitoring_reference (
    id      bigint generated always as identity primary key,
    model   text not null,
    version int not null,
    -- SHA-256 of the profile.
    hash    text not null check (hash ~ '^[0-9a-f]{64}$'),
    -- Canonical JSON; see dev.atelier.monitoring.statistics.Profile.
    profile text not null,
    -- Columns that the model gives, the others it takes.
    outputs text[] not null,
    source  text not null check (source in ('ROWS', 'PROFILE', 'PRODUCTION')),
    rows    bigint not null,
    made_by text not null,
    made_at timestamptz not null default clock_timestamp(),
    used_at timestamptz not null default clock_timestamp(),
    unique (model, version, hash),
    foreign key (model, version) references model_version (model, number)
        on update cascade on delete cascade
);

-- Batches that were counted: one that comes again is not counted again.
create table monitoring_batch (
    model       text not null,
    version     int not null,
    site        text not null,
    batch       text not null,
    rows        int not null,
    received_at timestamptz not null default clock_timestamp(),
    primary key (model, version, site, batch),
    foreign key (model, version) references model_version (model, number)
        on update cascade on delete cascade
);
create index monitoring_batch_received on monitoring_batch (received_at);

-- Rows that came before there was a reference; the first thousand become one.
create table monitoring_early (
    id      bigint generated always as identity primary key,
    model   text not null,
    version int not null,
    site    text not null,
    rows    jsonb not null,
    count   int not null,
    foreign key (model, version) references model_version (model, number)
        on update cascade on delete cascade
);
create index monitoring_early_version on monitoring_early (model, version);

-- Hours, one row for all columns of a version; see dev.atelier.monitoring.statistics.Window.
create table monitoring_window (
    model     text not null,
    version   int not null,
    site      text not null,
    start     timestamptz not null,
    reference bigint not null references monitoring_reference on delete cascade,
    rows      bigint not null,
    counts    bytea not null,
    primary key (model, version, start, site, reference),
    foreign key (model, version) references model_version (model, number)
        on update cascade on delete cascade
);

-- Rows that were sent and could not be counted, by the hour in which they came: what coverage lacks.
create table monitoring_lost (
    model   text not null,
    version int not null,
    site    text not null,
    start   timestamptz not null,
    rows    bigint not null,
    primary key (model, version, start, site),
    foreign key (model, version) references model_version (model, number)
        on update cascade on delete cascade
);

-- What was answered, of predictions that have an identifier, so that labels find them; and the labels,
-- which may come first.
create table monitoring_prediction (
    model      text not null,
    version    int not null,
    prediction text not null,
    site       text not null,
    at         timestamptz not null,
    outputs    jsonb not null,
    primary key (model, version, prediction),
    foreign key (model, version) references model_version (model, number)
        on update cascade on delete cascade
);
create index monitoring_prediction_at on monitoring_prediction (model, version, at);

create table monitoring_label (
    model       text not null,
    version     int not null,
    prediction  text not null,
    label       text not null,
    -- How often it said something else before.
    changes     int not null default 0,
    received_at timestamptz not null default clock_timestamp(),
    primary key (model, version, prediction),
    foreign key (model, version) references model_version (model, number)
        on update cascade on delete cascade
);

insert into role_permission (role, permission, reach)
select role, 'monitoring:record', reach from role_permission where permission = 'model:register';
