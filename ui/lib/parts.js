// SPDX-License-Identifier: MIT OR Apache-2.0
// Parts that several views show alike.
import {h} from './dom.js';
import {icon} from './icons.js';
import {ago, clock} from './words.js';

/**
 * A state: an icon, a word and a colour, never the colour alone.
 * @param {'ok'|'warn'|'bad'|'stale'|'busy'|'drift'|'info'|'none'} kind
 * @param {string} word
 * @param {string} [title]
 * @returns {HTMLElement}
 */
export function badge(kind, word, title) {
    return h('span', {class: `badge is-${kind}`, title}, icon(kind), word);
}

/**
 * A button. `kind`: 'primary', 'danger' or nothing.
 * @param {string|Node} label
 * @param {function} onclick
 * @param {{kind?: string, icon?: string, id?: string, disabled?: boolean,
 *     title?: string}} [more]
 * @returns {HTMLElement}
 */
export function button(label, onclick, more = {}) {
    const {kind = '', icon: name, ...props} = more;
    return h('button', {
        type: 'button', class: `button ${kind}`, onclick, ...props,
    }, name && icon(name), label);
}

/**
 * A time that goes on: app.js renews it each second.
 * @param {number} wallMs
 * @returns {HTMLElement}
 */
export function since(wallMs) {
    return h('time', {
        datetime: new Date(wallMs).toISOString(),
        title: new Date(wallMs).toLocaleString(),
        dataset: {ago: wallMs},
    }, ago(wallMs, Date.now()));
}

const left = (wallMs, over, nowMs) =>
    wallMs > nowMs ? clock(wallMs - nowMs) : over;

/**
 * What is left until then: app.js renews it each second.
 * @param {number} wallMs
 * @param {string} [over] what it says from then on
 * @returns {HTMLElement}
 */
export function countdown(wallMs, over = '0:00') {
    return h('span', {
        title: new Date(wallMs).toLocaleString(),
        dataset: {ends: wallMs, over},
    }, left(wallMs, over, Date.now()));
}

function renew(el, now) {
    const {ago: began, ends, over} = el.dataset;
    const text = ends ? left(Number(ends), over, now)
        : ago(Number(began), now);
    if (el.textContent !== text) el.textContent = text;
}

/** Renews the times of `since` and `countdown` that are shown. */
export function renewTimes() {
    const now = Date.now();
    for (const el of document.querySelectorAll('[data-ago], [data-ends]')) {
        renew(el, now);
    }
}

/**
 * A command to copy.
 * @param {string} text
 * @returns {HTMLElement}
 */
export function command(text) {
    const copy = button('Copy', async () => {
        try {
            await navigator.clipboard.writeText(text);
            copy.lastChild.textContent = 'Copied';
        } catch {
            copy.lastChild.textContent = 'Select it';
        }
        setTimeout(() => { copy.lastChild.textContent = 'Copy'; }, 2000);
    }, {kind: 'small', icon: 'copy'});
    copy.setAttribute('aria-label', `Copy: ${text}`);
    return h('div', {class: 'command'}, h('code', null, text), copy);
}

/** As a sentence begins. */
function capital(text) {
    return text && text[0].toUpperCase() + text.slice(1);
}

/**
 * What went wrong, with its place.
 * @param {Error} error an ApiError has the place
 * @param {...any} more what to do, for example
 * @returns {HTMLElement}
 */
export function errorBox(error, ...more) {
    const p = error.problem ?? {error: error.message};
    const place = p.pointer ?? '';
    return h('div', {class: 'box is-bad', role: 'alert'},
        h('p', {class: 'box-title'}, icon('bad'), capital(p.error)),
        p.detail && p.detail !== p.error && h('p', null, p.detail),
        place && h('p', null, 'at ', h('code', null, place),
            p.of && ` of the ${p.of}`),
        p.suggestion && h('p', null, 'Did you mean ',
            h('code', null, p.suggestion), '?'),
        more);
}

/**
 * A note in a box.
 * @param {string} kind as of badge
 * @param {string} title
 * @param {...any} more
 * @returns {HTMLElement}
 */
export function note(kind, title, ...more) {
    return h('div', {class: `box is-${kind}`},
        h('p', {class: 'box-title'}, icon(kind), title), more);
}

/**
 * Nothing is here: why, and what to do.
 * @param {string} title
 * @param {...any} more
 * @returns {HTMLElement}
 */
export function empty(title, ...more) {
    return h('div', {class: 'empty'}, h('p', {class: 'empty-title'}, title),
        more);
}

/**
 * While the first answer is under way.
 * @returns {HTMLElement}
 */
export function loading() {
    return h('p', {class: 'loading', role: 'status'}, 'Loading…');
}

/**
 * An input with its label, and what it means.
 * @param {string} label
 * @param {HTMLElement} input has an id
 * @param {string} [hint]
 * @returns {HTMLElement}
 */
export function field(label, input, hint) {
    if (hint) input.setAttribute('aria-describedby', `${input.id}-hint`);
    return h('div', {class: 'field'},
        h('label', {for: input.id}, label), input,
        hint && h('p', {class: 'hint', id: `${input.id}-hint`}, hint));
}

/**
 * The head of a view: its title, and buttons beside it.
 * @param {string} title
 * @param {...any} beside
 * @returns {HTMLElement}
 */
export function heading(title, ...beside) {
    return h('div', {class: 'heading'}, h('h1', {tabindex: '-1'}, title),
        h('div', {class: 'heading-more'}, beside));
}
