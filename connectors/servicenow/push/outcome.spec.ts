import { AuthenticationError, ProtocolError } from '../../sdk/contract/index.js';
import { itemOutcome, judgeWrite, outcomeOf, wordsOf } from './outcome.js';

const item = { table: 'cmdb_ci_computer', request: { source: 'sn', stream: 'computers', method: 'PATCH', url: '/api/now/table/cmdb_ci_computer/1' } };

it.each`
  status | words                                              | headers                      | outcome
  ${200} | ${'Transaction cancelled: maximum execution time'} | ${{}}                        | ${{ kind: 'unknown' }}
  ${202} | ${undefined}                                       | ${{}}                        | ${{ kind: 'retry' }}
  ${400} | ${'Invalid table x'}                               | ${{}}                        | ${{ kind: 'refused', error: { code: 'rejected', vendorWords: 'Invalid table x' } }}
  ${401} | ${'User Not Authenticated'}                        | ${{}}                        | ${{ kind: 'retry' }}
  ${403} | ${'ACL Exception Update Failed'}                   | ${{}}                        | ${{ kind: 'refused', error: { code: 'permission', hint: expect.stringContaining('itil, or asset') } }}
  ${403} | ${'Data Policy Exception: x is mandatory'}         | ${{}}                        | ${{ kind: 'refused', error: { hint: expect.stringContaining('data policy') } }}
  ${404} | ${'No Record found'}                               | ${{}}                        | ${{ kind: 'gone' }}
  ${409} | ${undefined}                                       | ${{}}                        | ${{ kind: 'conflict' }}
  ${412} | ${undefined}                                       | ${{}}                        | ${{ kind: 'conflict' }}
  ${408} | ${undefined}                                       | ${{}}                        | ${{ kind: 'unknown' }}
  ${429} | ${'Rate limit exceeded'}                           | ${{ 'retry-after': '12' }}   | ${{ kind: 'retry', afterMs: 12_000 }}
  ${429} | ${'Rate limit exceeded'}                           | ${{}}                        | ${{ kind: 'retry' }}
  ${500} | ${'Transaction cancelled: maximum execution time'} | ${{}}                        | ${{ kind: 'retry' }}
  ${500} | ${undefined}                                       | ${{}}                        | ${{ kind: 'unknown' }}
  ${503} | ${undefined}                                       | ${{}}                        | ${{ kind: 'unknown' }}
`('an item of a batch with $status and $words ends as $outcome', ({ status, words, headers, outcome }: { status: number; words: string | undefined; headers: Record<string, string>; outcome: object }) => {
  expect(itemOutcome(status, words, headers, item)).toMatchObject(outcome);
});

it('throws what concerns more than one write', () => {
  for (const error of [new AuthenticationError('refused'), new TypeError('a mistake of ours')]) expect(() => outcomeOf(error, 'cmdb_ci')).toThrow(error);
});

it('reads the words of an error inside a success, and lets a success pass', () => {
  const response = (status: number, body: unknown) => ({ status, headers: {}, text: JSON.stringify(body), json: <T>() => body as T });
  expect(judgeWrite(response(200, { result: {} }))).toBeUndefined();
  expect(judgeWrite(response(500, { error: { message: 'x' } }))).toBeUndefined();
  const verdict = judgeWrite(response(200, { result: {}, error: { message: 'Transaction cancelled', detail: 'quota' } }));
  expect(verdict).toMatchObject({ kind: 'fail', error: { message: expect.stringContaining('Transaction cancelled: quota') as string } });
  expect((verdict as { error: unknown }).error).toBeInstanceOf(ProtocolError);
  expect([wordsOf(undefined), wordsOf({ error: null }), wordsOf({ error: 'text' }), wordsOf({ error: {} })]).toEqual([undefined, undefined, 'text', 'an error without words']);
});
