/** Tasks and their logs, as people see them. */
import { Type } from 'typebox';
import type { Route } from '../route.ts';
import { Arch, Count, Id, Name, Nothing, Nullable, Page, PageQuery, Priority, TaskState } from '../shapes.ts';
import { Task, TaskDetail, TaskKind } from '../task.ts';
import { LogInfo } from '../upload.ts';
import { byId, flag, logOf } from './params.ts';

export const taskRoutes = {
  listTasks: {
    method: 'GET',
    path: '/tasks',
    summary: 'Tasks, newest first',
    demand: 'anyone',
    query: Type.Object({
      ...PageQuery,
      state: Type.Optional(TaskState),
      kind: Type.Optional(TaskKind),
      build: Type.Optional(Id),
      owner: Type.Optional(Type.String({ maxLength: 200 })),
      arch: Type.Optional(Arch),
      worker: Type.Optional(Name),
    }),
    reply: Page(Task),
    errors: [],
  },
  getTask: {
    method: 'GET',
    path: '/tasks/:id',
    summary: 'A task with its attempts',
    demand: 'anyone',
    params: byId,
    reply: TaskDetail,
    errors: ['unknown_task'],
  },
  cancelTask: {
    method: 'POST',
    path: '/tasks/:id/cancel',
    summary: 'Cancel a task; for a task of a build, the build',
    demand: 'build',
    params: byId,
    body: Nothing,
    reply: Task,
    errors: ['unknown_task', 'not_owner'],
  },
  freeTask: {
    method: 'POST',
    path: '/tasks/:id/free',
    summary: 'Take a running task from its worker; it begins anew, and no attempt is used up',
    demand: 'admin',
    params: byId,
    body: Nothing,
    reply: Task,
    errors: ['unknown_task', 'task_over'],
  },
  assignTask: {
    method: 'POST',
    path: '/tasks/:id/assign',
    summary: 'Let one worker only have a task; null lets all have it again',
    demand: 'admin',
    params: byId,
    body: Type.Object({ worker: Nullable(Name) }),
    reply: Task,
    errors: ['unknown_task', 'task_over', 'task_running', 'unknown_worker', 'worker_unfit'],
  },
  setPriority: {
    method: 'POST',
    path: '/tasks/:id/priority',
    summary: 'Change the priority of a waiting task; for a task of a build, of all its tasks',
    demand: 'build',
    params: byId,
    body: Type.Object({ priority: Priority }),
    reply: Task,
    errors: ['unknown_task', 'task_over', 'not_owner', 'forbidden'],
  },
  listLogs: {
    method: 'GET',
    path: '/tasks/:id/logs',
    summary: 'Logs of all attempts of a task',
    demand: 'anyone',
    params: byId,
    reply: Type.Object({ items: Type.Array(LogInfo) }),
    errors: ['unknown_task'],
  },
  readLog: {
    method: 'GET',
    path: '/tasks/:id/attempts/:attempt/logs/:log',
    summary: 'A log from an offset; with follow=true the reply goes on until the log ends',
    demand: 'anyone',
    params: logOf,
    query: Type.Object({ offset: Type.Optional(Count), follow: flag }),
    replyStream: 'text/plain; charset=utf-8',
    errors: ['unknown_log', 'unknown_task'],
  },
} as const satisfies Record<string, Route>;
