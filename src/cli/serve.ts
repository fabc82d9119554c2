// `fedbridge serve`: the bridge as a process, from listening until the last stream has had its time to finish.
import type { RequestListener } from 'node:http';
import { readConfig } from './read-config.ts';
import { createLog } from '../observability/log.ts';
import { watchEventLoopLag } from '../server/event-loop-lag.ts';
import { createBridgeServer } from '../server/listen.ts';
import { createRoleAccess } from '../server/role-access.ts';
import { askMfaCode } from './ask-mfa-code.ts';
import { endOnFault, endOnSignal } from './shutdown.ts';
import { logWarnings, reloadOnHangup } from './reload.ts';

/**
 * @param guard stands before the bridge's listener; nothing by default
 * @returns when it listens. The process then ends by itself: on SIGTERM or SIGINT with 0, on a second signal at once.
 * @throws ConfigError, and the listening socket's own error with a fix in its message
 */
export async function serve(
  guard?: (listener: RequestListener) => RequestListener,
): Promise<{ readonly port: number }> {
  const config = readConfig();
  const log = createLog(config.logLevel);
  const abortOnFault = endOnFault(log);
  logWarnings(log, config);
  const roleAccess = createRoleAccess(config, askMfaCode);
  await roleAccess.prepare();
  const server = createBridgeServer({
    config,
    log,
    lag: watchEventLoopLag(),
    roleAccessFor: (other) => (other === config ? roleAccess : createRoleAccess(other, askMfaCode)),
    ...(guard === undefined ? {} : { guard }),
  });
  abortOnFault(server.abortAll);
  // In a terminal, SIGHUP means that the terminal closes.
  if (!process.stdout.isTTY) reloadOnHangup(log, server);
  // Before it listens: whoever is told to end in its first moment must not go on to serve.
  endOnSignal(log, server);
  return server.listen();
}
