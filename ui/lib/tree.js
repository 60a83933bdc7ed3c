// SPDX-License-Identifier: MIT OR Apache-2.0
// A JSON text as a tree that one can go through by keyboard: what is chosen is
// shown in the text beside it.
import {fill, h} from './dom.js';
import {parse} from './jsontext.js';

const LONGEST = 42;

function preview(text, node) {
    if (!node.items) {
        const raw = text.slice(node.from, node.to);
        return raw.length > LONGEST ? `${raw.slice(0, LONGEST)}…` : raw;
    }
    const n = node.items.length;
    return node.kind === 'array' ? `[${n}]` : `{${n}}`;
}

function label(text, node) {
    return [h('span', {class: 'tree-key'}, node.key), ' ',
        h('span', {class: `t-${node.kind}`}, preview(text, node))];
}

/** A member; what is in it is made when it is opened. */
function branch(text, node, choose, depth) {
    const from = node.keyFrom ?? node.from;
    const to = h('button', {type: 'button', class: 'tree-go',
        onclick: () => choose(from, node.to)}, label(text, node));
    if (!node.items?.length) return h('li', {class: 'leaf'}, to);
    const list = h('ul');
    const build = () => {
        if (!list.firstChild) {
            fill(list, node.items.map(n =>
                branch(text, n, choose, depth + 1)));
        }
    };
    const el = h('details', {ontoggle: build, open: depth < 1},
        h('summary', {'aria-label': `${node.key}, ${node.items.length}`}),
        list);
    if (depth < 1) build();
    return h('li', null, h('div', {class: 'tree-row'}, to), el);
}

/**
 * @param {string} text
 * @param {function(number, number)} choose gets the place in the text
 * @returns {HTMLElement|null} null: the text cannot be read
 */
export function tree(text, choose) {
    try {
        const root = parse(text);
        return h('ul', {class: 'tree', 'aria-label': 'Members'},
            (root.items ?? []).map(n => branch(text, n, choose, 0)));
    } catch {
        return null;
    }
}
