/** `moromi remove-worker-from-channel`: it takes the tasks of this channel no longer. */
import { leave, tellChannels } from '../channel.ts';
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';

export const removeWorkerFromChannel: Verb = {
  name: 'remove-worker-from-channel',
  koji: 'remove-host-from-channel',
  takes: '<worker> <channel>',
  summary: 'Let a worker take the tasks of a channel no longer; what it has it finishes',
  options: [],
  async run(session, [name = '', channel = ''], _options) {
    tellChannels(session, await leave(session, name, channel));
    return exits.ok;
  },
};
