// The stream that carries a response while no part does: at first S3's own response, later a request for all remaining bytes.
import type { Sink, UpstreamResponse } from '../../http1/exchange.ts';
import { createCancellation } from '../../runtime/cancellation.ts';
import type { AbortableCancellation } from '../../runtime/cancellation.ts';
import type { FetchRange } from './part.ts';

export interface SingleStream {
  /** Sends this response's chunks to the sink. */
  pipe(response: UpstreamResponse): void;
  /** Requests the bytes from `first` on, and sends them to the sink. */
  open(first: number): void;
  resume(): void;
  /** Closes the stream, or stops opening one. After this call, the sink receives nothing more from the stream. */
  close(): void;
}

/**
 * @param sink its `fail` is called if the stream ends early or cannot be opened
 * @param last the offset of the response's last byte
 */
export function createSingleStream(sink: Sink, last: number, fetchRange: FetchRange): SingleStream {
  let current: UpstreamResponse | undefined;
  let opening: AbortableCancellation | undefined;

  const pipe = (response: UpstreamResponse): void => {
    current = response;
    response.pipe({
      write: (chunk, free) => {
        if (current === response) return sink.write(chunk, free);
        free?.();
        return true;
      },
      end: () => {
        if (current === response) sink.end();
      },
      fail: (error) => {
        if (current === response) sink.fail(error);
      },
    });
  };
  const open = (first: number): void => {
    const cancellation = createCancellation();
    opening = cancellation;
    fetchRange(first, last, cancellation).then(
      (response) => {
        if (opening === cancellation) pipe(response);
        else response.abort();
      },
      (error: unknown) => {
        if (opening !== cancellation) return;
        sink.fail(error instanceof Error ? error : new Error('the rest of the object is not available'));
      },
    );
  };
  return {
    pipe,
    open,
    resume: () => {
      current?.resume();
    },
    close: () => {
      const [stream, request] = [current, opening];
      current = opening = undefined;
      request?.abort();
      stream?.abort();
    },
  };
}
