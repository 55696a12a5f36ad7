/** What can be said of a build, alone or of each in a batch. */
import type { BuildOptions } from '@moromi/contract';
import { chosenPriority } from './priority.ts';
import type { Option, Options } from './verb.ts';
import { commaList, duration, macros } from './words.ts';

/** How long `--keep-failed` keeps a root where it says nothing, in seconds. */
const keepUsually = 24 * 3600;

export const buildFlags: readonly Option[] = [
  { flags: '--scratch', summary: 'a trial: the result is tagged nowhere' },
  { flags: '--arch <arch>', summary: "only these of the target's architectures", many: true },
  { flags: '--dist <dist>', summary: "instead of the target's %dist" },
  { flags: '--with <option>', summary: 'switch a %bcond on', many: true },
  { flags: '--without <option>', summary: 'switch a %bcond off', many: true },
  { flags: '--define <macro>', summary: "set a macro: 'NAME VALUE'", many: true },
  { flags: '--keep-failed [=duration]', summary: 'keep the root of a failed build (24h where not said)' },
  {
    flags: '--priority <number>',
    summary: '0 to 100, lower is sooner; now is 10, normal 20, background 30',
  },
  { flags: '--now', summary: 'before the usual; may want the permission for it' },
  { flags: '--background', summary: 'after the usual' },
  {
    flags: '--side-nvr <build>',
    summary: 'this build is in the buildroot, and other versions of its packages are not',
    many: true,
  },
  { flags: '--link <build>', summary: 'this build is in the buildroot too', many: true },
  {
    flags: '--flavour <flavour>',
    summary: "repositories and settings that the target's platform allows to be added",
    many: true,
  },
  { flags: '--fail-fast', summary: 'the first architecture that fails ends the others' },
];

export function buildOptions(options: Options): BuildOptions {
  const arches = commaList(options.list('arch'));
  const define = macros(options.list('define'), '--define');
  const dist = options.text('dist');
  const keep = options.text('keep-failed');
  const priority = chosenPriority(options);
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
    ...(options.list('side-nvr').length > 0 ? { sideNvrs: commaList(options.list('side-nvr')) } : {}),
    ...(options.list('link').length > 0 ? { linked: commaList(options.list('link')) } : {}),
    ...(options.list('flavour').length > 0 ? { flavours: commaList(options.list('flavour')) } : {}),
    ...(options.flag('fail-fast') ? { failFast: true } : {}),
  };
}
