-- Where changes of the registry are called out to, as MLflow's clients set it.
create table webhook (
    id          uuid primary key,
    name        text not null,
    url         text not null,
    description text,
    events      text[] not null,
    active      boolean not null default true,
    -- Of all models, for administrators; else of those that whoever made it owns.
    all_models  boolean not null,
    created_by  text not null,
    created_at  timestamptz not null default clock_timestamp(),
    changed_at  timestamptz not null default clock_timestamp()
);
create index webhook_of on webhook (created_by);

-- What happened and was not handed to the webhooks yet.
create table webhook_event (
    id    bigint generated always as identity primary key,
    event text not null,
    model text not null,
    data  jsonb not null,
    at    timestamptz not null default clock_timestamp()
);

-- The queue and the log of what is sent. A row is taken by one replica for a while; one that dies with it is taken again.
create table webhook_delivery (
    id           uuid primary key,
    seq          bigint generated always as identity,
    webhook      uuid not null references webhook on delete cascade,
    event        text not null,
    model        text not null,
    body         text not null,
    state        text not null default 'waiting' check (state in ('waiting', 'done', 'failed')),
    tries        int not null default 0,
    due_at       timestamptz not null default clock_timestamp(),
    leased_until timestamptz,
    made_at      timestamptz not null default clock_timestamp(),
    ended_at     timestamptz,
    outcome      text
);
create index webhook_delivery_waiting on webhook_delivery (webhook, seq) where state = 'waiting';
create index webhook_delivery_of on webhook_delivery (webhook, seq desc);
create index webhook_delivery_ended on webhook_delivery (ended_at) where state <> 'waiting';

-- There are many ways to change the registry; what is written is what happened.
create function webhook_raise(event text, of_model text, data jsonb) returns void language sql as $$
    insert into webhook_event (event, model, data)
    select event, of_model,
           jsonb_build_object('name', (
               select coalesce(to_jsonb(m) ->> 'title', m.name) from model m where m.name = of_model))
           || data
    where exists (select from webhook where active)
$$;

-- At the end of the transaction: tags come after the model.
create function webhook_model_created() returns trigger language plpgsql as $$
declare
    tags jsonb := '{}';
begin
    if to_regclass('model_tag') is not null then
        execute 'select coalesce(jsonb_object_agg(key, value), ''{}'') from model_tag where model = $1'
            into tags using new.name;
    end if;
    perform webhook_raise('registered_model.created', new.name,
        jsonb_build_object('tags', tags, 'description', new.description));
    return null;
end $$;
create constraint trigger webhook_model_created after insert on model
    deferrable initially deferred for each row execute function webhook_model_created();

create function webhook_version_created() returns trigger language plpgsql as $$
begin
    perform webhook_raise('model_version.created', new.model, jsonb_build_object(
        'version', new.number::text,
        'source', coalesce(to_jsonb(new) ->> 'source', new.lineage ->> 'source',
                           'models:/' || new.model || '/' || new.number),
        'run_id', new.lineage ->> 'run',
        'tags', new.tags,
        'description', to_jsonb(new) ->> 'description'));
    return null;
end $$;
create constraint trigger webhook_version_created after insert on model_version
    deferrable initially deferred for each row execute function webhook_version_created();

create function webhook_version_tagged() returns trigger language plpgsql as $$
begin
    perform webhook_raise('model_version_tag.set', new.model, jsonb_build_object(
        'version', new.number::text, 'key', t.key, 'value', t.value))
    from jsonb_each_text(new.tags) t
    where (old.tags ->> t.key) is distinct from t.value;
    perform webhook_raise('model_version_tag.deleted', new.model, jsonb_build_object(
        'version', new.number::text, 'key', k))
    from jsonb_object_keys(old.tags) k where not new.tags ? k;
    return null;
end $$;
create trigger webhook_version_tagged after update of tags on model_version
    for each row when (old.tags is distinct from new.tags) execute function webhook_version_tagged();

create function webhook_alias_moved() returns trigger language plpgsql as $$
begin
    if new.to_number is null then
        perform webhook_raise('model_version_alias.deleted', new.model,
            jsonb_build_object('alias', new.alias));
    else
        perform webhook_raise('model_version_alias.created', new.model,
            jsonb_build_object('alias', new.alias, 'version', new.to_number::text));
    end if;
    return null;
end $$;
create trigger webhook_alias_moved after insert on model_alias_move
    for each row execute function webhook_alias_moved();
