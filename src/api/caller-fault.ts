// The fault of a request, with a hint that depends on whose request it is.
import { isComputeDefault } from '../config/google-names.ts';
import { asFault, Fault } from '../errors/fault.ts';
import type { RequestContext } from '../observability/request-context.ts';

const COMPUTE_DEFAULT =
  "Your account is Compute Engine's default service account, which no grant to a project covers: ask for a grant by its e-mail.";

export function callerFault(error: unknown, caller: RequestContext['caller']): Fault {
  const fault = asFault(error);
  return fault.code === 'not_granted' && isUncovered(fault, caller)
    ? new Fault(fault.code, fault.detail, COMPUTE_DEFAULT)
    : fault;
}

/** With an `action`, the caller has grants on the bucket, which allow other actions. */
const isUncovered = ({ detail }: Fault, caller: RequestContext['caller']): boolean =>
  detail['action'] === undefined && isComputeDefault(caller?.email ?? '');
