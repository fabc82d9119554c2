// Stores the active faults, and selects the fault for a request.
import type { Shape } from './response.ts';
import type { Refusal, UpstreamName } from './upstreams.ts';

export type Fault =
  | { readonly kind: 'hang' | 'reset' | 'refuse' | 'garbage' | 'empty' }
  | { readonly kind: 'delay'; readonly milliseconds: number }
  /** Holds back the response, or everything after the first `after` bytes of its body, until the fault is cleared. */
  | { readonly kind: 'hold'; readonly after?: number | undefined }
  | ({ readonly kind: 'status' | 'error' } & Refusal)
  | Exclude<Shape, { readonly kind: 'hold' }>;

export interface FaultSetting {
  readonly upstream: UpstreamName;
  readonly fault: Fault;
  /** The number of requests to which the fault applies; default: all requests until the fault is cleared. */
  readonly times?: number | undefined;
  /** If set, the fault applies only to requests whose raw path and query contain this text. */
  readonly path?: string | undefined;
}

export interface Strike {
  readonly fault: Fault;
  /** Resolves when the fault is cleared or replaced, but not when it ends because it has affected `times` requests. */
  readonly cleared: Promise<void>;
}

export interface Faults {
  /** Replaces any earlier fault that has the same emulator and path filter. */
  set(setting: FaultSetting): void;
  /** Clears the faults of one emulator or of all emulators. With a path filter, clears only the faults that have that filter. */
  clear(upstream?: UpstreamName, path?: string): void;
  /** Returns the fault that applies to this request, if any, and counts the request against `times`. */
  take(upstream: UpstreamName, url: string): Strike | undefined;
  list(): readonly FaultSetting[];
}

/** Returns how the fault changes the normal response; undefined if the fault delays, replaces or prevents the response. */
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
  /** The number of further requests to which the fault applies. */
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
      clearWhere(({ upstream, path }) => upstream === setting.upstream && path === setting.path);
      const { promise: cleared, resolve } = Promise.withResolvers<undefined>();
      const clear = (): void => {
        resolve(undefined);
      };
      all = [...all, { setting, left: setting.times ?? Infinity, cleared, clear }];
    },
    clear(upstream, path) {
      clearWhere(
        (setting) =>
          (upstream === undefined || setting.upstream === upstream) &&
          (path === undefined || setting.path === path),
      );
    },
    take(upstream, url) {
      // A fault with a path filter takes precedence over a fault without a filter.
      const due = all
        .filter(
          ({ setting, left }) => setting.upstream === upstream && setting.fault.kind !== 'refuse' && left > 0,
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
