// SPDX-License-Identifier: MIT OR Apache-2.0
// The keyboard: `/` goes to the search, `g` and a letter to a view, `?` says
// so. Single keys can be turned off, since who speaks to a computer types them
// by mistake.
import {h} from './dom.js';
import {dialog} from './dialogs.js';
import {button} from './parts.js';
import {keep, recall} from './theme.js';

const KEY = 'unitmesh-keys';
const SECOND_MS = 1500;

/** The letter behind `g` for each view: the first that is still free. */
function letters(views) {
    const found = new Map();
    for (const v of views) {
        const free = [...v.title.toLowerCase()].find(c => !found.has(c));
        found.set(free, v);
    }
    return found;
}

function row(keys, text) {
    return [h('dt', null, keys.map(k => h('kbd', null, k))),
        h('dd', null, text)];
}

/**
 * What the keys do.
 * @param {object[]} views
 */
export function showHelp(views) {
    const on = h('input', {
        type: 'checkbox', id: 'keys-on', checked: recall(KEY) !== 'off',
        onchange: e => keep(KEY, e.target.checked ? 'on' : 'off'),
    });
    const el = dialog('Keyboard', [
        h('dl', {class: 'keys'},
            row(['/'], 'Search in this view'),
            row(['?'], 'This help'),
            row(['Esc'], 'Closes what is open'),
            row(['Ctrl', 'Enter'], 'Reviews, in the editor'),
            [...letters(views)].map(([c, v]) => row(['g', c], v.title))),
        h('p', null, on, ' ',
            h('label', {for: 'keys-on'}, 'Single keys do this')),
    ], [button('Close', () => el.close(), {kind: 'primary'})]);
}

function typing(e) {
    return e.target.closest?.('input, textarea, select, [contenteditable]');
}

/**
 * @param {object[]} views
 * @param {function(string)} go
 * @returns {function} ends it
 */
export function listenToKeys(views, go) {
    const map = letters(views);
    let second = 0;
    function press(e) {
        if (e.ctrlKey || e.metaKey || e.altKey || typing(e)) return;
        if (recall(KEY) === 'off') return;
        if (document.querySelector('dialog[open]')) return;
        const view = Date.now() < second ? map.get(e.key) : null;
        second = e.key === 'g' ? Date.now() + SECOND_MS : 0;
        if (view) go(view.id);
        else if (e.key === '?') showHelp(views);
        else if (e.key === '/') {
            document.querySelector('main [data-search]')?.focus();
        } else return;
        e.preventDefault();
    }
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
}
