/** `moromi catalogue-info`: the git catalogue, the commit in force, and what is wrong with a later one. */
import { moment } from '../figures.ts';
import { fields } from '../table.ts';
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';

export const catalogueInfo: Verb = {
  name: 'catalogue-info',
  takes: '',
  summary: 'Show where the git catalogue is, and which commit is in force',
  options: [],
  async run(session, _words, _options) {
    const { client, signal, screen } = session;
    const one = await client.call('getCatalogue', {}, { signal });
    if (screen.json) {
      screen.document(one);
      return exits.ok;
    }
    if (one.url === null) {
      screen.line('There is no git catalogue; `moromi set-catalogue URL` names one');
      return exits.ok;
    }
    screen.lines(
      fields([
        ['Repository', one.url],
        ['Branch', one.branch],
        ['Folder', one.folder],
        ['In force', one.commit ?? 'no commit yet'],
        ['Change', one.change],
        ['Since', one.appliedAt === null ? null : moment(one.appliedAt, screen)],
        ['Looked at', one.lookedAt === null ? null : moment(one.lookedAt, screen)],
        ['Next', one.nextAt === null ? 'when asked' : moment(one.nextAt, screen)],
        ['Platforms', one.platforms.join(', ')],
        ['Flavours', one.flavours.join(', ')],
        ['Tags', one.tags.join(', ')],
        [
          'Trouble',
          one.trouble === null ? null : `${one.trouble.code} since ${moment(one.trouble.since, screen)}`,
        ],
        ['With', one.trouble?.commit ?? null],
      ]),
    );
    if (one.trouble !== null) for (const line of one.trouble.message.split('\n')) screen.line(`  ${line}`);
    return exits.ok;
  },
};
