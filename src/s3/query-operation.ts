// Operations that name bucket and key as parameters, under `/-/`, in form encoding: '+' is a space.
import { Fault } from '../fault.ts';
import { operationOn } from './operation.ts';
import type { Method, Operation } from './operation.ts';
import { readQuery } from './query.ts';
import { checkedBucket, checkedKey } from './target.ts';

/** Cloud Run decodes some escapes of a path, and keeps some paths for itself: here neither touches bucket and key. */
export const BY_QUERY = '/-/object?';

/** A list as JSON. */
export const AS_JSON = '/-/objects?';

/** @throws Fault bucket_name_invalid, parameter_invalid, key_too_long, key_holds_nul, not_implemented */
export function readByQuery(method: Method, text: string): Operation {
  const query = new Map(readQuery(text));
  const bucket = checkedBucket(query.get('bucket') ?? '');
  const key = checkedKey(query.get('key') ?? '');
  if (key === '') throw new Fault('parameter_invalid', { parameter: 'key' });
  query.delete('bucket');
  query.delete('key');
  return operationOn({ bucket, key }, method, query);
}

/** Our names, and S3's. */
const LIST_PARAMETERS = [
  ['prefix', 'prefix'],
  ['delimiter', 'delimiter'],
  ['limit', 'max-keys'],
  ['continue', 'continuation-token'],
] as const;

/** @throws Fault bucket_name_invalid, parameter_invalid, not_implemented */
export function readAsJson(method: Method, text: string): Operation {
  const query = new Map(readQuery(text));
  const bucket = checkedBucket(query.get('bucket') ?? '');
  query.delete('bucket');
  if (!/^\d{1,4}$/.test(query.get('limit') ?? '0'))
    throw new Fault('parameter_invalid', { parameter: 'limit' });
  // Encoded, as a control character in a key would leave the document no XML.
  const parameters = new Map([
    ['list-type', '2'],
    ['encoding-type', 'url'],
  ]);
  for (const [ours, theirs] of LIST_PARAMETERS) {
    const value = query.get(ours);
    if (value !== undefined) parameters.set(theirs, value);
    query.delete(ours);
  }
  const [unknown] = query.keys();
  if (unknown !== undefined) throw new Fault('not_implemented', { parameter: unknown });
  if (method === 'HEAD') throw new Fault('not_implemented', { operation: 'HEAD of a list' });
  const operation = operationOn({ bucket, key: '' }, method, parameters);
  return 'form' in operation ? { ...operation, form: 'json' } : operation;
}
