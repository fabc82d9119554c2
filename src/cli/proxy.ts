// `fedbridge proxy`: runs a proxy on a caller's machine until a signal ends it.
import { createAccessKey } from '../caller/proxy/access-key.ts';
import { keptAccessKey } from '../caller/proxy/access-key-file.ts';
import { startProxy } from '../caller/proxy/proxy-server.ts';
import type { Proxy } from '../caller/proxy/proxy-server.ts';
import { tokenProblem } from '../caller/token-problem.ts';
import { tokenSource } from '../caller/token-source.ts';
import { readGoogleApis } from '../config/load.ts';
import { describeProblem } from '../config/problem.ts';
import { quote, quoteForShell } from '../config/show.ts';
import type { Fault } from '../errors/fault.ts';
import { printUsage } from './arguments.ts';
import { describeFault } from './print-result.ts';
import { readProxyOptions, USAGE } from './proxy-options.ts';
import type { ProxyCommand } from './proxy-options.ts';

/**
 * @returns undefined once the proxy listens; 0 if the user requested help; 2 for wrong usage.
 * @throws ConfigError, or an error about the access key's file or the listening socket, whose message includes a fix
 */
export async function proxy(args: readonly string[]): Promise<number | undefined> {
  let options: ProxyCommand;
  try {
    options = readProxyOptions(args);
  } catch (error) {
    return printUsage('proxy', USAGE, error);
  }
  const accessKey = options.needsKey ? accessKeyOf(options) : undefined;
  const running = await startProxy({
    ...options,
    accessKey,
    fetchToken: tokenSource({ ...options, googleApis: readGoogleApis() }),
    onToken: reportChanges('the proxy has an identity token again', (fault) =>
      describeProblem(tokenProblem(fault)),
    ),
    onResponse: reportChanges(`the proxy reaches ${options.upstream} again`, describeFault),
  });
  process.stdout.write(welcome(options, running.port, accessKey));
  endOnSignal(running);
  return undefined;
}

const accessKeyOf = ({ accessKeyFile }: ProxyCommand): string =>
  accessKeyFile === undefined ? createAccessKey() : keptAccessKey(accessKeyFile);

/**
 * Returns a function that reports faults: it writes one line when a fault begins or changes, and one line when the fault ends,
 * so that a failing upstream does not flood the terminal.
 */
function reportChanges(
  recovered: string,
  describe: (fault: Fault) => string,
): (fault: Fault | undefined) => void {
  let current: string | undefined;
  return (fault) => {
    const text = fault === undefined ? undefined : describe(fault);
    if (text === current) return;
    current = text;
    process.stderr.write(`fedbridge proxy: ${text ?? recovered}\n`);
  };
}

function welcome(
  { listen, upstream, as, tokenFile, remote, accessKeyFile }: ProxyCommand,
  port: number,
  accessKey: string | undefined,
): string {
  const host = listen.host.includes(':') ? `[${listen.host}]` : listen.host;
  // Does not print a key that is kept in a file, because the output may end up in a log.
  const key =
    accessKeyFile === undefined ? (accessKey ?? 'fedbridge') : `"$(cat ${quoteForShell(accessKeyFile)})"`;
  const who =
    as ?? (tokenFile === undefined ? "this machine's identity" : `the token in ${quote(tokenFile)}`);
  const variables = [
    `AWS_ACCESS_KEY_ID=${key}`,
    'AWS_SECRET_ACCESS_KEY=not-a-secret',
    `AWS_ENDPOINT_URL_S3=http://${remote ? 'ADDRESS' : host}:${port}`,
    'AWS_REGION=us-east-1',
  ];
  const warning =
    accessKey === undefined
      ? '\nNo access key is needed: every user and program on this machine can read with this identity.\n'
      : '';
  return `The proxy listens on http://${host}:${port} and forwards requests to ${upstream} with ${who}.
${warning}
For S3 clients:
  export ${variables.join(' ')}
`;
}

/** Ends the process on a signal. Responses in progress are aborted, because S3 clients retry after an aborted response. */
function endOnSignal(running: Proxy): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      running.close();
      process.exit(0);
    });
  }
}
