// SPDX-License-Identifier: MIT OR Apache-2.0
// The configuration: its base, what is other at some nodes, and what comes of
// it on each.
import {fill, h} from '../lib/dom.js';
import {editPanel} from '../lib/editpanel.js';
import {effectivePanel} from '../lib/effective.js';
import {partsPanel} from '../lib/configparts.js';
import {empty, heading} from '../lib/parts.js';

const TABS = [['base', 'Base'], ['overlays', 'Overlays'],
    ['variables', 'Variables'], ['probes', 'Probes'],
    ['effective', 'Effective']];

const basePanel = (root, ctx, path) => editPanel(root, ctx, {
    path: '/config', title: 'Base configuration', prefix: '/base',
    template: '{}', at: path[0] === 'at' ? path[1] : '',
});

const PANELS = {
    base: basePanel,
    overlays: (root, ctx, path) => partsPanel(root, ctx, 'overlays', path),
    variables: (root, ctx, path) => partsPanel(root, ctx, 'variables', path),
    probes: (root, ctx, path) => partsPanel(root, ctx, 'probes', path),
    effective: effectivePanel,
};

function tabs(at) {
    return h('nav', {class: 'tabs', 'aria-label': 'Parts'},
        TABS.map(([id, title]) => h('a', {href: `#/config/${id}`,
            'aria-current': id === at ? 'page' : null}, title)));
}

function mount(root, ctx) {
    const at = PANELS[ctx.path[0]] ? ctx.path[0] : 'base';
    const body = h('div');
    fill(root, heading('Configuration', tabs(at)), body);
    if (ctx.status && !ctx.status.mesh) {
        fill(body, empty('This node is in no mesh yet.', h('p', null,
            h('a', {href: '#/fleet'}, 'Begin one, or join one.'))));
        return () => {};
    }
    return PANELS[at](body, ctx, ctx.path.slice(1));
}

export default {id: 'config', title: 'Configuration', mount};
