// SPDX-License-Identifier: MIT OR Apache-2.0
// What comes over the page: short notes that go, and questions that wait.
import {h} from './dom.js';
import {button} from './parts.js';
import {icon} from './icons.js';

const SHOWN_MS = 6000;

/**
 * Where notes are shown.
 * @returns {{el: HTMLElement, toast: function(string, string=)}} kind is as of
 *     badge; one that is 'bad' stays until it is closed
 */
export function createToasts() {
    const el = h('div', {class: 'toasts', role: 'status',
        'aria-live': 'polite'});
    function toast(text, kind = 'ok') {
        const item = h('div', {class: `toast is-${kind}`}, icon(kind),
            h('span', null, text),
            h('button', {
                type: 'button', class: 'plain', 'aria-label': 'Close the note',
                onclick: () => item.remove(),
            }, icon('bad')));
        el.append(item);
        while (el.children.length > 4) el.firstChild.remove();
        if (kind !== 'bad') setTimeout(() => item.remove(), SHOWN_MS);
    }
    return {el, toast};
}

/**
 * A dialog over the page; the browser keeps the focus in it.
 * @param {string} title
 * @param {Array} body
 * @param {Array} buttons
 * @returns {HTMLDialogElement} shown; it is gone when it is closed
 */
export function dialog(title, body, buttons) {
    const el = h('dialog', {'aria-labelledby': 'dialog-title'},
        h('h2', {id: 'dialog-title'}, title),
        h('div', {class: 'dialog-body'}, body),
        h('div', {class: 'dialog-buttons'}, buttons));
    el.addEventListener('close', () => el.remove());
    document.body.append(el);
    el.showModal();
    return el;
}

/**
 * Asks before something is done.
 * @param {{title: string, body?: any, action?: string, danger?: boolean,
 *     word?: string}} what `word`: has to be typed first
 * @returns {Promise<boolean>}
 */
export function confirm({title, body = [], action = 'Do it', danger, word}) {
    return new Promise(done => {
        let yes = false;
        const go = button(action, () => {
            yes = true;
            el.close();
        }, {kind: danger ? 'danger' : 'primary', disabled: Boolean(word)});
        const typed = word && h('p', null,
            h('label', {for: 'dialog-word'}, 'Type ', h('strong', null, word)),
            h('input', {
                id: 'dialog-word', autocomplete: 'off', spellcheck: 'false',
                oninput: e => { go.disabled = e.target.value !== word; },
            }));
        const el = dialog(title,
            [typeof body === 'string' ? h('p', null, body) : body, typed],
            [button('Cancel', () => el.close()), go]);
        el.addEventListener('close', () => done(yes));
    });
}
