// SPDX-License-Identifier: MIT OR Apache-2.0
// Where revisions are drawn: a lane for each line of history, so that what a
// partition made is seen as branches. Pure.

/** The lane that waits for a revision; else the first that is free. */
function laneOf(lanes, name) {
    const waiting = lanes.indexOf(name);
    if (waiting >= 0) return waiting;
    const free = lanes.indexOf(null);
    return free >= 0 ? free : lanes.length;
}

/**
 * Places revisions, the highest first, in lanes.
 * @param {Array<{revision: string, parents: string[]}>} revisions
 * @returns {Array<{lane: number, before: number[], links: Array<{from: number,
 *     to: number}>, wide: number}>} a row for each: `lane` it is in; `before`,
 *     lanes that come in from above; `links`, from a lane at the middle of the
 *     row to one at its lower end
 */
export function layout(revisions) {
    const lanes = [];
    return revisions.map(r => {
        const lane = laneOf(lanes, r.revision);
        const before = [...lanes.keys()].filter(i => lanes[i] !== null);
        const mine = before.filter(i => lanes[i] === r.revision);
        for (const i of mine) lanes[i] = null;
        let links = before.filter(i => !mine.includes(i))
            .map(i => ({from: i, to: i}));
        lanes[lane] ??= null;
        for (const [i, parent] of r.parents.entries()) {
            const waiting = lanes.indexOf(parent);
            let to = i === 0 ? lane : laneOf(lanes, parent);
            if (i === 0 && waiting > lane) { // what is beside comes in here
                lanes[waiting] = null;
                links = links.map(l => l.from === waiting
                    ? {from: waiting, to: lane} : l);
            } else if (i === 0 && waiting >= 0) {
                to = waiting;
            }
            lanes[to] = parent;
            links.push({from: lane, to});
        }
        const wide = Math.max(lane, ...links.map(l => l.to), ...before) + 1;
        return {lane, before, links, wide};
    });
}

/**
 * The nearest revision that two come from.
 * @param {Map<string, {parents: string[], number: number}>} known by name
 * @param {string} a
 * @param {string} b
 * @returns {string|null}
 */
export function ancestor(known, a, b) {
    const over = of => {
        const seen = new Set();
        const open = [of];
        while (open.length) {
            const name = open.pop();
            if (seen.has(name)) continue;
            seen.add(name);
            open.push(...(known.get(name)?.parents ?? []));
        }
        return seen;
    };
    const mine = over(a);
    return [...over(b)].filter(n => mine.has(n))
        .sort((x, y) => (known.get(y)?.number ?? 0) -
            (known.get(x)?.number ?? 0))[0] ?? null;
}
