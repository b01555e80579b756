import { headline, linesOf, MOST_LINES, theRest, type Message } from './message.js';

/** Plain text: it reads the same everywhere, and what others wrote stays text. */
export function mailOf(message: Message): { readonly subject: string; readonly text: string } {
  const lines = linesOf(message);
  const hidden = lines.length - MOST_LINES;
  const parts = lines.slice(0, MOST_LINES).map(({ mark, title, text, next, link }) => [`${mark}: ${title}`, `  ${text}`, ...(next === undefined ? [] : [`  next: ${next}`]), ...(link === undefined ? [] : [`  ${link}`])].join('\n'));
  const subject = headline(message, lines).replace(/\s+/g, ' ');
  return { subject: subject.length <= 200 ? subject : `${subject.slice(0, 199)}…`, text: `${[...parts, ...(hidden > 0 ? [theRest(hidden)] : [])].join('\n\n')}\n` };
}
