export type { Call, Handler, Handlers, Principal } from './call.ts';
export { effect } from './effect.ts';
export { syncFolder, writeWhole } from './files.ts';
export {
  asProblem,
  changed,
  hint,
  isCollision,
  Ledger,
  ledgerTime,
  openReader,
  type Reader,
  row,
  rows,
  type Tx,
  tell,
} from './ledger.ts';
export { log, setLogLevel } from './log.ts';
export { Postgres } from './postgres.ts';
export { dropOldKeys, eventRange, keepListening, readEvents } from './queries.ts';
export { Together } from './together.ts';
