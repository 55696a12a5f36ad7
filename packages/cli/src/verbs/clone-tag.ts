/** `moromi clone-tag`: a tag that is as another is, or was. */
import { tellChanged } from '../changed.ts';
import { past, pastOptions } from '../past.ts';
import type { Verb } from '../verb.ts';

export const cloneTag: Verb = {
  name: 'clone-tag',
  takes: '<tag> <new-tag>',
  summary: 'Make a tag as another is or was; one that is there already is made so',
  options: [
    // Koji's `--config` names the configuration file here.
    { flags: '--settings', summary: 'its settings' },
    { flags: '--inheritance', summary: 'its parents' },
    { flags: '--pkgs', summary: 'its package list' },
    { flags: '--builds', summary: 'its builds' },
    { flags: '--all', summary: 'all of these, as where none is named' },
    { flags: '--latest-only', summary: 'of each package the latest build alone' },
    { flags: '--inherit-builds', summary: 'builds and package lists that it inherits too' },
    ...pastOptions,
    { flags: '--force', summary: 'although the destination is locked' },
  ],
  async run(session, [name = '', to = ''], options) {
    const { client, signal } = session;
    const all = options.flag('all');
    const body = {
      to,
      ...past(options, session.screen),
      settings: all || options.flag('settings'),
      inheritance: all || options.flag('inheritance'),
      packages: all || options.flag('pkgs'),
      builds: all || options.flag('builds'),
      latest: options.flag('latest-only'),
      inherit: options.flag('inherit-builds'),
      force: options.flag('force'),
    };
    const done = await client.call('cloneTag', { params: { name }, body }, { signal });
    return tellChanged(session, done, `Cloned ${name} to ${to}`);
  },
};
