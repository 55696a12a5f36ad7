/** Tokens. */
import { Type } from 'typebox';
import type { Route } from '../route.ts';
import { Name, Nullable, Priority } from '../shapes.ts';

export const identityRoutes = {
  createToken: {
    method: 'POST',
    path: '/tokens',
    summary: 'Make a token; it is shown once',
    demand: 'admin',
    body: Type.Object({
      principal: Name,
      permissions: Type.Array(
        Type.Union([
          Type.Literal('build'),
          Type.Literal('admin'),
          Type.Literal('enrol'),
          /** May put its work before that of others. */
          Type.Literal('hurry'),
          /** May have builds signed, and bring signatures that were made elsewhere. */
          Type.Literal('sign'),
        ]),
      ),
      /** Of what this person submits without saying one; null: that of everybody. */
      priority: Type.Optional(Nullable(Priority)),
      days: Type.Optional(Type.Integer({ minimum: 1, maximum: 3650 })),
    }),
    reply: Type.Object({ principal: Name, token: Type.String() }),
    errors: [],
  },
} as const satisfies Record<string, Route>;
