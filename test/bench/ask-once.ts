// Asks one URL once with each of many tokens: what a caller costs whom the bridge has not seen before.
import { Agent, get } from 'node:http';
import { cpuSeconds } from './cpu-time.ts';
import { median } from './markdown.ts';

export interface Asked {
  readonly cpuMicrosecondsPerRequest: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/**
 * @param options.pid whose CPU time counts
 * @throws Error at an answer that is not 200
 */
export async function askOnce(
  url: string,
  tokens: readonly string[],
  { pid, connections }: { readonly pid: number; readonly connections: number },
): Promise<Asked> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const times: number[] = [];
  const cpu = cpuSeconds(pid);
  const waiting = tokens.values();
  // They share one iterator: each takes the next token.
  const asker = async (): Promise<void> => {
    for (const token of waiting) times.push(await ask(url, token, agent));
  };
  await Promise.all(Array.from({ length: connections }, asker));
  agent.destroy();
  const sorted = times.toSorted((a, b) => a - b);
  return {
    cpuMicrosecondsPerRequest: ((cpuSeconds(pid) - cpu) / tokens.length) * 1e6,
    p50Ms: median(times),
    p99Ms: sorted[Math.floor(sorted.length * 0.99)] ?? NaN,
  };
}

/** @returns milliseconds to the last byte */
function ask(url: string, token: string, agent: Agent): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const began = performance.now();
  const request = get(url, { agent, headers: { authorization: `Bearer ${token}` } }, (answer) => {
    if (answer.statusCode !== 200) reject(new Error(`${url} answers ${String(answer.statusCode)}`));
    answer.resume();
    answer.once('error', reject);
    answer.once('end', () => {
      resolve(performance.now() - began);
    });
  });
  request.once('error', reject);
  return promise;
}
