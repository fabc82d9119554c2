// A fake STS that issues distinct credentials for each session, so that a fake S3 can recognize which session sent a request. The
// fake STS can instead forward calls to the sandbox's STS. In both cases, a test can replace the responses to some calls.
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { SandboxResponse } from '../../src/sandbox/response.ts';
import { STS_ERRORS, stsErrorResponse, stsResultResponse } from '../../src/sandbox/sts/sts-error.ts';
import { request as send } from './http-request.ts';
import { startStandIn } from './stand-in.ts';

export interface IssuedSession {
  readonly sessionName: string;
  readonly policy: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

interface StsResponse {
  readonly status: number;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: SandboxResponse['body'] | string;
}

/** Returns the response to a call, `hang` to never respond, or undefined for the usual response. */
type Replace = (form: URLSearchParams) => StsResponse | 'hang' | undefined;

export interface StsStandIn {
  readonly origin: string;
  /** The form bodies of all calls so far, including failed calls. */
  readonly forms: readonly URLSearchParams[];
  /** The sessions that this STS has issued; sessions from forwarded calls are not included. */
  readonly sessions: readonly IssuedSession[];
  /** Sets the function that replaces responses. Undefined restores the usual responses. */
  respondWith(replace: Replace | undefined): void;
  /** Returns the session with this session token. */
  bySessionToken(token: string): IssuedSession | undefined;
  close(): void;
}

const LIFE_MS = 3_600_000;
const XML = { 'content-type': 'text/xml' };

/** @param forwardTo the origin of an STS to which calls are forwarded; by default, the stand-in issues the sessions */
export async function startStsStandIn(forwardTo?: string): Promise<StsStandIn> {
  const forms: URLSearchParams[] = [];
  const sessions = new Map<string, IssuedSession>();
  let replace: Replace | undefined;
  const issue = (form: URLSearchParams): StsResponse => {
    const session = newSession(form);
    sessions.set(session.sessionToken, session);
    return issued(form, session);
  };
  const { origin, close } = await startStandIn(async (request, response) => {
    const body = await buffer(request);
    const form = new URLSearchParams(body.toString());
    forms.push(form);
    const replaced = replace?.(form);
    if (replaced === 'hang') return;
    const reply =
      replaced ?? (forwardTo === undefined ? issue(form) : await forward(forwardTo, request, body));
    response.writeHead(reply.status, reply.headers ?? XML).end(reply.body);
  });
  return {
    origin,
    forms,
    get sessions() {
      return [...sessions.values()];
    },
    respondWith: (next) => {
      replace = next;
    },
    bySessionToken: (token) => sessions.get(token),
    close,
  };
}

/** Makes calls to one action fail: `hang` never responds; otherwise, STS responds with this error. */
export function failing(
  how: 'hang' | { readonly code: string; readonly message?: string },
  calls: {
    readonly action: 'AssumeRoleWithWebIdentity' | 'AssumeRole';
    /** If set, only calls with this session name fail. */
    readonly sessionName?: string;
  },
): Replace {
  return (form) => {
    const { action, sessionName = form.get('RoleSessionName') } = calls;
    if (form.get('Action') !== action || form.get('RoleSessionName') !== sessionName) return undefined;
    if (how === 'hang') return how;
    const [status = 400, usual = ''] = STS_ERRORS.get(how.code) ?? [];
    return stsErrorResponse({ status, code: how.code, message: how.message ?? usual }, crypto.randomUUID());
  };
}

function newSession(form: URLSearchParams): IssuedSession {
  return {
    sessionName: form.get('RoleSessionName') ?? '',
    policy: form.get('Policy') ?? '',
    accessKeyId: `ASIA${randomBytes(8).toString('hex').toUpperCase()}`,
    secretAccessKey: `s3cr3t/${randomBytes(20).toString('base64url')}`,
    sessionToken: `FwoGZXIvYXdz/${randomBytes(120).toString('base64url')}==`,
  };
}

const issued = (form: URLSearchParams, session: IssuedSession): StsResponse =>
  stsResultResponse(
    form.get('Action') ?? '',
    {
      Credentials: {
        AccessKeyId: session.accessKeyId,
        SecretAccessKey: session.secretAccessKey,
        SessionToken: session.sessionToken,
        Expiration: new Date(Date.now() + LIFE_MS).toISOString(),
      },
      AssumedRoleUser: {
        AssumedRoleId: `AROA:${session.sessionName}`,
        Arn: `arn:aws:sts::123456789012:assumed-role/gcp-lake-read/${session.sessionName}`,
      },
    },
    crypto.randomUUID(),
  );

async function forward(sts: string, request: IncomingMessage, body: Buffer): Promise<StsResponse> {
  const headers = request.headers as Record<string, string>;
  const reply = await send(sts, request.url ?? '/', { method: request.method ?? 'POST', headers, body });
  const { date = '', 'content-type': type = '', 'x-amzn-requestid': id = '' } = reply.headers;
  return {
    status: reply.status,
    body: reply.body,
    headers: { date, 'content-type': type, 'x-amzn-requestid': id },
  };
}
