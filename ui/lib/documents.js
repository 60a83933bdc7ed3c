// SPDX-License-Identifier: MIT OR Apache-2.0
// Documents of revisions, as texts that can be compared.
import {format} from './jsontext.js';

const FULL = /^r\d+\./; // r7 alone, or current, may be another one later

/**
 * @param {object} ctx
 * @param {string} name a revision
 * @returns {Promise<string>} its document, a line for each member
 */
export async function documentOf(ctx, name) {
    const path = `/mesh/revisions/${encodeURIComponent(name)}/document`;
    return format((await ctx.api.call('GET', path)).text.trim());
}

/**
 * @param {object} ctx
 * @param {string} name a revision
 * @param {string} [from] another one
 * @returns {Promise<object>} `changes`, a line for each difference
 */
export function diffOf(ctx, name, from) {
    return ctx.api.get(`/mesh/revisions/${encodeURIComponent(name)}/diff` +
        (from ? `?from=${encodeURIComponent(from)}` : ''));
}

/**
 * The same two for a view that looks again and again: what a full name means
 * does not change, and is asked for once, unless that fails.
 * @param {object} ctx
 * @returns {{documentOf: function(string): Promise<string>,
 *     diffOf: function(string, string=): Promise<object>}}
 */
export function keepDocuments(ctx) {
    const kept = new Map();

    function once(read, name, from = '') {
        const key = `${read.name} ${name} ${from}`;
        if (kept.has(key)) return kept.get(key);
        const answer = read(ctx, name, from);
        if (FULL.test(name) && (!from || FULL.test(from))) {
            kept.set(key, answer);
            answer.catch(() => kept.delete(key));
        }
        return answer;
    }

    return {
        documentOf: name => once(documentOf, name),
        diffOf: (name, from) => once(diffOf, name, from),
    };
}
