-- What became of the bundle that a Model entity names.
create table model_bundle (
    model      text primary key,
    folder     text not null,
    digest     text,
    number     int,
    problem    text,
    checked_at timestamptz not null default clock_timestamp()
);
