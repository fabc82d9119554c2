// Trades our Google identity token for a role's credentials at STS.
import { AssumeRoleWithWebIdentityCommand, STSClient, STSServiceException } from '@aws-sdk/client-sts';
import { awsDomain } from '../aws-domain.ts';
import { Fault } from '../fault.ts';
import type { FaultCode } from '../errors.ts';
import type { FaultDetail } from '../fault.ts';

export interface RoleCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  /** Milliseconds since the epoch. */
  readonly obtainedAt: number;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

export interface RoleSession {
  readonly roleArn: string;
  readonly sessionName: string;
  readonly durationSeconds: number;
  readonly policy: string;
}

/** The identity token that STS is shown; only what the call and its log line need of it. */
export interface PresentedIdentity {
  readonly jwt: string;
  readonly claims: FaultDetail;
}

/** STS answers in 50 to 200 ms; callers without credentials wait for it, two attempts included. */
const DEADLINE_MS = 6_000;
const ATTEMPT_MS = 3_000;
const ATTEMPTS = 2;

export interface Sts {
  /**
   * @param identityToken asked once more, anew, where STS says that the token is what it dislikes
   * @throws Fault sts_…, and whatever `identityToken` throws
   */
  assumeRole(
    session: RoleSession,
    identityToken: (options: { readonly anew: boolean }) => Promise<PresentedIdentity>,
  ): Promise<RoleCredentials>;
  close(): void;
}

/** @param options.endpoint absent: the region's own, `sts.REGION.amazonaws.com`, never the global one (AWS, "STS Regions and endpoints") */
export function createSts(options: { readonly region: string; readonly endpoint?: string }): Sts {
  const { region, endpoint = `https://sts.${region}.${awsDomain(region)}` } = options;
  const client = new STSClient({
    region,
    // Said, as the SDK would otherwise look for one in the environment and in profiles.
    endpoint,
    useFipsEndpoint: false,
    useDualstackEndpoint: false,
    retryMode: 'standard',
    maxAttempts: ATTEMPTS,
    requestHandler: {
      connectionTimeout: ATTEMPT_MS,
      requestTimeout: ATTEMPT_MS,
      throwOnRequestTimeout: true,
    },
  });
  const trade = async (
    session: RoleSession,
    { jwt, claims }: PresentedIdentity,
  ): Promise<RoleCredentials> => {
    const obtainedAt = Date.now();
    try {
      const { Credentials: issued } = await client.send(
        new AssumeRoleWithWebIdentityCommand({
          RoleArn: session.roleArn,
          RoleSessionName: session.sessionName,
          DurationSeconds: session.durationSeconds,
          Policy: session.policy,
          WebIdentityToken: jwt,
        }),
        { abortSignal: AbortSignal.timeout(DEADLINE_MS) },
      );
      const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = issued ?? {};
      if (
        !AccessKeyId ||
        !SecretAccessKey ||
        !SessionToken ||
        !Expiration ||
        Number.isNaN(Expiration.getTime())
      ) {
        throw new Fault('sts_failed', { error: 'answer without credentials', roleArn: session.roleArn });
      }
      return {
        accessKeyId: AccessKeyId,
        secretAccessKey: SecretAccessKey,
        sessionToken: SessionToken,
        obtainedAt,
        expiresAt: Expiration.getTime(),
      };
    } catch (error) {
      throw error instanceof Fault ? error : refusal(error, session, claims);
    }
  };
  return {
    async assumeRole(session, identityToken) {
      try {
        return await trade(session, await identityToken({ anew: false }));
      } catch (error) {
        // Also a passing state of AWS's own: "couldn't retrieve verification key" comes under the same code.
        const token =
          error instanceof Fault &&
          (error.code === 'sts_token_invalid' || error.code === 'sts_token_expired');
        if (!token) throw error;
        return await trade(session, await identityToken({ anew: true }));
      }
    },
    close: () => {
      client.destroy();
    },
  };
}

/** The SDK gives modelled errors their shape's name, mostly with `Exception` behind it, and AccessDenied as it came. */
const FAULT_OF_STS_ERROR: ReadonlyMap<string, FaultCode> = new Map([
  ['AccessDenied', 'sts_denied'],
  ['InvalidIdentityToken', 'sts_token_invalid'],
  ['ExpiredToken', 'sts_token_expired'],
  ['IDPRejectedClaim', 'sts_claim_rejected'],
  ['IDPCommunicationError', 'sts_failed'],
  ['RegionDisabled', 'sts_region_disabled'],
  ['MalformedPolicyDocument', 'sts_request_invalid'],
  ['PackedPolicyTooLarge', 'sts_request_invalid'],
  ['ValidationError', 'sts_request_invalid'],
  ['Throttling', 'sts_throttled'],
  ['ThrottlingException', 'sts_throttled'],
  ['TooManyRequests', 'sts_throttled'],
]);

/** The SDK's name for an error in which it finds no code. */
const WITHOUT_CODE = 'Unknown';

/** Ceph's STS words its errors as S3 does, which the SDK cannot read; what has no request ID is from a proxy or a captive portal. */
function faultWithoutCode(status: number, requestId: string | undefined): FaultCode {
  if (requestId === undefined) return 'sts_unreachable';
  return status === 403 ? 'sts_denied' : 'sts_request_invalid';
}

const TIMEOUTS = new Set(['TimeoutError', 'AbortError']);
/** These are a TimeoutError to the SDK too, but nobody was slow. */
const CONNECTION_LOST = new Set(['ECONNRESET', 'EPIPE']);

function refusal(error: unknown, session: RoleSession, claims: FaultDetail): Fault {
  const name = error instanceof Error ? error.name : typeof error;
  // The claims stand beside the condition keys that they meet in the role's trust policy.
  const detail = {
    ...{ roleArn: session.roleArn, sessionName: session.sessionName, stsCode: name },
    ...{
      'accounts.google.com:aud': claims['azp'] ?? claims['aud'],
      'accounts.google.com:oaud': claims['aud'],
    },
    ...{ 'accounts.google.com:sub': claims['sub'] },
  };
  if (error instanceof STSServiceException) {
    const { httpStatusCode: status = 0, requestId } = error.$metadata;
    const known = FAULT_OF_STS_ERROR.get(name.replace(/(?<!Throttling)Exception$/, ''));
    const unknown = name === WITHOUT_CODE ? faultWithoutCode(status, requestId) : 'sts_request_invalid';
    return new Fault(known ?? (status >= 500 ? 'sts_failed' : unknown), { ...detail, status, requestId });
  }
  // A body that is no XML is a SyntaxError or the like with the response attached.
  if (typeof error === 'object' && error !== null && '$response' in error)
    return new Fault('sts_failed', detail);
  const code = codeOf(error);
  const late = TIMEOUTS.has(name) && !CONNECTION_LOST.has(code ?? '');
  return new Fault(late ? 'sts_timeout' : 'sts_unreachable', { ...detail, error: code });
}

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
