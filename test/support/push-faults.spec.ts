import type { Written } from '../../connectors/sdk/sandbox/index.js';
import { judge } from './push-faults.js';

const at = (given: Partial<Written>): Written => ({ kind: 'update', stream: 'assets', externalId: '1', by: 'api', at: 0, changed: ['OS Version'], before: {}, after: { Hostname: 'pc-1' }, ...given });

describe('the oracle of pushes', () => {
  it('takes a create, and updates that bring something, for what they are', () => {
    expect(judge([at({ kind: 'create' }), at({}), at({}), at({ externalId: '2', changed: [] })], 'halo')).toEqual({ doubles: 0, lost: 0, repeats: 0 });
  });

  it('sees a second record of one name, in whatever case', () => {
    expect(judge([at({ kind: 'create' }), at({ kind: 'create', externalId: '2', after: { Hostname: 'PC-1' } })], 'halo')).toMatchObject({ doubles: 1 });
  });

  it('sees a write that brings what stands there already', () => {
    expect(judge([at({}), at({ changed: [] })], 'halo')).toMatchObject({ repeats: 1 });
  });

  it('sees somebody’s value overwritten, and not another one', () => {
    expect(judge([at({ by: 'person' }), at({})], 'halo')).toMatchObject({ lost: 1 });
    expect(judge([at({ by: 'person', changed: ['Model'] }), at({})], 'halo')).toMatchObject({ lost: 0 });
  });
});
