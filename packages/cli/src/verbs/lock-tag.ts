/** `moromi lock-tag` and `unlock-tag`: whether what a tag itself holds may change. */
import { exits } from '../trouble.ts';
import type { Verb } from '../verb.ts';

export const lockTag: Verb = {
  name: 'lock-tag',
  takes: '<tag...>',
  summary: 'Let nothing change the builds, packages and parents of tags',
  options: [{ flags: '--reason <text>', summary: 'why' }],
  notes: ['Builds that are on their way into it were let in before; they still come in.'],
  async run({ client, signal, screen }, names, options) {
    const reason = options.text('reason');
    const body = { locked: true, ...(reason === undefined ? {} : { reason }) };
    for (const name of names) {
      const done = await client.call('lockTag', { params: { name }, body }, { signal });
      if (screen.json) screen.jsonLine({ tag: name, ...done });
      else {
        screen.line(
          done.change === null ? `${name} is locked already` : `Locked ${name} (change ${done.change})`,
        );
        if (done.running > 0)
          screen.warn(`${done.running} builds are on their way into ${name}; \`moromi cancel\` stops them`);
      }
    }
    return exits.ok;
  },
};

export const unlockTag: Verb = {
  name: 'unlock-tag',
  takes: '<tag...>',
  summary: 'Let locked tags change again',
  options: [],
  async run({ client, signal, screen }, names) {
    for (const name of names) {
      const done = await client.call('lockTag', { params: { name }, body: { locked: false } }, { signal });
      if (screen.json) screen.jsonLine({ tag: name, ...done });
      else
        screen.line(
          done.change === null ? `${name} is not locked` : `Unlocked ${name} (change ${done.change})`,
        );
    }
    return exits.ok;
  },
};
