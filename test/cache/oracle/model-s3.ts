// An S3 server over HTTP that records to which session it has shown which version of an object, and can be made to fail.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Random } from '../../support/random.ts';
import { respondTo } from './model-response.ts';
import type { ModelResponse } from './model-response.ts';

export interface Version {
  readonly id: string;
  readonly key: string;
  readonly etag: string;
  readonly lastModified: string;
  readonly body: Buffer;
  readonly isKms: boolean;
  readonly metadata: string;
  tags: number;
}

/** Shows that S3 accepted a request of a session, and which version the response was about. */
export interface Proof {
  readonly session: string;
  /** The session token, which differs between sessions of the same caller. */
  readonly token: string;
  readonly key: string;
  readonly versionId: string | undefined;
  readonly version: Version;
  /** Whether S3 sent bytes, or would have: a 304 does not prove that the session may decrypt a KMS object. */
  readonly coversBytes: boolean;
  readonly at: number;
}

export type Right = 'GetObject' | 'GetObjectVersion' | 'Decrypt';

export interface ModelS3 {
  readonly origin: string;
  put(key: string, fields: Pick<Version, 'body' | 'isKms' | 'metadata' | 'tags'>): void;
  /** Adds a delete marker. */
  remove(key: string): void;
  versions(key: string): readonly (Version | undefined)[];
  current(key: string): Version | undefined;
  setRight(session: string, key: string, right: Right, isAllowed: boolean): void;
  has(session: string, key: string, right: Right): boolean;
  readonly isVersioned: boolean;
  readonly proofs: Proof[];
  /** The number of requests. */
  requests(): number;
  /** The share of requests that fail, from 0 to 1. */
  setFaults(share: number): void;
  /** Returns the response to a request without recording or sending it. */
  respond(request: ModelRequest): ModelResponse;
  close(): void;
}

/** What a response depends on. */
export type Model = Pick<ModelS3, 'versions' | 'current' | 'has' | 'isVersioned'>;

export interface ModelRequest {
  readonly method: string;
  readonly session: string;
  readonly key: string;
  readonly versionId: string | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** The access key of a session. Renewed credentials have another generation. */
export const accessKeyOf = (session: string, generation: number): string => `AKIA-${session}-${generation}`;

export async function startModelS3(random: Random): Promise<ModelS3> {
  const objects = new Map<string, (Version | undefined)[]>();
  const denied = new Set<string>();
  const proofs: Proof[] = [];
  let faults = 0;
  let requests = 0;
  let ids = 0;
  // Without version IDs, only the date shows that an object was copied onto itself.
  const isVersioned = random.chance(0.5);
  let clock = Date.parse('2026-01-01T00:00:00Z');
  const rightKey = (...parts: readonly string[]): string => JSON.stringify(parts);

  const model: Model = {
    isVersioned,
    versions: (key) => objects.get(key) ?? [],
    current: (key) => objects.get(key)?.at(-1),
    has: (session, key, right) => !denied.has(rightKey(session, key, right)),
  };

  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    requests += 1;
    const asked = readRequest(request);
    const kind = random.chance(faults)
      ? random.pick(['cut', 'error', 'reset', 'late', 'other range', 'slow'])
      : 'none';
    if (kind === 'reset') {
      request.socket.destroy();
      return;
    }
    const found = respondTo(model, asked);
    const { status, headers, body, version } = found;
    if (kind === 'error') {
      response.writeHead(503).end();
      return;
    }
    if (version !== undefined && status < 400) {
      const coversBytes = asked.method === 'GET' && (status !== 304 || !version.isKms);
      const { session, key, versionId } = asked;
      proofs.push({
        session,
        token: String(asked.headers['x-amz-security-token']),
        key,
        versionId,
        version,
        coversBytes,
        at: performance.now(),
      });
    }
    if (kind === 'other range' && status === 206) {
      // A broken server that sends other bytes than the cache requested, but describes them correctly.
      const whole = respondTo(model, { ...asked, headers: { ...asked.headers, range: undefined } });
      response.writeHead(whole.status, whole.headers).end(whole.body);
      return;
    }
    const send = (): void => {
      response.writeHead(status, headers);
      if (asked.method === 'HEAD' || body.length === 0) response.end();
      else if (kind === 'cut') {
        response.write(body.subarray(0, random.below(body.length)));
        setImmediate(() => response.socket?.destroySoon());
      } else if (kind === 'slow' || body.length > 300) {
        const half = random.below(body.length);
        response.write(body.subarray(0, half));
        setImmediate(() => response.end(body.subarray(half)));
      } else response.end(body);
    };
    if (kind === 'late') setTimeout(send, random.below(8));
    else send();
  };

  const server = createServer(handle);
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref();
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return {
    ...model,
    origin: `http://127.0.0.1:${address.port}`,
    put: (key, fields) => {
      // Versions with the same bytes have the same ETag.
      clock += random.between(1000, 2500);
      const etag = `"${createHash('md5').update(fields.body).digest('hex')}"`;
      const versions = objects.get(key) ?? [];
      objects.set(key, versions);
      versions.push({
        ...fields,
        id: `v${(ids += 1)}`,
        key,
        etag,
        lastModified: new Date(clock).toUTCString(),
      });
    },
    remove: (key) => {
      objects.get(key)?.push(undefined);
    },
    setRight: (session, key, right, isAllowed) => {
      if (isAllowed) denied.delete(rightKey(session, key, right));
      else denied.add(rightKey(session, key, right));
    },
    proofs,
    requests: () => requests,
    setFaults: (share) => {
      faults = share;
    },
    respond: (request) => respondTo(model, request),
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function readRequest({ method = '', url = '', headers }: IncomingMessage): ModelRequest {
  const { pathname, searchParams } = new URL(url, 'http://s3');
  const [, , ...key] = pathname.split('/').map(decodeURIComponent);
  const [, session = ''] = /Credential=AKIA-(\w+)-\d+\//.exec(headers.authorization ?? '') ?? [];
  return {
    method,
    session,
    key: key.join('/'),
    versionId: searchParams.get('versionId') ?? undefined,
    headers,
  };
}
