// SPDX-License-Identifier: MIT OR Apache-2.0
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {format, JsonError, lineOf, locate, parse, part, pointerAt, pointerOf,
    segments, tokens} from '../../../ui/lib/jsontext.js';

const TEXT = `{
    // a comment
    "listeners": {"*:80": {"pass": "routes"}},
    "routes": [
        {"action": {"return": 2.50e2}},
        {"match": {"uri": "/a~b/c"}}
    ],
}`;

test('the pieces are all of the text, in order', () => {
    assert.equal(tokens(TEXT).map(t => TEXT.slice(t.from, t.to)).join(''),
        TEXT);
    const odd = '{"a" ~ \u0007 "open\n}';
    assert.equal(tokens(odd).map(t => odd.slice(t.from, t.to)).join(''), odd);
});

test('a pointer leads to its place', () => {
    const at = locate(TEXT, '/routes/0/action/return');
    assert.equal(TEXT.slice(at.from, at.to), '"return": 2.50e2');
    assert.deepEqual(lineOf(TEXT, at.from), {line: 5, column: 21});
    assert.equal(at.exact, true);
});

test('a pointer to what is not there leads to what is around it', () => {
    const at = locate(TEXT, '/routes/1/action');
    assert.equal(lineOf(TEXT, at.from).line, 6);
    assert.equal(at.exact, false);
    assert.equal(locate('{', '/a'), null);
});

test('pointers are taken apart and put together', () => {
    const parts = ['listeners', 'unix:/run/a~b', ''];
    assert.deepEqual(segments(pointerOf(parts)), parts);
    assert.deepEqual(segments(''), []);
});

test('what stands at an offset has a pointer', () => {
    const root = parse(TEXT);
    assert.equal(pointerAt(root, TEXT.indexOf('2.50e2')),
        '/routes/0/action/return');
    assert.equal(pointerAt(root, TEXT.indexOf('"match"')), '/routes/1/match');
});

test('format keeps order, numbers and escapes', () => {
    assert.equal(format('{"200":1.10,"1":[],"\\u00e9":{"b":-0}}'),
        '{\n    "200": 1.10,\n    "1": [],\n    "é": {\n        "b": -0\n' +
        '    }\n}');
    assert.equal(format('{"a": '), '{"a": ');
});

test('a part is as it stands in the text', () => {
    assert.equal(part(TEXT, '/routes/1'), '{"match": {"uri": "/a~b/c"}}');
    assert.equal(part(TEXT, '/nothing'), null);
});

test('mistakes have a place', () => {
    for (const [text, offset] of [['{"a": }', 6], ['[1 2]', 3], ['{1: 2}', 1],
        ['{"a": tru}', 6], ['["a]', 1], ['{} {}', 3], ['[', 1]]) {
        assert.throws(() => parse(text),
            e => e instanceof JsonError && e.offset === offset, text);
    }
});
