// Reloads the configuration on SIGHUP. If the new configuration has any problem, the current configuration stays in effect.
import type { Config } from '../config/types.ts';
import { ConfigError } from '../config/problem.ts';
import { findWarnings } from '../config/warnings.ts';
import { describeUnknown } from '../errors/fault.ts';
import { unchangedRoles } from '../server/build-steps.ts';
import type { Log } from '../observability/log.ts';
import type { BridgeServer } from '../server/listen.ts';

/** @param rereadConfig reads the configuration from the same source as at startup */
export function reloadOnHangup(log: Log, server: BridgeServer, rereadConfig: () => Config): void {
  process.on('SIGHUP', () => {
    try {
      const next = rereadConfig();
      const current = server.config();
      const kept = unchangedRoles(current, next);
      server.change(next);
      log('INFO', 'SIGHUP: the configuration was reloaded', {
        event: 'reload',
        applied: true,
        grants: next.grants.length,
        rolesKept: [...kept],
        rolesChanged: [...new Set([...current.roles.keys(), ...next.roles.keys()])].filter(
          (name) => !kept.has(name),
        ),
      });
      logWarnings(log, next);
    } catch (error) {
      const message = 'SIGHUP: the configuration was not reloaded, because the new configuration is invalid';
      if (!(error instanceof ConfigError))
        log('ERROR', message, { ...REJECTED, error: describeUnknown(error) });
      else
        for (const { fix, ...problem } of error.problems)
          log('ERROR', message, { ...REJECTED, ...problem, remedy: fix });
    }
  });
}

const REJECTED = { event: 'reload', applied: false };

export function logWarnings(log: Log, config: Config): void {
  for (const { field, rule, fix } of findWarnings(config))
    log('WARNING', `${field} ${rule}`, { field, remedy: fix });
}
