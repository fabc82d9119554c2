// A preload script (`node --import`) that replaces DNS lookups in the bridge's process. A file specifies how upstreams' host
// names resolve, and a second file records each lookup.
import dns from 'node:dns';
import { appendFileSync, readFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import type { Names } from './faked-names.ts';

const path = process.env['FAKED_NAMES'] ?? '';
const names = (): Names => JSON.parse(readFileSync(path, 'utf8')) as Names;

type Lookup = (
  host: string,
  options: { readonly all?: boolean },
  done: (error: Error | null, address?: unknown, family?: number) => void,
) => void;

const lookup = dns.lookup as unknown as Lookup;

const faked: Lookup = (host, options, done) => {
  const { leads } = names();
  const state = leads[host];
  if (state === undefined) {
    lookup(host, options, done);
    return;
  }
  appendFileSync(`${path}.asked`, `${host}\n`);
  if (state === 'to nobody who answers') return;
  const found = options.all === true ? [[{ address: '127.0.0.1', family: 4 }]] : ['127.0.0.1', 4];
  const error = Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), {
    errno: -3008,
    code: 'ENOTFOUND',
    syscall: 'getaddrinfo',
    hostname: host,
  });
  process.nextTick(() => {
    if (state === 'nowhere') done(error);
    else (done as (error: null, ...found: unknown[]) => void)(null, ...found);
  });
};

Object.assign(dns, { lookup: faked });
// Also replaces the function in modules that import it by name.
syncBuiltinESMExports();
