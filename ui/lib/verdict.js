// SPDX-License-Identifier: MIT OR Apache-2.0
// How the fleet is, in one line of words. Pure.
import {count, span} from './words.js';

/** The states of a node as they are shown: kind, word, and how bad. */
export const STATES = {
    synced: {kind: 'ok', word: 'In sync', weight: 0},
    behind: {kind: 'busy', word: 'Behind', weight: 2},
    healing: {kind: 'busy', word: 'Healing', weight: 3},
    drift: {kind: 'drift', word: 'Changed by hand', weight: 5},
    unhealthy: {kind: 'warn', word: 'Unhealthy', weight: 6},
    stale: {kind: 'stale', word: 'Not heard', weight: 4},
    refused: {kind: 'bad', word: 'Refused', weight: 7},
    unknown: {kind: 'none', word: 'Never heard', weight: 1},
};

/**
 * @param {string} state
 * @returns {{kind: string, word: string, weight: number}}
 */
export function stateOf(state) {
    return STATES[state] ?? {kind: 'none', word: state, weight: 1};
}

/** The number alone: "r12" of "r12.9f3c". */
function short(revision) {
    return (revision ?? '').split('.')[0];
}

function names(nodes, most = 3) {
    const all = nodes.map(n => n.name || n.id.slice(-6));
    if (all.length <= most) {
        return all.length < 2 ? all.join('')
            : `${all.slice(0, -1).join(', ')} and ${all.at(-1)}`;
    }
    return `${all.slice(0, most).join(', ')} and ` +
        `${all.length - most} more`;
}

function verb(nodes, one, many) {
    return nodes.length === 1 ? one : many;
}

function refused(nodes, current) {
    const why = nodes[0].reason ? `: ${nodes[0].reason}` : '';
    return {kind: 'bad', text: `${names(nodes)} ` +
        `${verb(nodes, 'refuses', 'refuse')} ${short(current)}${why}`};
}

function unhealthy(nodes) {
    const why = nodes[0].reason ? `: ${nodes[0].reason}` : '';
    return {kind: 'warn', text: `${names(nodes)} ` +
        `${verb(nodes, 'is', 'are')} not healthy${why}`};
}

function drift(nodes) {
    const who = nodes.length === 1 ? `The Unit of ${names(nodes)} was`
        : `The Units of ${names(nodes)} were`;
    return {kind: 'drift', text: `${who} changed by hand`};
}

function stale(nodes, all) {
    const ages = nodes.map(n => n.age_ms).filter(Number.isFinite);
    const long = ages.length ? ` for ${span(Math.min(...ages))}` : '';
    const who = nodes.length <= 2 ? names(nodes)
        : `${nodes.length} of ${all.length}`;
    return {kind: 'stale', text: `${who} ${verb(nodes, 'is', 'are')} not ` +
        `heard${long}`};
}

function waiting(nodes, current) {
    return {kind: 'busy', text: `${names(nodes)} ` +
        `${verb(nodes, 'does', 'do')} not run ${short(current)} yet`};
}

const POLICIES = {trial: 'which is on trial', staged: 'which is in stages'};

function allWell(all, current, open) {
    const who = all.length === 1 ? 'The only node runs'
        : `All ${all.length} nodes run`;
    const how = POLICIES[open];
    return {kind: how ? 'busy' : 'ok',
        text: `${who} ${short(current)}${how ? `, ${how}` : ''}`};
}

/**
 * What is to be said first of a fleet.
 * @param {object[]} nodes of /mesh/nodes
 * @param {string} current the revision in force
 * @param {number} [conflicts]
 * @param {string} [open] its policy, while it does not hold for good
 * @returns {{kind: string, text: string, more: string[]}} the worst, and what
 *     else there is
 */
export function verdict(nodes, current, conflicts = 0, open = '') {
    const of = (...states) => nodes.filter(n => states.includes(n.state));
    const said = [];
    const say = (list, make) => list.length && said.push(make(list));
    say(of('refused'), n => refused(n, current));
    say(of('unhealthy'), unhealthy);
    if (conflicts) {
        said.push({kind: 'warn', text: `${count(conflicts, 'conflict')} ` +
            `${conflicts === 1 ? 'waits' : 'wait'} for somebody to decide`});
    }
    say(of('drift'), drift);
    say(of('stale', 'unknown'), n => stale(n, nodes));
    say(of('behind', 'healing'), n => waiting(n, current));
    if (nodes.length === 0) {
        return {kind: 'none', text: 'No node is in this mesh', more: []};
    }
    if (said.length === 0) return {...allWell(nodes, current, open), more: []};
    return {...said[0], more: said.slice(1).map(s => s.text)};
}
