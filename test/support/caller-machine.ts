// A caller's machine for a test: its metadata server is the sandbox's, but there `default` is the caller, not the bridge.
import { request } from 'node:http';
import { pipeline } from 'node:stream';
import { listen } from '../../src/sandbox/upstream-server.ts';
import type { SandboxContract } from '../../src/sandbox/sandbox.ts';

export interface CallersMachine {
  /** As GCE_METADATA_HOST wants it. */
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
      // An answer that breaks off does so here, too.
      pipeline(answer, outgoing, () => undefined);
    });
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  });
  return { metadataHost: `127.0.0.1:${port}`, close };
}
