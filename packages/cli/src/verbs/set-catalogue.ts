/** `moromi set-catalogue`: where the git catalogue is, or that there is none. */
import { exits, usage } from '../trouble.ts';
import type { Verb } from '../verb.ts';

export const setCatalogue: Verb = {
  name: 'set-catalogue',
  takes: '[url]',
  summary: 'Say which git repository states platforms, flavours and settings of tags',
  options: [
    { flags: '--branch <branch>', summary: 'main where not said' },
    { flags: '--folder <folder>', summary: 'below which its TOML files are; all of it where not said' },
    { flags: '--every <minutes>', summary: 'how often it is looked at (5); 0: with sync-catalogue alone' },
    { flags: '--none', summary: 'have none any more; what it said is changed by hand from now on' },
  ],
  async run(session, [url], options) {
    const { client, signal, screen } = session;
    if ((url === undefined) !== options.flag('none'))
      throw usage('give the URL of a git repository, or --none');
    const branch = options.text('branch');
    const folder = options.text('folder');
    const everyMinutes = options.integer('every', 0, 100_000);
    const body = {
      ...(branch === undefined ? {} : { branch }),
      ...(folder === undefined ? {} : { folder }),
      ...(everyMinutes === undefined ? {} : { everyMinutes }),
    };
    const catalogue =
      url === undefined
        ? await client.call('unsetCatalogue', { body: {} }, { signal })
        : await client.call('setCatalogue', { body: { url, ...body } }, { signal });
    if (screen.json) screen.document(catalogue);
    else if (catalogue.url === null) screen.line('There is no git catalogue any more');
    else
      screen.line(
        `The git catalogue is ${catalogue.url}, branch ${catalogue.branch}; see \`moromi sync-catalogue --dry-run\``,
      );
    return exits.ok;
  },
};
