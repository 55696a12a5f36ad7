/** Tokens. */
import { Type } from 'typebox';
import type { Route } from '../route.ts';
import { Name } from '../shapes.ts';

export const identityRoutes = {
  createToken: {
    method: 'POST',
    path: '/tokens',
    summary: 'Make a token; it is shown once',
    demand: 'admin',
    body: Type.Object({
      principal: Name,
      permissions: Type.Array(
        Type.Union([Type.Literal('build'), Type.Literal('admin'), Type.Literal('enrol')]),
      ),
      days: Type.Optional(Type.Integer({ minimum: 1, maximum: 3650 })),
    }),
    reply: Type.Object({ principal: Name, token: Type.String() }),
    errors: [],
  },
} as const satisfies Record<string, Route>;
