// One HTTP request with the target exactly as given: no URL library between a test and the wire.
import { Agent, request as send } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  readonly text: string;
  /** `<Code>` of an S3 error document. */
  readonly code: string | undefined;
}

export interface RequestOptions {
  readonly method?: string;
  /** An array sends a header several times. */
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Buffer;
}

// Kept connections would hold servers open when a test ends.
const agent = new Agent({ keepAlive: false });

/** @returns the response as soon as its headers are there; its body is the test's to read */
export function open(origin: string, path: string, options: RequestOptions = {}): Promise<IncomingMessage> {
  const { hostname, port } = new URL(origin);
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const { method = 'GET', headers = {}, body } = options;
  send({ hostname, port, path, method, headers, agent }, resolve).on('error', reject).end(body);
  return promise;
}

/** Rejects where the body is cut. */
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
