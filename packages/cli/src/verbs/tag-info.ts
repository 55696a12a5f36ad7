/** `moromi tag-info`: one tag with its settings. */
import type { Inheritance } from '@moromi/contract';
import { span } from '../figures.ts';
import { mockWords } from '../mock-options.ts';
import { packageWords } from '../package-settings.ts';
import { priorityWords } from '../priority.ts';
import { fields } from '../table.ts';
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';

export const tagInfo: Verb = {
  name: 'tag-info',
  koji: 'taginfo',
  takes: '<tag>',
  summary: 'Show a tag with its settings and inheritance',
  options: [],
  async run(session, [name = ''], _options) {
    const { client, signal, screen } = session;
    const tag = await client.call('getTag', { params: { name } }, { signal });
    const more = await client.call('getTagConfiguration', { params: { name }, query: {} }, { signal });
    if (screen.json) {
      screen.document({ ...tag, ...more });
      return exits.ok;
    }
    const { settings } = tag;
    const each = <T>(title: string, items: T[], show: (item: T) => string) =>
      items.map((item, index): [string, string] => [
        items.length > 1 ? `${title} ${index + 1}` : title,
        show(item),
      ]);
    screen.lines(
      fields([
        ['Tag', tag.name],
        ['Change', tag.change],
        ['Said in', more.governor],
        ['Locked', more.locked ? (more.lockReason ?? 'yes') : null],
        ['Side tag', more.side === null ? null : `of ${more.side.owner} on ${more.side.base ?? 'nothing'}`],
        ['Arches', settings.arches.join(', ')],
        ['Optional', settings.optionalArches.join(', ')],
        ['Tolerated', settings.toleratedArches.join(', ')],
        ...each('Inherits', more.inherits, ({ parent, ...link }) => `${parent} (${linkWords(link)})`),
        ['Inherited by', more.children.join(', ')],
        ['Targets', more.targets.join(', ')],
        ['Latest', settings.latest === 'evr' ? 'by version' : 'by tagging'],
        ['Package list', settings.packageList],
        ...each(
          'External',
          settings.externalRepos,
          (repo) => `${repo.name} ${repo.url} (priority ${repo.priority})`,
        ),
        ...each('Macro', Object.entries(settings.macros), ([macro, value]) => `%${macro} ${value}`),
        ['Group build', settings.groups.build.join(' ')],
        ['Group srpm-build', settings.groups.srpmBuild.join(' ')],
        ...each(
          'Package',
          Object.entries(settings.packages),
          ([glob, said]) => `${glob} ${packageWords(said)}`,
        ),
        ...each('Build', Object.entries(settings.builds), ([glob, said]) => `${glob} ${packageWords(said)}`),
        ...each('On', Object.entries(settings.perArch), ([arch, said]) => `${arch} ${packageWords(said)}`),
        ['With', settings.with.join(' ')],
        ['Without', settings.without.join(' ')],
        ['Network', settings.network ? 'yes' : null],
        ['Modules', settings.modules.join(' ')],
        ...each('Mock option', mockWords(settings.mock), ([option, value]) => `${option}=${value}`),
        ...each('CPU level', Object.entries(settings.cpuLevels), ([arch, level]) => `${arch} ${level}`),
        ['Timeout', span(settings.timeoutSeconds)],
        ['Stuck after', span(settings.stuckSeconds)],
        ['Priority', settings.priority === null ? null : priorityWords(settings.priority)],
        ['Fail fast', settings.failFast ? 'yes' : null],
        ['Revision', tag.revision],
        ['Repository', tag.repoUrl],
        ['.repo file', tag.repoFile],
        ...Object.entries(Object.groupBy(Object.entries(more.from), ([, parent]) => parent)).map(
          ([parent, keys]): [string, string] => [
            `From ${parent}`,
            (keys ?? []).map(([key]) => key).join(', '),
          ],
        ),
      ]),
    );
    return exits.ok;
  },
};

function linkWords({ priority, maxdepth, intransitive, noconfig, pkgFilter }: Omit<Inheritance, 'parent'>) {
  return [
    `priority ${priority}`,
    ...(typeof maxdepth === 'number' ? [`maxdepth ${maxdepth}`] : []),
    ...(intransitive === true ? ['intransitive'] : []),
    ...(noconfig === true ? ['noconfig'] : []),
    ...(typeof pkgFilter === 'string' ? [`filter ${pkgFilter}`] : []),
  ].join(', ');
}
