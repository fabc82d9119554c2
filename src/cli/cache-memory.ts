// Checks at startup and at each reload that the cache fits into the memory that this process may use.
import { totalmem } from 'node:os';
import { ConfigError } from '../config/problem.ts';
import type { Config } from '../config/types.ts';
import { showQuantity, SIZE } from '../config/units.ts';

/**
 * The memory that the bridge needs in addition to the cache: about 100 MiB for the program, and the rest for requests and the
 * cache's index.
 */
const REST_BYTES = 192 * 2 ** 20;

/**
 * Checks that the cache fits into the available memory. `fedbridge check` omits this check, because that command often runs on
 * a machine other than the bridge's.
 * @param limitBytes the memory that this process may use
 * @throws ConfigError
 */
export function checkCacheMemory({ cache }: Pick<Config, 'cache'>, limitBytes = memoryLimit()): void {
  if (cache === undefined || cache.memoryBytes + REST_BYTES <= limitBytes) return;
  const most = Math.floor((limitBytes - REST_BYTES) / 2 ** 20);
  const available = `${Math.floor(limitBytes / 2 ** 20)}MiB`;
  throw new ConfigError([
    {
      field: 'cache.memory',
      rule: `must leave at least ${showQuantity(REST_BYTES, SIZE)} of memory for the rest of the bridge, but is ${showQuantity(cache.memoryBytes, SIZE)}, and this container or machine has only ${available}`,
      fix:
        most < 16
          ? 'Give the container or machine more memory, or remove `cache`.'
          : `Write ${most}MiB or less, or give the container or machine more memory.`,
    },
  ]);
}

/** Returns the memory limit of the control group (`memory.max`), or the memory of the machine, whichever is smaller. */
function memoryLimit(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}
