// Maps an STS client error to a fault by its code and status. The fault includes the values that AWS compared.
import { describeUnknown, Fault, isLocalError } from '../errors/fault.ts';
import type { FaultCode } from '../errors/table.ts';
import type { FaultDetail } from '../errors/fault.ts';

/**
 * Maps each STS error code, without the suffix `Exception`, to a fault. The SDK reports modeled errors by their shape name, but
 * AccessDenied by its original code.
 */
const FAULT_OF_STS_ERROR: ReadonlyMap<string, FaultCode> = new Map([
  ['AccessDenied', 'sts_denied'],
  ['InvalidIdentityToken', 'sts_token_invalid'],
  ['ExpiredToken', 'sts_token_expired'],
  ['IDPRejectedClaim', 'sts_claim_rejected'],
  ['IDPCommunicationError', 'sts_failed'],
  ['RegionDisabled', 'sts_region_disabled'],
  ['MalformedPolicyDocument', 'sts_policy_invalid'],
  ['PackedPolicyTooLarge', 'sts_policy_too_large'],
  ['ValidationError', 'sts_request_invalid'],
  ['Throttling', 'sts_throttled'],
  ['ThrottlingException', 'sts_throttled'],
  ['TooManyRequests', 'sts_throttled'],
  ['InvalidClientTokenId', 'sts_credentials_rejected'],
  ['SignatureDoesNotMatch', 'sts_credentials_rejected'],
  ['RequestExpired', 'sts_credentials_rejected'],
]);

/** Some STS error codes have several causes, so the error's message determines the fault and its fix. */
const CAUSES_BY_MESSAGE: readonly (readonly [of: FaultCode, words: RegExp, is: FaultCode])[] = [
  [
    'sts_token_invalid',
    /No OpenIDConnect provider|Incorrect token audience/i,
    'sts_oidc_provider_registered',
  ],
  ['sts_request_invalid', /DurationSeconds exceeds/i, 'sts_duration_too_long'],
];

/** The SDK's name for an error without a code. */
const WITHOUT_CODE = 'Unknown';

const TIMEOUTS = new Set(['TimeoutError', 'AbortError']);
/** The codes of lost connections, which the SDK also reports as a TimeoutError. */
const CONNECTION_LOST = new Set(['ECONNRESET', 'EPIPE']);

/** The prefix of the codes of Node's HTTP parser errors. These codes mean that the server responded, but not with valid HTTP. */
const NO_HTTP = 'HPE_';
/**
 * The allowed characters of error codes and request IDs. Other values are not logged, because they may repeat the request,
 * including the identity token.
 */
const CODE = /^[A-Za-z._]{1,64}$/;
const REQUEST_ID = /^[\w:-]{1,64}$/;
const matching = (text: string | undefined, form: RegExp): string | undefined =>
  text === undefined || form.test(text) ? text : '(unexpected format, not shown)';

/** @param callDetail details of the call for the log. STS's own message is not logged, because it may repeat the request. */
export function stsRefusal(error: unknown, callDetail: FaultDetail): Fault {
  if (error instanceof Fault) return error;
  const name = error instanceof Error ? error.name : typeof error;
  const metadata = metadataOf(error);
  if (metadata !== undefined) {
    const { httpStatusCode: status = 0, requestId } = metadata;
    const message = error instanceof Error ? error.message : '';
    const detail = {
      ...callDetail,
      stsCode: matching(name, CODE),
      stsStatus: status,
      stsRequestId: matching(requestId, REQUEST_ID),
      denied: deniedAction(message),
    };
    return new Fault(
      causeOf(codeOf(name, { status, requestId, isHop: callDetail['needs'] !== undefined }), message),
      detail,
    );
  }
  const detail = { ...callDetail, stsCode: matching(name, CODE) };
  // If a body is not XML, the SDK throws a parser error, such as a SyntaxError, with the response attached.
  if (typeof error === 'object' && error !== null && '$response' in error)
    return new Fault('sts_failed', detail);
  if (isLocalError(error)) return new Fault('internal', { ...detail, error: describeUnknown(error) });
  const code = systemCodeOf(error);
  if (code?.startsWith(NO_HTTP) === true) return new Fault('sts_failed', { ...detail, error: code });
  const late = TIMEOUTS.has(name) && !CONNECTION_LOST.has(code ?? '');
  return new Fault(late ? 'sts_timeout' : 'sts_unreachable', { ...detail, error: code });
}

function codeOf(
  name: string,
  response: { readonly status: number; readonly requestId: string | undefined; readonly isHop: boolean },
): FaultCode {
  const { status, requestId, isHop } = response;
  const known =
    name === WITHOUT_CODE
      ? faultWithoutCode(status, requestId)
      : FAULT_OF_STS_ERROR.get(name.replace(/(?<!Throttling)Exception$/, ''));
  // For AssumeRole, the same codes refer to AWS credentials instead of an identity token.
  if (isHop && known === 'sts_denied') return 'sts_hop_denied';
  if (isHop && known === 'sts_token_expired') return 'sts_credentials_rejected';
  return known ?? (status >= 500 ? 'sts_failed' : 'sts_request_invalid');
}

/**
 * Returns the fault for a response without an STS error code. Ceph's STS, for example, sends its errors in S3's format, which the
 * SDK's STS client cannot parse. A response without a request ID comes from a proxy or a captive portal.
 */
function faultWithoutCode(status: number, requestId: string | undefined): FaultCode {
  if (status >= 500) return 'sts_failed';
  if (requestId === undefined) return 'sts_unreachable';
  return status === 403 ? 'sts_denied' : 'sts_request_invalid';
}

const causeOf = (code: FaultCode, message: string): FaultCode =>
  CAUSES_BY_MESSAGE.find(([of, words]) => of === code && words.test(message))?.[2] ?? code;

/** Returns the action that AWS reports as denied; a call may need several actions. */
const deniedAction = (message: string): string | undefined =>
  /not authorized to perform: (sts:\w{1,40})/.exec(message)?.[1];

function metadataOf(error: unknown): { httpStatusCode?: number; requestId?: string } | undefined {
  if (!(error instanceof Error) || !('$metadata' in error) || !('$fault' in error)) return undefined;
  const { $metadata: metadata } = error;
  if (typeof metadata !== 'object' || metadata === null) return undefined;
  const status = 'httpStatusCode' in metadata ? metadata.httpStatusCode : undefined;
  const requestId = 'requestId' in metadata ? metadata.requestId : undefined;
  return {
    ...(typeof status === 'number' ? { httpStatusCode: status } : {}),
    ...(typeof requestId === 'string' ? { requestId } : {}),
  };
}

const systemCodeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
