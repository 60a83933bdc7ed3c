// SPDX-License-Identifier: MIT OR Apache-2.0
// Overlays, variables and probes: a list of them, and one of them edited.
import {fill, h} from './dom.js';
import {editPanel} from './editpanel.js';
import {format, parse, pointerOf} from './jsontext.js';
import {headerText} from './manner.js';
import {button, empty, errorBox, field, loading} from './parts.js';
import {review} from './review.js';
import {watch} from './watch.js';

const KINDS = {
    overlays: {
        one: 'Overlay', label: 'Selector', template: '{\n    "merge": {}\n}',
        hint: 'all, group:NAME, label:KEY=VALUE or node:NAME',
        none: 'All nodes run the same.',
        checked: 'Checked as far as it is for this node. What another one ' +
            'makes of it, that one says.',
        text: 'An overlay says what is other at some nodes: a merge patch, ' +
            'renamed addresses, a JSON Patch.',
    },
    variables: {
        one: 'Variable', label: 'Name', template: '""',
        hint: 'letters, digits, _ and -',
        none: 'There are no variables.',
        text: 'A variable is put in where the configuration says {{NAME}}.',
    },
    probes: {
        one: 'Probe', label: 'Name',
        template: '{\n    "listener": "*:8080",\n    "path": "/"\n}',
        hint: 'such as front',
        none: 'There are no probes.',
        text: 'A probe is what each node asks its own listeners, to see ' +
            'whether it does well.',
    },
};

const pathOf = (kind, name) =>
    `/mesh/${kind}/${encodeURIComponent(name)}`;

function isSecret(text) {
    return /^\{\s*"sealed"\s*:/.test(text);
}

/** The names of a part, in order, each with its text. */
function entries(text) {
    const root = parse(text);
    return (root.items ?? []).map(n => ({name: n.key,
        text: text.slice(n.from, n.to)}));
}

function preview(text) {
    if (isSecret(text)) return 'sealed: nobody is shown its value';
    const flat = text.replace(/\s+/g, ' ');
    return flat.length > 140 ? `${flat.slice(0, 140)}…` : flat;
}

function row(kind, e, can, remove) {
    return h('tr', null,
        h('th', {scope: 'row'}, h('a', {href:
            `#/config/${kind}/${encodeURIComponent(e.name)}`}, e.name)),
        h('td', null, h('code', null, preview(e.text))),
        can && h('td', {class: 'num'}, button('Delete', () => remove(e),
            {kind: 'small', 'aria-label': `Delete ${e.name}`})));
}

/** Where a name is typed, and the editor follows. */
function addForm(kind, ctx) {
    const k = KINDS[kind];
    const name = h('input', {id: 'new-name', required: true,
        autocomplete: 'off', spellcheck: 'false'});
    const go = button('Add', () => {}, {id: 'new-go'});
    go.type = 'submit';
    return h('form', {class: 'add-form', onsubmit: e => {
        e.preventDefault();
        ctx.go(`config/${kind}/${encodeURIComponent(name.value.trim())}`);
    }}, field(`New: ${k.label.toLowerCase()}`, name, k.hint), go);
}

function removal(at, ctx, kind, e, etag, done) {
    const path = pathOf(kind, e.name);
    review(at, ctx, {
        title: `Delete ${e.name}`, action: 'Delete it',
        before: format(e.text), after: '', titles: ['In force', 'Nothing'],
        check: () => ctx.api.send('DELETE', `${path}?dry-run`),
        send: (query, message) => ctx.api.call('DELETE', path + query, {
            headers: {
                ...(etag && {'If-Match': etag}),
                ...(message && {'X-Message': headerText(message)}),
            },
        }),
        done: () => {
            ctx.toast(`${e.name} is gone.`);
            done();
        },
        back: done,
    });
}

function list(root, ctx, kind) {
    const k = KINDS[kind];
    const can = ctx.session.canWrite;
    const at = h('div');
    const reviewAt = h('div');
    fill(root, h('div', {class: 'stack'}, at, reviewAt,
        can && addForm(kind, ctx)));
    fill(at, loading());

    function remove(e, etag) {
        at.hidden = true;
        removal(reviewAt, ctx, kind, e, etag, () => {
            at.hidden = false;
            fill(reviewAt);
            seen.now();
        });
    }

    function show(got, error) {
        if (!got) {
            fill(at, errorBox(error));
            return;
        }
        const all = entries(got.text);
        if (!all.length) {
            fill(at, empty(k.none, h('p', null, k.text)));
            return;
        }
        fill(at, h('div', {class: 'card scroll'},
            h('table', {class: 'table'},
                h('thead', null, h('tr', null,
                    h('th', {scope: 'col'}, k.label),
                    h('th', {scope: 'col'}, 'Value'),
                    can && h('th', {scope: 'col'},
                        h('span', {class: 'unseen'}, 'What to do')))),
                h('tbody', null, all.map(e =>
                    row(kind, e, can, x => remove(x, got.etag)))))));
    }

    const seen = watch(ctx.live,
        () => ctx.api.call('GET', `/mesh/${kind}`), show,
        {kinds: ['current'], every: 15000});
    return seen.end;
}

/** A secret is sealed when this is ticked. */
function secretBox() {
    const tick = h('input', {type: 'checkbox', id: 'secret'});
    return {
        query: () => tick.checked ? 'secret' : '',
        el: h('p', null, tick, h('label', {for: 'secret'},
            'Seal it: only the nodes can read it, nobody is shown it again')),
    };
}

function one(root, ctx, kind, name) {
    const k = KINDS[kind];
    const box = kind === 'variables' && ctx.session.canWrite
        ? secretBox() : null;
    const body = h('div');
    fill(root, h('div', {class: 'stack'},
        h('p', null, h('a', {href: `#/config/${kind}`}, `All ${kind}`),
            ' / ', h('strong', null, name)), body));
    return editPanel(body, ctx, {
        path: pathOf(kind, name), title: `${k.one} ${name}`,
        prefix: pointerOf([kind, name]), template: k.template,
        extra: box?.el, query: box?.query, all: `/mesh/${kind}`,
        inAll: pointerOf([name]), checked: k.checked,
        short: kind !== 'overlays',
    });
}

/**
 * @param {HTMLElement} root
 * @param {object} ctx
 * @param {'overlays'|'variables'|'probes'} kind
 * @param {string[]} path a name, or nothing
 * @returns {function} ends it
 */
export function partsPanel(root, ctx, kind, path) {
    return path.length ? one(root, ctx, kind, path[0])
        : list(root, ctx, kind);
}

