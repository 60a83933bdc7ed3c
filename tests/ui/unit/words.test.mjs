// SPDX-License-Identifier: MIT OR Apache-2.0
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {ago, bytes, clock, count, shortId, span} from
    '../../../ui/lib/words.js';

test('spans', () => {
    assert.equal(span(400), '0s');
    assert.equal(span(59999), '59s');
    assert.equal(span(60000), '1m');
    assert.equal(span(86400000 * 3), '3d');
    assert.equal(ago(1000, 2000), 'now');
    assert.equal(ago(0, 61000), '1m ago');
    assert.equal(ago(9000, 1000), 'now');
});

test('countdowns', () => {
    assert.equal(clock(545000), '9:05');
    assert.equal(clock(3723000), '1:02:03');
    assert.equal(clock(-5), '0:00');
});

test('counts, ids and sizes', () => {
    assert.equal(count(1, 'node'), '1 node');
    assert.equal(count(2, 'copy', 'copies'), '2 copies');
    assert.equal(shortId('12D3KooWNgDDhDdb1DYQ'), '12D3Ko…db1DYQ');
    assert.equal(shortId('short'), 'short');
    assert.equal(bytes(812), '812 B');
    assert.equal(bytes(4200), '4.2 kB');
});
