// Runs the console like `fedbridge console`, but as a child process of the sandbox. Reports its port to the parent, and exits when
// the parent does.
import { prepareRuntime } from '../runtime/process-setup.ts';
import { onlyByLocalName } from './local-requests.ts';

// Exits when the IPC channel to the parent closes, because the parent has then exited or has been killed.
process.once('disconnect', () => process.exit(1));

prepareRuntime({ mayBeInspected: true });
try {
  const { serveConsole } = await import('../cli/console.ts');
  // Accepts only local host names, to protect against DNS rebinding. A console behind the real proxy accepts the names of its service.
  const { port } = await serveConsole({ guard: onlyByLocalName });
  process.send?.({ port });
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
