// SPDX-License-Identifier: MIT OR Apache-2.0
// Differences of texts, line by line, and two changes put together. Pure.

const MOST_CELLS = 4e6;

/** Lengths of the longest common subsequences of all ends of a and b. */
function table(a, b) {
    const wide = b.length + 1;
    const t = new Uint32Array((a.length + 1) * wide);
    for (let i = a.length - 1; i >= 0; i--) {
        for (let j = b.length - 1; j >= 0; j--) {
            t[i * wide + j] = a[i] === b[j] ? t[(i + 1) * wide + j + 1] + 1
                : Math.max(t[(i + 1) * wide + j], t[i * wide + j + 1]);
        }
    }
    return (i, j) => t[i * wide + j];
}

function replaced(a, b) {
    return [...a.map(text => ({kind: 'del', text})),
        ...b.map(text => ({kind: 'add', text}))];
}

/** The differing middle. */
function middle(a, b) {
    if (a.length * b.length > MOST_CELLS) return replaced(a, b);
    const best = table(a, b);
    const out = [];
    let i = 0;
    let j = 0;
    while (i < a.length && j < b.length) {
        if (a[i] === b[j]) {
            out.push({kind: 'same', text: a[i++]});
            j += 1;
        } else if (best(i + 1, j) >= best(i, j + 1)) {
            out.push({kind: 'del', text: a[i++]});
        } else {
            out.push({kind: 'add', text: b[j++]});
        }
    }
    return [...out, ...replaced(a.slice(i), b.slice(j))];
}

/** Gives each line its numbers. */
function number(rows) {
    let a = 0;
    let b = 0;
    for (const r of rows) {
        if (r.kind !== 'add') r.a = ++a;
        if (r.kind !== 'del') r.b = ++b;
    }
    return rows;
}

function lines(text) {
    return text === '' ? [] : text.split('\n');
}

/**
 * What became of each line.
 * @param {string} before
 * @param {string} after
 * @returns {Array<{kind: 'same'|'add'|'del', text: string, a?: number,
 *     b?: number}>} with the numbers of the line before and after
 */
export function diffLines(before, after) {
    const a = lines(before);
    const b = lines(after);
    let head = 0;
    while (head < a.length && head < b.length && a[head] === b[head]) head++;
    let tail = 0;
    while (tail < a.length - head && tail < b.length - head &&
        a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
    const same = text => ({kind: 'same', text});
    return number([
        ...a.slice(0, head).map(same),
        ...middle(a.slice(head, a.length - tail),
            b.slice(head, b.length - tail)),
        ...a.slice(a.length - tail).map(same),
    ]);
}

/**
 * Leaves out what did not change and is far from what did.
 * @param {Array} rows of diffLines
 * @param {number} [around] lines that stay
 * @returns {Array} with `{kind: 'gap', count}` where lines were left out
 */
export function collapse(rows, around = 3) {
    const near = new Uint8Array(rows.length);
    rows.forEach((r, i) => {
        if (r.kind === 'same') return;
        near.fill(1, Math.max(0, i - around), i + around + 1);
    });
    const out = [];
    for (let i = 0; i < rows.length; i++) {
        let end = i;
        while (end < rows.length && !near[end]) end++;
        if (end - i > 1) {
            out.push({kind: 'gap', count: end - i});
            i = end - 1;
        } else {
            out.push(rows[i]);
        }
    }
    return out;
}

/**
 * @param {Array} rows of diffLines
 * @returns {{added: number, removed: number}}
 */
export function tally(rows) {
    return {
        added: rows.filter(r => r.kind === 'add').length,
        removed: rows.filter(r => r.kind === 'del').length,
    };
}

/** What one side made of each line of the base: `before[i]` goes in front of
 *  line i, `gone[i]`: line i is not there any more. */
function edits(base, side) {
    const before = [[]];
    const gone = [];
    for (const r of diffLines(base, side)) {
        if (r.kind === 'add') before.at(-1).push(r.text);
        else {
            gone.push(r.kind === 'del');
            before.push([]);
        }
    }
    return {before, gone};
}

/**
 * Two changes of one text, put together.
 * @param {string} base
 * @param {string} ours
 * @param {string} theirs
 * @returns {string|null} null: both changed the same place
 */
export function merge(base, ours, theirs) {
    if (ours === base || ours === theirs) return theirs;
    if (theirs === base) return ours;
    const text = lines(base);
    const a = edits(base, ours);
    const b = edits(base, theirs);
    const touched = (e, i) => e.before[i].length > 0 || e.gone[i] ||
        e.gone[i - 1];
    const alike = i => a.before[i].join('\n') === b.before[i].join('\n') &&
        a.gone[i] === b.gone[i] && a.gone[i - 1] === b.gone[i - 1];
    const out = [];
    for (let i = 0; i <= text.length; i++) {
        const both = touched(a, i) && touched(b, i);
        if (both && !alike(i)) return null;
        out.push(...a.before[i], ...(both ? [] : b.before[i]));
        if (i < text.length && !a.gone[i] && !b.gone[i]) out.push(text[i]);
    }
    return out.join('\n');
}
