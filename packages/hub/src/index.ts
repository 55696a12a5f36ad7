export type { HubConfig } from './config.ts';
export { type RunningHub, startHub } from './main.ts';
export type { RepoScript } from './repos/index.ts';
export { runHub } from './run.ts';
