// Sends an HTTP request with exactly the given target, because a URL library would normalize it.
import { Agent, request as send } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  readonly text: string;
  /** The `<Code>` of S3's error document. */
  readonly code: string | undefined;
}

export interface RequestOptions {
  readonly method?: string;
  /** If a value is an array, the header is sent once for each element. */
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Buffer;
}

// Keeps no connections alive, because idle connections would keep servers open at the end of a test.
const agent = new Agent({ keepAlive: false });

/** @returns the response, as soon as its headers have arrived; the caller must read the body */
export function open(origin: string, path: string, options: RequestOptions = {}): Promise<IncomingMessage> {
  const { hostname, port } = new URL(origin);
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const { method = 'GET', headers = {}, body } = options;
  send({ hostname, port, path, method, headers, agent }, resolve).on('error', reject).end(body);
  return promise;
}

/** Rejects if the body is truncated. */
export async function request(origin: string, path: string, options: RequestOptions = {}): Promise<Reply> {
  const response = await open(origin, path, options);
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const text = body.toString();
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    rawHeaders: response.rawHeaders,
    body,
    text,
    code: /<Code>([^<]*)<\/Code>/.exec(text)?.[1],
  };
}
