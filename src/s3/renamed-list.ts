// A list of a bucket that the bridge serves under another name than S3's: replaces `<Name>` by the name in the request.
import type { Sink, UpstreamResponse } from '../http1/exchange.ts';

/** S3 writes the name at the beginning of the document. */
const SEARCHED_BYTES = 4096;

/** The length changes, so the response has none. */
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
    // Latin-1 keeps every byte as it is.
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
