// SPDX-License-Identifier: MIT OR Apache-2.0
// Elements, made without a framework: h('p', {class: 'x'}, 'text', child).

const SVG = 'http://www.w3.org/2000/svg';

/** Sets one property: on… is a listener, style an object, the rest what
 *  fits. False, null and undefined set nothing. */
function set(el, name, value) {
    if (value === false || value === null || value === undefined) return;
    if (name === 'class') el.setAttribute('class', value);
    else if (name === 'style') Object.assign(el.style, value);
    else if (name === 'dataset') Object.assign(el.dataset, value);
    else if (name.startsWith('on')) el.addEventListener(name.slice(2), value);
    else if (name === 'value' || name === 'checked') el[name] = value;
    else el.setAttribute(name, value === true ? '' : value);
}

/** Adds children: elements, text, lists of those; nothing is left out. */
function add(el, children) {
    for (const c of children.flat(Infinity)) {
        if (c === null || c === undefined || c === false) continue;
        el.append(c instanceof Node ? c : String(c));
    }
    return el;
}

function build(el, props, children) {
    for (const [name, value] of Object.entries(props ?? {})) {
        set(el, name, value);
    }
    return add(el, children);
}

/**
 * An element.
 * @param {string} tag
 * @param {object|null} [props] attributes; `onclick` and others listen
 * @param {...(Node|string|number|Array|null|false)} children
 * @returns {HTMLElement}
 */
export function h(tag, props, ...children) {
    return build(document.createElement(tag), props, children);
}

/**
 * The same in SVG.
 * @returns {SVGElement}
 */
export function s(tag, props, ...children) {
    return build(document.createElementNS(SVG, tag), props, children);
}

/**
 * Puts these in the place of what an element holds. Where the focus was on
 * something with an id, it goes to what has that id now.
 * @param {Element} el
 * @param {...any} children
 * @returns {Element} el
 */
export function fill(el, ...children) {
    const at = document.activeElement;
    const id = at && el.contains(at) ? at.id : '';
    const open = [...el.querySelectorAll('details[open][id]')].map(d => d.id);
    el.replaceChildren();
    add(el, children);
    for (const d of open) {
        el.querySelector(`#${CSS.escape(d)}`)?.setAttribute('open', '');
    }
    if (id) el.querySelector(`#${CSS.escape(id)}`)?.focus();
    return el;
}
