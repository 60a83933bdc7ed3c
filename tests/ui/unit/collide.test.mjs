// SPDX-License-Identifier: MIT OR Apache-2.0
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {collide, pointerOfLine} from '../../../ui/lib/collide.js';

test('the pointer of a line', () => {
    assert.equal(pointerOfLine('~ /base/routes/0: 1 -> 2'), '/base/routes/0');
    assert.equal(pointerOfLine('+ /base/listeners/*:80: {"a":"b: c"}'),
        '/base/listeners/*:80');
    assert.equal(pointerOfLine('and 3 more'), '');
});

test('places that both changed', () => {
    assert.deepEqual(collide(
        ['~ /base/routes/1/action/return: 1 -> 2', '+ /base/settings: {}'],
        ['- /base/routes/1: {}', '+ /base/set: 1']),
    ['/base/routes/1/action/return']);
    assert.deepEqual(collide(['+ /a: 1'], ['+ /b: 1']), []);
});
