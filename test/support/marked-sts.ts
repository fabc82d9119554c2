// An STS that gives everybody a session, and marks its credentials, so that S3's side can tell whose session a request came with.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { stsResultResponse } from '../../src/sandbox/sts/sts-error.ts';

export interface MarkedSession {
  readonly sessionName: string;
  readonly policy: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

type Other =
  ((form: URLSearchParams) => { readonly status: number; readonly body: string } | undefined) | undefined;

export interface MarkedSts {
  readonly origin: string;
  /** All that were ever given. */
  readonly sessions: readonly MarkedSession[];
  /** From now on answers with this in the place of a session, where it gives anything. */
  answerWith(answer: Other): void;
  /** Whose session token that is. */
  bySessionToken(token: string): MarkedSession | undefined;
  close(): void;
}

const LIFE_MS = 3_600_000;

export async function startMarkedSts(): Promise<MarkedSts> {
  const sessions = new Map<string, MarkedSession>();
  let other: Other;
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const form = new URLSearchParams(body);
      const said = other?.(form);
      if (said !== undefined) {
        response.writeHead(said.status, { 'content-type': 'text/xml' }).end(said.body);
        return;
      }
      const keys = {
        accessKeyId: `ASIA${randomBytes(8).toString('hex').toUpperCase()}`,
        secretAccessKey: `s3cr3t/${randomBytes(20).toString('base64url')}`,
        sessionToken: `FwoGZXIvYXdz/${randomBytes(120).toString('base64url')}==`,
      };
      const sessionName = form.get('RoleSessionName') ?? '';
      sessions.set(keys.sessionToken, { ...keys, sessionName, policy: form.get('Policy') ?? '' });
      const answer = stsResultResponse(
        form.get('Action') ?? '',
        {
          Credentials: {
            AccessKeyId: keys.accessKeyId,
            SecretAccessKey: keys.secretAccessKey,
            SessionToken: keys.sessionToken,
            Expiration: new Date(Date.now() + LIFE_MS).toISOString(),
          },
          AssumedRoleUser: {
            AssumedRoleId: `AROA:${sessionName}`,
            Arn: `arn:aws:sts::123456789012:assumed-role/gcp-lake-read/${sessionName}`,
          },
        },
        crypto.randomUUID(),
      );
      response.writeHead(answer.status, answer.headers).end(answer.body);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref();
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get sessions() {
      return [...sessions.values()];
    },
    answerWith: (answer) => {
      other = answer;
    },
    bySessionToken: (token) => sessions.get(token),
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
