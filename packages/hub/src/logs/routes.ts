/** Logs over HTTP. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Problem } from '@moromi/contract';
import type { Handlers, Ledger } from '../ledger/index.ts';
import { findTask } from '../tasks/index.ts';
import { appendLog } from './append.ts';
import { findLog, listLogs } from './queries.ts';
import type { LogReader } from './read.ts';

export function logRoutes(
  ledger: Ledger,
  reader: LogReader,
  url: () => string,
): Pick<Handlers, 'appendLog' | 'listLogs' | 'readLog'> {
  return {
    appendLog: (call) =>
      appendLog(
        ledger,
        {
          task: call.params.id,
          attempt: call.params.attempt,
          worker: call.principal.name,
          log: call.params.log,
          offset: call.query.offset,
          complete: call.query.complete ?? false,
        },
        call.stream,
      ),
    listLogs: async (call) => {
      if ((await findTask(ledger.read, call.params.id)) === undefined)
        throw new Problem('unknown_task', `there is no task ${call.params.id}`);
      const items = (await listLogs(ledger.read, call.params.id)).map((log) => ({
        name: log.name,
        attempt: log.attempt,
        size: log.size,
        complete: log.complete,
        updatedAt: log.updatedAt.toISOString(),
        url: `${url()}/api/v1/tasks/${log.task}/attempts/${log.attempt}/logs/${encodeURIComponent(log.name)}`,
      }));
      return { items };
    },
    readLog: async (call) => {
      const { id, attempt, log: name } = call.params;
      const log = await findLog(ledger.read, id, attempt, name);
      if (log === undefined)
        throw new Problem('unknown_log', `task ${id} has no log ${name} of attempt ${attempt}`);
      call.reply.setHeader('content-type', 'text/plain; charset=utf-8');
      call.reply.setHeader('cache-control', 'no-store');
      call.reply.setHeader('x-moromi-log-size', log.size);
      call.reply.setHeader('x-moromi-log-complete', String(log.complete));
      // A reader that waits for the first byte must know that it is connected.
      call.reply.flushHeaders();
      await pipeline(
        Readable.from(reader.read(log.id, call.query.offset ?? 0, call.query.follow ?? false, call.gone)),
        call.reply,
      ).catch((error: unknown) => {
        if (!call.gone.aborted) throw error;
      });
      return undefined;
    },
  };
}
