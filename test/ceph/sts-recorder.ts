// A proxy between a bridge and Ceph's STS that records requests and credentials. It can request a lifetime shorter than 900 s,
// the minimum that AWS and the bridge's configuration allow.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { request as ask } from '../support/http-request.ts';

export interface GivenKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

export interface Exchange {
  readonly action: string;
  readonly roleArn: string;
  readonly sessionName: string;
  readonly policy: string;
  readonly at: number;
  readonly keys: GivenKeys;
}

export interface StsBetween {
  readonly origin: string;
  /** The exchanges in which Ceph issued credentials. */
  readonly exchanges: readonly Exchange[];
  close(): void;
}

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

/** @param seconds the lifetime to request for web identity credentials, instead of the lifetime that the bridge requests */
export async function startStsBetween(sts: string, seconds?: number): Promise<StsBetween> {
  const exchanges: Exchange[] = [];
  const pass = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const form = new URLSearchParams(body.toString());
    const isSigned = request.headers.authorization !== undefined;
    if (seconds !== undefined && !isSigned) form.set('DurationSeconds', String(seconds));
    const at = Date.now();
    const reply = await (isSigned
      ? // The signature covers exactly the signed request, including `host`.
        ask(sts, '/', { method: 'POST', headers: request.headers as Record<string, string>, body })
      : ask(sts, '/', { method: 'POST', headers: FORM, body: form.toString() }));
    const element = (name: string): string => new RegExp(`<${name}>([^<]+)<`).exec(reply.text)?.[1] ?? '';
    if (reply.status === 200) {
      const keys = {
        accessKeyId: element('AccessKeyId'),
        secretAccessKey: element('SecretAccessKey'),
        sessionToken: element('SessionToken'),
      };
      const field = (name: string): string => form.get(name) ?? '';
      exchanges.push({
        action: field('Action'),
        roleArn: field('RoleArn'),
        sessionName: field('RoleSessionName'),
        policy: field('Policy'),
        at,
        keys,
      });
    }
    const requestId = reply.headers['x-amz-request-id'] ?? '';
    const { date = new Date().toUTCString() } = reply.headers;
    response.writeHead(reply.status, {
      date,
      'content-type': 'application/xml',
      'x-amz-request-id': requestId,
    });
    response.end(reply.body);
  };
  const server = createServer((request, response) => {
    pass(request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    exchanges,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
