// Reads the configuration again on SIGHUP, and serves by it if all of it is valid.
import type { Config } from '../config/types.ts';
import { ConfigError } from '../config/problem.ts';
import { findWarnings } from '../config/warnings.ts';
import { describeUnknown } from '../errors/fault.ts';
import { unchangedRoles } from '../server/build-steps.ts';
import type { Log } from '../observability/log.ts';
import type { BridgeServer } from '../server/listen.ts';

/** @param readAgain reads the configuration from where it came at the start */
export function reloadOnHangup(log: Log, server: BridgeServer, readAgain: () => Config): void {
  process.on('SIGHUP', () => {
    try {
      const next = readAgain();
      const current = server.config();
      const kept = unchangedRoles(current, next);
      server.change(next);
      log('INFO', 'SIGHUP: the configuration was read anew', {
        rolesKept: [...kept],
        rolesChanged: [...new Set([...current.roles.keys(), ...next.roles.keys()])].filter(
          (name) => !kept.has(name),
        ),
      });
      logWarnings(log, next);
    } catch (error) {
      const kept = 'SIGHUP: the configuration is not changed, as the new one is not valid';
      if (!(error instanceof ConfigError)) log('ERROR', kept, { error: describeUnknown(error) });
      else for (const { fix, ...problem } of error.problems) log('ERROR', kept, { ...problem, remedy: fix });
    }
  });
}

export function logWarnings(log: Log, config: Config): void {
  for (const { field, rule, fix } of findWarnings(config))
    log('WARNING', `${field} ${rule}`, { field, remedy: fix });
}
