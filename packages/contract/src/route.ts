/**
 * What one route is: the form in which the table of routes is written.
 *
 * Invariant: a route says what it demands; there is no default, so none can be forgotten.
 */
import type { Static, TSchema } from 'typebox';
import type { ErrorCode } from './errors.ts';

/**
 * Who may call: `anyone` also without a token; `build` submits builds; `sign` has builds signed and brings
 * signatures that were made elsewhere; `admin` changes the catalogue and the fleet;
 * `enrol` is an enrolment token; `worker` is an enrolled worker; `person` is anybody with a person's token.
 */
export type Demand = 'anyone' | 'person' | 'build' | 'sign' | 'admin' | 'enrol' | 'worker' | 'uploader';

export interface Route {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Path under `/api/v1`, parameters as `:name`. */
  path: string;
  summary: string;
  demand: Demand;
  params?: TSchema;
  query?: TSchema;
  body?: TSchema;
  /** `stream`: raw bytes in; the handler reads them as they come. */
  bodyStream?: boolean;
  /** Greatest body in bytes; 1 MiB where not said. */
  bodyLimit?: number;
  reply?: TSchema;
  /** Reply that is not JSON: its media type. */
  replyStream?: string;
  errors: readonly ErrorCode[];
}

type StaticOr<S, Otherwise> = S extends TSchema ? Static<S> : Otherwise;
export type Params<R extends Route> = StaticOr<R['params'], Record<never, never>>;
export type Query<R extends Route> = StaticOr<R['query'], Record<never, never>>;
export type Body<R extends Route> = StaticOr<R['body'], undefined>;
export type Reply<R extends Route> = StaticOr<R['reply'], undefined>;
