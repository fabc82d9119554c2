// Responds with an error: S3's XML or JSON on data paths, RFC 9457 problem documents on control paths.
import type { Presentation } from '../../auth/presented-token.ts';
import { isComputeDefault } from '../../config/google-names.ts';
import { FAULTS } from '../../errors/table.ts';
import type { FaultRow } from '../../errors/fault-row.ts';
import { asFault, Fault } from '../../errors/fault.ts';
import type { RequestContext } from '../../observability/request-context.ts';
import { escapeXml, xmlDocument } from './document.ts';
import { errorFormatFor } from './error-format.ts';
import type { ErrorFormat } from './error-format.ts';
import { stsError } from './sts.ts';

/** The content of an error response, whatever its format. */
export interface FaultResponse {
  readonly status: number;
  readonly s3Code: string;
  readonly outcome: string;
  readonly sentence: string;
  readonly details?: readonly (readonly [name: string, value: string])[];
  /** The invalid query parameter, and the rule that it breaks. */
  readonly parameter?: { readonly name: string; readonly rule?: string };
  /** S3's request ID if S3 sent the error, otherwise the bridge's request ID. */
  readonly requestId: string;
  readonly hostId?: string;
  /** Additional headers as alternating names and values. */
  readonly headers?: readonly string[];
}

/**
 * @param client the kind of client, for which the status and the code are chosen: SDKs retry or refresh their token only for
 * codes of S3 or STS
 */
export function faultResponse(fault: Fault, requestId: string, client: Presentation | 'sts'): FaultResponse {
  const row: FaultRow = FAULTS[fault.code];
  const { status, s3Code } = { bearer: row, s3: row.toS3Client ?? row, sts: row.toStsClient ?? row }[client];
  const headers: string[] = [];
  const { outcome } = row;
  const sentence = fault.addition === undefined ? row.sentence : `${row.sentence} ${fault.addition}`;
  if (status === 401) headers.push('WWW-Authenticate', challenge(fault, sentence));
  if (row.allow !== undefined) headers.push('Allow', row.allow);
  if (row.retryAfterSeconds !== undefined) headers.push('Retry-After', String(row.retryAfterSeconds));
  return { status, s3Code, outcome, sentence, requestId, headers, ...parameterOf(fault) };
}

function parameterOf({ detail: { parameter: name, rule } }: Fault): Pick<FaultResponse, 'parameter'> {
  if (typeof name !== 'string') return {};
  return { parameter: typeof rule === 'string' ? { name, rule } : { name } };
}

/**
 * Builds the challenge of a 401 response. The challenge contains no error code if the request has no token, and its description
 * contains no `"` or `\` (RFC 6750, section 3).
 */
function challenge(fault: Fault, sentence: string): string {
  const error = fault.code === 'token_missing' ? '' : ', error="invalid_token"';
  const description = printable(sentence).replaceAll('"', "'").replaceAll('\\', '');
  return `Bearer realm="fedbridge"${error}, error_description="${description}"`;
}

/**
 * Converts text to ASCII for a header. Node rejects many other characters in headers, and Cloud Run's front end does not allow
 * any of them.
 */
const printable = (text: string): string => text.replaceAll('…', '...').replace(/[^ -~]/g, '?');

const LONGEST_MESSAGE_HEADER_BYTES = 256;

/** Returns the message for the response body. If a parameter breaks a rule, the message includes that rule. */
const messageOf = ({ sentence, parameter }: FaultResponse): string =>
  parameter?.rule === undefined ? sentence : `${sentence} The parameter ${parameter.name} ${parameter.rule}.`;

/**
 * Sends the error response. Must be called before anything else is sent. A HEAD response has no body, so a header carries the
 * message.
 */
export function sendFault(
  context: Pick<RequestContext, 'request' | 'response' | 'requestId' | 'documentBytes'>,
  fault: FaultResponse,
): void {
  const { request, response } = context;
  const [contentType, document] = faultDocument(fault, errorFormatFor(request));
  const body = Buffer.from(document);
  const headers = [
    'x-request-id',
    context.requestId,
    'x-fedbridge-error',
    fault.outcome,
    'content-type',
    contentType,
    'cache-control',
    'no-store',
    ...(fault.headers ?? []),
  ];
  if (request.method === 'HEAD') {
    const message = printable(messageOf(fault)).slice(0, LONGEST_MESSAGE_HEADER_BYTES);
    response.writeHead(fault.status, [...headers, 'x-fedbridge-message', message]).end();
    return;
  }
  response.writeHead(fault.status, [...headers, 'content-length', String(body.length)]).end(body);
  context.documentBytes = body.length;
}

export function faultDocument(
  fault: FaultResponse,
  format: ErrorFormat,
): [contentType: string, document: string] {
  const { status, s3Code, outcome, sentence, requestId, hostId, parameter } = fault;
  const rule = parameter?.rule === undefined ? undefined : `${parameter.name} ${parameter.rule}`;
  if (format === 's3-xml') {
    const elements = [
      ['Code', s3Code],
      ['Message', messageOf(fault)],
      // Like S3, returns the name of an invalid parameter as ArgumentName.
      ...(parameter === undefined ? [] : [['ArgumentName', parameter.name]]),
      ...(fault.details ?? []),
      ['RequestId', requestId],
      ['HostId', hostId ?? ''],
    ];
    const inner = elements
      .map(([name = '', value = '']) => `<${name}>${escapeXml(value)}</${name}>`)
      .join('');
    return ['application/xml', xmlDocument(`<Error>${inner}</Error>`)];
  }
  if (format === 'sts-xml') return ['text/xml', stsError({ status, s3Code, requestId }, messageOf(fault))];
  const details = {
    ...Object.fromEntries(fault.details ?? []),
    ...(parameter === undefined ? {} : { parameter: parameter.name }),
    ...(rule === undefined ? {} : { detail: rule }),
  };
  if (format === 'json') {
    const document = {
      code: s3Code,
      error: outcome,
      message: sentence,
      ...details,
      requestId,
    };
    return ['application/json', JSON.stringify(document)];
  }
  const problem = {
    type: `urn:fedbridge:error:${outcome}`,
    title: sentence,
    status,
    error: outcome,
    ...details,
    requestId,
    ...(format === 'container-problem' ? { Code: s3Code, Message: messageOf(fault) } : {}),
  };
  return ['application/problem+json', JSON.stringify(problem)];
}

const COMPUTE_DEFAULT =
  "Project grants do not cover Compute Engine's default service account: ask for a grant to the account's email.";

/** @returns the fault for the error, with a hint if project grants do not cover the caller's account */
export function callerFault(error: unknown, caller: RequestContext['caller']): Fault {
  const fault = asFault(error);
  return fault.code === 'not_granted' && isUncovered(fault, caller)
    ? new Fault(fault.code, fault.detail, COMPUTE_DEFAULT)
    : fault;
}

/**
 * Whether the caller has no grants on the bucket, and uses Compute Engine's default service account, which project grants do
 * not cover. A fault that names an action means that the caller has grants on the bucket.
 */
const isUncovered = ({ detail }: Fault, caller: RequestContext['caller']): boolean =>
  detail['action'] === undefined && isComputeDefault(caller?.email ?? '');
