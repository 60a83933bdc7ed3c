// SPDX-License-Identifier: MIT OR Apache-2.0
// A text area for JSON: coloured, with line numbers, and with a mark at what
// is wrong. It stays a text area: the tab key leaves it, and who cannot see
// reads plain text.
import {fill, h} from './dom.js';
import {lineOf, tokens} from './jsontext.js';

const MOST_COLOURED = 60000;
const LINE = 20; // pixels, as app.css has it

/** The colour of a piece. */
function classOf(t, text, list, i) {
    if (t.kind !== 'string') return `t-${t.kind}`;
    const next = list.slice(i + 1, i + 3).find(n => n.kind !== 'space');
    return next && text[next.from] === ':' ? 't-name' : 't-string';
}

/**
 * A text, coloured.
 * @param {string} text
 * @returns {Node[]}
 */
export function coloured(text) {
    if (text.length > MOST_COLOURED) return [document.createTextNode(text)];
    const list = tokens(text);
    return list.map((t, i) => {
        const raw = text.slice(t.from, t.to);
        return t.kind === 'space' || t.kind === 'punct'
            ? document.createTextNode(raw)
            : h('span', {class: classOf(t, text, list, i)}, raw);
    });
}

function numbers(count, bad) {
    const all = Array.from({length: count}, (_, i) => i + 1);
    if (!bad) return [all.join('\n')];
    return [all.slice(0, bad - 1).map(n => `${n}\n`).join(''),
        h('span', {class: 'bad'}, bad),
        all.slice(bad).map(n => `\n${n}`).join('')];
}

/**
 * @param {{id: string, label: string, readOnly?: boolean,
 *     onInput?: function(string), onSubmit?: function,
 *     describedBy?: string, short?: boolean}} how
 * @returns {{el: HTMLElement, area: HTMLTextAreaElement,
 *     set: function(string), mark: function(number|null),
 *     select: function(number, number)}}
 */
export function createEditor(how) {
    const ink = h('pre', {class: 'ink', 'aria-hidden': 'true'});
    const gutter = h('pre', {class: 'gutter', 'aria-hidden': 'true'});
    const bar = h('div', {class: 'badline', hidden: true});
    const area = h('textarea', {
        id: how.id, 'aria-label': how.label, wrap: 'off',
        spellcheck: 'false', autocapitalize: 'off', autocomplete: 'off',
        readonly: how.readOnly, 'aria-describedby': how.describedBy,
        onscroll: scrolled, oninput: typed, onkeydown: pressed,
    });
    const own = {bad: null};

    function scrolled() {
        ink.style.transform =
            `translate(${-area.scrollLeft}px, ${-area.scrollTop}px)`;
        gutter.style.transform = `translateY(${-area.scrollTop}px)`;
        bar.style.transform = `translateY(${-area.scrollTop}px)`;
    }

    function draw() {
        const text = area.value;
        const line = own.bad === null ? 0 : lineOf(text, own.bad).line;
        fill(ink, coloured(text), '\n');
        fill(gutter, numbers(text.split('\n').length, line));
        bar.hidden = !line;
        bar.style.top = `${10 + (line - 1) * LINE}px`;
        scrolled();
    }

    function typed() {
        own.bad = null;
        draw();
        how.onInput?.(area.value);
    }

    function pressed(e) {
        if (e.key === 'Enter' && (e.ctrlKey || e.metaKey)) {
            e.preventDefault();
            how.onSubmit?.();
        }
    }

    return {
        el: h('div', {class: how.short ? 'editor short' : 'editor'}, gutter,
            h('div', {class: 'paper'}, bar, ink, area)),
        area,
        set(text) {
            area.value = text;
            own.bad = null;
            draw();
        },
        /** Marks the line of an offset; null: nothing is wrong. */
        mark(offset) {
            own.bad = offset;
            area.setAttribute('aria-invalid', String(offset !== null));
            draw();
        },
        /** Shows and selects a place. */
        select(from, to) {
            area.focus();
            area.setSelectionRange(from, to);
            const {line} = lineOf(area.value, from);
            area.scrollTop = Math.max(0, (line - 5) * LINE);
            area.scrollLeft = 0;
        },
    };
}
