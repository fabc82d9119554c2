// The cache's memory: one buffer that is allocated at startup and divided into pages.

export interface Slab {
  readonly pages: number;
  freePages(): number;
  /** @returns the numbers of the pages, in the order of the bytes; undefined if too few pages are free */
  take(bytes: number): readonly number[] | undefined;
  give(pages: readonly number[]): void;
  /** Copies `bytes` to the position `at` of the memory that `pages` form together. */
  write(pages: readonly number[], at: number, bytes: Buffer | string): void;
  /**
   * Returns the bytes from `from` up to `to`, or fewer if they are not contiguous in memory. The result is not a copy: it changes
   * when the pages are reused.
   */
  view(pages: readonly number[], from: number, to: number): Buffer;
  /** Returns a copy of the bytes as a Latin-1 string. */
  text(pages: readonly number[], from: number, to: number): string;
}

/** @param bytes the size of the memory, which is rounded down to whole pages */
export function createSlab(bytes: number, pageBytes: number): Slab {
  const count = Math.floor(bytes / pageBytes);
  const memory = Buffer.allocUnsafeSlow(count * pageBytes);
  // The numbers of the free pages, used as a stack. Pages are returned in reverse order, so that contiguous pages are taken as
  // contiguous pages again.
  const free = Uint32Array.from({ length: count }, (_, i) => count - 1 - i);
  let top = count;

  const pageAt = (pages: readonly number[], at: number): number => {
    const page = pages[Math.floor(at / pageBytes)];
    if (page === undefined) throw new RangeError('the position is outside the pages');
    return page;
  };

  /** Calls `use` for each part of the memory that lies in one page. */
  const eachPart = (
    pages: readonly number[],
    from: number,
    to: number,
    use: (start: number, end: number, at: number) => void,
  ): void => {
    for (let at = from; at < to;) {
      const inPage = at % pageBytes;
      const length = Math.min(pageBytes - inPage, to - at);
      const start = pageAt(pages, at) * pageBytes + inPage;
      use(start, start + length, at);
      at += length;
    }
  };

  return {
    pages: count,
    freePages: () => top,
    take: (length) => {
      const needed = Math.ceil(length / pageBytes);
      if (needed > top) return undefined;
      const pages: number[] = [];
      for (let i = 0; i < needed; i += 1) pages.push(free[--top] ?? 0);
      return pages;
    },
    give: (pages) => {
      for (let i = pages.length - 1; i >= 0; i -= 1) free[top++] = pages[i] ?? 0;
    },
    write: (pages, at, source) => {
      eachPart(pages, at, at + source.length, (start, end, from) => {
        const offset = from - at;
        if (typeof source === 'string')
          memory.write(source.slice(offset, offset + end - start), start, 'latin1');
        else source.copy(memory, start, offset, offset + end - start);
      });
    },
    view: (pages, from, to) => {
      const first = pageAt(pages, from);
      let end = from - (from % pageBytes) + pageBytes;
      for (let page = first; end < to && pageAt(pages, end) === page + 1; page += 1) end += pageBytes;
      const start = first * pageBytes + (from % pageBytes);
      return memory.subarray(start, start + Math.min(end, to) - from);
    },
    text: (pages, from, to) => {
      let text = '';
      eachPart(pages, from, to, (start, end) => {
        text += memory.toString('latin1', start, end);
      });
      return text;
    },
  };
}
