// SPDX-License-Identifier: MIT OR Apache-2.0
// JSON as text. Nothing here makes values of it: the order of members and the
// digits of a number are part of a configuration, and JavaScript's own objects
// keep neither. Comments and trailing commas are read, as Unit reads them.
// Pure.

const TOKEN = new RegExp([
    '(?<space>[ \\t\\r\\n\\uFEFF]+)',
    '(?<comment>\\/\\/[^\\n]*|\\/\\*[^]*?(?:\\*\\/|$))',
    '(?<string>"(?:[^"\\\\\\n]|\\\\.)*"?)',
    '(?<number>-?[0-9][0-9.eE+-]*)',
    '(?<word>[A-Za-z]+)',
    '(?<punct>[{}[\\],:])',
    '(?<bad>[^])',
].join('|'), 'gy');

/**
 * The pieces of a text, all of it.
 * @param {string} text
 * @returns {Array<{kind: string, from: number, to: number}>}
 */
export function tokens(text) {
    const found = [];
    TOKEN.lastIndex = 0;
    for (let m = TOKEN.exec(text); m; m = TOKEN.exec(text)) {
        const kind = Object.keys(m.groups).find(k => m.groups[k] !== undefined);
        found.push({kind, from: m.index, to: TOKEN.lastIndex});
    }
    return found;
}

/** What is wrong with a text, and where. */
export class JsonError extends Error {
    constructor(message, offset) {
        super(message);
        this.offset = offset;
    }
}

function unquote(raw, offset) {
    try {
        return JSON.parse(raw);
    } catch {
        throw new JsonError('This string does not end, or has an escape ' +
            'that means nothing.', offset);
    }
}

/* A reader over the pieces that count. */
class Reader {
    constructor(text) {
        this.text = text;
        this.list = tokens(text)
            .filter(t => t.kind !== 'space' && t.kind !== 'comment');
        this.at = 0;
    }

    peek() {
        const t = this.list[this.at];
        return t ? this.text.slice(t.from, t.to) : '';
    }

    next(what) {
        const t = this.list[this.at];
        if (!t) throw new JsonError(`Here it ends, and ${what} is missing.`,
            this.text.length);
        this.at += 1;
        return t;
    }

    expect(char, what) {
        const t = this.next(what);
        if (this.text.slice(t.from, t.to) !== char) {
            throw new JsonError(`Expected is ${what}.`, t.from);
        }
        return t;
    }
}

const WORDS = new Set(['true', 'false', 'null']);

function readValue(r) {
    const t = r.next('a value');
    const raw = r.text.slice(t.from, t.to);
    if (raw === '{') return readObject(r, t);
    if (raw === '[') return readArray(r, t);
    if (t.kind === 'string') unquote(raw, t.from);
    else if (t.kind !== 'number' && !WORDS.has(raw)) {
        throw new JsonError('Expected is a value.', t.from);
    }
    return {kind: t.kind, from: t.from, to: t.to};
}

function readItems(r, open, close, readItem) {
    const node = {from: open.from, to: 0, items: []};
    while (r.peek() !== close) {
        node.items.push(readItem(node.items.length));
        if (r.peek() !== ',') break;
        r.next('more');
    }
    node.to = r.expect(close, `"," or "${close}"`).to;
    return node;
}

function readObject(r, open) {
    const node = readItems(r, open, '}', () => {
        const key = r.next('a name');
        if (key.kind !== 'string') {
            throw new JsonError('Expected is a name in quotes, or "}".',
                key.from);
        }
        r.expect(':', '":"');
        const name = unquote(r.text.slice(key.from, key.to), key.from);
        return {...readValue(r), key: name, keyFrom: key.from};
    });
    return {kind: 'object', ...node};
}

function readArray(r, open) {
    const node = readItems(r, open, ']',
        i => ({...readValue(r), key: String(i)}));
    return {kind: 'array', ...node};
}

/**
 * The tree of a text: `{kind, from, to, key, keyFrom, items}`.
 * @param {string} text
 * @returns {object}
 * @throws {JsonError}
 */
export function parse(text) {
    const r = new Reader(text);
    const root = readValue(r);
    if (r.at < r.list.length) {
        throw new JsonError('Here the text should end.', r.list[r.at].from);
    }
    return root;
}

/**
 * The segments of a JSON pointer.
 * @param {string} pointer
 * @returns {string[]}
 */
export function segments(pointer) {
    return pointer === '' ? [] : pointer.slice(1).split('/')
        .map(s => s.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/**
 * A JSON pointer of segments.
 * @param {string[]} parts
 * @returns {string}
 */
export function pointerOf(parts) {
    return parts.map(s => `/${s.replaceAll('~', '~0').replaceAll('/', '~1')}`)
        .join('');
}

/**
 * Where a pointer leads in a text: to what is there, or to the nearest thing
 * around it that is.
 * @param {string} text
 * @param {string} pointer
 * @returns {{from: number, to: number, exact: boolean}|null} null: the text
 *     cannot be read
 */
export function locate(text, pointer) {
    let node;
    try {
        node = parse(text);
    } catch {
        return null;
    }
    for (const part of segments(pointer)) {
        const child = node.items?.find(n => n.key === part);
        if (!child) return {from: start(node), to: node.to, exact: false};
        node = child;
    }
    return {from: start(node), to: node.to, exact: true};
}

function start(node) {
    return node.keyFrom ?? node.from;
}

/**
 * The line and column of an offset, both from 1.
 * @param {string} text
 * @param {number} offset
 * @returns {{line: number, column: number}}
 */
export function lineOf(text, offset) {
    const before = text.slice(0, offset);
    const line = before.split('\n').length;
    return {line, column: offset - before.lastIndexOf('\n')};
}

/**
 * The pointer of what stands at an offset.
 * @param {object} root of parse
 * @param {number} offset
 * @returns {string}
 */
export function pointerAt(root, offset) {
    const parts = [];
    let node = root;
    for (;;) {
        const child = node.items?.find(
            n => start(n) <= offset && offset <= n.to);
        if (!child) return pointerOf(parts);
        parts.push(child.key);
        node = child;
    }
}

function printItems(text, node, indent) {
    const [open, close] = node.kind === 'object' ? '{}' : '[]';
    if (node.items.length === 0) return open + close;
    const inner = `${indent}    `;
    const lines = node.items.map(n => {
        const raw = print(text, n, inner);
        const key = n.keyFrom === undefined ? ''
            : `${JSON.stringify(n.key)}: `;
        return inner + key + raw;
    });
    return `${open}\n${lines.join(',\n')}\n${indent}${close}`;
}

function print(text, node, indent) {
    return node.items ? printItems(text, node, indent)
        : text.slice(node.from, node.to);
}

/**
 * The same with a line for each member and four spaces a level; order and
 * numbers as they are. What cannot be read comes back as it is.
 * @param {string} text
 * @returns {string}
 */
export function format(text) {
    try {
        return print(text, parse(text), '');
    } catch {
        return text;
    }
}

/**
 * A part of a text, by its pointer, as it stands there.
 * @param {string} text
 * @param {string} pointer
 * @returns {string|null} null: it is not there
 */
export function part(text, pointer) {
    let node;
    try {
        node = parse(text);
    } catch {
        return null;
    }
    for (const name of segments(pointer)) {
        node = node.items?.find(n => n.key === name);
        if (!node) return null;
    }
    return text.slice(node.from, node.to);
}
