// SPDX-License-Identifier: MIT OR Apache-2.0
// Answers of meshes that are larger than the tests start: they are put in the
// place of a node's own.

const STATES = ['synced', 'synced', 'synced', 'synced', 'stale', 'behind',
    'synced', 'unhealthy', 'synced', 'synced'];

function sampleId(i) {
    return `12D3KooW${String(i).padStart(44, 'x')}`;
}

/**
 * @param {number} n nodes
 * @param {'full'|'tree'|'ring'} shape
 * @returns {object} an answer of /mesh/topology
 */
export function sampleMesh(n, shape) {
    const nodes = Array.from({length: n}, (_, i) => ({
        id: sampleId(i), name: `edge-${String(i + 1).padStart(2, '0')}`,
        me: i === 0, state: STATES[i % STATES.length], age_ms: 1000,
    }));
    const pairs = [];
    for (let i = 1; i < n; i++) {
        if (shape === 'tree') pairs.push([Math.floor((i - 1) / 3), i]);
        if (shape === 'ring') pairs.push([i - 1, i]);
        for (let j = 0; shape === 'full' && j < i; j++) pairs.push([j, i]);
    }
    const links = pairs.map(([a, b], k) => ({
        between: [sampleId(a), sampleId(b)], dialled_by: sampleId(b),
        over: k % 7 === 3 ? 'quic' : 'tcp', relayed: k % 5 === 4,
        rtt_ms: .3 + k * 1.7 % 90, stale: nodes[b].state === 'stale',
    }));
    return {nodes, links, left_out: 0};
}
