/**
 * Values of a header's entries: stored types on one side, the kinds that callers ask for on the other. Texts of any form
 * may stand for one another, and numbers of any width; anything else is damage.
 */

import { damaged } from './errors.ts';
import type { Kind, Tag, Values } from './tags.ts';
import { decodeText, decodeTexts } from './text.ts';

/** CHAR, INT8, INT16, INT32, INT64, STRING, BIN, STRING_ARRAY, I18NSTRING; size 0 means NUL-ended strings. */
export const TYPE_SIZES = [-1, 1, 1, 2, 4, 8, 0, 1, 0, 0];
export const TYPE_INT32 = 4;
const TYPE_INT64 = 5;
export const TYPE_STRING = 6;
export const TYPE_BIN = 7;
export const TYPE_STRINGS = 8;

export interface Stored {
  readonly type: number;
  readonly count: number;
}

/** `data` is exactly the entry's bytes, of the length that its type and count ask for. */
export function decode(tag: Tag, entry: Stored, data: Uint8Array): Values[Kind] {
  const isText = TYPE_SIZES[entry.type] === 0;
  switch (tag.kind) {
    case 'string':
      if (isText && entry.count === 1) return decodeText(data.subarray(0, -1));
      break;
    case 'i18n':
      if (isText) return decodeText(data.subarray(0, data.indexOf(0)));
      break;
    case 'strings':
      if (isText) return decodeTexts(data);
      break;
    case 'number': {
      const [number] = entry.count === 1 && isNumeric(entry.type) ? decodeNumbers(tag, entry.type, data) : [];
      if (number !== undefined) return number;
      break;
    }
    case 'numbers':
      if (isNumeric(entry.type)) return decodeNumbers(tag, entry.type, data);
      break;
    case 'binary':
      if (entry.type === TYPE_BIN) return data;
      break;
  }
  throw damaged(
    `Tag ${tag.name} holds ${entry.count} values of type ${entry.type}, which is not a ${tag.kind}.`,
  );
}

function isNumeric(type: number): boolean {
  return type >= 1 && type <= TYPE_INT64;
}

function decodeNumbers(tag: Tag, type: number, data: Uint8Array): number[] {
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const size = TYPE_SIZES[type] ?? 1;
  const numbers = new Array<number>(data.length / size);
  for (let index = 0; index < numbers.length; index++)
    numbers[index] = numberAt(tag, view, size, index * size);
  return numbers;
}

function numberAt(tag: Tag, view: DataView, size: number, at: number): number {
  if (size === 4) return view.getUint32(at);
  if (size === 2) return view.getUint16(at);
  if (size === 1) return view.getUint8(at);
  const wide = view.getBigUint64(at);
  if (wide > Number.MAX_SAFE_INTEGER) throw damaged(`Tag ${tag.name} holds a number above 2^53.`);
  return Number(wide);
}
