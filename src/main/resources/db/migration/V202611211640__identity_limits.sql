-- How much of each limit an account has used, for all replicas. A limit of n in a time is a vessel
-- that holds n and drains within that time; full_at - now is how full it is. What a crash of the
-- database forgets is forgiven.
create unlogged table limit_use (
    account text not null,
    what    text not null,
    full_at timestamptz not null,
    primary key (account, what)
);
