// Resumes a truncated body at the exact byte, if the remaining bytes certainly come from the same version of the object.
import { Fault } from '../../errors/fault.ts';
import type { Sink, UpstreamResponse } from '../../http1/exchange.ts';
import { HttpError } from '../../http1/http-error.ts';
import { extentOf, isPartNumber, isRange, isSameVersion } from '../extent.ts';
import type { ObjectRead } from '../operation.ts';
import { isS3Error } from '../read.ts';
import type { Read } from '../read.ts';
import { pause, pauseMs, retryBudget, withRetry } from './retry.ts';
import type { RetryBudget } from './retry.ts';

/** The maximum number of resumes per body. Without a limit, nobody would notice an unreliable network. */
const MAX_RESUMES = 3;

/** How long the bridge retries a request; shorter than the timeouts of SDKs, because SDKs also retry. */
const RETRY_MS = 5_000;

/**
 * Adds retries before a response and resumes during a body, with one retry budget for both.
 * @param options.stallMs the timeout for an S3 connection on which no data arrives; no retry begins after this time
 * @param options.onRetry called for each retry and resume, with its reason
 */
export function retryingRead(
  read: Read,
  options: { readonly stallMs: number; readonly onRetry: (reason: string) => void },
): Read {
  const { stallMs, onRetry } = options;
  const budget = retryBudget();
  const retrying = withRetry(read, { budget, deadlineMs: Math.min(RETRY_MS, stallMs), onRetry });
  const resuming = withResume(retrying, { budget, onResume: onRetry });
  return (bucket, operation, session, readOptions) => {
    budget.earn();
    return resuming(bucket, operation, session, readOptions);
  };
}

/**
 * The caller receives a single response, even if its body is resumed. If the body cannot be resumed, the sink fails with the
 * error that ended the body, or with Fault object_changed.
 * @param read called again for the remaining bytes, with the session's current credentials
 * @param options.onResume called for each resume, with its reason
 */
function withResume(
  read: Read,
  options: { readonly budget: RetryBudget; readonly onResume: (reason: string) => void },
): Read {
  const { budget, onResume } = options;
  return async (bucket, operation, session, readOptions) => {
    const outcome = await read(bucket, operation, session, readOptions);
    if (isS3Error(outcome) || operation.name !== 'GetObject' || outcome.status > 206) return outcome;
    if (outcome.whole !== undefined) return outcome;
    const { cancellation, caller, counters } = readOptions;
    return resumable(outcome, async (error, received, resumes) => {
      const extent = extentOf(outcome, operation);
      if (cancellation.aborted || extent === undefined || resumes >= MAX_RESUMES || !budget.spend(caller))
        return undefined;
      onResume(isStall(error) ? 'stall' : 'truncated');
      if (counters !== undefined) counters.resumed += 1;
      await pause(pauseMs(resumes), cancellation);
      const first = extent.first + received;
      // Omits the caller's conditions, because S3 has already evaluated them for the response in progress.
      const headers = ['range', `bytes=${first}-${extent.last}`, 'if-match', extent.etag];
      const rest = await read(bucket, wholeOf(operation), session, { ...readOptions, headers });
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

/** @param restOf fetches the remaining bytes. Resolves to undefined if the body cannot be resumed; may reject */
function resumable(
  response: UpstreamResponse,
  restOf: (error: Error, received: number, resumes: number) => Promise<UpstreamResponse | undefined>,
): UpstreamResponse {
  let current: UpstreamResponse | undefined = response;
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
    response.pipe(counting);
  };
  return {
    status: response.status,
    headers: response.headers,
    pipe,
    resume: () => current?.resume(),
    abort: () => {
      isAborted = true;
      current?.abort();
    },
  };
}

/** S3 cannot return a range of a single part, so the remaining bytes are requested as a range of the whole object. */
function wholeOf(operation: ObjectRead): ObjectRead {
  const { parameters } = operation;
  return { ...operation, parameters: parameters.filter((parameter) => !isPartNumber(parameter)) };
}

const isStall = (error: Error): boolean => error instanceof HttpError && error.code === 'timeout';
