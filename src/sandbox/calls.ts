// What each supplier was asked, for tests to look at afterwards. Nothing secret is kept: no token, key or signature.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { UPSTREAMS, type UpstreamName } from './upstreams.ts';

/** Enough for a long test; a benchmark's calls push out the oldest. */
const KEPT_PER_UPSTREAM = 2_000;

const SECRET_PARAMETERS = /^(x-amz-signature|x-amz-security-token|x-amz-credential|webidentitytoken)=/i;
const SECRET_HEADERS = new Set(['authorization', 'x-amz-security-token']);
const JSON_WEB_TOKEN = /eyJ[\w-]+\.[\w-]+\.[\w-]*/g;

interface Entry {
  readonly method: string;
  readonly path: string;
  status: number | null;
  readonly at: string;
  /** Bytes that this answer has put on the wire so far, headers included. */
  sent: number;
  /** The client left before the end, or a fault cut the answer. */
  aborted: boolean;
}

/** A call that is under way: suppliers note on it what they learn about the request. */
export interface Call {
  note(details: Readonly<Record<string, unknown>>): void;
}

export interface CallLog {
  begin(supplier: UpstreamName, request: IncomingMessage, response: ServerResponse): Call;
  list(): Record<UpstreamName, readonly unknown[]>;
  clear(): void;
}

/** The raw path and query as received, less the values that would let a reader act as someone. */
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

/** The headers as received, less credentials. */
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
    begin(supplier, request, response) {
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
      const entries = log.get(supplier) ?? [];
      log.set(supplier, entries);
      entries.push({ entry, details, refresh });
      if (entries.length > KEPT_PER_UPSTREAM) entries.splice(0, entries.length - KEPT_PER_UPSTREAM);
      return {
        note: (more) => {
          Object.assign(details, more);
        },
      };
    },
    list() {
      const listOf = (supplier: UpstreamName) =>
        (log.get(supplier) ?? []).map(({ entry, details, refresh }) => {
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
