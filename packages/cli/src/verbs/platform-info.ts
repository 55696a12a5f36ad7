/** `moromi platform-info`: what a platform says, now or at a past change of the catalogue. */
import { mockWords } from '../mock-options.ts';
import { externalWords } from '../platform-options.ts';
import { fields } from '../table.ts';
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';

export const platformInfo: Verb = {
  name: 'platform-info',
  takes: '<platform>',
  summary: 'Show what a platform says; its tag shows all of it with tag-info',
  options: [{ flags: '--change <number>', summary: 'as it was at a change of the catalogue' }],
  async run(session, [name = ''], options) {
    const { client, signal, screen } = session;
    const change = options.integer('change');
    const query = change === undefined ? {} : { change };
    const one = await client.call('getPlatform', { params: { name }, query }, { signal });
    if (screen.json) {
      screen.document(one);
      return exits.ok;
    }
    const { macros, mock, modules, ...more } = one.settings;
    screen.lines(
      fields([
        ['Platform', one.name],
        ['Change', one.change],
        ['Said in', one.governor ?? 'the ledger'],
        ['Tag', one.tag],
        ['%dist', one.dist],
        ['Vendor', one.vendor],
        ['Packager', one.packager],
        ['Arches', one.arches.join(', ')],
        ['Weak arches', one.weakArches.join(', ')],
        ...one.targets.map((target): [string, string] => [
          'Target',
          `${target.name}: ${target.buildTag} to ${target.destTag}`,
        ]),
        ...one.externals.map((repo): [string, string] => ['External', externalWords(repo)]),
        ...one.keys.map(({ key, form = '', rpm }): [string, string] => [
          'Key',
          `${key ?? 'none'} ${form}${rpm === undefined ? '' : `, from rpm ${rpm} on`}`,
        ]),
        ['Flavours', one.flavours.join(', ')],
        ...Object.entries(macros ?? {}).map(([macro, value]): [string, string] => [
          'Macro',
          `%${macro} ${value}`,
        ]),
        ['Modules', modules?.join(', ')],
        ...mockWords(mock ?? {}).map(([option, value]): [string, string] => [
          'Mock option',
          `${option}=${value}`,
        ]),
        ['Says of', Object.keys(more).join(', ')],
      ]),
    );
    return exits.ok;
  },
};
