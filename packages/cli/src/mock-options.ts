/**
 * `NAME=VALUE`: an option of mock, in words.
 *
 * Invariant: a name that settings do not know, or a value of another kind than its own, is refused here with what there is.
 */
import type { MockOptions } from '@moromi/contract';
import { usage } from './trouble.ts';
import { wholeNumber } from './verb.ts';
import { packageNames } from './words.ts';

type Reader = (value: string, what: string) => MockOptions;

const several = (value: string): string[] => value.split(/[+\s]+/).filter((one) => one !== '');

function yesOrNo(value: string, what: string): boolean {
  if (value !== 'yes' && value !== 'no') throw usage(`${what} wants yes or no, not "${value}"`);
  return value === 'yes';
}

const readers: { [K in keyof Required<MockOptions>]: Reader } = {
  check: (value, what) => ({ check: yesOrNo(value, what) }),
  chroot_additional_packages: (value) => ({ chroot_additional_packages: packageNames(value) }),
  excludepkgs: (value) => ({ excludepkgs: packageNames(value) }),
  module_platform_id: (value) => ({ module_platform_id: value }),
  dynamic_buildrequires_max_loops: (value, what) => ({
    dynamic_buildrequires_max_loops: wholeNumber(value, what, 1, 100),
  }),
  module_install: (value) => ({ module_install: several(value) }),
  nosync: (value, what) => ({ nosync: yesOrNo(value, what) }),
};

/** @param what whose option it is, for the refusal */
export function mockOption(name: string, value: string, what: string): MockOptions {
  const read = Object.hasOwn(readers, name) ? readers[name as keyof MockOptions] : undefined;
  if (read === undefined)
    throw usage(
      `${what} knows of mock's options ${Object.keys(readers).join(', ')}; not "${name}": what runs commands, mounts folders or changes users on a builder is its administrator's`,
    );
  return read(value, `${name} of ${what}`);
}

/** @param texts each `NAME=VALUE` */
export function mockOptions(texts: readonly string[]): MockOptions {
  return Object.assign(
    {},
    ...texts.map((text) => {
      const [, name, value] = /^([a-z_]+)=(.*)$/.exec(text) ?? [];
      if (name === undefined || value === undefined)
        throw usage(`--mock-option wants NAME=VALUE such as check=no, not "${text}"`);
      return mockOption(name, value, '--mock-option');
    }),
  );
}

/** The same form again, for reading: name and value. */
export function mockWords(options: MockOptions): [string, string][] {
  return Object.entries(options).map(([name, value]) => [
    name,
    Array.isArray(value)
      ? value.join(';')
      : typeof value === 'boolean'
        ? value
          ? 'yes'
          : 'no'
        : String(value),
  ]);
}
