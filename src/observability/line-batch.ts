// Gathers lines that come close together and writes them at once: a write costs more than ten lines do.

export interface LineBatch {
  /** @param line with its line feed */
  add(line: string): void;
  /** Writes what has been gathered. */
  flush(): void;
}

/** How long a line may wait for others: a person who looks on does not see it. */
const WAIT_MS = 10;

/** Characters at which they do not wait for more. */
const FULL = 64 * 1024;

/** The first line after a while goes out at once, so that a quiet bridge, whose processor may be taken away, owes nothing. */
export function lineBatch(write: (lines: string) => void): LineBatch {
  let lines = '';
  let writtenAt = -Infinity;
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (lines === '') return;
    const text = lines;
    lines = '';
    writtenAt = performance.now();
    write(text);
  };
  return {
    add: (line) => {
      lines += line;
      if (timer !== undefined && lines.length < FULL) return;
      const waited = performance.now() - writtenAt;
      if (waited >= WAIT_MS || lines.length >= FULL) flush();
      else timer = setTimeout(flush, WAIT_MS - waited).unref();
    },
    flush,
  };
}
