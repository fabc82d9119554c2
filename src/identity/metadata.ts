// Asks Google's metadata server: for the identity token that we present, and for the names of where we run.
import { instance, project, setGCPResidency } from 'gcp-metadata';
import { describeUnknown, Fault } from '../errors/fault.ts';
import { isLocalError } from '../errors/local-error.ts';
import type { FaultCode } from '../errors/table.ts';
import { withDeadline } from '../runtime/deadline.ts';
import { readIdentityToken } from './identity-token.ts';
import type { IdentityToken } from './identity-token.ts';

/** The server is on the same host and answers within milliseconds; its own hiccups (429, 503) take about two seconds to retry. */
const DEADLINE_MS = 5_000;

export interface InstanceNames {
  /** Absent where nobody knows it, off Google Cloud. */
  readonly project?: string;
  /** The host's name off Google Cloud. Absent where the metadata server knows no instance name, as on Cloud Run. */
  readonly instance?: string;
}

export interface MetadataServer {
  /** @throws Fault metadata_timeout, metadata_unreachable, metadata_no_account, metadata_refused, metadata_workload_identity_denied,
   *   metadata_invalid_response */
  identityToken(audience: string): Promise<IdentityToken>;
  /** @throws Fault as above */
  instanceNames(options: { readonly withInstance: boolean }): Promise<InstanceNames>;
}

/** Skips gcp-metadata's own check, in this library and in google-auth-library, of whether this is Google Cloud. */
export const skipResidencyCheck = (): void => {
  setGCPResidency(false);
};

export function metadataServer(): MetadataServer {
  // gcp-metadata has no timeout of its own on what it takes for Google Cloud, and a hung server would then hold a socket forever;
  // elsewhere it gives up each attempt after 3 s. The deadline below is what callers wait for.
  skipResidencyCheck();
  return {
    async identityToken(audience) {
      // `full`, as the standard format carries no e-mail on Cloud Run; gcp-metadata escapes the audience.
      const params = { audience, format: 'full' };
      const text = await withinDeadline(
        'identity',
        instance({ property: 'service-accounts/default/identity', params }),
      );
      const token = readIdentityToken(text);
      if (token === undefined)
        throw new Fault('metadata_invalid_response', { requested: 'identity', characters: text.length });
      return token;
    },
    async instanceNames({ withInstance }) {
      const [projectId, instanceName] = await Promise.all([
        withinDeadline('project-id', project('project-id')),
        withInstance ? withinDeadline('instance name', instance('name')).catch(unlessUnknown) : undefined,
      ]);
      return { project: projectId, ...(instanceName === undefined ? {} : { instance: instanceName }) };
    },
  };
}

function unlessUnknown(error: unknown): undefined {
  if (!(error instanceof Fault) || error.code !== 'metadata_no_account') throw error;
}

async function withinDeadline(requested: string, response: Promise<unknown>): Promise<string> {
  try {
    const text = await withDeadline(response, {
      ms: DEADLINE_MS,
      onTimeout: () => new Fault('metadata_timeout', { requested, timeoutMilliseconds: DEADLINE_MS }),
    });
    // gcp-metadata parses text that looks like JSON; neither a token nor a name does.
    if (typeof text !== 'string') throw new Fault('metadata_invalid_response', { requested });
    return text;
  } catch (error) {
    throw error instanceof Fault ? error : refusal(requested, error);
  }
}

/** By code and status, and by text only for GKE's own 403. A reply without `Metadata-Flavor: Google` is a RangeError of gcp-metadata. */
function refusal(requested: string, error: unknown): Fault {
  if (error instanceof RangeError) return new Fault('metadata_invalid_response', { requested });
  if (isLocalError(error)) return new Fault('internal', { requested, error: describeUnknown(error) });
  const { status, code } = describe(error);
  const faultCode =
    status === 403 && isDeniedByIam(error) ? 'metadata_workload_identity_denied' : codeOf(status, code);
  return new Fault(faultCode, { requested, status, error: code });
}

/** GKE's metadata server repeats what IAM answered it; a 403 of any other server or proxy does not contain this. */
function isDeniedByIam(error: unknown): boolean {
  const response = typeof error === 'object' && error !== null && 'response' in error ? error.response : null;
  const body =
    typeof response === 'object' && response !== null && 'data' in response ? response.data : undefined;
  return typeof body === 'string' && body.includes('IAM returned 403');
}

function codeOf(status: number | undefined, code: string | undefined): FaultCode {
  if (status === 404) return 'metadata_no_account';
  if (status !== undefined) return 'metadata_refused';
  if (code?.startsWith(NO_HTTP) === true) return 'metadata_invalid_response';
  return code !== undefined && TIMEOUTS.has(code) ? 'metadata_timeout' : 'metadata_unreachable';
}

/** Codes of Node's HTTP parser: something answers, and it is no metadata server. */
const NO_HTTP = 'HPE_';

const TIMEOUTS = new Set(['ETIMEDOUT', 'TimeoutError', 'AbortError']);

function describe(error: unknown): { status?: number; code?: string } {
  if (typeof error !== 'object' || error === null) return {};
  const status = 'status' in error && typeof error.status === 'number' ? error.status : undefined;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return { ...(status === undefined ? {} : { status }), ...(code === undefined ? {} : { code }) };
}
