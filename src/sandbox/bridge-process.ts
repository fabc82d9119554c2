// Runs the bridge like `fedbridge serve`, but as a child process of the sandbox. Reports its port to the parent, and exits when
// the parent does.
import { prepareRuntime } from '../runtime/process-setup.ts';
import { onlyByLocalName } from './local-requests.ts';

// Exits when the IPC channel to the parent closes, because the parent has then exited or has been killed.
process.once('disconnect', () => process.exit(1));

prepareRuntime({ mayBeInspected: true });
try {
  const { serve } = await import('../cli/serve.ts');
  // Accepts only local host names, to protect against DNS rebinding. A production bridge accepts the operator's host names.
  const { port } = await serve({ guard: onlyByLocalName });
  process.send?.({ port });
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
