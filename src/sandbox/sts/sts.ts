// Emulates AWS STS: parses the request's form, runs the action, and responds with AWS's XML.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { actorOf } from '../iam/actor.ts';
import type { Principal } from '../iam/credentials.ts';
import { verifySignature, type Problem } from '../sigv4.ts';
import type { Upstream } from '../upstream-server.ts';
import { assumeRole, assumeRoleWithWebIdentity, type StsParts } from './assume.ts';

import { ACTIONS, checkParameters, type Parameters } from './parameters.ts';
import { STS_ERRORS, StsError, stsErrorResponse, stsResultResponse } from './sts-error.ts';

export interface StsRequest {
  readonly request: IncomingMessage;
  readonly requestId: string;
  readonly body: Buffer;
  readonly parameters: Parameters;
  readonly tooLarge: boolean;
}

const API_VERSION = '2011-06-15';
const MAX_BODY_BYTES = 262_144;

const PROBLEM_CODES: Readonly<Record<Problem, string>> = {
  unsigned: 'MissingAuthenticationToken',
  malformed: 'IncompleteSignature',
  'headers-not-signed': 'SignatureDoesNotMatch',
  'unknown-key': 'InvalidClientTokenId',
  'bad-token': 'InvalidClientTokenId',
  'expired-token': 'ExpiredToken',
  'expired-url': 'RequestExpired',
  skewed: 'SignatureDoesNotMatch',
  mismatch: 'SignatureDoesNotMatch',
};

export function createSts(parts: StsParts): Upstream<StsRequest> {
  return {
    async read(request, call) {
      const { body, tooLarge } = await bodyOf(request);
      const form = new URLSearchParams(body.toString());
      const search = (request.url ?? '/').split(/\?(.*)/s)[1] ?? '';
      const parameters = Object.fromEntries([...new URLSearchParams(search), ...form]);
      const { Action, RoleArn, RoleSessionName, Policy, DurationSeconds } = parameters;
      call.note({
        path: (request.url ?? '/').split('?')[0],
        action: Action,
        roleArn: RoleArn,
        roleSessionName: RoleSessionName,
        policy: Policy,
        durationSeconds: DurationSeconds === undefined ? undefined : Number(DurationSeconds),
        ...chainOf(parameters),
      });
      return { request, requestId: randomUUID(), body, parameters, tooLarge };
    },
    refuse({ requestId }, { status, code, message, headers }) {
      const named = code ?? [...STS_ERRORS].find(([, [usual]]) => usual === status)?.[0] ?? 'UnknownError';
      const text = message ?? STS_ERRORS.get(named)?.[1] ?? 'This fault was injected into the sandbox';
      return stsErrorResponse({ status, code: named, message: text, headers }, requestId);
    },
    async respond(parsed) {
      try {
        const action = actionOf(parsed);
        return stsResultResponse(action, await perform(action, parsed), parsed.requestId);
      } catch (error) {
        if (!(error instanceof StsError)) throw error;
        const { code, message } = error;
        return stsErrorResponse(
          { status: STS_ERRORS.get(code)?.[0] ?? 500, code, message },
          parsed.requestId,
        );
      }
    },
  };

  async function perform(action: string, parsed: StsRequest): Promise<Readonly<Record<string, unknown>>> {
    checkParameters(action, parsed.parameters);
    if (action === 'AssumeRoleWithWebIdentity') return assumeRoleWithWebIdentity(parsed.parameters, parts);
    const principal = await signerOf(parsed);
    return action === 'AssumeRole'
      ? assumeRole(parsed.parameters, principal, parts)
      : callerIdentity(principal);
  }

  async function signerOf({ request, body }: StsRequest): Promise<Principal> {
    const search = (request.url ?? '/').split(/\?(.*)/s)[1] ?? '';
    const verified = await verifySignature(
      {
        method: request.method ?? 'POST',
        paths: ['/'],
        query: Object.fromEntries(new URLSearchParams(search)),
        headers: request.headers,
        body,
      },
      { service: 'sts', now: parts.clock.now('sts'), credentials: parts.credentials },
    );
    if (typeof verified === 'string') throw new StsError(PROBLEM_CODES[verified]);
    return verified.principal;
  }

  function callerIdentity(principal: Principal): Readonly<Record<string, unknown>> {
    const actor = actorOf(parts.roles, principal);
    if (!actor) throw new StsError('InvalidClientTokenId');
    return { Arn: actor.arn, UserId: actor.userId, Account: actor.accountId };
  }
}

function actionOf({ request, parameters, tooLarge }: StsRequest): string {
  if (tooLarge) throw new StsError('RequestEntityTooLarge');
  const { Action: action, Version: version } = parameters;
  if ((request.method !== 'POST' && request.method !== 'GET') || action === undefined)
    throw new StsError('MissingAction');
  if (version === API_VERSION && ACTIONS.includes(action)) return action;
  throw new StsError(
    'InvalidAction',
    `Could not find operation ${action} for version ${version ?? 'NO_VERSION_SPECIFIED'}`,
  );
}

/** Returns the parameters that are used only in role chains, so that tests can check them in the call log. */
function chainOf(parameters: Parameters): Record<string, unknown> {
  const chain = Object.entries(parameters).filter(([name]) =>
    /^(ExternalId|SourceIdentity|Tags\.|TransitiveTagKeys\.)/.test(name),
  );
  return chain.length > 0 ? { chain: Object.fromEntries(chain) } : {};
}

async function bodyOf(request: IncomingMessage): Promise<{ body: Buffer; tooLarge: boolean }> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  return { body: Buffer.concat(chunks), tooLarge: length > MAX_BODY_BYTES };
}
