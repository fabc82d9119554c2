// What a probe asks of a bridge, in whose name, and what must come back.
import { metadataServer } from '../src/identity/metadata.ts';
import { impersonatedToken } from './impersonated-account.ts';
import { remedyOf } from './probe-remedies.ts';

export interface ProbeOptions {
  /** Origin of the bridge. */
  readonly url: string;
  readonly audience: string;
  readonly bucket: string;
  readonly key: string;
  readonly ungrantedKey: string;
  readonly ungrantedAccount: string;
  readonly metadataHost: string;
  /** Origin of IAM Credentials. */
  readonly googleApis: string;
  /** Only where Cloud Run's invoker check stands before the bridge. */
  readonly invokerAudience?: string;
}

export interface CheckResult {
  readonly name: string;
  readonly ok: boolean;
  /** Of the answer; null where there was none. */
  readonly status: number | null;
  readonly ms: number;
  /** `x-fedbridge-error`: where an answer has none and is no success, it is the platform's and not the bridge's. */
  readonly error?: string;
  /** Under which the bridge's log has the request. */
  readonly requestId?: string;
  /** Of a check that failed. */
  readonly remedy?: string;
}

interface Check {
  readonly name: string;
  readonly key: string;
  token(): Promise<string>;
  readonly expected: { readonly status: number; readonly error?: string };
}

/** Nobody can be that (RFC 2606). */
const ANOTHER_AUDIENCE = 'https://another-bridge.invalid';

/** A first request may wait for an instance to start and for STS. */
const DEADLINE_MS = 30_000;

/**
 * Statuses alone would not do: S3 says 403 too, of what a bridge should never have asked it for, and so does Cloud Run, of whom it
 * does not let through. Only the bridge says `not_granted`.
 */
export async function runChecks(options: ProbeOptions): Promise<CheckResult[]> {
  const { audience, key, ungrantedKey, ungrantedAccount: email, invokerAudience } = options;
  const metadata = metadataServer();
  const own = async (wanted: string): Promise<string> => (await metadata.identityToken(wanted)).jwt;
  const checks: readonly Check[] = [
    { name: 'read', key, token: () => own(audience), expected: { status: 200 } },
    {
      name: 'wrong_audience',
      key,
      token: () => own(ANOTHER_AUDIENCE),
      expected: { status: 401, error: 'unauthenticated' },
    },
    {
      name: 'ungranted_caller',
      key,
      token: () => impersonatedToken({ ...options, email }),
      expected: { status: 403, error: 'not_granted' },
    },
    {
      name: 'ungranted_key',
      key: ungrantedKey,
      token: () => own(audience),
      expected: { status: 403, error: 'not_granted' },
    },
  ];
  const invoker = invokerAudience === undefined ? undefined : () => own(invokerAudience);
  const results: CheckResult[] = [];
  // One after the other: none waits for another's first token or connection in its own time.
  for (const check of checks) {
    const result = await runCheck(check, options, invoker);
    results.push(result.ok ? result : { ...result, remedy: remedyOf(result) });
  }
  return results;
}

async function runCheck(
  { name, key, token, expected }: Check,
  { url, bucket }: ProbeOptions,
  invoker: (() => Promise<string>) | undefined,
): Promise<CheckResult> {
  const begun = performance.now();
  const ms = (): number => Math.round(performance.now() - begun);
  try {
    // By query: of a path Cloud Run keeps some that end in 'z', and decodes some escapes.
    const target = `${url}/-/object?${new URLSearchParams({ bucket, key }).toString()}`;
    const response = await fetch(target, {
      headers: {
        authorization: `Bearer ${await token()}`,
        ...(invoker === undefined ? {} : { 'x-serverless-authorization': `Bearer ${await invoker()}` }),
      },
      redirect: 'manual',
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    await drain(response);
    const error = response.headers.get('x-fedbridge-error') ?? undefined;
    const requestId = response.headers.get('x-request-id') ?? undefined;
    return {
      name,
      ok: response.status === expected.status && error === expected.error && requestId !== undefined,
      status: response.status,
      ms: ms(),
      ...(error === undefined ? {} : { error }),
      ...(requestId === undefined ? {} : { requestId }),
    };
  } catch (error) {
    return { name, ok: false, status: null, ms: ms(), error: codeOf(error) };
  }
}

/** To the end: an answer that is cut is no success. */
async function drain({ body }: Response): Promise<void> {
  if (body === null) return;
  const reader = body.getReader();
  while (!(await reader.read()).done);
}

/** A code and never a message: those of libraries may hold a token. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'failed';
  if (error.name === 'TimeoutError') return 'timeout';
  // What fetch throws has the system's code one level down.
  const codes = [error, error.cause].map((one) =>
    typeof one === 'object' && one !== null && 'code' in one ? one.code : undefined,
  );
  return codes.find((code) => typeof code === 'string') ?? 'failed';
}
