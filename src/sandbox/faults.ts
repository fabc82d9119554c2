// The faults that are set at present, and which of them strikes a request.
import type { Shape } from './answer.ts';
import type { Refusal, SupplierName } from './supplier.ts';

export type Fault =
  | { readonly kind: 'hang' | 'reset' | 'refuse' | 'garbage' | 'empty' }
  | { readonly kind: 'delay'; readonly milliseconds: number }
  | ({ readonly kind: 'status' | 'error' } & Refusal)
  | Shape;

export interface FaultSetting {
  readonly supplier: SupplierName;
  readonly fault: Fault;
  /** How many requests it strikes; absent: every one until it is cleared. */
  readonly times?: number | undefined;
  /** Strikes only requests whose raw path and query contain this. */
  readonly path?: string | undefined;
}

export interface Faults {
  /** Takes the place of an earlier fault of the same supplier and path. */
  set(setting: FaultSetting): void;
  /** Clears one supplier's faults, those with this path filter where one is given. */
  clear(supplier?: SupplierName, path?: string): void;
  /** The fault that strikes this request, counted as struck. */
  take(supplier: SupplierName, url: string): Fault | undefined;
  list(): readonly FaultSetting[];
}

/** How the fault changes an answer on its way; undefined for faults that do something else. */
export function shapeOf(fault: Fault): Shape | undefined {
  switch (fault.kind) {
    case 'cut':
    case 'stall':
    case 'drip':
    case 'wrong-length':
      return fault;
    default:
      return undefined;
  }
}

export function createFaults(): Faults {
  let settings: readonly FaultSetting[] = [];
  return {
    set(setting) {
      const others = settings.filter(
        ({ supplier, path }) => supplier !== setting.supplier || path !== setting.path,
      );
      settings = [...others, setting];
    },
    clear(supplier, path) {
      settings = settings.filter(
        (setting) =>
          (supplier !== undefined && setting.supplier !== supplier) ||
          (path !== undefined && setting.path !== path),
      );
    },
    take(supplier, url) {
      // A fault for one path goes before a fault for all of them.
      const due = settings
        .filter((setting) => setting.supplier === supplier && setting.fault.kind !== 'refuse')
        .filter(({ path }) => path === undefined || url.includes(path))
        .sort((a, b) => (b.path?.length ?? 0) - (a.path?.length ?? 0))[0];
      if (due?.times !== undefined) {
        const rest = due.times > 1 ? [{ ...due, times: due.times - 1 }] : [];
        settings = settings.flatMap((setting) => (setting === due ? rest : [setting]));
      }
      return due?.fault;
    },
    list: () => settings,
  };
}
