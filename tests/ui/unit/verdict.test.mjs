// SPDX-License-Identifier: MIT OR Apache-2.0
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {stateOf, verdict} from '../../../ui/lib/verdict.js';

const node = (name, state, more = {}) => ({id: `12D3KooW${name}`, name, state,
    ...more});

test('all is well', () => {
    const all = ['red', 'blue', 'green'].map(n => node(n, 'synced'));
    assert.deepEqual(verdict(all, 'r12.9f3c'),
        {kind: 'ok', text: 'All 3 nodes run r12', more: []});
    assert.equal(verdict(all.slice(1, 2), 'r12.9f3c').text,
        'The only node runs r12');
    assert.deepEqual(verdict(all, 'r13.1', 0, 'trial'), {kind: 'busy',
        text: 'All 3 nodes run r13, which is on trial', more: []});
});

test('a refusal comes first, with its reason', () => {
    const said = verdict([node('red', 'stale', {age_ms: 65000}),
        node('blue', 'refused', {reason: 'address in use'})], 'r13.1');
    assert.equal(said.kind, 'bad');
    assert.equal(said.text, 'blue refuses r13: address in use');
    assert.deepEqual(said.more, ['red is not heard for 1m']);
});

test('who is stale is never in sync', () => {
    const all = [node('a', 'stale', {age_ms: 3.7e6}),
        node('b', 'stale', {age_ms: 7.3e6}), node('c', 'unknown'),
        node('d', 'synced')];
    assert.equal(verdict(all, 'r2.1').text, '3 of 4 are not heard for 1h');
    assert.notEqual(verdict(all, 'r2.1').kind, 'ok');
});

test('drift, conflicts and those who are behind', () => {
    assert.equal(verdict([node('a', 'drift')], 'r1.1').text,
        'The Unit of a was changed by hand');
    assert.equal(verdict([node('a', 'drift'), node('b', 'drift')],
        'r1.1').text, 'The Units of a and b were changed by hand');
    assert.equal(verdict([node('a', 'synced')], 'r1.1', 2).text,
        '2 conflicts wait for somebody to decide');
    assert.equal(verdict([node('a', 'behind'), node('b', 'healing')],
        'r3.1').text, 'a and b do not run r3 yet');
    assert.equal(verdict([], '').kind, 'none');
});

test('many names are few words', () => {
    const all = 'abcde'.split('').map(n => node(n, 'refused'));
    assert.equal(verdict(all, 'r4.2').text, 'a, b, c and 2 more refuse r4');
});

test('a state that is new is shown as it is', () => {
    assert.equal(stateOf('odd').word, 'odd');
    assert.equal(stateOf('synced').kind, 'ok');
});
