// Sends a request over HTTP/2 without TLS, with exactly the given target.
import { once } from 'node:events';
import { connect, constants } from 'node:http2';
import type {
  ClientHttp2Session,
  ClientHttp2Stream,
  IncomingHttpHeaders,
  OutgoingHttpHeaders,
} from 'node:http2';
import type { Reply, RequestOptions } from './http-request.ts';

export interface OpenStream {
  readonly stream: ClientHttp2Stream;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
}

/** Ignores errors of the session, because its streams report them too. */
export function openSession(origin: string): ClientHttp2Session {
  return connect(origin).on('error', () => undefined);
}

/** @returns the stream, as soon as the response headers have arrived; rejects if the stream is closed earlier */
export async function openStream(
  session: ClientHttp2Session,
  path: string,
  options: RequestOptions = {},
): Promise<OpenStream> {
  const { method = 'GET', headers = {}, body } = options;
  const sent: OutgoingHttpHeaders = {
    ...headers,
    [constants.HTTP2_HEADER_METHOD]: method,
    [constants.HTTP2_HEADER_PATH]: path,
  };
  const stream = session.request(sent, { endStream: body === undefined });
  // The bridge may respond and reset the stream before the whole body has been sent.
  stream.on('error', () => undefined);
  if (body !== undefined) stream.end(body);
  const [received, , rawHeaders] = (await Promise.race([
    once(stream, 'response'),
    once(stream, 'close').then(() => {
      throw new Error(`the stream closed with code ${stream.rstCode} before a response`);
    }),
  ])) as [IncomingHttpHeaders, number, string[]];
  return { stream, status: Number(received[':status']), headers: received, rawHeaders };
}

/** Rejects if the body is truncated. */
export async function requestOver(
  session: ClientHttp2Session,
  path: string,
  options: RequestOptions = {},
): Promise<Reply> {
  const { stream, status, headers, rawHeaders } = await openStream(session, path, options);
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  if (stream.rstCode !== constants.NGHTTP2_NO_ERROR) throw new Error(`truncated: code ${stream.rstCode}`);
  const body = Buffer.concat(chunks);
  const text = body.toString();
  return { status, headers, rawHeaders, body, text, code: /<Code>([^<]*)<\/Code>/.exec(text)?.[1] };
}

/** Sends a request in a separate session. */
export async function http2Request(
  origin: string,
  path: string,
  options: RequestOptions = {},
): Promise<Reply> {
  const session = openSession(origin);
  try {
    return await requestOver(session, path, options);
  } finally {
    session.close();
  }
}
