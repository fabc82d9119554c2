// Simulates the machine on which a probe runs. Its service account is `reader`, which may impersonate `stranger`.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import { listen } from '../../src/sandbox/upstream-server.ts';
import type { SandboxContract } from '../../src/sandbox/sandbox.ts';
import { startCallersMachine } from '../support/caller-machine.ts';
import { request } from '../support/http-request.ts';
import { ROOT } from './dockerfile.ts';

export interface ProbeLine {
  readonly severity: string;
  readonly message: string;
  readonly ok: boolean;
  readonly url: string;
  readonly checks: readonly {
    readonly name: string;
    readonly ok: boolean;
    readonly status: number | null;
    readonly ms: number;
    readonly error?: string;
    readonly requestId?: string;
    readonly remedy?: string;
  }[];
}

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProbesMachine {
  /**
   * Runs deploy/probe.ts with these options. The process has only this machine's variables and the variables in `environment`.
   */
  run(
    options: Readonly<Record<string, string>>,
    environment?: Readonly<Record<string, string>>,
  ): Promise<Outcome>;
  close(): Promise<void>;
}

const TOKEN = '/computeMetadata/v1/instance/service-accounts/default/token';
const GENERATE = /^\/v1\/projects\/-\/serviceAccounts\/([^/]+):generateIdToken$/;

export async function startProbesMachine(contract: SandboxContract): Promise<ProbesMachine> {
  const own = await startCallersMachine(contract, 'reader');
  const accessToken = `ya29.${randomBytes(40).toString('base64url')}`;
  const respond = async (incoming: IncomingMessage): Promise<readonly [status: number, text: string]> => {
    const url = incoming.url ?? '/';
    if (url.startsWith(TOKEN))
      return [200, JSON.stringify({ access_token: accessToken, expires_in: 3599, token_type: 'Bearer' })];
    const [, account] = GENERATE.exec(url) ?? [];
    if (account === undefined) {
      const headers = { 'Metadata-Flavor': String(incoming.headers['metadata-flavor']) };
      const { status, text } = await request(`http://${own.metadataHost}`, url, { headers });
      return [status, text];
    }
    const isAllowed = decodeURIComponent(account) === contract.callers.stranger;
    if (!isAllowed || incoming.headers.authorization !== `Bearer ${accessToken}`)
      return [403, '{"error":{"code":403}}'];
    const { audience, includeEmail } = (await json(incoming)) as { audience: string; includeEmail?: boolean };
    const path = `/computeMetadata/v1/instance/service-accounts/${contract.callers.stranger}/identity`;
    const query = `audience=${encodeURIComponent(audience)}&format=${includeEmail === true ? 'full' : 'standard'}`;
    const { text } = await request(contract.metadata, `${path}?${query}`, {
      headers: { 'Metadata-Flavor': 'Google' },
    });
    return [200, JSON.stringify({ token: text })];
  };
  const { port, close } = await listen(0, (incoming, response) => {
    void respond(incoming).then(([status, text]) => {
      const type = text.startsWith('{') ? 'application/json' : 'text/html';
      response.writeHead(status, { 'metadata-flavor': 'Google', 'content-type': type }).end(text);
    });
  });
  return {
    run: (options, environment = {}) => {
      const { promise, resolve } = Promise.withResolvers<Outcome>();
      const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
      const env = {
        GCE_METADATA_HOST: `127.0.0.1:${port}`,
        FEDBRIDGE_GOOGLE_APIS: `http://127.0.0.1:${port}`,
        HOME: '/nonexistent',
        ...environment,
      };
      execFile(process.execPath, [`${ROOT}deploy/probe.ts`, ...args], { env }, (error, stdout, stderr) => {
        // The output is read by people and kept in logs, so it must contain no token.
        assert.doesNotMatch(stdout + stderr, /eyJ|ya29/);
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
      });
      return promise;
    },
    close: async () => {
      await close();
      await own.close();
    },
  };
}

/** @returns the line that a probe printed, which must be its only output */
export function lineOf({ stdout }: Outcome): ProbeLine {
  assert.match(stdout, /^\{.*\}\n$/);
  return JSON.parse(stdout) as ProbeLine;
}
