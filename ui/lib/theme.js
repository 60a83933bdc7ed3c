// SPDX-License-Identifier: MIT OR Apache-2.0
// Light, dark, or as the system has it. The choice is kept in this browser.

const NAMES = ['auto', 'light', 'dark'];
const KEY = 'unitmesh-theme';

/** What was chosen under a name; nothing where nothing may be kept.
 *  @param {string} key
 *  @returns {string|null} */
export function recall(key) {
    try {
        return localStorage.getItem(key);
    } catch {
        return null;
    }
}

/** Keeps a choice, where that may be.
 *  @param {string} key
 *  @param {string} value */
export function keep(key, value) {
    try {
        localStorage.setItem(key, value);
    } catch {
        // A browser that keeps nothing shows the page all the same.
    }
}

/** @returns {string} 'auto', 'light' or 'dark' */
export function theme() {
    const kept = recall(KEY);
    return NAMES.includes(kept) ? kept : 'auto';
}

/** Shows the page as it was chosen. */
export function applyTheme() {
    document.documentElement.dataset.theme = theme();
}

/** The next one, in turn.
 *  @returns {string} its name */
export function nextTheme() {
    const next = NAMES[(NAMES.indexOf(theme()) + 1) % NAMES.length];
    keep(KEY, next);
    applyTheme();
    return next;
}
