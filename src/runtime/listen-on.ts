// Makes a server listen on a TCP port. The errors name the setting to change.
import type { Server } from 'node:net';

/**
 * @param address.port 0 means any free port
 * @param settings the variables or options that set the address and the port, which the fix in an error names
 * @returns the port. @throws an error whose message includes a fix
 */
export function listenOn(
  server: Server,
  { host, port, reusePort }: { readonly host: string; readonly port: number; readonly reusePort: boolean },
  settings: { readonly host: string; readonly port: string },
): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const fixFor = (code = 'error'): string => {
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
      return `this machine does not have that address. Set ${settings.host} to one of this machine's addresses.`;
    const cause =
      code === 'EADDRINUSE' ? 'another process is using that port. Stop that process, or' : `${code}:`;
    return `${cause} choose another port with ${settings.port}.`;
  };
  const onError = ({ code }: NodeJS.ErrnoException): void => {
    reject(new Error(`Cannot listen on ${host}:${port}: ${fixFor(code)}`));
  };
  server.once('error', onError);
  server.listen({ port, host, reusePort }, () => {
    // Another listener handles errors that occur after the server has begun to listen.
    server.off('error', onError);
    const address = server.address();
    resolve(typeof address === 'object' && address !== null ? address.port : port);
  });
  return promise;
}
