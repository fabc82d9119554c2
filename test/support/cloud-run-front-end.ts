// Emulates Cloud Run's front end: reserved paths, decoded escapes, added headers, a limit on the response size, and the invoker
// check. The sources are Cloud Run's pages on known issues, quotas and service-to-service authentication.
import { request } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { connect } from 'node:http2';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream';
import { listen } from '../../src/sandbox/upstream-server.ts';

export interface FrontEnd {
  readonly url: string;
  close(): Promise<void>;
}

/** The largest response that Cloud Run is known to allow over HTTP/1; a response of 33,554,431 bytes was rejected. */
const MOST_BYTES = 33_000_001;

/**
 * Whether Cloud Run reserves the path. Cloud Run reserves some paths that end in 'z', and its documentation advises against all
 * such paths.
 */
const isKept = (path: string): boolean => /z$|^\/eventlog$|^\/_ah\//.test(path);

/** Decodes escapes such as `%41` and `%40`, but keeps `%2F`. */
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

/**
 * @param options.invokerAudience the audience that the invoker check requires; if omitted, there is no invoker check
 * @param options.portName Cloud Run's `ports.name`. With `h2c`, the front end uses HTTP/2 and does not limit the response size.
 */
export async function startFrontEnd(
  bridge: string,
  options: { readonly invokerAudience?: string; readonly portName?: 'http1' | 'h2c' } = {},
): Promise<FrontEnd> {
  const { invokerAudience, portName = 'http1' } = options;
  const backend = portName === 'h2c' ? overHttp2(bridge) : overHttp1(bridge);
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
    const target: Target = {
      method: asked.method ?? 'GET',
      path: decoded(path) + query,
      headers: {
        ...headers,
        'x-forwarded-for': '203.0.113.7',
        'x-forwarded-proto': 'https',
        forwarded: 'for="203.0.113.7";proto=https',
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00',
      },
    };
    backend.send(target, asked, {
      onResponse: (status, given, body) => {
        const length = Number(given['content-length']);
        if (portName === 'http1' && asked.method !== 'HEAD' && length > MOST_BYTES) {
          body.destroy();
          refuse(500, 'Response size was too large.');
          return;
        }
        answer.writeHead(status, given);
        pipeline(body, answer, () => undefined);
      },
      onError: () => {
        if (answer.headersSent) answer.destroy();
        else refuse(503, 'Service Unavailable');
      },
    });
  };
  const { port, close } = await listen(0, serve);
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      backend.close();
      await close();
    },
  };
}

interface Target {
  readonly method: string;
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
}

interface Backend {
  send(
    target: Target,
    body: Readable,
    on: {
      readonly onResponse: (status: number, headers: IncomingHttpHeaders, body: Readable) => void;
      readonly onError: () => void;
    },
  ): void;
  close(): void;
}

function overHttp1(bridge: string): Backend {
  const { hostname, port } = new URL(bridge);
  return {
    send: (target, body, { onResponse, onError }) => {
      const onward = request({ hostname, port, agent: false, ...target });
      onward.on('response', (given) => {
        onResponse(given.statusCode ?? 500, given.headers, given);
      });
      onward.on('error', onError);
      body.pipe(onward);
    },
    close: () => undefined,
  };
}

/** Sends all requests to the bridge over one HTTP/2 connection. */
function overHttp2(bridge: string): Backend {
  const session = connect(bridge).on('error', () => undefined);
  return {
    send: ({ method, path, headers }, body, { onResponse, onError }) => {
      const {
        host,
        connection: _connection,
        'transfer-encoding': _encoding,
        expect: _expect,
        ...rest
      } = headers;
      const onward = session.request(
        { ...rest, ':method': method, ':path': path, ':authority': host },
        { endStream: method === 'GET' || method === 'HEAD' },
      );
      onward.on('response', ({ ':status': status = 500, ...given }) => {
        onResponse(status, given, onward);
      });
      onward.on('error', onError);
      if (onward.writable) body.pipe(onward);
    },
    close: () => {
      session.close();
    },
  };
}
