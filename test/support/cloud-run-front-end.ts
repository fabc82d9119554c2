// Google's front end before a bridge on Cloud Run, with what it does to requests and answers: paths that it keeps for itself, escapes
// that it decodes, its own headers, its limit on answers, and its invoker check (Cloud Run's known issues, quotas, and
// service-to-service pages; the limit as others have measured it).
import { request } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';
import { listen } from '../../src/sandbox/upstream-server.ts';

export interface FrontEnd {
  readonly url: string;
  close(): Promise<void>;
}

/** 33,000,001 bytes were seen to pass, 33,554,431 were not. */
const MOST_BYTES = 33_000_001;

/** Of paths that end in 'z' it keeps some: the docs advise against all. */
const isKept = (path: string): boolean => /z$|^\/eventlog$|^\/_ah\//.test(path);

/** `%41` becomes A and `%40` @; `%2F` stays. */
const decoded = (path: string): string =>
  path.replace(/%[0-9a-f]{2}/gi, (escape) => {
    const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16));
    return /[\w.~@:!$'()*,;-]/.test(character) ? character : escape;
  });

const audienceOf = (header: unknown): unknown => {
  const [, claims = ''] = /^Bearer [^.]+\.([^.]+)\.[^.]+$/.exec(String(header)) ?? [];
  if (claims === '') return undefined;
  return (JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<string, unknown>)['aud'];
};

/** @param options.invokerAudience where the invoker check is on: what its tokens must be for */
export async function startFrontEnd(
  bridge: string,
  options: { readonly invokerAudience?: string } = {},
): Promise<FrontEnd> {
  const { invokerAudience } = options;
  const serve = (asked: IncomingMessage, answer: ServerResponse): void => {
    const [, path = '/', query = ''] = /^([^?]*)(.*)$/s.exec(asked.url ?? '/') ?? [];
    const refuse = (status: number, text: string): void => {
      answer.writeHead(status, { 'content-type': 'text/html; charset=UTF-8', server: 'Google Frontend' });
      answer.end(`<html><title>${status}</title>${text}</html>`);
    };
    if (isKept(path)) {
      refuse(404, 'Error 404 (Not Found)!!1');
      return;
    }
    const headers = { ...asked.headers };
    if (invokerAudience !== undefined) {
      const name = 'x-serverless-authorization' in headers ? 'x-serverless-authorization' : 'authorization';
      if (audienceOf(headers[name]) !== invokerAudience) {
        refuse(headers[name] === undefined ? 403 : 401, 'Your client does not have permission to get URL');
        return;
      }
      headers[name] = String(headers[name]).replace(/[^.]+$/, 'SIGNATURE_REMOVED_BY_GOOGLE');
    }
    const { hostname, port } = new URL(bridge);
    const onward = request({
      hostname,
      port,
      method: asked.method,
      path: decoded(path) + query,
      agent: false,
      headers: {
        ...headers,
        'x-forwarded-for': '203.0.113.7',
        'x-forwarded-proto': 'https',
        forwarded: 'for="203.0.113.7";proto=https',
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00',
      },
    });
    onward.on('response', (given) => {
      if (asked.method !== 'HEAD' && Number(given.headers['content-length']) > MOST_BYTES) {
        given.destroy();
        refuse(500, 'Response size was too large.');
        return;
      }
      answer.writeHead(given.statusCode ?? 500, given.headers);
      pipeline(given, answer, () => undefined);
    });
    onward.on('error', () => {
      refuse(503, 'Service Unavailable');
    });
    asked.pipe(onward);
  };
  const { port, close } = await listen(0, serve);
  return { url: `http://127.0.0.1:${port}`, close };
}
