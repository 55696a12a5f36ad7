/** The first whole thread, from nothing: a source package in, an installed package out. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { installed } from '../harness/install.ts';
import { System } from '../harness/system.ts';
import { distroLinks } from '../harness/warmth.ts';

let system: System;

beforeAll(async () => {
  await distroLinks();
  system = await System.start({ cold: true });
});
afterAll(() => system?.stop());

test('a noarch package goes from its source to dnf, on a hub and a worker that start from nothing', async () => {
  await system.addTarget('el9');
  const { id } = await system.submit('notes');
  const build = await system.published(id, 200_000);
  expect(build).toMatchObject({ nvr: 'notes-3-1.el9', state: 'complete', tags: ['el9'] });
  expect(build.rpms.map((rpm) => rpm.nevra)).toEqual(['notes-3-1.el9.noarch']);

  const root = installed(system, 'x86_64', ['notes']);
  expect(readFileSync(join(root, 'usr/share/notes/koji.txt'), 'utf8')).toContain('moromi');
}, 300_000);
