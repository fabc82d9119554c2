// Loads a value for a component, and cancels the request if the component goes away or needs another value.
import { useEffect, useState } from 'preact/hooks';

export interface Loaded<Value> {
  readonly value?: Value;
  readonly error?: unknown;
}

/** @param dependencies the value is loaded again if one of these changes */
export function useLoaded<Value>(
  load: (signal: AbortSignal) => Promise<Value>,
  dependencies: readonly unknown[],
): Loaded<Value> {
  const [loaded, setLoaded] = useState<Loaded<Value>>({});
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    setLoaded({});
    load(signal).then(
      (value) => {
        if (!signal.aborted) setLoaded({ value });
      },
      (error: unknown) => {
        if (!signal.aborted) setLoaded({ error });
      },
    );
    return () => {
      controller.abort();
    };
  }, dependencies);
  return loaded;
}
