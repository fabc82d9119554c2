// Starts a real bridge with a fake STS and a fake S3. The fake S3 finds the caller whose session signed a request, and checks
// the request against that caller's grants.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { startStsStandIn } from '../support/sts-stand-in.ts';
import { startStandIn } from '../support/stand-in.ts';
import { startWire } from '../support/wire.ts';
import type { Wire } from '../support/wire.ts';
import { breachAtS3 } from './grant-oracle.ts';
import { CALLERS, configuration } from './lake.ts';
import type { CallerName } from './lake.ts';
import type { Mint } from './mint.ts';

export interface SeenAtS3 {
  /** The caller whose session signed the request. */
  readonly caller: CallerName | undefined;
  readonly breach: string | undefined;
}

export interface WireStage {
  readonly wire: Wire;
  /** Returns the request that S3 received for this `x-request-id`. */
  seen(requestId: string): SeenAtS3 | undefined;
  /** All grant violations that S3 has seen so far. */
  readonly breaches: readonly string[];
  requests(): number;
  close(): Promise<void>;
}

/** The caller for each session name that STS receives (docs/reference/logs.md, `sessionName`). */
const SESSION_NAMES: Readonly<Record<string, CallerName>> = {
  'reader@acme-prod': 'reader',
  'scoped@acme-prod': 'scoped',
  'paired@acme-prod': 'paired',
  [CALLERS.numbered.sub]: 'numbered',
  'stranger@elsewhere': 'stranger',
};

export async function startWireStage(mint: Mint): Promise<WireStage> {
  const sts = await startStsStandIn();
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
  if (caller === undefined) return { caller, breach: `an unknown session (${String(sessionName)})` };
  const { rawHeaders: raw, method = '', url = '' } = request;
  const headers = raw.flatMap((name, i) => (i % 2 === 0 ? [[name, raw[i + 1] ?? ''] as const] : []));
  return { caller, breach: breachAtS3(CALLERS[caller], { method, url, headers }) };
}

const EMPTY_LIST =
  '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>false</IsTruncated></ListBucketResult>';

/** Usually sends an empty list with status 200, and sometimes a 404, 304 or 412. */
function answer(count: number, response: ServerResponse): void {
  const headers = { etag: '"etag"', 'x-amz-request-id': String(count) };
  if (count % 7 === 3) response.writeHead(404, headers).end('<Error><Code>NoSuchKey</Code></Error>');
  else if (count % 11 === 5) response.writeHead(304, headers).end();
  else if (count % 13 === 4)
    response.writeHead(412, headers).end('<Error><Code>PreconditionFailed</Code></Error>');
  else response.writeHead(200, headers).end(EMPTY_LIST);
}
