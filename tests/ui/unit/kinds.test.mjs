// SPDX-License-Identifier: MIT OR Apache-2.0
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {test} from 'node:test';
import {KINDS, MISSED} from '../../../ui/lib/kinds.js';

const PAGE = new URL('../../../docs/reference/rest-mesh.md', import.meta.url);

test('the page knows the kinds of events that the reference lists', () => {
    const [, list] = readFileSync(PAGE, 'utf8').split('What happens: ');
    const listed = [...list.split('\n\n')[0].matchAll(/`([a-z-]+)`/g)]
        .map(([, kind]) => kind);
    assert.ok(listed.length > 20);
    assert.deepEqual(Object.keys(KINDS).sort(), listed.sort());
    assert.ok(!listed.includes(MISSED), 'it is about the stream');
});
