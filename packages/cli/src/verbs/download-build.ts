/** `moromi download-build`: the packages of a build, each checked against its hash. */
import type { BuiltRpm } from '@moromi/contract';
import { download } from '../download.ts';
import { bytes } from '../figures.ts';
import { saveLogs } from '../log-files.ts';
import { exits, usage } from '../trouble.ts';
import type { Verb } from '../verb.ts';
import { commaList } from '../words.ts';

export const downloadBuild: Verb = {
  name: 'download-build',
  takes: '<build>',
  summary: 'Fetch the packages of a build, by its number or NVR',
  options: [
    { flags: '--arch <arch>', summary: 'only these architectures; src and noarch are ones', many: true },
    { flags: '--debuginfo', summary: 'debuginfo and debugsource packages too' },
    { flags: '--logs', summary: 'the logs too' },
    { flags: '--dir <folder>', summary: 'where to (here)' },
  ],
  async run(session, [word = ''], options) {
    const { client, signal, screen } = session;
    const build = await client.call('getBuild', { params: { build: word } }, { signal });
    const arches = commaList(options.list('arch'));
    const all = [...(build.sourceRpm === null ? [] : [build.sourceRpm]), ...build.rpms];
    const wanted = chosen(all, arches, options.flag('debuginfo'));
    const folder = options.text('dir') ?? '.';
    if (wanted.length === 0 && !options.flag('logs')) {
      const there = [...new Set(all.map(({ arch }) => arch))].join(', ');
      throw usage(
        all.length === 0
          ? `build ${build.id} has no packages: it is ${build.state}`
          : `build ${build.id} has no packages for ${arches.join(', ')}; it has ${there}`,
        `See \`moromi build-info ${build.id}\`.`,
      );
    }
    const files: { name: string; sha256: string; size: number; fetched: boolean }[] = [];
    for (const { name, sha256, size } of wanted) {
      const fetched = await download(session, { name, sha256, size }, folder);
      files.push({ name, sha256, size, fetched });
      if (!screen.json) screen.line(`${name}  ${bytes(size)}${fetched ? '' : '  (there already)'}`);
    }
    const logs = options.flag('logs') ? await saveLogs(session, build.tasks, folder) : [];
    if (screen.json) screen.document({ build: build.id, files, logs });
    return exits.ok;
  },
};

export function chosen(rpms: BuiltRpm[], arches: string[], debuginfo: boolean): BuiltRpm[] {
  return rpms.filter(
    ({ name, arch }) =>
      (arches.length === 0 || arches.includes(arch)) &&
      (debuginfo || !/-debug(info|source)-[^-]+-[^-]+\.rpm$/.test(name)),
  );
}
