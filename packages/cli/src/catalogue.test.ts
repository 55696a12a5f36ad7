import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { historyLines } from './history.ts';
import { FakeHub } from './testing/fake-hub.ts';
import { type Played, play } from './testing/stage.ts';
import { inheritanceTree } from './verbs/list-tag-inheritance.ts';

let hub: FakeHub;
beforeEach(async () => {
  hub = await FakeHub.start();
  hub.on('POST', /./, () => ({ change: 7, altered: ['f1'] }));
});
afterEach(() => hub[Symbol.asyncDispose]());

const say = (...args: string[]): Promise<Played> => play(hub.address, ['--utc', ...args]);

describe('what changes the catalogue', () => {
  const cases: [string[], string, unknown, string][] = [
    [
      ['tag-build', 'f1', 'bash-1-1'],
      'POST /tags/f1/tag-builds',
      { builds: ['bash-1-1'], force: false },
      'Tagged bash-1-1 into f1 (change 7)\n',
    ],
    [
      ['tag-pkg', 'f1', 'bash-1-1', 'zlib-1-1', '--force'],
      'POST /tags/f1/tag-builds',
      { builds: ['bash-1-1', 'zlib-1-1'], force: true },
      'Tagged 2 builds into f1 (change 7)\n',
    ],
    [
      ['untag-build', 'f1', 'bash-1-1'],
      'POST /tags/f1/untag-builds',
      { builds: ['bash-1-1'], force: false },
      'Untagged bash-1-1 from f1 (change 7)\n',
    ],
    [
      ['move-build', 'f1-candidate', 'f1', 'bash-1-1'],
      'POST /tags/f1-candidate/move-builds',
      { to: 'f1', builds: ['bash-1-1'], force: false },
      'Moved bash-1-1 from f1-candidate to f1 (change 7)\n',
    ],
    [
      [
        'add-tag-inheritance',
        'f1',
        'base',
        '--priority',
        '5',
        '--maxdepth',
        '0',
        '--noconfig',
        '--pkg-filter',
        'a|b',
      ],
      'POST /tags/f1/parents',
      { parent: 'base', priority: 5, maxdepth: 0, noconfig: true, pkgFilter: 'a|b', force: false },
      'f1 inherits from base (change 7)\n',
    ],
    [
      ['edit-tag-inheritance', 'f1', 'base', '--maxdepth', 'none', '--no-intransitive', '--pkg-filter', ''],
      'POST /tags/f1/parents/base/edit',
      { maxdepth: null, intransitive: false, pkgFilter: null, force: false },
      'Changed how f1 inherits from base (change 7)\n',
    ],
    [
      ['remove-tag-inheritance', 'f1', 'base'],
      'POST /tags/f1/parents/base/remove',
      { force: false },
      'f1 no longer inherits from base (change 7)\n',
    ],
    [
      ['add-pkg', '--owner', 'ann', '--extra-arches', 'i686 noarch', 'f1', 'bash', 'zlib'],
      'POST /tags/f1/packages',
      { packages: ['bash', 'zlib'], owner: 'ann', extraArches: ['i686', 'noarch'], force: false },
      'Added 2 packages to f1 (change 7)\n',
    ],
    [
      ['block-pkg', 'f1', 'bash'],
      'POST /tags/f1/packages/block',
      { packages: ['bash'], force: false },
      'Blocked bash in f1 (change 7)\n',
    ],
    [
      ['unblock-pkg', 'f1', 'bash'],
      'POST /tags/f1/packages/unblock',
      { packages: ['bash'], force: false },
      'Unblocked bash in f1 (change 7)\n',
    ],
    [
      ['remove-pkg', 'f1', 'bash'],
      'POST /tags/f1/packages/remove',
      { packages: ['bash'], force: false },
      'Removed bash from f1 (change 7)\n',
    ],
    [
      ['set-pkg-owner', 'bob', 'f1', 'bash'],
      'POST /tags/f1/packages/edit',
      { packages: ['bash'], owner: 'bob', force: false },
      'bob looks after bash in f1 (change 7)\n',
    ],
    [['remove-tag', 'f1'], 'POST /tags/f1/remove', { force: false }, 'Removed tag f1 (change 7)\n'],
    [
      ['swap-tag', 'f1', 'f2'],
      'POST /tags/f1/swap',
      { with: 'f2', force: false },
      'Swapped f1 and f2 (change 7)\n',
    ],
    [
      ['rename-tag', 'f1', 'f2'],
      'POST /tags/f1/rename',
      { to: 'f2', force: false },
      'Renamed tag f1 to f2 (change 7)\n',
    ],
    [
      ['clone-tag', 'f1', 'f2', '--builds', '--latest-only', '--ts', '1000000000'],
      'POST /tags/f1/clone',
      {
        to: 'f2',
        at: '2001-09-09T01:46:40.000Z',
        settings: false,
        inheritance: false,
        packages: false,
        builds: true,
        latest: true,
        inherit: false,
        force: false,
      },
      'Cloned f1 to f2 (change 7)\n',
    ],
    [
      ['remove-sidetag', 'f1-side-9'],
      'POST /side-tags/f1-side-9/remove',
      {},
      'Removed side tag f1-side-9 (change 7)\n',
    ],
  ];
  test.each(cases)('%j asks for what it says and tells what came of it', async (args, asked, sent, out) => {
    const played = await say(...args);
    expect(played).toMatchObject({ out, err: '', exit: 0 });
    expect([hub.asked, hub.sent]).toEqual([[asked], [sent]]);
  });

  test('says when nothing had to change, and more than one call takes is sent in parts', async () => {
    hub.on('POST', /./, () => ({ change: null, altered: [] }));
    expect((await say('add-pkg', 'f1', 'bash')).out).toBe('It is so already; nothing was changed\n');
    await say('tag-build', 'f1', ...Array.from({ length: 1001 }, (_, n) => `p-${n}-1`));
    expect(hub.sent.slice(1).map((one) => (one as { builds: string[] }).builds.length)).toEqual([1000, 1]);
  });

  test('warns of builds on their way into a tag that is locked', async () => {
    hub.on('POST', /lock$/, () => ({ change: 7, altered: [], running: 2 }));
    const { out, err } = await say('lock-tag', 'f1', '--reason', 'a compose');
    expect(out).toBe('Locked f1 (change 7)\n');
    expect(err).toBe('warning: 2 builds are on their way into f1; `moromi cancel` stops them\n');
    await say('unlock-tag', 'f1');
    expect(hub.sent).toEqual([{ locked: true, reason: 'a compose' }, { locked: false }]);
  });

  test('gives settings back to the parents, by names that there are', async () => {
    hub.on('GET', /./, () => ({ name: 'f1', settings: empty }));
    hub.on('POST', /./, () => ({ name: 'f1', change: 7, settings: empty }));
    await say(
      'edit-tag',
      'f1',
      '--unset',
      'macros,groups',
      '--latest',
      'evr',
      '--for-arch',
      's390x without=doc,macro.dist=.z',
    );
    expect(hub.sent).toEqual([
      {
        settings: {
          latest: 'evr',
          macros: null,
          groups: null,
          perArch: { s390x: { without: ['doc'], macros: { dist: '.z' } } },
        },
      },
    ]);
    expect((await say('edit-tag', 'f1', '--unset', 'macro')).err).toContain('--unset knows arches, macros');
    expect((await say('edit-tag', 'f1', '--for-arch', 's390x memory=3G')).err).toContain(
      '--for-arch knows with',
    );
  });
  const empty = { macros: {}, packages: {}, cpuLevels: {}, externalRepos: [] };

  test('refuses what makes no sense before anything is sent', async () => {
    const wrong: [string[], RegExp][] = [
      [['latest-build', 'f1'], /wants packages, or --all/],
      [['list-history'], /wants to be told of what, or --all/],
      [['list-pkgs'], /wants --tag, --package or --owner/],
      [['list-tagged', 'f1', '--ts', 'yesterday'], /--ts wants a time/],
      [['list-tagged', 'f1', '--ts', '1', '--change', '1'], /give one/],
      [['add-tag-inheritance', 'f1', 'f2', '--maxdepth', 'x'], /--maxdepth wants a whole number/],
      [['edit-tag-inheritance', 'f1', 'f2'], /nothing is said/],
      [['edit-target', 'f1'], /nothing is said/],
    ];
    for (const [args, message] of wrong) {
      const { err, exit } = await say(...args);
      expect(err).toMatch(message);
      expect(exit).toBe(2);
    }
    expect(hub.asked).toEqual([]);
  });
});

describe('what is listed', () => {
  const tagged = {
    build: 1,
    nvr: 'bash-1-1',
    package: 'bash',
    tag: 'f1',
    owner: 'ann',
    taggedAt: '2026-01-02T03:04:05Z',
    change: 5,
    taggedBy: 'bob',
  };

  test('list-tagged and latest-build show builds in columns, and ask for what is named alone', async () => {
    hub.on('GET', /builds/, () => ({ change: 7, items: [tagged] }));
    const { out } = await say('latest-pkg', 'f1', 'bash', '--change', '6');
    expect(out).toBe(
      'Build     Tag  Built by  Tagged\n---------------------------------------------\nbash-1-1  f1   ann       2026-01-02 03:04:05 UTC\n'.replace(
        /-{20,}/,
        '-'.repeat(48),
      ),
    );
    expect((await say('--quiet', 'list-tagged', 'f1', 'bash', '--inherit')).out).toBe(
      'bash-1-1  f1  ann  2026-01-02 03:04:05 UTC\n',
    );
    expect(hub.asked).toEqual([
      'GET /tags/f1/builds?inherit=true&latest=true&package=bash&change=6',
      'GET /tags/f1/builds?inherit=true&package=bash',
    ]);
  });

  test('the tree of inheritance shows what a link is, as Koji does', () => {
    const stop = { maxdepth: null, pkgFilter: null, intransitive: false, noconfig: false };
    const stops = [
      { ...stop, tag: 'build', depth: 0 },
      { ...stop, tag: 'override', depth: 1, maxdepth: 0 },
      { ...stop, tag: 'updates', depth: 2, pkgFilter: 'a' },
      { ...stop, tag: 'base', depth: 3, intransitive: true, noconfig: true },
      { ...stop, tag: 'extra', depth: 1 },
    ];
    expect(inheritanceTree(stops)).toEqual([
      '     build',
      'M...  ├─override',
      '.F..  │  └─updates',
      '..IN  │     └─base',
      '....  └─extra',
    ]);
  });

  test('the history is told oldest first, and what was altered once', () => {
    const entry = { at: '2026-01-02T03:04:05Z', actor: 'ann', what: '', tag: 'f1', data: {} };
    const lines = historyLines(
      [
        { ...entry, kind: 'build', begins: false, active: false, change: 9, subject: 'bash-1-1' },
        { ...entry, kind: 'tag', begins: false, active: false, change: 8, subject: 'f1' },
        { ...entry, kind: 'tag', begins: true, active: true, change: 8, subject: 'f1' },
        { ...entry, kind: 'build', begins: true, active: false, change: 7, subject: 'bash-1-1' },
      ],
      { utc: true, changes: true },
    );
    expect(lines).toEqual([
      '2026-01-02 03:04:05 UTC (change 7) bash-1-1 tagged into f1 by ann',
      '2026-01-02 03:04:05 UTC (change 8) tag configuration of f1 altered by ann [still active]',
      '2026-01-02 03:04:05 UTC (change 9) bash-1-1 untagged from f1 by ann',
    ]);
  });

  test('a side tag is named alone where nothing else is wanted', async () => {
    const side = {
      name: 'f1-side-9',
      kind: 'person',
      owner: 'ann',
      base: 'f1',
      target: 'f1-side-9',
      endsAt: '2026-01-02T03:04:05Z',
    };
    hub.on('POST', /side-tags/, () => side);
    hub.on('GET', /side-tags/, () => ({ items: [side], next: null }));
    expect((await say('--quiet', 'add-sidetag', 'f1', '--days', '3')).out).toBe('f1-side-9\n');
    expect((await say('--quiet', 'list-side-tags', '--owner', 'ann')).out).toBe(
      'f1-side-9  ann  f1  person  2026-01-02 03:04:05 UTC\n',
    );
    expect(hub.asked[1]).toBe('GET /side-tags?owner=ann&limit=500');
  });
});

describe('what looks at a tag before it acts, or waits for it', () => {
  const tagged = (nvr: string, change: number, place: number) => ({ nvr, change, place });

  test('all builds of a package are moved with the latest last, also those that one change has tagged', async () => {
    const items = [tagged('foo-1.10-1', 4, 1), tagged('foo-1.9-1', 4, 0), tagged('foo-1.2-1', 3, 5)];
    hub.on('GET', /builds/, () => ({ change: 6, items }));
    await say('move-build', '--all', 'cand', 'stable', 'foo');
    expect(hub.sent).toEqual([
      { to: 'stable', builds: ['foo-1.2-1', 'foo-1.9-1', 'foo-1.10-1'], force: false },
    ]);
  });

  test('what came in after the look is not untagged as no longer the latest', async () => {
    hub.on('GET', /builds/, () => ({ change: 6, items: [tagged('foo-2-1', 5, 0), tagged('foo-1-1', 3, 0)] }));
    hub.on('GET', /builds.*latest=true/, () => ({ change: 6, items: [tagged('foo-2-1', 5, 0)] }));
    await say('untag-build', '--non-latest', 'f1', 'foo');
    expect(hub.asked.filter((one) => one.includes('latest=true'))).toEqual([
      expect.stringContaining('change=6'),
    ]);
    expect(hub.sent).toEqual([{ builds: ['foo-1-1'], force: false }]);
  });

  test('a build that is not the latest is waited for in vain, which is said at once', async () => {
    const said = { revision: null, missing: [], task: null };
    hub.on('GET', /wait/, () => ({ ...said, superseded: [{ build: 'foo-1-1', by: 'foo-2-1' }] }));
    const { exit, err } = await say('wait-repo', 'f1', '--build', 'foo-1-1');
    expect([exit, err]).toEqual([1, expect.stringContaining('its repository shows foo-2-1 instead')]);
    hub.on('GET', /wait/, () => ({ ...said, missing: ['foo-1-1'], superseded: [] }));
    expect((await say('wait-repo', 'f1', '--build', 'foo-1-1')).exit).toBe(1);
  });
});
