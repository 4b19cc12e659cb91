-- What belongs to a session that a sign-in provider vouches for. It ends with the session.
create table provider_session (
    session    bigint primary key references account_session on delete cascade,
    issuer     text not null,
    subject    text not null,
    sid        text,
    key_id     text not null,
    tokens     bytea not null,
    refresh_at timestamptz
);
create index provider_session_sid on provider_session (issuer, sid);
create index provider_session_subject on provider_session (issuer, subject);
comment on column provider_session.sid is 'The provider''s name of its session, for back-channel logout';
comment on column provider_session.tokens is 'Refresh token and ID token, encrypted with a key from outside the database';
comment on column provider_session.refresh_at is 'When the access token ends; null when there is nothing to refresh it with';

-- Logout tokens that were used: none is good twice.
create table provider_logout (
    issuer     text not null,
    jti        text not null,
    expires_at timestamptz not null,
    primary key (issuer, jti)
);
