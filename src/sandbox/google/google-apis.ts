// Emulates three Google APIs on one port: the key set for ID tokens, OAuth 2.0 tokens, and service account impersonation.
import type { IncomingMessage } from 'node:http';
import type { SandboxResponse } from '../response.ts';
import type { Upstream } from '../upstream-server.ts';
import { createAccessTokens, TOKEN_PATH } from './access-tokens.ts';
import { CERTS_PATH, certsResponse } from './certs.ts';
import { generateIdToken, type ImpersonationParts } from './generate-id-token.ts';
import { googleErrorResponse, oauthErrorResponse } from './google-error.ts';

interface GoogleRequest {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: string;
  /** The project and account in an impersonation request's path. */
  readonly target: { readonly project: string; readonly account: string } | undefined;
  readonly fields: Readonly<Record<string, unknown>> | undefined;
}

const GENERATE_ID_TOKEN = /^\/v1\/projects\/([^/]+)\/serviceAccounts\/([^/]+):generateIdToken$/;
const MAX_BODY_BYTES = 65_536;

export function createGoogleApis(parts: Omit<ImpersonationParts, 'access'>): Upstream<GoogleRequest> {
  const access = createAccessTokens(parts.clock);
  return {
    async read(request, call) {
      const { method = 'GET', url = '/', headers } = request;
      const path = url.split('?')[0] ?? '/';
      const body = method === 'POST' ? await bodyOf(request) : '';
      const [, project, account] = GENERATE_ID_TOKEN.exec(decoded(path)) ?? [];
      const target = project !== undefined && account !== undefined ? { project, account } : undefined;
      const fields = target && fieldsOf(body);
      const parsed = { method, path, authorization: headers.authorization, body, target, fields };
      call.note(noted(parsed, headers['x-goog-user-project']));
      return parsed;
    },
    refuse({ path }, { status, code, message = 'Injected fault.', headers }) {
      return path === TOKEN_PATH
        ? oauthErrorResponse(status, code ?? 'invalid_grant', message, headers)
        : googleErrorResponse({ status, code, message, headers });
    },
    respond(parsed) {
      const { method, path, body, target } = parsed;
      if (path === CERTS_PATH && (method === 'GET' || method === 'HEAD')) return certsResponse(parts.keys);
      if (path === TOKEN_PATH && method === 'POST') return access.respond(new URLSearchParams(body));
      if (target && method === 'POST') return generateIdToken({ ...parsed, ...target }, { ...parts, access });
      return notFound();
    },
  };
}

const notFound = (): SandboxResponse =>
  googleErrorResponse({ status: 404, message: 'Requested entity was not found.' });

/** Returns details of the request for the call log, without tokens or secrets. */
function noted(
  { path, body, target, fields }: GoogleRequest,
  quotaProject: unknown,
): Record<string, unknown> {
  if (path === TOKEN_PATH) return { grantType: new URLSearchParams(body).get('grant_type') };
  if (!target) return {};
  const { audience, includeEmail, useEmailAzp } = fields ?? {};
  return { impersonates: target.account, audience, includeEmail, useEmailAzp, quotaProject };
}

function fieldsOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** Decodes a path. If its percent-encoding is invalid, returns a path that does not exist. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return '';
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
