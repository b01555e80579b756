import type { AttributeDocument, ClaimDocument, Explanation, IdentityDocument } from '../../queries/explain.js';
import type { WhyNot, WhyNotAttribute } from '../../queries/why-not.js';
import type { Style } from '../style.js';
import { count, plain, timeText, valueText } from './text.js';

/** Why a claim lost, for somebody who is woken by it. */
const LOSSES: Readonly<Record<string, string>> = {
  outranked: 'a source of higher rank says otherwise',
  stale: 'it has not been confirmed for too long',
  echo: 'it is only what Lockstep itself wrote there',
  empty: 'it is empty, and an empty value does not win here',
  tombstoned: 'its source no longer has the record',
  older: 'the same rank, but changed earlier at its source',
  overridden: 'a person has pinned another value',
};

/** As the claim stands beside the value that won: it may say the same, or lose by more than rank. */
function lossOf(because: string, value: unknown, outcome: AttributeDocument | undefined): string {
  if (agrees(because, value, outcome)) return 'another is believed before it';
  if (because === 'outranked' && outcome?.strategy === 'max') return 'it is not the most';
  if (because === 'outranked' && outcome?.strategy === 'most_reported') return 'more say otherwise, or as many of higher rank';
  return LOSSES[because] ?? because;
}

const agrees = (because: string, value: unknown, outcome: AttributeDocument | undefined): boolean => (because === 'outranked' || because === 'older') && outcome !== undefined && valueText(value) === valueText(outcome.value);

const STATES: Readonly<Record<IdentityDocument['state'], string>> = {
  linked: 'made these records one asset',
  attached: 'joined finished groups of records',
  contested: 'held by records that contradict one another: it joins nothing until a person decides',
  spoilt: 'machines with this serial name different mainboards: it joins nothing',
  junk: 'means nothing: it joins nothing',
};

const record = ({ source, stream, externalId }: ClaimDocument): string => plain(`${source}/${stream}/${externalId}`);

export function renderExplanation(explanation: Explanation & { readonly whyNot?: WhyNot }, options: { readonly attribute?: string }, style: Style): string {
  const { name, asset, stage, asOf, redirectedFrom } = explanation;
  const parts = [
    `${style.bold(plain(name ?? '(no name)'))}  ${explanation.class.value ?? 'no class'}, ${stage.value}  ${style.dim(`id ${asset}, as of ${timeText(asOf)}`)}`,
    ...(redirectedFrom === undefined ? [] : [style.dim(`${redirectedFrom} merged into it`)]),
  ];
  if (explanation.whyNot) return [...parts, '', whyNotText(explanation, explanation.whyNot, style)].join('\n');
  const { attribute } = options;
  if (attribute === 'stage') return [...parts, '', ...stageLines(explanation, style)].join('\n');
  if (attribute === 'class') return [...parts, '', `class  ${style.bold(explanation.class.value ?? '(unknown)')}`, `  because  ${plain(explanation.class.because)}`].join('\n');
  for (const [each, outcome] of Object.entries(explanation.attributes)) parts.push('', ...attributeLines(each, outcome, style));
  if (attribute !== undefined) return parts.join('\n');
  return [...parts, '', `class  ${style.bold(explanation.class.value ?? '(unknown)')}`, `  because  ${plain(explanation.class.because)}`, '', ...stageLines(explanation, style), '', ...identityLines(explanation, style)].join('\n');
}

function attributeLines(name: string, outcome: AttributeDocument, style: Style): string[] {
  const { value, winner, contributors = [], losers, rule, override } = outcome;
  const lines = [`${name}  ${style.bold(valueText(value))}`];
  if (override) lines.push(`  ${style.yellow('pinned')}   by ${plain(override.by)} at ${timeText(override.at)}${override.until === null ? '' : `, until ${timeText(override.until)}`}: ${plain(override.reason)}`);
  if (winner) lines.push(`  ${contributors.length > 0 ? 'made by' : style.green('winner')}  ${record(winner)}${contributors.length > 0 ? `  ${valueText(winner.value, 60)}` : ''}${changed(winner)}`);
  for (const part of contributors) lines.push(`     and   ${record(part)}  ${valueText(part.value, 60)}${changed(part)}`);
  if (!winner && !override) lines.push(`  ${style.dim('nobody whose word counts has said it')}`);
  for (const loser of losers) lines.push(`  ${style.dim('lost')}    ${record(loser)}  ${valueText(loser.value, 60)}${changed(loser)}: ${agrees(loser.because, loser.value, outcome) ? 'says the same, but ' : ''}${lossOf(loser.because, loser.value, outcome)}`);
  lines.push(`  ${style.dim('rule')}    ${plain(rule)}`);
  return lines;
}

const changed = ({ changedAt }: ClaimDocument): string => (changedAt === null ? '' : `, changed ${timeText(changedAt)}`);

function stageLines({ stage }: Explanation, style: Style): string[] {
  const lines = [`stage  ${style.bold(stage.value)}${stage.since === null ? '' : `  since ${timeText(stage.since)}`}`, `  ${style.dim('by')}      ${plain(stageCause(stage.by))}`];
  if (stage.underPin !== undefined) lines.push(`  ${style.dim('under')}   ${stage.underPin}, if nobody had pinned it`);
  if (stage.holds.length > 0) lines.push(`  ${style.yellow('holds')}   ${stage.holds.join(', ')}`);
  for (const { origin, to, at, outcome, because } of stage.moves) lines.push(`  ${outcome === 'applied' ? style.green('moved') : style.dim('moved')}   ${timeText(at)} to ${to} by ${plain(origin.replace(/^record:/, ''))}: ${outcome === 'applied' ? 'counts' : outcome.replaceAll('_', ' ')}${because === '' ? '' : ` (${plain(because)})`}`);
  return lines;
}

function stageCause(by: string): string {
  if (by === 'default') return 'nobody has said a stage, so it counts as deployed';
  const at = by.indexOf(':');
  const [kind, name] = [by.slice(0, at), by.slice(at + 1)];
  switch (kind) {
    case 'baseline': return `${name}, which said so when it was first read`;
    case 'record': return `${name}, which moved there`;
    case 'override': return `${name}, who pinned it`;
    default: return `the ${kind} ${name}`;
  }
}

function identityLines({ identity, unshared, records, decisions, openQuestions }: Explanation, style: Style): string[] {
  const lines = [style.dim(`IDENTITY: ${count(records.length, 'record')} ${records.length === 1 ? 'is' : 'are'} this asset`), ...records.map((key) => `  ${plain(key)}`)];
  for (const { identifier, maker, state, because, records: holders, elsewhere } of identity) {
    const paint = state === 'linked' || state === 'attached' ? style.green : state === 'junk' ? style.dim : style.yellow;
    const why = state === 'junk' ? (because === 'placeholder' ? 'a placeholder: it joins nothing' : 'more records of one source hold it than is believable: it joins nothing') : STATES[state];
    lines.push(`${paint(state.padEnd(9))} ${plain(identifier)}${maker === undefined ? '' : ` (${plain(maker)})`}: ${why}`, `          ${style.dim('held by')} ${holders.map((key) => plain(key)).slice(0, 8).join(', ')}${holders.length > 8 ? ` and ${holders.length - 8} more` : ''}`);
    for (const other of elsewhere.slice(0, 5)) lines.push(`          ${style.yellow('another asset')} ${plain(other.asset ?? '(none)')} has ${plain(other.record)}`);
  }
  for (const { kind, a, b } of decisions) lines.push(`${style.cyan('decided')}   a person ${kind === 'must_link' ? 'joined' : 'parted'} ${plain(a)} and ${plain(b)}`);
  for (const { kind, because, records: asked } of openQuestions) lines.push(`${style.yellow('question')}  ${kind.replaceAll('_', ' ')}: ${plain(because)} ${style.dim(`(${asked.map((key) => plain(key)).slice(0, 6).join(', ')})`)}`);
  if (unshared.length > 0) lines.push(style.dim(`alone     ${unshared.map(({ identifier }) => plain(identifier, 60)).join(', ')}: no other record has these, or they only suggest`));
  return lines;
}

function whyNotText(explanation: Explanation, { source, records, attributes, apart }: WhyNot, style: Style): string {
  const lines: string[] = [];
  if (records.length === 0) lines.push(`${source} has no record that is this asset${apart.length === 0 ? ', and none of its records shares an identifier with it' : ''}.`);
  for (const { record: key, asset, identifier, because } of apart) lines.push(`${style.yellow('apart')}  ${plain(key)} is ${asset === null ? 'no asset' : `asset ${asset}`} although it holds ${plain(identifier)}: ${APART[because] ?? because}`);
  if (records.length === 0) return lines.join('\n');
  lines.push(`${source} speaks through ${records.map((key) => plain(key)).join(', ')}.`);
  for (const [attribute, verdict] of Object.entries(attributes)) lines.push(verdictLine(attribute, verdict, explanation.attributes[attribute], style));
  return lines.join('\n');
}

const APART: Readonly<Record<string, string>> = {
  contested: 'its holders contradict one another, so it joins nothing until a person decides', spoilt: 'the serial is spoilt', junk: 'the value means nothing', suggest: 'such a value only suggests, it never joins',
  cut: 'a contradiction, or a person, keeps them apart', attach: 'another value of them contradicts, or more than one group holds it', link: 'a contradiction keeps them apart', none: 'values of this kind join nothing in this class',
};

function verdictLine(attribute: string, verdict: WhyNotAttribute, outcome: AttributeDocument | undefined, style: Style): string {
  const value = `${attribute}  ${valueText(outcome?.value, 60)}`;
  switch (verdict.verdict) {
    case 'wins': return `${style.green('wins')}   ${value}`;
    case 'contributes': return `${style.green('part')}   ${value}: it put in ${valueText(verdict.says?.value, 60)}`;
    case 'silent': return `${style.dim('silent')} ${value}: it says nothing of it`;
    case 'loses': return `${style.yellow('loses')}  ${value}: it says ${valueText(verdict.says?.value, 60)}, but ${lossOf(verdict.because ?? '', verdict.says?.value, outcome)}${outcome?.winner ? ` (${record(outcome.winner)})` : ''}; rule: ${plain(outcome?.rule ?? '')}`;
  }
}
