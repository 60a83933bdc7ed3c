// SPDX-License-Identifier: MIT OR Apache-2.0
import assert from 'node:assert/strict';
import {afterEach, beforeEach, test} from 'node:test';
import {watch} from '../../../ui/lib/watch.js';

const REAL = {};
const own = {};

/** Timers that run when a test says so, and a tab that it hides. */
beforeEach(() => {
    for (const name of ['setTimeout', 'setInterval', 'clearTimeout',
        'clearInterval', 'document']) REAL[name] = globalThis[name];
    Object.assign(own, {timers: new Map(), next: 1, loads: 0, told: null});
    const set = fn => {
        own.timers.set(own.next, fn);
        return own.next++;
    };
    const clear = id => own.timers.delete(id);
    Object.assign(globalThis, {setTimeout: set, setInterval: set,
        clearTimeout: clear, clearInterval: clear,
        document: Object.assign(new EventTarget(), {hidden: false})});
});

afterEach(() => Object.assign(globalThis, REAL));

function start() {
    const live = {on(kind, fn) {
        own.told = fn;
        return () => { own.told = () => {}; };
    }};
    return watch(live, () => ++own.loads, () => {});
}

/** All timers run once; how often was loaded then. */
async function later() {
    for (const fn of [...own.timers.values()]) fn();
    await settled();
    return own.loads;
}

const settled = () => new Promise(done => setImmediate(done));

function hide(yes) {
    document.hidden = yes;
    document.dispatchEvent(new Event('visibilitychange'));
}

test('it loads at once, and once for events that come together', async () => {
    start();
    await settled();
    assert.equal(own.loads, 1);
    assert.equal(own.timers.size, 1, 'that of now and then');
    assert.equal(await later(), 2);
    own.told();
    own.told();
    assert.equal(own.timers.size, 2);
});

test('a tab that is hidden loads nothing, and once when seen', async () => {
    start();
    await settled();
    hide(true);
    own.told();
    assert.equal(await later(), 1);
    own.told();
    assert.equal(await later(), 1);
    own.timers.clear();
    hide(false);
    await settled();
    assert.equal(own.loads, 2);
});

test('what has ended hears nothing', async () => {
    const seen = start();
    await settled();
    seen.end();
    hide(true);
    hide(false);
    assert.equal(await later(), 1);
    assert.equal(own.timers.size, 0);
});
