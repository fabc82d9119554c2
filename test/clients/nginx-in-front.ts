// Runs Debian's nginx in front of an S3 endpoint. Its access log shows the bytes of each response that nginx gave to the kernel.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { request } from '../support/http-request.ts';
import { until } from '../support/until.ts';
import { PATH } from './program.ts';

export interface NginxInFront {
  /**
   * Stops nginx.
   * @returns the number of body bytes that the kernel accepted from nginx, by the bridge's request ID, which the user agent contains
   */
  stop(): Promise<ReadonlyMap<string, number>>;
}

/**
 * @param options.port the port on 127.0.0.1 to listen on
 * @param options.s3 the origin of the S3 endpoint
 * @param options.server additional directives of the server, in which `$unlucky` is `1` for a small share of the requests, otherwise empty
 */
export async function startNginxInFront(options: {
  readonly port: number;
  readonly s3: string;
  readonly server: string;
}): Promise<NginxInFront> {
  const directory = await mkdtemp(join(tmpdir(), 'fedbridge-nginx-'));
  const log = join(directory, 'access.log');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${join(directory, name)};`,
  );
  await writeFile(
    join(directory, 'nginx.conf'),
    `${process.getuid?.() === 0 ? 'user root;' : ''}
    daemon off;
    worker_processes 1;
    pid ${join(directory, 'nginx.pid')};
    worker_rlimit_nofile 8192;
    events { worker_connections 4096; }
    http {
      ${temporary.join(' ')}
      log_format attempt '$http_user_agent|$body_bytes_sent';
      access_log ${log} attempt;
      keepalive_requests 100000;
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Connection "";
      split_clients $request_id $unlucky { ${UNLUCKY} 1; * ""; }
      upstream s3 { server ${new URL(options.s3).host}; keepalive 256; keepalive_requests 100000; }
      server {
        listen 127.0.0.1:${options.port};
        ${options.server}
        location / { proxy_pass http://s3; }
      }
    }`,
  );
  const args = ['-p', directory, '-c', join(directory, 'nginx.conf'), '-e', 'stderr'];
  const child = spawn('nginx', args, { env: { PATH: `${PATH}:/usr/sbin` }, stdio: 'ignore' });
  const exited = once(child, 'exit');
  const isListening = (): Promise<boolean> =>
    request(`http://127.0.0.1:${options.port}`, '/').then(
      () => true,
      () => false,
    );
  await until('nginx listens', isListening);
  return {
    stop: async () => {
      child.kill('SIGQUIT');
      await exited;
      const lines = (await readFile(log, 'utf8')).trim().split('\n');
      await rm(directory, { recursive: true });
      const sums = new Map<string, number>();
      for (const line of lines) {
        const [, requestId = '', bytes] = /\(([^)]+)\)\|(\d+)$/.exec(line) ?? [];
        sums.set(requestId, (sums.get(requestId) ?? 0) + Number(bytes));
      }
      return sums;
    },
  };
}

/** The share of requests for which `$unlucky` is set. */
const UNLUCKY = '3%';
