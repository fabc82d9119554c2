// Serves `GET /-/credentials`: credentials in the format of the AWS SDKs' container credentials. This file has one table with
// all values of `mode` except `aws`, which calls STS (vending.ts).
import { containerToken } from '../auth/presented-token.ts';
import { permitOn } from '../auth/authorize.ts';
import type { Access } from '../auth/grants.ts';
import { tokenCredentials } from '../auth/token-credentials.ts';
import { describeToken } from '../auth/verify-token.ts';
import type { Caller } from '../auth/caller.ts';
import { Fault } from '../errors/fault.ts';
import type { RequestContext } from '../observability/request-context.ts';
import type { MaybePromise } from '../runtime/maybe-promise.ts';
import { checkedBucket, loggable } from '../s3/target.ts';

/** The format of container credentials (AWS SDKs and Tools Reference Guide, "Container credential provider"). */
export interface ContainerCredentials {
  readonly AccessKeyId: string;
  readonly SecretAccessKey: string;
  readonly Token: string;
  readonly Expiration: string;
}

export interface CredentialsRequest {
  readonly mode: Mode;
  /** The bucket to read. If undefined, the credentials are for all of the caller's buckets. */
  readonly bucket: string | undefined;
}

interface AuthenticatedRequest {
  readonly context: RequestContext;
  readonly caller: Caller;
  readonly bucket: string | undefined;
  /** The caller's access, by bucket name. */
  readonly access: ReadonlyMap<string, Access>;
}

/**
 * Maps each mode to the function that returns its credentials. The mode `bridge` is for clients that read through the bridge;
 * its credentials contain the caller's own token.
 * @throws Fault not_granted, token_expired
 */
const MODES = {
  bridge: ({ context, bucket, access }: AuthenticatedRequest): ContainerCredentials => {
    if (bucket !== undefined) permitOn(access, bucket);
    const token = containerToken(context.request);
    const { SessionToken, ...keys } = tokenCredentials(token, describeToken(token).expiresAt);
    return { ...keys, Token: SessionToken };
  },
} satisfies Record<string, (request: AuthenticatedRequest) => MaybePromise<ContainerCredentials>>;

type Mode = keyof typeof MODES;

const isMode = (text: string): text is Mode => Object.hasOwn(MODES, text);

/** @throws Fault parameter_invalid, not_implemented, bucket_name_invalid */
export function readCredentialsRequest(query: ReadonlyMap<string, string>): CredentialsRequest {
  const mode = query.get('mode') ?? 'bridge';
  if (!isMode(mode))
    throw new Fault('parameter_invalid', {
      parameter: 'mode',
      rule: `must be ${[...Object.keys(MODES), 'aws'].join(' or ')}`,
    });
  const unknown = [...query.keys()].find((name) => name !== 'mode' && name !== 'bucket');
  if (unknown !== undefined) throw new Fault('not_implemented', { parameter: loggable(unknown) });
  const bucket = query.get('bucket');
  return { mode, bucket: bucket === undefined ? undefined : checkedBucket(bucket) };
}

export const credentialsResponse = (
  mode: Mode,
  request: AuthenticatedRequest,
): MaybePromise<ContainerCredentials> => MODES[mode](request);
