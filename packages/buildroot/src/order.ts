/**
 * Whether an order can be carried out as it stands.
 *
 * Invariant: after this check every name of an order is safe as a file name, an argument and a word of a
 * configuration; what is free text (macro values) is quoted where it is written.
 */
import { isAbsolute } from 'node:path';
import { BuildFailure, type BuildOrder } from './driver.ts';

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
  for (const group of [...order.groups.srpmBuild, ...order.groups.build]) {
    if (!/^@?[A-Za-z0-9_][A-Za-z0-9._+()/-]*$/.test(group))
      wrong(`${JSON.stringify(group)} is no package or group`);
  }
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
