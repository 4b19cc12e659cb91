-- Adds up counts of the same buckets.
create function serving_traffic_sum(one bigint[], other bigint[]) returns bigint[]
language sql immutable strict parallel safe as $$
    select array_agg(coalesce(a, 0) + coalesce(b, 0) order by i)
    from unnest(one, other) with ordinality as u (a, b, i)
$$;

-- The same as serving_traffic by quarters of an hour: charts of a day or a week would read and add
-- up thousands of minutes.
create table serving_traffic_quarter (
    model    text not null,
    version  int not null,
    minute   timestamptz not null,
    outcomes bigint[] not null,
    latency  bigint[] not null,
    primary key (model, version, minute)
);
create index serving_traffic_quarter_minute on serving_traffic_quarter (minute);

insert into serving_traffic_quarter (model, version, minute, outcomes, latency)
select o.model, o.version, o.span, o.counts, l.counts
from (select model, version, span, array_agg(n order by i) as counts
      from (select model, version, date_bin('15 minutes', minute, 'epoch') as span, i, sum(n)::bigint as n
            from serving_traffic, unnest(outcomes) with ordinality as u (n, i)
            group by model, version, span, i) s
      group by model, version, span) o
join (select model, version, span, array_agg(n order by i) as counts
      from (select model, version, date_bin('15 minutes', minute, 'epoch') as span, i, sum(n)::bigint as n
            from serving_traffic, unnest(latency) with ordinality as u (n, i)
            group by model, version, span, i) s
      group by model, version, span) l using (model, version, span);
