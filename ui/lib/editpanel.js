// SPDX-License-Identifier: MIT OR Apache-2.0
// One part of the document in an editor: checked while it is typed, reviewed,
// published; and what is done when somebody else was first.
import {fill, h} from './dom.js';
import {diffView} from './diffview.js';
import {merge} from './diff.js';
import {createEditor} from './editor.js';
import {icon} from './icons.js';
import {format, lineOf, locate, part} from './jsontext.js';
import {headerText} from './manner.js';
import {button, errorBox, loading, note} from './parts.js';
import {review} from './review.js';
import {tree} from './tree.js';

const CHECK_MS = 400;
const CHECKED = {
    document: 'It is as Unit has it: checked by its rules.',
    scratch: 'A Unit beside this node\'s takes it.',
    unit: 'The Unit of this node takes it.',
};

/** Who was asked: the last of "document, scratch, unit". */
function checkedBy(header) {
    return CHECKED[(header ?? '').split(', ').at(-1)] ?? CHECKED.document;
}

/** What is there now; a part that is new is empty. A part is read out of all
 *  of its kind, where one that is not there is no mistake. */
async function fetchPart(ctx, target) {
    const got = await ctx.api.call('GET', target.all ?? target.path);
    const text = target.all ? part(got.text, target.inAll) : got.text;
    return {text: format((text ?? '').trim()),
        etag: text === null ? null : got.etag};
}

/** The pointer in this text of one that leads into the whole document. */
function localPointer(target, problem) {
    const p = problem.pointer;
    if (p === undefined || problem.of !== 'document') return p;
    return p.startsWith(target.prefix) ? p.slice(target.prefix.length) : p;
}

/** Where a mistake is in a text; null: it has no place here. */
function placeOf(target, text, problem) {
    if (Number.isInteger(problem.offset)) {
        return {from: problem.offset, to: problem.offset};
    }
    const pointer = localPointer(target, problem);
    return pointer === undefined ? null : locate(text, pointer);
}

/**
 * @param {HTMLElement} root
 * @param {object} ctx
 * @param {{path: string, title: string, prefix: string, template: string,
 *     at?: string, query?: function(): string, extra?: HTMLElement,
 *     all?: string, inAll?: string, checked?: string, short?: boolean}} target
 *     `prefix`: its pointer in the document; `at`: a pointer to show; `all`:
 *     where it is read, at the pointer `inAll`; `checked`: what it means that
 *     nothing is wrong; `short`: few lines are enough
 * @returns {function} ends it
 */
export function editPanel(root, ctx, target) {
    const can = ctx.session.canWrite;
    const own = {draft: null, timer: 0, stop: null, over: false};
    const checkAt = h('div', {class: 'check', role: 'status', id: 'check'});
    const treeAt = h('div', {class: 'tree-at'});
    const buttonsAt = h('div', {class: 'row'});
    const firstAt = h('div');
    const edit = h('div', {class: 'stack'});
    const reviewAt = h('div', {hidden: true});
    const editor = createEditor({
        id: 'editor', label: target.title, readOnly: !can,
        onInput: typed, onSubmit: () => isDirty() && openReview(),
        describedBy: 'check', short: target.short,
    });

    const isDirty = () => own.draft && own.draft.text !== own.draft.base;

    function drawButtons() {
        const dirty = isDirty();
        fill(buttonsAt, can && [
            button('Review', openReview, {kind: 'primary', id: 'review',
                disabled: !dirty}),
            button('Format', () => setText(format(editor.area.value)),
                {id: 'format'}),
            button('Discard', () => setText(own.draft.base),
                {id: 'discard', disabled: !dirty}),
            h('span', {class: 'soft'}, dirty ? 'Not published yet'
                : 'As it is in force')]);
    }

    function drawTree() {
        const made = tree(own.draft.text, editor.select);
        if (made) fill(treeAt, made.firstChild ? made
            : h('p', {class: 'soft'}, 'It has no members.'));
    }

    function setText(text) {
        editor.set(text);
        typed(text);
    }

    function typed(text) {
        own.draft.text = text;
        drawButtons();
        clearTimeout(own.timer);
        own.timer = setTimeout(look, CHECK_MS);
    }

    async function dryRun(signal) {
        return ctx.api.call('PUT', `${target.path}?dry-run${secret('&')}`, {
            body: own.draft.text, signal,
        });
    }

    function secret(lead) {
        const more = target.query?.() ?? '';
        return more && lead + more;
    }

    async function look() {
        drawTree();
        own.stop?.abort();
        if (!isDirty() || !can) {
            editor.mark(null);
            fill(checkAt);
            return;
        }
        own.stop = new AbortController();
        try {
            const dry = await dryRun(own.stop.signal);
            if (own.over) return;
            editor.mark(null);
            fill(checkAt, h('p', {class: 'checked is-ok'}, icon('ok'),
                target.checked ?? checkedBy(dry.checked)));
        } catch (error) {
            if (error.name !== 'AbortError' && !own.over) wrong(error);
        }
    }

    function wrong(error) {
        const text = own.draft.text;
        const place = error.problem && placeOf(target, text, error.problem);
        editor.mark(place ? place.from : null);
        fill(checkAt, errorBox(error, place && h('div', {class: 'row'},
            button(`Go to line ${lineOf(text, place.from).line}`,
                () => editor.select(place.from, place.to),
                {kind: 'small', id: 'go-line'}))));
    }

    function openReview() {
        edit.hidden = true;
        reviewAt.hidden = false;
        review(reviewAt, ctx, {
            title: `Review: ${target.title}`, action: 'Publish',
            before: own.draft.base, after: format(own.draft.text),
            titles: ['In force', 'Yours'],
            check: async () => (await dryRun()).data,
            send: publish, onError: first, done: published, back: closeReview,
        });
    }

    function closeReview() {
        reviewAt.hidden = true;
        edit.hidden = false;
        fill(reviewAt);
        editor.area.focus();
    }

    async function publish(query, message) {
        const headers = own.draft.etag ? {'If-Match': own.draft.etag}
            : {'If-None-Match': '*'};
        if (message) headers['X-Message'] = headerText(message);
        return ctx.api.call('PUT',
            target.path + query + secret(query ? '&' : '?'),
            {body: own.draft.text, headers});
    }

    async function published(done) {
        ctx.toast(done.revision ? `${done.revision} is published.`
            : 'It is published.');
        ctx.drafts.delete(target.path);
        own.draft = null;
        closeReview();
        await start();
        target.done?.();
    }

    /** Whether an error says that somebody was first; then it is shown. */
    function first(error) {
        if (error.status !== 412 || error.problem.override) return false;
        closeReview();
        compare();
        return true;
    }

    async function compare() {
        const theirs = await fetchPart(ctx, target);
        if (own.over || theirs.etag === own.draft.etag) return;
        const {base, text} = own.draft;
        if (theirs.text === base || !isDirty()) {
            take(theirs, isDirty() ? text : theirs.text);
            return;
        }
        const both = merge(base, format(text), theirs.text);
        fill(firstAt, note('warn', 'Somebody was first',
            h('p', null, 'This changed since you began:'),
            diffView(base, theirs.text, ['As you began', 'Theirs']),
            both === null && h('p', null, 'You both changed the same lines.'),
            h('div', {class: 'row'},
                both !== null && button('Put mine on theirs',
                    () => take(theirs, both), {kind: 'primary',
                        id: 'rebase'}),
                button('Keep mine as it is', () => take(theirs, text),
                    {id: 'keep-mine'}),
                button('Take theirs', () => take(theirs, theirs.text),
                    {id: 'take-theirs'}))));
    }

    function take(theirs, text) {
        fill(firstAt);
        own.draft.base = theirs.text;
        own.draft.etag = theirs.etag;
        setText(text);
    }

    async function start() {
        const now = await fetchPart(ctx, target);
        const kept = ctx.drafts.get(target.path);
        own.draft = kept ?? {base: now.text, etag: now.etag,
            text: now.text || target.template};
        ctx.drafts.set(target.path, own.draft);
        editor.set(own.draft.text);
        drawButtons();
        await look();
        if (kept && kept.etag !== now.etag) await compare();
    }

    function showPlace() {
        const place = target.at && locate(own.draft.text, target.at);
        if (place) editor.select(place.from, place.to);
    }

    fill(root, loading());
    start().then(() => {
        if (own.over) return;
        fill(edit, firstAt, h('div', {class: 'workbench'},
            h('details', {class: 'card tree-card', id: 'tree',
                open: window.innerWidth > 820},
            h('summary', null, 'Tree'), treeAt),
            h('div', {class: 'stack'}, buttonsAt, editor.el, checkAt,
                target.extra)));
        fill(root, edit, reviewAt);
        editor.set(own.draft.text);
        look();
        showPlace();
    }, error => fill(root, errorBox(error)));

    const end = ctx.live.on('current', () => {
        if (own.draft && reviewAt.hidden) compare().catch(() => {});
    });
    return () => {
        own.over = true;
        clearTimeout(own.timer);
        own.stop?.abort();
        if (own.draft && !isDirty()) ctx.drafts.delete(target.path);
        end();
    };
}
