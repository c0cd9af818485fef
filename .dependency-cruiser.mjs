// Which file may import which. Cycles of types alone are harmless (they vanish at run time) and allowed.
const autograd = '^packages/autograd/src';

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'no-cycle',
      comment: 'A module that is half loaded when it is used fails only for some entry points.',
      severity: 'error',
      from: {
        path: [`${autograd}/(core|kernels|runtime)/`, '^packages/(?!autograd/)'],
      },
      to: {
        circular: true,
        // Op files use each other inside function bodies only, so a cycle through ops is no danger.
        viaOnly: {
          pathNot: `${autograd}/ops/`,
          dependencyTypesNot: ['type-only'],
        },
      },
    },
    {
      name: 'core-imports-only-add',
      comment: 'Ops are made of the core. The tape needs one of them, to add up gradients.',
      severity: 'error',
      from: { path: `${autograd}/core/` },
      to: {
        path: `${autograd}/ops/`,
        pathNot: `${autograd}/ops/elementwise/add\\.ts$`,
      },
    },
    {
      name: 'kernels-import-no-op',
      comment: 'Kernels and their runtime know storage, not tensors.',
      severity: 'error',
      from: { path: `${autograd}/(kernels|runtime)/` },
      to: { path: `${autograd}/(ops/|methods\\.ts$)` },
    },
    {
      name: 'index-is-for-others',
      comment: 'A package that imports its own index imports all of itself, in a cycle.',
      severity: 'error',
      from: { path: '^packages/([^/]+)/src/' },
      to: { path: '^packages/$1/src/index\\.ts$' },
    },
    {
      name: 'packages-by-name',
      comment: "Another package is what its index exports: import '@normgrad/autograd', no path into it.",
      severity: 'error',
      from: { path: '^packages/([^/]+)/' },
      to: {
        path: '^packages/',
        pathNot: '^packages/$1/',
        dependencyTypes: ['local'],
      },
    },
    {
      name: 'autograd-depends-on-nothing',
      comment: 'It has no runtime dependency, so that it runs wherever JavaScript does.',
      severity: 'error',
      from: { path: `${autograd}/`, pathNot: '\\.node\\.ts$' },
      to: { pathNot: `${autograd}/` },
    },
    {
      name: 'others-are-apart',
      comment: 'They stand on autograd alone.',
      severity: 'error',
      from: { path: '^packages/(gradcheck|lens|nn)/' },
      to: { path: '^packages/', pathNot: '^packages/($1|autograd)/' },
    },
    {
      name: 'packages-import-no-examples',
      comment: 'What is published cannot need what is not.',
      severity: 'error',
      from: { path: '^packages/' },
      to: { path: '^examples/' },
    },
    {
      name: 'nothing-imports-bench',
      comment: 'Peers are its dependencies, and of nothing else.',
      severity: 'error',
      from: { pathNot: '^(bench|tests)/' },
      to: { path: '^bench/' },
    },
    {
      name: 'nothing-imports-tests',
      comment: 'Tests look at the rest; the rest does not know them.',
      severity: 'error',
      from: { pathNot: '^tests/' },
      to: { path: '^tests/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^([^/]+|packages/[^/]+)/dist/' },
    tsPreCompilationDeps: true, // types count for layers
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@normgrad/source', 'import', 'node', 'types'],
    },
  },
};
