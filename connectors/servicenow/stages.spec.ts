import { LIFECYCLE_STAGES } from '../sdk/contract/index.js';
import { assetStages, ciStages } from './stages.js';

describe('State of an asset', () => {
  // https://www.servicenow.com/docs/r/it-asset-management/asset-management/t_SettingAssetStatesAndSubstates
  it.each`
    state   | substatus             | stage            | holds
    ${'2'}  | ${''}                 | ${'requested'}   | ${undefined}
    ${'6'}  | ${'available'}        | ${'acquired'}    | ${undefined}
    ${'6'}  | ${'reserved'}         | ${'acquired'}    | ${undefined}
    ${'6'}  | ${'defective'}        | ${'acquired'}    | ${undefined}
    ${'6'}  | ${'pending_repair'}   | ${'acquired'}    | ${undefined}
    ${'6'}  | ${'pending_transfer'} | ${'acquired'}    | ${undefined}
    ${'6'}  | ${'pre_allocated'}    | ${'acquired'}    | ${undefined}
    ${'6'}  | ${''}                 | ${'acquired'}    | ${undefined}
    ${'6'}  | ${'pending_install'}  | ${'deployed'}    | ${undefined}
    ${'6'}  | ${'pending_disposal'} | ${'retired'}     | ${undefined}
    ${'9'}  | ${'available'}        | ${'deployed'}    | ${undefined}
    ${'1'}  | ${''}                 | ${'in_use'}      | ${undefined}
    ${'3'}  | ${''}                 | ${'maintenance'} | ${undefined}
    ${'7'}  | ${'pending_disposal'} | ${'retired'}     | ${undefined}
    ${'7'}  | ${''}                 | ${'retired'}     | ${undefined}
    ${'7'}  | ${'disposed'}         | ${'disposed'}    | ${undefined}
    ${'7'}  | ${'sold'}             | ${'disposed'}    | ${undefined}
    ${'7'}  | ${'donated'}          | ${'disposed'}    | ${undefined}
    ${'7'}  | ${'vendor_credit'}    | ${'disposed'}    | ${undefined}
    ${'8'}  | ${'lost'}             | ${'retired'}     | ${['lost']}
    ${'8'}  | ${''}                 | ${'retired'}     | ${['lost']}
    ${'8'}  | ${'stolen'}           | ${'retired'}     | ${['stolen']}
    ${'10'} | ${''}                 | ${'disposed'}    | ${undefined}
    ${'11'} | ${''}                 | ${undefined}     | ${undefined}
    ${'7'}  | ${'legal_hold'}       | ${undefined}     | ${undefined}
    ${''}   | ${''}                 | ${undefined}     | ${undefined}
  `('$state / $substatus is $stage', ({ state, substatus, stage, holds }) => {
    const reading = assetStages.read({ install_status: state, substatus });
    expect([reading?.stage, reading?.holds]).toEqual([stage, holds]);
    expect(reading?.raw).toEqual({ install_status: state, substatus });
  });

  it('can tell every stage, and reads each back', () => {
    for (const stage of LIFECYCLE_STAGES) expect(assetStages.read(assetStages.write(stage))?.stage).toBe(stage);
    expect(assetStages.write('disposed')).toEqual({ install_status: '7', substatus: 'disposed' });
    expect(assetStages.write('in_use')).toEqual({ install_status: '1', substatus: '' });
  });
});

describe('status of a CI', () => {
  it.each`
    install  | operational | stage            | holds
    ${'1'}   | ${'1'}      | ${'in_use'}      | ${undefined}
    ${'1'}   | ${'2'}      | ${'in_use'}      | ${undefined}
    ${'2'}   | ${''}       | ${'requested'}   | ${undefined}
    ${'3'}   | ${'3'}      | ${'maintenance'} | ${undefined}
    ${'4'}   | ${'5'}      | ${'deployed'}    | ${undefined}
    ${'5'}   | ${'3'}      | ${'maintenance'} | ${undefined}
    ${'6'}   | ${'2'}      | ${'acquired'}    | ${undefined}
    ${'7'}   | ${'6'}      | ${'retired'}     | ${undefined}
    ${'8'}   | ${''}       | ${'retired'}     | ${['stolen']}
    ${'100'} | ${'1'}      | ${undefined}     | ${undefined}
    ${''}    | ${'1'}      | ${undefined}     | ${undefined}
  `('$install / $operational is $stage', ({ install, operational, stage, holds }) => {
    const reading = ciStages.read({ install_status: install, operational_status: operational });
    expect([reading?.stage, reading?.holds]).toEqual([stage, holds]);
  });

  it('can tell every stage, disposed only as retired', () => {
    for (const stage of LIFECYCLE_STAGES) expect(ciStages.read(ciStages.write(stage))?.stage).toBe(stage === 'disposed' ? 'retired' : stage);
    expect(LIFECYCLE_STAGES.filter((stage) => ciStages.isCoarse(stage))).toEqual(['disposed']);
    expect(ciStages.write('disposed')).toEqual({ install_status: '7', operational_status: '6' });
  });
});
