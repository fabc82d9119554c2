// Operations that name bucket and key as parameters, under `/-/`, in form encoding: '+' is a space.
import { Fault } from '../errors/fault.ts';
import { operationOn } from './operation.ts';
import type { Method, Operation } from './operation.ts';
import { loggable, readQuery } from './query.ts';
import { checkedBucket, checkedKey } from './target.ts';

/** Cloud Run decodes some escapes of a path, and keeps some paths for itself: here neither touches bucket and key. */
const BY_QUERY = '/-/object';

/** A list as JSON. */
const AS_JSON = '/-/objects';

/** Whether a request target is for one of the two, whatever its query. */
export function isQueryForm(url: string): boolean {
  return url.startsWith('/-/') && [BY_QUERY, AS_JSON].includes(pathOf(url));
}

/** @throws Fault bucket_name_invalid, parameter_invalid, key_too_long, key_holds_nul, not_implemented */
export function readQueryForm(method: Method, url: string): Operation {
  const path = pathOf(url);
  const query = url.slice(path.length + 1);
  return path === AS_JSON ? readAsJson(method, query) : readByQuery(method, query);
}

const pathOf = (url: string): string => /^[^?]*/.exec(url)?.[0] ?? '';

function readByQuery(method: Method, text: string): Operation {
  const query = new Map(readQuery(text));
  const bucket = checkedBucket(required(query, 'bucket'));
  const key = checkedKey(required(query, 'key'));
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

function readAsJson(method: Method, text: string): Operation {
  const query = new Map(readQuery(text));
  const bucket = checkedBucket(required(query, 'bucket'));
  query.delete('bucket');
  // S3's page is no longer, and an empty one would look like the end.
  if (!/^(?:[1-9]\d{0,2}|1000)$/.test(query.get('limit') ?? '1'))
    throw new Fault('parameter_invalid', {
      parameter: 'limit',
      rule: 'must be a whole number from 1 to 1000',
    });
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
  if (unknown !== undefined) throw new Fault('not_implemented', { parameter: loggable(unknown) });
  if (method === 'HEAD') throw new Fault('not_implemented', { operation: 'HEAD of a list' });
  const operation = operationOn({ bucket, key: '' }, method, parameters);
  return 'form' in operation ? { ...operation, form: 'json' } : operation;
}

function required(query: ReadonlyMap<string, string>, parameter: string): string {
  const value = query.get(parameter) ?? '';
  if (value === '') throw new Fault('parameter_invalid', { parameter, rule: 'must be given' });
  return value;
}
