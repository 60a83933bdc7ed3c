// SPDX-License-Identifier: MIT OR Apache-2.0
// What is on its way: a trial that waits for a word, a rollout in stages.
import {fill, h} from './dom.js';
import {badge, button, countdown} from './parts.js';
import {stateOf} from './verdict.js';
import {count} from './words.js';
import {attempt} from './attempt.js';

const WHAT = {
    trial: ['On trial', 'It ends by itself unless somebody confirms it.'],
    staged: ['In stages', 'It goes to some nodes first, and on when those ' +
        'do well.'],
};

/** How far it is: who runs it, of all. */
function progress(revision, rows) {
    const run = rows.filter(r => r.runs === revision.revision && !r.stale);
    const bad = rows.filter(r => r.bad?.includes(revision.revision));
    const share = rows.length ? run.length / rows.length : 0;
    return [
        h('div', {class: 'meter', role: 'img', 'aria-label':
            `${run.length} of ${rows.length} run it`},
        h('div', {class: 'meter-fill', style: {width: `${100 * share}%`}})),
        h('p', null, `${run.length} of ${count(rows.length, 'node')} ` +
            `${run.length === 1 ? 'runs' : 'run'} it`,
        bad.length > 0 && `; it fails at ${bad.map(r => r.name).join(', ')}`,
        '. ', rows.filter(r => !run.includes(r)).slice(0, 8).map(r =>
            [badge(stateOf(r.state).kind, r.name), ' '])),
    ];
}

/**
 * @param {HTMLElement} at
 * @param {object} ctx
 * @param {function} again called when something was done
 * @returns {{show: function(object)}}
 */
export function underWay(at, ctx, again) {
    const errorAt = h('div');

    async function act(verb, revision, done) {
        const path = `/mesh/revisions/${revision.revision}/${verb}`;
        const ok = await attempt(errorAt, query =>
            ctx.api.send('POST', path + query, {}));
        if (ok) ctx.toast(done);
        again();
    }

    async function abort(revision) {
        const yes = await ctx.confirm({
            title: `Abort ${revision.revision}?`,
            body: 'All nodes go back to what ran before it.',
            action: 'Abort it', danger: true,
        });
        if (yes) act('abort', revision, 'Aborted.');
    }

    function buttons(revision) {
        if (!ctx.session.canWrite) return null;
        return h('div', {class: 'row'},
            button('Confirm', () => act('confirm', revision, 'Confirmed.'),
                {kind: 'primary', id: `confirm-${revision.number}`}),
            button('Abort', () => abort(revision),
                {id: `abort-${revision.number}`}),
            revision.policy === 'staged' && button('Resume here', () =>
                act('resume', revision, 'Its rollout is driven from here.'),
            {id: `resume-${revision.number}`}));
    }

    function card(revision, rows) {
        const [title, text] = WHAT[revision.policy] ?? ['Open', ''];
        return h('section', {class: 'card way'}, h('div', {class: 'card-body'},
            h('div', {class: 'row'}, badge('busy', title),
                h('strong', null, h('a', {
                    href: `#/history/${revision.revision}`,
                }, revision.revision)),
                h('span', null, revision.message),
                revision.ends_ms && h('span', {class: 'countdown'}, 'ends in ',
                    h('strong', null, countdown(revision.ends_ms)))),
            h('p', {class: 'soft'}, text, ` By ${revision.author}.`),
            progress(revision, rows), buttons(revision)));
    }

    return {
        show(data) {
            const open = data.revisions.filter(r => r.state === 'open');
            fill(at, errorAt, open.map(r => card(r, data.rows)));
        },
    };
}
