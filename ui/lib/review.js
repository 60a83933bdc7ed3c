// SPDX-License-Identifier: MIT OR Apache-2.0
// Before something is published: the difference, what comes of it, for whom,
// and how. The same for an edit, a roll back, the end of a conflict.
import {fill, h} from './dom.js';
import {attempt} from './attempt.js';
import {changeList, diffView} from './diffview.js';
import {createManner} from './manner.js';
import {button, errorBox, note} from './parts.js';
import {count} from './words.js';

/** Who gets it: those that are heard, and those that follow. */
function reach(nodes) {
    const silent = nodes.filter(n => ['stale', 'unknown'].includes(n.state));
    const names = silent.slice(0, 5).map(n => n.name).join(', ');
    const all = count(nodes.length, 'node');
    if (!silent.length) return `It goes to ${all}, and all are heard.`;
    return `It goes to ${all}. ${count(silent.length, 'node')} ` +
        `(${names}${silent.length > 5 ? ', …' : ''}) ` +
        `${silent.length === 1 ? 'is' : 'are'} not heard and will follow.`;
}

async function plan(at, ctx, change) {
    fill(at, h('p', {class: 'soft'}, 'Looking what comes of it…'));
    try {
        const [dry, nodes] = await Promise.all([
            change.check?.() ?? {}, ctx.api.get('/mesh/nodes')]);
        fill(at,
            dry.changes && [h('h3', null, 'What changes'),
                changeList(dry.changes, dry.more)],
            (dry.warnings ?? []).map(w => note('warn', w)),
            h('p', null, reach(nodes.nodes)));
    } catch (error) {
        fill(at, errorBox(error));
    }
}

/**
 * Shows a change, and does it when somebody says so.
 * @param {HTMLElement} at
 * @param {object} ctx
 * @param {{title: string, before: string, after: string, titles?: string[],
 *     action: string, message?: string, check?: function(): Promise<object>,
 *     send: function(string, string): Promise<object>,
 *     onError?: function(Error): boolean, done: function(object),
 *     back: function}} change `send` gets a query that begins with a question
 *     mark, or is empty, and the message
 */
export function review(at, ctx, change) {
    const manner = createManner({message: change.message});
    const planAt = h('div', {class: 'stack'});
    const errorAt = h('div');
    const go = button(change.action, submit, {kind: 'primary',
        id: 'review-go'});

    async function submit() {
        go.disabled = true;
        fill(go, 'Under way…');
        const query = manner.query();
        const lead = query ? `?${query}` : '';
        const done = await attempt(errorAt,
            more => change.send(lead + more, manner.message()),
            {
                begun: Boolean(query), onError: change.onError,
                onAsk: () => fill(go, 'Held back'),
            });
        go.disabled = false;
        fill(go, change.action);
        if (done) change.done(done);
    }

    fill(at, h('section', {class: 'stack', 'aria-labelledby': 'review-title'},
        h('h2', {id: 'review-title', tabindex: '-1'}, change.title),
        diffView(change.before, change.after, change.titles),
        planAt, manner.el, errorAt,
        h('div', {class: 'row'}, go,
            button('Back', change.back, {id: 'review-back'}))));
    plan(planAt, ctx, change);
    at.querySelector('h2').focus({preventScroll: true});
    at.scrollIntoView({block: 'nearest'});
}
