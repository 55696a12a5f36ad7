/** A worker: leases tasks, builds, ships logs, uploads what came out. */
export type { WorkerConfig } from './config.ts';
export { mockConfig } from './mock-config.ts';
export { runWorker, type WorkerParts } from './run.ts';
export { shell } from './shell.ts';
export type { WorkerSignals } from './signals.ts';
export { runSigner, SignerUsage, signerHelp } from './signer/command.ts';
export type { SignerConfig } from './signer/config.ts';
