/** What workers say and ask. */
import { Type } from 'typebox';
import type { Route } from '../route.ts';
import { Count, Nothing, Page, PageQuery } from '../shapes.ts';
import { Completion, TaskState } from '../task.ts';
import { LogAppended } from '../upload.ts';
import {
  Claim,
  ClaimReply,
  Enrolled,
  Enrolment,
  Heartbeat,
  HeartbeatReply,
  Release,
  WorkerInfo,
  WorkerOffer,
} from '../worker.ts';
import { attemptOf, flag, logOf } from './params.ts';

export const workerRoutes = {
  enrolWorker: {
    method: 'POST',
    path: '/workers',
    summary: 'Enrol a worker; its token is shown once',
    demand: 'enrol',
    body: Enrolment,
    reply: Enrolled,
    errors: ['bad_name'],
  },
  listWorkers: {
    method: 'GET',
    path: '/workers',
    summary: 'The fleet',
    demand: 'anyone',
    query: Type.Object(PageQuery),
    reply: Page(WorkerInfo),
    errors: [],
  },
  offer: {
    method: 'PUT',
    path: '/workers/self',
    summary: 'What this worker offers now',
    demand: 'worker',
    body: WorkerOffer,
    reply: Nothing,
    errors: [],
  },
  claim: {
    method: 'POST',
    path: '/claims',
    summary: 'Wait for a task',
    demand: 'worker',
    body: Claim,
    reply: ClaimReply,
    errors: ['unknown_worker'],
  },
  heartbeat: {
    method: 'POST',
    path: '/heartbeats',
    summary: 'Renew the leases of all tasks of this worker',
    demand: 'worker',
    body: Heartbeat,
    reply: HeartbeatReply,
    errors: ['unknown_worker'],
  },
  release: {
    method: 'POST',
    path: '/releases',
    summary: 'Give tasks back; no attempt is used up',
    demand: 'worker',
    body: Release,
    reply: Nothing,
    errors: ['unknown_worker'],
  },
  appendLog: {
    method: 'PUT',
    path: '/tasks/:id/attempts/:attempt/logs/:log',
    summary: 'Append to a log at an offset',
    demand: 'worker',
    bodyStream: true,
    bodyLimit: 1024 * 1024,
    params: logOf,
    query: Type.Object({ offset: Count, complete: flag }),
    reply: LogAppended,
    errors: ['lease_lost', 'log_gap', 'log_too_large', 'unknown_task'],
  },
  finishAttempt: {
    method: 'POST',
    path: '/tasks/:id/attempts/:attempt/result',
    summary: 'Give the result of an attempt',
    demand: 'worker',
    params: Type.Object(attemptOf),
    body: Completion,
    bodyLimit: 16 * 1024 * 1024,
    reply: Type.Object({ accepted: Type.Boolean(), state: TaskState, refusal: Type.Optional(Type.String()) }),
    errors: ['lease_lost', 'unknown_task', 'unknown_blob'],
  },
} as const satisfies Record<string, Route>;
