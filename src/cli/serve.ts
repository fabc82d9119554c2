// `fedbridge serve`: the bridge as a process, from listening until the last stream has had its time to finish.
import type { RequestListener } from 'node:http';
import type { ConfigOptions } from '../config/load.ts';
import { isPort, PORT_MUST } from '../config/environment.ts';
import { quote } from '../config/show.ts';
import { createLog } from '../observability/log.ts';
import { watchEventLoopLag } from '../server/event-loop-lag.ts';
import { createBridgeServer } from '../server/listen.ts';
import { createRoleAccess } from '../server/role-access.ts';
import { HelpRequested, readArguments, UsageError } from './arguments.ts';
import { askMfaCode } from './ask-mfa-code.ts';
import { readConfigIn } from './read-config.ts';
import { endOnFault, endOnSignal } from './shutdown.ts';
import { logWarnings, reloadOnHangup } from './reload.ts';
import { logStartup } from './startup-line.ts';

const USAGE = `Usage: fedbridge serve [--config FILE] [--port N]

Runs the bridge as the environment configures it. The README lists the variables.

  --config FILE  the configuration, instead of FEDBRIDGE_CONFIG
  --port N       the port to listen on, instead of PORT; 0: any free port
`;

/** @returns undefined once the bridge listens; 0 after the usage; 2 after wrong usage. @throws as {@link serve} */
export async function serveByArguments(args: readonly string[]): Promise<number | undefined> {
  try {
    await serve({ source: readSource(args) });
    return undefined;
  } catch (error) {
    if (error instanceof HelpRequested) {
      process.stdout.write(USAGE);
      return 0;
    }
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`fedbridge serve: ${error.message}\n${USAGE}`);
    return 2;
  }
}

/** @throws HelpRequested, UsageError */
function readSource(args: readonly string[]): ConfigOptions {
  const { config: file, port } = readArguments(args, { options: ['config', 'port'] }).values;
  if (port !== undefined && !isPort(port))
    throw new UsageError(`--port ${PORT_MUST}, not ${quote(port)}. Write for example --port 8080.`);
  return { file, port };
}

/**
 * @param options.source what counts instead of the environment, at the start and at each reload
 * @param options.guard stands before the bridge's listener; nothing by default
 * @returns when it listens. The process then ends by itself: on SIGTERM or SIGINT with 0, on a second signal at once.
 * @throws ConfigError, and the listening socket's own error with a fix in its message
 */
export async function serve(
  options: {
    readonly source?: ConfigOptions;
    readonly guard?: (listener: RequestListener) => RequestListener;
  } = {},
): Promise<{ readonly port: number }> {
  const { source = {}, guard } = options;
  const config = readConfigIn(source);
  const log = createLog(config.logLevel);
  const abortOnFault = endOnFault(log);
  await logStartup(log, config);
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
  if (!process.stdout.isTTY) reloadOnHangup(log, server, () => readConfigIn(source));
  // Before it listens: whoever is told to end in its first moment must not go on to serve.
  endOnSignal(log, server);
  return server.listen();
}
