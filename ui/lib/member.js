// SPDX-License-Identifier: MIT OR Apache-2.0
// One member: who it is, what it may do, its labels, and how it goes.
import {fill, h} from './dom.js';
import {badge, button, errorBox, field, heading, note} from './parts.js';
import {fingerprint, meaning, roleBadges, topRole} from './people.js';
import {stateOf} from './verdict.js';

const at = member => `/mesh/members/${encodeURIComponent(member.id)}`;

/** Does it, and says so; what went wrong stands where it was asked. */
async function act(ctx, trouble, done, what) {
    try {
        const answer = await what();
        ctx.toast(answer.success ?? 'Done.');
        done();
    } catch (e) {
        fill(trouble, errorBox(e));
    }
}

/** Revisions of a dry run, as links. */
function revisions(list) {
    return list.map((r, i) => {
        const name = r.revision ?? r;
        return [i > 0 && ', ', h('a', {href: `#/history/${name}`}, name)];
    });
}

/** A text whose commands stand between back-ticks. */
function commands(text) {
    return text.split('`').map((part, i) =>
        i % 2 ? h('code', null, part) : part);
}

/** What would come of it, before it is done. */
function consequences(plan) {
    const lines = [
        ['falls', 'would be void, as if they had never been made'],
        ['ends', 'would end, since a confirmation of it falls'],
        ['aborted', 'were aborted by it, and are made void first'],
        ['built_upon', 'stay, and have something of it below them'],
    ].filter(([key]) => plan[key]?.length);
    return [
        lines.length === 0 &&
            h('p', null, 'No revision falls: what it wrote stays.'),
        lines.length > 0 && h('ul', {class: 'falls'}, lines.map(
            ([key, text]) => h('li', null, revisions(plan[key]), ` ${text}`))),
        plan.current && h('p', null, 'Current would be ',
            h('code', null, plan.current), '.'),
        (plan.warnings ?? []).map(w => h('p', {class: 'hint'}, commands(w))),
    ];
}

async function remove(ctx, member, trouble) {
    try {
        const plan = await ctx.api.send('DELETE', `${at(member)}?dry-run`);
        const sure = await ctx.confirm({
            title: `Remove ${member.called}?`,
            body: consequences(plan), action: 'Remove it', danger: true,
            word: member.name || undefined,
        });
        if (!sure) return;
    } catch (e) {
        fill(trouble, errorBox(e));
        return;
    }
    await act(ctx, trouble, () => ctx.go('members'), () =>
        ctx.api.send('DELETE', at(member)));
}

/** Giving is simple; taking is for ever, so it is asked about first. */
async function change(ctx, member, role, trouble, done) {
    const path = `${at(member)}/role`;
    try {
        const plan = await ctx.api.send('PUT', `${path}?dry-run`, {role});
        if (plan.roles_after && !await ctx.confirm({
            title: `Make ${member.called} a ${role}?`,
            body: consequences(plan), action: 'Take the role', danger: true,
        })) return;
    } catch (e) {
        fill(trouble, errorBox(e));
        return;
    }
    await act(ctx, trouble, done, () => ctx.api.send('PUT', path, {role}));
}

function roleCard(ctx, member, done) {
    const trouble = h('div');
    const now = topRole(member);
    const select = h('select', {id: 'role'}, ['node', 'writer', 'owner'].map(
        r => h('option', {value: r}, `${r}: ${meaning(r).toLowerCase()}`)));
    select.value = now === 'root' ? 'owner' : now;
    return h('section', {class: 'card'}, h('h2', null, 'Role'),
        h('div', {class: 'card-body'},
            h('p', null, roleBadges(member.roles)),
            ctx.session.canWrite && now !== 'root' &&
                h('div', {class: 'row'}, field('Role', select),
                    button('Change the role', () => change(ctx, member,
                        select.value, trouble, done), {id: 'role-save'})),
            trouble));
}

function labelRow(ctx, member, [key, value], trouble, done) {
    const path = `${at(member)}/labels/${encodeURIComponent(key)}`;
    return h('li', null, h('code', null, `${key}=${value}`),
        ctx.session.canWrite && button('Remove', () => act(ctx, trouble, done,
            () => ctx.api.send('DELETE', path)), {
            kind: 'small', 'aria-label': `Remove the label ${key}`}));
}

function labelForm(ctx, member, trouble, done) {
    const key = h('input', {id: 'label-key', required: true,
        autocomplete: 'off', spellcheck: 'false', placeholder: 'zone'});
    const value = h('input', {id: 'label-value', required: true,
        autocomplete: 'off', placeholder: 'west'});
    const save = button('Set the label', () => {});
    save.type = 'submit';
    return h('form', {class: 'row', onsubmit: e => {
        e.preventDefault();
        const path = `${at(member)}/labels/` +
            encodeURIComponent(key.value.trim());
        act(ctx, trouble, done, () => ctx.api.send('PUT', path,
            {value: value.value.trim()}));
    }}, field('Key', key), field('Value', value), save);
}

function labelCard(ctx, member, done) {
    const trouble = h('div');
    const labels = Object.entries(member.labels);
    return h('section', {class: 'card'}, h('h2', null, 'Labels'),
        h('div', {class: 'card-body'},
            labels.length === 0
                ? h('p', {class: 'soft'}, 'None. Overlays, variables and ' +
                    'rollouts select nodes by their labels.')
                : h('ul', {class: 'labels'}, labels.map(l =>
                    labelRow(ctx, member, l, trouble, done))),
            ctx.session.canWrite && labelForm(ctx, member, trouble, done),
            trouble));
}

function removeCard(ctx, member) {
    const trouble = h('div');
    if (!ctx.session.canWrite) return null;
    return h('section', {class: 'card'}, h('h2', null, 'Remove'),
        h('div', {class: 'card-body'},
            h('p', null, 'It loses all roles, for ever: its key is never a ' +
                'member again. Its Unit runs on with what it has. What is ' +
                'secret is sealed anew for those who stay.'),
            h('p', null, button('Remove this member…', () =>
                remove(ctx, member, trouble), {kind: 'danger'})),
            trouble));
}

/**
 * @param {object} ctx
 * @param {object} member of /mesh/members
 * @param {object|undefined} node of /mesh/nodes
 * @param {function} done is told after a change
 * @returns {Array} what is shown of it
 */
export function memberPage(ctx, member, node, done) {
    const state = node && stateOf(node.state);
    return [
        heading(member.called,
            h('a', {class: 'button', href: '#/members'}, 'All members')),
        h('section', {class: 'card'}, h('div', {class: 'card-body'},
            h('p', {class: 'row'}, state && badge(state.kind, state.word),
                member.me && badge('info', 'this node')),
            h('h2', null, 'Fingerprint'), fingerprint(member.id),
            h('p', {class: 'hint'}, 'Its whole key. On the machine itself ',
                h('code', null, 'unitmesh id'), ' prints the same.'))),
        member.me && ctx.session.canWrite && note('info', 'This is the node ' +
            'that you are looking at', h('p', null,
            h('code', null, 'unitmesh leave'), ' takes it out of the mesh.'),
            member.lastOwner && h('p', null, 'It has the mesh\'s only ' +
                'owner\'s key: make another member an owner first. Without ' +
                'one nobody lets members in or removes them.')),
        h('div', {class: 'pair'}, roleCard(ctx, member, done),
            labelCard(ctx, member, done)),
        removeCard(ctx, member),
    ];
}
