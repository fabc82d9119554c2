// A list of a bucket that is served under another name than S3's: its `<Name>` is the name that the caller asked for.
import type { Sink, UpstreamResponse } from '../http1/exchange.ts';

/** S3 writes the name at the beginning of the document. */
const SEARCHED_BYTES = 4096;

/** The length is S3's no more, so that the answer goes without one. */
export function withPublicName(answer: UpstreamResponse, name: string): UpstreamResponse {
  const headers: string[] = [];
  for (let i = 0; i < answer.headers.length; i += 2) {
    const header = answer.headers[i] ?? '';
    if (header.toLowerCase() !== 'content-length') headers.push(header, answer.headers[i + 1] ?? '');
  }
  return {
    status: answer.status,
    headers,
    pipe: (sink) => {
      answer.pipe(renaming(sink, name));
    },
    resume: answer.resume,
    abort: answer.abort,
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
