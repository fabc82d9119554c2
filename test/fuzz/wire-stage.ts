// A real bridge between two stand-ins: an STS that marks each session, and an S3 at which every request is held against the
// grants of the caller whose session it came with.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { startMarkedSts } from '../support/marked-sts.ts';
import { startStandIn } from '../support/s3-stand-in.ts';
import { startWire } from '../support/wire.ts';
import type { Wire } from '../support/wire.ts';
import { breachAtS3 } from './grant-oracle.ts';
import { CALLERS, configuration } from './lake.ts';
import type { CallerName } from './lake.ts';
import type { Mint } from './mint.ts';

export interface SeenAtS3 {
  /** Whose session it came with. */
  readonly caller: CallerName | undefined;
  readonly breach: string | undefined;
}

export interface WireStage {
  readonly wire: Wire;
  /** By the bridge's request ID: what S3 was asked for that request. */
  seen(requestId: string): SeenAtS3 | undefined;
  /** All that has been wrong at S3 so far. */
  readonly breaches: readonly string[];
  requests(): number;
  close(): Promise<void>;
}

/** As STS is told them (README, "Session names"). */
const SESSION_NAMES: Readonly<Record<string, CallerName>> = {
  'reader@acme-prod': 'reader',
  'scoped@acme-prod': 'scoped',
  'paired@acme-prod': 'paired',
  [CALLERS.numbered.sub]: 'numbered',
  'stranger@elsewhere': 'stranger',
};

export async function startWireStage(mint: Mint): Promise<WireStage> {
  const sts = await startMarkedSts();
  const seen = new Map<string, SeenAtS3>();
  const breaches: string[] = [];
  let requests = 0;
  const s3 = await startStandIn((request, response) => {
    requests += 1;
    const looked = look(
      request,
      sts.bySessionToken(String(request.headers['x-amz-security-token']))?.sessionName,
    );
    if (looked.breach !== undefined) breaches.push(`${looked.breach}: ${request.url ?? ''}`);
    seen.set(/^fedbridge \((.*)\)$/.exec(request.headers['user-agent'] ?? '')?.[1] ?? '', looked);
    answer(requests, response);
  });
  const wire = await startWire({
    ownProcess: true,
    config: () => configuration(s3.origin),
    environment: { AWS_ENDPOINT_URL_STS: sts.origin, FEDBRIDGE_GOOGLE_CERTS: mint.certsUrl },
  });
  return {
    wire,
    breaches,
    seen: (requestId) => seen.get(requestId),
    requests: () => requests,
    close: async () => {
      await wire.close();
      sts.close();
      s3.close();
    },
  };
}

function look(request: IncomingMessage, sessionName: string | undefined): SeenAtS3 {
  const caller = SESSION_NAMES[sessionName ?? ''];
  if (caller === undefined) return { caller, breach: `a session of nobody's (${String(sessionName)})` };
  const { rawHeaders: raw, method = '', url = '' } = request;
  const headers = raw.flatMap((name, i) => (i % 2 === 0 ? [[name, raw[i + 1] ?? ''] as const] : []));
  return { caller, breach: breachAtS3(CALLERS[caller], { method, url, headers }) };
}

const EMPTY_LIST =
  '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>false</IsTruncated></ListBucketResult>';

/** Mostly what was asked for; now and then what is not there, or has not changed. */
function answer(count: number, response: ServerResponse): void {
  const headers = { etag: '"etag"', 'x-amz-request-id': String(count) };
  if (count % 7 === 3) response.writeHead(404, headers).end('<Error><Code>NoSuchKey</Code></Error>');
  else if (count % 11 === 5) response.writeHead(304, headers).end();
  else if (count % 13 === 4)
    response.writeHead(412, headers).end('<Error><Code>PreconditionFailed</Code></Error>');
  else response.writeHead(200, headers).end(EMPTY_LIST);
}
