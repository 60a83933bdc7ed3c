// SPDX-License-Identifier: MIT OR Apache-2.0
// Drift: Units that were changed by hand. What is other is reviewed, then
// healed or adopted; what was overwritten is kept as a copy.
import {fill, h} from '../lib/dom.js';
import {attempt} from '../lib/attempt.js';
import {changeList, diffView} from '../lib/diffview.js';
import {format} from '../lib/jsontext.js';
import {createManner, headerText} from '../lib/manner.js';
import {badge, button, command, empty, errorBox, heading, loading, since} from
    '../lib/parts.js';
import {bytes} from '../lib/words.js';
import {watch} from '../lib/watch.js';

const WHY = {drift: 'was changed by hand', join: 'ran before it joined'};

async function load(ctx) {
    const [nodes, copies] = await Promise.all([
        ctx.api.get('/mesh/nodes'), ctx.api.get('/mesh/copies')]);
    const here = nodes.nodes.find(n => n.me);
    const mine = here && ['drift', 'healing'].includes(here.state);
    const [dry, error] = mine && ctx.session.canWrite
        ? await ctx.api.send('POST', '/config?dry-run')
            .then(d => [d, null], e => [null, e]) : [null, null];
    return {
        here, mine, dry, error, copies: copies.copies,
        others: nodes.nodes.filter(n => !n.me &&
            ['drift', 'healing'].includes(n.state)),
    };
}

/** A node's reason as a sentence. */
const headline = text => `${text[0].toUpperCase()}${text.slice(1)}.`;

/** What the Unit of this node runs that the mesh does not say. */
function difference(d) {
    if (d.error) {
        return errorBox(d.error, h('p', null, 'It cannot be adopted as it ' +
            'is. What is the node\'s own stands in overlays and variables.'));
    }
    if (!d.dry) return null;
    return [h('h3', null, 'What is other'),
        d.dry.changes?.length ? changeList(d.dry.changes, d.dry.more)
            : h('p', {class: 'soft'}, 'Nothing that a document could hold.'),
        (d.dry.warnings ?? []).map(w => h('p', null, w))];
}

/** Healing and adopting, on this node. */
function actions(ctx, d, again) {
    const at = h('div', {class: 'stack'});
    const errorAt = h('div');

    async function heal() {
        const yes = await ctx.confirm({
            title: 'Heal this Unit?', action: 'Heal it', danger: true,
            body: 'It is given what the mesh says. What it runs now is kept ' +
                'as a copy.',
        });
        if (!yes) return;
        const done = await attempt(errorAt,
            query => ctx.api.send('POST', `/mesh/heal${query}`));
        if (done) ctx.toast(done.success);
        again();
    }

    function adopt() {
        const manner = createManner();
        const go = button('Adopt it', async () => {
            const query = manner.query();
            const text = manner.message();
            const done = await attempt(errorAt, more => ctx.api.call('POST',
                `/config${query ? `?${query}` : ''}${more}`, {
                    headers: text ? {'X-Message': headerText(text)} : {},
                }), {begun: Boolean(query)});
            if (!done) return;
            ctx.toast(done.revision ? `Adopted: ${done.revision}.`
                : 'Adopted.');
            fill(at);
            again();
        }, {kind: 'primary', id: 'adopt-go'});
        fill(at, h('h3', null, 'Adopt it: all nodes get it'), manner.el,
            h('div', {class: 'row'}, go,
                button('Back', () => {
                    fill(at);
                    again();
                }, {id: 'adopt-back'})));
        at.scrollIntoView({block: 'nearest'});
    }

    return [h('div', {class: 'row'},
        button('Heal', heal, {id: 'heal'}),
        button('Adopt', adopt, {kind: 'primary', id: 'adopt',
            disabled: Boolean(d.error)}),
        h('span', {class: 'soft'}, 'Heal: the mesh is right. Adopt: the ' +
            'hand was right.')), errorAt, at];
}

function mineCard(ctx, d, again) {
    return h('section', {class: 'card way', 'aria-label': 'This node'},
        h('div', {class: 'card-body'},
            h('div', {class: 'row'}, badge('drift', 'Changed by hand'),
                h('h2', null, `The Unit of ${d.here.name}, this node`)),
            d.here.reason && !d.here.reason.startsWith('changed by hand') &&
                h('p', null, d.here.reason),
            difference(d),
            ctx.session.canWrite ? actions(ctx, d, again)
                : h('p', {class: 'soft'}, 'Who only reads cannot decide.')));
}

function otherCard(n) {
    return h('section', {class: 'card', 'data-node': n.name},
        h('div', {class: 'card-body'},
            h('div', {class: 'row'}, badge('drift', 'Changed by hand'),
                h('h2', null, `The Unit of ${n.name}`)),
            n.reason && h('p', null, headline(n.reason)),
            h('p', null, `${n.name} knows what differs: open its page, or `,
                'look there.'),
            command('unitmesh ui'),
            command('unitmesh post /config --dry-run')));
}

/** A copy, shown beside what is in force when it is opened. */
function copyRow(ctx, c) {
    const at = h('div');
    async function open() {
        fill(at, loading());
        try {
            const [text, now] = await Promise.all([
                ctx.api.call('GET', `/mesh/copies/${c.copy}`),
                ctx.api.call('GET', '/config?effective')]);
            const old = format(text.text.trim());
            fill(at, h('h3', null, 'Against what runs now'),
                diffView(old, format(now.text.trim()),
                    [`Copy ${c.copy}`, 'Now']),
                h('h3', null, 'The copy'), h('pre', {class: 'whole'}, old));
        } catch (error) {
            fill(at, errorBox(error));
        }
    }
    return h('details', {class: 'copy', id: `copy-${c.copy}`,
        ontoggle: e => e.target.open && open()},
    h('summary', {class: 'sum'}, `Copy ${c.copy}: ${WHY[c.why] ?? c.why}, `,
        since(c.at_ms), h('span', {class: 'soft normal'},
            ` ${bytes(c.bytes)}`, c.revision && `, then ${c.revision}`)),
    h('div', {class: 'card-body'}, at));
}

function copyList(ctx, copies) {
    if (!copies.length) {
        return h('p', {class: 'soft'}, 'Nothing was overwritten here.');
    }
    return h('div', {class: 'card'}, [...copies].reverse().map(c =>
        copyRow(ctx, c)));
}

function mount(root, ctx) {
    const top = h('div', {class: 'stack'});
    const copiesAt = h('div');
    fill(root, heading('Drift'), top);
    fill(top, loading());
    let kept = '';

    function drawCopies(copies) {
        if (kept === JSON.stringify(copies)) return;
        kept = JSON.stringify(copies);
        fill(copiesAt, h('section', {class: 'stack'},
            h('h2', null, 'Copies of what was overwritten here'),
            copyList(ctx, copies)));
    }

    function show(d, error) {
        if (top.querySelector('#adopt-go')) return; // somebody is writing
        if (!d) {
            fill(root, heading('Drift'), error?.status === 409 ? empty(
                'This node is in no mesh yet.', h('p', null, h('a',
                    {href: '#/fleet'}, 'Begin one, or join one.')))
                : errorBox(error));
            return;
        }
        if (!copiesAt.isConnected) fill(root, heading('Drift'), top, copiesAt);
        fill(top, d.mine && mineCard(ctx, d, () => seen.again()),
            d.others.map(otherCard),
            !d.mine && !d.others.length && empty(
                'Each Unit runs what the mesh says.', h('p', null,
                    'Who changes one by hand is seen here.')));
        drawCopies(d.copies);
    }

    const seen = watch(ctx.live, () => load(ctx), show, {every: 8000,
        kinds: ['drift', 'adopted', 'applied', 'current'],
        key: d => d && JSON.stringify([d.mine, d.here?.reason, d.dry,
            d.error?.message, d.copies, d.others.map(n => n.name)])});
    return seen.end;
}

export default {id: 'drift', title: 'Drift', mount};
