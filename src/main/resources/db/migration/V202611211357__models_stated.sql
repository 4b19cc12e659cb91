-- What an MLmodel file states, unchecked; rows that one run may merge, null for the portal's own limit.
alter table model_version
    add column stated jsonb,
    add column batch int check (batch between 1 and 10000);
