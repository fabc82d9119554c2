// From a request's method and raw target to the operation that it asks for.
import { Fault } from '../errors/fault.ts';
import { operationOn } from './operation.ts';
import type { Operation } from './operation.ts';
import { readQuery } from './query.ts';
import { isQueryForm, readQueryForm } from './query-operation.ts';
import { readTarget } from './target.ts';

/** @throws Fault method_not_allowed, not_implemented, and what `readTarget` and `readQuery` throw */
export function readOperation(method: string | undefined, url: string): Operation {
  if (method !== 'GET' && method !== 'HEAD') throw new Fault('method_not_allowed', { method });
  if (isQueryForm(url)) return readQueryForm(method, url);
  const target = readTarget(url);
  return operationOn(target, method, readQuery(target.query));
}
