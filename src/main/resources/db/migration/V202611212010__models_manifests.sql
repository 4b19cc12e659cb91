-- Keys that manifests were signed with: the public half of each, for ever; the private one is not in this table.
create table model_signing_key (
    -- SHA-256 of the public key as PEM, 64 hexadecimal digits.
    id    text primary key,
    pem   text not null,
    since timestamptz not null default clock_timestamp()
);

-- The signed manifest of each version that is ready (OpenSSF Model Signing), as it is handed out.
create table model_version_manifest (
    model  text not null,
    number int not null,
    key    text not null references model_signing_key (id),
    bundle text not null,
    at     timestamptz not null default clock_timestamp(),
    primary key (model, number),
    foreign key (model, number) references model_version (model, number)
        on update cascade on delete cascade
);
