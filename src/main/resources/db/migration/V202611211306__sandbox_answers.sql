-- A call is opened again without running the model: what the page said, and the request where it is short.
alter table sandbox_call add column answer text;
alter table sandbox_call add column request text;
