import { NOTICE_SEVERITIES, type Notice, type NoticeRule } from './types.js';

export interface Route {
  readonly rule: string;
  readonly digestMs: number;
}

const fits = ({ on, sources, minSeverity }: NoticeRule, { kind, source, severity }: Pick<Notice, 'kind' | 'source' | 'severity'>): boolean =>
  (on === undefined || on.includes(kind)) && (sources === undefined || (source !== null && sources.includes(source)))
  && (minSeverity === undefined || NOTICE_SEVERITIES.indexOf(severity) >= NOTICE_SEVERITIES.indexOf(minSeverity));

/** Names a rule by what it does, so that another order of rules changes nothing. */
export const ruleName = ({ on, sources, minSeverity, digestMs }: NoticeRule): string => `${on?.join('+') ?? 'all'}/${sources?.join('+') ?? 'all'}/${minSeverity ?? 'all'}/${digestMs ?? 0}`;

/** Who hears of it: every rule that fits counts. A channel that several rules name hears of it once, by the one that waits least. */
export function routesOf(rules: readonly NoticeRule[], notice: Pick<Notice, 'kind' | 'source' | 'severity'>): ReadonlyMap<string, Route> {
  const routes = new Map<string, Route>();
  for (const rule of rules.filter((each) => fits(each, notice))) {
    for (const channel of rule.to) {
      const known = routes.get(channel);
      if (!known || (rule.digestMs ?? 0) < known.digestMs) routes.set(channel, { rule: ruleName(rule), digestMs: rule.digestMs ?? 0 });
    }
  }
  return routes;
}
