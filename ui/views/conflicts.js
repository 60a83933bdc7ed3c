// SPDX-License-Identifier: MIT OR Apache-2.0
// Conflicts: what two made of the same revision while they could not hear each
// other, and how it is ended.
import {fill, h} from '../lib/dom.js';
import {ancestor} from '../lib/branches.js';
import {collide} from '../lib/collide.js';
import {changeList, diffView} from '../lib/diffview.js';
import {merge} from '../lib/diff.js';
import {diffOf, keepDocuments} from '../lib/documents.js';
import {createEditor} from '../lib/editor.js';
import {format, JsonError, lineOf, parse} from '../lib/jsontext.js';
import {headerText} from '../lib/manner.js';
import {badge, button, empty, errorBox, heading, loading, note, since} from
    '../lib/parts.js';
import {review} from '../lib/review.js';
import {count} from '../lib/words.js';
import {watch} from '../lib/watch.js';

/** The three documents of a conflict, and what each side changed. */
async function load(kept, current, known, theirs) {
    const base = ancestor(known, current, theirs.revision);
    const [was, ours, other, mine, yours] = await Promise.all([
        base ? kept.documentOf(base) : '', kept.documentOf(current),
        kept.documentOf(theirs.revision), kept.diffOf(current, base),
        kept.diffOf(theirs.revision, base)]);
    return {theirs, base: base ?? 'nothing', current, was, ours, other,
        mine: mine.changes, yours: yours.changes};
}

async function loadAll(ctx, kept) {
    const [list, revs] = await Promise.all([
        ctx.api.get('/mesh/conflicts'),
        ctx.api.get('/mesh/revisions?limit=500')]);
    const current = revs.revisions.find(r => r.current);
    const known = new Map(revs.revisions.map(r => [r.revision, r]));
    const all = await Promise.all(list.conflicts.map(c =>
        load(kept, current.revision, known, c).catch(error =>
            ({theirs: c, error}))));
    return {all, current, unlisted: list.unlisted};
}

function side(title, revision, by, changes) {
    return h('section', {class: 'card'}, h('h3', null, title),
        h('div', {class: 'card-body'},
            h('p', {class: 'soft'}, h('a', {href: `#/history/${revision}`,
                class: 'mono'}, revision), ' ', by),
            changeList(changes)));
}

function both(c) {
    const places = collide(c.mine, c.yours);
    if (!places.length) {
        return note('info', 'They changed different places',
            h('p', null, 'Edit puts them together.'));
    }
    return note('warn', `${count(places.length, 'place was',
        'places were')} changed by both`,
    h('ul', {class: 'plain-list'}, places.map(p =>
        h('li', null, h('code', null, p)))));
}

/** What a person can do about one. */
function actions(at, ctx, c, again) {
    const name = c.theirs.revision;
    const post = (verb, query, message) => ctx.api.send('POST',
        `/mesh/conflicts/${name}/${verb}${query}`, message ? {message} : {});
    const back = () => {
        fill(at);
        again();
    };
    const done = word => () => {
        ctx.toast(word);
        back();
    };
    const take = () => review(at, ctx, {
        title: `Take ${name}`, action: 'Take it', back,
        before: c.ours, after: c.other, titles: [`In force: ${c.current}`,
            name],
        check: () => diffOf(ctx, name, c.current),
        send: (q, m) => post('take', q, m), done: done('It is taken.'),
    });
    const drop = () => review(at, ctx, {
        title: `Drop ${name}`, action: 'Drop it', back,
        before: c.other, after: c.ours, titles: [`${name}, which goes`,
            `In force, which stays`],
        send: (q, m) => post('drop', q, m), done: done('It is dropped.'),
    });
    return h('div', {class: 'row'},
        button('Take theirs', take, {id: `take-${name}`}),
        button('Keep what is in force', drop, {id: `drop-${name}`}),
        button('Edit both', () =>
            editBoth(at, ctx, c, done('It is ended.'), back),
            {id: `edit-${name}`, kind: 'primary'}));
}

/** An editor with both, as far as they can be put together. */
function editBoth(at, ctx, c, done, leave) {
    const merged = merge(c.was, c.ours, c.other);
    const name = c.theirs.revision;
    const errorAt = h('div');
    const editor = createEditor({id: 'conflict-editor',
        label: 'The document that ends it', onSubmit: go});

    function go() {
        const text = editor.area.value;
        try {
            parse(text);
        } catch (e) {
            if (!(e instanceof JsonError)) throw e;
            const {line} = lineOf(text, e.offset);
            editor.mark(e.offset);
            fill(errorAt, errorBox({problem: {error: 'This is no JSON.',
                detail: `${e.message} Line ${line}.`}}));
            return;
        }
        const reviewAt = h('div');
        fill(at, reviewAt);
        review(reviewAt, ctx, {
            title: `End ${name}`, action: 'Publish',
            before: c.ours, after: format(text),
            titles: [`In force: ${c.current}`, 'What ends it'],
            send: (query, message) => ctx.api.send('POST',
                `/mesh/conflicts/${name}/edit${query}`, text,
                message ? {'X-Message': headerText(message)} : {}),
            done, back: () => {
                editBoth(at, ctx, c, done, leave);
                at.querySelector('textarea').value = text;
                at.querySelector('textarea').dispatchEvent(
                    new Event('input'));
            },
        });
    }

    fill(at, h('section', {class: 'stack'},
        h('h2', null, 'The document that ends it'),
        h('p', {class: 'soft'}, merged === null
            ? 'Both changed the same lines: this is what is in force. Put ' +
                'in what you want of the other.'
            : 'Both are put together: look whether that is meant.'),
        editor.el, errorAt,
        h('div', {class: 'row'}, button('Review', go, {kind: 'primary',
            id: 'conflict-review'}),
        button('Back', leave, {id: 'conflict-back'}))));
    editor.set(merged ?? c.ours);
    editor.area.focus({preventScroll: true});
    at.scrollIntoView({block: 'nearest'});
}

function card(ctx, c, again) {
    const r = c.theirs;
    const title = h('div', {class: 'row'}, badge('warn', 'Open'),
        h('h2', null, `${r.author || 'Somebody'}: ${r.message}`),
        h('span', {class: 'soft'}, since(r.wall_ms)));
    if (c.error) return h('section', {class: 'stack'}, title,
        errorBox(c.error));
    const at = h('div');
    return h('section', {class: 'stack conflict',
        'data-conflict': r.revision}, title,
    h('p', null, 'Both come from ', h('a', {href: `#/history/${c.base}`,
        class: 'mono'}, c.base), '. One of them is in force on all nodes.'),
    both(c),
    h('div', {class: 'pair'},
        side('Ours: in force', c.current, '', c.mine),
        side('Theirs', r.revision, `by ${r.author}`, c.yours)),
    h('details', {class: 'card', id: `whole-${r.number}`},
        h('summary', {class: 'sum'}, 'Base, ours and theirs in full'),
        h('div', {class: 'card-body'},
            h('h3', null, 'Ours'), diffView(c.was, c.ours,
                [`Base: ${c.base}`, `Ours: ${c.current}`]),
            h('h3', null, 'Theirs'), diffView(c.was, c.other,
                [`Base: ${c.base}`, `Theirs: ${r.revision}`]))),
    ctx.session.canWrite && actions(at, ctx, c, again), at);
}

function none() {
    return empty('There is no conflict.', h('p', null, 'Two changes that ' +
        'could not hear of each other are put together where they can be. ' +
        'What cannot be is shown here, for somebody to decide; until then ' +
        'all nodes run one of them.'));
}

function mount(root, ctx) {
    const at = h('div', {class: 'stack'});
    fill(root, heading('Conflicts'), at);
    fill(at, loading());

    function show(data, error) {
        // Who is deciding is not disturbed by what comes meanwhile.
        if (at.querySelector('#conflict-editor, #review-go')) return;
        if (!data) {
            fill(at, error?.status === 409 ? empty(
                'This node is in no mesh yet.', h('p', null, h('a',
                    {href: '#/fleet'}, 'Begin one, or join one.')))
                : errorBox(error));
        } else if (!data.all.length) fill(at, none());
        else {
            fill(at, data.all.map(c => card(ctx, c, () => seen.again())),
                data.unlisted > 0 && h('p', null,
                    `and ${data.unlisted} more`));
        }
    }

    const kept = keepDocuments(ctx);
    const seen = watch(ctx.live, () => loadAll(ctx, kept), show,
        {every: 20000, kinds: ['current', 'conflicts']});
    return seen.end;
}

export default {id: 'conflicts', title: 'Conflicts', mount};
