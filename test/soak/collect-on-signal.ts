// A preload script for the bridge's process: SIGUSR2 runs a full garbage collection, so that only retained memory is measured.
const { gc } = globalThis;
if (gc === undefined) throw new Error('collect-on-signal needs --expose-gc');
process.on('SIGUSR2', () => {
  gc();
});
