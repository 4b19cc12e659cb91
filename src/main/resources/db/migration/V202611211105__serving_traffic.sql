-- What the sandbox served, by version and minute. Replicas add to the same rows; a row is never
-- more than some seconds behind.
create table serving_traffic (
    model    text not null,
    version  int not null,
    minute   timestamptz not null,
    -- Calls by how they ended, in the order of dev.atelier.serving.Outcome.
    outcomes bigint[] not null,
    -- Calls by how long they took, in the buckets of dev.atelier.serving.Latency.
    latency  bigint[] not null,
    primary key (model, version, minute)
);
create index serving_traffic_minute on serving_traffic (minute);
