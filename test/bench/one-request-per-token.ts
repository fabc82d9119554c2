// Requests a URL once with each of many tokens, to measure the cost of new callers.
import { Agent, get } from 'node:http';
import { cpuSeconds } from './cpu-time.ts';
import { median } from './markdown.ts';

export interface Asked {
  readonly cpuMicrosecondsPerRequest: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/**
 * @param options.pid the ID of the process whose CPU time is measured
 * @throws Error if a response has a status other than 200
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
  // All workers share one iterator, so that each token is used once.
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

/** @returns the milliseconds until the last byte of the response */
function ask(url: string, token: string, agent: Agent): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const began = performance.now();
  const request = get(url, { agent, headers: { authorization: `Bearer ${token}` } }, (answer) => {
    if (answer.statusCode !== 200) reject(new Error(`${url} responded with ${String(answer.statusCode)}`));
    answer.resume();
    answer.once('error', reject);
    answer.once('end', () => {
      resolve(performance.now() - began);
    });
  });
  request.once('error', reject);
  return promise;
}
