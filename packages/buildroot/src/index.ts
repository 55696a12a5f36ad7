/** Where a package is built: one interface, two drivers. See driver.ts for what both promise. */
export * from './driver.ts';
export { tryArch } from './emulation.ts';
export { enterKept, sweepKept } from './kept.ts';
export { type MockSettings, mockConfig } from './mock/config.ts';
export { createMockDriver } from './mock/driver.ts';
export type { MockOptions } from './mock/options.ts';
export { createNativeDriver, type NativeOptions } from './native/driver.ts';
export { SameRoot } from './root-hash.ts';
