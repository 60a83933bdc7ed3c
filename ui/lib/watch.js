// SPDX-License-Identifier: MIT OR Apache-2.0
// What a view shows of REST: loaded now, after each event, and now and then,
// since that a node falls silent is no event. A tab that nobody sees loads
// nothing until it is seen again.

/**
 * Loads and shows until it is ended. What cannot be loaded does not take away
 * what is shown: show gets the error beside the last value. What looks as it
 * did is not shown again, so that a selection and the focus stay.
 * @param {object} live as of createLive
 * @param {function(): Promise<any>} load
 * @param {function(any, Error|null)} show
 * @param {{kinds?: string[], every?: number, key?: function(any): string}}
 *     [how] events, milliseconds, and what of a value is seen
 * @returns {{end: function, now: function, again: function}} `again` shows it
 *     also where nothing changed
 */
export function watch(live, load, show, how = {}) {
    const own = {value: null, over: false, timer: 0, soon: 0, busy: false,
        more: false, shown: null};
    const key = how.key ?? JSON.stringify;

    async function now() {
        if (own.busy) {
            own.more = true;
            return;
        }
        own.busy = true;
        let error = null;
        try {
            own.value = await load();
        } catch (e) {
            error = e;
        }
        own.busy = false;
        if (own.over) return;
        const seen = `${key(own.value)} ${error?.message ?? ''}`;
        if (seen !== own.shown) {
            own.shown = seen;
            show(own.value, error);
        }
        if (own.more) {
            own.more = false;
            await now();
        }
    }

    function ifSeen() {
        if (!document.hidden) now();
    }

    function soon() {
        clearTimeout(own.soon);
        own.soon = setTimeout(ifSeen, 120);
    }

    const ends = [...(how.kinds ?? ['*']), 'reconnected']
        .map(kind => live.on(kind, soon));
    own.timer = setInterval(ifSeen, how.every ?? 5000);
    document.addEventListener('visibilitychange', ifSeen);
    now();
    return {
        now,
        again() {
            own.shown = null;
            return now();
        },
        end() {
            own.over = true;
            clearInterval(own.timer);
            clearTimeout(own.soon);
            document.removeEventListener('visibilitychange', ifSeen);
            for (const end of ends) end();
        },
    };
}
