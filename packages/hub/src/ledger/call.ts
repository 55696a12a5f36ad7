/**
 * One request as a room's handler sees it.
 *
 * Invariant: a handler that changes the ledger does so inside `effect`, whose transaction also keeps the reply under
 * the caller's idempotency key: repeating the request gives the same reply and changes nothing.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Body, Params, Query, Reply, RouteName, Routes } from '@moromi/contract';
import type { Tx } from './ledger.ts';

export interface Principal {
  name: string;
  kind: 'anonymous' | 'person' | 'worker' | 'enroller' | 'system';
  permissions: readonly string[];
}

export interface Call<N extends RouteName> {
  principal: Principal;
  params: Params<Routes[N]>;
  query: Query<Routes[N]>;
  body: Body<Routes[N]>;
  /** The raw body of a route with `bodyStream`. */
  stream: IncomingMessage;
  /** For routes with `replyStream`: the handler writes the reply itself. */
  reply: ServerResponse;
  /** Aborted when the caller has gone. */
  gone: AbortSignal;
  effect(name: string, work: (tx: Tx) => Promise<Reply<Routes[N]>>): Promise<Reply<Routes[N]>>;
}

export type Handler<N extends RouteName> = (call: Call<N>) => Promise<Reply<Routes[N]>>;
export type Handlers = { [N in RouteName]: Handler<N> };
