// The real @backstage/catalog-client against a running portal. Arguments: base address, access token.
const assert = require('node:assert');
const { CatalogClient } = require('@backstage/catalog-client');
const [base, token] = process.argv.slice(2);
const signed = (url, init = {}) => fetch(url, { ...init, headers: { ...init.headers, Authorization: `Bearer ${token}` } });
const client = new CatalogClient({ discoveryApi: { getBaseUrl: async id => `${base}/api/${id}` }, fetchApi: { fetch: signed } });

(async () => {
  const all = await client.getEntities({ filter: { 'metadata.tags': 'client-test' }, fields: ['kind', 'metadata.name'] });
  assert.equal(all.items.length, 3);
  assert.deepEqual(Object.keys(all.items[0]).sort(), ['kind', 'metadata']);

  const first = await client.queryEntities({ filter: { 'metadata.tags': 'client-test' }, orderFields: { field: 'metadata.name', order: 'asc' }, limit: 2 });
  assert.equal(first.totalItems, 3);
  assert.deepEqual(first.items.map(e => e.metadata.name), ['ct-a', 'ct-b']);
  const second = await client.queryEntities({ cursor: first.pageInfo.nextCursor, limit: 2 });
  assert.deepEqual(second.items.map(e => e.metadata.name), ['ct-c']);
  const back = await client.queryEntities({ cursor: second.pageInfo.prevCursor, limit: 2 });
  assert.deepEqual(back.items.map(e => e.metadata.name), ['ct-a', 'ct-b']);

  const found = await client.queryEntities({ filter: { 'metadata.tags': 'client-test' }, fullTextFilter: { term: 'CT-C', fields: ['metadata.name'] } });
  assert.deepEqual(found.items.map(e => e.metadata.name), ['ct-c']);
  const query = await client.queryEntities({ query: { $all: [{ 'metadata.tags': 'client-test' }, { $not: { 'metadata.name': 'ct-a' } }] }, orderFields: [{ field: 'metadata.name', order: 'desc' }] });
  assert.deepEqual(query.items.map(e => e.metadata.name), ['ct-c', 'ct-b']);

  const one = await client.getEntityByRef('component:default/ct-a');
  assert.equal(one.metadata.name, 'ct-a');
  assert.equal(one.relations.find(r => r.type === 'ownedBy').targetRef, 'group:default/ct-team');
  assert.equal(await client.getEntityByRef('component:default/ct-none'), undefined);
  const refs = await client.getEntitiesByRefs({ entityRefs: ['component:default/ct-b', 'component:default/ct-none'] });
  assert.equal(refs.items[0].metadata.name, 'ct-b');
  assert.equal(refs.items[1], undefined);

  const facets = await client.getEntityFacets({ facets: ['spec.type'], filter: { 'metadata.tags': 'client-test' } });
  assert.deepEqual(facets.facets['spec.type'].sort((a, b) => a.value.localeCompare(b.value)), [{ value: 'library', count: 1 }, { value: 'service', count: 2 }]);
  const ancestors = await client.getEntityAncestors({ entityRef: 'component:default/ct-a' });
  assert.equal(ancestors.rootEntityRef, 'component:default/ct-a');

  const good = await client.validateEntity(one, 'url:https://example.com/x');
  assert.equal(good.valid, false, 'relations may not be sent back');
  const { relations, ...bare } = one;
  assert.deepEqual(await client.validateEntity(bare, 'url:https://example.com/x'), { valid: true });
  const bad = await client.validateEntity({ ...bare, kind: 'component' }, 'url:https://example.com/x');
  assert.equal(bad.valid, false);
  assert.ok(bad.errors[0].message.includes('kind'));

  await assert.rejects(client.addLocation({ type: 'url', target: 'https://127.0.0.1/x.yaml' }), e => /private network/.test(e.body.error.message));
  const streamed = [];
  for await (const page of client.streamEntities({ filter: { 'metadata.tags': 'client-test' } })) streamed.push(...page);
  assert.equal(streamed.length, 3);
  await client.refreshEntity('component:default/ct-a');
  await client.removeEntityByUid(one.metadata.uid);
  assert.equal(await client.getEntityByRef('component:default/ct-a'), undefined);
  console.log('ok');
})().catch(e => { console.error(e); process.exit(1); });
