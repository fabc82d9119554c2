// S3's error codes with their statuses and messages, and S3's XML error response.
import type { SandboxResponse } from '../response.ts';
import { xml } from '../xml.ts';

/** Maps each error code to its status and message. For each status, the first code in this map is the default. */
export const S3_ERRORS: ReadonlyMap<string, readonly [status: number, message: string]> = new Map([
  [
    'PermanentRedirect',
    [
      301,
      'The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.',
    ],
  ],
  ['NotModified', [304, 'Not Modified']],
  [
    'TemporaryRedirect',
    [
      307,
      'Please re-send this request to the specified temporary endpoint. Continue to use the original request endpoint for future requests.',
    ],
  ],
  ['InvalidRequest', [400, 'Invalid Request']],
  ['InvalidArgument', [400, 'Invalid Argument']],
  ['AuthorizationHeaderMalformed', [400, 'The authorization header that you provided is not valid.']],
  ['AuthorizationQueryParametersError', [400, 'Error parsing the X-Amz-Credential parameter.']],
  [
    'BadDigest',
    [400, 'The Content-MD5 or checksum value that you specified did not match what the server received.'],
  ],
  ['ExpiredToken', [400, 'The provided token has expired.']],
  [
    'IllegalLocationConstraintException',
    [
      400,
      'The specified location constraint is incompatible for the region specific endpoint this request was sent to.',
    ],
  ],
  [
    'IncompleteBody',
    [400, 'You did not provide the number of bytes specified by the Content-Length HTTP header.'],
  ],
  ['InvalidBucketName', [400, 'The specified bucket is not valid.']],
  ['InvalidPartNumber', [416, 'The requested partnumber is not satisfiable']],
  ['InvalidToken', [400, 'The provided token is malformed or otherwise invalid.']],
  ['InvalidURI', [400, "Couldn't parse the specified URI."]],
  ['KMS.DisabledException', [400, 'The request was rejected because the specified KMS key is not enabled.']],
  ['KMS.KMSInvalidStateException', [400, 'The KMS key is not in a state in which it can be used.']],
  ['KMS.NotFoundException', [400, 'The specified KMS key does not exist.']],
  ['KeyTooLongError', [400, 'Your key is too long']],
  ['MalformedPolicy', [400, "Policies must be valid JSON and the first byte must be '{'"]],
  [
    'MalformedXML',
    [400, 'The XML you provided was not well-formed or did not validate against our published schema'],
  ],
  [
    'RequestTimeout',
    [400, 'Your socket connection to the server was not read from or written to within the timeout period.'],
  ],
  [
    'XAmzContentSHA256Mismatch',
    [400, "The provided 'x-amz-content-sha256' header does not match what was computed."],
  ],
  ['AccessDenied', [403, 'Access Denied']],
  [
    'AccountProblem',
    [
      403,
      'There is a problem with your AWS account that prevents the operation from completing successfully.',
    ],
  ],
  ['AllAccessDisabled', [403, 'All access to this object has been disabled']],
  ['InvalidAccessKeyId', [403, 'The AWS Access Key Id you provided does not exist in our records.']],
  ['InvalidObjectState', [403, "The operation is not valid for the object's storage class"]],
  [
    'RequestTimeTooSkewed',
    [403, 'The difference between the request time and the current time is too large.'],
  ],
  [
    'SignatureDoesNotMatch',
    [
      403,
      'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
    ],
  ],
  ['NoSuchKey', [404, 'The specified key does not exist.']],
  ['NoSuchBucket', [404, 'The specified bucket does not exist']],
  ['NoSuchBucketPolicy', [404, 'The bucket policy does not exist']],
  ['NoSuchVersion', [404, 'The specified version does not exist.']],
  ['MethodNotAllowed', [405, 'The specified method is not allowed against this resource.']],
  [
    'BucketAlreadyOwnedByYou',
    [409, 'Your previous request to create the named bucket succeeded and you already own it.'],
  ],
  ['BucketNotEmpty', [409, 'The bucket you tried to delete is not empty']],
  ['MissingContentLength', [411, 'You must provide the Content-Length HTTP header.']],
  ['PreconditionFailed', [412, 'At least one of the pre-conditions you specified did not hold']],
  ['InvalidRange', [416, 'The requested range is not satisfiable']],
  ['InternalError', [500, 'We encountered an internal error. Please try again.']],
  ['NotImplemented', [501, 'A header you provided implies functionality that is not implemented']],
  ['ServiceUnavailable', [503, 'Service is unable to handle request.']],
  ['SlowDown', [503, 'Please reduce your request rate.']],
]);

export interface S3ErrorDetails {
  readonly message?: string | undefined;
  /** Additional elements of the XML error response. */
  readonly elements?: Readonly<Record<string, unknown>> | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** An error that is sent to the client as S3's XML error response. */
export class S3Error extends Error {
  readonly code: string;
  readonly status: number;
  readonly details: S3ErrorDetails;
  constructor(code: string, details: S3ErrorDetails = {}, status = S3_ERRORS.get(code)?.[0] ?? 500) {
    super(details.message ?? S3_ERRORS.get(code)?.[1] ?? 'This fault was injected into the sandbox');
    this.code = code;
    this.status = status;
    this.details = details;
  }
}

/** The values of `x-amz-request-id` and `x-amz-id-2`. */
export interface ExchangeIds {
  readonly requestId: string;
  readonly hostId: string;
}

export const idHeaders = ({ requestId, hostId }: ExchangeIds) => ({
  'x-amz-request-id': requestId,
  'x-amz-id-2': hostId,
  server: 'AmazonS3',
});

/** Creates an XML error response. Responses to HEAD requests and 304 responses have no body, and therefore no error code. */
export function s3ErrorResponse(
  error: S3Error,
  ids: ExchangeIds,
  { bodiless }: { bodiless: boolean },
): SandboxResponse {
  const { code, message, status, details } = error;
  const headers = { ...idHeaders(ids), ...details.headers };
  if (status === 304) return { status, headers };
  const typed = { 'content-type': 'application/xml', ...headers };
  if (bodiless) return { status, headers: typed };
  const content = {
    Code: code,
    Message: message,
    ...details.elements,
    RequestId: ids.requestId,
    HostId: ids.hostId,
  };
  return { status, headers: typed, body: Buffer.from(xml('Error', content)) };
}
