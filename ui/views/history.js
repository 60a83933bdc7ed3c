// SPDX-License-Identifier: MIT OR Apache-2.0
// The history: revisions, who made them, what became of them; any two beside
// each other; and the way back.
import {fill, h, s} from '../lib/dom.js';
import {layout} from '../lib/branches.js';
import {changeList, diffView} from '../lib/diffview.js';
import {diffOf, documentOf, keepDocuments} from '../lib/documents.js';
import {badge, button, empty, errorBox, heading, loading, note, since} from
    '../lib/parts.js';
import {review} from '../lib/review.js';
import {bytes, count, shortId} from '../lib/words.js';
import {watch} from '../lib/watch.js';

const PAGE = 50;
const LANE = 16;
const ROW = 64;
const STATES = {
    open: ['busy', 'Open', 'It waits for a word, or for its nodes.'],
    superseded: ['none', 'Superseded', 'Another one came in its place.'],
    ended: ['none', 'Ended', 'It was aborted, or its time was over.'],
    void: ['bad', 'Void', 'An owner made it void, or its author lost its ' +
        'role.'],
};
const POLICIES = {immediate: 'at once', trial: 'on trial',
    staged: 'in stages'};

function stateBadge(r) {
    if (r.current && r.state !== 'open') return badge('ok', 'In force');
    if (r.state === 'established') return null;
    const [kind, word, title] = STATES[r.state] ?? ['none', r.state, ''];
    return badge(kind, r.current ? `${word}, in force` : word, title);
}

/** The drawing beside a row: its lane, and where its lines go. The lines are
 *  as high as the row; the dot stays round. */
function lanes(row, r, last) {
    const x = lane => 8 + lane * LANE;
    const wide = x(row.wide);
    const line = (from, to, y0, y1) => s('path', {d:
        `M${x(from)} ${y0} C${x(from)} ${(y0 + y1) / 2} ` +
        `${x(to)} ${(y0 + y1) / 2} ${x(to)} ${y1}`});
    const down = row.links.filter(l => !last || l.from !== row.lane);
    return h('div', {class: 'lanes', 'aria-hidden': 'true',
        style: {width: `${wide}px`}},
    s('svg', {viewBox: `0 0 ${wide} ${ROW}`, preserveAspectRatio: 'none'},
        row.before.map(i => line(i, i, 0, ROW / 2)),
        down.map(l => line(l.from, l.to, ROW / 2, ROW))),
    h('span', {class: r.current ? 'dot now' : 'dot',
        style: {left: `${x(row.lane)}px`}}));
}

function meta(r) {
    return [r.author || 'nobody named', ', ', since(r.wall_ms), ', ',
        POLICIES[r.policy] ?? r.policy];
}

function rowOf(r, row, last, pick) {
    return h('li', {class: 'rev', 'data-revision': r.revision},
        lanes(row, r, last),
        h('input', {type: 'checkbox', id: `pick-${r.revision}`,
            checked: pick.list.includes(r.revision),
            'aria-label': `Compare ${r.revision}`,
            onchange: e => pick.toggle(r.revision, e.target.checked)}),
        h('div', {class: 'rev-text'},
            h('div', {class: 'row'},
                h('a', {href: `#/history/${r.revision}`, class: 'mono'},
                    r.revision),
                h('strong', {class: 'rev-message'}, r.message), stateBadge(r)),
            h('p', {class: 'soft'}, meta(r))));
}

/** Up to two that are picked. */
function createPick(ctx, changed) {
    const pick = {
        list: [],
        toggle(name, yes) {
            pick.list = pick.list.filter(n => n !== name);
            if (yes) pick.list = [...pick.list.slice(-1), name];
            changed();
        },
        go() {
            const [a, b] = [...pick.list].sort((x, y) =>
                parseInt(x.slice(1), 10) - parseInt(y.slice(1), 10));
            ctx.go(`history/${b}/from/${a}`);
        },
    };
    return pick;
}

function blameForm(ctx, pointer) {
    const input = h('input', {
        id: 'blame', type: 'search', value: pointer, 'data-search': '',
        placeholder: 'Who changed…  /base/routes/0', spellcheck: 'false',
        'aria-label': 'Who changed what is at this pointer',
    });
    return h('form', {class: 'blame', onsubmit: e => {
        e.preventDefault();
        const at = input.value.trim();
        ctx.go(at ? `history/path/${encodeURIComponent(at)}` : 'history');
    }}, input, h('button', {class: 'button'}, 'Find'));
}

function blameNote(data, pointer) {
    if (!pointer) return null;
    return note('info', `Those that changed ${pointer}`,
        data.unread > 0 && h('p', null, `${count(data.unread, 'revision')} ` +
            'could not be read here.'),
        data.older && h('p', null, `Nobody looked below ${data.older}.`));
}

function listPanel(root, ctx, pointer) {
    const at = h('div', {class: 'stack'});
    const compare = button('Compare', () => pick.go(), {id: 'compare',
        disabled: true});
    let limit = PAGE;
    let data = null;
    const pick = createPick(ctx, draw);
    fill(root, heading('History', blameForm(ctx, pointer), compare), at);
    fill(at, loading());

    function draw() {
        compare.disabled = pick.list.length !== 2;
        const revs = data.revisions;
        const rows = layout(revs);
        const wide = Math.max(...rows.map(r => r.wide));
        fill(at, blameNote(data, pointer),
            h('p', {class: 'hint'}, 'Tick two to compare them. All of these ',
                'are signed, and each signature was checked here.'),
            revs.length ? h('ul', {class: 'card revs'}, revs.map((r, i) =>
                rowOf(r, {...rows[i], wide},
                    pointer || i === revs.length - 1, pick)))
                : empty('No revision is like that.'),
            revs.length >= limit && button('Older ones', () => {
                limit += PAGE;
                seen.now();
            }, {id: 'older'}));
    }

    const query = () => `?limit=${limit}` +
        (pointer ? `&path=${encodeURIComponent(pointer)}` : '');
    const seen = watch(ctx.live,
        () => ctx.api.get(`/mesh/revisions${query()}`), (value, error) => {
            data = value;
            if (value) draw();
            else fill(at, errorBox(error));
        }, {every: 10000});
    return seen.end;
}

function facts(r) {
    const pair = (k, v) => [h('dt', null, k), h('dd', null, v)];
    return h('dl', {class: 'facts'},
        pair('State', stateBadge(r) ?? 'it was in force'),
        pair('By', [r.author || 'nobody named', ' ',
            h('span', {class: 'soft mono', title: r.by}, shortId(r.by))]),
        pair('When', [since(r.wall_ms), h('span', {class: 'soft'},
            ` ${new Date(r.wall_ms).toLocaleString()}`)]),
        pair('Came into force', [POLICIES[r.policy] ?? r.policy, r.ends_ms &&
            [', until ', new Date(r.ends_ms).toLocaleString()]]),
        pair('Signature', badge('ok', 'Good', 'It was checked when it came')),
        pair('On top of', r.parents.length ? r.parents.map(p =>
            [h('a', {href: `#/history/${p}`, class: 'mono'}, p), ' '])
            : 'nothing: the first'),
        pair('Document', [h('span', {class: 'mono'},
            r.document.slice(0, 16)), `, ${bytes(r.document_bytes)}`]));
}

function openRollback(at, ctx, r, current, done) {
    review(at, ctx, {
        title: `Roll back to ${r.revision}`, action: 'Roll back',
        before: current.text, after: current.target,
        titles: [`In force: ${current.name}`, r.revision],
        check: () => diffOf(ctx, r.revision, current.name),
        send: (query, message) => ctx.api.send('POST',
            `/mesh/revisions/${r.revision}/rollback${query}`,
            message ? {message} : {}),
        done, back: () => fill(at),
    });
}

async function rollback(at, ctx, r) {
    try {
        const now = await ctx.api.get('/mesh/revisions/current');
        const [text, target] = await Promise.all([
            documentOf(ctx, now.revision), documentOf(ctx, r.revision)]);
        openRollback(at, ctx, r, {name: now.revision, text, target}, done => {
            ctx.toast(`Rolled back: ${done.revision}.`);
            ctx.go(`history/${done.revision}`);
        });
    } catch (error) {
        fill(at, errorBox(error));
    }
}

async function loadOne(ctx, kept, name, from) {
    const revision = await ctx.api.get(
        `/mesh/revisions/${encodeURIComponent(name)}`);
    const before = from ?? revision.parents[0];
    const [diff, after, old] = await Promise.all([
        kept.diffOf(name, from), kept.documentOf(name),
        before ? kept.documentOf(before) : '']);
    return {revision, diff, after, old, before: before ?? 'nothing'};
}

function onePanel(root, ctx, name, from) {
    const at = h('div', {class: 'stack'});
    const actionAt = h('div');
    let current = false;
    fill(root, heading(from ? `${from} and ${name}` : name,
        h('a', {class: 'button', href: '#/history'}, 'All revisions')), at);
    fill(at, loading());

    function show(d, error) {
        if (!d) {
            fill(at, errorBox(error));
            return;
        }
        const r = d.revision;
        current = r.current;
        fill(at, h('p', {class: 'lead'}, from ? 'What is other in the later ' +
            'one.' : r.message),
        !from && h('div', {class: 'card'}, h('div', {class: 'card-body'},
            facts(r))),
        ctx.session.canWrite && !current && h('div', {class: 'row'},
            button(`Roll back to ${r.revision}`,
                () => rollback(actionAt, ctx, r), {id: 'rollback'})),
        actionAt,
        h('h2', null, `Against ${d.before}`),
        d.diff.changes.length > 0 && changeList(d.diff.changes, d.diff.more),
        diffView(d.old, d.after, [d.before, r.revision]),
        h('details', {class: 'card', id: 'whole'},
            h('summary', {class: 'sum'}, 'The whole document'),
            h('pre', {class: 'whole'}, d.after)));
    }

    const kept = keepDocuments(ctx);
    const seen = watch(ctx.live, () => loadOne(ctx, kept, name, from), show,
        {kinds: ['current', 'confirmed', 'aborted', 'expired'],
            every: 30000});
    return seen.end;
}

function mount(root, ctx) {
    const [first, word, second] = ctx.path;
    if (ctx.status && !ctx.status.mesh) {
        fill(root, heading('History'), empty('This node is in no mesh yet.',
            h('p', null, h('a', {href: '#/fleet'},
                'Begin one, or join one.'))));
        return () => {};
    }
    if (first === 'path') return listPanel(root, ctx, word ?? '');
    if (!first) return listPanel(root, ctx, '');
    return onePanel(root, ctx, first, word === 'from' ? second : undefined);
}

export default {id: 'history', title: 'History', mount};
