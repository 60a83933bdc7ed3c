// SPDX-License-Identifier: MIT OR Apache-2.0
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {ancestor, layout} from '../../../ui/lib/branches.js';

const rev = (revision, ...parents) => ({revision, parents,
    number: Number(revision.slice(1))});

test('one line of history is one lane', () => {
    const rows = layout([rev('r3', 'r2'), rev('r2', 'r1'), rev('r1')]);
    assert.deepEqual(rows.map(r => r.lane), [0, 0, 0]);
    assert.deepEqual(rows.map(r => r.wide), [1, 1, 1]);
    assert.deepEqual(rows[2].links, []);
});

test('a partition makes two lanes, and a merge ends them', () => {
    const rows = layout([rev('r5', 'r4', 'r3'), rev('r4', 'r2'),
        rev('r3', 'r2'), rev('r2', 'r1'), rev('r1')]);
    assert.deepEqual(rows.map(r => r.lane), [0, 0, 1, 0, 0]);
    assert.deepEqual(rows[0].links, [{from: 0, to: 0}, {from: 0, to: 1}]);
    assert.deepEqual(rows[1].links, [{from: 1, to: 1}, {from: 0, to: 0}]);
    assert.deepEqual(rows[2].links, [{from: 0, to: 0}, {from: 1, to: 0}]);
    assert.equal(rows[3].wide, 1);
});

test('heads that nobody ended stand beside each other', () => {
    const rows = layout([rev('r4', 'r2'), rev('r3', 'r2'), rev('r2')]);
    assert.deepEqual(rows.map(r => r.lane), [0, 1, 0]);
});

test('the line of the highest one stays where it is', () => {
    const rows = layout([rev('r5', 'r4'), rev('r3', 'r2'), rev('r4', 'r2'),
        rev('r2')]);
    assert.deepEqual(rows.map(r => r.lane), [0, 1, 0, 0]);
    assert.deepEqual(rows[2].links, [{from: 1, to: 0}, {from: 0, to: 0}]);
});

test('what two come from', () => {
    const known = new Map([rev('r5', 'r3'), rev('r4', 'r2'), rev('r3', 'r2'),
        rev('r2', 'r1'), rev('r1')].map(r => [r.revision, r]));
    assert.equal(ancestor(known, 'r5', 'r4'), 'r2');
    assert.equal(ancestor(known, 'r5', 'r3'), 'r3');
    assert.equal(ancestor(known, 'r5', 'x9'), null);
});
