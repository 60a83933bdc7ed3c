// SPDX-License-Identifier: MIT OR Apache-2.0
// How one gets in: by the link that `unitmesh ui` prints.

/**
 * @param {Node} node
 * @param {boolean} [reader] who may change nothing
 * @returns {Promise<string>} a link that logs in, once
 */
export async function entry(node, reader) {
    if (process.env.UI_ENTRY) {
        return (await import(process.env.UI_ENTRY)).entry(node, reader);
    }
    const said = await node.say('ui', ...(reader ? ['--read-only'] : []));
    return /https?:\S+/.exec(said)[0];
}
