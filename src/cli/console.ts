// `fedbridge console`: runs the web page for people as a process of its own, behind Google's Identity-Aware Proxy.
import { loadAssets } from '../console/load-assets.ts';
import type { Guard } from '../runtime/caller-exchange.ts';
import { ConfigError } from '../config/problem.ts';
import type { ConfigOptions } from '../config/load.ts';
import type { Config } from '../config/types.ts';
import { printUsage } from './arguments.ts';
import { readConfigIn } from './read-config.ts';
import { readSource, runServer, SOURCE_USAGE } from './serve.ts';

const USAGE = `Usage: fedbridge console [--config FILE] [--port N]

Runs the console, a web page on which people browse the buckets that their grants cover, with the same configuration as the bridge.
Google's Identity-Aware Proxy must run in front of the console and sign people in, and the configuration must set
\`console.audience\`.

${SOURCE_USAGE}`;

/**
 * @returns undefined once the console listens; 0 if the user requested help; 2 for wrong usage.
 * @throws the same errors as {@link serveConsole}
 */
export async function consoleByArguments(args: readonly string[]): Promise<number | undefined> {
  try {
    await serveConsole({ source: readSource(args) });
    return undefined;
  } catch (error) {
    return printUsage('console', USAGE, error);
  }
}

/**
 * @param options the same options as for `serve`
 * @returns the port, once the console listens
 * @throws ConfigError, or the listening socket's error, whose message includes a fix
 */
export async function serveConsole(options: {
  readonly source?: ConfigOptions;
  readonly guard?: Guard;
}): Promise<{ readonly port: number }> {
  const { source = {}, guard } = options;
  const readConfig = (): Config => readConsoleConfig(source);
  // Reads the configuration before it builds the page, so that problems are reported at once: building the page takes longer.
  readConfig();
  return runServer({ readConfig, guard, console: { assets: await loadAssets() } });
}

/** @throws ConfigError */
function readConsoleConfig(source: ConfigOptions): Config {
  const config = readConfigIn(source);
  if (config.console === undefined)
    throw new ConfigError([
      {
        field: 'console',
        rule: 'must be set to run `fedbridge console`',
        fix: 'Set `console.audience` to the audience that Identity-Aware Proxy uses for this service (docs/how-to/console.md).',
      },
    ]);
  return config;
}
