// Takes a CPU profile of a running Node process through its inspector.
import { once } from 'node:events';
import { z } from 'zod';

const callFrame = z.object({ functionName: z.string(), url: z.string(), lineNumber: z.number() });

const profile = z.object({
  nodes: z.array(z.object({ id: z.number(), callFrame, children: z.array(z.number()).default([]) })),
  samples: z.array(z.number()),
  /** The time of each sample, in microseconds since the previous sample. */
  timeDeltas: z.array(z.number()),
});

export type CpuProfile = z.output<typeof profile>;

export interface Inspector {
  startProfile(): Promise<void>;
  /** @returns the profile, and its JSON, which Chrome and VS Code can open */
  stopProfile(): Promise<{ readonly profile: CpuProfile; readonly json: string }>;
  close(): void;
}

/** A sampling interval short enough to show functions that take a few microseconds; sampling uses about 10 % more CPU. */
const INTERVAL_MICROSECONDS = 250;

const targets = z.array(z.object({ webSocketDebuggerUrl: z.string() }));
const reply = z.object({ id: z.number(), result: z.unknown(), error: z.unknown() }).partial();

/** @param port the port on which `inspector-preload.ts` opened the inspector */
export async function connectInspector(port: number): Promise<Inspector> {
  const [target] = targets.parse(await (await fetch(`http://127.0.0.1:${port}/json/list`)).json());
  if (target === undefined) throw new Error('the process has nothing to inspect');
  const socket = new WebSocket(target.webSocketDebuggerUrl);
  await once(socket, 'open');
  const waiting = new Map<number, (answer: z.output<typeof reply>) => void>();
  socket.addEventListener('message', ({ data }) => {
    const answer = reply.parse(JSON.parse(String(data)));
    if (answer.id !== undefined) waiting.get(answer.id)?.(answer);
  });
  let last = 0;
  const ask = async (method: string, params: object = {}): Promise<unknown> => {
    last += 1;
    const { promise, resolve } = Promise.withResolvers<z.output<typeof reply>>();
    waiting.set(last, resolve);
    socket.send(JSON.stringify({ id: last, method, params }));
    const { result, error } = await promise;
    if (error !== undefined) throw new Error(`${method}: ${JSON.stringify(error)}`);
    return result;
  };
  return {
    startProfile: async () => {
      await ask('Profiler.enable');
      await ask('Profiler.setSamplingInterval', { interval: INTERVAL_MICROSECONDS });
      await ask('Profiler.start');
    },
    stopProfile: async () => {
      const answer = z.object({ profile: z.unknown() }).parse(await ask('Profiler.stop'));
      return { profile: profile.parse(answer.profile), json: JSON.stringify(answer.profile) };
    },
    close: () => {
      socket.close();
    },
  };
}
