// Records the calls to each emulator, so that tests can check them. Omits tokens, keys and signatures.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { UPSTREAMS, type UpstreamName } from './upstreams.ts';

/** The maximum number of recorded calls. The number is large enough for a long test; in a benchmark, old calls are evicted. */
const KEPT_PER_UPSTREAM = 2_000;

const SECRET_PARAMETERS = /^(x-amz-signature|x-amz-security-token|x-amz-credential|webidentitytoken)=/i;
const SECRET_HEADERS = new Set(['authorization', 'x-amz-security-token']);
const JSON_WEB_TOKEN = /eyJ[\w-]+\.[\w-]+\.[\w-]*/g;

interface Entry {
  readonly method: string;
  readonly path: string;
  status: number | null;
  readonly at: string;
  /** The number of response bytes sent so far, including headers. */
  sent: number;
  /** Whether the client disconnected early, or a fault truncated the response. */
  aborted: boolean;
}

/** A call in progress, to which an emulator can add details of the request. */
export interface Call {
  note(details: Readonly<Record<string, unknown>>): void;
}

export interface CallLog {
  begin(upstream: UpstreamName, request: IncomingMessage, response: ServerResponse): Call;
  list(): Record<UpstreamName, readonly unknown[]>;
  clear(): void;
}

/** Returns the raw path and query as received, without values that could be used as credentials. */
function withoutSecrets(url: string): string {
  const mark = url.indexOf('?');
  if (mark < 0) return url.replace(JSON_WEB_TOKEN, '(withheld)');
  const query = url
    .slice(mark + 1)
    .split('&')
    .filter((parameter) => !SECRET_PARAMETERS.test(parameter));
  const path = url.slice(0, mark) + (query.length > 0 ? `?${query.join('&')}` : '');
  return path.replace(JSON_WEB_TOKEN, '(withheld)');
}

/** Returns the headers as received, without credentials. */
export function headersWithoutSecrets(request: IncomingMessage): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (SECRET_HEADERS.has(name) || value === undefined) continue;
    kept[name] = String(value).replace(JSON_WEB_TOKEN, '(withheld)');
  }
  return kept;
}

export function createCallLog(): CallLog {
  const log = new Map<
    UpstreamName,
    { entry: Entry; details: Record<string, unknown>; refresh: () => void }[]
  >();
  return {
    begin(upstream, request, response) {
      const { socket } = request;
      const before = socket.bytesWritten;
      const entry: Entry = {
        method: request.method ?? 'GET',
        path: withoutSecrets(request.url ?? '/'),
        status: null,
        at: new Date().toISOString(),
        sent: 0,
        aborted: false,
      };
      const details: Record<string, unknown> = {};
      let open = true;
      const refresh = () => {
        if (!open) return;
        entry.sent = socket.bytesWritten - before;
        if (response.headersSent) entry.status = response.statusCode;
      };
      response.once('close', () => {
        refresh();
        entry.aborted = !response.writableFinished;
        open = false;
      });
      const entries = log.get(upstream) ?? [];
      log.set(upstream, entries);
      entries.push({ entry, details, refresh });
      if (entries.length > KEPT_PER_UPSTREAM) entries.splice(0, entries.length - KEPT_PER_UPSTREAM);
      return {
        note: (more) => {
          Object.assign(details, more);
        },
      };
    },
    list() {
      const listOf = (upstream: UpstreamName) =>
        (log.get(upstream) ?? []).map(({ entry, details, refresh }) => {
          refresh();
          return { ...entry, ...details };
        });
      return Object.fromEntries(UPSTREAMS.map((name) => [name, listOf(name)])) as Record<
        UpstreamName,
        unknown[]
      >;
    },
    clear() {
      log.clear();
    },
  };
}
