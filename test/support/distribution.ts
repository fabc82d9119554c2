// Runs a real nginx that stands in for a CloudFront distribution: it replaces the Host header with its origin's, and reports in
// x-cache whether a response came from its cache.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, listening } from '../bench/ports.ts';

/** A request that the distribution received. */
export interface ViewerRequest {
  readonly method: string;
  /** The path and query as they were received. */
  readonly path: string;
  readonly host: string;
  readonly status: number;
  /** The name in the TLS handshake; empty without TLS. */
  readonly serverName: string;
  /** Whether the origin sent the response; empty if nginx sent it. */
  readonly originStatus: string;
}

export interface Distribution {
  readonly origin: string;
  readonly port: number;
  requests(): Promise<readonly ViewerRequest[]>;
  /** Changes the configuration of the running nginx. */
  change(behavior: Behavior): Promise<void>;
  stop(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

export interface Behavior {
  /** The Host header for the origin; by default, S3's name of the bucket. */
  readonly originHost?: string;
  /** Directives in the location that forwards requests. */
  readonly forward?: string;
  /** Replaces the location that forwards requests. */
  readonly respond?: string;
  /** The headers that nginx adds to each response; by default, those that CloudFront adds. */
  readonly added?: string;
}

const ADDED =
  'add_header X-Cache $x_cache always; add_header X-Amz-Cf-Pop FRA1-C1 always; add_header Via "1.1 0123456789abcdef.cloudfront.net (CloudFront)" always;';

/**
 * Caches responses in nginx for a minute. As in CloudFront without a cache policy for headers, the cache's key is only the URL.
 */
export const CACHING: Behavior = {
  forward:
    'proxy_cache all; proxy_cache_key $request_uri; proxy_cache_valid any 60s; proxy_ignore_headers Cache-Control Expires Set-Cookie Vary;',
};

/** @returns the reason to skip tests with nginx, or undefined. In CI, nginx must exist. */
export function nginxLacks(): string | undefined {
  try {
    execFileSync('nginx', ['-v'], { stdio: 'ignore' });
    return undefined;
  } catch {
    assert.equal(process.env['CI'], undefined, 'In CI nginx must be installed (Debian: nginx-light).');
    return 'nginx is not installed (Debian: nginx-light)';
  }
}

/**
 * @param options.behind the origin of the S3 server
 * @param options.tls files with a certificate and its key; default: plain HTTP
 */
export async function startDistribution(
  options: {
    readonly behind: string;
    readonly bucket: string;
    readonly region: string;
    readonly tls?: { readonly cert: string; readonly key: string };
  },
  behavior: Behavior = {},
): Promise<Distribution> {
  const directory = await mkdtemp(join(tmpdir(), 'fedbridge-distribution-'));
  const port = await freePort();
  const file = join(directory, 'nginx.conf');
  const log = join(directory, 'access.log');
  const args = ['-p', directory, '-c', file, '-e', join(directory, 'error.log')];
  const write = (to: Behavior): Promise<void> =>
    writeFile(file, nginxConf({ ...options, ...to, directory, port, log }));
  let running: { readonly exited: Promise<unknown>; kill(signal: NodeJS.Signals): void } | undefined;

  const start = async (): Promise<void> => {
    const child = spawn('nginx', args, { stdio: 'ignore' });
    running = { exited: once(child, 'exit'), kill: (signal) => child.kill(signal) };
    const ended = new AbortController();
    child.once('exit', () => {
      ended.abort(new Error('nginx ended'));
    });
    await listening(port, ended.signal);
  };
  const stop = async (): Promise<void> => {
    running?.kill('SIGTERM');
    await running?.exited;
    running = undefined;
  };
  await write(behavior);
  await writeFile(log, '');
  await start();
  return {
    origin: `http://127.0.0.1:${port}`,
    port,
    requests: async () => (await readFile(log, 'utf8')).split('\n').flatMap(viewerRequest),
    change: async (to) => {
      await write(to);
      await stop();
      await start();
    },
    start,
    stop,
    close: async () => {
      await stop();
      await rm(directory, { recursive: true });
    },
  };
}

function nginxConf(
  options: Behavior & {
    readonly behind: string;
    readonly bucket: string;
    readonly region: string;
    readonly tls?: { readonly cert: string; readonly key: string };
    readonly directory: string;
    readonly port: number;
    readonly log: string;
  },
): string {
  const { behind, bucket, region, tls, directory, port, log, added = ADDED, forward = '', respond } = options;
  const { originHost = `${bucket}.s3.${region}.amazonaws.com` } = options;
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${join(directory, name)};`)
    .join(' ');
  const passes = forward.includes('proxy_pass') ? '' : `proxy_pass ${behind};`;
  return `${process.getuid?.() === 0 ? 'user root;' : ''}
daemon off;
worker_processes 1;
pid ${join(directory, 'nginx.pid')};
events { worker_connections 1024; }
http {
  ${temporary}
  log_format viewer '$request_method\t$request_uri\t$host\t$status\t$ssl_server_name\t$upstream_status';
  access_log ${log} viewer;
  proxy_cache_path ${join(directory, 'cache')} keys_zone=all:1m;
  map "$upstream_cache_status $status" $x_cache {
    default "Miss from cloudfront";
    "~^HIT" "Hit from cloudfront";
    "~ [45]..$" "Error from cloudfront";
  }
  merge_slashes off;
  large_client_header_buffers 8 32k;
  server {
    listen 127.0.0.1:${port}${tls === undefined ? '' : ' ssl'};
    ${tls === undefined ? '' : `ssl_certificate ${tls.cert}; ssl_certificate_key ${tls.key};`}
    ${added}
    location / {
      ${
        respond ??
        `limit_except GET HEAD { deny all; }
      proxy_http_version 1.1;
      proxy_set_header Host ${originHost};
      proxy_set_header Connection "";
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header Via "1.1 0123456789abcdef.cloudfront.net (CloudFront)";
      ${forward}
      ${passes}`
      }
    }
  }
}
`;
}

function viewerRequest(line: string): ViewerRequest[] {
  if (line === '') return [];
  const [method = '', path = '', host = '', status = '', serverName = '', originStatus = ''] =
    line.split('\t');
  const name = serverName === '-' ? '' : serverName;
  return [{ method, path, host, status: Number(status), serverName: name, originStatus }];
}
