// `/-/credentials?bucket=B&mode=aws`: issues AWS credentials with which the caller can call S3 directly. The credentials are
// limited to the caller's grants that include `vend`.
import { authorizeVending } from '../auth/authorize-vending.ts';
import type { VendingPermit } from '../auth/authorize-vending.ts';
import type { Access } from '../auth/grants.ts';
import type { Caller } from '../auth/caller.ts';
import { Fault } from '../errors/fault.ts';
import { expirationText } from '../federation/credentials.ts';
import type { VendedCredentials } from '../federation/federate.ts';
import { grantedBy } from '../observability/audit.ts';
import { endStep } from '../observability/request-context.ts';
import type { RequestContext } from '../observability/request-context.ts';
import { checkedBucket, loggable } from '../s3/target.ts';

export interface VendingSteps {
  authenticate(): Promise<Caller>;
  /** @throws Fault caller_is_bridge */
  accessOf(caller: Caller): ReadonlyMap<string, Access>;
  /**
   * Starts a new session at each call, and returns its credentials. @throws Fault vend_rate_limited, vend_policy_too_large,
   * overloaded, metadata_…, sts_…
   */
  vend(permit: VendingPermit, caller: Caller): Promise<VendedCredentials>;
  /** Logs that credentials are issued. Must be called before the credentials are sent. */
  logVended(context: RequestContext, expiresAt: string): void;
}

/**
 * Responds with new credentials. A HEAD request only checks the grants, because nobody would receive the credentials.
 * @throws Fault parameter_invalid, not_implemented, bucket_name_invalid, token_…, vend_…, sts_…
 */
export async function vendCredentials(
  context: RequestContext,
  query: ReadonlyMap<string, string>,
  { authenticate, accessOf, vend, logVended }: VendingSteps,
): Promise<void> {
  context.operation = 'vend';
  const bucket = vendedBucket(query);
  context.bucket = bucket;
  const caller = await authenticate();
  endStep(context, 'tokenMs');
  const access = accessOf(caller);
  const permit = authorizeVending(access, bucket);
  context.decision = grantedBy(permit.grants);
  context.role = permit.bucket.role.name;
  if (context.request.method === 'HEAD') {
    sendCredentials(context, '');
    return;
  }
  const issued = await vend(permit, caller);
  endStep(context, 'stsMs');
  context.sessionName = issued.sessionName;
  logVended(context, expirationText(issued));
  sendCredentials(context, JSON.stringify(containerCredentials(issued)));
}

/**
 * Returns the requested bucket. Rejects parameters other than `bucket` and `mode`: an unknown parameter may be meant to narrow
 * the credentials, and ignoring it could give the caller broader credentials than it requested.
 */
function vendedBucket(query: ReadonlyMap<string, string>): string {
  const bucket = query.get('bucket') ?? '';
  if (bucket === '')
    throw new Fault('parameter_invalid', { parameter: 'bucket', rule: 'must be given with mode=aws' });
  const unknown = [...query.keys()].find((name) => name !== 'mode' && name !== 'bucket');
  if (unknown !== undefined) throw new Fault('not_implemented', { parameter: loggable(unknown) });
  return checkedBucket(bucket);
}

/** Returns the fields of container credentials (AWS SDKs and Tools Reference Guide, "Container credential provider"). */
const containerCredentials = (issued: VendedCredentials): object => ({
  AccessKeyId: issued.accessKeyId,
  SecretAccessKey: issued.secretAccessKey,
  Token: issued.sessionToken,
  Expiration: expirationText(issued),
});

function sendCredentials(context: RequestContext, document: string): void {
  const body = Buffer.from(document);
  const headers = ['cache-control', 'no-store', 'content-type', 'application/json'];
  if (body.length > 0) headers.push('content-length', String(body.length));
  context.response.writeHead(200, headers).end(body);
  context.documentBytes = body.length;
}
