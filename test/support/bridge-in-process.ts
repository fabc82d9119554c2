// Runs the bridge in the test's process, which is much faster than starting `fedbridge serve` in a separate process.
import assert from 'node:assert/strict';
import { VARIABLES } from '../../src/config/environment-variables.ts';
import { readConfig } from '../../src/cli/read-config.ts';
import { logWarnings } from '../../src/cli/reload.ts';
import { createLog } from '../../src/observability/log.ts';
import type { ConsolePage } from '../../src/server/bridge.ts';
import type { EventLoopLag } from '../../src/server/event-loop-lag.ts';
import { createBridgeServer } from '../../src/server/listen.ts';
import { createRoleAccess } from '../../src/server/role-access.ts';
import type { BridgeProcess } from './bridge-process.ts';
import { collectLines } from './log-lines.ts';

/**
 * The variables that the bridge's configuration reads. All other variables are for Node or a library, so a test that sets one
 * needs a separate process.
 */
const READ_BY_CONFIGURATION = new Set<string>([
  ...VARIABLES.map(({ name }) => name),
  'K_SERVICE',
  'K_REVISION',
]);
/** AWS_PROFILE requires a separate process, because the AWS SDK reads it from the environment. */
READ_BY_CONFIGURATION.delete('AWS_PROFILE');

/**
 * The variable that gcp-metadata reads from the process's environment. Therefore all bridges in this process use the same
 * metadata server.
 */
const METADATA_VARIABLE = 'GCE_METADATA_HOST';
let bridgesInProcess = 0;

/** Disables load shedding for a lagging event loop, because the test itself may block the event loop. */
const NO_LAG: EventLoopLag = {
  readBegins: () => undefined,
  readEnds: () => undefined,
  isTooLong: () => false,
  milliseconds: () => 0,
  stop: () => undefined,
};

export function mayStartInProcess(environment: Readonly<Record<string, string>>): boolean {
  return (
    Object.keys(environment).every((name) => READ_BY_CONFIGURATION.has(name)) &&
    (bridgesInProcess === 0 || process.env[METADATA_VARIABLE] === environment[METADATA_VARIABLE])
  );
}

export async function startBridgeInProcess(
  environment: Readonly<Record<string, string>>,
  console?: ConsolePage,
): Promise<BridgeProcess> {
  const config = readConfig({ FEDBRIDGE_HOST: '127.0.0.1', PORT: '0', ...environment });
  const collected = collectLines();
  const log = createLog(config.logLevel, {
    write: (lines) => {
      for (const line of lines.split('\n')) if (line !== '') collected.add(line);
    },
    flush: () => undefined,
    end: () => Promise.resolve(),
    dropped: () => 0,
  });
  logWarnings(log, config);
  process.env[METADATA_VARIABLE] = environment[METADATA_VARIABLE];
  bridgesInProcess += 1;
  const server = createBridgeServer({
    config,
    log,
    ...(console === undefined ? {} : { console }),
    lag: NO_LAG,
    roleAccessFor: (other) => createRoleAccess(other, () => Promise.reject(new Error('not used'))),
  });
  const { port } = await server.listen();
  const stop = async (): Promise<number> => {
    const drained = server.drain();
    server.abortAll();
    await drained;
    await log.end();
    collected.end();
    bridgesInProcess -= 1;
    if (bridgesInProcess === 0) Reflect.deleteProperty(process.env, METADATA_VARIABLE);
    return 0;
  };
  let stopped: Promise<number> | undefined;
  return {
    url: `http://127.0.0.1:${port}`,
    pid: process.pid,
    lines: collected.lines,
    output: collected.output,
    line: collected.line,
    stop: (signal) => {
      assert.equal(signal, undefined, 'signals need a bridge in its own process: set `ownProcess`');
      stopped ??= stop();
      return stopped;
    },
  };
}
