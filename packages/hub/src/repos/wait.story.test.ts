import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeBuilds } from '../testing/catalogue.ts';
import { freshHub, type TestHub } from '../testing/hub.ts';

let hub: TestHub;
beforeAll(async () => {
  hub = await freshHub();
  await makeBuilds(hub.hub.ledger, ['bash-1-1', 'bash-2-1', 'zlib-1-1', 'glibc-3-1']);
  await hub.call('createTag', { body: { name: 'f1' } });
  await hub.call('createTag', { body: { name: 'child', inherits: [{ parent: 'f1', priority: 0 }] } });
});
afterAll(() => hub.stop());

const put = (builds: string[], force = false) =>
  hub.call('tagBuilds', { params: { name: 'f1' }, body: { builds, force } });
const wait = (builds: string) =>
  hub.call('waitRepo', { params: { name: 'child' }, query: { builds, waitSeconds: 0 } });

test('who waits for a build that is not held, or that another hides, is told which', async () => {
  await put(['bash-1-1', 'zlib-1-1']);
  await put(['bash-2-1']);
  expect(await wait('bash-1-1,zlib-1-1,glibc-3-1')).toMatchObject({
    revision: null,
    missing: ['glibc-3-1'],
    superseded: [{ build: 'bash-1-1', by: 'bash-2-1' }],
  });
  // The one that was tagged last is the latest.
  await put(['bash-1-1'], true);
  expect(await wait('bash-1-1')).toMatchObject({ missing: [], superseded: [] });
  expect((await wait('bash-2-1')).superseded).toEqual([{ build: 'bash-2-1', by: 'bash-1-1' }]);
});
