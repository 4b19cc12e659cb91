-- What golden paths made on Git hosts elsewhere is named git:<host>/<owner>/<repository>. An update of
-- it is a pull or merge request of that host: its number and page there, and what became of it as far
-- as the host was asked.
alter table task_made
    add column request       bigint,
    add column request_page  text,
    add column request_state text check (request_state in ('OPEN', 'MERGED', 'CLOSED')),
    add check (num_nulls(request, request_page, request_state) in (0, 3));
