-- A search by a metric reads the runs in its order from the index alone.
create index run_metric_order on run_metric (experiment, key, value, run);
drop index run_metric_value;
