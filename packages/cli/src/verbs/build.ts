/** `moromi build`: hands in a source package and watches what becomes of it. */
import type { BuildOptions } from '@moromi/contract';
import { announce } from '../announce.ts';
import { sendRpm } from '../upload.ts';
import type { Options, Verb } from '../verb.ts';
import { commaList, duration, macros } from '../words.ts';

/** How long `--keep-failed` keeps a root where it says nothing, in seconds. */
const keepUsually = 24 * 3600;

export const build: Verb = {
  name: 'build',
  takes: '<target> <srpm>',
  summary: 'Build a source package',
  options: [
    { flags: '--scratch', summary: 'a trial: the result is tagged nowhere' },
    { flags: '--arch <arch>', summary: "only these of the target's architectures", many: true },
    { flags: '--dist <dist>', summary: "instead of the target's %dist" },
    { flags: '--with <option>', summary: 'switch a %bcond on', many: true },
    { flags: '--without <option>', summary: 'switch a %bcond off', many: true },
    { flags: '--define <macro>', summary: "set a macro: 'NAME VALUE'", many: true },
    { flags: '--keep-failed [=duration]', summary: 'keep the root of a failed build (24h where not said)' },
    { flags: '--priority <number>', summary: '0 to 100, lower is sooner' },
    { flags: '--nowait', summary: 'do not watch it' },
  ],
  notes: [
    'Ctrl-C stops the watching only (exit code 130); `moromi watch-task` goes on with it.',
    'Exit code 1: the build failed.',
  ],
  async run(session, [target = '', srpm = ''], options) {
    const { client } = session;
    const wanted = buildOptions(options);
    // An unknown target is told before a large file is sent.
    await client.call('getTarget', { params: { name: target } }, { signal: session.signal });
    const source = await sendRpm(session, srpm);
    const made = await client.call(
      'createBuild',
      { body: { target, source: { sha256: source.sha256, name: source.name }, options: wanted } },
      { signal: session.signal },
    );
    return await announce(session, made, { watched: !options.flag('nowait') });
  },
};

export function buildOptions(options: Options): BuildOptions {
  const arches = commaList(options.list('arch'));
  const define = macros(options.list('define'), '--define');
  const dist = options.text('dist');
  const keep = options.text('keep-failed');
  const priority = options.integer('priority', 0, 100);
  return {
    ...(options.flag('scratch') ? { scratch: true } : {}),
    ...(arches.length > 0 ? { arches } : {}),
    ...(dist === undefined ? {} : { dist }),
    ...(options.list('with').length > 0 ? { with: options.list('with') } : {}),
    ...(options.list('without').length > 0 ? { without: options.list('without') } : {}),
    ...(Object.keys(define).length > 0 ? { define } : {}),
    ...(keep === undefined
      ? {}
      : { keepFailed: keep === '' ? keepUsually : duration(keep, '--keep-failed') }),
    ...(priority === undefined ? {} : { priority }),
  };
}
