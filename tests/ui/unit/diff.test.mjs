// SPDX-License-Identifier: MIT OR Apache-2.0
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {collapse, diffLines, merge, tally} from '../../../ui/lib/diff.js';

const text = (...lines) => lines.join('\n');
const show = rows => rows.map(r => ({same: ' ', add: '+', del: '-'})[r.kind] +
    r.text).join('\n');

test('lines that went and came, with their numbers', () => {
    const rows = diffLines(text('a', 'b', 'c', 'd'), text('a', 'x', 'c', 'd',
        'e'));
    assert.equal(show(rows), text(' a', '-b', '+x', ' c', ' d', '+e'));
    assert.deepEqual(rows.at(-1), {kind: 'add', text: 'e', b: 5});
    assert.deepEqual(tally(rows), {added: 2, removed: 1});
});

test('before and after can be made of a difference', () => {
    let seed = 7;
    const random = n => (seed = (seed * 1103515245 + 12345) % 2 ** 31) % n;
    for (let round = 0; round < 200; round++) {
        const make = () => Array.from({length: random(9)},
            () => 'abc'[random(3)]).join('\n');
        const [a, b] = [make(), make()];
        const rows = diffLines(a, b);
        const side = kind => rows.filter(r => r.kind !== kind)
            .map(r => r.text).join('\n');
        assert.equal(side('add'), a);
        assert.equal(side('del'), b);
    }
});

test('what is far from a change is left out, but never one line', () => {
    const long = Array.from({length: 20}, (_, i) => String(i));
    const rows = collapse(diffLines(long.join('\n'),
        [...long.slice(0, 10), 'new', ...long.slice(10)].join('\n')), 3);
    assert.deepEqual(rows[0], {kind: 'gap', count: 7});
    assert.equal(rows.filter(r => r.kind === 'same').length, 6);
    const near = collapse(diffLines(text('a', 'b'), text('a', 'b', 'c')), 1);
    assert.equal(near[0].text, 'a');
});

test('two changes of different places are put together', () => {
    const base = text('a', 'b', 'c', 'd', 'e');
    assert.equal(merge(base, text('a', 'B', 'c', 'd', 'e'),
        text('a', 'b', 'c', 'd', 'E')), text('a', 'B', 'c', 'd', 'E'));
    assert.equal(merge(base, text('b', 'c', 'd', 'e'),
        text('a', 'b', 'c', 'd', 'e', 'f')), text('b', 'c', 'd', 'e', 'f'));
    assert.equal(merge(base, base, 'theirs'), 'theirs');
    assert.equal(merge(base, 'ours', base), 'ours');
});

test('two changes of one place are not; the same change is one', () => {
    const base = text('a', 'b', 'c');
    assert.equal(merge(base, text('a', 'x', 'c'), text('a', 'y', 'c')), null);
    assert.equal(merge(base, text('a', 'c'), text('a', 'y', 'c')), null);
    assert.equal(merge(text('a', 'b', 'c', 'd'), text('a', 'x', 'c', 'd'),
        text('a', 'x', 'c', 'D')), text('a', 'x', 'c', 'D'));
});
