insert into role_permission (role, permission, reach)
values ('platform-admin', 'connection:manage', 'all');
