import type { Host } from '../host.ts';
import type { Verb } from '../verb.ts';
export function completionVerb(_host: Host, _verbs: Verb[]): Verb {
  return {
    name: 'completion',
    takes: '<shell>',
    summary: '',
    options: [],
    async run() {
      return 0;
    },
  };
}
