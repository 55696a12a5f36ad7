/** `moromi completion`: the command tree in the shell's own words. */
import { completion, shells } from '../completion.ts';
import type { Host } from '../host.ts';
import { exits, usage } from '../trouble.ts';
import type { Verb } from '../verb.ts';

export function completionVerb(host: Host, verbs: Verb[]): Verb {
  const own: Verb = {
    name: 'completion',
    takes: '<shell>',
    summary: `Print the shell's completion: ${shells.join(', ')}`,
    options: [],
    notes: ['bash: moromi completion bash > /etc/bash_completion.d/moromi'],
    async run(session, [shell = '']) {
      const found = shells.find((one) => one === shell);
      if (found === undefined)
        throw usage(`there is no completion for "${shell}"; there is for ${shells.join(', ')}`);
      session.screen.raw(completion(found, [...verbs, own], host.processes));
      return exits.ok;
    },
  };
  return own;
}
