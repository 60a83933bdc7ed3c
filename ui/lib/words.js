// SPDX-License-Identifier: MIT OR Apache-2.0
// Times, counts and names as people read them. Pure.

const SPANS = [[86400, 'd'], [3600, 'h'], [60, 'm'], [1, 's']];

/**
 * A span in one unit: "45s", "3m", "2h", "5d".
 * @param {number} ms
 * @returns {string}
 */
export function span(ms) {
    const seconds = Math.max(0, Math.floor(ms / 1000));
    const [size, unit] = SPANS.find(([n]) => seconds >= n) ?? [1, 's'];
    return `${Math.floor(seconds / size)}${unit}`;
}

/**
 * How long ago: "now", "3m ago".
 * @param {number} wallMs
 * @param {number} nowMs
 * @returns {string}
 */
export function ago(wallMs, nowMs) {
    const ms = nowMs - wallMs;
    return ms < 2000 ? 'now' : `${span(ms)} ago`;
}

/**
 * A countdown: "9:05", "1:02:03".
 * @param {number} ms
 * @returns {string}
 */
export function clock(ms) {
    const t = Math.max(0, Math.ceil(ms / 1000));
    const two = n => String(n).padStart(2, '0');
    const h = Math.floor(t / 3600);
    const m = Math.floor(t / 60) % 60;
    return h ? `${h}:${two(m)}:${two(t % 60)}` : `${m}:${two(t % 60)}`;
}

/**
 * @param {number} n
 * @param {string} one
 * @param {string} [many]
 * @returns {string} "1 node", "3 nodes"
 */
export function count(n, one, many = `${one}s`) {
    return `${n} ${n === 1 ? one : many}`;
}

/**
 * The beginning and end of a long id.
 * @param {string} id
 * @returns {string}
 */
export function shortId(id) {
    return id && id.length > 16 ? `${id.slice(0, 6)}…${id.slice(-6)}` : id;
}

/**
 * @param {number} n
 * @returns {string} "812 B", "4.2 kB"
 */
export function bytes(n) {
    if (n < 1000) return `${n} B`;
    return n < 1e6 ? `${(n / 1000).toFixed(1)} kB`
        : `${(n / 1e6).toFixed(1)} MB`;
}
