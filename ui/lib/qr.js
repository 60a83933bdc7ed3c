// SPDX-License-Identifier: MIT OR Apache-2.0
// A QR code, drawn from the rows of modules that the daemon made.
import {s} from './dom.js';

const MARGIN = 4;

/** One path for all dark modules: a strip for each run of them. */
function strips(rows) {
    const parts = [];
    rows.forEach((row, y) => {
        for (const run of row.matchAll(/1+/g)) {
            parts.push(`M${run.index + MARGIN} ${y + MARGIN}` +
                `h${run[0].length}v1h-${run[0].length}z`);
        }
    });
    return parts.join('');
}

/**
 * Dark on light in any theme, since cameras want it so.
 * @param {string[]} rows of "0" and "1"
 * @param {string} label what it says
 * @returns {SVGElement}
 */
export function qrCode(rows, label) {
    const side = rows.length + 2 * MARGIN;
    return s('svg', {
        class: 'qr', viewBox: `0 0 ${side} ${side}`, role: 'img',
        'aria-label': label, 'shape-rendering': 'crispEdges',
    }, s('rect', {width: side, height: side, fill: '#fff'}),
    s('path', {d: strips(rows), fill: '#000'}));
}
