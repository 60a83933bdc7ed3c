// SPDX-License-Identifier: MIT OR Apache-2.0
// Inviting: what the code is to be good for, then the code, as text and as a
// picture for a phone.
import {fill, h} from './dom.js';
import {dialog} from './dialogs.js';
import {button, command, countdown, errorBox, field, note} from './parts.js';
import {qrCode} from './qr.js';

const SPANS = [[900000, '15 minutes'], [3600000, 'An hour'],
    [86400000, 'A day'], [604800000, 'A week']];

function choice(id, options, chosen) {
    const el = h('select', {id}, options.map(([value, text]) =>
        h('option', {value}, text)));
    el.value = chosen;
    return el;
}

/** The code, shown once: it is kept nowhere. */
function showCode(el, invite) {
    const uses = invite.uses === 1 ? 'once' : `${invite.uses} times`;
    fill(el.querySelector('h2'), 'Invite code');
    fill(el.querySelector('.dialog-body'),
        h('p', null, `For a ${invite.role}, good ${uses}, for `,
            h('span', {class: 'countdown-inline'},
                countdown(invite.expires_ms, 'over')), '.'),
        invite.pending && note('warn', 'Somebody has to approve',
            h('p', null, 'No owner’s key is on this node, so who joins with ' +
                'this code waits for an owner.')),
        h('p', null, 'On the machine that is to come:'),
        command(`unitmesh join ${invite.code}`),
        invite.qr && h('div', {class: 'qr-frame'},
            qrCode(invite.qr, 'The code as a QR code')),
        h('p', {class: 'hint'}, 'It is shown this once. Whoever has it is ' +
            'let in: send it as you would send a password.'));
    fill(el.querySelector('.dialog-buttons'),
        button('Done', () => el.close(), {kind: 'primary'}));
}

/**
 * Asks what is to be, and makes an invite.
 * @param {object} ctx
 * @param {function} made is told when there is another one
 */
export function invite(ctx, made) {
    const role = choice('invite-role', [['node', 'Node: runs what is current'],
        ['writer', 'Writer: may change the configuration, too']], 'node');
    const span = choice('invite-span', SPANS, '900000');
    const uses = h('input', {id: 'invite-uses', type: 'number', min: 1,
        max: 1000, value: 1});
    const trouble = h('div');
    async function make() {
        try {
            const answer = await ctx.api.send('POST', '/mesh/invites', {
                role: role.value, expires_ms: Number(span.value),
                uses: Number(uses.value),
            });
            showCode(el, answer);
            made();
        } catch (e) {
            fill(trouble, errorBox(e));
        }
    }
    const el = dialog('Invite a node', [
        field('What it may do', role), field('How long the code holds', span),
        field('How many may use it', uses,
            'One for each machine, unless you roll out many at once.'),
        trouble,
    ], [button('Cancel', () => el.close()),
        button('Make a code', make, {kind: 'primary'})]);
}
