// SPDX-License-Identifier: MIT OR Apache-2.0
import assert from 'node:assert/strict';
import {beforeEach, test} from 'node:test';
import {keepDocuments} from '../../../ui/lib/documents.js';

const own = {asked: [], fails: false, kept: null};

function answer(path, value) {
    own.asked.push(path.replace('/mesh/revisions/', ''));
    return own.fails ? Promise.reject(new Error('gone')) :
        Promise.resolve(value);
}

beforeEach(() => {
    Object.assign(own, {asked: [], fails: false});
    own.kept = keepDocuments({api: {
        call: (_, path) => answer(path, {text: '{"a": 1}'}),
        get: path => answer(path, {changes: []}),
    }});
});

test('what has a full name is asked for once', async () => {
    for (let i = 0; i < 2; i++) {
        assert.match(await own.kept.documentOf('r2.62ba'), /"a": 1/);
        assert.deepEqual(await own.kept.diffOf('r2.62ba', 'r1.aa'),
            {changes: []});
        await own.kept.diffOf('r2.62ba');
    }
    assert.deepEqual(own.asked, ['r2.62ba/document',
        'r2.62ba/diff?from=r1.aa', 'r2.62ba/diff']);
});

test('what may be another one later is asked for again', async () => {
    for (let i = 0; i < 2; i++) {
        await own.kept.documentOf('current');
        await own.kept.documentOf('r2');
        await own.kept.diffOf('r2.62ba', 'r1');
    }
    assert.equal(own.asked.length, 6);
});

test('what failed is asked for again', async () => {
    own.fails = true;
    await assert.rejects(own.kept.documentOf('r2.62ba'));
    own.fails = false;
    assert.match(await own.kept.documentOf('r2.62ba'), /"a": 1/);
    assert.equal(own.asked.length, 2);
});
