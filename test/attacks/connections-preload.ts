// A preload script for the bridge's process that records each host that the bridge looks up or connects to.
import { subscribe } from 'node:diagnostics_channel';
import dns from 'node:dns';
import { appendFileSync } from 'node:fs';
import type { Socket } from 'node:net';

const note = (line: string): void => {
  appendFileSync(process.env['CONNECTIONS_FILE'] ?? '', `${line}\n`);
};

subscribe('net.client.socket', (message) => {
  const { socket } = message as { readonly socket: Socket };
  socket.on('lookup', (_error: unknown, _address: unknown, _family: unknown, host: string) => {
    note(`lookup ${host}`);
  });
  socket.on('connectionAttempt', (address: string, port: number) => {
    note(`connect ${address}:${port}`);
  });
});

const { lookup } = dns;
dns.lookup = Object.assign((host: string, ...rest: unknown[]) => {
  note(`lookup ${host}`);
  Reflect.apply(lookup, dns, [host, ...rest]);
}, lookup);
