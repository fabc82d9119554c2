// Parses a request's method and raw target into an S3 operation. Two routes under `/-/` take the bucket and the key as query
// parameters.
import { Fault } from '../errors/fault.ts';
import { operationOn } from './operation.ts';
import type { Method, Operation } from './operation.ts';
import { checkedBucket, checkedKey, loggable, readQuery, readTarget } from './target.ts';

/** @throws Fault method_not_allowed, not_implemented, and what `readTarget` and `readQuery` throw */
export function parseOperation(method: string | undefined, url: string): Operation {
  if (method !== 'GET' && method !== 'HEAD') throw new Fault('method_not_allowed', { method });
  if (isQueryForm(url)) return parseQueryForm(method, url);
  const target = readTarget(url);
  return operationOn(target, method, readQuery(target.query));
}

/**
 * The route that takes the object's key from a query parameter, because Cloud Run decodes some escapes in paths and reserves some
 * paths.
 */
const OBJECT_PATH = '/-/object';

/** The route that returns lists as JSON. */
const JSON_LIST_PATH = '/-/objects';

/** The paths of the two routes that take the bucket and the key as query parameters. */
export const QUERY_FORM_PATHS: readonly string[] = [OBJECT_PATH, JSON_LIST_PATH];

/** Whether a request uses one of the two routes that take the bucket and the key as query parameters. */
export function isQueryForm(url: string): boolean {
  return url.startsWith('/-/') && QUERY_FORM_PATHS.includes(pathOf(url));
}

/** @throws Fault bucket_name_invalid, parameter_invalid, key_too_long, key_holds_nul, not_implemented */
function parseQueryForm(method: Method, url: string): Operation {
  const path = pathOf(url);
  const query = url.slice(path.length + 1);
  return path === JSON_LIST_PATH ? parseJsonList(method, query) : parseObject(method, query);
}

const pathOf = (url: string): string => /^[^?]*/.exec(url)?.[0] ?? '';

function parseObject(method: Method, text: string): Operation {
  const query = new Map(readQuery(text));
  const bucket = checkedBucket(required(query, 'bucket'));
  const key = checkedKey(required(query, 'key'));
  query.delete('bucket');
  query.delete('key');
  const operation = operationOn({ bucket, key }, method, query);
  // Unlike S3, this route rejects unknown parameters, except `x-id`, which SDKs add to each request.
  const known = new Set(operation.parameters.map(([name]) => name));
  const unknown = [...query.keys()].find((name) => !known.has(name) && name !== 'x-id');
  if (unknown !== undefined) throw new Fault('not_implemented', { parameter: loggable(unknown) });
  return operation;
}

/** Maps the bridge's parameter names to S3's. */
const LIST_PARAMETERS = [
  ['prefix', 'prefix'],
  ['delimiter', 'delimiter'],
  ['limit', 'max-keys'],
  ['continue', 'continuation-token'],
] as const;

function parseJsonList(method: Method, text: string): Operation {
  const query = new Map(readQuery(text));
  const bucket = checkedBucket(required(query, 'bucket'));
  query.delete('bucket');
  // S3 returns at most 1000 objects and prefixes per page. A limit of 0 is rejected, because an empty page would look like the
  // last page.
  if (!/^(?:[1-9]\d{0,2}|1000)$/.test(query.get('limit') ?? '1'))
    throw new Fault('parameter_invalid', {
      parameter: 'limit',
      rule: 'must be a whole number from 1 to 1000',
    });
  // Requests URL-encoded keys, because an unencoded control character in a key would make the XML invalid.
  const parameters = new Map([
    ['list-type', '2'],
    ['encoding-type', 'url'],
  ]);
  for (const [name, s3Name] of LIST_PARAMETERS) {
    const value = query.get(name);
    if (value !== undefined) parameters.set(s3Name, value);
    query.delete(name);
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
