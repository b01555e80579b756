import { under } from '../located.js';
import type { Finding } from '../problem.js';
import { msOf, optional, type BuildContext } from './context.js';
import type { ChannelSection, DuePolicySection, NotificationsSection, PoliciesSection, RetentionSection, SecuritySection } from '../sections/operation.js';
import type { Channel, Condition, DuePolicy, LoadedConfig, NotificationSettings, PolicySettings, SecuritySettings } from '../types.js';
import type { LifecycleStage } from '../../../connectors/sdk/contract/index.js';

/** Keys that each kind of channel needs. */
const NEEDS: Readonly<Record<ChannelSection['type'], readonly (keyof ChannelSection)[]>> = { webhook: ['url'], slack: ['url'], teams: ['url'], email: ['smtp', 'from', 'to'] };

export function buildNotifications(notifications: NotificationsSection | undefined, context: BuildContext): NotificationSettings {
  const channels = Object.create(null) as Record<string, Channel>;
  for (const [name, channel] of Object.entries(notifications?.channels ?? {})) {
    const { map, keyPlace, path } = context.walker.originOf(channel);
    const needed = NEEDS[channel.type];
    if (!needed) continue;                                                                       // of an unknown type, which is told
    const admitted = ['type', ...needed, ...(channel.type === 'webhook' ? ['secret'] : []), ...(channel.type === 'email' ? [] : ['loopback'])];
    for (const key of needed) if (!map.entries.has(key)) context.walker.missing(key, undefined, keyPlace, path, `"${key}" for a channel of type ${channel.type}`);
    for (const entry of map.entries.values()) if (!admitted.includes(entry.key)) context.walker.unknownKey(entry.key, admitted, entry.keyPlace, under(path, entry.key), `it is no key of a channel of type ${channel.type}`);
    judgeChannel(channel, context);
    channels[name] = { ...channel } as Channel;
  }
  const rules = (notifications?.rules ?? []).map((rule) => {
    judgeChannels(rule, 'to', channels, context);
    context.eachOf(context.nodeOf(rule, 'sources'), context.pathOf(rule, 'sources'), (name, place, path) => context.mustBe('unknown source', name, context.sources, place, path));
    return { ...optional('on', rule.on), ...optional('sources', rule.sources), ...optional('minSeverity', rule.minSeverity), to: rule.to ?? [], ...optional('digestMs', rule.digest === undefined ? undefined : msOf(rule.digest)) };
  });
  return { channels, rules, repeatMs: msOf(notifications?.repeatAfter), settleMs: msOf(notifications?.settleFor) };
}

/** Whoever knows such a URL can post there, so it is hidden like a secret, with the part that only its owner knows. */
function judgeChannel(channel: ChannelSection, context: BuildContext): void {
  const { url, secret } = channel;
  const at = (key: 'url' | 'secret', finding: Finding): void => {
    const node = context.nodeOf(channel, key);
    if (node) context.report(node.place, context.pathOf(channel, key), finding);
  };
  if (url !== undefined && URL.canParse(url)) {
    const { protocol, pathname, search } = new URL(url);
    context.walker.hide(url, ...(pathname.length + search.length > 12 ? [pathname + search] : []), ...pathname.split('/').filter((part) => part.length >= 16), ...(search.length > 8 ? [search.slice(1)] : []));
    if (protocol === 'http:' && channel.loopback !== true) at('url', { what: 'bad URL', found: 'the protocol "http:"', expected: 'https', hint: '`loopback: true` admits http to a receiver on this machine' });
  }
  if (secret?.startsWith('whsec_') && !/^[A-Za-z0-9+/]+={0,2}$/.test(secret.slice('whsec_'.length))) at('secret', { what: 'bad key', found: 'other characters behind "whsec_"', expected: '`whsec_` and base64, or another text', hint: 'the receiver of the webhook shows it' });
}

function judgeChannels(instance: object, key: string, channels: Readonly<Record<string, unknown>>, context: BuildContext): void {
  context.eachOf(context.nodeOf(instance, key), context.pathOf(instance, key), (name, place, path) => context.mustBe('unknown channel', name, Object.keys(channels), place, path));
}

export function buildPolicies(policies: PoliciesSection | undefined, channels: Readonly<Record<string, unknown>>, context: BuildContext): PolicySettings {
  const notified = <T extends { readonly notify?: string[] }>(section: T): readonly string[] => {
    judgeChannels(section, 'notify', channels, context);
    return section.notify ?? [];
  };
  const where = (section: { readonly where?: string } & object): { readonly where?: Condition } => optional('where', context.condition(section, 'where', 'rule'));
  const due = (section: DuePolicySection): DuePolicy => ({ ...where(section), beforeMs: (section.before ?? []).map(msOf), notify: notified(section) });
  const { licences, vulnerabilities, disposition } = policies ?? {};
  return {
    ...optional('warranty', policies?.warranty && due(policies.warranty)), ...optional('endOfLife', policies?.endOfLife && due(policies.endOfLife)),
    ...optional('contracts', policies?.contracts && due(policies.contracts)),
    ...optional('licences', licences && { ...where(licences), ...optional('unusedAfterMs', licences.unusedAfter === undefined ? undefined : msOf(licences.unusedAfter)), notify: notified(licences) }),
    vulnerabilities: {
      ...(vulnerabilities && where(vulnerabilities)), stages: (vulnerabilities?.stages ?? []) as LifecycleStage[], ...optional('minSeverity', vulnerabilities?.minSeverity),
      knownExploitedOnly: vulnerabilities?.knownExploitedOnly ?? false, notify: vulnerabilities ? notified(vulnerabilities) : [],
    },
    disposition: {
      rules: (disposition?.rules ?? []).flatMap((rule) => {
        const when = context.condition(rule, 'when', 'rule');
        return when ? [{ name: rule.name, when, method: rule.method }] : [];
      }),
      notify: disposition ? notified(disposition) : [],
    },
    rules: (policies?.rules ?? []).flatMap((rule) => {
      const when = context.condition(rule, 'when', 'rule');
      const notify = notified(rule);
      return when ? [{ name: rule.name, when, notify }] : [];
    }),
  };
}

export function buildSecurity(security: SecuritySection | undefined, context: BuildContext): SecuritySettings {
  const key = security?.encryptionKey;
  const node = security && context.nodeOf(security, 'encryptionKey');
  if (key !== undefined && node && !isKey(key)) {
    context.report(node.place, context.pathOf(security, 'encryptionKey'), { what: 'bad key', found: `${key.length} characters behind the reference`, expected: '32 bytes as base64 or as 64 hexadecimal digits', hint: '`openssl rand -base64 32` makes one' });
  }
  const oidc = security?.oidc;
  return {
    ...optional('encryptionKey', key), twoPersonRule: security?.twoPersonRule ?? false, tokenLifetimeMs: msOf(security?.tokenLifetime),
    ...optional('oidc', oidc && {
      issuer: oidc.issuer, audience: oidc.audience, ...optional('clientId', oidc.clientId), ...optional('clientSecret', oidc.clientSecret),
      rolesClaim: oidc.rolesClaim ?? 'groups', roles: { ...oidc.roles },
    }),
  };
}

const isKey = (text: string): boolean => /^[0-9a-f]{64}$/i.test(text) || (/^[A-Za-z0-9+/_-]{43}=?$/.test(text) && Buffer.from(text, 'base64').length === 32);

export function buildRetention(retention: RetentionSection | undefined): LoadedConfig['retention'] {
  return { rawVersions: retention?.rawVersions ?? 1, versionsMs: msOf(retention?.versions), inboxMs: msOf(retention?.inbox), attemptsMs: msOf(retention?.attempts) };
}
