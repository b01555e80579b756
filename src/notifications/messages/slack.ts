import { headline, linesOf, MOST_LINES, theRest, type Line, type Message } from './message.js';

/** `<!channel>` in a title would call everybody: https://docs.slack.dev/messaging/formatting-message-text#escaping */
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const cut = (text: string, most: number): string => (text.length <= most ? text : `${text.slice(0, most - 1)}…`);
const SIGN: Readonly<Record<string, string>> = { error: ':red_circle:', warning: ':large_orange_circle:', info: ':large_blue_circle:' };

/**
 * `text` is what a notification on a telephone shows, `blocks` what the channel shows
 * (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks). At most 50 blocks, 3,000 characters in a
 * section, 150 in a header (https://docs.slack.dev/reference/block-kit/blocks).
 */
export function slackBody(message: Message): string {
  const lines = linesOf(message);
  const title = headline(message, lines);
  const hidden = lines.length - MOST_LINES;
  return JSON.stringify({
    text: escaped(cut(title, 300)),
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: cut(title, 150), emoji: false } },
      ...lines.slice(0, MOST_LINES).map((line) => ({ type: 'section', text: { type: 'mrkdwn', text: sectionOf(line), verbatim: true } })),
      ...(hidden > 0 ? [{ type: 'section', text: { type: 'mrkdwn', text: escaped(theRest(hidden)), verbatim: true } }] : []),
    ],
  });
}

function sectionOf({ event, severity, mark, title, text, next, link }: Line): string {
  return [
    `${event === 'resolved' ? ':white_check_mark:' : SIGN[severity]} *${mark}* ${escaped(cut(title, 300))}`, escaped(cut(text, 600)),
    ...(next === undefined ? [] : [`Next: \`${escaped(cut(next, 300)).replaceAll('`', "'")}\`${link === undefined ? '' : `  <${encodeURI(link).replaceAll('|', '%7C')}|look>`}`]),
  ].join('\n');
}
