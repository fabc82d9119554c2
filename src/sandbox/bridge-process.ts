// The bridge as a child of the sandbox: what `fedbridge serve` runs, telling its parent the port, and never outliving it.
import { prepareRuntime } from '../runtime/process-setup.ts';
import { onlyByLocalName } from './local-requests.ts';

// The channel closes when the parent ends, however it ends.
process.once('disconnect', () => process.exit(1));

prepareRuntime({ env: process.env, mayBeInspected: true });
try {
  const { serve } = await import('../cli/serve.ts');
  // Its own clients are on this machine too. In production the bridge has whatever name its operator gives it.
  const { port } = await serve({ guard: onlyByLocalName });
  process.send?.({ port });
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
