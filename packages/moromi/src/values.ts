/**
 * From what was written to a checked value, one rule per kind of key.
 *
 * Invariant: a value that leaves this file has the type of its key, whether it came from the file, the environment or
 * a flag; the sentence about a wrong one says what would be right.
 */
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import type { Key } from './keys.ts';

export type Value = string | number | boolean | string[];

/** Thrown without its place, which the caller knows. */
export class WrongValue extends Error {}

const namePattern = /^[A-Za-z0-9][A-Za-z0-9._+~^-]*$/;

/** `written` is a string from the environment or a flag, or any value of TOML. */
export function checkedValue(key: Key, written: unknown, fromText: boolean): Value {
  switch (key.kind) {
    case 'boolean':
      if (typeof written === 'boolean') return written;
      if (fromText && typeof written === 'string') return booleanOf(written);
      throw new WrongValue('wants true or false');
    case 'integer':
      return integerOf(key, fromText && /^-?\d+$/.test(String(written)) ? Number(written) : written);
    case 'list':
      return listOf(key, written);
    default:
      if (typeof written !== 'string') {
        throw new WrongValue(
          `wants a text in quotes${key.secret === true ? '' : `, not ${typeName(written)}`}`,
        );
      }
      if (written.trim() === '') throw new WrongValue('is empty');
      return textOf(key, written.trim());
  }
}

function booleanOf(text: string): boolean {
  if (['true', 'yes', 'on', '1'].includes(text.toLowerCase())) return true;
  if (['false', 'no', 'off', '0'].includes(text.toLowerCase())) return false;
  throw new WrongValue('wants true or false');
}

function integerOf(key: Key, value: unknown): number {
  const range = `a whole number from ${key.least ?? 0} to ${key.greatest ?? Number.MAX_SAFE_INTEGER}`;
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) {
    throw new WrongValue(`wants ${range}, not ${typeName(value)}`);
  }
  if (value < (key.least ?? 0) || value > (key.greatest ?? Number.MAX_SAFE_INTEGER)) {
    throw new WrongValue(`wants ${range}; ${value} is outside`);
  }
  return value;
}

function listOf(key: Key, written: unknown): string[] {
  const items = typeof written === 'string' ? written.split(',').map((item) => item.trim()) : written;
  if (!Array.isArray(items) || items.some((item) => typeof item !== 'string' || item === '')) {
    throw new WrongValue('wants a list of texts, such as ["a", "b"]');
  }
  for (const item of items as string[]) {
    if (key.choices !== undefined && !key.choices.includes(item)) {
      throw new WrongValue(`knows only ${key.choices.join(', ')}, not "${item}"`);
    }
  }
  return items as string[];
}

function textOf(key: Key, text: string): string {
  if (key.kind === 'choice' && !key.choices?.includes(text)) {
    throw new WrongValue(`wants one of ${key.choices?.join(', ')}, not "${text}"`);
  }
  if (key.kind === 'path') return resolve(text.replace(/^~(?=\/|$)/, homedir()));
  if (key.kind === 'name' && !namePattern.test(text)) {
    throw new WrongValue('wants a name of letters, digits and . _ + - ~ ^');
  }
  if (key.kind === 'url' && !/^https?:\/\/[^\s/]+/.test(text)) {
    throw new WrongValue(`wants an address such as https://hub.example.org, not "${text}"`);
  }
  if (key.kind === 'listen') listenOf(text);
  return text;
}

/** `host:port`, `[::1]:port`, or a port alone (on the loopback address). */
export function listenOf(text: string): { host: string; port: number } {
  const match = /^(?:(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]]+)):)?(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) {
    throw new WrongValue(`wants host:port such as 127.0.0.1:7171, not "${text}"`);
  }
  return { host: match[1] ?? match[2] ?? '127.0.0.1', port };
}

function typeName(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (value instanceof Date) return 'a date';
  if (typeof value === 'object') return 'a table';
  if (typeof value === 'string') return `"${value}"`;
  return `${typeof value === 'boolean' ? 'the truth value' : 'the number'} ${String(value)}`;
}
