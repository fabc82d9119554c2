// Keeps reads within the caller's egress budget: reserves a response's bytes before its body is read.
import { Fault } from '../../errors/fault.ts';
import { headerOf } from '../../http1/exchange.ts';
import type { UpstreamResponse } from '../../http1/exchange.ts';
import { STRONG_ETAG } from '../if-range.ts';
import type { ObjectRead } from '../operation.ts';
import { isS3Error } from '../read.ts';
import type { Read, ReadOptions } from '../read.ts';
import type { S3Error } from '../s3-error.ts';
import type { Allowance, Reservation } from './allowance.ts';
import { countedResponse } from './counted-response.ts';
import { firstByteOnly, maxDocumentBytes, maxObjectBytes, withoutHeaders } from './requested-bytes.ts';

/**
 * The bytes that S3 can send before it notices that the bridge has closed the connection: more than the largest receive buffer of
 * a socket, which Linux limits to 6 MiB (net.ipv4.tcp_rmem).
 */
const BURST_BYTES = 8 * 1024 * 1024;

/**
 * The maximum number of times that an object's length is determined. It is determined again if the object was overwritten in the
 * meantime.
 */
const MAX_ATTEMPTS = 3;

/**
 * If plenty of the budget is left, sends the read at once, and reserves the length that S3's response declares. Until this
 * response arrives, the read holds the bytes that could arrive before the bridge can close the connection. If less is left,
 * determines the length with HEAD, reserves it, and reads exactly that version. If nothing is left, sends only conditional reads,
 * because S3 may respond to them with 304. A read without an allowance is not changed.
 */
export function withEgressBudget(read: Read): Read {
  return (bucket, operation, session, options) => {
    const { allowance } = options;
    if (allowance === undefined || operation.method === 'HEAD')
      return read(bucket, operation, session, options);
    const received = { bytes: 0 };
    const send: Send = (sent, changes) => read(bucket, sent, session, { ...options, received, ...changes });
    const counted: Counted = (response, reservation) =>
      countedResponse(response, reservation, { allowance, cancellation: options.cancellation, received });
    const budgeted = { operation, options, allowance, send, counted };
    return operation.name === 'GetObject' ? readObject(budgeted) : readDocument(budgeted);
  };
}

type Send = (operation: ObjectRead, changes?: Partial<ReadOptions>) => Promise<UpstreamResponse | S3Error>;

type Counted = (response: UpstreamResponse, reservation: Reservation) => UpstreamResponse;

interface BudgetedRead {
  readonly operation: ObjectRead;
  readonly options: ReadOptions;
  readonly allowance: Allowance;
  readonly send: Send;
  readonly counted: Counted;
}

async function readObject(budgeted: BudgetedRead): Promise<UpstreamResponse | S3Error> {
  const { operation, options, allowance, send, counted } = budgeted;
  const max = maxObjectBytes(options.headers);
  const bytes = Math.min(max, BURST_BYTES);
  const hold = allowance.hold(bytes, {
    isMaximum: max <= BURST_BYTES,
    mayBeEmpty: UNMODIFIED_IF.some((name) => headerOf(options.headers, name) !== undefined),
  });
  if (hold === undefined) return readKnownLength(budgeted);
  const outcome = await closedOnFailure(hold, () => send(operation));
  if (isS3Error(outcome)) return outcome;
  const length = lengthOf(outcome);
  if (hold.fix(length ?? bytes)) return counted(outcome, hold);
  outcome.abort();
  // Counts the bytes that S3 has already sent, because a read that does not fit may be repeated often.
  hold.close(bytes);
  allowance.stopHolding();
  return readKnownLength(budgeted);
}

/** Determines the object's length with HEAD, reserves that many bytes, and only then requests the body. */
async function readKnownLength({
  operation,
  options,
  allowance,
  send,
  counted,
}: BudgetedRead): Promise<UpstreamResponse | S3Error> {
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    // Only the following GET may renew credentials, because S3 gives no reason for denying a HEAD.
    const head = await send(
      { ...operation, name: 'HeadObject', method: 'HEAD' },
      { renewsUnexplained: false },
    );
    if (isS3Error(head)) {
      // Repeats the failed HEAD as a GET, because S3 sends the error's code only in response to GET.
      const error = await send(operation, { headers: errorHeaders(operation, options.headers) });
      if (isS3Error(error)) return error;
      error.abort();
      continue;
    }
    head.abort();
    if (head.status === 304) {
      // Sends the GET as well, because a 304 response to HEAD must not confirm the object's bytes to the cache.
      const outcome = await send(operation);
      if (isS3Error(outcome) || outcome.status === 304) return outcome;
      // The object was overwritten after the HEAD, so its new length must be determined.
      outcome.abort();
      continue;
    }
    const length = lengthOf(head);
    if (length === undefined) throw allowance.denied(undefined);
    const reservation = await allowance.reserve(length, options.cancellation, false);
    const pinned = pinnedTo(head, options.headers);
    const outcome = await closedOnFailure(reservation, () =>
      send(operation, { headers: pinned ?? options.headers }),
    );
    if (isS3Error(outcome)) {
      if (pinned !== undefined && outcome.status === 412) continue;
      return outcome;
    }
    if (reservation.fix(lengthOf(outcome) ?? length)) return counted(outcome, reservation);
    outcome.abort();
    reservation.close(length);
  }
  throw new Fault('object_changed');
}

/**
 * Reads a list, tags or attributes. Reserves the largest possible size of the response, because S3 does not declare the actual
 * size.
 */
async function readDocument({
  operation,
  options,
  allowance,
  send,
  counted,
}: BudgetedRead): Promise<UpstreamResponse | S3Error> {
  const bytes = maxDocumentBytes(operation);
  const hold = await allowance.reserve(bytes, options.cancellation, true);
  const outcome = await closedOnFailure(hold, () => send(operation));
  if (isS3Error(outcome)) return outcome;
  const length = lengthOf(outcome) ?? bytes;
  if (hold.fix(length)) return counted(outcome, hold);
  outcome.abort();
  hold.close(bytes);
  throw allowance.denied(length);
}

async function closedOnFailure(
  reservation: Reservation,
  send: () => Promise<UpstreamResponse | S3Error>,
): Promise<UpstreamResponse | S3Error> {
  try {
    const outcome = await send();
    if (isS3Error(outcome)) reservation.close();
    return outcome;
  } catch (error) {
    reservation.close();
    throw error;
  }
}

/** @returns undefined if the response has no valid Content-Length, such as a chunked response; 0 for 304 */
function lengthOf({ status, headers }: UpstreamResponse): number | undefined {
  if (status === 304) return 0;
  const length = headerOf(headers, 'content-length');
  return length !== undefined && /^\d{1,15}$/.test(length) ? Number(length) : undefined;
}

/**
 * Returns the headers for a read that should only return S3's error. Adds no range if there is a part number, because S3 does not
 * accept both.
 */
function errorHeaders({ parameters }: ObjectRead, headers: readonly string[]): readonly string[] {
  return parameters.some(([name]) => name === 'partNumber') ? headers : firstByteOnly(headers);
}

/** The conditions to which S3 may respond with 304. */
const UNMODIFIED_IF = ['if-none-match', 'if-modified-since'];
const CONDITIONS = ['if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since'];

/**
 * Returns headers that request exactly the version that HEAD found. They omit the caller's conditions, because S3 has already
 * evaluated them for that version.
 * @returns undefined if the response has no strong ETag
 */
function pinnedTo(head: UpstreamResponse, headers: readonly string[]): readonly string[] | undefined {
  const etag = headerOf(head.headers, 'etag');
  if (etag === undefined || !STRONG_ETAG.test(etag)) return undefined;
  return [...withoutHeaders(headers, CONDITIONS), 'if-match', etag];
}
