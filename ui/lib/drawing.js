// SPDX-License-Identifier: MIT OR Apache-2.0
// The drawing of a mesh: nodes, and lines between those that are connected.
import {s} from './dom.js';
import {layout} from './layout.js';
import {stateOf} from './verdict.js';

const MANY_LINKS = 60;
const LETTER = 7.4;
const HIGH = 16;

/**
 * @param {number|undefined} ms
 * @returns {string} a round trip, as short as it may be said
 */
export function rttText(ms) {
    if (ms === undefined) return 'not measured';
    return ms < 1 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`;
}

/** What a link is, in words. */
export function linkText(link) {
    return `${link.from.name} – ${link.to.name}: ` +
        `${link.relayed ? 'relayed' : 'direct'}, ${link.over}, ` +
        `${rttText(link.rtt_ms)}${link.stale ? ', not heard of lately' : ''}`;
}

function nodeText(node, links) {
    const {word} = stateOf(node.state);
    const to = links.filter(l => l.from === node || l.to === node)
        .map(l => `${l.from === node ? l.to.name : l.from.name} ` +
            rttText(l.rtt_ms));
    return `${node.name}${node.me ? ' (this node)' : ''}: ${word}. ` +
        (to.length > 0 ? `Connected with ${to.join(', ')}` : 'Not connected');
}

function drawLink(link) {
    const {x: x1, y: y1} = link.from.at;
    const {x: x2, y: y2} = link.to.at;
    const kind = (link.stale ? ' stale' : '') +
        (link.relayed ? ' relayed' : '');
    const el = s('g', {class: `link${kind}`},
        s('line', {class: 'hit', x1, y1, x2, y2}),
        s('line', {class: 'line', x1, y1, x2, y2}),
        s('title', null, linkText(link)));
    return el;
}

/** The round trip in the middle of a link, beside the line. */
function drawRtt(link) {
    const x = (link.from.at.x + link.to.at.x) / 2;
    const y = (link.from.at.y + link.to.at.y) / 2;
    return s('text', {class: 'rtt', x, y: y + 4, 'text-anchor': 'middle'},
        link.rtt_ms === undefined ? '?' : rttText(link.rtt_ms));
}

/** Where a name may stand: right, left, below, above its dot; outwards is
 *  tried first, so that lines do not cross it. */
function spots(node, size) {
    const wide = node.name.length * LETTER;
    const {x, y} = node.at;
    const right = {x: x + 21, y: y + 4, anchor: 'start', left: x + 21};
    const left = {x: x - 21, y: y + 4, anchor: 'end', left: x - 21 - wide};
    const below = {x, y: y + 32, anchor: 'middle', left: x - wide / 2};
    const above = {x, y: y - 22, anchor: 'middle', left: x - wide / 2};
    const order = x > size.width * .62 ? [right, below, above, left]
        : x < size.width * .38 ? [left, below, above, right]
            : y > size.height / 2 ? [below, right, left, above]
                : [above, right, left, below];
    return order.map(o => ({...o, right: o.left + wide, top: o.y - HIGH + 4,
        bottom: o.y + 4})).filter(o => o.left >= 0 && o.right <= size.width);
}

function overlap(a, b) {
    return a.left < b.right && b.left < a.right && a.top < b.bottom &&
        b.top < a.bottom;
}

/** Gives each node a place for its name; who finds none is named when it is
 *  pointed at. */
function placeNames(nodes, size) {
    const taken = nodes.map(n => ({left: n.at.x - 16, right: n.at.x + 16,
        top: n.at.y - 16, bottom: n.at.y + 16}));
    for (const n of [...nodes].sort((a, b) => Boolean(b.me) - Boolean(a.me))) {
        const all = spots(n, size);
        const free = all.find(o => !taken.some(t => overlap(o, t)));
        n.spot = free ?? all[0] ?? {x: n.at.x, y: n.at.y - 22,
            anchor: 'middle'};
        n.named = Boolean(free);
        if (free) taken.push(free);
    }
}

function nameOf({name, spot}) {
    return s('text', {class: 'name', 'text-anchor': spot.anchor,
        x: spot.x, y: spot.y}, name);
}

function drawNode(node, links) {
    const {kind} = stateOf(node.state);
    const gone = node.state === 'stale' || node.state === 'unknown';
    return s('a', {
        class: `node is-${kind}${gone ? ' gone' : ''}${node.me ? ' me' : ''}` +
            `${node.named ? '' : ' unnamed'}`,
        href: `#/members/${node.id}`, 'data-node': node.name,
        'aria-label': nodeText(node, links),
    }, s('title', null, nodeText(node, links)),
    s('circle', {class: 'halo', cx: node.at.x, cy: node.at.y, r: 15}),
    s('circle', {class: 'disc', cx: node.at.x, cy: node.at.y, r: 8}),
    nameOf(node));
}

/** Shows what belongs to a node while it is pointed at or has the focus. */
function listen(svg, el, node, links) {
    const on = () => {
        svg.classList.add('asked');
        el.classList.add('asked');
        for (const l of links) {
            if (l.from === node || l.to === node) {
                l.el.classList.add('asked');
                l.rttEl ??= drawRtt(l);
                svg.append(l.rttEl);
            }
        }
    };
    const off = () => {
        for (const e of [svg, ...svg.querySelectorAll('.asked')]) {
            e.classList.remove('asked');
        }
        for (const l of links) if (!l.always) l.rttEl?.remove();
    };
    for (const kind of ['pointerenter', 'focus']) el.addEventListener(kind, on);
    for (const kind of ['pointerleave', 'blur']) el.addEventListener(kind, off);
}

/**
 * @param {object[]} nodes of /mesh/topology, with names
 * @param {object[]} links with `from` and `to`, of the nodes
 * @param {number} width in pixels: text is as large on small screens
 * @returns {SVGElement}
 */
export function drawMesh(nodes, links, width) {
    const most = width < 600 ? width * 1.15 : width * .72;
    const size = {width, height: Math.round(Math.min(most,
        Math.max(300, 150 + nodes.length * 26), 640))};
    const margin = {x: Math.min(110, width * .24), y: 44};
    const places = layout(nodes.length, links.map(l =>
        [nodes.indexOf(l.from), nodes.indexOf(l.to)]), size.width,
    size.height, margin);
    nodes.forEach((n, i) => { n.at = places[i]; });
    placeNames(nodes, size);
    const svg = s('svg', {
        class: `mesh${links.length > MANY_LINKS ? ' dense' : ''}`,
        viewBox: `0 0 ${size.width} ${size.height}`,
        width: size.width, height: size.height, role: 'group',
        'aria-label': 'Drawing of the mesh; the table below says the same',
    });
    for (const l of links) {
        l.el = drawLink(l);
        l.always = links.length <= 6;
        svg.append(l.el);
        if (l.always) svg.append(l.rttEl = drawRtt(l));
    }
    for (const node of nodes) {
        const el = drawNode(node, links);
        listen(svg, el, node, links);
        svg.append(el);
    }
    return svg;
}
