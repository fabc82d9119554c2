// Shows the values and the schema of a Parquet file as text.
import { parquetSchema } from 'hyparquet';
import type { FileMetaData, SchemaTree } from 'hyparquet';

const MAX_SHOWN_BYTES = 64;

export function shownValue(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'invalid time' : value.toISOString();
  if (value instanceof Uint8Array) return shownBytes(value);
  if (typeof value === 'object') return JSON.stringify(value, (_, inner: unknown) => plainValue(inner));
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean')
    return String(value);
  return '';
}

/** Converts values that JSON cannot represent: long integers and bytes. */
function plainValue(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  return value instanceof Uint8Array ? shownBytes(value) : value;
}

function shownBytes(bytes: Uint8Array): string {
  const digits = [...bytes.subarray(0, MAX_SHOWN_BYTES)].map((byte) => byte.toString(16).padStart(2, '0'));
  return `0x${digits.join('')}${bytes.length > MAX_SHOWN_BYTES ? '…' : ''}`;
}

/**
 * Returns one row per column: its path, its type, and whether it is required. The columns inside a nested type follow its row.
 */
export function schemaRows(metadata: FileMetaData): readonly (readonly string[])[] {
  const rowsOf = ({ children, element, path }: SchemaTree): string[][] => [
    ...(path.length === 0
      ? []
      : [[path.join('.'), typeOf(element), element.repetition_type === 'REQUIRED' ? 'yes' : 'no']]),
    ...children.flatMap(rowsOf),
  ];
  return rowsOf(parquetSchema(metadata));
}

function typeOf({ type, converted_type: converted, logical_type: logical }: SchemaTree['element']): string {
  const own = type ?? 'group';
  const meaning = logical?.type ?? converted;
  return meaning === undefined ? own : `${own} (${meaning})`;
}
