// Rewrites `<Name>` in a list if the bucket's public name differs from its name in S3.
import type { Sink, UpstreamResponse } from '../http1/exchange.ts';

/** The number of bytes to search for `<Name>`, which is at the beginning of the document. */
const SEARCHED_BYTES = 4096;

/** Returns the list with the bucket's public name. Removes Content-Length, because the new name may have a different length. */
export function withPublicName(response: UpstreamResponse, name: string): UpstreamResponse {
  const headers: string[] = [];
  for (let i = 0; i < response.headers.length; i += 2) {
    const header = response.headers[i] ?? '';
    if (header.toLowerCase() !== 'content-length') headers.push(header, response.headers[i + 1] ?? '');
  }
  return {
    status: response.status,
    headers,
    pipe: (sink) => {
      response.pipe(renaming(sink, name));
    },
    resume: response.resume,
    abort: response.abort,
  };
}

function renaming(sink: Sink, name: string): Sink {
  let start: Buffer | undefined = Buffer.alloc(0);
  const flush = (): boolean => {
    if (start === undefined) return true;
    // Decodes as Latin-1, which preserves every byte.
    const text = start.toString('latin1').replace(/<Name>[^<]*<\/Name>/, `<Name>${name}</Name>`);
    start = undefined;
    return sink.write(Buffer.from(text, 'latin1'));
  };
  return {
    write: (chunk) => {
      if (start === undefined) return sink.write(chunk);
      start = Buffer.concat([start, chunk]);
      return start.length < SEARCHED_BYTES && !start.includes('</Name>') ? true : flush();
    },
    end: () => {
      flush();
      sink.end();
    },
    fail: sink.fail,
  };
}
