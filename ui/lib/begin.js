// SPDX-License-Identifier: MIT OR Apache-2.0
// A node that is in no mesh: how one begins, or how it goes into one.
import {fill, h} from './dom.js';
import {button, command, errorBox, field, note} from './parts.js';

/** Sends a form, shows what is wrong. */
function form(name, fields, label, act) {
    const at = h('div');
    const go = button(label, () => {}, {kind: 'primary', id: `${name}-go`});
    go.type = 'submit';
    return h('form', {class: 'stack', onsubmit: async e => {
        e.preventDefault();
        go.disabled = true;
        fill(at);
        try {
            await act();
        } catch (error) {
            fill(at, errorBox(error));
        }
        go.disabled = false;
    }}, fields, h('div', {class: 'row'}, go), at);
}

/** The recovery key, which is told once. */
function keyDialog(ctx, place) {
    return ctx.confirm({
        title: 'The recovery key', action: 'It is on paper',
        body: h('div', {class: 'stack'},
            h('p', null, 'Write it down: it is shown this once. Who has it ' +
                'is an owner of this mesh.'),
            command(place.recovery_key)),
    });
}

function initForm(ctx, again) {
    const name = h('input', {id: 'init-name', maxlength: 255, value: 'mesh'});
    return form('init', field('Name of the mesh', name), 'Begin a mesh',
        async () => {
            const place = await ctx.api.send('POST', '/mesh/init',
                {name: name.value});
            if (place.recovery_key) await keyDialog(ctx, place);
            again();
        });
}

function joinForm(ctx, again) {
    const code = h('input', {id: 'join-code', required: true,
        autocomplete: 'off', spellcheck: 'false', placeholder: 'um1…'});
    return form('join', field('Join code', code,
        'unitmesh invite prints one, on a node of the mesh; so does Members ' +
        'of its page.'), 'Join', async () => {
        const place = await ctx.api.send('POST', '/mesh/join',
            {code: code.value.trim()});
        ctx.toast(place.member ? 'This node is a member.'
            : 'An owner has to approve it now.', 'ok');
        again();
    });
}

function choice(title, text, line, formEl) {
    return h('section', {class: 'card'}, h('h2', null, title),
        h('div', {class: 'card-body'}, h('p', {class: 'soft'}, text),
            command(line), formEl));
}

/**
 * @param {object} status of /mesh/status
 * @param {object} ctx
 * @param {function} again called when this node has a place
 * @returns {HTMLElement}
 */
export function begin(status, ctx, again) {
    const can = ctx.session.canWrite;
    return h('div', {class: 'stack'},
        note('info', 'This node is in no mesh yet', h('p', null,
            status.unit.target ? `Its Unit at ${status.unit.target} runs on ` +
            'as it is until then.' : 'It has no Unit.')),
        h('div', {class: 'pair'},
            choice('Begin a mesh', 'With what this Unit runs now as the ' +
                'first revision. Once, on one node.',
            'unitmesh init --name shop', can && initForm(ctx, again)),
            choice('Join a mesh', 'With a code of a node that is in it. ' +
                'What this Unit runs now is kept as a copy.',
            'unitmesh join CODE', can && joinForm(ctx, again))));
}
