/**
 * Whether a request has the form that its route takes.
 *
 * Invariant: what reaches a handler fits its schema. Words of addresses are turned into numbers and truth values;
 * bodies are taken as they are, so "5" is not 5 there. No string holds what the ledger cannot keep.
 */
import type { FastifySchemaCompiler } from 'fastify';
import type { TSchema, TSchemaOptions } from 'typebox';
import { Compile } from 'typebox/compile';
import type { TValidationErrorBase } from 'typebox/error';
import { Pointer } from 'typebox/value';

export const formOf: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const form = Compile(schema);
  return (given: unknown) => {
    const value = httpPart === 'body' ? form.Default(given) : form.Convert(given);
    if (form.Check(value)) return { value };
    const [first] = form.Errors(value);
    const where = `${httpPart}${first?.instancePath ?? ''}`;
    const said = first && misfit(schema, value, first);
    return { error: new Error(said ?? `${where} ${first?.message ?? 'has another form'}`) };
  };
};

/**
 * A pattern is for programs: people hear which word is not what its schema describes.
 * @returns undefined where the schema does not say what it is
 */
function misfit(schema: TSchema, value: unknown, error: TValidationErrorBase): string | undefined {
  if (error.keyword !== 'pattern') return undefined;
  const form = Pointer.Get(schema, error.schemaPath.slice(1)) as TSchemaOptions | undefined;
  if (form?.description === undefined) return undefined;
  const path = Pointer.Indices(error.instancePath);
  const given = error.schemaPath.endsWith('/propertyNames')
    ? path.pop()
    : String(Pointer.Get(value, error.instancePath));
  return `${path.join('.')} ${JSON.stringify(given?.slice(0, 100))} is not ${form.description}`.trim();
}

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
