// SPDX-License-Identifier: MIT OR Apache-2.0
// Members: who waits to be let in, who is in and what he may do, and the
// codes that are out. #/members/ID is one of them.
import {fill, h} from '../lib/dom.js';
import {badge, button, countdown, empty, errorBox, heading, loading, note,
    since} from '../lib/parts.js';
import {invite} from '../lib/invite.js';
import {memberPage} from '../lib/member.js';
import {fingerprint, meaning, nameOf, roleBadges, topRole} from
    '../lib/people.js';
import {stateOf} from '../lib/verdict.js';
import {count, shortId} from '../lib/words.js';
import {watch} from '../lib/watch.js';

async function load(api) {
    const paths = ['members', 'nodes', 'pending', 'invites', 'status'];
    const [members, nodes, pending, invites, status] = await Promise.all(
        paths.map(p => api.get(`/mesh/${p}`)));
    return {
        members: inOrder(members.members, status.mesh),
        pending: pending.pending,
        invites: invites.invites,
        nodes: new Map(nodes.nodes.map(n => [n.id, n])),
    };
}

/** Nodes by their names, then keys that are none. */
function inOrder(members, mesh) {
    const isNode = m => m.roles.includes('node');
    return members.map(m => ({...m, called: nameOf(m, mesh.recovery),
        lastOwner: m.me && mesh.last_owner}))
        .sort((a, b) => isNode(b) - isNode(a) ||
            a.called.localeCompare(b.called));
}

const isUsedUp = v => v.used >= v.uses;
const isOver = v => isUsedUp(v) || v.expires_ms <= Date.now();

/** What is seen of it; ages of nodes are not. */
function key(data) {
    return data && JSON.stringify([data.members, data.pending,
        data.invites.map(v => [v, isOver(v)]),
        [...data.nodes.values()].map(n => n.state)]);
}

async function act(ctx, done, what) {
    try {
        const answer = await what();
        ctx.toast(answer.success ?? 'Done.');
    } catch (e) {
        ctx.toast(e.message, 'bad');
    }
    done();
}

async function reject(ctx, p, done) {
    const sure = await ctx.confirm({
        title: `Turn ${p.name || 'it'} away?`,
        body: 'It may ask again.', action: 'Turn it away', danger: true,
    });
    if (sure) {
        await act(ctx, done, () => ctx.api.send('DELETE',
            `/mesh/pending/${p.id}`));
    }
}

/** Who asks: its whole key, since that is what is let in. */
function pendingCard(ctx, p, done) {
    const role = h('select', {id: `role-of-${p.id}`, 'aria-label':
        `Role of ${p.name || 'it'}`}, ['node', 'writer'].map(r =>
        h('option', {value: r}, `as a ${r}`)));
    const approve = () => act(ctx, done, () => ctx.api.send('POST',
        `/mesh/pending/${p.id}`, {role: role.value}));
    return h('li', {class: 'card pending', 'data-pending': p.name},
        h('div', {class: 'card-body'},
            h('p', {class: 'row'},
                h('strong', null, p.name || 'A node without a name'),
                h('span', {class: 'soft'}, 'asked ', since(p.at_ms))),
            fingerprint(p.id),
            h('p', {class: 'hint'}, 'Let it in only if ',
                h('code', null, 'unitmesh id'),
                ' prints the same on that machine.'),
            ctx.session.canWrite && h('div', {class: 'row'}, role,
                button('Approve', approve, {kind: 'primary',
                    'aria-label': `Approve ${p.name}`}),
                button('Reject', () => reject(ctx, p, done), {
                    'aria-label': `Reject ${p.name}`}))));
}

function pendingPart(ctx, data, done) {
    if (data.pending.length === 0) return null;
    return h('section', {'aria-labelledby': 'asks', class: 'stack'},
        h('h2', {id: 'asks'},
            `${count(data.pending.length, 'node')} asked to be let in`),
        h('ul', {class: 'plain-list stack'},
            data.pending.map(p => pendingCard(ctx, p, done))));
}

function labelChips(labels) {
    const all = Object.entries(labels).filter(([k]) => k !== 'name');
    return all.length === 0 ? h('span', {class: 'soft'}, '–')
        : h('span', {class: 'chips'}, all.map(([k, v]) =>
            h('code', {class: 'label'}, `${k}=${v}`)));
}

const cell = (label, ...content) => h('td', {role: 'cell',
    'data-label': label}, h('div', null, content));

function memberRow(data, m) {
    const node = data.nodes.get(m.id);
    const {kind, word} = node ? stateOf(node.state)
        : {kind: 'none', word: 'No node'};
    return h('tr', {role: 'row', 'data-member': m.called},
        h('th', {role: 'rowheader', scope: 'row'},
            h('a', {href: `#/members/${m.id}`}, m.called),
            m.me && h('span', {class: 'soft normal'}, ' (this node)'),
            h('div', {class: 'soft normal'}, meaning(topRole(m)))),
        cell('Roles', roleBadges(m.roles)),
        cell('Labels', labelChips(m.labels)),
        cell('Sync', badge(kind, word)),
        cell('Fingerprint', h('span', {class: 'mono', title: m.id},
            shortId(m.id))));
}

function memberTable(data) {
    return h('div', {class: 'card'},
        h('table', {class: 'table nodes', role: 'table'},
            h('caption', {class: 'unseen'}, 'Members'),
            h('thead', {role: 'rowgroup'}, h('tr', {role: 'row'},
                ['Member', 'Roles', 'Labels', 'Sync', 'Fingerprint'].map(t =>
                    h('th', {role: 'columnheader', scope: 'col'}, t)))),
            h('tbody', {role: 'rowgroup'},
                data.members.map(m => memberRow(data, m)))));
}

function inviteRow(ctx, v, done) {
    const role = topRole(v) || 'node';
    const verb = isOver(v) ? 'Remove' : 'Revoke';
    return h('tr', {role: 'row', 'data-invite': v.id},
        h('th', {role: 'rowheader', scope: 'row'},
            h('span', {class: 'mono normal'}, v.id)),
        cell('For a', role),
        cell('Holds', isUsedUp(v) ? badge('ok', 'Used up')
            : isOver(v) ? badge('stale', 'Expired')
                : countdown(v.expires_ms, 'over')),
        cell('Used', `${v.used} of ${v.uses}`),
        cell('', ctx.session.canWrite && button(verb, () => act(ctx, done,
            () => ctx.api.send('DELETE', `/mesh/invites/${v.id}`)), {
            kind: 'small', 'aria-label': `${verb} ${v.id}`})));
}

function invitePart(ctx, data, done) {
    const table = () => h('div', {class: 'card'},
        h('table', {class: 'table nodes', role: 'table'},
            h('caption', {class: 'unseen'}, 'Invites'),
            h('thead', {role: 'rowgroup'}, h('tr', {role: 'row'},
                ['Invite', 'For a', 'Holds', 'Used'].map(t => h('th',
                    {role: 'columnheader', scope: 'col'}, t)),
                h('td', {role: 'cell'}))),
            h('tbody', {role: 'rowgroup'},
                data.invites.map(v => inviteRow(ctx, v, done)))));
    return h('section', {'aria-labelledby': 'invites', class: 'stack'},
        h('h2', {id: 'invites'}, 'Invites of this node'),
        data.invites.length > 0 ? table()
            : empty('None.', h('p', null, 'A code that this node made stands ' +
                'here until it is used up, expires, or is revoked.')));
}

function whole(ctx, data, error, done) {
    return [
        heading('Members', ctx.session.canWrite && button('Invite a node',
            () => invite(ctx, done), {kind: 'primary', icon: 'plus',
                id: 'invite'})),
        error && errorBox(error),
        pendingPart(ctx, data, done),
        memberTable(data),
        invitePart(ctx, data, done),
    ];
}

function single(ctx, data, done) {
    const member = data.members.find(m => m.id === ctx.path[0]);
    if (member) {
        return memberPage(ctx, member, data.nodes.get(member.id), done);
    }
    return [heading('No member', h('a', {class: 'button', href: '#/members'},
        'All members')), note('none', 'Nobody with this key is a member.',
        h('p', {class: 'mono'}, ctx.path[0]))];
}

/** Whether somebody is typing, or has a menu open: that is not drawn over. */
function isInUse(root) {
    const at = document.activeElement;
    return root.contains(at) && at.matches('input, select');
}

function mount(root, ctx) {
    function show(data, error) {
        if (data && !isInUse(root)) {
            fill(root, ctx.path[0] ? single(ctx, data, again)
                : whole(ctx, data, error, again));
        } else if (!data) {
            fill(root, heading('Members'), error ? errorBox(error)
                : loading());
        }
    }
    function again() {
        document.activeElement?.blur();
        seen.now();
    }
    const seen = watch(ctx.live, () => load(ctx.api), show, {key});
    return seen.end;
}

export default {id: 'members', title: 'Members', mount};
