// SPDX-License-Identifier: MIT OR Apache-2.0
// Differences as people see them: side by side or below each other, and the
// lines that a dry run tells.
import {fill, h} from './dom.js';
import {collapse, diffLines, tally} from './diff.js';
import {keep, recall} from './theme.js';
import {count} from './words.js';

const KEY = 'unitmesh-diff';
const SIGNS = {same: ' ', add: '+', del: '−'};
const SAID = {same: '', add: 'added', del: 'removed'};

function gap(row, columns) {
    return h('tr', {class: 'gap'}, h('td', {colspan: columns},
        `… ${count(row.count, 'line')} as before`));
}

function unifiedRow(r) {
    if (r.kind === 'gap') return gap(r, 4);
    return h('tr', {class: r.kind}, h('td', {class: 'no'}, r.a ?? ''),
        h('td', {class: 'no'}, r.b ?? ''),
        h('td', {class: 'sign'}, SIGNS[r.kind],
            h('span', {class: 'unseen'}, SAID[r.kind])),
        h('td', {class: 'line'}, r.text));
}

/** Puts what went beside what came. */
function pairs(rows) {
    const out = [];
    let went = [];
    let came = [];
    const flush = () => {
        for (let i = 0; i < Math.max(went.length, came.length); i++) {
            out.push([went[i], came[i]]);
        }
        went = [];
        came = [];
    };
    for (const r of rows) {
        if (r.kind === 'del') went.push(r);
        else if (r.kind === 'add') came.push(r);
        else {
            flush();
            out.push([r, r]);
        }
    }
    flush();
    return out;
}

function half(r, which) {
    if (!r) return [h('td', {class: 'no none'}), h('td', {class: 'line none'})];
    return [h('td', {class: `no ${r.kind}`}, r[which]),
        h('td', {class: `line ${r.kind}`},
            r.kind !== 'same' && h('span', {class: 'unseen'},
                `${SAID[r.kind]} `), r.text)];
}

function splitRow([a, b]) {
    if (a?.kind === 'gap') return gap(a, 4);
    return h('tr', null, half(a, 'a'), half(b, 'b'));
}

function table(rows, split, titles) {
    const [a, b] = titles;
    const span = split ? 2 : 4;
    return h('table', {class: `diff ${split ? 'split' : 'unified'}`},
        split && h('colgroup', null, ['no', '', 'no', ''].map(c =>
            h('col', {class: c}))),
        h('thead', {class: split ? '' : 'unseen'}, h('tr', null,
            h('th', {colspan: span, scope: 'colgroup'},
                split ? a : `${a} and ${b}`),
            split && h('th', {colspan: span, scope: 'colgroup'}, b))),
        h('tbody', null, split ? pairs(rows).map(splitRow)
            : rows.map(unifiedRow)));
}

/**
 * The difference of two texts.
 * @param {string} before
 * @param {string} after
 * @param {string[]} [titles]
 * @returns {HTMLElement}
 */
export function diffView(before, after, titles = ['Before', 'After']) {
    const all = diffLines(before, after);
    const {added, removed} = tally(all);
    if (added + removed === 0) {
        return h('p', {class: 'soft'}, 'There is no difference.');
    }
    const at = h('div', {class: 'diff-at'});
    const toggle = h('button', {
        type: 'button', class: 'button small',
        onclick: () => {
            keep(KEY, recall(KEY) === 'unified' ? 'split' : 'unified');
            draw();
        },
    });
    const draw = () => {
        const narrow = window.innerWidth < 820;
        const split = !narrow && recall(KEY) !== 'unified';
        toggle.hidden = narrow;
        fill(toggle, split ? 'Below each other' : 'Side by side');
        fill(at, table(collapse(all), split, titles));
    };
    draw();
    return h('div', {class: 'card diff-card'},
        h('div', {class: 'row diff-head'},
            h('span', {class: 'plus'}, `+${added}`),
            h('span', {class: 'minus'}, `−${removed}`),
            h('span', {class: 'soft'}, 'lines'),
            h('span', {class: 'grow'}), toggle), at);
}

const KINDS = {'+': ['add', 'Added'], '-': ['del', 'Removed'],
    '~': ['mod', 'Changed'], '%': ['mod', 'Order']};

/**
 * The lines of a dry run.
 * @param {string[]} lines such as "~ /base/routes/0: 1 -> 2"
 * @param {number} [more] that are not among them
 * @returns {HTMLElement}
 */
export function changeList(lines, more = 0) {
    return h('ul', {class: 'changes'},
        lines.map(line => {
            const [kind, word] = KINDS[line[0]] ?? ['mod', ''];
            return h('li', {class: kind},
                h('span', {class: 'what'}, word),
                h('code', null, line.slice(2)));
        }),
        more > 0 && h('li', null, `and ${more} more`));
}
