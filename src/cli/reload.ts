// Reads the configuration anew on SIGHUP, and serves by it where all of it is valid.
import type { Bridge } from '../server/bridge.ts';
import { readConfig } from '../config/load.ts';
import type { Config } from '../config/types.ts';
import { ConfigError } from '../config/problem.ts';
import { warningsOf } from '../config/warnings.ts';
import { describeUnknown } from '../errors/fault.ts';
import { unchangedRoles } from '../server/steps.ts';
import type { Log } from '../observability/log.ts';

/**
 * @param first what the bridge serves by now
 * @returns what it serves by then
 */
export function reloadOnHangup(bridge: Bridge, log: Log, first: Config): () => Config {
  let current = first;
  process.on('SIGHUP', () => {
    try {
      const next = readConfig();
      const kept = unchangedRoles(current, next);
      bridge.change(next);
      log('INFO', 'SIGHUP: the configuration was read anew', {
        rolesKept: [...kept],
        rolesChanged: [...new Set([...current.roles.keys(), ...next.roles.keys()])].filter(
          (name) => !kept.has(name),
        ),
      });
      current = next;
      logWarnings(log, next);
    } catch (error) {
      const kept = 'SIGHUP: the configuration is not changed, as the new one is not valid';
      if (!(error instanceof ConfigError)) log('ERROR', kept, { error: describeUnknown(error) });
      else for (const problem of error.problems) log('ERROR', kept, { ...problem });
    }
  });
  return () => current;
}

export function logWarnings(log: Log, config: Config): void {
  for (const { field, rule, remedy } of warningsOf(config))
    log('WARNING', `${field} ${rule}`, { field, remedy });
}
