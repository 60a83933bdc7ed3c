// SPDX-License-Identifier: MIT OR Apache-2.0
// How one gets in: by the code of a link, by a cookie that is there, or by the
// token.
import {fill, h} from './dom.js';
import {ApiError} from './api.js';
import {button, command, errorBox, field} from './parts.js';

async function ask(method, body) {
    const response = await fetch('/mesh/session', {
        method, credentials: 'same-origin',
        headers: {
            Accept: 'application/json',
            ...(body && {'Content-Type': 'application/json'}),
        },
        body: body && JSON.stringify(body),
    }).catch(() => {
        throw new ApiError(0, {
            error: 'This node does not answer.',
            detail: 'The daemon is not reached. Is it running?',
        });
    });
    const data = await response.json().catch(() => ({}));
    if (response.ok) return data;
    throw new ApiError(response.status,
        {error: `Status ${response.status}`, ...data});
}

/** The code of a link, which is taken out of the address at once. */
function codeOfLink() {
    const code = location.hash.match(/^#login=(.+)$/)?.[1];
    if (code) history.replaceState(null, '', `${location.pathname}#/fleet`);
    return code;
}

/**
 * The session of this browser.
 * @returns {Promise<object>}
 * @throws {ApiError|null} null: there is none, and nothing is wrong
 */
export async function openSession() {
    const code = codeOfLink();
    try {
        return code ? await ask('POST', {login: code}) : await ask('GET');
    } catch (e) {
        throw code || e.status !== 401 ? e : null;
    }
}

/**
 * Shows the login.
 * @param {HTMLElement} app
 * @param {function(object)} enter gets the session
 * @param {Error|null} error why one is here again
 */
export function login(app, enter, error) {
    const at = h('div', {class: 'login-error'}, error && errorBox(error));
    const token = h('input', {
        id: 'token', type: 'password', autocomplete: 'off', required: true,
        spellcheck: 'false',
    });
    async function submit(e) {
        e.preventDefault();
        try {
            enter(await ask('POST', {token: token.value.trim()}));
        } catch (failed) {
            fill(at, errorBox(failed));
            token.focus();
        }
    }
    document.title = 'Log in – unitmesh';
    fill(app, h('main', {class: 'login', id: 'main'},
        h('img', {src: '/ui/icon.svg', alt: '', width: 56, height: 56}),
        h('h1', null, 'unitmesh'),
        at,
        h('p', null, 'Print a link that logs in, on the machine of this node:'),
        command('unitmesh ui'),
        h('p', {class: 'hint'}, 'It works once, for two minutes. With ',
            h('code', null, '--read-only'), ' who follows it changes nothing.'),
        h('form', {onsubmit: submit},
            field('Or paste the token', token,
                'It is in the file rest.token of the state folder.'),
            button('Log in', () => {}, {kind: 'primary'}))));
    app.querySelector('form button').type = 'submit';
}
