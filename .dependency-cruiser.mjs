/**
 * The arrows of ARCHITECTURE.md, enforced: which package may import which, and inside the hub which room may import
 * which, and only through its index.
 */
const packages = {
  faults: [],
  rpm: [],
  schedule: [],
  buildroot: [],
  contract: ['faults'],
  repodata: ['rpm'],
  signing: ['rpm'],
  hub: ['contract', 'faults', 'repodata', 'rpm', 'schedule', 'signing'],
  worker: ['buildroot', 'contract', 'faults', 'repodata', 'rpm', 'signing'],
  cli: ['contract'],
  moromi: ['hub', 'worker', 'cli', 'contract'],
};

/** Left to right; imports go left only. */
const rooms = [
  'ledger',
  'blobs',
  'identity',
  'catalog',
  'workers',
  'tasks',
  'logs',
  'builds',
  'externals',
  'repos',
  'signing',
  'platforms',
  'batches',
  'http',
];

const notTests = '(\\.test\\.ts$)|(/testing/)';

const packageArrows = Object.entries(packages).map(([name, allowed]) => ({
  name: `package-${name}`,
  comment: `${name} imports only ${allowed.join(', ') || 'nothing'} of the workspace`,
  severity: 'error',
  from: { path: `^packages/${name}/`, pathNot: notTests },
  to: { path: '^packages/', pathNot: [name, ...allowed].map((one) => `^packages/${one}/`).join('|') },
}));

const roomArrows = rooms.map((room, index) => ({
  name: `room-${room}`,
  comment: `the hub's room ${room} imports only rooms on its left`,
  severity: 'error',
  from: { path: `^packages/hub/src/${room}/`, pathNot: notTests },
  to: {
    path: '^packages/hub/src/',
    pathNot: rooms
      .slice(0, index + 1)
      .map((one) => `^packages/hub/src/${one}/`)
      .join('|'),
  },
}));

const roomDoors = rooms.map((room) => ({
  name: `door-${room}`,
  comment: `the hub's room ${room} is entered through its index`,
  severity: 'error',
  from: { path: '^packages/hub/src/', pathNot: `^packages/hub/src/${room}/|${notTests}` },
  to: { path: `^packages/hub/src/${room}/`, pathNot: `^packages/hub/src/${room}/index\\.ts$` },
}));

export default {
  forbidden: [
    ...packageArrows,
    ...roomArrows,
    ...roomDoors,
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'lazy-processes',
      comment: 'the executable loads hub, worker and cli only when asked',
      severity: 'error',
      // client.ts is itself loaded only when a verb of the client is asked for.
      from: { path: '^packages/moromi/', pathNot: `^packages/moromi/src/client\\.ts$|${notTests}` },
      to: { path: '^packages/(hub|worker|cli)/', dynamic: false, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'package-doors',
      comment: 'a package is entered through its index',
      severity: 'error',
      from: { path: '^packages/([^/]+)/', pathNot: notTests },
      to: { path: '^packages/([^/]+)/src/', pathNot: ['^packages/$1/', '^packages/[^/]+/src/index\\.ts$'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
      extensions: ['.ts', '.js'],
    },
  },
};
