-- To decide who may use an experiment is a permission of its own. Whoever decided it by that for
-- models goes on to: by role, by what was granted on an experiment, and by token.
insert into role_permission (role, permission, reach)
select role, 'experiment:share', reach from role_permission where permission = 'model:share';

insert into resource_grant (resource, holder, permission, reason, until, granted_at, granted_by)
select resource, holder, 'experiment:share', reason, until, granted_at, granted_by
from resource_grant where resource like 'experiment:%' and permission = 'model:share';
delete from resource_grant where resource like 'experiment:%' and permission = 'model:share';

update access_token set scopes = scopes || 'experiment:share'::text where 'model:share' = any(scopes);
