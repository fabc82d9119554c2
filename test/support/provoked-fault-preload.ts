// A preload script (`node --import`) for the bridge's process: SIGUSR2 causes the failure that a file specifies.
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Harm } from './provoked-fault.ts';

const path = process.env['PROVOKED_FAULT'] ?? '';
const SECRET = new Error('a message that could hold a token');
let busy: NodeJS.Timeout | undefined;

function block(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

process.on('SIGUSR2', () => {
  const { what, milliseconds = 0 } = JSON.parse(readFileSync(path, 'utf8')) as Harm;
  clearInterval(busy);
  if (what === 'throw') {
    setTimeout(() => {
      throw SECRET;
    }, 1);
  }
  if (what === 'throw-text')
    setTimeout(() => {
      // eslint-disable-next-line @typescript-eslint/only-throw-error
      throw SECRET.message;
    }, 1);
  if (what === 'reject') void Promise.reject(SECRET);
  if (what === 'collect') {
    setFlagsFromString('--expose-gc');
    (runInNewContext('gc') as () => void)();
  }
  if (what === 'pause') block(milliseconds);
  if (what === 'lag') busy = setInterval(block, 1, milliseconds);
});
