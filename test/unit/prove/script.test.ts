import { describe, expect, test } from 'vitest';
import { afterWrong, differences, solvedSoFar } from '#runtime/prove/outcome.ts';
import { proofHash } from '#runtime/prove/proof-file.ts';
import { parseScript } from '#runtime/prove/script.ts';

const known = { tasks: ['claim', 'class'], codes: ['claim.lost', 'class.absent'] };
const parse = (name: string, ...lines: string[]) => parseScript(name, lines.join('\n'), known);

test('solve.sh is cut into its sections', () => {
  const { sections } = parse('solve.sh', '# words', '#: task claim', 'one', 'two', '#: task class', 'three');
  expect(sections).toEqual([
    { task: 'claim', line: 2, text: 'one\ntwo', answers: {} },
    { task: 'class', line: 5, text: 'three', answers: {} },
  ]);
});

test('an answer that is typed into a field belongs to its section', () => {
  const lines = ['#: task claim', '# answer: ship Ariel of the north', 'one', '#: task class', 'two'];
  const { sections } = parseScript('solve.sh', lines.join('\n'), { ...known, fields: ['ship'] });
  expect(sections.map(({ answers }) => answers)).toEqual([{ ship: 'Ariel of the north' }, {}]);
});

test('a wrong answer says what it fails and what it leaves', () => {
  const script = parse('wrong/a.sh', '# Because.', '# fails: claim claim.lost', '# not-done: class', 'true');
  expect(script).toMatchObject({ fails: [{ task: 'claim', code: 'claim.lost' }], notDone: ['class'] });
  expect(afterWrong(known.tasks, script)).toEqual({ claim: { passes: false, code: 'claim.lost' }, class: { passes: false } });
});

describe('a broken script is an error naming file and line', () => {
  test.each([
    ['solve.sh', ['#: task claim', '#: task clas'], 'solve.sh:2: there is no task "clas"'],
    ['solve.sh', ['#: task claim', 'one'], 'solve.sh:2: there is no section for class'],
    ['solve.sh', ['#: task claim', '#: task claim'], 'solve.sh:2: there is a section for claim already'],
    ['solve.sh', ['#: claim'], 'solve.sh:1: write `#: task ID`'],
    ['solve.sh', ['#: task claim', '#: task class', '# fails: claim claim.lost'], 'solve.sh:1: only wrong answers may fail'],
    ['wrong/a.sh', ['true'], 'wrong/a.sh:1: a wrong answer needs a header'],
    ['wrong/a.sh', ['# fails: claim'], 'wrong/a.sh:1: write `# fails: TASK CODE`'],
    ['wrong/a.sh', ['', '# fails: claim claim.gone'], 'wrong/a.sh:2: the lab has no words for the code "claim.gone"'],
    ['wrong/a.sh', ['# fails: claim claim.lost', '# not-done: clas'], 'wrong/a.sh:2: there is no task "clas"'],
    ['right/a.sh', ['# answer: ship Ariel'], 'right/a.sh:1: no task of lab.yaml asks for an answer "ship"'],
    ['right/a.sh', ['# answer: ship'], 'right/a.sh:1: write `# answer: FIELD TEXT`'],
    ['right/a.sh', ['#: task claim'], 'right/a.sh:1: only solve.sh has sections'],
  ])('%s %j', (name, lines, message) => {
    expect(() => parse(name, ...lines)).toThrow(message);
  });
});

test('a proof wants exactly the tasks so far, wrong by a finding and not for want of sight', () => {
  const verdict = (task: string, status: 'passed' | 'wrong' | 'cannot-check' | 'not-yet', code = 'claim.lost') => ({
    task,
    status,
    score: 0,
    findings: status === 'passed' ? [] : [{ code, params: {}, path: '', seen: '', needed: '', why: '', lookAt: '' }],
  });
  const expected = solvedSoFar(known.tasks, ['claim']);
  expect(differences(expected, [verdict('claim', 'passed'), verdict('class', 'wrong')])).toEqual([]);
  expect(differences(expected, [verdict('claim', 'passed'), verdict('class', 'passed')])).toEqual(['class should be wrong and is passed']);
  expect(differences(expected, [verdict('claim', 'not-yet'), verdict('class', 'cannot-check')])).toEqual([
    'claim should pass and is not-yet (claim.lost)',
    'class should be wrong and is cannot-check (claim.lost)',
  ]);
  expect(differences({ class: { passes: false, code: 'class.absent' } }, [verdict('class', 'wrong')])).toEqual([
    'class should be wrong by class.absent and is wrong (claim.lost)',
  ]);
  expect(differences(expected, [])).toHaveLength(2);
});

test('a proof’s hash covers names and contents, and not what the proof writes', () => {
  const files = { 'lab.yaml': 'a', 'grade.ts': 'b' };
  const hash = proofHash(files);
  expect(proofHash({ 'grade.ts': 'b', 'lab.yaml': 'a', 'proof.json': 'x', 'fixtures/a.json': 'y' })).toBe(hash);
  expect(proofHash({ ...files, 'grade.ts': 'c' })).not.toBe(hash);
  expect(proofHash({ 'lab.yaml': 'a', 'grades.ts': 'b' })).not.toBe(hash);
  expect(proofHash({ ...files, 'right/a.sh': '' })).not.toBe(hash);
});
