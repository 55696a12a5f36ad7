/**
 * The command tree: all verbs under one name, and the way from a command line to a verb's run.
 *
 * Invariant: a verb runs only with a command line that was understood whole; the exit code of the process is the one
 * that is returned here.
 */
import { Command, CommanderError, Option as Flag, InvalidArgumentError } from 'commander';
import type { Host } from './host.ts';
import { Screen } from './screen.ts';
import { Session } from './session.ts';
import { exits, explained, forVerb, usage } from './trouble.ts';
import { Options, type Verb } from './verb.ts';
import { completionVerb } from './verbs/completion.ts';
import { verbs } from './verbs/index.ts';

export async function runCli(args: string[], host: Host): Promise<number> {
  const end = interrupts();
  let code: number = exits.ok;
  const program = tree(host, async (verb, words, values, globals) => {
    const screen = new Screen(host.out, host.err, host.env, {
      json: globals['json'] === true,
      quiet: globals['quiet'] === true,
      utc: globals['utc'] === true,
    });
    const session = new Session(host, screen, globals, end.signal);
    try {
      code = await verb.run(session, words, new Options(values));
    } catch (problem) {
      const error = forVerb(problem, verb.name);
      if (end.signal.aborted) code = exits.interrupted;
      else if (screen.json) {
        const { code: name, message, todo, exit } = explained(error);
        screen.document({ error: { code: name, message, todo } });
        code = exit;
      } else throw error;
    }
  });
  try {
    await program.parseAsync(valuesApart(args), { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return exits.ok;
    if (error.code === 'commander.help') return exits.usage;
    const sentence = error.message.replace(/^error: /, '').replace(/\n\(Did (.*)\)$/, '; did $1');
    const verb = verbIn(program, args);
    throw verb === undefined ? usage(sentence) : forVerb(usage(sentence), verb);
  } finally {
    end.stop();
  }
  return code;
}

/** The verb of a command line that was not understood, by the name that was typed. */
function verbIn({ commands }: Command, args: readonly string[]): string | undefined {
  const names = new Set(commands.flatMap((one) => [one.name(), ...one.aliases()]));
  return args.find((one) => names.has(one));
}

const exitCodes = [
  'Exit codes: 0 well; 1 a watched task failed or was canceled; 2 the command or the configuration is wrong;',
  '3 the hub refuses, cannot be reached, or anything else; 130 interrupted (what was watched goes on).',
];

type Run = (
  verb: Verb,
  words: string[],
  values: Record<string, unknown>,
  globals: Record<string, unknown>,
) => Promise<void>;

function tree(host: Host, run: Run): Command {
  const program = new Command('moromi')
    .description('Moromi builds RPM distributions.')
    .version(`moromi ${host.version}`, '-V, --version')
    .option('--config <file>', 'the configuration file')
    .option('--hub <address>', 'the hub to speak to')
    .option('--json', 'JSON instead of text')
    .option('-q, --quiet', 'no heads of tables, no notes')
    .option('--utc', 'times in UTC instead of the local zone')
    .addOption(
      new Flag('--patience <seconds>', 'how long to wait for a hub that does not answer').argParser(seconds),
    )
    .option('--debug', 'show stack traces of errors')
    // Names alone: with arguments and Koji's names beside them no room is left for what the verbs do.
    .configureHelp({ showGlobalOptions: true, subcommandTerm: (command) => command.name() })
    .configureOutput({
      writeOut: (text) => void host.out.write(text),
      // Its errors come back as exceptions and are told in our form.
      writeErr: (text) => void (text.startsWith('error:') || host.err.write(text)),
      getOutHelpWidth: () => host.out.columns ?? 100,
    })
    .exitOverride();
  program.addHelpText('after', `\n${exitCodes.join('\n')}`);
  for (const { name, summary } of host.processes) program.command(name).description(summary);
  for (const verb of [...verbs, completionVerb(host, verbs)]) add(program, verb, run);
  return program;
}

function add(program: Command, verb: Verb, run: Run): void {
  const command = program.command(verb.name).description(verb.summary).exitOverride();
  command.copyInheritedSettings(program);
  if (verb.koji !== undefined) command.alias(verb.koji);
  for (const word of verb.takes.split(' ')) if (word !== '') command.argument(word);
  for (const option of verb.options) {
    const flag = new Flag(option.flags, option.summary);
    if (option.choices !== undefined) flag.choices([...option.choices]);
    // What was there before may be the `false` of a `--no-…`.
    if (option.many)
      flag.argParser((value: string, all: unknown) => [...(Array.isArray(all) ? all : []), value]);
    command.addOption(flag);
  }
  if (verb.notes !== undefined) command.addHelpText('after', `\n${verb.notes.join('\n')}`);
  command.action(async () => {
    await run(verb, command.args, command.opts(), program.opts());
  });
}

/**
 * An option whose value may be left out takes it after `=` only, so that `--keep-failed TARGET` does not swallow the
 * target.
 */
function valuesApart(args: string[]): string[] {
  const optional = verbs.flatMap(({ options }) =>
    options.flatMap(({ flags }) => /^(--[a-z-]+) \[/.exec(flags)?.[1] ?? []),
  );
  const end = args.indexOf('--');
  return args.map((arg, index) => (optional.includes(arg) && (end < 0 || index < end) ? `${arg}=` : arg));
}

function seconds(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('It wants a whole number of seconds.');
  return Number(text);
}

/** The first Ctrl-C ends what runs in an orderly way; a second one ends the process at once. */
function interrupts(): { signal: AbortSignal; stop: () => void } {
  const controller = new AbortController();
  const heard = () => {
    if (controller.signal.aborted) process.exit(exits.interrupted);
    controller.abort(new Error('interrupted'));
  };
  process.on('SIGINT', heard);
  process.on('SIGTERM', heard);
  return {
    signal: controller.signal,
    stop: () => {
      process.off('SIGINT', heard);
      process.off('SIGTERM', heard);
    },
  };
}
