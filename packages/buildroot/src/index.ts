/** Where a package is built: one interface, two drivers. See driver.ts for what both promise. */
export * from './driver.ts';
export { enterKept, sweepKept } from './kept.ts';
export { createNativeDriver, type NativeOptions } from './native/driver.ts';
