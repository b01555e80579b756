import { RebuildService } from '../../plan/rebuild.service.js';
import { table } from '../render/table.js';
import { count, numberText, plain, valueText } from '../render/text.js';
import type { Run } from '../verb.js';

export const rebuild: Run = async (session, _args, options) => {
  const { out } = session;
  const verify = options['verify'] === true;
  const report = await (verify ? session.read((app) => app.get(RebuildService).verify()) : session.write((app) => app.get(RebuildService).rebuild()));
  const { assets, differences } = report;
  if (out.json) await out.document(report);
  else {
    if (differences.length > 0) {
      await out.line(table([{ head: 'ASSET' }, { head: 'WHAT' }, { head: verify ? 'STORED' : 'BEFORE' }, { head: verify ? 'COMPUTED' : 'AFTER' }],
        differences.slice(0, 50).map(({ asset, kind, attribute, stored, computed }) => [plain(asset), attribute ?? kind, valueText(stored, 50), valueText(computed, 50)]), out.style));
      if (differences.length > 50) await out.line(`and ${numberText(differences.length - 50)} more (--json has them all)`);
    }
    await out.line(verify ? `${count(assets, 'asset')} compared: ${differences.length === 0 ? 'no difference' : count(differences.length, 'difference')}.` : `${count(assets, 'asset')} resolved again: ${count(differences.length, 'change')}.`);
  }
  return verify && differences.length > 0 ? 1 : 0;
};
