// SPDX-License-Identifier: MIT OR Apache-2.0
// Documents of revisions, as texts that can be compared.
import {format} from './jsontext.js';

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
 * @param {string} from another one
 * @returns {Promise<object>} `changes`, a line for each difference
 */
export function diffOf(ctx, name, from) {
    return ctx.api.get(`/mesh/revisions/${encodeURIComponent(name)}/diff` +
        (from ? `?from=${encodeURIComponent(from)}` : ''));
}
