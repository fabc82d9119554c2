// Creates an S3 response from chunks, for tests without a network connection.
import type { UpstreamResponse } from '../../src/http1/exchange.ts';

/** Emits each chunk after the previous chunk has been consumed. */
export function responseOf(
  chunks: readonly Buffer[],
): UpstreamResponse & { readonly isAborted: () => boolean } {
  let isAborted = false;
  let give = (): void => undefined;
  return {
    status: 200,
    headers: [],
    pipe: (sink) => {
      const left = [...chunks];
      give = () => {
        for (let chunk = left.shift(); chunk !== undefined; chunk = left.shift()) {
          if (isAborted || !sink.write(chunk)) return;
        }
        sink.end();
      };
      give();
    },
    resume: () => {
      give();
    },
    abort: () => {
      isAborted = true;
    },
    isAborted: () => isAborted,
  };
}

/** Splits a document into chunks of `size` bytes. */
export function chunked(document: string, size: number): Buffer[] {
  const bytes = Buffer.from(document);
  const count = Math.ceil(bytes.length / size);
  return Array.from({ length: count }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
}
