/**
 * Whether an order can be carried out as it stands.
 *
 * Invariant: after this check every name of an order is safe as a file name, an argument and a word of a
 * configuration; what is free text (macro values) is quoted where it is written.
 */
import { isAbsolute } from 'node:path';
import { BuildFailure, type BuildOrder, type MockOptions } from './driver.ts';

const name = /^[A-Za-z0-9._-]+$/;

/** Throws config_failed with the first thing that is wrong. */
export function checkOrder(order: BuildOrder): void {
  const wrong = (what: string): never => {
    throw new BuildFailure('config_failed', `the order cannot be carried out: ${what}`);
  };
  if (!name.test(order.id) || /^\.+$/.test(order.id)) wrong(`${JSON.stringify(order.id)} is no id`);
  if (!/^[a-z0-9_]+$/.test(order.arch) || order.arch === 'noarch')
    wrong(`${order.arch} is no architecture of a root`);
  if (order.target !== undefined && order.target !== 'noarch') wrong(`${order.target} is no target`);
  if (!isAbsolute(order.logDir)) wrong('the log folder must be an absolute path');
  if (!(order.timeoutSeconds > 0)) wrong('the time limit must be above zero');
  if (order.memoryMib !== undefined && !(order.memoryMib > 0)) wrong('the memory limit must be above zero');
  if (order.repos.length === 0) wrong('it names no repository');
  const ids = new Set<string>();
  for (const repo of order.repos) {
    if (!name.test(repo.id)) wrong(`${JSON.stringify(repo.id)} is no id of a repository`);
    if (ids.has(repo.id)) wrong(`the repository ${repo.id} is named twice`);
    ids.add(repo.id);
    if (!/^(https?|file):\/\/[\x21-\x7e]+$/.test(repo.baseurl))
      wrong(`${JSON.stringify(repo.baseurl)} is no address`);
    if (!Number.isInteger(repo.priority)) wrong(`the priority of ${repo.id} is no whole number`);
  }
  const additional = order.mock?.chroot_additional_packages ?? [];
  for (const group of [...order.groups.srpmBuild, ...order.groups.build, ...additional]) {
    if (!/^@?[A-Za-z0-9_][A-Za-z0-9._+()/-]*$/.test(group))
      wrong(`${JSON.stringify(group)} is no package or group`);
  }
  for (const stream of [...(order.modules ?? []), ...(order.mock?.module_install ?? [])]) {
    if (!/^[A-Za-z0-9_][A-Za-z0-9._+-]*:[A-Za-z0-9_][A-Za-z0-9._+/-]*$/.test(stream))
      wrong(`${JSON.stringify(stream)} is no stream of a module`);
  }
  for (const one of order.expects ?? [])
    if (one === '' || /[\0\n]/.test(one)) wrong(`${JSON.stringify(one)} is no BuildRequires`);
  checkMock(order.mock ?? {}, wrong);
  for (const [macro, value] of Object.entries(order.macros)) {
    if (!/^[A-Za-z_][A-Za-z0-9_]+(\([A-Za-z0-9:-]*\))?$/.test(macro))
      wrong(`${JSON.stringify(macro)} is no macro's name`);
    if (value.includes('\0')) wrong(`the macro ${macro} holds a NUL`);
  }
  for (const option of [...order.with, ...order.without]) {
    if (!/^[A-Za-z0-9_][A-Za-z0-9_.+-]*$/.test(option))
      wrong(`${JSON.stringify(option)} is no build conditional`);
  }
}

/** Which options of mock there are, and what kind of value each has; an order that says another is not carried out. */
const kinds: { [K in keyof Required<MockOptions>]: (value: unknown) => boolean } = {
  check: (value) => typeof value === 'boolean',
  chroot_additional_packages: isList,
  excludepkgs: (value) => isList(value) && value.every((glob) => /^[A-Za-z0-9._+~^*?-]+$/.test(glob)),
  module_platform_id: (value) => typeof value === 'string' && /^platform:[A-Za-z0-9._-]+$/.test(value),
  dynamic_buildrequires_max_loops: (value) => Number.isInteger(value) && Number(value) > 0,
  module_install: isList,
  nosync: (value) => typeof value === 'boolean',
};

function isList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

function checkMock(options: MockOptions, wrong: (what: string) => never): void {
  for (const [name, value] of Object.entries(options)) {
    const fits = Object.hasOwn(kinds, name) ? kinds[name as keyof MockOptions] : undefined;
    if (fits === undefined) wrong(`mock's option ${JSON.stringify(name)} is not one that an order may say`);
    else if (!fits(value)) wrong(`mock's option ${name} has another kind of value`);
  }
}
