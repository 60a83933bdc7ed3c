// SPDX-License-Identifier: MIT OR Apache-2.0
// REST, as the page asks it. Mistakes are thrown as ApiError, which names the
// place where there is one.

/** What went wrong. `status` 0: the daemon was not reached. */
export class ApiError extends Error {
    constructor(status, problem) {
        super(problem.detail || problem.error || `Status ${status}`);
        this.status = status;
        this.problem = problem;
    }
}

// A problem tells the place of a mistake where Unit's own answer does not.
const ACCEPT = 'application/problem+json, application/json';

const state = {csrf: '', lost: () => {}};

/** After a login: the word that writes carry.
 *  @param {string} csrf */
export function useCsrf(csrf) {
    state.csrf = csrf ?? '';
}

/** Who is told when the session is gone.
 *  @param {function} fn */
export function onSessionLost(fn) {
    state.lost = fn;
}

function parse(text, type) {
    if (!type.includes('json')) return text;
    try {
        return JSON.parse(text);
    } catch {
        return text;
    }
}

/** An answer's mistake in one form, whichever it came in. */
function problemOf(response, data) {
    const p = data && typeof data === 'object' ? {...data} : {};
    p.error ??= response.statusText || `Status ${response.status}`;
    p.pointer ??= p.location?.path;
    p.of ??= p.location?.of;
    p.line ??= p.location?.line;
    p.column ??= p.location?.column;
    p.offset ??= p.location?.offset;
    return p;
}

async function reach(path, options) {
    try {
        return await fetch(path, {credentials: 'same-origin', ...options});
    } catch (e) {
        if (e.name === 'AbortError') throw e;
        throw new ApiError(0, {
            error: 'This node does not answer.',
            detail: 'The daemon is not reached. Is it running?',
        });
    }
}

/**
 * A request with all that comes back.
 * @param {string} method
 * @param {string} path
 * @param {{body?: any, headers?: object, signal?: AbortSignal}} [more] a body
 *     that is no text is sent as JSON
 * @returns {Promise<{data: any, text: string, etag: string|null,
 *     status: number, checked: string|null, revision: string|null}>}
 * @throws {ApiError}
 */
export async function call(method, path, more = {}) {
    const headers = {Accept: ACCEPT, ...more.headers};
    const body = more.body === undefined || typeof more.body === 'string'
        ? more.body : JSON.stringify(more.body);
    if (method !== 'GET') headers['X-CSRF'] = state.csrf;
    if (body !== undefined) headers['Content-Type'] ??= 'application/json';
    const response = await reach(path, {
        method, headers, body, signal: more.signal,
    });
    const text = await response.text();
    const data = parse(text, response.headers.get('Content-Type') ?? '');
    if (!response.ok) {
        if (response.status === 401) state.lost();
        throw new ApiError(response.status, problemOf(response, data));
    }
    return {
        data, text, status: response.status,
        etag: response.headers.get('ETag'),
        checked: response.headers.get('X-Checked'),
        revision: response.headers.get('X-Revision'),
    };
}

/**
 * @param {string} path
 * @returns {Promise<any>} what the JSON says
 * @throws {ApiError}
 */
export async function get(path, signal) {
    return (await call('GET', path, {signal})).data;
}

/**
 * @param {string} method
 * @param {string} path
 * @param {any} [body]
 * @param {object} [headers]
 * @returns {Promise<any>} what the JSON says
 * @throws {ApiError}
 */
export async function send(method, path, body, headers) {
    return (await call(method, path, {body, headers})).data;
}
