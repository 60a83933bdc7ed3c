// SPDX-License-Identifier: MIT OR Apache-2.0
// What a node makes of the document, with its overlays and variables.
import {fill, h} from './dom.js';
import {diffView} from './diffview.js';
import {createEditor} from './editor.js';
import {format} from './jsontext.js';
import {errorBox, loading} from './parts.js';
import {watch} from './watch.js';

function picker(nodes, chosen, choose) {
    return h('div', {class: 'row'}, h('label', {for: 'which'}, 'Node'),
        h('select', {id: 'which', onchange: e => choose(e.target.value)},
            nodes.map(n => h('option', {value: n.id,
                selected: n.id === chosen},
            `${n.name || n.id}${n.me ? ' (this node)' : ''}`))));
}

/**
 * @param {HTMLElement} root
 * @param {object} ctx
 * @param {string[]} path the node's id or name, or nothing: this one
 * @returns {function} ends it
 */
export function effectivePanel(root, ctx, path) {
    const editor = createEditor({id: 'effective', readOnly: true,
        label: 'Effective configuration'});
    const pickAt = h('div');
    const errorAt = h('div');
    const diffAt = h('div');
    fill(root, loading());

    async function load() {
        const {nodes} = await ctx.api.get('/mesh/nodes');
        const node = nodes.find(n => [n.id, n.name].includes(path[0])) ??
            nodes.find(n => n.me) ?? nodes[0];
        const of = `node=${encodeURIComponent(node.id)}`;
        const [base, text, error] = await Promise.all([
            ctx.api.call('GET', '/config').then(a => a.text),
            ctx.api.call('GET', `/config?effective&${of}`)
                .then(a => a.text, e => e)]).then(([b, t]) =>
            t instanceof Error ? [b, '', t] : [b, t, null]);
        return {nodes, node, base, text, error};
    }

    function show(data, error) {
        if (!data) {
            fill(root, errorBox(error));
            return;
        }
        if (!pickAt.isConnected) {
            fill(root, h('div', {class: 'stack'}, pickAt, errorAt, editor.el,
                h('h2', null, 'Against the base'), diffAt));
        }
        fill(pickAt, picker(data.nodes, data.node.id, id =>
            ctx.go(`config/effective/${id}`)));
        fill(errorAt, data.error && errorBox(data.error));
        editor.set(format(data.text.trim()));
        fill(diffAt, !data.error && diffView(format(data.base.trim()),
            format(data.text.trim()), ['Base', data.node.name]));
    }

    const seen = watch(ctx.live, load, show, {
        kinds: ['current'], every: 15000,
        key: d => d && JSON.stringify([d.node.id, d.base, d.text,
            d.error?.message, d.nodes.map(n => [n.id, n.name])]),
    });
    return seen.end;
}
