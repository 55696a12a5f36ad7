/**
 * Whether a request has the form that its route takes.
 *
 * Invariant: what reaches a handler fits its schema. Words of addresses are turned into numbers and truth values;
 * bodies are taken as they are, so "5" is not 5 there. No string holds what the ledger cannot keep.
 */
import type { FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';

export const formOf: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const form = Compile(schema);
  return (given: unknown) => {
    const value = httpPart === 'body' ? form.Default(given) : form.Convert(given);
    if (form.Check(value)) return { value };
    const [first] = form.Errors(value);
    const where = `${httpPart}${first?.instancePath ?? ''}`;
    return { error: new Error(`${where} ${first?.message ?? 'has another form'}`) };
  };
};

/** Escapes in JSON of what PostgreSQL refuses: NUL, and halves of surrogate pairs. */
const suspicious = /\\u(?:0000|d[89a-f])/i;

/** Replaces what the ledger cannot keep (a log's excerpt may have anything) by U+FFFD. @param text the JSON */
export function keepable(text: string, value: unknown): unknown {
  return suspicious.test(text) ? clean(value) : value;
}

function clean(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('\0', '\uFFFD').toWellFormed();
  if (Array.isArray(value)) return value.map(clean);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [clean(key), clean(one)]));
}
