// Runs the bridge in a separate process, and stops reading its log after the bridge has started.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { inheritedEnvironment } from '../../src/config/load.ts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { until } from './until.ts';

export interface UnreadBridge {
  readonly process: ChildProcess;
  readonly url: string;
  readonly metricsUrl: string;
}

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;

/** Starts the bridge. The test must stop the process. */
export async function startUnreadBridge(sandbox: Sandbox): Promise<UnreadBridge> {
  const bridge = spawn(process.execPath, [MAIN, 'serve'], {
    env: {
      ...inheritedEnvironment(),
      ...sandbox.environment,
      FEDBRIDGE_HOST: '127.0.0.1',
      PORT: '0',
      FEDBRIDGE_METRICS_PORT: '0',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  const read = (chunk: Buffer): string => (text += chunk.toString());
  bridge.stdout.on('data', read);
  const ports = (): RegExpExecArray | null => /"port":(\d+),"metricsPort":(\d+)/.exec(text);
  await until('the bridge listens', () => ports() !== null).catch((error: unknown) => {
    bridge.kill('SIGKILL');
    throw error;
  });
  bridge.stdout.off('data', read).pause();
  const [, port = '', metricsPort = ''] = ports() ?? [];
  return {
    process: bridge,
    url: `http://127.0.0.1:${port}`,
    metricsUrl: `http://127.0.0.1:${metricsPort}`,
  };
}
