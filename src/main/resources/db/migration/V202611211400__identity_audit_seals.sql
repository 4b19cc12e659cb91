-- The audit log cannot be changed unseen: each row has a hash, rows are sealed in batches, and each
-- seal holds the hash of the one before. docs/security.md says what that proves and what not.
alter table audit_event
    alter column detail drop default,
    alter column detail type text using detail::text,
    alter column detail set default '{}',
    add column hash bytea;
comment on column audit_event.detail is 'JSON as it was written: hashed byte for byte';
create index audit_event_at on audit_event (at desc, id desc);
create index audit_event_actor on audit_event (actor, id desc);

-- Leaf hash: SHA-256 of 0x00, the version 0x01, then each field with its length in four bytes.
create function audit_field(value text) returns bytea language sql immutable as $$
    select case when value is null then int4send(-1)
                else int4send(octet_length(convert_to(value, 'UTF8'))) || convert_to(value, 'UTF8') end
$$;
create function audit_hash(e audit_event) returns bytea language sql stable as $$
    select sha256('\x0001'::bytea
        || audit_field(e.id::text)
        || audit_field(to_char(e.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))
        || audit_field(e.actor) || audit_field(e.action) || audit_field(e.resource)
        || audit_field(e.outcome) || audit_field(e.origin) || audit_field(e.detail))
$$;
update audit_event e set hash = audit_hash(e);
alter table audit_event alter column hash set not null;

-- Rows that no seal holds yet: short, so that the sealer need not look for them.
create table audit_unsealed (event_id bigint primary key);
insert into audit_unsealed select id from audit_event;

create table audit_seal (
    n        bigint primary key,
    at       text not null,
    previous bytea not null,
    count    int not null check (count > 0),
    root     bytea not null,
    hash     bytea not null unique
);
comment on table audit_seal is 'hash = SHA-256 of 0x02 0x01, then n, at, previous, count and root as fields; root is that of a Merkle tree whose inner nodes are SHA-256 of 0x01, left, right';

create table audit_leaf (
    seal     bigint not null references audit_seal,
    position int not null,
    event_id bigint not null unique,
    hash     bytea not null,
    primary key (seal, position)
);
comment on column audit_leaf.hash is 'Stays when retention takes the row away, so that the chain still verifies';

create function audit_hashed() returns trigger language plpgsql as $$
begin
    new.hash := audit_hash(new);
    insert into audit_unsealed (event_id) values (new.id);
    return new;
end $$;
create trigger audit_event_hashed before insert on audit_event
    for each row execute function audit_hashed();

create function audit_kept() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' and current_setting('atelier.audit_retention', true) = 'on' then
        return null;
    end if;
    raise exception 'the audit log is append-only' using errcode = 'insufficient_privilege';
end $$;
create trigger audit_event_kept before update or delete or truncate on audit_event
    for each statement execute function audit_kept();
create trigger audit_seal_kept before update or delete or truncate on audit_seal
    for each statement execute function audit_kept();
create trigger audit_leaf_kept before update or delete or truncate on audit_leaf
    for each statement execute function audit_kept();

-- What retention took away: all rows below that number. Each is itself an event of the log.
create table audit_retirement (
    below      bigint primary key,
    retired_at timestamptz not null default clock_timestamp(),
    count      bigint not null
);
