import type { RouteName } from '@moromi/contract';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { call, Refused, type Request } from '../testing/call.ts';
import { makeBuilds } from '../testing/catalogue.ts';
import { freshHub, passTime, type TestHub } from '../testing/hub.ts';
import { sweepSideTags } from './side-tags.ts';

let hub: TestHub;
let ann: string;
beforeAll(async () => {
  hub = await freshHub();
  await makeBuilds(hub.hub.ledger, ['bash-1-1', 'bash-2-1', 'zlib-1-1', 'zlib-1:0.5-1', 'glibc-3-1']);
  const body = { principal: 'ann', permissions: ['build'] };
  ann = (await hub.call('createToken', { body })).token;
});
afterAll(() => hub.stop());

let tag: string;
let child: string;
let round = 0;
/** A tag and one that inherits from it. */
beforeEach(async () => {
  tag = `t${++round}`;
  child = `${tag}-child`;
  await hub.call('createTag', { body: { name: tag } });
  await hub.call('createTag', { body: { name: child, inherits: [{ parent: tag, priority: 0 }] } });
});

const named = (name: string, body: object = {}): Request => ({ params: { name }, body });
const put = (name: string, nvrs: string[], more: object = {}) =>
  hub.call('tagBuilds', named(name, { builds: nvrs, ...more }));
const held = async (name: string, query: Request['query'] = {}) =>
  (await hub.call('listTagged', { params: { name }, query })).items.map((one) => one.nvr);
const latest = (name: string, query: Request['query'] = {}) =>
  held(name, { inherit: true, latest: true, ...query });
/** The code with which a call is refused. */
const refusal = (what: Promise<unknown>) =>
  what.then(
    () => 'done',
    (error: unknown) => (error instanceof Refused ? error.problem.code : String(error)),
  );
const asAnn = (name: RouteName, request: Request) => refusal(call(hub.url, ann, name, request));

describe('tagging', () => {
  test('puts builds in, takes them out and moves them, each in one change, and the past can be read', async () => {
    const one = await put(tag, ['bash-1-1', 'bash-2-1', 'zlib-1-1']);
    expect(one.altered.toSorted()).toEqual([tag, child]);
    expect(await latest(child)).toEqual(['bash-2-1', 'zlib-1-1']);
    const two = await hub.call('untagBuilds', named(tag, { builds: ['bash-2-1'] }));
    const three = await hub.call('moveBuilds', named(tag, { to: child, builds: ['zlib-1-1', 'bash-1-1'] }));
    expect(three.change).toBe((two.change ?? 0) + 1);
    expect([await held(tag), await held(child)]).toEqual([[], ['bash-1-1', 'zlib-1-1']]);
    expect(await held(tag, { change: one.change ?? 0 })).toEqual(['bash-1-1', 'bash-2-1', 'zlib-1-1']);
    expect(await held(tag, { change: two.change ?? 0 })).toEqual(['bash-1-1', 'zlib-1-1']);
    expect(await refusal(held(tag, { change: (three.change ?? 0) + 9 }))).toBe('unknown_change');
  });

  test('of several at once says which of them is the latest', async () => {
    await put(tag, ['bash-2-1', 'bash-1-1']);
    const { items } = await hub.call('listTagged', { params: { name: tag } });
    const order = items.toSorted((a, b) => a.change - b.change || a.place - b.place);
    expect(order.map((one) => one.nvr)).toEqual(['bash-2-1', 'bash-1-1']);
    expect(await latest(tag)).toEqual(['bash-1-1']);
  });

  test('is read as it was at a time', async () => {
    await put(tag, ['bash-1-1']);
    const { items } = await hub.call('listTagged', { params: { name: tag } });
    const at = items[0]?.taggedAt ?? '';
    await put(tag, ['bash-2-1']);
    expect(await held(tag, { at: new Date(Date.parse(at) + 1).toISOString() })).toEqual(['bash-1-1']);
    expect(await held(tag, { at: '2001-01-01T00:00:00Z' })).toEqual([]);
    expect(await refusal(held(tag, { at: 'yesterday' }))).toBe('bad_request');
    expect(await refusal(held(tag, { at, change: 1 }))).toBe('bad_request');
  });

  test('takes the build tagged last for the latest, or the highest version where the tag says so', async () => {
    await put(tag, ['zlib-0.5-1']);
    await put(tag, ['zlib-1-1']);
    expect(await latest(tag)).toEqual(['zlib-1-1']);
    await hub.call('editTag', named(tag, { settings: { latest: 'evr' } }));
    // Epoch 1 makes it the higher one.
    expect([await latest(tag), await latest(child)]).toEqual([['zlib-0.5-1'], ['zlib-0.5-1']]);
    await hub.call('editTag', named(tag, { settings: { latest: null } }));
    expect(await refusal(put(tag, ['zlib-0.5-1']))).toBe('already_tagged');
    await put(tag, ['zlib-0.5-1'], { force: true });
    expect(await latest(tag)).toEqual(['zlib-0.5-1']);
  });

  test('refuses what is not there, and does nothing of it by halves', async () => {
    expect(await refusal(put(tag, ['bash-1-1', 'none-1-1']))).toBe('unknown_build');
    expect(await refusal(put('none', ['bash-1-1']))).toBe('unknown_tag');
    expect(await refusal(hub.call('untagBuilds', named(tag, { builds: ['bash-1-1'] })))).toBe('not_tagged');
    const move = named(tag, { to: tag, builds: ['bash-1-1'] });
    expect(await refusal(hub.call('moveBuilds', move))).toBe('bad_request');
    expect(await held(tag)).toEqual([]);
  });

  test('is for administrators, but in a side tag for its owner, and force is for administrators', async () => {
    expect(await asAnn('tagBuilds', named(tag, { builds: ['bash-1-1'] }))).toBe('forbidden');
    const side = await call(hub.url, ann, 'createSideTag', { body: { base: tag, days: 3 } });
    expect(side).toMatchObject({ kind: 'person', owner: 'ann', base: tag, target: side.name });
    expect(await asAnn('tagBuilds', named(side.name, { builds: ['bash-1-1'] }))).toBe('done');
    expect(await asAnn('tagBuilds', named(side.name, { builds: ['bash-1-1'], force: true }))).toBe(
      'forbidden',
    );
    expect(await asAnn('moveBuilds', named(side.name, { to: tag, builds: ['bash-1-1'] }))).toBe('forbidden');
    expect(await asAnn('removeSideTag', named(tag))).toBe('not_side_tag');
    expect(await asAnn('removeSideTag', named(side.name))).toBe('done');
    expect(await asAnn('tagBuilds', named(side.name, { builds: ['bash-1-1'] }))).toBe('unknown_tag');
  });
});

describe('package lists', () => {
  const list = (route: RouteName, name: string, packages: string[], more: object = {}) =>
    hub.call(route, named(name, { packages, ...more }));

  test('a child’s block hides its parent’s builds, and unblocking shows them again', async () => {
    await put(tag, ['bash-1-1', 'zlib-1-1']);
    expect(await list('blockPackages', child, ['bash'])).toMatchObject({ altered: [child] });
    expect([await latest(child), await latest(tag)]).toEqual([['zlib-1-1'], ['bash-1-1', 'zlib-1-1']]);
    expect(await refusal(put(child, ['bash-2-1']))).toBe('package_blocked');
    await list('unblockPackages', child, ['bash']);
    expect(await latest(child)).toEqual(['bash-1-1', 'zlib-1-1']);
    // A block above is overcome by an entry of the tag's own.
    await list('blockPackages', tag, ['zlib']);
    expect(await latest(child)).toEqual(['bash-1-1']);
    await list('unblockPackages', child, ['zlib']);
    expect([await latest(child), await latest(tag)]).toEqual([['bash-1-1', 'zlib-1-1'], ['bash-1-1']]);
    expect(await refusal(list('unblockPackages', child, ['zlib']))).toBe('package_not_listed');
  });

  test('a closed list shows and takes what stands in it, and force puts it there', async () => {
    await put(tag, ['bash-1-1']);
    await hub.call('editTag', named(tag, { settings: { packageList: 'closed' } }));
    expect(await latest(child)).toEqual([]);
    const refused = await refusal(put(tag, ['zlib-1-1']));
    expect(refused).toBe('package_not_listed');
    await list('addPackages', tag, ['bash'], { owner: 'bob', extraArches: ['i686'] });
    expect(await latest(child)).toEqual(['bash-1-1']);
    await put(child, ['zlib-1-1'], { force: true });
    const { items } = await hub.call('listPackages', { query: { tag: child, inherit: true } });
    expect(items).toEqual([
      { package: 'bash', tag, owner: 'bob', extraArches: ['i686'], blocked: false },
      { package: 'zlib', tag: child, owner: 'admin', extraArches: [], blocked: false },
    ]);
    expect(await latest(child)).toEqual(['bash-1-1', 'zlib-1-1']);
  });

  test('says the same twice without a change, keeps owners, and refuses slips of the pen', async () => {
    await list('addPackages', tag, ['bash'], { owner: 'bob' });
    expect(await list('addPackages', tag, ['bash'])).toEqual({ change: null, altered: [] });
    expect(await list('addPackages', child, ['bash'])).toEqual({ change: null, altered: [] });
    expect(await refusal(list('blockPackages', tag, ['bsah']))).toBe('package_not_listed');
    expect(await refusal(list('editPackages', tag, ['zlib'], { owner: 'bob' }))).toBe('package_not_listed');
    await list('blockPackages', child, ['bash']);
    expect(await refusal(list('addPackages', child, ['bash']))).toBe('package_blocked');
    await list('addPackages', child, ['bash'], { force: true });
    await list('editPackages', child, ['bash'], { owner: 'eve' });
    const of = await hub.call('listPackages', { query: { package: 'bash', owner: 'eve' } });
    expect(of.items).toMatchObject([{ tag: child, owner: 'eve' }]);
    expect(await refusal(list('removePackages', child, ['zlib']))).toBe('package_not_listed');
    await put(child, ['bash-1-1']);
    expect(await refusal(list('removePackages', child, ['bash']))).toBe('tag_in_use');
    await list('removePackages', child, ['bash'], { force: true });
  });
});

describe('a locked tag', () => {
  test('takes no update without force, and says why it is locked', async () => {
    await put(tag, ['bash-1-1']);
    await hub.call('lockTag', named(tag, { locked: true, reason: 'the release is being made' }));
    expect(await refusal(put(tag, ['zlib-1-1']))).toBe('tag_locked');
    expect(await refusal(hub.call('untagBuilds', named(tag, { builds: ['bash-1-1'] })))).toBe('tag_locked');
    expect(await refusal(hub.call('addPackages', named(tag, { packages: ['bash'] })))).toBe('tag_locked');
    const parent = { parent: 'sources', priority: 5 };
    expect(await refusal(hub.call('addParent', named(tag, parent)))).toBe('tag_locked');
    expect(await refusal(hub.call('removeTag', named(tag)))).toBe('tag_locked');
    expect(await hub.call('getTagConfiguration', { params: { name: tag } })).toMatchObject({
      locked: true,
      lockReason: 'the release is being made',
    });
    await put(tag, ['zlib-1-1'], { force: true });
    // What it inherits is not its own.
    await put(child, ['zlib-1-1']);
    await hub.call('lockTag', named(tag, { locked: false }));
    await put(tag, ['glibc-3-1']);
    expect(await held(tag)).toEqual(['bash-1-1', 'glibc-3-1', 'zlib-1-1']);
  });
});

describe('inheritance', () => {
  const parent = (name: string, more: object) => hub.call('addParent', named(name, { priority: 0, ...more }));
  const order = async (name: string, query: Request['query'] = {}) =>
    (await hub.call('listInheritance', { params: { name }, query })).items.map((one) => one.tag);

  test('is added, changed and taken away, and the way it was stays', async () => {
    const top = `${tag}-top`;
    await hub.call('createTag', { body: { name: top } });
    await put(top, ['bash-1-1', 'zlib-1-1']);
    const { change, altered } = await parent(tag, { parent: top, pkgFilter: 'z' });
    expect(altered.toSorted()).toEqual([tag, child]);
    expect([await order(child), await latest(child)]).toEqual([[child, tag, top], ['zlib-1-1']]);
    expect(await order(top, { reverse: true })).toEqual([top, tag, child]);
    const edit = { params: { name: tag, parent: top }, body: { pkgFilter: null, intransitive: true } };
    await hub.call('editParent', edit);
    expect([await order(child), await latest(tag)]).toEqual([
      [child, tag],
      ['bash-1-1', 'zlib-1-1'],
    ]);
    await hub.call('removeParent', { params: { name: tag, parent: top }, body: {} });
    expect(await order(tag)).toEqual([tag]);
    expect(await order(child, { change: change ?? 0 })).toEqual([child, tag, top]);
    expect(await latest(child, { change: change ?? 0 })).toEqual(['zlib-1-1']);
  });

  test('tells only those that see a package of its new build', async () => {
    const top = `${tag}-top`;
    await hub.call('createTag', { body: { name: top } });
    await parent(tag, { parent: top, pkgFilter: 'z', maxdepth: 0 });
    expect((await put(top, ['bash-1-1'])).altered).toEqual([top]);
    expect((await put(top, ['zlib-1-1'])).altered.toSorted()).toEqual([tag, child, top].toSorted());
  });

  test('refuses loops, parents twice, strangers and patterns that are none', async () => {
    expect(await refusal(parent(tag, { parent: child }))).toBe('inheritance_loop');
    expect(await refusal(parent(tag, { parent: tag }))).toBe('inheritance_loop');
    expect(await refusal(parent(child, { parent: tag }))).toBe('parent_exists');
    expect(await refusal(parent(tag, { parent: 'sources', pkgFilter: '(a' }))).toBe('bad_filter');
    expect(await refusal(parent(tag, { parent: 'sources', pkgFilter: '(?=a)' }))).toBe('bad_filter');
    const none = { params: { name: tag, parent: child }, body: {} };
    expect(await refusal(hub.call('removeParent', none))).toBe('not_a_parent');
  });
});

describe('a tag', () => {
  test('is cloned as it was, and two exchange what they hold', async () => {
    await hub.call('editTag', named(tag, { settings: { macros: { dist: '.x' } } }));
    await hub.call('addPackages', named(tag, { packages: ['bash'], owner: 'bob' }));
    await put(tag, ['bash-2-1']);
    const { change } = await put(tag, ['bash-1-1']);
    await put(tag, ['zlib-1-1']);
    const copy = `${tag}-copy`;
    await hub.call('cloneTag', named(tag, { to: copy, change: change ?? 0 }));
    expect(await held(copy)).toEqual(['bash-1-1', 'bash-2-1']);
    expect(await hub.call('getTag', { params: { name: copy } })).toMatchObject({
      settings: { macros: { dist: '.x' } },
    });
    await hub.call('cloneTag', named(tag, { to: copy, builds: true, latest: true }));
    expect(await held(copy)).toEqual(['bash-1-1', 'zlib-1-1']);
    await hub.call('swapTags', named(child, { with: copy }));
    expect([await held(child), await held(copy)]).toEqual([['bash-1-1', 'zlib-1-1'], []]);
    const { items } = await hub.call('listPackages', { query: { tag: child } });
    expect(items).toMatchObject([{ package: 'bash', owner: 'bob' }]);
    expect(await refusal(hub.call('swapTags', named(child, { with: child })))).toBe('bad_request');
  });

  test('is not removed while something hangs on it; gone, its past stays, and its name may be used again', async () => {
    await put(tag, ['bash-1-1']);
    const before = (await hub.call('getTagConfiguration', { params: { name: tag } })).change;
    await hub.call('createTarget', { body: { name: tag, buildTag: child, destTag: tag } });
    const remove = (name: string) => refusal(hub.call('removeTag', named(name)));
    expect(await remove(tag)).toBe('tag_in_use');
    await hub.call('removeTarget', named(tag));
    expect(await remove(tag)).toBe('tag_in_use');
    expect([await remove(child), await remove(tag)]).toEqual(['done', 'done']);
    expect(await refusal(held(tag))).toBe('unknown_tag');
    const then = { change: before };
    expect(await held(tag, then)).toEqual(['bash-1-1']);
    await hub.call('getTagConfiguration', { params: { name: tag }, query: then });
    const line = await hub.call('listInheritance', { params: { name: child }, query: then });
    expect(line.items.map((one) => one.tag)).toEqual([child, tag]);
    expect((await hub.call('listPackages', { query: { tag, ...then } })).items).toEqual([]);
    await hub.call('cloneTag', named(tag, { to: `${tag}-clone`, ...then }));
    expect(await held(`${tag}-clone`)).toEqual(['bash-1-1']);
    const { items } = await hub.call('listHistory', { query: { target: tag } });
    expect(items.length).toBeGreaterThan(0);
    await hub.call('createTag', { body: { name: tag } });
    expect([await held(tag), await held(tag, { change: before })]).toEqual([[], ['bash-1-1']]);
    await hub.call('renameTag', named(tag, { to: `${tag}-new` }));
    expect(await held(`${tag}-new`, { change: before })).toEqual(['bash-1-1']);
    expect(await refusal(hub.call('renameTag', named(`${tag}-new`, { to: child })))).toBe('tag_exists');
  });

  test('that was edited meanwhile is not edited by who has not seen it', async () => {
    const groups = { srpmBuild: [], build: ['gcc'] };
    const { change: seen } = await hub.call('getTagConfiguration', { params: { name: tag } });
    await hub.call('editTag', named(tag, { settings: { groups }, seen }));
    expect(await refusal(hub.call('editTag', named(tag, { settings: { groups }, seen })))).toBe(
      'tag_changed',
    );
    const { change } = await hub.call('getTagConfiguration', { params: { name: tag } });
    expect(await refusal(hub.call('editTag', named(tag, { settings: { groups }, seen: change })))).toBe(
      'done',
    );
  });

  test('gives a setting back to its parents', async () => {
    await hub.call('editTag', named(tag, { settings: { failFast: true, timeoutSeconds: 60 } }));
    await hub.call('editTag', named(child, { settings: { failFast: false, timeoutSeconds: 99 } }));
    await hub.call('editTag', named(child, { settings: { failFast: null } }));
    expect(await hub.call('getTagConfiguration', { params: { name: child } })).toMatchObject({
      own: { timeoutSeconds: 99 },
      settings: { failFast: true, timeoutSeconds: 99 },
      from: { failFast: tag },
      inherits: [{ parent: tag, maxdepth: null, noconfig: false }],
    });
  });
});

describe('targets', () => {
  test('are found by alias, keep their old name as one, and are there again after removal', async () => {
    await hub.call('createTarget', {
      body: { name: tag, buildTag: child, destTag: tag, aliases: [`${tag}-a`] },
    });
    const target = (name: string) => hub.call('getTarget', { params: { name } });
    expect(await target(`${tag}-a`)).toMatchObject({ name: tag, aliases: [`${tag}-a`] });
    const edit = { name: `${tag}-new`, destTag: child, removeAliases: [`${tag}-a`] };
    await hub.call('editTarget', named(`${tag}-a`, edit));
    expect(await target(tag)).toMatchObject({ name: `${tag}-new`, destTag: child, aliases: [tag] });
    const again = { body: { name: tag, buildTag: tag, destTag: tag } };
    expect(await refusal(hub.call('createTarget', again))).toBe('target_exists');
    await hub.call('removeTarget', named(tag));
    expect(await refusal(target(tag))).toBe('unknown_target');
    await hub.call('createTarget', again);
    expect(await target(tag)).toMatchObject({ buildTag: tag, aliases: [] });
  });
});

describe('side tags', () => {
  test('are listed apart, and go when their time is over', async () => {
    const { name } = await call(hub.url, ann, 'createSideTag', {
      body: { base: tag, days: 2, suffix: 'kde' },
    });
    expect(name).toMatch(new RegExp(`^${tag}-side-\\d+-kde$`));
    const all = async () =>
      (await hub.call('listTags', { query: { limit: 500 } })).items.map((one) => one.name);
    const sides = async () =>
      (await hub.call('listSideTags', { query: { owner: 'ann', base: tag } })).items.map((one) => one.name);
    expect([(await all()).includes(name), await sides()]).toEqual([false, [name]]);
    await sweepSideTags(hub.hub.ledger);
    await passTime(hub.access, 86_400);
    await call(hub.url, ann, 'editSideTag', named(name, { days: 2 }));
    await passTime(hub.access, 1.5 * 86_400);
    await sweepSideTags(hub.hub.ledger);
    expect(await sides()).toEqual([name]);
    await passTime(hub.access, 86_400);
    await sweepSideTags(hub.hub.ledger);
    expect(await sides()).toEqual([]);
    expect(await refusal(hub.call('getTarget', { params: { name } }))).toBe('unknown_target');
  });
});

describe('history', () => {
  test('tells what began and ended, by whom, page by page', async () => {
    await put(tag, ['bash-1-1', 'zlib-1-1']);
    await hub.call('untagBuilds', named(tag, { builds: ['bash-1-1'] }));
    await hub.call('addPackages', named(tag, { packages: ['bash'] }));
    const read = async (query: Request['query']) => {
      const items = [];
      let cursor: string | null = null;
      do {
        const page: Awaited<ReturnType<typeof hub.call<'listHistory'>>> = await hub.call('listHistory', {
          query: { ...query, limit: 1, ...(cursor === null ? {} : { cursor }) },
        });
        items.push(...page.items);
        cursor = page.next;
      } while (cursor !== null);
      return items;
    };
    const builds = await read({ tag, kind: 'build' });
    expect(builds.map(({ begins, subject, active }) => [begins, subject, active]).toSorted()).toEqual([
      [false, 'bash-1-1', false],
      [true, 'bash-1-1', false],
      [true, 'zlib-1-1', true],
    ]);
    expect(builds[0]).toMatchObject({ actor: 'admin', what: `untag bash-1-1 from ${tag}`, tag });
    const kinds = (await read({ tag })).map((one) => one.kind);
    expect(kinds.toSorted()).toEqual(['build', 'build', 'build', 'package', 'parent', 'tag']);
    expect((await read({ tag, active: true, package: 'bash' })).map((one) => one.kind)).toEqual(['package']);
    expect(await read({ tag, actor: 'nobody' })).toEqual([]);
    expect(await read({ tag, since: '2999-01-01T00:00:00Z' })).toEqual([]);
    expect(await refusal(read({ cursor: 'x' }))).toBe('bad_request');
  });

  test('of builds in no tag lists them, by package', async () => {
    const [loose] = await makeBuilds(hub.hub.ledger, ['loose-1-1']);
    const found = await hub.call('listUntagged', { query: { package: 'loose' } });
    expect(found).toMatchObject({ items: [{ build: loose?.build, nvr: 'loose-1-1' }], next: null });
  });
});
