// One request on one connection, as an answer that somebody reads later; on a second one where the first was stale.
import { Fault } from '../errors/fault.ts';
import type { Connections } from './connections.ts';
import type { Exchange } from './exchange.ts';
import type { UpstreamResponse, RawRequest, Sink } from './transport.ts';

/** What may arrive before somebody reads it: a few socket reads. */
const EARLY_BYTES = 256 * 1024;

/** @throws Fault s3_unreachable, s3_timeout, s3_invalid_response; of a caller that has gone, whatever */
export function dispatch(
  connections: Connections,
  text: string,
  request: RawRequest,
): Promise<UpstreamResponse> {
  const { promise, resolve, reject } = Promise.withResolvers<UpstreamResponse>();
  exchangeOn(connections, text, request, { resolve, reject });
  return promise;
}

/** No fault: nobody is there to be told. */
const GONE = 'the caller has gone';

interface Waiting {
  resolve(answer: UpstreamResponse): void;
  reject(error: unknown): void;
}

function exchangeOn(
  connections: Connections,
  text: string,
  request: RawRequest,
  waiting: Waiting,
  isSecond = false,
): void {
  const { method, departure } = request;
  if (departure.aborted) {
    waiting.reject(new Error(GONE));
    return;
  }
  const connection = connections.get(isSecond);
  let sink: Sink | undefined;
  let early: Buffer[] | undefined;
  let earlyBytes = 0;
  let outcome: 'ended' | Error | undefined;
  let hasAnswered = false;

  // A function of this exchange: another one on the same connection must keep its own.
  const leave = (): void => {
    connection.destroy();
  };
  const finish = (how: 'ended' | Error): void => {
    outcome = how;
    departure.remove(leave);
  };
  const own: Exchange = {
    method,
    head: ({ status, headers }, whole) => {
      hasAnswered = true;
      if (whole !== undefined) {
        finish('ended');
        waiting.resolve(wholeAnswer(status, headers, whole));
        return;
      }
      waiting.resolve({
        status,
        headers,
        pipe: (reader) => {
          sink = reader;
          let wantsMore = true;
          for (const chunk of early ?? []) wantsMore = reader.write(chunk);
          early = undefined;
          if (outcome === 'ended') reader.end();
          else if (outcome !== undefined) reader.fail(outcome);
          else if (wantsMore) connection.resume();
        },
        // The connection may carry another request by then.
        resume: () => {
          if (outcome === undefined) connection.resume();
        },
        abort: () => {
          if (outcome === undefined) connection.destroy();
        },
      });
    },
    data: (chunk, free) => {
      if (sink !== undefined) return sink.write(chunk, free);
      (early ??= []).push(chunk);
      earlyBytes += chunk.length;
      return earlyBytes < EARLY_BYTES;
    },
    end: () => {
      finish('ended');
      sink?.end();
    },
    fail: (error, isUnanswered) => {
      const reason = departure.aborted ? new Error(GONE) : faultOf(error);
      finish(reason);
      if (hasAnswered) sink?.fail(reason);
      // S3 may close an idle connection just as it is used: no answer has begun and a read is idempotent.
      else if (isUnanswered && isFromTheConnection(error) && connection.uses() > 1 && !departure.aborted)
        exchangeOn(connections, text, request, waiting, true);
      else waiting.reject(reason);
    },
  };
  departure.add(leave);
  connection.send(text, own);
}

function wholeAnswer(status: number, headers: readonly string[], whole: Buffer | string): UpstreamResponse {
  return {
    status,
    headers,
    whole,
    pipe: (reader) => {
      if (whole.length > 0) reader.write(typeof whole === 'string' ? Buffer.from(whole, 'latin1') : whole);
      reader.end();
    },
    resume: nothing,
    abort: nothing,
  };
}

const nothing = (): void => undefined;

const isFromTheConnection = (error: unknown): boolean => !(error instanceof Fault);

function faultOf(error: unknown): Fault {
  if (error instanceof Fault) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
  return code === 'ETIMEDOUT'
    ? new Fault('s3_timeout', { error: code })
    : new Fault('s3_unreachable', { error: code });
}
