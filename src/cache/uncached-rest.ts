// Sends the rest of a body from S3 without storing it, if there is no memory for its blocks.
import type { Sink, UpstreamResponse } from '../http1/exchange.ts';
import { isS3Error } from '../s3/read.ts';
import type { S3Error } from '../s3/s3-error.ts';
import { failureError } from './flight.ts';

/** @returns the same functions as a response; `sink` is not called after `abort` */
export function sendRest(
  reading: Promise<UpstreamResponse | S3Error>,
  sink: Sink,
): Pick<UpstreamResponse, 'resume' | 'abort'> {
  let response: UpstreamResponse | undefined;
  let hasEnded = false;
  const once = (use: () => void): void => {
    if (hasEnded) return;
    hasEnded = true;
    use();
  };
  const fail = (error: Error): void => {
    once(() => {
      sink.fail(error);
    });
  };
  reading.then(
    (outcome) => {
      if (isS3Error(outcome)) {
        fail(failureError({ s3: outcome }));
        return;
      }
      if (hasEnded) {
        outcome.abort();
        return;
      }
      response = outcome;
      outcome.pipe({
        write: (chunk, free) => {
          if (!hasEnded) return sink.write(chunk, free);
          free?.();
          return true;
        },
        end: () => {
          once(sink.end);
        },
        fail,
      });
    },
    (error: unknown) => {
      fail(error instanceof Error ? error : new Error(String(error)));
    },
  );
  return {
    resume: () => response?.resume(),
    abort: () => {
      once(() => response?.abort());
    },
  };
}
