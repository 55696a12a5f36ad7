import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { type Demand, partSize, type Route, type RouteName, routes } from '@moromi/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { call, pathOf, send } from '../testing/call.ts';
import { sampleOf } from '../testing/samples.ts';
import { type Stage, setStage, uploadFile } from '../testing/stage.ts';

const run = promisify(execFile);
let stage: Stage;
let tokens: Record<string, string | undefined>;
beforeAll(async () => {
  stage = await setStage();
  const person = await stage.call('createToken', { body: { principal: 'ann', permissions: [] } });
  const builder = await stage.call('createToken', { body: { principal: 'bob', permissions: ['build'] } });
  tokens = {
    anonymous: undefined,
    person: person.token,
    builder: builder.token,
    admin: stage.hub.adminToken,
    enroller: stage.hub.enrolToken,
    worker: stage.worker.token,
  };
});
afterAll(() => stage.stop());

const params = {
  id: 999_999,
  build: 'no-such-1',
  name: 'nothing',
  upload: 'none',
  part: 0,
  sha256: '0'.repeat(64),
  attempt: 1,
  log: 'build.log',
};
const lets: Record<Demand, string[]> = {
  anyone: ['anonymous', 'person', 'builder', 'admin', 'enroller', 'worker'],
  person: ['person', 'builder', 'admin'],
  build: ['builder', 'admin'],
  sign: ['admin'],
  admin: ['admin'],
  enrol: ['admin', 'enroller'],
  worker: ['worker'],
  uploader: ['builder', 'admin', 'worker'],
};

describe('every route', () => {
  test.each(Object.entries(routes) as [RouteName, Route][])(
    '%s lets in whom it demands, before it looks at anything else',
    async (name, route) => {
      for (const [who, token] of Object.entries(tokens)) {
        const stop = new AbortController();
        // A body that no route takes: who gets past the door is told so, and changes nothing.
        const bytes = route.bodyStream === true ? { bytes: Buffer.from('x') } : {};
        const wrong = route.body === undefined ? bytes : { body: 'wrong' };
        const response = await send(stage.url, token, name, { params, ...wrong, signal: stop.signal });
        const refused = response.status === 401 || response.status === 403;
        expect([who, refused]).toEqual([who, !lets[route.demand].includes(who)]);
        if (refused) {
          const problem = (await response.json()) as { code: string };
          expect(problem.code).toBe(who === 'anonymous' ? 'unauthenticated' : 'forbidden');
        }
        stop.abort();
      }
    },
  );

  test('refuses a token that nobody has', async () => {
    for (const token of ['moromi_unknown-unknown-unknown', 'x'])
      expect((await send(stage.url, token, 'status')).status).toBe(401);
  });
});

describe('what is wrong is a problem document', () => {
  const post = (body: string, type = 'application/json') =>
    fetch(`${stage.url}/api/v1/tags`, {
      method: 'POST',
      headers: { authorization: `Bearer ${tokens['admin']}`, 'content-type': type },
      body,
    });

  test.each([
    ['no JSON', '{"name":', 400, 'bad_request'],
    ['nothing', '', 400, 'bad_request'],
    ['a wrong type', '{"name": 5}', 400, 'bad_request'],
    ['a number as text', '{"name":"a","settings":{"timeoutSeconds":"60"}}', 400, 'bad_request'],
    ['a missing field', '{}', 400, 'bad_request'],
    ['a name with a slash', '{"name":"a/b"}', 400, 'bad_request'],
    ['a prototype', '{"name":"a","__proto__":{"x":1}}', 400, 'bad_request'],
    ['too much', JSON.stringify({ name: 'a'.repeat(2_000_000) }), 413, 'too_large'],
  ])('%s', async (_, body, status, code) => {
    const response = await post(body);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(await response.json()).toMatchObject({ status, code, todo: expect.stringMatching(/./) });
    expect(response.status).toBe(status);
  });

  test('also for another media type, an unknown address and an unknown repository', async () => {
    expect((await post('name=a', 'application/x-www-form-urlencoded')).status).toBe(400);
    for (const path of [
      '/',
      '/api/v1/nothing',
      '/api/v2/status',
      '/repos/none/latest/',
      '/repos/f1/../x',
      '/repos/f1/%2e%2e/x',
    ]) {
      const response = await fetch(`${stage.url}${path}`);
      expect([path, response.status]).toEqual([path, 404]);
      expect(await response.json()).toMatchObject({ code: 'not_found' });
    }
  });

  test('is told of a macro whose name is none', async () => {
    const body = { name: 'm', settings: { macros: { 'a b': 'x' } } };
    await expect(stage.call('createTag', { body })).rejects.toMatchObject({
      problem: { code: 'bad_request' },
    });
  });

  test('names the place in a query', async () => {
    const response = await fetch(`${stage.url}/api/v1/events?after=x`);
    expect(await response.json()).toMatchObject({
      code: 'bad_request',
      detail: expect.stringContaining('/after'),
    });
  });

  test('an address that is none is a bad request', async () => {
    expect((await fetch(`${stage.url}/repos/%zz`)).status).toBe(400);
  });

  test('NUL in an address is no defect of the hub', async () => {
    expect((await fetch(`${stage.url}/api/v1/tasks?owner=%00`)).status).toBe(400);
  });

  test('reaches a sender that is still sending', async () => {
    const bytes = randomBytes(partSize);
    const request = { params: { upload: 'none', part: 0 }, query: { sha256: '0'.repeat(64) }, bytes };
    for (let n = 0; n < 5; n++) {
      const response = await send(stage.url, tokens['builder'], 'putPart', request);
      expect(await response.json()).toMatchObject({ code: 'unknown_upload' });
      expect((await send(stage.url, undefined, 'putPart', request)).status).toBe(401);
    }
  });

  test('a part that is too large is refused by its announcement', async () => {
    const request = { params: { upload: 'none', part: 0 }, query: { sha256: '0'.repeat(64) } };
    const response = await send(stage.url, tokens['builder'], 'putPart', {
      ...request,
      bytes: Buffer.alloc(partSize + 1),
    });
    expect(response.status).toBe(413);
  });
});

describe('blobs and heads', () => {
  test('a blob is given whole, in part, and by its head', async () => {
    const file = sampleOf('x', randomBytes(5000));
    await uploadFile(stage, file);
    const url = `${stage.url}${pathOf('getBlob', { params: { sha256: file.sha256 } })}`;
    expect(Buffer.from(await (await fetch(url)).arrayBuffer())).toEqual(file.bytes);
    const part = await fetch(url, { headers: { range: 'bytes=10-19' } });
    expect([part.status, Buffer.from(await part.arrayBuffer())]).toEqual([206, file.bytes.subarray(10, 20)]);
    const { stdout } = await run('curl', ['-sSI', '--max-time', '10', url]);
    expect(stdout.toLowerCase()).toContain('content-length: 5000');
    const unknown = await send(stage.url, undefined, 'getBlob', { params: { sha256: '0'.repeat(64) } });
    expect([unknown.status, ((await unknown.json()) as { code: string }).code]).toEqual([
      404,
      'unknown_blob',
    ]);
  });

  test('heads of JSON routes have no body', async () => {
    const response = await fetch(`${stage.url}/api/v1/status`, { method: 'HEAD' });
    expect([response.status, await response.text()]).toEqual([200, '']);
  });
});

describe('followers of events', () => {
  async function follow(
    query: string,
    count: number,
    headers: Record<string, string> = {},
  ): Promise<number[]> {
    const stop = new AbortController();
    const response = await fetch(`${stage.url}/api/v1/events/stream${query}`, {
      signal: stop.signal,
      headers,
    });
    let text = '';
    const numbers = (): number[] => [...text.matchAll(/^id: (\d+)$/gm)].map((match) => Number(match[1]));
    for await (const part of response.body ?? []) {
      text += Buffer.from(part).toString();
      if (numbers().length >= count) break;
    }
    stop.abort();
    return numbers();
  }

  test('get what came after their number, each once, and what comes', async () => {
    const { last } = await stage.call('listEvents');
    const waiting = follow(`?after=${last}`, 3);
    for (const name of ['e1', 'e2', 'e3']) await stage.call('createTag', { body: { name } });
    expect(await waiting).toEqual([last + 1, last + 2, last + 3]);
    expect(await follow('?after=0', 2)).toEqual(expect.arrayContaining([1, 2]));
    expect((await follow('', 1, { 'last-event-id': String(last + 1) }))[0]).toBe(last + 2);
  });
});

test('the hub stops at once though people follow events and logs and workers wait', async () => {
  await using other = await setStage();
  await other.call('createTag', { body: { name: 't', settings: { arches: ['x86_64'] } } });
  const lease = await other.worker.take();
  await other.worker.log(lease, 'build.log', 0, 'x');
  const log = { id: lease.task, attempt: 1, log: 'build.log' };
  const open = [
    send(other.url, undefined, 'followEvents'),
    send(other.url, undefined, 'readLog', { params: log, query: { follow: true } }),
  ];
  for (const response of await Promise.all(open)) void response.text().catch(() => {});
  const waiting = call(other.url, other.worker.token, 'claim', {
    body: { slot: 1, nonce: 'waits-for-it', kinds: ['srpm'], arches: [], waitSeconds: 25 },
  }).catch(() => undefined);
  const started = performance.now();
  await other.hub.stop();
  expect(performance.now() - started).toBeLessThan(5000);
  await waiting;
});
