// One object as S3 gives it, whole and in parts, for a stand-in whose answers a test breaks off.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { refuse } from './stand-in-wire.ts';
import type { AnswerOfS3 } from './stand-in-wire.ts';

export interface AtS3 {
  readonly body: Buffer;
  /** As the header has it. */
  readonly etag?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** How an answer is broken off: after so many bytes, or never; and whether the connection is left open. */
export interface Break {
  readonly after: number;
  readonly silently?: boolean;
}

/** S3's answer to this request, broken off where `broken` says. */
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

/** The object, broken off once for each of these; then whole. */
export function brokenOff(object: AtS3, ...breaks: readonly Break[]): AnswerOfS3 {
  let asked = 0;
  return (request, response) => {
    giveObject(object, request, response, breaks[asked]);
    asked += 1;
  };
}
