import { headline, linesOf, MOST_LINES, theRest, type Line, type Message } from './message.js';

/** "The message size limit is 28 KB" (https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook): with room for what surrounds it there. */
const MOST_BYTES = 24_000;
const cut = (text: string, most: number): string => (text.length <= most ? text : `${text.slice(0, most - 1)}…`);
const COLOUR: Readonly<Record<string, string>> = { error: 'attention', warning: 'warning', info: 'accent' };

/**
 * What the trigger "When a Teams webhook request is received" takes: a message with one adaptive card; the older message
 * cards are taken no more (https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using).
 * Texts stand in runs, which read no Markdown: what others wrote makes no links and no mentions.
 */
export function teamsBody(message: Message): string {
  const lines = linesOf(message);
  for (let shown = Math.min(lines.length, MOST_LINES); ; shown--) {
    const body = bodyOf(headline(message, lines), lines.slice(0, shown), lines.length - shown);
    if (Buffer.byteLength(body) <= MOST_BYTES || shown <= 1) return body;
  }
}

function bodyOf(title: string, lines: readonly Line[], hidden: number): string {
  return JSON.stringify({
    type: 'message',
    attachments: [{
      contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null,
      content: {
        $schema: 'http://adaptivecards.io/schemas/adaptive-card.json', type: 'AdaptiveCard', version: '1.4', msteams: { width: 'Full' },
        body: [paragraph([{ text: cut(title, 300), weight: 'bolder', size: 'medium' }]), ...lines.flatMap(blocksOf), ...(hidden > 0 ? [paragraph([{ text: theRest(hidden) }])] : [])],
      },
    }],
  });
}

interface Run { readonly text: string; readonly weight?: string; readonly size?: string; readonly color?: string; readonly fontType?: string; readonly selectAction?: object }
const paragraph = (runs: readonly Run[], separator = false): object => ({ type: 'RichTextBlock', ...(separator && { separator }), inlines: runs.map((run) => ({ type: 'TextRun', ...run })) });

function blocksOf({ event, severity, mark, title, text, next, link }: Line): object[] {
  return [
    paragraph([{ text: `${mark} `, weight: 'bolder', color: event === 'resolved' ? 'good' : (COLOUR[severity] ?? 'default') }, { text: cut(title, 300) }], true), paragraph([{ text: cut(text, 600) }]),
    ...(next === undefined ? [] : [paragraph([{ text: 'Next: ' }, { text: cut(next, 300), fontType: 'monospace' }, ...(link === undefined ? [] : [{ text: '  look', selectAction: { type: 'Action.OpenUrl', url: link } }])])]),
  ];
}
