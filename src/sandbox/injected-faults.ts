// The faults that are set at present, and which of them strikes a request.
import type { Shape } from './response.ts';
import type { Refusal, UpstreamName } from './upstreams.ts';

export type Fault =
  | { readonly kind: 'hang' | 'reset' | 'refuse' | 'garbage' | 'empty' }
  | { readonly kind: 'delay'; readonly milliseconds: number }
  /** Holds the response back until the fault is cleared: all of it, or what follows so many bytes of the body. */
  | { readonly kind: 'hold'; readonly after?: number | undefined }
  | ({ readonly kind: 'status' | 'error' } & Refusal)
  | Exclude<Shape, { readonly kind: 'hold' }>;

export interface FaultSetting {
  readonly supplier: UpstreamName;
  readonly fault: Fault;
  /** How many requests it strikes; absent: every one until it is cleared. */
  readonly times?: number | undefined;
  /** Strikes only requests whose raw path and query contain this. */
  readonly path?: string | undefined;
}

export interface Strike {
  readonly fault: Fault;
  /** Resolves when the fault is cleared or replaced, not when it has struck for the last time. */
  readonly cleared: Promise<void>;
}

export interface Faults {
  /** Takes the place of an earlier fault of the same supplier and path. */
  set(setting: FaultSetting): void;
  /** Clears one supplier's faults, those with this path filter where one is given. */
  clear(supplier?: UpstreamName, path?: string): void;
  /** The fault that strikes this request, counted as struck. */
  take(supplier: UpstreamName, url: string): Strike | undefined;
  list(): readonly FaultSetting[];
}

/** How the fault changes an answer on its way; undefined for faults that do something else. */
export function shapeOf({ fault, cleared }: Strike): Shape | undefined {
  switch (fault.kind) {
    case 'hold':
      return fault.after === undefined ? undefined : { kind: 'hold', after: fault.after, cleared };
    case 'cut':
    case 'stall':
    case 'drip':
    case 'wrong-length':
      return fault;
    default:
      return undefined;
  }
}

interface Held {
  readonly setting: FaultSetting;
  /** How many more requests it strikes. */
  left: number;
  readonly cleared: Promise<void>;
  clear(): void;
}

export function createFaults(): Faults {
  let all: readonly Held[] = [];
  const clearWhere = (isMeant: (setting: FaultSetting) => boolean): void => {
    for (const { setting, clear } of all) if (isMeant(setting)) clear();
    all = all.filter(({ setting }) => !isMeant(setting));
  };
  return {
    set(setting) {
      clearWhere(({ supplier, path }) => supplier === setting.supplier && path === setting.path);
      const { promise: cleared, resolve } = Promise.withResolvers<undefined>();
      const clear = (): void => {
        resolve(undefined);
      };
      all = [...all, { setting, left: setting.times ?? Infinity, cleared, clear }];
    },
    clear(supplier, path) {
      clearWhere(
        (setting) =>
          (supplier === undefined || setting.supplier === supplier) &&
          (path === undefined || setting.path === path),
      );
    },
    take(supplier, url) {
      // A fault for one path goes before a fault for all of them.
      const due = all
        .filter(
          ({ setting, left }) => setting.supplier === supplier && setting.fault.kind !== 'refuse' && left > 0,
        )
        .filter(({ setting: { path } }) => path === undefined || url.includes(path))
        .sort((a, b) => (b.setting.path?.length ?? 0) - (a.setting.path?.length ?? 0))[0];
      if (due === undefined) return undefined;
      due.left -= 1;
      return { fault: due.setting.fault, cleared: due.cleared };
    },
    list: () =>
      all
        .filter(({ left }) => left > 0)
        .map(({ setting, left }) => (setting.times === undefined ? setting : { ...setting, times: left })),
  };
}
