/** `moromi mock-config`: what mock would be told of a target's root. */
import { mockConfig as configOf } from '@moromi/buildroot';
import type { RootOrder } from '@moromi/contract';

/** The text of the configuration file. Throws the driver's `BuildFailure` where mock has no words for the order. */
export function mockConfig(root: RootOrder): string {
  const { keepFailed: _, ...order } = root;
  return configOf({ ...order, id: 'shown', logDir: '/' });
}
