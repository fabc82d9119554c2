// Loaded before the bridge: SIGUSR2 collects all garbage, so that what is left in memory is what is held.
const { gc } = globalThis;
if (gc === undefined) throw new Error('collect-on-signal needs --expose-gc');
process.on('SIGUSR2', () => {
  gc();
});
