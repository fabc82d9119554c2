// What to do about a check of the probe's that failed, for whoever reads its line.
import type { CheckResult } from './probe-checks.ts';

type Failed = Pick<CheckResult, 'name' | 'status' | 'error' | 'requestId'>;

const LOG = 'The line of this requestId in the bridge’s log says what to do.';

export function remedyOf({ name, status, error = '', requestId }: Failed): string {
  if (status === null) return unanswered(error);
  if (requestId === undefined)
    return 'This is not the bridge’s answer, which has an x-request-id. Is --url its origin? Behind Cloud Run’s invoker check give --invoker-audience.';
  if (status >= 500) return LOG;
  if (name === 'read') return unread(status, error);
  if (name === 'wrong_audience')
    return 'The bridge did not refuse a token that is for https://another-bridge.invalid. Does its configuration have that as an `audience`? It must have its own alone.';
  if (error === 'unauthenticated') return WRONG_AUDIENCE;
  return 'The bridge did not refuse by its grants, so one of them reaches this: `fedbridge check FILE --caller CALLER --get BUCKET/KEY` names it. Remove it, or give the probe another account and key.';
}

/** By the codes of faults and of the system. */
function unanswered(error: string): string {
  if (error.startsWith('metadata_'))
    return 'The metadata server gave no token: run the probe on Google Cloud, on a machine with a service account of its own.';
  if (error.startsWith('impersonation_') || error.startsWith('google_'))
    return '--ungranted-account must be a service account that is there, on which this machine’s has roles/iam.serviceAccountOpenIdTokenCreator; enable iamcredentials.googleapis.com in its project.';
  return 'No whole answer came: does the bridge run at --url, and does this machine reach it and Google?';
}

const WRONG_AUDIENCE =
  '--audience must be one that the bridge’s configuration has as `audience`; its log line of this requestId compares them.';

function unread(status: number, error: string): string {
  if (error === 'unauthenticated') return WRONG_AUDIENCE;
  if (error === 'not_granted')
    return 'Grant this machine’s service account to get --key, and put an object there: without the right to list, an absent one is denied too. The bridge’s own service account cannot be a caller.';
  return status === 404 ? 'There is no such object: put one at --key.' : LOG;
}
