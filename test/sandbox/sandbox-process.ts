// Runs a sandbox that serves the given directory in a separate process, so that its memory can be measured.
import { startSandbox } from '../../src/sandbox/sandbox.ts';

const { contract } = await startSandbox({ dir: process.argv[2] ?? '.' });
process.on('message', () => process.send?.(process.memoryUsage.rss()));
process.on('disconnect', () => process.exit());
process.send?.(contract);
