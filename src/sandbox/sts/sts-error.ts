// STS's error codes with their statuses and messages, and STS's XML responses.
import type { SandboxResponse } from '../response.ts';
import { xml } from '../xml.ts';

const NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/';

/** Maps each error code to its status and message. For each status, the first code in this map is the default. */
export const STS_ERRORS: ReadonlyMap<string, readonly [status: number, message: string]> = new Map([
  ['ValidationError', [400, 'The input fails to satisfy the constraints specified by an AWS service.']],
  ['InvalidParameterValue', [400, 'An invalid or out-of-range value was supplied for the input parameter.']],
  [
    'InvalidIdentityToken',
    [400, 'The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)'],
  ],
  ['ExpiredTokenException', [400, 'Token expired']],
  ['IDPCommunicationError', [400, 'Error communicating with the identity provider']],
  ['MalformedPolicyDocument', [400, 'Syntax errors in policy.']],
  [
    'PackedPolicyTooLarge',
    [400, 'Packed policy consumes 115% of allotted space, please use smaller policy.'],
  ],
  ['Throttling', [400, 'Rate exceeded']],
  ['ThrottlingException', [400, 'Rate exceeded']],
  ['InvalidAction', [400, 'Could not find operation']],
  ['MissingAction', [400, 'Could not find operation in the request']],
  ['IncompleteSignature', [400, 'The request signature does not conform to AWS standards.']],
  ['RequestExpired', [400, 'Request has expired.']],
  ['AccessDenied', [403, 'Not authorized to perform sts:AssumeRoleWithWebIdentity']],
  ['IDPRejectedClaim', [403, 'Web identity token has been revoked by the identity provider']],
  [
    'RegionDisabledException',
    [
      403,
      'STS is not activated in this region for account:123456789012. Your account administrator can activate STS in this region using the IAM Console.',
    ],
  ],
  ['InvalidClientTokenId', [403, 'The security token included in the request is invalid.']],
  ['ExpiredToken', [403, 'The security token included in the request is expired']],
  [
    'SignatureDoesNotMatch',
    [
      403,
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
    ],
  ],
  ['MissingAuthenticationToken', [403, 'Request is missing Authentication Token']],
  ['RequestEntityTooLarge', [413, 'The request is too large.']],
  [
    'InternalFailure',
    [500, 'The request processing has failed because of an unknown error, exception or failure.'],
  ],
  ['ServiceUnavailable', [503, 'The request has failed due to a temporary failure of the server.']],
]);

/** An error that is sent to the client as STS's XML error response. */
export class StsError extends Error {
  readonly code: string;
  constructor(code: string, message = STS_ERRORS.get(code)?.[1] ?? '') {
    super(message);
    this.code = code;
  }
}

export interface StsRefusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

export function stsErrorResponse(
  { status, code, message, headers }: StsRefusal,
  requestId: string,
): SandboxResponse {
  const type = status >= 500 ? 'Receiver' : 'Sender';
  const text = xml(
    'ErrorResponse',
    { Error: { Type: type, Code: code, Message: message }, RequestId: requestId },
    NAMESPACE,
  );
  return stsResponse(status, text, requestId, headers);
}

/** Creates AWS's XML for a result, such as `<AssumeRoleResponse><AssumeRoleResult>…`. */
export function stsResultResponse(
  action: string,
  result: Readonly<Record<string, unknown>>,
  requestId: string,
): SandboxResponse {
  const content = { [`${action}Result`]: result, ResponseMetadata: { RequestId: requestId } };
  return stsResponse(200, xml(`${action}Response`, content, NAMESPACE), requestId);
}

function stsResponse(
  status: number,
  text: string,
  requestId: string,
  headers?: Readonly<Record<string, string>>,
): SandboxResponse {
  return {
    status,
    headers: { 'x-amzn-requestid': requestId, 'content-type': 'text/xml', ...headers },
    body: Buffer.from(text),
  };
}
