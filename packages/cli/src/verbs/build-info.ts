/** `moromi build-info`: one build with what came out of it. */
import { between, bytes, moment } from '../figures.ts';
import { fields } from '../table.ts';
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';
import { failureLines } from '../verdict.ts';

export const buildInfo: Verb = {
  name: 'build-info',
  koji: 'buildinfo',
  takes: '<build>',
  summary: 'Show a build, by its number or NVR',
  options: [],
  async run(session, [word = ''], _options) {
    const { client, signal, screen } = session;
    const build = await client.call('getBuild', { params: { build: word } }, { signal });
    const signing = await client.call('getBuildSigning', { params: { build: word } }, { signal });
    if (screen.json) {
      screen.document({ ...build, signing: signing.state });
      return exits.ok;
    }
    const given = Object.entries(build.options).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
    screen.lines(
      fields([
        ['Build', build.id],
        ['NVR', build.nvr],
        ['Source', build.source.name],
        ['Target', build.target],
        ['State', build.scratch ? `${build.state} (scratch)` : build.state],
        ['Signatures', signing.state === 'none' ? undefined : signing.state],
        ['Waits', build.waiting?.reason],
        ['Owner', build.owner],
        ['Task', build.task],
        ['Tasks', build.tasks.join(', ')],
        ['Tags', build.tags.join(', ')],
        ['Options', given.join(' ')],
        ['Repository', build.revision],
        ['Created', moment(build.createdAt, screen)],
        ['Ended', moment(build.endedAt, screen)],
        ['Took', between(build.createdAt, build.endedAt)],
        ['Address', build.url],
      ]),
    );
    const rpms = [...(build.sourceRpm === null ? [] : [build.sourceRpm]), ...build.rpms];
    if (rpms.length > 0) {
      screen.line();
      screen.table(
        [
          { head: 'RPM', cell: (rpm) => rpm.name },
          { head: 'Size', cell: (rpm) => bytes(rpm.size), right: true },
          { head: 'Task', cell: (rpm) => rpm.task, right: true },
          { head: 'SHA-256', cell: (rpm) => rpm.sha256 },
        ],
        rpms,
      );
    }
    if (build.buildroots.length > 0) {
      screen.line();
      screen.table(
        [
          { head: 'Buildroot of task', cell: (root) => root.task, right: true },
          { head: 'Arch', cell: (root) => root.arch },
          { head: 'Worker', cell: (root) => root.worker },
          { head: 'Repository', cell: (root) => root.revision },
          { head: 'Packages', cell: (root) => root.packages, right: true },
        ],
        build.buildroots,
      );
    }
    if (build.failure !== null) {
      screen.lines(failureLines(build.failure, undefined));
      screen.line(`its tasks: moromi list-tasks --build ${build.id}`);
    }
    return exits.ok;
  },
};
