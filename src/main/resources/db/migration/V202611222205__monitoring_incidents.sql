-- What counted hours came to, and what became of it. All of it belongs to the version and goes with it.

-- What has been counted and not judged yet, of one site by one reference.
create table monitoring_watch (
    model        text not null,
    version      int not null,
    site         text not null,
    reference    bigint not null references monitoring_reference on delete cascade,
    -- The first hour that was added to since; null when all of it is judged.
    changed_from timestamptz,
    -- When it is worth to look: an hour that runs is judged again when it has ended.
    due_at       timestamptz not null default clock_timestamp(),
    judged_at    timestamptz not null default '-infinity',
    primary key (model, version, site, reference),
    foreign key (model, version) references model_version (model, number)
        on update cascade on delete cascade
);
create index monitoring_watch_due on monitoring_watch (due_at) where changed_from is not null;

-- Judged windows: an hour, or as many as it took to have rows enough. Lists are in the order of the
-- reference's columns; letters are those of dev.atelier.monitoring.Score.
create table monitoring_score (
    model     text not null,
    version   int not null,
    site      text not null,
    start     timestamptz not null,
    until     timestamptz not null,
    reference bigint not null references monitoring_reference on delete cascade,
    rows      bigint not null,
    drift     text not null,
    data      text not null,
    psi       real[] not null,
    -- The largest share of values that the reference does not explain: missing, new, and so on.
    faults    real[] not null,
    judged_at timestamptz not null default clock_timestamp(),
    primary key (model, version, site, reference, start),
    foreign key (model, version) references model_version (model, number)
        on update cascade on delete cascade
);

create table monitoring_incident (
    id              bigint generated always as identity primary key,
    model           text not null,
    version         int not null,
    kind            text not null check (kind in ('DRIFT', 'OUTPUT', 'DATA', 'ERRORS', 'QUALITY')),
    severity        text not null check (severity in ('WARNING', 'CRITICAL')),
    state           text not null check (state in ('OPEN', 'CLOSED')),
    title           text not null,
    -- The likely cause in words.
    cause           text not null,
    since           timestamptz not null,
    opened_at       timestamptz not null default clock_timestamp(),
    closed_at       timestamptz,
    -- Windows that begin before do not open it again: somebody closed it knowing of them.
    settled_until   timestamptz,
    acknowledged_by text,
    acknowledged_at timestamptz,
    assignee        text,
    muted_until     timestamptz,
    foreign key (model, version) references model_version (model, number)
        on update cascade on delete cascade
);
create index monitoring_incident_model on monitoring_incident (model, version, kind);
create index monitoring_incident_open on monitoring_incident (opened_at desc) where state = 'OPEN';

-- Sites that an incident is about, with the columns.
create table monitoring_incident_site (
    incident  bigint not null references monitoring_incident on delete cascade,
    site      text not null,
    reference bigint references monitoring_reference on delete set null,
    columns   text[] not null,
    worst     real not null,
    since     timestamptz not null,
    -- The end of the last window that was looked at.
    seen      timestamptz not null,
    -- When it was over there; null while it is not.
    until     timestamptz,
    primary key (incident, site)
);

create table monitoring_incident_event (
    id       bigint generated always as identity primary key,
    incident bigint not null references monitoring_incident on delete cascade,
    at       timestamptz not null default clock_timestamp(),
    actor    text not null,
    what     text not null,
    text     text not null
);
create index monitoring_incident_event_of on monitoring_incident_event (incident, id);

-- What a team said is how it is from now on: a column of a site is compared with this instead.
create table monitoring_accepted (
    model     text not null,
    version   int not null,
    site      text not null,
    reference bigint not null references monitoring_reference on delete cascade,
    "column"  text not null,
    counts    bytea not null,
    since     timestamptz not null,
    reason    text not null,
    by        text not null,
    at        timestamptz not null default clock_timestamp(),
    primary key (model, version, site, reference, "column"),
    foreign key (model, version) references model_version (model, number)
        on update cascade on delete cascade
);

-- What opens incidents of a model, where that is not the usual.
create table monitoring_rules (
    model      text primary key,
    rules      jsonb not null,
    changed_by text not null,
    changed_at timestamptz not null default clock_timestamp()
);

insert into role_permission (role, permission, reach)
select role, 'incident:handle', reach from role_permission where permission = 'model:register';
