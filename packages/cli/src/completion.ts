/**
 * Completion for shells, made from the command tree.
 *
 * Invariant: every verb, every long option and every fixed value that the tree has is offered, and nothing else. All of
 * them are letters, digits and dashes, so nothing needs quoting.
 */
import type { ProcessVerb } from './host.ts';
import type { Verb } from './verb.ts';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

interface Word {
  name: string;
  summary: string;
  flags: string[];
  /** Fixed values by option. */
  values: Map<string, readonly string[]>;
}

const everywhere = ['--config', '--hub', '--json', '--quiet', '--utc', '--patience', '--debug', '--help'];

export function completion(shell: Shell, verbs: Verb[], processes: ProcessVerb[]): string {
  const words: Word[] = [
    ...processes.map(({ name, summary, flags }) => ({ name, summary, flags, values: new Map() })),
    ...verbs.map(wordOf),
  ];
  if (shell === 'bash') return bash(words);
  return shell === 'zsh' ? zsh(words) : fish(words);
}

function wordOf(verb: Verb): Word {
  const values = new Map<string, readonly string[]>();
  const flags = verb.options.flatMap(({ flags: text, choices }) => {
    const name = /--[a-z-]+/.exec(text)?.[0];
    if (name === undefined) return [];
    if (choices !== undefined) values.set(name, choices);
    return [name];
  });
  if (verb.name === 'completion')
    return { name: verb.name, summary: verb.summary, flags: [...shells], values };
  return { name: verb.name, summary: verb.summary, flags, values };
}

function bash(words: Word[]): string {
  const cases = words.map(
    ({ name, flags }) => `    ${name}) words="${[...flags, ...everywhere].join(' ')}" ;;`,
  );
  const fixed = words.flatMap(({ name, values }) =>
    [...values].map(([flag, choices]) => `    "${name} ${flag}") words="${choices.join(' ')}" ;;`),
  );
  return `# bash completion of moromi
_moromi() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" verb="" words="" i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${COMP_WORDS[i]}" in
      --config|--hub|--patience) ((i++)) ;;
      -*) ;;
      *) verb="\${COMP_WORDS[i]}"; break ;;
    esac
  done
  case "$verb" in
    "") words="${words.map(({ name }) => name).join(' ')} ${everywhere.join(' ')} --version" ;;
${cases.join('\n')}
  esac
  case "$verb $before" in
${fixed.join('\n')}
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}
complete -o default -F _moromi moromi
`;
}

function zsh(words: Word[]): string {
  const listed = words.map(({ name, summary }) => `    '${name}:${quoted(summary).replaceAll(':', '\\:')}'`);
  const cases = words.map(
    ({ name, flags }) => `    ${name}) compadd -- ${[...flags, ...everywhere].join(' ')} ;;`,
  );
  return `#compdef moromi
_moromi() {
  local -a verbs
  verbs=(
${listed.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe 'verb' verbs
    return
  fi
  case "$words[2]" in
${cases.join('\n')}
  esac
  _files
}
compdef _moromi moromi
`;
}

function fish(words: Word[]): string {
  const lines = ['# fish completion of moromi'];
  for (const { name, summary, flags, values } of words) {
    lines.push(`complete -c moromi -n __fish_use_subcommand -a ${name} -d '${quoted(summary)}'`);
    for (const flag of flags) {
      const seen = `complete -c moromi -n '__fish_seen_subcommand_from ${name}'`;
      const choices = values.get(flag);
      if (!flag.startsWith('--')) lines.push(`${seen} -f -a ${flag}`);
      else
        lines.push(
          `${seen} -l ${flag.slice(2)}${choices === undefined ? '' : ` -x -a '${choices.join(' ')}'`}`,
        );
    }
  }
  for (const flag of everywhere) lines.push(`complete -c moromi -l ${flag.slice(2)}`);
  return `${lines.join('\n')}\n`;
}

/** For single quotes, in all three shells: an apostrophe is left out. */
function quoted(text: string): string {
  return text.replaceAll("'", '’').replaceAll('\\', '');
}
