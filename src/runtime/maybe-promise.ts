// Types for values that are usually cached: a cached value is returned directly, and any other value as a promise.

export type MaybePromise<Value> = Value | Promise<Value>;

export function isPending<Value>(value: MaybePromise<Value>): value is Promise<Value> {
  return value instanceof Promise;
}
