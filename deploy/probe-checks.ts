// The requests that a probe sends to a bridge, each with its identity and its expected response.
import { metadataServer } from '../src/identity/metadata.ts';
import { impersonatedToken } from './impersonated-account.ts';
import { remedyOf } from './probe-remedies.ts';

export interface ProbeOptions {
  /** The origin of the bridge. */
  readonly url: string;
  readonly audience: string;
  readonly bucket: string;
  readonly key: string;
  readonly ungrantedKey: string;
  readonly ungrantedAccount: string;
  readonly metadataHost: string;
  /** The origin of the IAM Credentials API. */
  readonly googleApis: string;
  /** The audience for Cloud Run's invoker check; set only if the bridge is behind that check. */
  readonly invokerAudience?: string;
}

export interface CheckResult {
  readonly name: string;
  readonly ok: boolean;
  /** The HTTP status; null if there was no response. */
  readonly status: number | null;
  readonly ms: number;
  /** The `x-fedbridge-error` header. An error response without this header comes from the platform, not from the bridge. */
  readonly error?: string;
  /** The request ID, which also identifies the request in the bridge's log. */
  readonly requestId?: string;
  /** How to fix the problem; set only if the check failed. */
  readonly remedy?: string;
}

interface Check {
  readonly name: string;
  readonly key: string;
  token(): Promise<string>;
  readonly expected: { readonly status: number; readonly error?: string };
}

/** An audience that no bridge accepts, because nobody can own this host name (RFC 2606). */
const ANOTHER_AUDIENCE = 'https://another-bridge.invalid';

/** The deadline for a request. The first request may have to wait until an instance has started and STS has responded. */
const DEADLINE_MS = 30_000;

/**
 * Each check also compares the `x-fedbridge-error` header, because the status is not enough. S3 also responds with 403 to a
 * request that the bridge should not have sent, and Cloud Run responds with 403 to callers that it does not admit. Only the
 * bridge sends `not_granted`.
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
  // Runs one check at a time, so that no check slows down another.
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
    // Passes the key in the query, because Cloud Run intercepts some paths that end in 'z' and decodes some escapes.
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

/** Reads the whole body, because a truncated response is a failure. */
async function drain({ body }: Response): Promise<void> {
  if (body === null) return;
  const reader = body.getReader();
  while (!(await reader.read()).done);
}

/** Returns a code, never a message, because a library's message may contain a token. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'failed';
  if (error.name === 'TimeoutError') return 'timeout';
  // The system's error code is in the cause of a `fetch` error.
  const codes = [error, error.cause].map((one) =>
    typeof one === 'object' && one !== null && 'code' in one ? one.code : undefined,
  );
  return codes.find((code) => typeof code === 'string') ?? 'failed';
}
