// Runs one case through the bridge's parser, authentication, authorization and signing, and compares each result with the
// oracles.
import type { IncomingMessage } from 'node:http';
import { authenticator } from '../../src/auth/authenticate.ts';
import { authorize } from '../../src/auth/authorize.ts';
import type { Caller } from '../../src/auth/caller.ts';
import { grantIndex } from '../../src/auth/grants.ts';
import { presentedToken } from '../../src/auth/presented-token.ts';
import { trustedIssuers } from '../../src/auth/trusted-issuer.ts';
import { tokenVerifier } from '../../src/auth/verify-token.ts';
import { readConfig } from '../../src/cli/read-config.ts';
import { FAULTS } from '../../src/errors/table.ts';
import { Fault } from '../../src/errors/fault.ts';
import { forwardedHeaders } from '../../src/api/request-headers.ts';
import { syntheticPrefixes } from '../../src/api/synthetic-list.ts';
import { createCancellation } from '../../src/runtime/cancellation.ts';
import type { ObjectRead, Operation } from '../../src/s3/operation.ts';
import { parseOperation } from '../../src/s3/parse-operation.ts';
import { createReader } from '../../src/s3/read.ts';
import { createSigner } from '../../src/s3/signature.ts';
import type { UpstreamRequest, UpstreamResponse } from '../../src/http1/exchange.ts';
import { headersOf } from './fuzz-case.ts';
import type { FuzzCase } from './fuzz-case.ts';
import { breachAtS3, isNeedMet, placeOf } from './grant-oracle.ts';
import { AUDIENCE, configuration, GRANTS } from './lake.ts';
import type { PlainCaller } from './lake.ts';
import type { Mint } from './mint.ts';
import { asReceived } from './received.ts';
import { judgeToken } from './token-oracle.ts';

/** @returns a description of the failure, or undefined if the case passes */
export type Judge = (each: FuzzCase) => Promise<string | undefined>;

const S3 = 'http://127.0.0.1:9';

export function createJudge(mint: Mint): Judge {
  const config = readConfig({
    FEDBRIDGE_CONFIG: configuration(S3),
    FEDBRIDGE_GOOGLE_CERTS: mint.certsUrl,
  });
  const { audiences, issuers } = config;
  const authenticate = authenticator({
    verify: tokenVerifier(
      trustedIssuers({ certsUrl: mint.certsUrl, audiences, issuers, onKeysFailed: () => undefined }),
    ),
    issuers: 1,
    onOutcome: () => undefined,
  });
  const accessOf = grantIndex(config.grants, config.buckets);
  const sent: (UpstreamRequest & { readonly origin: string })[] = [];
  const { read } = createReader({
    transport: {
      send: (origin, request) => {
        sent.push({ ...request, origin });
        return Promise.resolve(NOTHING);
      },
    },
    sign: createSigner(),
    defaultRegion: 'eu-west-1',
    onRegionLearned: () => undefined,
  });

  const callerOf = async (received: IncomingMessage): Promise<Caller | string> => {
    const token = presentedToken(received);
    if (!received.rawHeaders.some((value) => value === token || value.endsWith(` ${token}`)))
      return 'token: not among those presented';
    if (isAmbiguous(received.rawHeaders)) return 'token: one of several';
    const { verdict, caller: expected } = judgeToken(token, mint, AUDIENCE);
    let caller: Caller;
    try {
      caller = await authenticate(token);
    } catch (error) {
      if (verdict === 'accepted') return `token: rejected (${codeOf(error)}), though it is valid`;
      throw error;
    }
    if (verdict === 'refused') return 'token: accepted, though it is not valid';
    return caller.subject === expected?.sub && caller.email === expected.email
      ? caller
      : `token: of another caller (${JSON.stringify(caller)})`;
  };

  const serve = async (each: FuzzCase): Promise<string | undefined> => {
    const operation = parseOperation(each.method, each.url);
    const place = placeMeant(operation, each.url);
    if (place !== undefined) return place;
    const received = asReceived(each.method, each.url, headersOf(each, mint.token(each.token)));
    const caller = await callerOf(received);
    if (typeof caller === 'string') return caller;
    if (!isRead(operation)) return undefined;
    const plain = { sub: caller.subject, ...(caller.email === undefined ? {} : { email: caller.email }) };
    const access = accessOf(caller);
    const walked = syntheticPrefixes(access.get(operation.bucket), operation);
    if (walked !== undefined) return breachOfWalk(plain, operation, walked);
    const isMet = isNeedMet(plain, operation.bucket, operation);
    let permit;
    try {
      permit = authorize(access, operation);
    } catch (error) {
      return isMet ? `grant: denied (${codeOf(error)}), though it was granted` : undefined;
    }
    if (!isMet) return 'grant: allowed, though it was not granted';
    sent.length = 0;
    const cancellation = createCancellation();
    await read(permit.bucket, operation, SESSION, {
      ...forwardedHeaders(received),
      cancellation,
      caller: 'fuzz',
      requestId: 'fuzz',
    });
    const [request, ...more] = sent;
    if (request === undefined || more.length > 0) return `request: sent ${sent.length} times`;
    return breachOfRequest(plain, operation, request, received);
  };

  return async (each) => {
    try {
      return await serve(each);
    } catch (error) {
      if (error instanceof Fault && Object.hasOwn(FAULTS, error.code) && error.code !== 'internal')
        return undefined;
      return `crash: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
    }
  };
}

const NOTHING: UpstreamResponse = {
  status: 200,
  headers: [],
  pipe: () => undefined,
  resume: () => undefined,
  abort: () => undefined,
};
const KEYS = { accessKeyId: 'ASIAFUZZ', secretAccessKey: 'secret', sessionToken: 'session' };
const SESSION = {
  roleName: 'lake',
  credentials: () => KEYS,
  replace: () => undefined,
};

const isRead = (operation: Operation): operation is ObjectRead => 'actions' in operation;
const codeOf = (error: unknown): string => (error instanceof Fault ? error.code : String(error));

const CREDENTIAL = /^(?:x-amz-(?:security-token|signature|credential)|access_token|id_token)$/i;

/** Whether a request repeats one of the two token headers, or has a different token in each. */
function isAmbiguous(rawHeaders: readonly string[]): boolean {
  const valuesOf = (wanted: string): readonly string[] =>
    rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === wanted);
  const [authorizations, sessions] = [valuesOf('authorization'), valuesOf('x-amz-security-token')];
  if (authorizations.length > 1 || sessions.length > 1) return true;
  const [bearer] = authorizations.filter((value) => /^bearer /i.test(value));
  return bearer !== undefined && sessions.some((token) => !bearer.endsWith(` ${token}`));
}

/** Checks that the bridge parsed exactly the bucket and key in the request target. */
function placeMeant(operation: Operation, url: string): string | undefined {
  const { bucket, key, query, repeated } = placeOf(url);
  if (repeated.length > 0) return 'target: a parameter twice';
  if ([...query.keys()].some((name) => CREDENTIAL.test(name))) return 'target: a credential in the URL';
  const byQuery = bucket === '-';
  const [meant, bytes] = byQuery
    ? [query.get('bucket')?.toString(), query.get('key') ?? Buffer.alloc(0)]
    : [bucket, key];
  if (operation.bucket !== meant) return `target: bucket ${operation.bucket}`;
  if (!isRead(operation)) return undefined;
  if (!Buffer.from(operation.key).equals(bytes)) return `target: key ${JSON.stringify(operation.key)}`;
  return undefined;
}

function breachOfWalk(caller: PlainCaller, list: ObjectRead, walked: readonly string[]): string | undefined {
  const own = GRANTS.filter(({ bucket }) => bucket === list.bucket);
  const stray = walked.find(
    (prefix) =>
      !prefix.startsWith(list.subject) ||
      !own.some(
        ({ prefix: granted = '' }) =>
          granted.startsWith(prefix) && isNeedMet(caller, list.bucket, { ...list, subject: granted }),
      ),
  );
  return stray === undefined ? undefined : `walk: shows ${JSON.stringify(stray)}`;
}

function breachOfRequest(
  caller: PlainCaller,
  operation: ObjectRead,
  { origin, method, path, headers: raw }: UpstreamRequest & { readonly origin: string },
  { headers: given }: IncomingMessage,
): string | undefined {
  if (origin !== S3) return `request: to ${origin}`;
  const headers = pairs(raw);
  const breach = breachAtS3(caller, { method, url: path, headers });
  if (breach !== undefined) return `request: ${breach}`;
  if (!placeOf(path).key.equals(Buffer.from(operation.key)))
    return 'request: for a key other than the authorized one';
  const changed = headers.find(
    ([name, value]) => /^(?:range|if-)/.test(name) && given[name] !== value && given['if-range'] !== value,
  );
  return changed === undefined ? undefined : `request: ${changed[0]} differs from the one received`;
}

const pairs = (raw: readonly string[]): (readonly [string, string])[] =>
  raw.flatMap((name, i) => (i % 2 === 0 ? [[name, raw[i + 1] ?? ''] as const] : []));
