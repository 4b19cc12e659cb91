-- The catalog shows accounts and their teams as entities. It is called when a change of them commits;
-- here and not in the code, because there are many ways to change them.
create function call_people() returns trigger language plpgsql as $$
begin
    perform pg_notify('atelier_people', '');
    return null;
end $$;

create trigger account_changed after update on account for each row
    when ((old.display_name, old.email, old.disabled_at, old.issuer)
          is distinct from (new.display_name, new.email, new.disabled_at, new.issuer))
    execute function call_people();
create trigger account_came_or_went after insert or delete on account for each row
    execute function call_people();
create trigger team_member_changed after insert or delete on team_member for each row
    execute function call_people();
