// A local registry that serves the production packages in node_modules, so that `npm install` needs no network.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { nameOf, readPackages, ROOT } from './packages.ts';

export interface LocalRegistry {
  readonly url: string;
  close(): void;
}

/** Paths of the installed production packages, by name and version. Development packages are not included. */
function productionPackages(): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const found = new Map<string, Map<string, string>>();
  for (const [path, { version, dev = false }] of readPackages().locked) {
    if (dev) continue;
    const versions = found.get(nameOf(path)) ?? new Map<string, string>();
    found.set(nameOf(path), versions.set(version, join(ROOT, path)));
  }
  return found;
}

export async function startLocalRegistry(): Promise<LocalRegistry> {
  const packages = productionPackages();
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://registry').pathname).slice(1);
    const [name = '', version] = path.split('/-/');
    const versions = packages.get(name);
    const directory = version === undefined ? undefined : versions?.get(version);
    if (directory !== undefined) response.end(packed(directory));
    else if (versions !== undefined && version === undefined)
      response.end(JSON.stringify(describe(name, versions, url)));
    else response.writeHead(404).end('{}');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** The fields that npm reads in a registry's package document. */
function describe(name: string, versions: ReadonlyMap<string, string>, url: string): object {
  const manifests = [...versions].map(([version, directory]) => {
    const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as object;
    return [version, { ...manifest, dist: { tarball: `${url}/${name}/-/${version}` } }] as const;
  });
  return {
    name,
    'dist-tags': { latest: [...versions.keys()].at(-1) },
    versions: Object.fromEntries(manifests),
  };
}

/** Excludes nested packages, because npm requests each of them separately. */
const packed = (directory: string): Buffer =>
  execFileSync('tar', ['-czf', '-', '--exclude=node_modules', basename(directory)], {
    cwd: dirname(directory),
    maxBuffer: 64 * 1024 * 1024,
  });
