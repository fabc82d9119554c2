// What an error of the STS client means: a fault of the table, by code and status, with what AWS compared.
import { describeUnknown, Fault } from '../errors/fault.ts';
import type { FaultCode } from '../errors/table.ts';
import type { FaultDetail } from '../errors/fault.ts';
import { isLocalError } from '../errors/local-error.ts';

/** By STS's code without `Exception` behind it: the SDK gives modelled errors their shape's name, and AccessDenied as it came. */
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

/** One code of STS has several causes, which it words: where the words are known the fix can be the right one. */
const CAUSES_BY_MESSAGE: readonly (readonly [of: FaultCode, words: RegExp, is: FaultCode])[] = [
  [
    'sts_token_invalid',
    /No OpenIDConnect provider|Incorrect token audience/i,
    'sts_oidc_provider_registered',
  ],
  ['sts_request_invalid', /DurationSeconds exceeds/i, 'sts_duration_too_long'],
];

/** The SDK's name for an error in which it finds no code. */
const WITHOUT_CODE = 'Unknown';

const TIMEOUTS = new Set(['TimeoutError', 'AbortError']);
/** These are a TimeoutError to the SDK too, but nobody was slow. */
const CONNECTION_LOST = new Set(['ECONNRESET', 'EPIPE']);

/** Codes of Node's HTTP parser: something answers, and not in HTTP. */
const NO_HTTP = 'HPE_';
/** As codes and request IDs are: what else an answer has in their place may be what was sent, the identity token among it. */
const CODE = /^[A-Za-z._]{1,64}$/;
const REQUEST_ID = /^[\w:-]{1,64}$/;
const matching = (text: string | undefined, form: RegExp): string | undefined =>
  text === undefined || form.test(text) ? text : '(not of its form)';

/** @param asked what the call was about, for the log line. STS's own message stays here: it may hold what was sent. */
export function stsRefusal(error: unknown, asked: FaultDetail): Fault {
  if (error instanceof Fault) return error;
  const name = error instanceof Error ? error.name : typeof error;
  const metadata = metadataOf(error);
  if (metadata !== undefined) {
    const { httpStatusCode: status = 0, requestId } = metadata;
    const message = error instanceof Error ? error.message : '';
    const detail = {
      ...asked,
      stsCode: matching(name, CODE),
      stsStatus: status,
      stsRequestId: matching(requestId, REQUEST_ID),
      denied: deniedAction(message),
    };
    return new Fault(
      causeOf(codeOf(name, { status, requestId, isHop: asked['needs'] !== undefined }), message),
      detail,
    );
  }
  const detail = { ...asked, stsCode: matching(name, CODE) };
  // A body that is no XML is a SyntaxError or the like with the response attached.
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
  // The same codes, of credentials instead of a token.
  if (isHop && known === 'sts_denied') return 'sts_hop_denied';
  if (isHop && known === 'sts_token_expired') return 'sts_credentials_rejected';
  return known ?? (status >= 500 ? 'sts_failed' : 'sts_request_invalid');
}

/** Ceph's STS words its errors as S3 does, which the SDK cannot read; what has no request ID is from a proxy or a captive portal. */
function faultWithoutCode(status: number, requestId: string | undefined): FaultCode {
  if (status >= 500) return 'sts_failed';
  if (requestId === undefined) return 'sts_unreachable';
  return status === 403 ? 'sts_denied' : 'sts_request_invalid';
}

const causeOf = (code: FaultCode, message: string): FaultCode =>
  CAUSES_BY_MESSAGE.find(([of, words]) => of === code && words.test(message))?.[2] ?? code;

/** Of several rights that a call needs, the one that AWS misses. */
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
