// Fetches the bridge's identity token, project and instance name from Google's metadata server.
import { instance, project, setGCPResidency } from 'gcp-metadata';
import { describeUnknown, Fault, isLocalError } from '../errors/fault.ts';
import type { FaultCode } from '../errors/table.ts';
import { withDeadline } from '../runtime/elapsed.ts';
import { readIdentityToken } from './identity-token.ts';
import type { IdentityToken } from './identity-token.ts';

/**
 * The deadline for a request. The metadata server is on the same host and responds within milliseconds. Retries after transient
 * errors (429, 503) take about two seconds.
 */
const DEADLINE_MS = 5_000;

export interface InstanceNames {
  /** The project ID; may be absent off Google Cloud. */
  readonly project?: string;
  /**
   * The instance name, or the host name off Google Cloud. Absent on Cloud Run and if the metadata server returns no instance
   * name.
   */
  readonly instance?: string;
}

export interface MetadataServer {
  /** @throws Fault metadata_timeout, metadata_unreachable, metadata_no_account, metadata_refused, metadata_workload_identity_denied,
   *   metadata_invalid_response */
  identityToken(audience: string): Promise<IdentityToken>;
  /** @throws the same faults as `identityToken` */
  instanceNames(options: { readonly withInstance: boolean }): Promise<InstanceNames>;
}

/** Prevents gcp-metadata from checking whether it runs on Google Cloud, even when google-auth-library calls gcp-metadata. */
export const skipResidencyCheck = (): void => {
  setGCPResidency(false);
};

export function metadataServer(): MetadataServer {
  // If gcp-metadata detects Google Cloud, it sets no timeout, and a hung server would hold a socket forever. If it skips the
  // check, each attempt times out after 3 s.
  skipResidencyCheck();
  return {
    async identityToken(audience) {
      // The full format is needed because, on Cloud Run, tokens in the standard format contain no email. The audience is not
      // escaped here, because gcp-metadata escapes it.
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
    // Rejects responses that gcp-metadata has parsed as JSON, because tokens and names never look like JSON.
    if (typeof text !== 'string') throw new Fault('metadata_invalid_response', { requested });
    return text;
  } catch (error) {
    throw error instanceof Fault ? error : refusal(requested, error);
  }
}

/**
 * Maps an error to a fault by its code and status. The response text is searched only to recognize GKE's own 403. For a response
 * without `Metadata-Flavor: Google`, gcp-metadata throws a RangeError.
 */
function refusal(requested: string, error: unknown): Fault {
  if (error instanceof RangeError) return new Fault('metadata_invalid_response', { requested });
  if (isLocalError(error)) return new Fault('internal', { requested, error: describeUnknown(error) });
  const { status, code } = describe(error);
  const faultCode =
    status === 403 && isDeniedByIam(error) ? 'metadata_workload_identity_denied' : codeOf(status, code);
  return new Fault(faultCode, { requested, status, error: code });
}

/** Whether GKE's metadata server sent this 403. It quotes IAM's response, which no other server or proxy does. */
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

/** The prefix of the codes of Node's HTTP parser errors. These codes mean that the server is not a metadata server. */
const NO_HTTP = 'HPE_';

const TIMEOUTS = new Set(['ETIMEDOUT', 'TimeoutError', 'AbortError']);

function describe(error: unknown): { status?: number; code?: string } {
  if (typeof error !== 'object' || error === null) return {};
  const status = 'status' in error && typeof error.status === 'number' ? error.status : undefined;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return { ...(status === undefined ? {} : { status }), ...(code === undefined ? {} : { code }) };
}
