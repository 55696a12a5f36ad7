/**
 * The settings in force: flags before environment before file.
 *
 * Invariant: every value was checked against its key before anything starts, those of other sections included, so a
 * mistake is told at once and not when it first matters.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { ConfigError } from './config-error.ts';
import { type ConfigFile, findFile, type Written } from './file.ts';
import { flagOf, type Key, keys, type Section, shortForms, variableOf } from './keys.ts';
import { nearest } from './nearest.ts';
import { checkedValue, WrongValue } from './values.ts';

export interface Sources {
  env: NodeJS.ProcessEnv;
  /** `--config` */
  config?: string;
  /** Flags by key, of one section. */
  flags?: { section: Section; values: Record<string, string | boolean | string[]> };
  /** Told what is worth knowing and no error. */
  warn: (sentence: string) => void;
}

export class Settings {
  readonly #values = new Map<string, Written>();
  readonly #warn: (sentence: string) => void;
  readonly file: ConfigFile | undefined;

  constructor(sources: Sources) {
    this.#warn = sources.warn;
    this.file = findFile(sources.config, sources.env);
    for (const [key, written] of this.file?.values ?? []) this.#values.set(key, written);
    this.#readEnvironment(sources.env);
    if (sources.flags !== undefined) this.#readFlags(sources.flags.section, sources.flags.values);
    this.#warnOfOpenFile();
  }

  text(section: Section, key: string): string | undefined {
    const value = this.#values.get(`${section}.${key}`)?.value;
    return typeof value === 'string' ? value : undefined;
  }

  integer(section: Section, key: string): number | undefined {
    const value = this.#values.get(`${section}.${key}`)?.value;
    return typeof value === 'number' ? value : undefined;
  }

  boolean(section: Section, key: string): boolean | undefined {
    const value = this.#values.get(`${section}.${key}`)?.value;
    return typeof value === 'boolean' ? value : undefined;
  }

  list(section: Section, key: string): string[] | undefined {
    const value = this.#values.get(`${section}.${key}`)?.value;
    return Array.isArray(value) ? value : undefined;
  }

  /** A secret said outright, or the first line of the file that `<key>_file` names. */
  secret(section: Section, key: string): string | undefined {
    const file = this.#values.get(`${section}.${key}_file`);
    if (this.text(section, key) !== undefined || file === undefined) return this.text(section, key);
    const path = String(file.value);
    const secret = this.secretFile(path);
    if (secret === undefined)
      throw new ConfigError(file.place, `${section}.${key}_file: ${path} cannot be read`);
    return secret;
  }

  /** The first line of a file of ours; undefined where there is none that we may read. */
  secretFile(path: string): string | undefined {
    try {
      const text = readFileSync(path, 'utf8').split('\n')[0]?.trim();
      if ((statSync(path).mode & 0o077) !== 0) {
        this.#warn(`${path} holds a token and others can read it; run: chmod 600 ${path}`);
      }
      return text === '' ? undefined : text;
    } catch {
      return undefined;
    }
  }

  #readEnvironment(env: NodeJS.ProcessEnv): void {
    const known = new Map<string, [Section, string]>(Object.entries(shortForms));
    for (const [section, table] of Object.entries(keys)) {
      for (const key of Object.keys(table)) {
        known.set(variableOf(section as Section, key), [section as Section, key]);
      }
    }
    // In the order of the table, so that the long form of a variable wins over the short one.
    for (const [variable, [section, name]] of known) {
      const written = env[variable];
      const key = keys[section][name];
      if (written === undefined || written === '' || key === undefined) continue;
      this.#set(section, name, key, written, variable);
    }
    for (const variable of Object.keys(env)) {
      if (!/^MOROMI_(HUB|WORKER|SIGNER|CLIENT)_/.test(variable) || known.has(variable)) continue;
      const meant = nearest(variable, [...known.keys()]);
      this.#warn(`${variable} is not a setting${meant === undefined ? '' : `; did you mean ${meant}?`}`);
    }
  }

  #readFlags(section: Section, values: Record<string, string | boolean | string[]>): void {
    for (const [name, written] of Object.entries(values)) {
      const key = keys[section][name];
      if (key !== undefined) {
        this.#set(
          section,
          name,
          key,
          Array.isArray(written) ? written.join(',') : written,
          `--${flagOf(name)}`,
        );
      }
    }
  }

  #set(section: Section, name: string, key: Key, written: unknown, place: string): void {
    try {
      this.#values.set(`${section}.${name}`, { value: checkedValue(key, written, true), place });
    } catch (error) {
      if (error instanceof WrongValue) throw new ConfigError(place, `${section}.${name} ${error.message}`);
      throw error;
    }
  }

  #warnOfOpenFile(): void {
    if (this.file?.open !== true || !existsSync(this.file.path)) return;
    for (const [dotted] of this.file.values) {
      const [section, name] = dotted.split('.') as [Section, string];
      if (keys[section][name]?.secret !== true) continue;
      this.#warn(`${this.file.path} holds a secret and others can read it; run: chmod 600 ${this.file.path}`);
      return;
    }
  }
}
