// SPDX-License-Identifier: MIT OR Apache-2.0
// One stream of events for the whole page. It comes back by itself, and goes
// on behind the last event that was seen.
import {KINDS, MISSED} from './kinds.js';

const PAUSE_MS = [1000, 2000, 4000, 8000, 15000];

/**
 * @returns {{on: function(string, function): function, onState: function,
 *     state: function(): string, start: function, stop: function}}
 */
export function createLive() {
    const listeners = new Map();
    const watchers = new Set();
    const own = {source: null, timer: 0, tries: 0, last: '', state: 'off'};

    function say(state) {
        if (own.state === state) return;
        own.state = state;
        for (const fn of watchers) fn(state);
    }

    function tell(kind, data) {
        for (const fn of listeners.get(kind) ?? []) fn(data, kind);
        for (const fn of listeners.get('*') ?? []) fn(data, kind);
    }

    function hear(e) {
        if (e.lastEventId) own.last = e.lastEventId;
        try {
            tell(e.type, JSON.parse(e.data));
        } catch {
            tell(e.type, {event: e.type});
        }
    }

    function again() {
        const pause = PAUSE_MS[Math.min(own.tries++, PAUSE_MS.length - 1)];
        clearTimeout(own.timer);
        own.timer = setTimeout(open, pause);
    }

    function open() {
        own.source?.close();
        const since = own.last ? `?since=${encodeURIComponent(own.last)}` : '';
        const source = new EventSource(`/mesh/events${since}`);
        own.source = source;
        source.onopen = () => {
            own.tries = 0;
            say('live');
            tell('reconnected', {});
        };
        source.onerror = () => {
            say('reconnecting');
            source.close();
            again();
        };
        for (const kind of [MISSED, ...Object.keys(KINDS)]) {
            source.addEventListener(kind, hear);
        }
    }

    return {
        /** Listens to a kind of event, '*' for all; 'reconnected' comes
         *  whenever the stream is open. Returns what ends it. */
        on(kind, fn) {
            if (!listeners.has(kind)) listeners.set(kind, new Set());
            listeners.get(kind).add(fn);
            return () => listeners.get(kind).delete(fn);
        },
        /** 'live', 'reconnecting' or 'off', now and whenever it changes. */
        onState(fn) {
            watchers.add(fn);
            fn(own.state);
            return () => watchers.delete(fn);
        },
        state: () => own.state,
        start() {
            if (own.state !== 'off') return;
            say('reconnecting');
            open();
        },
        stop() {
            clearTimeout(own.timer);
            own.source?.close();
            say('off');
        },
    };
}
