/** `moromi add-worker-to-channel`: it takes the tasks of this channel too. */
import { join, tellChannels } from '../channel.ts';
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';

export const addWorkerToChannel: Verb = {
  name: 'add-worker-to-channel',
  koji: 'add-host-to-channel',
  takes: '<worker> <channel>',
  summary: 'Let a worker take the tasks of a channel too; a channel is there once a worker is in it',
  options: [],
  async run(session, [name = '', channel = ''], _options) {
    tellChannels(session, await join(session, name, channel));
    return exits.ok;
  },
};
