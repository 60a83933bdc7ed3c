// SPDX-License-Identifier: MIT OR Apache-2.0
// Topology: who is connected with whom, drawn and as a table.
import {fill, h} from '../lib/dom.js';
import {badge, button, empty, errorBox, heading, loading} from
    '../lib/parts.js';
import {drawMesh, linkText, rttText} from '../lib/drawing.js';
import {stateOf} from '../lib/verdict.js';
import {count, shortId} from '../lib/words.js';
import {watch} from '../lib/watch.js';

/** Rows of the table that are shown until more are asked for. */
const ROWS = 40;

/** Links with their nodes, those of this node first. */
function read(data) {
    const nodes = data.nodes.map(n => ({...n, name: n.name || shortId(n.id)}));
    const at = new Map(nodes.map(n => [n.id, n]));
    const links = data.links.map(l => ({
        ...l, from: at.get(l.dialled_by),
        to: at.get(l.between.find(id => id !== l.dialled_by)),
    }));
    const mine = l => (l.from.me || l.to.me ? 0 : 1);
    links.sort((a, b) => mine(a) - mine(b) ||
        a.from.name.localeCompare(b.from.name) ||
        a.to.name.localeCompare(b.to.name));
    return {nodes, links};
}

/** What is seen of it: a round trip of a little more is none. */
function key(data) {
    return data && JSON.stringify([
        data.nodes.map(n => [n.id, n.name, n.state]),
        data.links.map(l => [l.between, l.over, l.relayed, l.stale,
            l.rtt_ms === undefined ? -1 : Math.round(Math.log2(1 + l.rtt_ms))]),
    ]);
}

function cell(label, ...content) {
    return h('td', {role: 'cell', 'data-label': label},
        h('div', null, content));
}

function linkRow(l) {
    return h('tr', {role: 'row', 'data-link': `${l.from.name}-${l.to.name}`},
        h('th', {role: 'rowheader', scope: 'row'}, l.from.name,
            h('span', {class: 'soft normal'}, ' dialled '), l.to.name),
        cell('Path', badge(l.relayed ? 'warn' : 'ok',
            l.relayed ? 'Relayed' : 'Direct')),
        cell('Over', l.over),
        cell('Round trip', rttText(l.rtt_ms)),
        cell('State', l.stale ? badge('stale', 'Not heard') :
            badge('ok', 'Up')));
}

function linkTable(links) {
    return h('div', {class: 'card'},
        h('table', {class: 'table nodes', role: 'table'},
            h('caption', {class: 'unseen'}, 'Connections'),
            h('thead', {role: 'rowgroup'}, h('tr', {role: 'row'},
                ['Connection', 'Path', 'Over', 'Round trip', 'State'].map(t =>
                    h('th', {role: 'columnheader', scope: 'col'}, t)))),
            h('tbody', {role: 'rowgroup'}, links.map(linkRow))));
}

/** The table, of some links where there are many, and what finds others. */
function links(how, all, change) {
    const words = how.text.toLowerCase().split(/\s+/);
    const found = all.filter(l => words.every(w =>
        linkText(l).toLowerCase().includes(w)));
    const shown = how.all ? found : found.slice(0, ROWS);
    return [
        linkTable(shown),
        shown.length < found.length && h('p', {class: 'row'},
            h('span', {class: 'soft'}, `${shown.length} of ` +
                count(found.length, 'connection')),
            button('Show all', () => change({all: true}),
                {kind: 'small', id: 'all-links'})),
    ];
}

function search(change) {
    return h('input', {type: 'search', id: 'find-link', 'data-search': '',
        placeholder: 'Find a connection  (/)',
        'aria-label': 'Find a connection',
        oninput: e => change({text: e.target.value})});
}

function summary(nodes, links) {
    const up = links.filter(l => !l.stale);
    const relayed = up.filter(l => l.relayed).length;
    const silent = nodes.filter(n => stateOf(n.state).kind === 'stale' ||
        n.state === 'unknown').length;
    return [count(nodes.length, 'node'), count(up.length, 'connection'),
        relayed > 0 && `${relayed} relayed`,
        silent > 0 && `${silent} not heard`].filter(Boolean).join(', ');
}

function legend() {
    const sample = (cls, text) => h('span', {class: `legend ${cls}`},
        h('i', null), text);
    return h('p', {class: 'row soft small'}, sample('direct', 'direct'),
        sample('relayed', 'relayed'), sample('stale', 'not heard of lately'),
        'Point at a node, or go to it with Tab, for its round trips.');
}

function mount(root, ctx) {
    const drawing = h('div', {class: 'drawing'});
    const rest = h('div', {class: 'stack'});
    const own = {data: null, width: 0};
    const how = {text: '', all: false};
    const find = search(change);

    function draw() {
        if (!own.data) return;
        const mesh = read(own.data);
        own.width = drawing.clientWidth;
        fill(drawing, drawMesh(mesh.nodes, mesh.links,
            Math.max(280, own.width)));
        list(mesh);
    }

    function change(what) {
        Object.assign(how, what);
        list(read(own.data));
    }

    function list(mesh) {
        find.hidden = mesh.links.length <= ROWS / 4;
        fill(rest, mesh.links.length > 0 ? links(how, mesh.links, change)
            : empty('Nobody is connected.', h('p', null, mesh.nodes.length < 2
                ? 'There is one node. A connection is drawn when another ' +
                    'one is let in.'
                : 'Members tell of their connections every few seconds.')),
        own.data.left_out > 0 && h('p', {class: 'soft'},
            `${own.data.left_out} ends of connections are not shown.`));
    }

    function show(data, error) {
        if (!data) {
            fill(root, heading('Topology'), error ? errorBox(error)
                : loading());
            return;
        }
        own.data = data;
        const mesh = read(data);
        fill(root, heading('Topology',
            h('p', {class: 'soft'}, summary(mesh.nodes, mesh.links))),
        error && errorBox(error),
        h('section', {class: 'card', 'aria-label': 'Drawing'}, drawing,
            h('div', {class: 'card-body'}, legend())), find, rest);
        draw();
    }

    const seen = watch(ctx.live, () => ctx.api.get('/mesh/topology'), show,
        {every: 3000, key});
    const sizes = new ResizeObserver(() => {
        if (drawing.clientWidth !== own.width) draw();
    });
    sizes.observe(drawing);
    return () => {
        sizes.disconnect();
        seen.end();
    };
}

export default {id: 'topology', title: 'Topology', mount};
