-- Points of a series that came together: a row for up to 64 of them, which a table's page holds in place. The chunks of
-- a series do not overlap in the order (step, at, value), and no point of one is in metric_point too. What is in
-- metric_point already stays there.
create table metric_chunk (
    series     bigint not null,
    last_step  bigint not null,
    last_at    bigint not null,
    last_value double precision not null,
    finite     int not null,
    least      double precision,
    greatest   double precision,
    steps      bigint[] not null,
    times      bigint[] not null,
    measures   double precision[] not null,
    primary key (series, last_step, last_at, last_value)
);
comment on column metric_chunk.finite is 'How many of its values are numbers; least and greatest are of those';

-- What the newest points of a series became is decided where its row is locked.
alter table run_metric
    add column portion_step bigint,
    add column portion_at   bigint,
    add column appended     boolean not null default false,
    add column loose        int not null default 0;
comment on column run_metric.portion_step is 'Where the newest chunks begin, with portion_at; null: it has none';
comment on column run_metric.appended is 'Whether the points that came last became chunks';
comment on column run_metric.loose is 'Points that came since rows were gathered into chunks, and became rows';
