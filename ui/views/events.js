// SPDX-License-Identifier: MIT OR Apache-2.0
// What happens, as this node sees it: those that it keeps, then live.
import {fill, h} from '../lib/dom.js';
import {KINDS} from '../lib/kinds.js';
import {badge, button, empty, heading, since} from '../lib/parts.js';
import {count, shortId} from '../lib/words.js';

const MOST = 500;
const QUIET_MS = 700;

const wordOf = kind => KINDS[kind]?.[1] ?? kind;

/**
 * Those that the node keeps; they come at once, and then the stream is quiet.
 * @param {function(object)} each
 * @returns {function} what ends it
 */
function readKept(each) {
    const source = new EventSource('/mesh/events?since=0');
    const end = () => {
        clearTimeout(timer);
        source.close();
    };
    let timer = setTimeout(end, 4 * QUIET_MS);
    for (const kind of Object.keys(KINDS)) {
        source.addEventListener(kind, e => {
            clearTimeout(timer);
            timer = setTimeout(end, QUIET_MS);
            each(JSON.parse(e.data));
        });
    }
    source.onerror = end;
    return end;
}

/** An event with the names of members in the place of their keys. */
function named(event, names) {
    const name = id => names.get(id) || shortId(id);
    const said = text => (text ?? '').replace(/12D3Koo\w{45}/g, name);
    return {...event, said: said(event.text), subject: said(event.about)};
}

/** Where a word leads to: a revision, or a member. */
function aboutLink(event) {
    const {about, subject} = event;
    if (/^r\d/.test(about)) return h('a', {href: `#/history/${about}`}, about);
    return about.startsWith('12D3Koo')
        ? h('a', {href: `#/members/${about}`}, subject) : subject;
}

function detail(event) {
    return h('dl', {class: 'event-facts'},
        ['number', 'event', 'wall_ms', 'about', 'text'].map(k => event[k] &&
            [h('dt', null, k), h('dd', {class: 'mono'}, String(event[k]))]));
}

function eventRow(event) {
    const [kind, word] = KINDS[event.event] ?? ['none', event.event];
    return h('li', {class: 'event', 'data-event': event.event},
        h('details', {id: `event-${event.number}`},
            h('summary', null, badge(kind, word),
                h('span', {class: 'event-text'}, event.said),
                h('span', {class: 'soft event-time'}, since(event.wall_ms))),
            detail(event)),
        event.about && h('span', {class: 'event-about'},
            aboutLink(event)));
}

function matches(event, how) {
    const text = [event.event, wordOf(event.event), event.about, event.text,
        event.said].join(' ').toLowerCase();
    return (!how.kind || event.event === how.kind) &&
        how.text.toLowerCase().split(/\s+/).every(w => text.includes(w));
}

function kindSelect(change) {
    return h('select', {id: 'event-kind', 'aria-label': 'Kind',
        onchange: e => change({kind: e.target.value})},
    h('option', {value: ''}, 'All kinds'),
    Object.keys(KINDS).map(k => h('option', {value: k}, wordOf(k))));
}

function search(change) {
    return h('input', {type: 'search', id: 'find-event', 'data-search': '',
        placeholder: 'A node, a revision, a word  (/)',
        'aria-label': 'Find events',
        oninput: e => change({text: e.target.value})});
}

/** The events, the newest first, none twice. */
function createLog() {
    const all = new Map();
    return {
        add(event) {
            if (!event.number || all.has(event.number)) return false;
            all.set(event.number, event);
            if (all.size > MOST) all.delete(Math.min(...all.keys()));
            return true;
        },
        list: () => [...all.values()].sort((a, b) => b.number - a.number),
    };
}

function mount(root, ctx) {
    const how = {text: '', kind: ''};
    const log = createLog();
    const list = h('div', {id: 'events'});
    const note = h('p', {class: 'soft', role: 'status'});
    const own = {paused: null, waiting: 0, soon: 0, names: new Map()};
    const pause = button('Pause', toggle, {id: 'pause'});

    function draw() {
        const shown = (own.paused ?? log.list())
            .map(e => named(e, own.names)).filter(e => matches(e, how));
        note.textContent = own.paused && own.waiting > 0
            ? `${count(own.waiting, 'new event')} since the pause`
            : count(shown.length, 'event');
        fill(list, shown.length > 0
            ? h('ol', {class: 'card events'}, shown.map(eventRow))
            : empty('Nothing like that happened.', h('p', null,
                'The last 256 events are kept, and new ones come by ' +
                'themselves.')));
    }

    function soon() {
        clearTimeout(own.soon);
        own.soon = setTimeout(draw, 60);
    }

    function toggle() {
        own.paused = own.paused ? null : log.list();
        own.waiting = 0;
        pause.lastChild.textContent = own.paused ? 'Go on' : 'Pause';
        draw();
    }

    function hear(event) {
        if (!log.add(event)) return;
        if (own.paused) own.waiting++;
        soon();
    }

    fill(root, heading('Events', pause), h('div', {class: 'row'},
        search(change), kindSelect(change), note), list);
    function change(what) {
        Object.assign(how, what);
        draw();
    }
    draw();
    ctx.api.get('/mesh/members').then(({members}) => {
        own.names = new Map(members.map(m => [m.id, m.name]));
        draw();
    }, () => {});
    const ends = [readKept(hear), ctx.live.on('*', hear)];
    return () => {
        clearTimeout(own.soon);
        for (const end of ends) end();
    };
}

export default {id: 'events', title: 'Events', mount};
