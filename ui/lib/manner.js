// SPDX-License-Identifier: MIT OR Apache-2.0
// How a change comes into force: at once, on trial, or in stages; and what it
// says of itself.
import {fill, h} from './dom.js';
import {field} from './parts.js';

const WAYS = [
    ['immediate', 'At once', 'On all nodes, for good.'],
    ['trial', 'On trial', 'On all nodes; it ends by itself unless somebody ' +
        'confirms it.'],
    ['staged', 'In stages', 'On some nodes first, and on when those do ' +
        'well.'],
];

function input(id, value, more = {}) {
    return h('input', {id, value, size: 8, autocomplete: 'off', ...more});
}

/** What each way can say more. */
const FIELDS = {
    immediate: () => [],
    trial: () => [field('Ends after', input('m-trial', '10m'),
        'Such as 90s, 10m, 2h.')],
    staged: () => [
        field('First', input('m-staged', '1'), 'So many nodes, a share ' +
            '(25%), or a selector (group:edge).'),
        field('Does well for', input('m-soak', ''), 'Each batch; empty: as ' +
            'the mesh has it.'),
        field('May fail', input('m-budget', '', {inputmode: 'numeric'}),
            'So many nodes; empty: none.'),
        field('Ends after', input('m-deadline', ''), 'If it got nowhere; ' +
            'empty: as the mesh has it.'),
    ],
};

function read(root, way) {
    const q = new URLSearchParams();
    const of = name => root.querySelector(`#m-${name}`)?.value.trim();
    if (way !== 'immediate') q.set(way, of(way) || '');
    for (const name of ['soak', 'budget', 'deadline']) {
        if (way === 'staged' && of(name)) q.set(name, of(name));
    }
    return q.toString();
}

/**
 * @param {{message?: string, noMessage?: boolean}} [how]
 * @returns {{el: HTMLElement, query: function(): string,
 *     message: function(): string}} query is without a question mark
 */
export function createManner(how = {}) {
    const own = {way: 'immediate'};
    const fields = h('div', {class: 'fields'});
    const message = h('input', {id: 'm-message', maxlength: 1000,
        class: 'wide', autocomplete: 'off', value: how.message ?? ''});
    const radios = WAYS.map(([id, title, text]) => h('div', {class: 'way-row'},
        h('input', {
            type: 'radio', name: 'm-way', id: `m-way-${id}`, value: id,
            checked: id === own.way, onchange: () => {
                own.way = id;
                fill(fields, FIELDS[id]());
            },
        }),
        h('label', {for: `m-way-${id}`}, h('strong', null, title), ' ',
            h('span', {class: 'soft'}, text))));
    const el = h('div', {class: 'stack'},
        !how.noMessage && field('Message', message,
            'Why: it stands in the history. Empty: the first difference.'),
        h('fieldset', null, h('legend', null, 'How it comes into force'),
            radios, fields));
    return {
        el,
        query: () => read(el, own.way),
        message: () => message.value.trim(),
    };
}

/**
 * A text as the value of a header, which carries bytes.
 * @param {string} text
 * @returns {string}
 */
export function headerText(text) {
    return String.fromCharCode(...new TextEncoder().encode(text));
}
