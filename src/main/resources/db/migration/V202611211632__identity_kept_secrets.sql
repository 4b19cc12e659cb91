-- Secrets of people and other systems that features keep, encrypted with a key from outside the database.
create table kept_secret (
    name   text primary key,
    key_id text not null,
    closed bytea not null
);
