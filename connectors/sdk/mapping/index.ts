export { boolean, currency, day, email, epochSeconds, field, instant, integer, ips, list, macs, minor, said, text, uuid } from './values.js';
export { claims, completeRecord, identifiers, mapped, rejected, skipped, MOST_ENTRIES, MOST_TEXT } from './records.js';
export { stageTable, type StageCode, type StageRow, type StageTable } from './stages.js';
