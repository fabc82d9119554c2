// What a process of ours sets right before anything else is loaded.
import { enableCompileCache } from 'node:module';
import { setFlagsFromString } from 'node:v8';
import { dropUnwantedVariables } from './config/unwanted-variables.ts';

/** Must come first: none of it has an effect on what is loaded, or on a heap that has grown, before. */
export function prepareRuntime(): void {
  dropUnwantedVariables();
  // Measured: from the second start on half the time, and 25 MiB less as TypeScript need not be read again.
  enableCompileCache();
  // Bodies pass through as short-lived buffers outside the heap, which only a collection of the young generation frees:
  // kept small, it runs often. Measured: 64 slow readers of a large object, 163 MiB resident instead of 234; a read of 1 KiB
  // costs a tenth more CPU.
  setFlagsFromString('--semi-space-growth-factor=1');
}
