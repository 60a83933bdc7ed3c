// SPDX-License-Identifier: MIT OR Apache-2.0
// A change that may be held back by a guard: what the guard says, and a box to
// tick for who does it all the same.
import {fill, h} from './dom.js';
import {button, errorBox} from './parts.js';

/** What each guard is for. */
const MEANING = {
    force: 'It takes away half of the configuration, or more, or everything.',
    supersede: 'Another revision is on its way. This one would end it.',
    despite: 'This one failed already, on this node or on others.',
    alone: 'This node hears too few of the others. They may have decided ' +
        'something else.',
    skewed: 'The clock of this node is off from that of others, so it ' +
        'cannot be said what is later.',
    crowded: 'There are many conflicts already. This may make one more.',
    trial: 'Changes are to be on trial here.',
};

function guardBox(error, go) {
    const name = error.problem.override;
    const tick = h('input', {type: 'checkbox', id: 'all-the-same',
        onchange: () => { yes.disabled = !tick.checked; }});
    const yes = button('Do it all the same', () => go(name),
        {kind: 'danger', disabled: true, id: 'guard-go'});
    return errorBox(error,
        MEANING[name] && h('p', null, MEANING[name]),
        h('p', null, tick, h('label', {for: 'all-the-same'},
            'I know what I do ', h('code', null, `?${name}`))),
        h('div', {class: 'row'}, yes));
}

/**
 * Does something; when a guard holds it back asks there, and does it again
 * with the guard's name.
 * @param {HTMLElement} at where a mistake is shown; emptied first
 * @param {function(string): Promise<any>} act gets '' or '?force', '&force'
 *     when the query begins already
 * @param {{begun?: boolean, onError?: function(Error): boolean,
 *     onAsk?: function}} [how] an error that onError takes is not shown
 * @returns {Promise<any|null>} what came; null: a mistake was shown
 */
export async function attempt(at, act, how = {}) {
    const names = [];
    for (;;) {
        const lead = how.begun ? '&' : '?';
        try {
            fill(at);
            return await act(names.length ? lead + names.join('&') : '');
        } catch (error) {
            if (how.onError?.(error)) return null;
            const name = error.problem?.override;
            if (!name || names.includes(name)) {
                fill(at, errorBox(error));
                at.scrollIntoView({block: 'nearest'});
                return null;
            }
            how.onAsk?.();
            const again = await new Promise(done => {
                fill(at, guardBox(error, done));
                at.scrollIntoView({block: 'nearest'});
                at.querySelector('input').focus();
            });
            names.push(again);
        }
    }
}
