// SPDX-License-Identifier: MIT OR Apache-2.0
// What is known of certificates, put together of several answers. Pure.

const DAY_MS = 86400000;

/** When the first of a chain is over; NaN: nobody here can tell. */
function endOf(bundle) {
    const ends = (bundle?.chain ?? []).map(c => Date.parse(c.validity.until));
    return ends.length > 0 ? Math.min(...ends) : NaN;
}

/** The names that it is for. */
function namesOf(bundle) {
    const subject = bundle?.chain?.[0]?.subject ?? {};
    const all = [subject.common_name, ...(subject.alt_names ?? [])];
    return [...new Set(all.filter(Boolean))];
}

/** Each place where a value names a certificate. */
function places(value, at, found) {
    if (value === null || typeof value !== 'object') return;
    for (const [key, inner] of Object.entries(value)) {
        const here = `${at}/${key.replace(/~/g, '~0').replace(/\//g, '~1')}`;
        if (key === 'certificate' && /\/tls$/.test(at)) {
            for (const name of [inner].flat()) {
                if (typeof name === 'string') found.push([name, here]);
            }
        } else {
            places(inner, here, found);
        }
    }
}

/**
 * How long it holds, in words of states.
 * @param {number} until
 * @param {number} now
 * @returns {{kind: string, word: string}}
 */
export function expiry(until, now) {
    if (Number.isNaN(until)) return {kind: 'none', word: 'Sealed'};
    const days = Math.floor((until - now) / DAY_MS);
    if (until <= now) return {kind: 'bad', word: 'Expired'};
    if (days < 1) return {kind: 'bad', word: 'Less than a day'};
    const word = `${days} ${days === 1 ? 'day' : 'days'}`;
    return {kind: days < 14 ? 'warn' : 'ok', word};
}

/**
 * A row for each certificate, the one that ends first before the others.
 * @param {object} bundles of /certificates
 * @param {object} config of /config
 * @param {object} overlays of /mesh/overlays
 * @param {object[]} nodes of /mesh/nodes
 * @param {string|undefined} current the revision
 * @returns {object[]}
 */
export function certificateRows(bundles, config, overlays, nodes, current) {
    const found = [];
    places(config, '', found);
    for (const [selector, overlay] of Object.entries(overlays ?? {})) {
        const inner = [];
        places(overlay, '', inner);
        found.push(...inner.map(([name, at]) => [name, `${selector}: ${at}`]));
    }
    const lacking = nodes.filter(n => n.runs !== current)
        .map(n => n.name || n.id.slice(-6));
    return Object.entries(bundles).map(([name, bundle]) => ({
        name, bundle, until: endOf(bundle), names: namesOf(bundle), lacking,
        uses: found.filter(([n]) => n === name).map(([, at]) => at),
    })).sort((a, b) => (Number.isNaN(a.until) ? 1 : a.until) -
        (Number.isNaN(b.until) ? 1 : b.until) ||
        a.name.localeCompare(b.name));
}
