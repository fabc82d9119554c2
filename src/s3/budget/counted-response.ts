// Counts the bytes of a response body against its reservation as they arrive from S3.
import type { UpstreamResponse } from '../../http1/exchange.ts';
import type { Cancellation } from '../../runtime/cancellation.ts';
import type { ByteCount } from '../signed-request.ts';
import type { Allowance, Reservation } from './allowance.ts';

/**
 * Closes the reservation when the body ends, fails or is aborted, or when the caller disconnects. A body that exceeds the
 * reservation is aborted; this can happen only if S3 does not send a Content-Length. Bytes that arrived but were discarded, such
 * as those of parts that were read ahead, count as well when the reservation is closed.
 * @param options.received the bytes that have arrived from S3 for this read
 * @throws Fault egress_budget_exceeded
 */
export function countedResponse(
  response: UpstreamResponse,
  reservation: Reservation,
  options: {
    readonly allowance: Allowance;
    readonly cancellation: Cancellation;
    readonly received: ByteCount;
  },
): UpstreamResponse {
  const { allowance, cancellation, received } = options;
  const { whole } = response;
  if (whole !== undefined) {
    const fits = reservation.receive(whole.length);
    reservation.close();
    if (!fits) throw allowance.denied(whole.length);
    return response;
  }
  // The bytes of S3's error responses before this response do not count.
  const bytesBefore = received.bytes;
  const close = (): void => {
    cancellation.remove(close);
    reservation.close(received.bytes - bytesBefore);
  };
  // Closes the reservation now if the caller has disconnected, because nothing may ever read or abort this response.
  if (cancellation.aborted) reservation.close();
  else cancellation.add(close);
  return {
    status: response.status,
    headers: response.headers,
    pipe: (sink) => {
      let isDenied = false;
      response.pipe({
        write: (chunk, free) => {
          if (!isDenied && reservation.receive(chunk.length)) return sink.write(chunk, free);
          free?.();
          if (isDenied) return false;
          isDenied = true;
          close();
          sink.fail(allowance.denied(undefined));
          response.abort();
          return false;
        },
        end: () => {
          close();
          if (!isDenied) sink.end();
        },
        fail: (error) => {
          close();
          if (!isDenied) sink.fail(error);
        },
      });
    },
    resume: response.resume,
    abort: () => {
      response.abort();
      close();
    },
  };
}
