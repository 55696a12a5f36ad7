import { expect, test } from 'vitest';
import { FakeHub, problem } from './testing/fake-hub.ts';
import { play } from './testing/stage.ts';

const nowhere = 'http://127.0.0.1:9';

test('a command that makes no sense ends with 2, says why and what was probably meant', async () => {
  const cases: [string[], RegExp][] = [
    [['biuld'], /unknown command 'biuld'; did you mean build\? \(usage\)/],
    [['build', 'f1'], /missing required argument 'srpm'/],
    [['build', '--scrach', 'f1', 'x'], /unknown option '--scrach'; did you mean --scratch\?/],
    [['list-tasks', '--state', 'open'], /Allowed choices are free, leased/],
    [['list-tasks', '--build', 'x'], /--build wants a whole number from 1 on, not "x"/],
    [['watch-task', 'x'], /the task wants a whole number/],
    [['moshimoshi', 'x'], /too many arguments/],
    [['build', '--priority', '101', 'f1', 'x'], /--priority wants a whole number from 0 to 100/],
    [['completion', 'csh'], /there is no completion for "csh"/],
    [['--patience', 'x', 'moshimoshi'], /whole number of seconds/],
  ];
  for (const [args, message] of cases) {
    const { err, out, exit } = await play(nowhere, args);
    expect(err).toMatch(message);
    expect(err).toMatch(/\nwhat to do: /);
    expect(out).toBe('');
    expect(exit).toBe(2);
  }
});

test('what to do names the help of the verb that was typed, if there is one', async () => {
  const cases: [string[], string][] = [
    [['build', '--scrach', 'f1', 'x'], 'moromi build --help'],
    [['taskinfo', 'x', 'y'], 'moromi taskinfo --help'],
    [['list-tasks', '--build', 'x'], 'moromi list-tasks --help'],
    [['hold-revision', 'f1', '3'], 'moromi hold-revision --help'],
    [['biuld'], 'moromi --help'],
    [['--patience', 'x', 'moshimoshi'], 'moromi moshimoshi --help'],
  ];
  for (const [args, help] of cases)
    expect((await play(nowhere, args)).err).toContain(`\nwhat to do: See \`${help}\`.`);
});

test('help needs no hub and no configuration, and ends with 0', async () => {
  const connection = () => {
    throw new Error('the configuration was read');
  };
  const { out, exit } = await play(nowhere, ['--help'], { connection });
  expect(exit).toBe(0);
  expect(out).toContain('watch-task');
  expect(out).toContain('Run a hub');
  expect((await play(nowhere, ['build', '--help'], { connection })).out).toContain('--scratch');
  expect((await play(nowhere, [])).exit).toBe(2);
});

test('a hub that does not answer ends with 3 and says how to name another', async () => {
  const { err, exit } = await play(nowhere, ['--patience', '0', 'moshimoshi']);
  expect(err).toMatch(/does not answer .*\(ledger_unavailable\)\nwhat to do: Start it, or say which one/);
  expect(exit).toBe(3);
});

test('with --json an error is a document too, on standard output', async () => {
  await using hub = await FakeHub.start();
  hub.on('GET', /^\/tags\/x$/, (_request, reply) => problem(reply, 404, 'unknown_tag', 'there is no tag x'));
  const { out, err, exit } = await play(hub.address, ['tag-info', 'x', '--json']);
  expect(JSON.parse(out)).toEqual({
    error: { code: 'unknown_tag', message: 'there is no tag x', todo: 'See `moromi list-tags`.' },
  });
  expect(err).toBe('');
  expect(exit).toBe(3);
});

test("Koji's own names of verbs are understood", async () => {
  await using hub = await FakeHub.start();
  await play(hub.address, ['taskinfo', '5']);
  expect(hub.asked).toEqual(['GET /tasks/5']);
});

test('global options stand before the verb or after it', async () => {
  await using hub = await FakeHub.start();
  hub.on('GET', /^\/targets/, () => ({
    items: [{ name: 'f1', buildTag: 'a', destTag: 'b', arches: ['x86_64'] }],
    next: null,
  }));
  const before = await play(hub.address, ['--quiet', 'list-targets']);
  const after = await play(hub.address, ['list-targets', '--quiet']);
  expect(before.out).toBe('f1  a  b  x86_64\n');
  expect(after.out).toBe(before.out);
});

test('a list goes through all its pages', async () => {
  await using hub = await FakeHub.start();
  hub.on('GET', /^\/targets/, (request) => {
    const second = request.url?.includes('cursor=next') === true;
    return {
      items: [{ name: second ? 'b' : 'a', buildTag: 'x', destTag: 'y', arches: [] }],
      next: second ? null : 'next',
    };
  });
  expect((await play(hub.address, ['-q', 'list-targets'])).out).toBe('a  x  y\nb  x  y\n');
});

test('cancel takes tasks, and builds when told so', async () => {
  await using hub = await FakeHub.start();
  hub.on('POST', /^\/tasks\/5\/cancel$/, () => ({ id: 5, state: 'canceled', build: null }));
  hub.on('GET', /^\/builds\/hello-1-1$/, () => ({ id: 7 }));
  hub.on('POST', /^\/builds\/7\/cancel$/, () => ({ id: 7, nvr: 'hello-1-1', state: 'canceled' }));
  expect((await play(hub.address, ['cancel', '5'])).out).toBe('Canceled task 5\n');
  expect((await play(hub.address, ['cancel', '--build', 'hello-1-1'])).out).toBe(
    'Canceled build 7 (hello-1-1)\n',
  );
  expect((await play(hub.address, ['cancel', 'hello-1-1'])).exit).toBe(2);
});

test('add-tag says all of a tag in one request', async () => {
  await using hub = await FakeHub.start();
  let body: unknown;
  hub.on('POST', /^\/tags$/, (_request, _reply, bytes) => {
    body = JSON.parse(bytes.toString());
    return { name: 'f1-build', change: 3, repoFile: 'http://hub/x.repo' };
  });
  const { out } = await play(hub.address, [
    'add-tag',
    'f1-build',
    '--arch',
    'x86_64',
    '--arch',
    'i686',
    '--inherit',
    'f1:5',
    '--external',
    'base=http://x/$arch@20',
    '--dist',
    '.f1',
    '--macro',
    'vendor Example Inc',
    '--group',
    'bash,make',
    '--group',
    'build=gcc',
    '--timeout',
    '2h',
  ]);
  expect(body).toEqual({
    name: 'f1-build',
    inherits: [{ parent: 'f1', priority: 5 }],
    settings: {
      arches: ['x86_64', 'i686'],
      macros: { vendor: 'Example Inc', dist: '.f1' },
      externalRepos: [{ name: 'base', url: 'http://x/$arch', priority: 20 }],
      groups: { build: ['bash', 'make', 'gcc'], srpmBuild: ['bash', 'make'] },
      timeoutSeconds: 7200,
    },
  });
  expect(out).toBe('Added tag f1-build (change 3); its repository: http://hub/x.repo\n');
});

test('mock-config prints what the host makes of the root order', async () => {
  await using hub = await FakeHub.start();
  hub.on('GET', /^\/targets\/f1\/root-order\?arch=i686$/, () => ({ arch: 'i686' }));
  const mockConfig = (order: { arch: string }) => `config_opts['target_arch'] = '${order.arch}'\n\n`;
  const { out } = await play(hub.address, ['mock-config', 'f1', '--arch', 'i686'], { mockConfig });
  expect(out).toBe("config_opts['target_arch'] = 'i686'\n");
});

test('canceling a task of a build says that the build is canceled', async () => {
  await using hub = await FakeHub.start();
  hub.on('POST', /^\/tasks\/5\/cancel$/, () => ({ id: 5, state: 'done', build: 7 }));
  expect((await play(hub.address, ['cancel', '5'])).out).toBe('Canceled build 7, of task 5\n');
});

test("shell ends with the shell's own exit code, and a root that is not kept is no defect", async () => {
  expect(
    (
      await play(nowhere, ['shell', '5', '--home', '/w'], {
        shell: async (_task, { home }) => (home === '/w' ? 7 : 8),
      })
    ).exit,
  ).toBe(7);
  const shell = async () => {
    throw new Error('No root of task 5 is kept here');
  };
  expect((await play(nowhere, ['shell', '5'], { shell })).err).toContain(
    'No root of task 5 is kept here (no_kept_root)',
  );
});
