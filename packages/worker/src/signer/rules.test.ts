import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BadRules, judge, matches, parseRules, type Rule, type Wanted } from './rules.ts';

const key = { name: 'release', fingerprint: 'a'.repeat(40) };
const none = () => 0;
const usual = `
[[allow]]
name = "updates"
keys = ["release"]
tags = ["f1", "f1-*"]
packages = ["*"]
files = ["repomd.xml"]
per_hour = 2

[[allow]]
name = "by hand"
keys = ["${'a'.repeat(40)}"]
packages = ["kernel*"]
`;

describe('the rules of a signer', () => {
  const rules = parseRules(usual, 'rules.toml');
  const said = (wanted: Partial<Wanted>, used: (rule: string) => number = none) =>
    judge(rules, { key, tag: 'f1', ...wanted }, used);

  test('allow what one of them says, by the name or the fingerprint of a key', () => {
    expect(said({ package: 'bash' })).toEqual({ rule: 'updates' });
    expect(said({ package: 'bash', tag: 'f1-updates' })).toEqual({ rule: 'updates' });
    expect(said({ file: 'repomd.xml' })).toEqual({ rule: 'updates' });
    expect(said({ package: 'kernel-rt', tag: null })).toEqual({ rule: 'by hand' });
  });

  test('refuse all else, and say what it was', () => {
    expect(said({ package: 'bash', tag: 'f2' })).toEqual({
      code: 'not_allowed',
      message: 'no rule of this signer allows it to sign bash in f2 by release',
    });
    expect(said({ package: 'bash', tag: null })).toMatchObject({ code: 'not_allowed' });
    expect(said({ file: 'other.txt' })).toMatchObject({ code: 'not_allowed' });
    const other = { name: 'other', fingerprint: 'b'.repeat(40) };
    expect(said({ package: 'bash', key: other })).toMatchObject({ code: 'not_allowed' });
  });

  test('refuse what is over a rate, and name the rule; another rule may still allow it', () => {
    const full = (rule: string) => (rule === 'updates' ? 2 : 0);
    expect(said({ package: 'bash' }, full)).toMatchObject({
      code: 'rate_exceeded',
      message: expect.stringContaining('the rule updates of this signer allows 2 signatures an hour'),
    });
    expect(said({ package: 'kernel' }, full)).toEqual({ rule: 'by hand' });
  });

  test('of which there are none allow nothing', () => {
    expect(judge(parseRules('', 'x'), { key, tag: 'f1', package: 'bash' }, none)).toMatchObject({
      code: 'not_allowed',
    });
  });

  test.each([
    ['allow = 3', /written \[\[allow\]\]/],
    ['[deny]\nname = "x"', /no deny/],
    ['[[allow]]\nkeys = ["a"]', /rule 1 has no name/],
    ['[[allow]]\nname = "x"', /names no keys/],
    ['[[allow]]\nname = "x"\nkeys = ["a"]\nper_hour = 0', /per_hour/],
    ['[[allow]]\nname = "x"\nkeys = ["a"]\ntag = ["b"]', /no tag; a rule has/],
    ['[[allow]]\nname = "x"\nkeys = [1]', /keys wants a list/],
    ['[[allow]]\nname = "x"\nkeys = ["a"]\n[[allow]]\nname = "x"\nkeys = ["b"]', /two rules are called x/],
    ['[[allow]\n', /rules\.toml:1/],
  ])('are refused whole where they make no sense: %j', (text, why) => {
    expect(() => parseRules(text, 'rules.toml')).toThrow(why);
    expect(() => parseRules(text, 'rules.toml')).toThrow(BadRules);
  });
});

describe('whatever the rules', () => {
  const word = fc.stringMatching(/^[a-c.*?]{1,4}$/);
  const rule: fc.Arbitrary<Rule> = fc.record({
    name: fc.uuid(),
    keys: fc.array(word, { minLength: 1, maxLength: 2 }),
    tags: fc.option(fc.array(word, { maxLength: 2 })),
    packages: fc.array(word, { maxLength: 2 }),
    files: fc.array(word, { maxLength: 2 }),
    perHour: fc.option(fc.integer({ min: 1, max: 3 })),
  });
  const wanted: fc.Arbitrary<Wanted> = fc.record({
    key: fc.record({ name: fc.stringMatching(/^[a-c]{1,3}$/), fingerprint: fc.constant('f') }),
    tag: fc.option(fc.stringMatching(/^[a-c]{1,3}$/)),
    package: fc.stringMatching(/^[a-c]{1,3}$/),
  });

  test('one more never forbids anything, and one that allows fits and is not full', () => {
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 4 }), rule, wanted, fc.nat(3), (rules, more, one, used) => {
        const before = judge(rules, one, () => used);
        const after = judge([...rules, more], one, () => used);
        if ('rule' in before) expect(after).toEqual(before);
        if (!('rule' in after)) return;
        const by = [...rules, more].find(({ name }) => name === after.rule);
        expect(by?.perHour ?? 99).toBeGreaterThan(used);
        expect(matches(by?.packages ?? [], one.package ?? '')).toBe(true);
        if (by?.tags != null) expect(one.tag !== null && matches(by.tags, one.tag)).toBe(true);
      }),
    );
  });

  test('a glob means itself but for * and ?', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const plain = text.replace(/[*?]/g, '');
        expect(matches([plain], plain)).toBe(true);
        expect(matches([plain], `${plain}x`)).toBe(false);
        expect(matches(['*'], text)).toBe(true);
      }),
    );
  });
});
