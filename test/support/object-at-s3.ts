// Serves one object for a fake S3, and supports ranges. Tests can truncate the responses.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { refuse } from './stand-in-wire.ts';
import type { Respond } from './stand-in.ts';

export interface AtS3 {
  readonly body: Buffer;
  /** The value of the object's ETag header. */
  readonly etag?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Truncates a response after the number of bytes in `after`. With `silently`, the connection stays open. */
export interface Break {
  readonly after: number;
  readonly silently?: boolean;
}

/** Sends S3's response to this request, truncated as `broken` specifies. */
export function giveObject(
  { body, etag = '"e1"', headers = {} }: AtS3,
  request: IncomingMessage,
  response: ServerResponse,
  broken?: Break,
): void {
  if (request.headers['if-match'] !== undefined && request.headers['if-match'] !== etag) {
    refuse(response, 412, 'PreconditionFailed');
    return;
  }
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
  const first = Number(from ?? 0);
  const last = to === undefined || to === '' ? body.length - 1 : Math.min(Number(to), body.length - 1);
  const part = body.subarray(first, last + 1);
  response.writeHead(from === undefined ? 200 : 206, {
    etag,
    'content-length': part.length,
    ...headers,
    ...(from === undefined ? {} : { 'content-range': `bytes ${first}-${last}/${body.length}` }),
  });
  if (broken === undefined) {
    response.end(part);
    return;
  }
  response.flushHeaders();
  response.write(part.subarray(0, broken.after));
  if (broken.silently !== true) response.socket?.destroySoon();
}

/** Serves one truncated response for each of `breaks`, and complete responses after that. */
export function brokenOff(object: AtS3, ...breaks: readonly Break[]): Respond {
  let asked = 0;
  return (request, response) => {
    giveObject(object, request, response, breaks[asked]);
    asked += 1;
  };
}
