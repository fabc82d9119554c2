// Builds the proxy from the token, the checks and the connection to the bridge, and starts it.
import { createServer } from 'node:http';
import { listenOn } from '../../runtime/listen-on.ts';
import type { IdentityToken } from '../../identity/identity-token.ts';
import { renewingToken } from '../caller-token.ts';
import type { OnToken } from '../caller-token.ts';
import { presentsKey } from './access-key.ts';
import { checkClient } from './check-client.ts';
import type { AcceptedClients } from './check-client.ts';
import { createForwarder } from './forward.ts';
import type { ForwardParts } from './forward.ts';
import { upstreamAt } from './upstream.ts';

export interface ProxyOptions extends AcceptedClients {
  readonly listen: { readonly host: string; readonly port: number };
  /** The origin of the bridge. */
  readonly upstream: string;
  readonly fetchToken: () => Promise<IdentityToken>;
  readonly onToken: OnToken;
  readonly onResponse: ForwardParts['onResponse'];
  /** How long the bridge may stall while a client waits, in milliseconds; default: 60 s. */
  readonly stallMs?: number;
}

export interface Proxy {
  readonly port: number;
  /** Closes all connections, which aborts responses in progress. */
  close(): void;
}

/**
 * The default for `stallMs`. This timeout is longer than the bridge's own timeouts for upstreams and queues, so that the bridge
 * can respond with an error first.
 */
const STALL_MS = 60_000;

const LIMITS = {
  // Idle connections stay open for a long time. S3 clients may reuse a connection after several minutes, and the request fails
  // if the proxy is closing the connection at that moment.
  keepAliveTimeout: 620_000,
  maxHeaderSize: 32 * 1024,
  headersTimeout: 15_000,
  // The value 0 turns this timeout off, because an upload may take any amount of time.
  requestTimeout: 0,
  // This option is set explicitly, because a Node option can change the default.
  insecureHTTPParser: false,
};

/** Starts the proxy, and resolves when it listens. @throws an error whose message includes a fix */
export async function startProxy(options: ProxyOptions): Promise<Proxy> {
  const { listen, stallMs = STALL_MS } = options;
  const upstream = upstreamAt({ origin: options.upstream, stallMs });
  const token = renewingToken(options.fetchToken, options.onToken);
  const server = createServer(
    LIMITS,
    createForwarder({
      checkClient: (request) => {
        checkClient(request, options, presentsKey);
      },
      token,
      upstream,
      onResponse: options.onResponse,
    }),
  );
  const setting = { host: '--listen', port: '--listen HOST:PORT' };
  const port = await listenOn(server, { ...listen, reusePort: false }, setting);
  // Requests the first token at startup, so that a failing source is reported at once. The error is ignored here, because later
  // requests try again.
  token.get().catch(() => undefined);
  return {
    port,
    close: () => {
      server.close();
      server.closeAllConnections();
      upstream.close();
    },
  };
}
