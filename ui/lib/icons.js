// SPDX-License-Identifier: MIT OR Apache-2.0
// Icons of 16 by 16, drawn with lines. A word stands beside each of them, so
// they are hidden from who cannot see.
import {s} from './dom.js';

const PATHS = {
    ok: 'M3 8.5 6.5 12 13 4.5',
    warn: 'M8 2 15 14 H1 Z M8 6.5 V9.5 M8 11.6 V11.7',
    bad: 'M4 4 12 12 M12 4 4 12',
    stale: 'M8 1.5 A6.5 6.5 0 1 0 8.01 1.5 M8 4.5 V8 L10.5 9.5',
    busy: 'M13.5 8 A5.5 5.5 0 1 1 11 3.4 M11 1 V4 H8',
    drift: 'M3 5 H13 L10 2 M13 11 H3 L6 14',
    info: 'M8 1.5 A6.5 6.5 0 1 0 8.01 1.5 M8 7 V11.5 M8 4.6 V4.7',
    none: 'M4 8 H12',
    fleet: 'M2 3 H14 V7 H2 Z M2 9 H14 V13 H2 Z M4.5 5 V5.1 M4.5 11 V11.1',
    config: 'M5.5 2 H4 V6.5 L2 8 L4 9.5 V14 H5.5 M10.5 2 H12 V6.5 L14 8 ' +
        'L12 9.5 V14 H10.5',
    history: 'M2.5 8 A5.5 5.5 0 1 0 4.5 3.8 M2.5 2.5 V5 H5 M8 5 V8 L10 9.5',
    conflicts: 'M4 2 V6 Q4 8.5 8 8.5 Q12 8.5 12 6 V2 M8 8.5 V14',
    members: 'M6 7.5 A2.7 2.7 0 1 0 5.9 7.5 M1.5 14 Q1.5 9.5 6 9.5 Q10.5 ' +
        '9.5 10.5 14 M11 2.5 A2.5 2.5 0 0 1 11 7.3 M12.3 10 Q14.5 11 14.5 14',
    certificates: 'M8 1.5 13.5 3.5 V8 Q13.5 12 8 14.5 Q2.5 12 2.5 8 V3.5 Z ' +
        'M5.5 8 7.3 9.8 10.5 6.2',
    events: 'M1.5 8 H4.5 L6.5 3 L9.5 13 L11.5 8 H14.5',
    topology: 'M8 5.5 L4 11 M8 5.5 L12 11 M5.5 12.5 H10.5 M8 5.5 A2 2 0 1 0 ' +
        '7.9 5.5 M3.5 14 A1.8 1.8 0 1 0 3.4 14 M12.5 14 A1.8 1.8 0 1 0 ' +
        '12.4 14',
    sun: 'M8 5 A3 3 0 1 0 8.01 5 M8 1 V2.5 M8 13.5 V15 M1 8 H2.5 M13.5 8 ' +
        'H15 M3 3 4 4 M12 12 13 13 M3 13 4 12 M12 4 13 3',
    moon: 'M13 10 A6 6 0 1 1 6.5 2.5 A5 5 0 0 0 13 10 Z',
    auto: 'M8 2 A6 6 0 1 0 8.01 2 M8 2 V14 M10 3 V13 M12 4.7 V11.3',
    keys: 'M1.5 4 H14.5 V12 H1.5 Z M4 6.5 V6.6 M7 6.5 V6.6 M10 6.5 V6.6 ' +
        'M12 6.5 V6.6 M5 9.7 H11',
    menu: 'M2 4 H14 M2 8 H14 M2 12 H14',
    out: 'M6 2 H2.5 V14 H6 M7 8 H14 M11 5 14 8 11 11',
    up: 'M4 10 8 6 12 10',
    down: 'M4 6 8 10 12 6',
    right: 'M6 4 10 8 6 12',
    search: 'M7 2 A5 5 0 1 0 7.01 2 M10.7 10.7 14.5 14.5',
    copy: 'M5.5 5.5 H13.5 V13.5 H5.5 Z M2.5 10.5 V2.5 H10.5',
    lock: 'M3.5 7 H12.5 V14 H3.5 Z M5.5 7 V4.5 A2.5 2.5 0 0 1 10.5 4.5 V7',
    plus: 'M8 3 V13 M3 8 H13',
};

/**
 * @param {string} name one of those above
 * @param {string} [cls]
 * @returns {SVGElement}
 */
export function icon(name, cls = '') {
    return s('svg', {
        class: `icon ${cls}`, viewBox: '0 0 16 16', 'aria-hidden': 'true',
    }, s('path', {d: PATHS[name] ?? PATHS.none}));
}
