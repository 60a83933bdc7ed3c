// SPDX-License-Identifier: MIT OR Apache-2.0
// What is always there: which node and mesh this is, whether the page is live,
// and the way to the views.
import {fill, h} from './dom.js';
import {icon} from './icons.js';
import {badge} from './parts.js';
import {showHelp} from './keys.js';
import {nextTheme, theme} from './theme.js';

const LIVE = {
    live: ['ok', 'Live'],
    reconnecting: ['busy', 'Reconnecting'],
    off: ['none', 'No events'],
};
const THEMES = {
    auto: ['auto', 'Colours: as the system'],
    light: ['sun', 'Colours: light'],
    dark: ['moon', 'Colours: dark'],
};

function tool(name, label, onclick) {
    return h('button', {
        type: 'button', class: 'tool', 'aria-label': label, title: label,
        onclick,
    }, icon(name));
}

function themeTool() {
    const el = tool(...THEMES[theme()], () => {
        const [name, label] = THEMES[nextTheme()];
        fill(el, icon(name));
        el.title = label;
        el.setAttribute('aria-label', label);
    });
    return el;
}

function createNav(views) {
    const links = new Map(views.map(v => [v.id, h('a', {href: `#/${v.id}`},
        icon(v.id), h('span', null, v.title),
        h('span', {class: 'count', hidden: true}))]));
    const el = h('nav', {id: 'nav', 'aria-label': 'Views'},
        h('ul', null, [...links.values()].map(a => h('li', null, a))));
    return {
        el,
        mark(id) {
            for (const [name, a] of links) {
                if (name === id) a.setAttribute('aria-current', 'page');
                else a.removeAttribute('aria-current');
            }
        },
        count(id, n, what) {
            const at = links.get(id).querySelector('.count');
            at.hidden = !n;
            fill(at, n, n ? h('span', {class: 'unseen'}, ` ${what}`) : '');
        },
    };
}

/** Who this is: "red in shop". */
function nameOf(status) {
    if (!status) return 'unitmesh';
    const mesh = status.mesh;
    if (!mesh) return [h('strong', null, 'This node'), ' is in no mesh'];
    return [h('strong', null, mesh.node || 'This node'),
        h('span', {class: 'of'}, ' in '), mesh.name || mesh.id.slice(0, 8)];
}

/**
 * @param {object[]} views
 * @param {object} session
 * @param {object} live
 * @param {function} logout
 * @returns {{el: HTMLElement, show: function(object, Error),
 *     mark: function(string)}}
 */
export function createHeader(views, session, live, logout) {
    const nav = createNav(views);
    const name = h('p', {class: 'whose'});
    const state = h('span', {class: 'live', role: 'status'});
    const menu = h('button', {
        type: 'button', class: 'tool menu', 'aria-expanded': 'false',
        'aria-controls': 'nav', 'aria-label': 'Views',
        onclick: () => open(menu.getAttribute('aria-expanded') === 'false'),
    }, icon('menu'));
    function open(yes) {
        menu.setAttribute('aria-expanded', String(yes));
        nav.el.classList.toggle('open', yes);
    }
    live.onState(s => fill(state, badge(...LIVE[s])));
    const el = h('header', {class: 'shell'},
        h('div', {class: 'bar'}, menu,
            h('a', {class: 'brand', href: '#/fleet', 'aria-label': 'unitmesh'},
                h('img', {src: '/ui/icon.svg', alt: '', width: 26,
                    height: 26})),
            name, h('div', {class: 'tools'},
                !session.canWrite && badge('info', 'Read only'), state,
                themeTool(),
                tool('keys', 'Keyboard', () => showHelp(views)),
                tool('out', 'Log out', logout))),
        nav.el);
    return {
        el,
        show(status, error) {
            fill(name, nameOf(status));
            if (error) name.append(' – ', error.message);
            nav.count('conflicts', status?.mesh?.conflicts, 'open');
        },
        mark(id) {
            nav.mark(id);
            open(false);
        },
    };
}
