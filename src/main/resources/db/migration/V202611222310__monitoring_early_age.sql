-- Rows that wait for a reference do not wait for ever.
alter table monitoring_early add column received_at timestamptz not null default clock_timestamp();
create index monitoring_early_received on monitoring_early (received_at);
