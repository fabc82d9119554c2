// Emulates a caller's machine. The machine's metadata server is a proxy for the sandbox's, in which `default` is the caller's
// account.
import { request } from 'node:http';
import { pipeline } from 'node:stream';
import { listen } from '../../src/sandbox/upstream-server.ts';
import type { SandboxContract } from '../../src/sandbox/sandbox.ts';

export interface CallersMachine {
  /** The value for GCE_METADATA_HOST. */
  readonly metadataHost: string;
  close(): Promise<void>;
}

export async function startCallersMachine(
  { metadata, callers }: SandboxContract,
  caller: keyof SandboxContract['callers'],
): Promise<CallersMachine> {
  const { port, close } = await listen(0, (incoming, outgoing) => {
    const path = incoming.url?.replace('/service-accounts/default/', `/service-accounts/${callers[caller]}/`);
    const onward = request(metadata, {
      path,
      method: incoming.method,
      headers: incoming.headers,
      agent: false,
    });
    onward.on('response', (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      // If the metadata server aborts its response, `pipeline` also aborts the response to the client.
      pipeline(answer, outgoing, () => undefined);
    });
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  });
  return { metadataHost: `127.0.0.1:${port}`, close };
}
