// SPDX-License-Identifier: MIT OR Apache-2.0
// The fleet: how it is in a line, what is under way, and each node.
import {fill, h} from '../lib/dom.js';
import {icon} from '../lib/icons.js';
import {badge, empty, errorBox, heading, loading, since} from
    '../lib/parts.js';
import {rowsOf, select, tallyStates} from '../lib/fleet.js';
import {stateOf, verdict} from '../lib/verdict.js';
import {shortId, span} from '../lib/words.js';
import {watch} from '../lib/watch.js';
import {underWay} from '../lib/underway.js';
import {begin} from '../lib/begin.js';

const COLUMNS = [['name', 'Node'], ['state', 'Sync'], ['health', 'Health'],
    ['heard', 'Heard'], ['runs', 'Runs'], ['unit', 'Unit'],
    ['path', 'Path from here']];

async function load(api) {
    const status = await api.get('/mesh/status');
    if (!status.mesh) return {status};
    const [nodes, peers, members, revisions] = await Promise.all([
        api.get('/mesh/nodes'), api.get('/mesh/peers'),
        api.get('/mesh/members'), api.get('/mesh/revisions?limit=40')]);
    return {
        status, revisions: revisions.revisions, members: members.members,
        rows: rowsOf(nodes.nodes, peers.peers, status, members.members),
    };
}

/** What is seen of it: ages of nodes that are heard are not. */
function key(data) {
    if (!data) return '';
    const rows = data.rows?.map(r => [r.id, r.name, r.state, r.runs, r.healthy,
        r.ready, r.reason, r.unit, r.daemon, r.path.word, r.reached,
        Math.round(r.path.rtt), r.labels,
        r.stale ? Math.floor(r.age_ms / 60000) : 0]);
    return JSON.stringify([rows, data.status.mesh, data.status.mode,
        data.status.unit.target, data.revisions]);
}

function banner(data) {
    const mesh = data.status.mesh;
    const cur = data.revisions.find(r => r.current);
    const said = verdict(data.rows, mesh.current, mesh.conflicts,
        cur?.state === 'open' ? cur.policy : '');
    return h('section', {class: `verdict is-${said.kind}`,
        'aria-label': 'Verdict'},
    icon(said.kind, 'big'),
    h('div', null,
        h('p', {class: 'verdict-text', 'data-verdict': ''}, said.text),
        said.more.length > 0 &&
            h('p', null, `${said.more.join('. ')}.`),
        cur && h('p', {class: 'soft'},
            h('a', {href: `#/history/${cur.revision}`}, cur.revision),
            ` by ${cur.author || 'nobody named'}, `, since(cur.wall_ms),
            cur.message && `: ${cur.message}`)),
    mesh.conflicts > 0 && h('a', {class: 'button', href: '#/conflicts'},
        'Decide'));
}

/** What keeps this node from taking part, whatever the others do. */
function trouble(mesh) {
    if (!mesh.member && !mesh.pending) {
        return errorBox({problem: {
            error: 'this node was removed from the mesh',
            detail: 'It may change nothing, and gets nothing new. ' +
                '`unitmesh doctor` says how it comes back.'}});
    }
    return mesh.disk && errorBox({problem: {
        error: 'The disk of this node', detail: mesh.disk}});
}

function syncCell(r) {
    const {kind, word} = stateOf(r.state);
    return badge(kind, word);
}

function healthCell(r) {
    if (r.stale) return badge('none', 'Unknown', 'It is not heard');
    if (!r.healthy) return badge('warn', 'Not healthy');
    return badge('ok', 'Healthy',
        r.healthy_ms ? `For ${span(r.healthy_ms)}` : undefined);
}

function heardCell(r) {
    if (r.me) return 'here';
    if (r.state === 'unknown') return 'never';
    return r.stale ? since(Date.now() - r.age_ms) : 'now';
}

function runsCell(r) {
    if (!r.runs) return '–';
    return [h('a', {href: `#/history/${r.runs}`, class: 'mono'}, r.runs),
        r.stale && h('span', {class: 'soft'}, ' then')];
}

function versionCell(r) {
    return [r.unit || '–', r.daemon &&
        h('div', {class: 'soft'}, `unitmesh ${r.daemon}`)];
}

function pathCell(r) {
    const {word, rtt} = r.path;
    const known = rtt >= 0 && rtt < 1e9;
    return [word, known && h('span', {class: 'soft'},
        rtt < 1 ? ' < 1 ms' : ` ${Math.round(rtt)} ms`),
    r.path.addr && h('div', {class: 'soft small mono'}, r.path.addr),
    r.reached && h('div', {class: 'soft small'}, r.reached)];
}

/** Why it is not as it should be, with a way to the place. */
function reasonOf(r) {
    if (!r.reason) return null;
    if (r.state === 'drift') {
        return h('div', {class: 'reason is-drift'}, r.reason, ' ',
            h('a', {href: '#/drift', class: 'normal'}, 'Review'));
    }
    const pointer = / at (\/\S*)$/.exec(r.reason)?.[1];
    return h('div', {class: `reason is-${stateOf(r.state).kind}`}, r.reason,
        pointer && [' ', h('a', {
            href: `#/config/base/at/${encodeURIComponent(pointer)}`,
        }, 'Show the place')]);
}

function nodeRow(r) {
    const cells = [syncCell(r), healthCell(r), heardCell(r), runsCell(r),
        versionCell(r), pathCell(r)];
    return h('tr', {role: 'row', 'data-node': r.name},
        h('th', {role: 'rowheader', scope: 'row'}, r.name || 'unnamed',
            r.me && h('span', {class: 'soft normal'}, ' (this node)'),
            h('div', {class: 'soft normal small mono', title: r.id},
                shortId(r.id)), reasonOf(r)),
        cells.map((c, i) => h('td', {role: 'cell',
            'data-label': COLUMNS[i + 1][1]}, h('div', null, c))));
}

function headCell(how, sort, [id, title]) {
    const mine = how.by === id;
    return h('th', {
        role: 'columnheader', scope: 'col',
        'aria-sort': mine ? (how.down ? 'descending' : 'ascending') : null,
    }, h('button', {type: 'button', id: `sort-${id}`,
        onclick: () => sort(id)},
    title, mine && icon(how.down ? 'down' : 'up')));
}

function nodeTable(rows, how, sort) {
    if (rows.length === 0) {
        return empty('No node is like that.', h('p', null,
            'Other words, or another state, may find one.'));
    }
    return h('div', {class: 'card'},
        h('table', {class: 'table nodes', role: 'table'},
            h('caption', {class: 'unseen'}, 'Nodes'),
            h('thead', {role: 'rowgroup'}, h('tr', {role: 'row'},
                COLUMNS.map(c => headCell(how, sort, c)))),
            h('tbody', {role: 'rowgroup'}, rows.map(nodeRow))));
}

/** One chip for each state that there is. */
function chips(rows, how, change) {
    const chip = (state, label, n) => h('button', {
        type: 'button', id: `chip-${state}`, class: 'chip',
        'aria-pressed': String(how.state === state),
        onclick: () => change({state}),
    }, label, h('span', {class: 'soft'}, ` ${n}`));
    return h('div', {class: 'chips', role: 'group', 'aria-label': 'State'},
        chip('', 'All', rows.length),
        tallyStates(rows).map(([s, n]) => chip(s, stateOf(s).word, n)));
}

function search(how, change) {
    return h('input', {
        type: 'search', id: 'find-node', 'data-search': '', value: how.text,
        placeholder: 'Find a node  (/)', 'aria-label': 'Find a node',
        oninput: e => change({text: e.target.value}),
    });
}

/** One node alone: what to do next. */
function alone(data, session) {
    if (data.rows.length > 1 || !session.canWrite) return null;
    return empty('One node is not yet a mesh.',
        h('p', null, 'Let the next one in: ',
            h('a', {href: '#/members'}, 'make an invite code'),
            ', and on the other machine: ',
            h('code', null, 'unitmesh join CODE')));
}

function mount(root, ctx) {
    const how = {text: '', state: '', by: 'state', down: false};
    const tableAt = h('div');
    const chipsAt = h('div');
    const wayAt = h('div');
    const top = h('div');
    let data = null;
    let built = false;

    function drawTable() {
        fill(chipsAt, chips(data.rows, how, change));
        fill(tableAt, nodeTable(select(data.rows, how), how, id => change({
            down: how.by === id ? !how.down : false, by: id})));
    }

    function change(what) {
        Object.assign(how, what);
        drawTable();
    }

    const way = underWay(wayAt, ctx, () => seen.now());

    function build() {
        built = true;
        fill(root, heading('Fleet'), top, wayAt,
            h('div', {class: 'row'}, search(how, change), chipsAt), tableAt);
    }

    function show(value, error) {
        data = value;
        if (!value) {
            fill(root, heading('Fleet'), error ? errorBox(error) : loading());
        } else if (!value.status.mesh) {
            built = false;
            fill(root, heading('Fleet'), begin(value.status, ctx,
                () => seen.now()));
        } else {
            if (!built) build();
            fill(top, error && errorBox(error), trouble(value.status.mesh),
                banner(value), alone(value, ctx.session));
            way.show(value);
            drawTable();
        }
    }

    const seen = watch(ctx.live, () => load(ctx.api), show,
        {every: 3000, key});
    return seen.end;
}

export default {id: 'fleet', title: 'Fleet', mount};
