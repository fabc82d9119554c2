// The two nginx servers: the origin that stands for S3, and the plain reverse proxy that the bridge is held against.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Child, Children } from './children.ts';
import type { BenchObject } from './objects.ts';

/** S3 closes a connection after some hundreds of requests; here none is closed, for any contender. */
const KEEP_ALIVE = 'keepalive_requests 100000000; keepalive_timeout 600s;';

/** Answers GET /BUCKET/KEY with S3's headers, whatever the signature. */
export function startOrigin(
  children: Children,
  options: {
    readonly core: number;
    readonly port: number;
    readonly directory: string;
    readonly bucket: string;
    readonly objects: readonly BenchObject[];
  },
): Child {
  const { core, port, directory, bucket, objects } = options;
  const root = join(directory, 'objects');
  mkdirSync(join(root, bucket), { recursive: true });
  for (const { key, content } of objects) writeFileSync(join(root, bucket, key), content);
  return startNginx(children, {
    ...{ core, directory: join(directory, 'origin') },
    http: `
      access_log off;
      sendfile on;
      tcp_nopush on;
      open_file_cache max=10;
      default_type binary/octet-stream;
      server_tokens off;
      server {
        listen 127.0.0.1:${port};
        root ${root};
        add_header x-amz-id-2 "Uuag1LuByRx9e6j5Onimru9pO4ZVKnJ2Qz7/C1NPcfTWAtRPfTaOFg==";
        add_header x-amz-request-id $request_id;
        add_header x-amz-server-side-encryption AES256;
      }`,
  });
}

/** @param options.stdout where the access log goes, a line a request */
export function startProxy(
  children: Children,
  options: {
    readonly core: number;
    readonly port: number;
    readonly directory: string;
    readonly originPort: number;
    readonly stdout: number;
  },
): Child {
  const { core, port, originPort, stdout } = options;
  return startNginx(children, {
    ...{ core, stdout, directory: join(options.directory, 'proxy') },
    http: `
      access_log /dev/stdout combined;
      upstream origin { server 127.0.0.1:${originPort}; keepalive 64; ${KEEP_ALIVE} }
      server {
        listen 127.0.0.1:${port};
        location / {
          proxy_pass http://origin;
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
    events { worker_connections 1024; }
    http { ${KEEP_ALIVE} ${temporary.join(' ')} ${http} }`,
  );
  return children.start({
    ...{ core, command: 'nginx', args: ['-p', directory, '-c', file, '-e', 'stderr'] },
    ...(stdout === undefined ? {} : { stdout }),
  });
}
