// SPDX-License-Identifier: MIT OR Apache-2.0
// What is known of each node, put together of several answers; filtered and
// sorted. Pure.
import {stateOf} from './verdict.js';

const FAR = Number.MAX_SAFE_INTEGER;

/** How this node reaches another one: words, and the time it takes. */
function pathOf(peer) {
    if (!peer) return {word: 'Not connected', rtt: FAR};
    if (!peer.connected) return {word: 'Connection lost', rtt: FAR};
    const relayed = peer.path === 'relayed';
    const by = relayed ? peer.via_name || peer.via : '';
    return {word: relayed ? `Relayed by ${by}` : 'Direct', rtt: peer.rtt_ms,
        addr: peer.addr, relayed};
}

/** Whether others reach a node from outside of its network: words, or none. */
const REACHED = {public: 'reached from outside',
    private: 'not reached from outside'};

/**
 * A row for each node.
 * @param {object[]} nodes of /mesh/nodes
 * @param {object[]} peers of /mesh/peers
 * @param {object} status of /mesh/status
 * @param {object[]} [members] of /mesh/members
 * @returns {object[]} the nodes, with `path`, `reached`, `daemon`, `stale` and
 *     `labels`
 */
export function rowsOf(nodes, peers, status, members = []) {
    const at = new Map(peers.map(p => [p.id, p]));
    const labels = new Map(members.map(m => [m.id, m.labels]));
    return nodes.map(n => ({
        ...n,
        path: n.me ? {word: 'This node', rtt: -1} : pathOf(at.get(n.id)),
        reached: REACHED[n.me ? status.reach?.verdict : n.reach] ?? '',
        daemon: n.daemon || (n.me ? status.version
            : (at.get(n.id)?.agent ?? '').replace(/^unitmesh\//, '')),
        stale: n.state === 'stale' || n.state === 'unknown',
        labels: labels.get(n.id) ?? {},
    }));
}

function matches(row, words) {
    const text = [row.name, row.id, row.state, stateOf(row.state).word,
        row.runs, row.unit, row.reason, row.path.word, row.path.addr,
        row.reached,
        ...Object.entries(row.labels).flatMap(([k, v]) => `${k}=${v}`),
    ].join(' ').toLowerCase();
    return words.every(w => text.includes(w));
}

const KEYS = {
    name: r => r.name || r.id,
    state: r => -stateOf(r.state).weight,
    health: r => r.stale ? 2 : Number(r.healthy),
    heard: r => -(r.age_ms ?? FAR),
    runs: r => Number(/^r(\d+)/.exec(r.runs ?? '')?.[1] ?? 0),
    unit: r => r.unit ?? '',
    path: r => r.path.rtt,
};

function compare(a, b) {
    return typeof a === 'string'
        ? a.localeCompare(b, 'en', {numeric: true}) : a - b;
}

/**
 * Those that are looked for, in order.
 * @param {object[]} rows of rowsOf
 * @param {{text?: string, state?: string, by?: string, down?: boolean}} how
 * @returns {object[]}
 */
export function select(rows, how) {
    const words = (how.text ?? '').toLowerCase().split(/\s+/).filter(Boolean);
    const key = KEYS[how.by] ?? KEYS.name;
    const sign = how.down ? -1 : 1;
    return rows
        .filter(r => !how.state || r.state === how.state)
        .filter(r => matches(r, words))
        .sort((a, b) => sign * compare(key(a), key(b)) ||
            compare(KEYS.name(a), KEYS.name(b)));
}

/**
 * How many are in each state, the worst first.
 * @param {object[]} rows
 * @returns {Array<[string, number]>}
 */
export function tallyStates(rows) {
    const found = new Map();
    for (const r of rows) found.set(r.state, (found.get(r.state) ?? 0) + 1);
    return [...found].sort((a, b) => stateOf(b[0]).weight -
        stateOf(a[0]).weight);
}
