// SPDX-License-Identifier: MIT OR Apache-2.0
// Words of members: their roles, and fingerprints that two people compare.
import {h} from './dom.js';

const MEANS = {
    root: 'Says who is an owner',
    owner: 'Lets members in, gives and takes roles',
    writer: 'Changes the configuration',
    node: 'Runs what is current',
};

/** The roles, the highest first. */
export const ROLES = Object.keys(MEANS);

/**
 * @param {string} role
 * @returns {string} what who has it may do
 */
export function meaning(role) {
    return MEANS[role] ?? '';
}

/**
 * The highest of a member's roles.
 * @param {{roles: string[]}} member
 * @returns {string} '' if it has none
 */
export function topRole(member) {
    return ROLES.find(r => member.roles.includes(r)) ?? '';
}

/**
 * @param {string[]} roles
 * @returns {HTMLElement}
 */
export function roleBadges(roles) {
    return h('span', {class: 'chips'}, ROLES.filter(r => roles.includes(r))
        .map(r => h('span', {class: `tag ${r}`, title: MEANS[r]}, r)));
}

/**
 * How a member is called; keys that are no nodes seldom have a name.
 * @param {{id: string, name: string, roles: string[]}} member
 * @param {string} [recovery] the id of the recovery key
 * @returns {string}
 */
export function nameOf(member, recovery) {
    if (member.name) return member.name;
    if (member.id === recovery) return 'Recovery key';
    return member.roles.includes('node') ? 'Unnamed node' : 'Owner’s key';
}

/**
 * A key in groups of four, which can be read aloud.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function fingerprint(id) {
    return h('span', {class: 'fingerprint mono'},
        (id.match(/.{1,4}/g) ?? []).map(part => h('span', null, part)));
}
