// SPDX-License-Identifier: MIT OR Apache-2.0
// The shell: who is logged in, the header, and which view is shown.
//
// A view is `{id, title, mount(root, ctx)}`; mount returns what ends it. ctx:
//   api      get, send, call of lib/api.js
//   live     on(kind, fn) of lib/live.js
//   session  {role, node, canWrite}: a reader is shown no button that writes
//   path     what stands behind the id in #/id/…, a list
//   go       go('members/x') shows another place
//   toast    toast(text, kind)
//   confirm  confirm({title, body, action, danger}) → Promise<boolean>
//   drafts   a Map: what is edited and not published yet
//   status   the last answer of /mesh/status, or null
import {fill, h} from './lib/dom.js';
import {call, get, onSessionLost, send, useCsrf} from './lib/api.js';
import {createLive} from './lib/live.js';
import {watch} from './lib/watch.js';
import {confirm, createToasts} from './lib/dialogs.js';
import {errorBox, loading, renewTimes} from './lib/parts.js';
import {login, openSession} from './lib/login.js';
import {createHeader} from './lib/header.js';
import {listenToKeys} from './lib/keys.js';
import {applyTheme} from './lib/theme.js';
import fleet from './views/fleet.js';
import config from './views/config.js';
import history from './views/history.js';
import conflicts from './views/conflicts.js';
import drift from './views/drift.js';
import members from './views/members.js';
import certificates from './views/certificates.js';
import events from './views/events.js';
import topology from './views/topology.js';

const VIEWS = [fleet, config, history, conflicts, drift, members,
    certificates, events, topology];

/** The view and the rest of the path that the hash names. */
function place() {
    const parts = location.hash.replace(/^#\/?/, '').split('/')
        .filter(Boolean).map(decode);
    const view = VIEWS.find(v => v.id === parts[0]) ?? fleet;
    return {view, path: parts.slice(1)};
}

function decode(part) {
    try {
        return decodeURIComponent(part);
    } catch {
        return part;
    }
}

function go(where) {
    location.hash = `#/${where.replace(/^#?\/?/, '')}`;
}

/** The page of somebody who is logged in. */
function createPage(app, session) {
    const live = createLive();
    const toasts = createToasts();
    const main = h('main', {id: 'main', tabindex: '-1'});
    const drafts = new Map();
    const own = {end: () => {}, status: null, view: null};
    const header = createHeader(VIEWS, session, live, logout);

    async function logout() {
        await send('DELETE', '/mesh/session').catch(() => {});
        location.reload();
    }

    function ctx(path) {
        return {
            api: {get, send, call}, live, session, path, go, confirm,
            toast: toasts.toast, status: own.status, drafts,
        };
    }

    function show(first) {
        const {view, path} = place();
        own.end();
        own.end = () => {};
        document.title = `${view.title} – unitmesh`;
        header.mark(view.id);
        fill(main, loading());
        try {
            own.end = view.mount(main, ctx(path)) ?? own.end;
        } catch (e) {
            fill(main, errorBox(e));
        }
        if (!first) main.querySelector('h1')?.focus({preventScroll: true});
        if (own.view !== view) window.scrollTo(0, 0);
        own.view = view;
    }

    function hear(status, error) {
        const began = own.status === null;
        const moved = !began && status && own.status.mode !== status.mode;
        own.status = status ?? own.status;
        header.show(own.status, error);
        if (status?.mesh) live.start(); // without a mesh there are no events
        else if (status) live.stop();
        if (began || moved) show(began);
    }

    function unload(e) {
        if ([...drafts.values()].some(d => d.text !== d.base)) {
            e.preventDefault();
        }
    }

    function moved() {
        if (location.hash.startsWith('#/')) show(false);
    }

    const seen = watch(live, () => get('/mesh/status'), hear, {
        key: s => s && JSON.stringify([s.mode, s.id, s.mesh]),
    });
    const keys = listenToKeys(VIEWS, go);
    const ticker = setInterval(renewTimes, 1000);
    window.addEventListener('hashchange', moved);
    window.addEventListener('beforeunload', unload);
    fill(app, h('a', {class: 'skip', href: '#main', onclick: e => {
        e.preventDefault();
        main.focus();
    }}, 'Skip to the content'), header.el, main, toasts.el);

    return () => {
        own.end();
        seen.end();
        keys();
        live.stop();
        clearInterval(ticker);
        window.removeEventListener('hashchange', moved);
        window.removeEventListener('beforeunload', unload);
    };
}

async function start() {
    applyTheme();
    const app = document.getElementById('app');
    let leave = () => {};
    async function enter(session) {
        useCsrf(session.csrf);
        leave = createPage(app, {
            ...session, canWrite: session.role === 'admin',
        });
    }
    function ask(error) {
        leave();
        leave = () => {};
        login(app, enter, error);
    }
    onSessionLost(() => ask({problem: {
        error: 'This session is over.',
        detail: 'Sessions end after twelve hours, and when the daemon is ' +
            'started again.',
    }}));
    await openSession().then(enter, ask);
}

start();
