// Starts an additional bridge in front of the same Ceph, with a different configuration.
import { startBridge } from '../support/bridge-process.ts';
import type { BridgeProcess, Program } from '../support/bridge-process.ts';
import { request } from '../support/http-request.ts';
import type { Reply } from '../support/http-request.ts';
import type { CallerName } from '../support/wire.ts';
import type { CephStage } from './ceph-stage.ts';

export interface AnotherBridge extends BridgeProcess {
  get(path: string, as: CallerName): Promise<Reply>;
}

/** @param options.sts an STS endpoint that replaces Ceph's */
export async function startAnotherBridge(
  stage: CephStage,
  options: {
    readonly roles: string;
    readonly buckets: string;
    readonly grants: string;
    /** Additional lines of the configuration. */
    readonly more?: string;
    readonly sts?: string;
    readonly environment?: Readonly<Record<string, string>>;
    /** A program to run instead of the unmodified bridge. */
    readonly program?: Program;
  },
): Promise<AnotherBridge> {
  const { audience, awsAudience } = stage.sandbox.contract;
  const variables = {
    ...stage.sandbox.environment,
    AWS_ENDPOINT_URL_S3: stage.ceph.endpoint,
    AWS_ENDPOINT_URL_STS: options.sts ?? stage.ceph.endpoint,
    ...options.environment,
    FEDBRIDGE_CONFIG: `
audience: ${audience}
aws: { region: ${stage.region}, audience: ${awsAudience} }
roles: { ${options.roles} }
buckets: { ${options.buckets} }
grants: [${options.grants}]
${options.more ?? ''}
`,
  };
  const bridge = await startBridge(variables, options.program);
  return {
    ...bridge,
    get: async (path, as) =>
      request(bridge.url, path, { headers: { authorization: `Bearer ${await stage.token(as)}` } }),
  };
}
