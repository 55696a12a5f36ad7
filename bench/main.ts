/** `npm run bench -- NAME…`: runs benches; without a name lists them. */
const benches: Record<string, () => Promise<void>> = {
  dispatch: async () => await (await import('./dispatch.ts')).dispatch(),
  'build-overhead': async () => await (await import('./build-overhead.ts')).buildOverhead(),
  makespan: async () => await (await import('./makespan.ts')).makespan(),
  fair: async () => await (await import('./fair.ts')).fair(),
  recover: async () => await (await import('./recover.ts')).recover(),
  lease: async () => await (await import('./lease.ts')).lease(),
  log: async () => await (await import('./log.ts')).log(),
  first: async () => await (await import('./first.ts')).first(),
  usable: async () => await (await import('./usable.ts')).usable(),
  prepare: async () => await (await import('./prepare.ts')).prepare(),
  serve: async () => await (await import('./serve.ts')).serve(),
  revision: async () => await (await import('./revision.ts')).revision(),
  sign: async () => await (await import('./sign.ts')).sign(),
};

const names = process.argv.slice(2);
if (names.length === 0) console.error(`usage: npm run bench -- NAME…\n\n${Object.keys(benches).join('\n')}`);
for (const name of names) {
  const bench = benches[name];
  if (bench === undefined)
    throw new Error(`there is no bench ${name}; there are ${Object.keys(benches).join(', ')}`);
  await bench();
}
