// `fedbridge proxy` as a process: its arguments, a port that is in use, both sources of its token, and outages.
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { startProxyProcess } from '../caller/proxy-process.ts';
import type { ProxyProcess } from '../caller/proxy-process.ts';
import { inSeconds } from '../support/google-claims.ts';
import { request } from '../support/http-request.ts';
import { clusterToken } from '../support/issuers.ts';
import { until } from '../support/until.ts';
import { startWire } from '../support/wire.ts';
import type { Wire } from '../support/wire.ts';
import { failing, startAsTheBridge } from './as-the-bridge.ts';
import type { AsTheBridge } from './as-the-bridge.ts';

const AUDIENCE = 'https://lake-bridge.example';
const ORDERS = '/acme-lake/raw/public/orders.csv';

describe('the arguments of fedbridge proxy', () => {
  let here: AsTheBridge;
  before(async () => {
    here = await startAsTheBridge();
  });
  after(() => here.close());

  const WITH = ['--audience', AUDIENCE] as const;
  const WRONG: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['without an audience', [], /--audience is required\./],
    [
      'with an audience that is not a URL, without --upstream',
      ['--audience', 'lake'],
      /--upstream is required, because the audience "lake"/,
    ],
    [
      'with a plain http URL of another machine',
      [...WITH, '--upstream', 'http://10.0.0.5'],
      /--upstream must be https:.*not "http:\/\/10\.0\.0\.5"\./,
    ],
    ['with a path in --upstream', [...WITH, '--upstream', `${AUDIENCE}/path`], /--upstream must be https:/],
    [
      'with an invalid --as',
      [...WITH, '--as', 'reader'],
      /--as must be the email of a service account, not "reader"\./,
    ],
    [
      'with only a port in --listen',
      [...WITH, '--listen', '9000'],
      /--listen must be HOST:PORT, not "9000"\./,
    ],
    [
      'with an invalid port in --listen',
      [...WITH, '--listen', '127.0.0.1:x'],
      /The port in --listen must be a port number/,
    ],
    [
      'with a --listen address that other machines can reach',
      [...WITH, '--listen', '0.0.0.0:0'],
      /--listen 0\.0\.0\.0:0 is reachable from other machines\. .* or add --allow-remote\./,
    ],
    [
      'with a --listen IPv6 address that other machines can reach',
      [...WITH, '--listen', '[::]:0'],
      /is reachable from other machines/,
    ],
    [
      'with access for other machines but without a key',
      [...WITH, '--listen', '0.0.0.0:0', '--allow-remote', '--allow-any-local-client'],
      /--allow-any-local-client must not be used with a --listen address that other machines can reach/,
    ],
    [
      'with a key file although no key is required',
      [...WITH, '--access-key-file', 'key', '--allow-any-local-client'],
      /--access-key-file has no effect with --allow-any-local-client/,
    ],
    [
      'with two sources for the token',
      [...WITH, '--as', 'reader@acme-prod.iam.gserviceaccount.com', '--token-file', 'token'],
      /--as and --token-file must not be used together/,
    ],
    [
      'with its own address as the URL of the bridge',
      [...WITH, '--upstream', 'http://127.0.0.1:9000'],
      /--upstream and --listen must differ, but both use port 9000/,
    ],
  ];
  for (const [what, args, expected] of WRONG)
    it(`are rejected ${what}`, async () => {
      const [line = '', usage = ''] = await failing(here, 2, ['proxy', ...args]);
      assert.match(line, expected);
      assert.match(usage, /^Usage: fedbridge proxy --audience URL/);
    });

  it('are rejected with a suggested fix if the port is in use', async (test) => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    test.after(() => other.close());
    const address = other.address();
    assert.ok(typeof address === 'object' && address !== null);
    const listen = `127.0.0.1:${address.port}`;
    const [line = ''] = await failing(here, 1, ['proxy', ...WITH, '--listen', listen]);
    assert.equal(
      line,
      `fedbridge proxy: Cannot listen on ${listen}: another process is using that port. Stop that process, or choose another port with --listen HOST:PORT.`,
    );
  });
});

describe('fedbridge proxy', () => {
  let wire: Wire;
  let environment: Readonly<Record<string, string>>;
  before(async () => {
    wire = await startWire();
    environment = { GCE_METADATA_HOST: new URL(await wire.sandbox.machineOf('reader')).host };
  });
  const proxies: ProxyProcess[] = [];
  after(async () => {
    for (const proxy of proxies) await proxy.stop();
    await wire.close();
  });

  const start = async (
    args: readonly string[] = [],
    { more = environment, upstream = wire.bridge.url } = {},
  ): Promise<ProxyProcess> => {
    const proxy = await startProxyProcess(['--audience', AUDIENCE, '--upstream', upstream, ...args], more);
    proxies.push(proxy);
    return proxy;
  };
  const read = ({ url, accessKey }: ProxyProcess) =>
    request(url, ORDERS, { headers: { authorization: `Bearer ${accessKey}` } });

  it('prints environment variables for S3 clients, creates a new key at each start, and exits with code 0 on a signal', async () => {
    const [one, other] = [await start(), await start()];
    assert.notEqual(one.accessKey, other.accessKey);
    assert.match(one.accessKey, /^FEDBRIDGE[0-9A-F]{40}$/);
    assert.deepEqual([(await read(one)).status, (await read(other)).status], [200, 200]);
    assert.deepEqual([await one.stop('SIGTERM'), await other.stop('SIGINT')], [0, 0]);
    assert.equal(one.stderr(), '');
  });

  it('keeps its key in a file across restarts, and does not print the key itself', async (test) => {
    const directory = mkdtempSync(join(tmpdir(), "fedbridge-proxy's-"));
    test.after(() => {
      rmSync(directory, { recursive: true });
    });
    const file = join(directory, 'key');
    const first = await start(['--access-key-file', file]);
    const key = readFileSync(file, 'utf8').trim();
    assert.match(key, /^FEDBRIDGE[0-9A-F]{40}$/);
    assert.ok(!first.stdout().includes(key), first.stdout());
    const [command = ''] = /^ +export .*$/m.exec(first.stdout()) ?? [];
    const shell = execFileSync('sh', ['-c', `${command}; printf %s "$AWS_ACCESS_KEY_ID"`], {
      encoding: 'utf8',
    });
    assert.equal(shell, key);
    assert.equal((await read({ ...first, accessKey: key })).status, 200);
    assert.equal(await first.stop(), 0);
    const second = await start(['--access-key-file', file]);
    assert.equal((await read({ ...second, accessKey: key })).status, 200);
    assert.equal((await read({ ...second, accessKey: `${key}1` })).status, 401);
  });

  it('does not start if other users can read its key file', async (test) => {
    const here = await startAsTheBridge();
    test.after(() => here.close());
    const file = here.file('key', 'a'.repeat(40));
    chmodSync(file, 0o644);
    const [line = ''] = await failing(here, 1, ['proxy', '--audience', AUDIENCE, '--access-key-file', file]);
    assert.match(
      line,
      /^fedbridge proxy: --access-key-file: must be accessible only to its owner, but ".*key" has the mode 0644\. /,
    );
    assert.ok(!line.includes('aaaa'));
  });

  it('prints a warning if it accepts requests without a key', async () => {
    const proxy = await start(['--allow-any-local-client']);
    assert.match(proxy.stdout(), /every user and program on this machine can read with this identity/);
    assert.equal((await request(proxy.url, ORDERS)).status, 200);
  });

  it("can get tokens for a service account that the user's Google login may impersonate", async (test) => {
    const directory = mkdtempSync(join(tmpdir(), 'fedbridge-login-'));
    test.after(() => {
      rmSync(directory, { recursive: true });
    });
    const { control, certs, callers, googleApis } = wire.sandbox.contract;
    assert.ok(certs.startsWith(googleApis));
    const login = join(directory, 'adc.json');
    writeFileSync(login, (await request(control, '/adc')).text);
    const proxy = await start(['--as', callers.reader], {
      more: {
        GOOGLE_APPLICATION_CREDENTIALS: login,
        FEDBRIDGE_GOOGLE_APIS: googleApis,
        GCE_METADATA_HOST: '127.0.0.1:1',
      },
    });
    const { status, text } = await request(proxy.url, '/-/whoami', {
      headers: { authorization: `Bearer ${proxy.accessKey}` },
    });
    assert.deepEqual(
      [status, (JSON.parse(text) as { email: string }).email],
      [200, callers.reader],
      proxy.stderr(),
    );
  });

  it('rereads its token file before the token expires, and recovers from an expired token', async (test) => {
    const directory = mkdtempSync(join(tmpdir(), 'fedbridge-token-'));
    test.after(() => {
      rmSync(directory, { recursive: true });
    });
    const file = join(directory, 'token');
    const keep = async (account: string, exp: number): Promise<void> => {
      const token = await clusterToken(wire, account, { claims: { exp: inSeconds(exp) } });
      writeFileSync(`${file}.new`, `${token}\n`);
      renameSync(`${file}.new`, file);
    };
    await keep('analytics/etl', -5);
    const proxy = await start(['--token-file', file], { more: { GCE_METADATA_HOST: '127.0.0.1:1' } });
    const { status, text } = await read(proxy);
    assert.equal(status, 502);
    assert.match(text, /--token-file: must contain a valid token, but the token expired at 20/);
    // The proxy uses a token until 10 seconds before it expires.
    await keep('analytics/etl', 11);
    assert.equal((await read(proxy)).status, 200);
    await keep('analytics/other', 3600);
    await until('the proxy uses the new token', async () => (await read(proxy)).status === 403);
    rmSync(file);
    assert.equal((await read(proxy)).status, 403, 'the proxy keeps its token while the file is missing');
    assert.doesNotMatch(proxy.stdout() + proxy.stderr(), /eyJ/);
  });

  it('starts even if it cannot get a token, responds with 502, and recovers', async () => {
    await wire.fault({ upstream: 'metadata', fault: 'refuse' });
    const proxy = await start();
    const { status, text } = await read(proxy);
    assert.equal(status, 502);
    assert.match(text, /metadata server: must be reachable, but is not\./);
    await read(proxy);
    await wire.clearFaults();
    assert.equal((await read(proxy)).status, 200);
    await until('the proxy has reported both changes', () => proxy.stderr().split('\n').length > 2);
    const lines = proxy.stderr().trimEnd().split('\n');
    assert.equal(lines.length, 2, proxy.stderr());
    assert.match(lines[0] ?? '', /^fedbridge proxy: metadata server: must be reachable, but is not\. /);
    assert.equal(lines[1], 'fedbridge proxy: the proxy has an identity token again');
  });

  it('reports only once that the bridge is unreachable, and only once that the bridge is reachable again', async (test) => {
    const bridge = createServer();
    bridge.listen(0, '127.0.0.1');
    await once(bridge, 'listening');
    const address = bridge.address();
    assert.ok(typeof address === 'object' && address !== null);
    bridge.close();
    const upstream = `http://127.0.0.1:${address.port}`;
    const proxy = await start([], { upstream });
    for (let attempt = 0; attempt < 3; attempt += 1) assert.equal((await read(proxy)).status, 502);
    const again = createServer((socket) => {
      socket.on('error', () => undefined).on('data', () => socket.end('HTTP/1.1 204 No Content\r\n\r\n'));
    }).listen(address.port, '127.0.0.1');
    await once(again, 'listening');
    test.after(() => again.close());
    assert.equal((await read(proxy)).status, 204);
    await until('the proxy has reported both changes', () => proxy.stderr().split('\n').length > 2);
    const [down = '', up = '', ...more] = proxy.stderr().trimEnd().split('\n');
    assert.match(
      down,
      /^fedbridge proxy: proxy_upstream_unreachable \(error ECONNREFUSED\)\. Check --upstream/,
    );
    assert.deepEqual([up, more], [`fedbridge proxy: the proxy reaches ${upstream} again`, []]);
  });
});
