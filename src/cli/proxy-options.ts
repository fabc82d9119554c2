// Parses the arguments of `fedbridge proxy`.
import { isLoopback } from '../config/allowed-origins.ts';
import { isPort, PORT_MUST } from '../config/environment.ts';
import { quote } from '../config/show.ts';
import { readArguments, UsageError } from './arguments.ts';
import { BRIDGE_USAGE, readBridgeOptions } from './bridge-options.ts';
import type { BridgeOptions } from './bridge-options.ts';

export interface ProxyCommand extends BridgeOptions {
  readonly listen: { readonly host: string; readonly port: number };
  /** Whether clients must present an access key. */
  readonly needsKey: boolean;
  /** The file that keeps the access key. If undefined, each start of the proxy creates a new key. */
  readonly accessKeyFile: string | undefined;
  /** Whether the proxy listens on an address that other machines can reach. */
  readonly remote: boolean;
}

export const USAGE = `Usage: fedbridge proxy --audience URL [--upstream URL] [--as EMAIL | --token-file FILE]
                       [--listen HOST:PORT] [--access-key-file FILE | --allow-any-local-client] [--allow-remote]

Runs a proxy on this machine that adds a fresh identity token to each request and forwards the request to the bridge.
S3 clients then work for as long as the proxy runs. They must present the proxy's access key as their
AWS access key ID or as \`Authorization: Bearer KEY\`.

${BRIDGE_USAGE}  --listen HOST:PORT        where to listen (default 127.0.0.1:9000; port 0: any free port)
  --access-key-file FILE    keep the access key in FILE, so that clients need no new configuration after a restart; if FILE does
                            not exist, the proxy creates it, readable only by you. Default: print a new key at each start
  --allow-any-local-client  accept requests without the access key: every user and program on this machine can then read with
                            your identity
  --allow-remote            allow --listen with an address that other machines can reach; those machines need the access key,
                            which they send without encryption
`;

const LISTEN = '127.0.0.1:9000';

/** @throws HelpRequested, UsageError */
export function readProxyOptions(args: readonly string[]): ProxyCommand {
  const { values, switches } = readArguments(args, {
    options: ['audience', 'upstream', 'as', 'token-file', 'listen', 'access-key-file'],
    switches: ['allow-any-local-client', 'allow-remote'],
  });
  const bridge = readBridgeOptions(values);
  const { name, ...listen } = readListen(values.listen ?? LISTEN);
  const remote = !isLoopback(name);
  const needsKey = !switches.has('allow-any-local-client');
  const { 'access-key-file': accessKeyFile } = values;
  if (!needsKey && accessKeyFile !== undefined)
    throw new UsageError(
      '--access-key-file has no effect with --allow-any-local-client, because clients then need no access key. Leave out one of the two.',
    );
  if (remote && !switches.has('allow-remote'))
    throw new UsageError(
      `--listen ${name}:${listen.port} is reachable from other machines. Use a loopback address such as ${LISTEN}, or add --allow-remote.`,
    );
  if (remote && !needsKey)
    throw new UsageError(
      '--allow-any-local-client must not be used with a --listen address that other machines can reach. Leave out one of the two.',
    );
  const upstream = new URL(bridge.upstream);
  if (!remote && isLoopback(upstream.hostname) && upstream.port === String(listen.port))
    throw new UsageError(
      `--upstream and --listen must differ, but both use port ${listen.port} of this machine. Choose another port with --listen.`,
    );
  return { ...bridge, listen, needsKey, accessKeyFile, remote };
}

/** @returns the port, and the host in two forms: `name` as in a URL, and `host` without the brackets of an IPv6 address */
function readListen(text: string): { readonly name: string; readonly host: string; readonly port: number } {
  const [, name = '', port = ''] = /^(\[[\da-fA-F:.]+\]|[\w.-]+):(.*)$/.exec(text) ?? [];
  if (name === '')
    throw new UsageError(
      `--listen must be HOST:PORT, not ${quote(text)}. For example, use --listen ${LISTEN}.`,
    );
  if (!isPort(port))
    throw new UsageError(
      `The port in --listen ${PORT_MUST}, not ${quote(port)}. For example, use --listen ${LISTEN}.`,
    );
  return { name, host: name.replace(/^\[|\]$/g, ''), port: Number(port) };
}
