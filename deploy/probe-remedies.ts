// The remedies for failed checks. The probe includes each remedy in its line of JSON, for the operator.
import type { CheckResult } from './probe-checks.ts';

type Failed = Pick<CheckResult, 'name' | 'status' | 'error' | 'requestId'>;

const LOG = "Find the bridge's log line with this requestId, and follow its remedy.";

export function remedyOf({ name, status, error = '', requestId }: Failed): string {
  if (status === null) return withoutResponse(error);
  if (requestId === undefined)
    return "The response has no x-request-id, so it did not come from the bridge. Check that --url is the bridge's origin. If the bridge is behind Cloud Run's invoker check, also pass --invoker-audience.";
  if (status >= 500) return LOG;
  if (name === 'read') return afterFailedRead(status, error);
  if (name === 'wrong_audience')
    return "The bridge did not reject a token whose audience is https://another-bridge.invalid. In the bridge's configuration, remove every `audience` that belongs to another service.";
  if (error === 'unauthenticated') return WRONG_AUDIENCE;
  return 'The bridge should deny this request, but a grant allows it. To find the grant, run `fedbridge check FILE --caller CALLER --get BUCKET/KEY`. Remove the grant, or use another account and key for the probe.';
}

/** @param error a fault's code or the system's error code */
function withoutResponse(error: string): string {
  if (error.startsWith('metadata_'))
    return 'The metadata server returned no token: run the probe on Google Cloud, on a machine with its own service account.';
  if (error.startsWith('impersonation_') || error.startsWith('google_'))
    return "--ungranted-account must be an existing service account. Grant this machine's service account roles/iam.serviceAccountOpenIdTokenCreator on that account, and enable iamcredentials.googleapis.com in the account's project.";
  return 'The probe received no complete response: check that the bridge is running at --url, and that this machine can reach the bridge and Google.';
}

const WRONG_AUDIENCE =
  "--audience must be an `audience` in the bridge's configuration. Find the bridge's log line with this requestId, and compare the audience in that line with the configuration.";

function afterFailedRead(status: number, error: string): string {
  if (error === 'unauthenticated') return WRONG_AUDIENCE;
  if (error === 'not_granted')
    return "In the bridge's configuration, allow this machine's service account to `get` the object that --key names, and upload the object if it is missing. If the account is not allowed to list keys, S3 also denies reads of missing objects. The bridge's own service account cannot be a caller.";
  return status === 404 ? 'The object that --key names does not exist: upload it.' : LOG;
}
