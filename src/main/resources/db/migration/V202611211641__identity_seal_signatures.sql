-- Seals are signed with a key that is not in the database: whoever can write to it cannot write the
-- chain anew. Seals from before have none; the first that is signed holds the hash of them all.
alter table audit_seal
    add column key_id    text,
    add column signature bytea;
comment on column audit_seal.signature is 'Ed25519 of "atelier audit seal 1", 0x00 and the hash';
