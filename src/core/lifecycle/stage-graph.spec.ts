import fc from 'fast-check';
import { LIFECYCLE_STAGES, type LifecycleStage } from '../../../connectors/sdk/contract/index.js';
import { checkTransitions, passedStages, stageGraph } from './stage-graph.js';
import { maySpeak } from './speakers.js';

const BUILT_IN = { add: [], remove: [] };

describe('the stage graph', () => {
  it('lets an asset go where its life may go', () => {
    const table = Object.fromEntries(LIFECYCLE_STAGES.map((from) => [from, LIFECYCLE_STAGES.filter((to) => stageGraph(BUILT_IN).isLegal(from, to))]));

    expect(table).toEqual({
      requested: ['acquired', 'deployed', 'in_use', 'maintenance', 'retired', 'disposed'],
      acquired: ['deployed', 'in_use', 'maintenance', 'retired', 'disposed'],
      deployed: ['acquired', 'in_use', 'maintenance', 'retired', 'disposed'],
      in_use: ['acquired', 'maintenance', 'retired', 'disposed'],
      maintenance: ['acquired', 'in_use', 'retired', 'disposed'],
      retired: ['acquired', 'disposed'],
      disposed: [],
    });
    expect(checkTransitions(BUILT_IN)).toEqual([]);
  });

  it.each`
    from             | to               | passed
    ${'requested'}   | ${'acquired'}    | ${[]}
    ${'requested'}   | ${'in_use'}      | ${['acquired', 'deployed']}
    ${'acquired'}    | ${'disposed'}    | ${['deployed', 'in_use', 'retired']}
    ${'deployed'}    | ${'maintenance'} | ${['in_use']}
    ${'in_use'}      | ${'retired'}     | ${[]}
    ${'maintenance'} | ${'in_use'}      | ${[]}
    ${'in_use'}      | ${'acquired'}    | ${[]}
  `('$from -> $to passes $passed', ({ from, to, passed }) => expect(passedStages(from, to)).toEqual(passed));

  it('obeys what the configuration adds and removes', () => {
    const graph = stageGraph({ add: [{ from: 'retired', to: 'in_use' }], remove: [{ from: 'requested', to: 'disposed' }] });

    expect([graph.isLegal('retired', 'in_use'), graph.isLegal('requested', 'disposed'), graph.isLegal('in_use', 'retired')]).toEqual([true, false, true]);
  });

  it.each`
    add                                       | remove                                   | problems
    ${[{ from: 'in_use', to: 'in_use' }]}     | ${[]}                                    | ${['to_itself']}
    ${[{ from: 'retired', to: 'in_use' }]}    | ${[{ from: 'retired', to: 'in_use' }]}   | ${['added_and_removed']}
    ${[]}                                     | ${[{ from: 'disposed', to: 'in_use' }]}  | ${['not_there']}
    ${[]}                                     | ${LIFECYCLE_STAGES.slice(0, 6).map((from) => ({ from, to: 'disposed' }))} | ${[...Array(6).fill('dead_end'), 'unreachable']}
    ${[]}                                     | ${[{ from: 'retired', to: 'acquired' }, { from: 'retired', to: 'disposed' }]} | ${['dead_end']}
  `('tells what is wrong with add $add, remove $remove', ({ add, remove, problems }) => expect(checkTransitions({ add, remove }).map(({ kind }) => kind)).toEqual(problems));

  const transition = fc.record({ from: fc.constantFrom(...LIFECYCLE_STAGES), to: fc.constantFrom(...LIFECYCLE_STAGES) });
  it('calls no graph sound in which a stage cannot be reached step by step', () => fc.assert(fc.property(fc.array(transition, { maxLength: 30 }), (remove) => {
    const graph = stageGraph({ add: [], remove });
    const reached = new Set<LifecycleStage>(['requested']);
    for (let i = 0; i < LIFECYCLE_STAGES.length; i++) for (const from of [...reached]) for (const to of LIFECYCLE_STAGES) if (graph.isLegal(from, to)) reached.add(to);

    const told = checkTransitions({ add: [], remove }).filter(({ kind }) => kind === 'unreachable');

    expect(told).toHaveLength(LIFECYCLE_STAGES.length - reached.size);
  })));
});

describe('who may move', () => {
  const speakers = { quiet: 'none', loud: 'all', 'role:finance': ['disposed'], few: ['retired'] } as const;

  it.each`
    source     | role         | stage         | may
    ${'x'}     | ${'itsm'}    | ${'in_use'}   | ${true}
    ${'quiet'} | ${'itsm'}    | ${'in_use'}   | ${false}
    ${'loud'}  | ${'cloud'}   | ${'in_use'}   | ${true}
    ${'x'}     | ${'cloud'}   | ${'in_use'}   | ${false}
    ${'x'}     | ${'agent'}   | ${'in_use'}   | ${false}
    ${'x'}     | ${'finance'} | ${'disposed'} | ${true}
    ${'x'}     | ${'finance'} | ${'in_use'}   | ${false}
    ${'few'}   | ${'finance'} | ${'retired'}  | ${true}
    ${'few'}   | ${'finance'} | ${'disposed'} | ${false}
  `('$source of role $role to $stage: $may', ({ source, role, stage, may }) => expect(maySpeak({ speakers }, { source, role }, stage)).toBe(may));
});
