// Stands before the sandbox's STS, whose faults strike every call alike: strikes those of one action, and passes on the rest.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { STS_ERRORS, stsErrorResponse } from '../../src/sandbox/sts/sts-error.ts';
import { request as ask } from './http-request.ts';

export interface Strike {
  readonly action: 'AssumeRoleWithWebIdentity' | 'AssumeRole';
  /** Of this session alone. */
  readonly sessionName?: string;
  /** Never answered, or an error of STS's own. */
  readonly how: 'hang' | { readonly code: string; readonly message?: string };
}

export interface StsInFront {
  readonly origin: string;
  /** Strikes from now on, in the place of what struck before. */
  strike(strike: Strike | undefined): void;
  /** The forms of the calls so far, struck or not. */
  readonly forms: readonly URLSearchParams[];
  close(): void;
}

/** @param sts the sandbox's, which signatures still fit, as `host` goes through as it came */
export async function startStsInFront(sts: string): Promise<StsInFront> {
  const forms: URLSearchParams[] = [];
  let current: Strike | undefined;
  const strikes = (form: URLSearchParams): Strike | undefined => {
    const isMeant =
      form.get('Action') === current?.action &&
      (current.sessionName === undefined || form.get('RoleSessionName') === current.sessionName);
    return isMeant ? current : undefined;
  };
  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const form = new URLSearchParams(body.toString());
    forms.push(form);
    const how = strikes(form)?.how;
    if (how === 'hang') return;
    if (how !== undefined) {
      const [status = 400, usual = ''] = STS_ERRORS.get(how.code) ?? [];
      const { message = usual } = how;
      const refusal = stsErrorResponse({ status, code: how.code, message }, crypto.randomUUID());
      response.writeHead(status, refusal.headers).end(refusal.body);
      return;
    }
    const headers = request.headers as Record<string, string>;
    const reply = await ask(sts, request.url ?? '/', { method: request.method ?? 'POST', headers, body });
    const { date = '', 'content-type': type = '', 'x-amzn-requestid': id = '' } = reply.headers;
    response.writeHead(reply.status, { date, 'content-type': type, 'x-amzn-requestid': id });
    response.end(reply.body);
  };
  const server = createServer((request, response) => {
    respond(request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // Where the bridge does not start, nobody closes it.
  server.unref();
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    forms,
    strike: (strike) => {
      current = strike;
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
