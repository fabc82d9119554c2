// Starts two nginx servers: a stand-in for S3, and a plain reverse proxy to compare with the bridge.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Certificate } from './certificate.ts';
import type { Child, Children } from './children.ts';
import type { BenchObject } from './objects.ts';

/** Keeps connections open for the whole benchmark, unlike S3, which closes a connection after a few hundred requests. */
const KEEP_ALIVE = 'keepalive_requests 100000000; keepalive_timeout 600s;';

/** The maximum number of idle connections to the origin. The limit is higher than the number that any benchmark opens. */
const IDLE_UPSTREAM = 1024;

export interface OriginOptions {
  readonly core: number;
  readonly port: number;
  readonly directory: string;
  readonly bucket: string;
  readonly objects: readonly BenchObject[];
  /** The certificate to serve; undefined for plain HTTP. */
  readonly tls?: Certificate | undefined;
  /** The maximum number of bytes per second on each connection; by default, there is no maximum. */
  readonly ratePerConnection?: number | undefined;
}

/** Serves GET /BUCKET/KEY with S3's headers, without a signature check. Every list request returns the file `list.xml`. */
export function startOrigin(children: Children, options: OriginOptions): Child {
  const { core, port, directory, bucket, objects, tls, ratePerConnection } = options;
  const root = originRoot(directory);
  mkdirSync(join(root, bucket), { recursive: true });
  for (const { key, content } of objects) writeFileSync(join(root, bucket, key), content());
  const secure =
    tls === undefined
      ? ''
      : `
        ssl_certificate ${tls.certificate};
        ssl_certificate_key ${tls.key};
        ssl_protocols TLSv1.3;
        ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256;
        ssl_session_cache shared:sessions:1m;`;
  // nginx waits after each step, so short steps make the rate even.
  const limit =
    ratePerConnection === undefined
      ? ''
      : `limit_rate ${ratePerConnection}; sendfile_max_chunk ${Math.ceil(ratePerConnection / 50)};`;
  return startNginx(children, {
    core,
    directory: join(directory, 'origin'),
    http: `
      access_log off;
      sendfile on;
      tcp_nopush on;
      open_file_cache max=10;
      ${limit}
      default_type binary/octet-stream;
      server_tokens off;
      server {
        listen 127.0.0.1:${port}${tls === undefined ? '' : ' ssl'};${secure}
        root ${root};
        location ~ ^/${bucket}/?$ { default_type application/xml; try_files /list.xml =404; }
        add_header x-amz-id-2 "Uuag1LuByRx9e6j5Onimru9pO4ZVKnJ2Qz7/C1NPcfTWAtRPfTaOFg==";
        add_header x-amz-request-id $request_id;
        add_header x-amz-server-side-encryption AES256;
      }`,
  });
}

/** Returns the directory that contains the origin's files, BUCKET/KEY and list.xml. */
export const originRoot = (directory: string): string => join(directory, 'objects');

/** @param options.stdout receives the access log, one line per request */
export function startProxy(
  children: Children,
  options: {
    readonly core: number;
    readonly port: number;
    readonly directory: string;
    readonly originPort: number;
    readonly stdout: number;
    readonly tls?: Certificate | undefined;
    /** Whether nginx keeps the objects in a cache on disk. */
    readonly caches?: boolean;
  },
): Child {
  const { core, port, directory, originPort, stdout, tls, caches = false } = options;
  const cachePath = `proxy_cache_path ${join(directory, 'cache')} keys_zone=objects:16m inactive=1h;`;
  const secure =
    tls === undefined
      ? 'proxy_pass http://origin;'
      : `proxy_pass https://origin;
          proxy_ssl_name localhost;
          proxy_ssl_verify on;
          proxy_ssl_trusted_certificate ${tls.certificate};
          proxy_ssl_protocols TLSv1.3;
          proxy_ssl_session_reuse on;`;
  return startNginx(children, {
    core,
    stdout,
    directory: join(directory, 'proxy'),
    http: `
      access_log /dev/stdout combined;
      ${caches ? cachePath : ''}
      upstream origin { server 127.0.0.1:${originPort}; keepalive ${IDLE_UPSTREAM}; ${KEEP_ALIVE} }
      server {
        listen 127.0.0.1:${port};
        location / {
          ${secure}
          ${caches ? 'proxy_cache objects; proxy_cache_valid 200 1h;' : ''}
          proxy_http_version 1.1;
          proxy_set_header Connection "";
        }
      }`,
  });
}

function startNginx(
  children: Children,
  options: {
    readonly core: number;
    readonly directory: string;
    readonly http: string;
    readonly stdout?: number;
  },
): Child {
  const { core, directory, http, stdout } = options;
  mkdirSync(directory);
  const file = join(directory, 'nginx.conf');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${join(directory, name)};`,
  );
  writeFileSync(
    file,
    `${process.getuid?.() === 0 ? 'user root;' : ''}
    daemon off;
    worker_processes 1;
    pid ${join(directory, 'nginx.pid')};
    error_log stderr error;
    worker_rlimit_nofile 8192;
    events { worker_connections 4096; }
    http { ${KEEP_ALIVE} ${temporary.join(' ')} ${http} }`,
  );
  return children.start({
    core,
    command: 'nginx',
    args: ['-p', directory, '-c', file, '-e', 'stderr'],
    ...(stdout === undefined ? {} : { stdout }),
  });
}
