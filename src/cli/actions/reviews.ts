import { OperationQueries } from '../../queries/operation-queries.service.js';
import { ReviewService, type Resolution } from '../../reviews/review.service.js';
import { missing, usage } from '../failures.js';
import { renderReview, renderReviews } from '../render/operations.js';
import { count, plain } from '../render/text.js';
import type { Run } from '../verb.js';

export const numberOf = (text: string, what: string): number => {
  if (!/^\d{1,15}$/.test(text)) throw usage(`${what} is named by a number, not "${plain(text)}"`);
  return Number(text);
};

export const list: Run = async (session, _args, options) => session.read(async (app) => {
  const { out, io } = session;
  const status = options['status'] as string;
  const reviews = await app.get(OperationQueries).reviews({
    ...(status !== 'all' && { status }), ...(options['kind'] !== undefined && { kind: options['kind'] as string }), ...(options['source'] !== undefined && { source: options['source'] as string }),
  }, options['limit'] as number);
  if (out.json) for (const review of reviews) await out.document(review);
  else if (reviews.length > 0) await out.line(renderReviews(reviews, io.clock.now(), out.style));
  else await out.talk('nothing waits for a person.');
  if (!out.json && reviews.length === options['limit']) await out.talk(`the first ${reviews.length}; --limit shows more`);
});

export const show: Run = async (session, [id]) => session.read(async (app) => {
  const { out } = session;
  const review = await app.get(OperationQueries).review(numberOf(id as string, 'a review'));
  if (!review) throw missing(`there is no review ${plain(id)}`, 'see `lockstep reviews list`');
  if (out.json) await out.document(review);
  else await out.line(renderReview(review, out.style));
});

export const resolve: Run = async (session, [id], options) => {
  const { out } = session;
  const number = numberOf(id as string, 'a review');
  const [as, only] = [options['as'] as Resolution, options['only'] as readonly string[] | undefined];
  if (as === 'release' || as === 'ours') await session.confirm(`let ${only === undefined ? 'everything' : count(only.length, 'record')} of review ${number} take effect`, options['yes'] === true);
  return session.write(async (app) => {
    const result = await app.get(ReviewService).resolve(number, { as, reason: options['reason'] as string, ...(only !== undefined && { only }), ...(options['field'] !== undefined && { fields: options['field'] as readonly string[] }), ...(options['keep'] === true && { keep: true }) });
    if (out.json) await out.document(result);
    else if (result.awaits) await out.line(`review ${result.review}: noted; the same answer of another person carries it out (security.twoPersonRule)`);
    else await out.line(`review ${result.review}: ${count(result.done, 'record')} answered as ${as}${result.left > 0 ? `, ${count(result.left, 'record')} still open` : ''}`);
  });
};
