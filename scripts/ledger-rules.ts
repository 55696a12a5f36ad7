/**
 * Rules that no tool knows: the ledger's one clock, SQL in its place, no shell, files of a readable size.
 *
 * Invariant: a rule names the file and line of each breach and says what to do instead.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

interface Rule {
  /** Which files it is about. */
  where: RegExp;
  except?: RegExp;
  breach: RegExp;
  instead: string;
}

const rules: Rule[] = [
  {
    where: /^packages\/hub\/src\/.*(queries|migrations).*\.ts$/,
    except: /(0001-ledger|0020-clock)\.ts$/,
    breach: /(?<![_a-z])(now\(\)|clock_timestamp\(\)|CURRENT_TIMESTAMP|statement_timestamp\(\))/i,
    instead: 'the ledger has one clock: ledger_now()',
  },
  {
    where: /^packages\/hub\/src\/.*\.ts$/,
    except: /(\.test\.ts|ledger\/log\.ts)$|\/testing\//,
    breach: /Date\.now\(\)|new Date\(\)/,
    instead: 'leases and order go by ledger_now(), durations by performance.now()',
  },
  {
    where: /^packages\/hub\/src\/.*\.ts$/,
    except: /(queries|\.test)\.ts$|migrat|\/testing\//,
    breach: /sql(<[^>]*>)?`(?!SELECT ledger_now\(\))/,
    instead: 'SQL stands in queries.ts',
  },
  {
    where: /\.(ts|mts)$/,
    breach: /shell: *true|\bexecSync\(|\bexec\(\s*[`'"]/,
    except: /ledger-rules\.ts$/,
    instead: 'give a program its arguments as an array',
  },
  {
    where: /\.ts$/,
    except: /ledger-rules\.ts$/,
    breach: /@ts-ignore|@ts-nocheck|@ts-expect-error|\bas any\b/,
    instead: 'say the type',
  },
];

const longest = 400;

/** @returns whether all rules are kept */
export function ledgerRules(): boolean {
  const listed = spawnSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  const files = listed.stdout
    .split('\0')
    .filter((file) => /^(packages|demo|bench|tests|scripts)\/.*\.(ts|mts)$/.test(file));
  let good = true;
  const tell = (line: string): void => {
    good = false;
    console.error(line);
  };
  for (const file of files) {
    const lines = readFileSync(file, 'utf8').split('\n');
    if (lines.length > longest) tell(`${file}: ${lines.length} lines; past ${longest} it is two files`);
    for (const rule of rules) {
      if (!rule.where.test(file) || rule.except?.test(file) === true) continue;
      lines.forEach((line, index) => {
        if (/^\s*(\/?\*|\/\/|--)/.test(line)) return;
        if (rule.breach.test(line))
          tell(`${file}:${index + 1}: ${rule.instead}: ${line.trim().slice(0, 100)}`);
      });
    }
  }
  return good;
}
