// Starts the emulators of Google, STS and S3 on loopback.
import type { RequestListener } from 'node:http';
import { contractOf, environmentOf, originOf, type Ports, type SandboxContract } from './contract.ts';
import { createControl } from './control/control-routes.ts';
import { ACCOUNTS } from './google/accounts.ts';
import { createGoogleApis } from './google/google-apis.ts';
import type { Signer } from './google/keys.ts';
import { createMetadata } from './google/metadata.ts';
import { createIap } from './iap/iap.ts';
import { createIssuer } from './issuer/issuer.ts';
import { createIssuerTokens } from './issuer/issuer-tokens.ts';
import { keepTokenFile, type TokenFile } from './issuer/token-file.ts';
import { onlyByLocalName, onlySameOrigin } from './local-requests.ts';
import { firstFile } from './s3/directory-bucket.ts';
import { bucketOfHost } from './s3/request.ts';
import { createS3 } from './s3/s3.ts';
import { SAMPLE_SEED, type Seed } from './seed.ts';
import { createState } from './state.ts';
import { createSts } from './sts/sts.ts';
import { listen, serveUpstream, type Listener } from './upstream-server.ts';
import type { UpstreamName } from './upstreams.ts';

export type { SandboxContract } from './contract.ts';

export interface SandboxOptions {
  /** Ports on 127.0.0.1; the default for each is 0 (any free port). */
  readonly ports?: Partial<Ports>;
  /** A directory to serve read-only as the content of the sample bucket. */
  readonly dir?: string;
  /** The initial configuration and content; the default is the built-in sample. */
  readonly seed?: Seed;
  /** The email of the metadata server's `default` account; the default is the bridge's account. */
  readonly as?: string;
  /** Additional host names to accept, for reverse proxies that forward `Host`. In lower case, without a port. */
  readonly hosts?: readonly string[];
}

export interface Sandbox {
  readonly contract: SandboxContract;
  /** Environment variables for a `fedbridge serve` process that uses this sandbox. */
  readonly environment: Readonly<Record<string, string>>;
  /** A key that `reader` may get; undefined if `dir` contains no file. */
  readonly sampleKey: string | undefined;
  /**
   * Signs a token with any header and claims, for tests with forged tokens. Adds `iss`, `iat` and `exp` (one hour from now) if
   * they are missing. The header's `alg` may be RS256 (default), RS384, RS512, `none`, or HS256 with the public key as the
   * secret. The signer `foreign` uses a key that Google has never published.
   */
  mint(
    claims: Readonly<Record<string, unknown>>,
    header?: Readonly<Record<string, unknown>>,
    signer?: Signer,
  ): string;
  /** Signs an assertion of the emulated Identity-Aware Proxy, with any header and claims. The parameters are those of `mint`. */
  mintAssertion: Sandbox['mint'];
  /**
   * Sets how the emulated Identity-Aware Proxy starts the console. The proxy starts the console when somebody first opens it.
   * @param start resolves to the console's origin
   */
  serveConsole(start: () => Promise<string>): void;
  /**
   * Starts an additional metadata server with this caller's account as `default`, and returns the server's origin. The server
   * stops when the sandbox is closed. On the main metadata server, `default` is the bridge's account.
   */
  machineOf(caller: Exclude<keyof typeof ACCOUNTS, 'bridge'>): Promise<string>;
  /** Keeps a token of an issuer's caller (ISSUER:SUBJECT) in a file, and renews it as in a pod. Returns the file's path. */
  tokenFileOf(caller: string): Promise<string>;
  close(): Promise<void>;
}

const MINTED_LIFE_SECONDS = 3600;

/** If a port is in use or `dir` is not a directory, closes all servers that were already started, and rejects. */
export async function startSandbox({
  ports = {},
  dir,
  seed = SAMPLE_SEED,
  as = ACCOUNTS.bridge.email,
  hosts = [],
}: SandboxOptions = {}): Promise<Sandbox> {
  const state = await createState(seed, dir);
  const { clock, keys, users } = state;
  const sampleKey = dir === undefined ? seed.sample.key : await firstFile(dir, seed.sample.scope);

  const mint: Sandbox['mint'] = (claims, header, signer) => {
    const now = Math.floor(Date.now() / 1000);
    const usual = { iss: 'https://accounts.google.com', iat: now, exp: now + MINTED_LIFE_SECONDS };
    return keys.mint({ ...usual, ...claims }, header, signer);
  };

  const emulators = {
    metadata: serveUpstream('metadata', createMetadata(state, as), state),
    certs: serveUpstream('certs', createGoogleApis(state), state),
    sts: serveUpstream('sts', createSts(state), state),
    s3: serveUpstream('s3', createS3(state), state),
    issuer: serveUpstream('issuer', createIssuer(state.issuerKeys), state),
  };
  const opened: Record<keyof Ports, number> = {
    metadata: 0,
    certs: 0,
    sts: 0,
    s3: 0,
    control: 0,
    issuer: 0,
    iap: 0,
  };
  const listeners = new Map<keyof Ports, Listener>();
  const machines: Listener[] = [];
  const setRefusing = async (upstream: UpstreamName, refusing: boolean) => {
    const all = [listeners.get(upstream), ...(upstream === 'metadata' ? machines : [])];
    await Promise.all(all.map(async (one) => (refusing ? one?.stopListening() : one?.listenAgain())));
  };
  const issuerTokens = createIssuerTokens({
    ...state,
    keys: state.issuerKeys,
    issuers: () => seed.issuers(originOf(opened.issuer)),
  });
  const iap = createIap({
    keys: state.iapKeys,
    people: seed.people,
    audience: seed.consoleAudience,
  });
  const control = createControl({ ...state, keys: { ...keys, mint }, issuerTokens, setRefusing });

  const isLocal = (hostname: string): boolean => hosts.includes(hostname);
  // Also accepts S3's own host names, which a CDN sends to the sandbox. No web page can make them resolve to this machine.
  const isLocalOrS3 = (hostname: string): boolean =>
    isLocal(hostname) || bucketOfHost(hostname) !== undefined;
  const listenLocally = (port: number, serve: RequestListener, name?: keyof Ports): Promise<Listener> =>
    listen(port, onlyByLocalName(onlySameOrigin(serve), name === 's3' ? isLocalOrS3 : isLocal));
  const machineWith = async (email: string): Promise<string> => {
    const metadata = createMetadata(state, email);
    const machine = await listenLocally(0, serveUpstream('metadata', metadata, state));
    machines.push(machine);
    return originOf(machine.port);
  };

  const tokenFiles: TokenFile[] = [];
  const close = async () => {
    await Promise.all([...listeners.values(), ...machines, ...tokenFiles].map((one) => one.close()));
    state.spool.close();
  };
  let bridgeMachine: string | undefined;
  try {
    for (const [name, serve] of Object.entries({ ...emulators, control, iap: iap.listener }) as [
      keyof Ports,
      typeof control,
    ][]) {
      const listener = await listenLocally(ports[name] ?? 0, serve, name);
      listeners.set(name, listener);
      opened[name] = listener.port;
    }
    if (as !== ACCOUNTS.bridge.email) bridgeMachine = await machineWith(ACCOUNTS.bridge.email);
  } catch (error) {
    await close();
    throw error;
  }
  const contract = contractOf(opened, users, seed);
  return {
    contract,
    environment: environmentOf(contract, bridgeMachine ?? contract.metadata, seed.config(contract.issuer)),
    sampleKey,
    mint,
    mintAssertion: state.iapKeys.mint,
    serveConsole: iap.serveConsole,
    machineOf: (caller) => machineWith(ACCOUNTS[caller].email),
    tokenFileOf: async (caller) => {
      const file = await keepTokenFile({ ...issuerTokens, clock }, caller);
      tokenFiles.push(file);
      return file.path;
    },
    close,
  };
}
