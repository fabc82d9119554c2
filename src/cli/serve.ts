// `fedbridge serve`: runs the bridge as a process, from startup until open streams have finished or timed out.
import type { ConfigOptions } from '../config/load.ts';
import type { Config } from '../config/types.ts';
import { isPort, PORT_MUST } from '../config/environment.ts';
import { quote } from '../config/show.ts';
import { createLog } from '../observability/log.ts';
import type { Guard } from '../runtime/caller-exchange.ts';
import { watchEventLoopLag } from '../server/event-loop-lag.ts';
import type { ConsolePage } from '../server/bridge.ts';
import { createBridgeServer } from '../server/listen.ts';
import { createRoleAccess } from '../server/role-access.ts';
import { checkCacheMemory } from './cache-memory.ts';
import { printUsage, readArguments, UsageError } from './arguments.ts';
import { promptMfaCode } from './prompt-mfa-code.ts';
import { readConfigIn } from './read-config.ts';
import { endOnFault, endOnSignal } from './shutdown.ts';
import { logWarnings, reloadOnHangup } from './reload.ts';
import { logStartup } from './startup-line.ts';

/** The help text of the options that {@link readSource} reads. */
export const SOURCE_USAGE = `  --config FILE  use this configuration instead of FEDBRIDGE_CONFIG
  --port N       listen on this port instead of PORT; 0: any free port
`;

const USAGE = `Usage: fedbridge serve [--config FILE] [--port N]

Runs the bridge with the configuration from environment variables (docs/reference/configuration.md lists them).

${SOURCE_USAGE}`;

/**
 * @returns undefined once the bridge listens; 0 if the user requested help; 2 for wrong usage.
 * @throws the same errors as {@link serve}
 */
export async function serveByArguments(args: readonly string[]): Promise<number | undefined> {
  try {
    await serve({ source: readSource(args) });
    return undefined;
  } catch (error) {
    return printUsage('serve', USAGE, error);
  }
}

/** @throws HelpRequested, UsageError */
export function readSource(args: readonly string[]): ConfigOptions {
  const { config: file, port } = readArguments(args, { options: ['config', 'port'] }).values;
  if (port !== undefined && !isPort(port))
    throw new UsageError(`--port ${PORT_MUST}, not ${quote(port)}. For example, use --port 8080.`);
  return { file, port };
}

/**
 * @param options.source command-line options that override the environment, at startup and at each reload
 * @param options.guard wraps the bridge's listeners; by default, nothing wraps them
 * @returns the port, once the bridge listens. On SIGTERM or SIGINT, the process later drains and exits with 0. On a second
 * signal, it exits immediately.
 * @throws ConfigError, or the listening socket's error, whose message includes a fix
 */
export async function serve(
  options: {
    readonly source?: ConfigOptions;
    readonly guard?: Guard;
  } = {},
): Promise<{ readonly port: number }> {
  const { source = {}, guard } = options;
  return runServer({
    readConfig: () => {
      const config = readConfigIn(source);
      checkCacheMemory(config);
      return config;
    },
    guard,
    console: undefined,
  });
}

/**
 * @param options.readConfig reads the configuration; called at startup and at each reload
 * @param options.console the console's page; undefined for the bridge
 */
export async function runServer(options: {
  readonly readConfig: () => Config;
  readonly guard: Guard | undefined;
  readonly console: ConsolePage | undefined;
}): Promise<{ readonly port: number }> {
  const { readConfig, guard, console } = options;
  const config = readConfig();
  const log = createLog(config.logLevel);
  const abortOnFault = endOnFault(log);
  await logStartup(log, config);
  logWarnings(log, config);
  const roleAccess = createRoleAccess(config, promptMfaCode);
  await roleAccess.prepare();
  const server = createBridgeServer({
    config,
    log,
    lag: watchEventLoopLag(),
    roleAccessFor: (other) => (other === config ? roleAccess : createRoleAccess(other, promptMfaCode)),
    ...(console === undefined ? {} : { console }),
    ...(guard === undefined ? {} : { guard }),
  });
  abortOnFault(server.abortAll);
  // In a terminal, SIGHUP means that the terminal is closing, so it must not trigger a reload.
  if (!process.stdout.isTTY) reloadOnHangup(log, server, readConfig);
  // Signal handlers are registered before the bridge listens, so that an early signal also ends the process.
  endOnSignal(log, server);
  return server.listen();
}
