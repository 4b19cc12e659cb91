-- A series is found by its run and key. Nobody looks for one by its number, and every new latest value writes each index.
alter table run_metric
    drop constraint run_metric_pkey,
    drop constraint run_metric_run_key_key,
    add primary key (run, key);
