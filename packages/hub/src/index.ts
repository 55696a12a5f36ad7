export type { HubConfig } from './config.ts';
export { type RunningHub, startHub } from './main.ts';
export { runHub } from './run.ts';
