import type { Clock } from '../../connectors/sdk/contract/index.js';
import type { NamedAsset, Oddities } from '../demo/oddities.js';
import type { PushStory, Told } from '../demo/push-tour.js';
import type { CheckedSource, Comparison, Edit, Outcome, ReviewsOpened, Vulnerabilities, Written } from '../demo/tour.js';
import type { DemoWorld } from '../demo/world.js';
import type { ProgressEvent } from '../sync/progress.js';
import type { SyncReport } from '../sync/sync.service.js';
import type { DemoDocument } from './demo-document.js';
import { explainedText, shortRecord } from './demo-explain.js';
import type { Output } from './output.js';
import { renderHistory } from './render/assets.js';
import { Progress } from './render/progress.js';
import { renderLog } from './render/push.js';
import { renderRunNotes, renderRuns } from './render/runs.js';
import { table } from './render/table.js';
import { count, indent, numberText, plain, spanText, timeText, valueText } from './render/text.js';

/** Says what a demonstration does, act by act, to somebody who has never seen Lockstep. Silent where a program reads: it gets the document. */
export class DemoTeller {
  private act = 0;

  constructor(private readonly out: Output, private readonly clock: Pick<Clock, 'now'>) {}

  async systems({ fleet, sources, configPath, yaml }: DemoWorld): Promise<void> {
    const { style } = this.out;
    await this.say(style.bold('Lockstep: a demonstration'), `A made-up company with ${numberText(fleet.size)} machines, and ${count(sources.length, 'source')} with a view of their own.`, 'All of it runs on this computer, and nothing leaves it.');
    await this.head('The systems');
    await this.body(table([{ head: 'SOURCE' }, { head: 'WHAT IT IS' }, { head: 'ITS PART' }, { head: 'READ FROM' }], sources.map(({ name, title, role, reads }) => [style.bold(name), title, role, reads]), style));
    const short = yaml.trimEnd().split('\n');
    await this.head(`The whole configuration: ${count(short.length, 'line')}`);
    await this.body(style.dim(`# ${configPath}`), ...short.map((line) => plain(line, 400)));
  }

  /** What goes on, where a line can be written over. */
  doing(what: string): Promise<void> {
    return this.out.show(`${what} …`);
  }

  async checks(checks: readonly CheckedSource[]): Promise<void> {
    const { style } = this.out;
    await this.head('Can every source be read?', 'lockstep check');
    for (const { source, ok, findings } of checks) {
      const bad = findings.filter(({ outcome }) => outcome !== 'ok');
      await this.body(`${ok ? style.green('yes') : style.red('no ')}  ${source.padEnd(Math.max(...checks.map((each) => each.source.length)))}  ${count(findings.length, 'thing')} tried${bad.length === 0 ? ', all well' : ''}`);
      for (const { what, message, hint } of bad) await this.body(`     ${plain(what)}: ${plain(message, 400)}${hint === undefined ? '' : ` ${style.dim(plain(hint, 400))}`}`);
    }
  }

  /** What the first sync shows while it runs. */
  progress(): (event: ProgressEvent) => void {
    const progress = new Progress(this.out, this.clock);
    // A line for every stream would bury what is said here; what goes on is shown where a line can be written over.
    return (event) => { if (this.out.animates) progress.on(event); };
  }

  async first({ runs }: SyncReport, { assets, things, records, misplaced }: Comparison): Promise<void> {
    const { style } = this.out;
    await this.out.clearStatus();
    await this.head('The first sync', 'lockstep sync');
    await this.body(renderRuns(runs, style));
    await this.body(style.dim('CHANGED counts new records too. ASSETS: + new, ~ changed, - retired.'));
    await this.notes(runs);
    await this.body('', misplaced.length === 0
      ? `${numberText(records)} records became ${count(assets, 'asset')}. We know what exists here, so this can be proved: ${style.green(`all ${numberText(things)} things are there, each once`)}.`
      : `${style.red('not as it should be:')} ${numberText(records)} records became ${count(assets, 'asset')}, but ${count(things, 'thing')} exist:`, ...misplaced.slice(0, 10).map((each) => `  ${plain(each)}`));
  }

  async explained({ about, explanation }: NonNullable<DemoDocument['explained']>, { sources }: DemoWorld): Promise<void> {
    const name = plain(explanation.name ?? explanation.asset);
    await this.head(`One asset explains itself: ${name}`, `lockstep assets explain ${name}`);
    await this.body(`It is ${plain(about)}.`, '', explainedText(explanation, sources.map(({ role }) => role), this.out.style));
  }

  async oddities({ clone, swap, duplicate, junk }: Oddities): Promise<void> {
    if (!clone && !swap && !duplicate && !junk) return;
    const { style } = this.out;
    const part = async (title: string, ...lines: readonly string[]): Promise<void> => this.body(style.bold(title), ...lines.map((line) => `  ${line}`));
    await this.head('What is hard about it');
    if (swap) {
      const sides = [...new Set(swap.said.map(({ identifier }) => identifier))].map((identifier) => {
        const sources = swap.said.filter((each) => each.identifier === identifier).map(({ source }) => source);
        return `${sources.join(' and ')} ${sources.length === 1 ? 'says' : 'say'} ${plain(identifier)}`;
      });
      await part('A mainboard was swapped', `${named(swap.asset)}: ${sides.join(',\n    but ')}.`,
        `The same ${swap.joinedBy.map((each) => plain(each)).join(' and ')} on ${swap.said.length === 2 ? 'both' : 'all'}: ${style.green('one asset')}, flagged ${swap.flags.join(', ').replaceAll('_', ' ')}.`);
    }
    if (clone) {
      await part('A machine was cloned', `${named(clone.original)} and ${named(clone.clone)} both say ${plain(clone.identifier)}, but have different mainboards.`,
        `${style.green('Two assets')}: such a serial is ${clone.state}, it joins nothing until a person decides.`);
    }
    if (duplicate) {
      await part('A laptop was entered twice', `${named(duplicate.asset)}: ${duplicate.source} has ${count(duplicate.records.length, 'record')} of it, with the same ${duplicate.joinedBy.map((each) => plain(each)).join(' and ')}.`,
        `${style.green('One asset')}, flagged ${duplicate.flags.join(', ').replaceAll('_', ' ')}, so that somebody can clean up there.`);
    }
    if (junk) await part('Serial numbers that are none', `${junk.serials.map((each) => `"${plain(each)}"`).join(' and ')} on ${count(junk.assets.length, 'machine')}: ${style.green('they join nothing')}.`);
  }

  async reviews({ open, kinds, example }: ReviewsOpened): Promise<void> {
    const { style } = this.out;
    await this.head(`What a person has to decide: ${count(open, 'review')}`, 'lockstep reviews list');
    if (open === 0) return this.body('nothing');
    await this.body(table([{ head: 'HOW MANY', align: 'right' }, { head: 'KIND' }, { head: 'WHY' }], kinds.map(({ kind, open: many, because }) => [numberText(many), kind.replaceAll('_', ' '), plain(because)]), style));
    if (!example) return;
    await this.body('', `${style.bold(`Review ${example.id}`)}: ${plain(example.because)}`);
    for (const { record, assetName, asset, identifiers } of example.records) {
      await this.body(`  ${shortRecord(record)}  now ${plain(assetName ?? asset ?? 'no asset')}`, `    ${style.dim(plain(identifiers.filter((each) => !each.startsWith('external_ref:')).join(', '), 90))}`);
    }
    await this.body(`  ${style.dim('answer')} lockstep reviews resolve ${example.id} --as ${example.answers.join('|')} --reason "..."`);
  }

  async second({ runs }: SyncReport, { assets, changes, versions }: Written): Promise<void> {
    const { style } = this.out;
    await this.head('A second sync, a minute later, nothing has changed');
    await this.body(renderRuns(runs, style));
    await this.notes(runs);
    await this.body('', assets + changes + versions === 0
      ? `${style.green('Nothing was written')}: no asset, no record, no line of history.`
      : `${style.red('something was written:')} ${count(assets, 'asset')}, ${count(versions, 'record')}, ${count(changes, 'line')} of history`);
  }

  async edited({ source, asset }: Edit, { runs }: SyncReport, { values, history }: Outcome): Promise<void> {
    const { style } = this.out;
    const own = runs.filter((run) => run.source === source);
    await this.head(`Somebody edits ${plain(asset.name)} in ${source}`, `lockstep sync ${source}; lockstep assets history ${plain(asset.name)}`);
    await this.body(renderRuns(own, style));
    await this.notes(own);
    await this.body('', table([{ head: 'VALUE' }, { head: 'IT SAID' }, { head: 'IT SAYS' }, { head: 'THE MODEL' }], values.map(({ attribute, before, after, model, taken, standing }) => [
      style.bold(attribute), valueText(before), valueText(after), taken ? style.green('takes it over') : `stays ${valueText(model)}${standing ? `: there ${standing.source} counts more` : ''}`,
    ]), style));
    if (history.length > 0) await this.body('', renderHistory(history, style));
  }

  async vulnerabilities({ records, knownExploited, sources, notices }: Vulnerabilities): Promise<void> {
    if (records === 0) return;
    await this.head('Vulnerabilities');
    await this.body(`${count(records, 'real record')} of the ${sources.join(' and the ')} ${records === 1 ? 'is' : 'are'} loaded; ${numberText(knownExploited)} of them known to be exploited.`, ...notices.map((notice) => this.out.style.dim(notice)));
  }

  async pushed({ targets, aligned, retired, down, cloud, ignored }: PushStory): Promise<void> {
    const { style } = this.out;
    await this.head('Writing back', 'environment: { writes: on }, push: { enabled: true }');
    await this.body(`Switched on for ${targets.join(' and ')}.`, ...(aligned.reviews.length === 0
      ? ['What they held before agrees with the model: nothing had to be written, and nobody had to be asked.']
      : [`${count(aligned.records, 'record')} said something else than the model: nothing was written before somebody decided, once for all of them.`,
        `Then ${count(aligned.written, 'record')} ${aligned.written === 1 ? 'was' : 'were'} written, and read back.   ${style.dim(`lockstep reviews resolve ${aligned.reviews.join(', ')} --as ours`)}`]));
    const part = async (title: string, told: Pick<Told, 'written'>, ...lines: readonly string[]): Promise<void> => this.body('', style.bold(title), ...lines.map((line) => `  ${line}`), indent(renderLog(told.written.slice(0, 3), style), '  '));
    await part(`Somebody retires ${plain(retired.asset.name)} in ${retired.source}`, retired, 'The others show it as retired, each in its own codes:');
    await part(`${down.target} lets nobody in for a while, and somebody retires ${plain(down.asset.name)} in ${down.source}`, down, `It stayed owed (${count(down.owed, 'asset')} in the outbox), and was written once when ${down.target} was back:`);
    if (cloud) {
      const move = cloud.history.findLast((change) => change.move?.origin.startsWith('rule '))?.move;
      await part(`${cloud.source} ended ${plain(cloud.asset.name)} two days ago`, cloud, `${move ? `${plain(move.origin)} retired it as of ${timeText(move.at)}, a day after the end that ${cloud.source} tells` : 'A rule retired it'}; the others follow:`);
    }
    const { letter } = ignored;
    await part(`${ignored.target} accepts a write for ${plain(ignored.asset.name)} and keeps the old value`, { written: ignored.cured }, `Found by reading back. After four looks it is dead letter ${letter.id}: ${plain(letter.reason ?? '', 200)}.`,
      `Likely: ${plain(String(letter.detail['likelyCause'] ?? '').split(';')[0] ?? '', 130)}.`, `Somebody mends ${ignored.target}, then   ${style.dim(`lockstep dead-letters replay ${letter.id}`)}`);
  }

  async verdict({ ok, tookMs }: DemoDocument): Promise<void> {
    const { style } = this.out;
    await this.say('', ok ? `${style.green('All as it should be')}, in ${spanText(tookMs)}.` : `${style.red('Something is not as it should be')}: see above.`);
  }

  async end(): Promise<void> {
    await this.say('Everything is ended and taken away again. `npm run demo` does the same and leaves it running, for you to try.',
      'With your own systems: `npx --no lockstep init --help` writes a configuration to begin with.');
  }

  async ended(): Promise<void> {
    await this.say('Everything is ended and taken away again.');
  }

  async next({ configPath, folder }: DemoWorld, { explained, reviews: { example }, edit, push }: DemoDocument): Promise<void> {
    const { style } = this.out;
    const asset = plain(explained?.explanation.name ?? edit?.asset.name ?? '');
    const lines: (readonly [string, string])[] = [
      [`export LOCKSTEP_CONFIG=${configPath}`, 'so that the commands below use this demonstration'],
      ['npx --no lockstep assets list --class server', 'the model'],
      ...(asset === '' ? [] : [[`npx --no lockstep assets explain ${asset}`, 'why it is what it is'] as const]),
      ...(edit ? [[`npx --no lockstep assets history ${plain(edit.asset.name)}`, 'what changed, and what caused it'] as const] : []),
      ...(example ? [[`npx --no lockstep reviews show ${example.id}`, 'what a person is asked'] as const] : []),
      ['npx --no lockstep plan --full', 'what a sync would do, without doing it'],
      ['npx --no lockstep sync', 'read the systems again'],
      ...(push ? [
        [`npx --no lockstep outbox log ${plain(push.ignored.asset.name)}`, 'what was written, and what came of it'],
        [`npx --no lockstep assets transition ${plain(push.retired.asset.name)} disposed --reason sold --yes`, 'move it yourself; then'],
        ['npx --no lockstep push --dry-run', 'what would be written, and where'],
      ] as const : []),
      ['npx --no lockstep rebuild --verify', 'the whole model again from its records: the same?'],
    ];
    const width = Math.max(...lines.slice(1).map(([line]) => line.length));
    await this.head('Now you', 'in another terminal, in the folder of this checkout');
    await this.body(...lines.map(([line, what], at) => (at === 0 ? line : `${line.padEnd(width)}  ${style.dim(`# ${what}`)}`)));
    await this.say('', `The systems stay up until Ctrl-C, which also takes ${folder} away.`);
    if (this.out.json) await this.out.talk(`the systems stay up until Ctrl-C; configuration: ${configPath}`);
  }

  private async notes(runs: SyncReport['runs']): Promise<void> {
    const notes = renderRunNotes(runs, this.out.style);
    if (notes !== '') await this.body(notes);
  }

  private async head(title: string, command?: string): Promise<void> {
    this.act += 1;
    await this.out.clearStatus();
    await this.say('', `${this.out.style.bold(`${this.act}. ${title}`)}${command === undefined ? '' : `   ${this.out.style.dim(command)}`}`);
  }

  private body(...lines: readonly string[]): Promise<void> {
    return this.say(...lines.map((line) => indent(line, '   ')));
  }

  private async say(...lines: readonly string[]): Promise<void> {
    if (!this.out.json) for (const line of lines) await this.out.line(line);
  }
}

const named = ({ name }: NamedAsset): string => plain(name);
