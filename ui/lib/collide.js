// SPDX-License-Identifier: MIT OR Apache-2.0
// Which places two changes have in common. Pure.

/**
 * The pointer of a line of a dry run: "~ /base/routes/0: 1 -> 2". A pointer may
 * hold colons (`*:80`); what follows it begins with ": ".
 * @param {string} line
 * @returns {string}
 */
export function pointerOfLine(line) {
    return /^[-+~%] (\/.*?)(?:: |$)/.exec(line)?.[1] ?? '';
}

function within(a, b) {
    return a === b || a.startsWith(`${b}/`) || b.startsWith(`${a}/`);
}

/**
 * @param {string[]} ours lines of a dry run
 * @param {string[]} theirs
 * @returns {string[]} pointers that both changed, or one inside of the other
 */
export function collide(ours, theirs) {
    const other = theirs.map(pointerOfLine).filter(Boolean);
    return [...new Set(ours.map(pointerOfLine)
        .filter(p => p && other.some(q => within(p, q))))];
}
