// A body that S3 breaks off is gone on with where it broke off, where it is certain to be the same object's.
import { Fault } from '../../errors/fault.ts';
import { STRONG_ETAG } from '../if-range.ts';
import type { ObjectRead } from '../operation.ts';
import { pause } from './pause.ts';
import { isS3Error } from '../read.ts';
import type { Read } from '../read.ts';
import { headerOf } from '../refusal.ts';
import { pauseMs } from './retry.ts';
import type { RetryBudget } from './retry-budget.ts';
import type { UpstreamResponse, Sink } from '../../http1/transport.ts';

/** In one answer: a network that breaks off more often is better seen. */
const MOST_RESUMES = 3;

/** What of which object an answer holds: bytes, by their place in the whole. */
interface Extent {
  readonly first: number;
  readonly last: number;
  readonly total: number;
  readonly etag: string;
}

/**
 * The caller sees one answer; where it cannot be gone on with, its sink fails with what broke it off.
 * @param read also asked for the rest, with the session's credentials of then
 * @param options.onResume told of each, with its reason
 */
export function withResume(
  read: Read,
  options: { readonly budget: RetryBudget; readonly onResume: (reason: string) => void },
): Read {
  const { budget, onResume } = options;
  return async (bucket, operation, session, extras) => {
    const outcome = await read(bucket, operation, session, extras);
    if (isS3Error(outcome) || operation.name !== 'GetObject' || outcome.status > 206) return outcome;
    if (outcome.whole !== undefined) return outcome;
    const { departure, caller, repeats } = extras;
    return resumable(outcome, async (error, received, resumes) => {
      const extent = extentOf(outcome, operation);
      if (departure.aborted || extent === undefined || resumes >= MOST_RESUMES || !budget.spend(caller))
        return undefined;
      onResume(isStall(error) ? 'stall' : 'truncated');
      if (repeats !== undefined) repeats.resumed = resumes + 1;
      await pause(pauseMs(resumes), departure);
      const first = extent.first + received;
      // What the caller's own conditions were has been decided by the answer that there is.
      const headers = ['range', `bytes=${first}-${extent.last}`, 'if-match', extent.etag];
      const rest = await read(bucket, wholeOf(operation), session, { ...extras, headers });
      if (isS3Error(rest)) {
        if (rest.status === 412) throw new Fault('object_changed');
        return undefined;
      }
      const isExpected = isRange(rest, { ...extent, first });
      if (isExpected && isSameVersion(outcome.headers, rest.headers)) return rest;
      rest.abort();
      if (isExpected) throw new Fault('object_changed');
      return undefined;
    });
  };
}

/**
 * @param restOf gives an answer with what comes behind the bytes received, or undefined where there is none; may reject
 */
function resumable(
  answer: UpstreamResponse,
  restOf: (error: Error, received: number, resumes: number) => Promise<UpstreamResponse | undefined>,
): UpstreamResponse {
  let current: UpstreamResponse | undefined = answer;
  let isAborted = false;
  const pipe = (sink: Sink): void => {
    let received = 0;
    let resumes = 0;
    const counting: Sink = {
      write: (chunk, free) => {
        received += chunk.length;
        return sink.write(chunk, free);
      },
      end: sink.end,
      fail: (error) => {
        current = undefined;
        if (isAborted) {
          sink.fail(error);
          return;
        }
        restOf(error, received, resumes).then(
          (rest) => {
            if (rest === undefined || isAborted) {
              rest?.abort();
              sink.fail(error);
              return;
            }
            resumes += 1;
            current = rest;
            rest.pipe(counting);
          },
          (reason: unknown) => {
            sink.fail(reason instanceof Fault && reason.code === 'object_changed' ? reason : error);
          },
        );
      },
    };
    answer.pipe(counting);
  };
  return {
    status: answer.status,
    headers: answer.headers,
    pipe,
    resume: () => current?.resume(),
    abort: () => {
      isAborted = true;
      current?.abort();
    },
  };
}

/** @returns undefined where an ETag or a length is missing, or where of the whole the bytes are is not told */
function extentOf({ status, headers }: UpstreamResponse, { parameters }: ObjectRead): Extent | undefined {
  const etag = headerOf(headers, 'etag');
  const length = Number(headerOf(headers, 'content-length') ?? Number.NaN);
  if (etag === undefined || !STRONG_ETAG.test(etag) || !Number.isSafeInteger(length)) return undefined;
  if (status === 200 && !parameters.some(isPartNumber))
    return { first: 0, last: length - 1, total: length, etag };
  const [, first, last, total] =
    /^bytes (\d+)-(\d+)\/(\d+)$/.exec(headerOf(headers, 'content-range') ?? '') ?? [];
  const extent = { first: Number(first), last: Number(last), total: Number(total), etag };
  return extent.last - extent.first + 1 === length ? extent : undefined;
}

const isPartNumber = ([name]: readonly [name: string, value: string]): boolean => name === 'partNumber';

/** S3 takes no range of a part: the rest is asked of the whole. */
function wholeOf(operation: ObjectRead): ObjectRead {
  const { parameters } = operation;
  return { ...operation, parameters: parameters.filter((parameter) => !isPartNumber(parameter)) };
}

function isRange({ status, headers }: UpstreamResponse, { first, last, total }: Extent): boolean {
  return (
    status === 206 &&
    headerOf(headers, 'content-range') === `bytes ${first}-${last}/${total}` &&
    headerOf(headers, 'content-length') === String(last - first + 1)
  );
}

/**
 * Not every S3 gives each version another ETag. Headers that one response lacks are not compared, as not every S3 sends them with
 * a range; but a rest must not be encoded if the beginning was not. Encryption and storage class may change within a version.
 */
function isSameVersion(beginning: readonly string[], rest: readonly string[]): boolean {
  if (headerOf(beginning, 'etag') !== headerOf(rest, 'etag')) return false;
  const encoding = headerOf(rest, 'content-encoding');
  if (encoding !== undefined && encoding !== headerOf(beginning, 'content-encoding')) return false;
  return ['x-amz-version-id', 'last-modified'].every((name) => {
    const [before, now] = [headerOf(beginning, name), headerOf(rest, name)];
    return before === undefined || now === undefined || before === now;
  });
}

const isStall = (error: Error): boolean => error instanceof Fault && error.code === 's3_timeout';
