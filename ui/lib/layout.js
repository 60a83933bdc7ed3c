// SPDX-License-Identifier: MIT OR Apache-2.0
// Where the nodes of a drawing go. Pure, and the same each time: few or
// densely linked ones on a circle, others where their links pull them.

const TURNS = 300;
const NEAR = 44;

function boxOf(width, height, margin) {
    return {left: margin.x, right: width - margin.x, top: margin.y,
        bottom: height - margin.y};
}

/** On an ellipse, the first at the top. */
function circle(n, width, height, margin) {
    const rx = width / 2 - margin.x;
    const ry = height / 2 - margin.y;
    return Array.from({length: n}, (_, i) => {
        const angle = 2 * Math.PI * i / n - Math.PI / (n === 2 ? 1 : 2);
        return {
            x: width / 2 + rx * Math.cos(angle),
            y: height / 2 + ry * Math.sin(angle),
        };
    });
}

function repel(points, force, ideal) {
    for (let i = 0; i < points.length; i++) {
        for (let j = i + 1; j < points.length; j++) {
            const dx = points[i].x - points[j].x;
            const dy = points[i].y - points[j].y;
            const d2 = Math.max(1, dx * dx + dy * dy);
            const f = ideal * ideal / d2;
            force[i].x += dx * f;
            force[i].y += dy * f;
            force[j].x -= dx * f;
            force[j].y -= dy * f;
        }
    }
}

function pull(points, force, links, ideal) {
    for (const [i, j] of links) {
        const dx = points[i].x - points[j].x;
        const dy = points[i].y - points[j].y;
        const f = Math.hypot(dx, dy) / ideal;
        force[i].x -= dx * f;
        force[i].y -= dy * f;
        force[j].x += dx * f;
        force[j].y += dy * f;
    }
}

function move(points, force, heat, box) {
    points.forEach((p, i) => {
        const f = Math.hypot(force[i].x, force[i].y) || 1;
        const step = Math.min(f, heat) / f;
        p.x = Math.min(box.right, Math.max(box.left, p.x + force[i].x * step));
        p.y = Math.min(box.bottom, Math.max(box.top, p.y + force[i].y * step));
    });
}

/** Fills the box: what is drawn small is stretched. */
function stretch(points, box) {
    for (const [axis, low, high] of [['x', 'left', 'right'],
        ['y', 'top', 'bottom']]) {
        const all = points.map(p => p[axis]);
        const least = Math.min(...all);
        const span = Math.max(...all) - least;
        for (const p of points) {
            p[axis] = span < 1 ? (box[low] + box[high]) / 2
                : box[low] + (p[axis] - least) / span * (box[high] - box[low]);
        }
    }
}

/** Moves those apart that are so near that one could not point at them. */
function part(points, box) {
    for (let turn = 0; turn < 80; turn++) {
        let moved = false;
        points.forEach((p, i) => points.slice(i + 1).forEach(q => {
            const d = Math.hypot(p.x - q.x, p.y - q.y);
            if (d >= NEAR) return;
            const by = (NEAR - d) / 2;
            const [x, y] = d < 1 ? [1, 0] : [(p.x - q.x) / d, (p.y - q.y) / d];
            p.x += x * by;
            p.y += y * by;
            q.x -= x * by;
            q.y -= y * by;
            moved = true;
        }));
        for (const p of points) {
            p.x = Math.min(box.right, Math.max(box.left, p.x));
            p.y = Math.min(box.bottom, Math.max(box.top, p.y));
        }
        if (!moved) return;
    }
}

/** By springs and repulsion (Fruchterman and Reingold, 1991). */
function springs(n, links, width, height, margin) {
    const box = boxOf(width, height, margin);
    const points = circle(n, width, height, margin);
    const ideal = .7 * Math.sqrt(width * height / n);
    for (let turn = 0; turn < TURNS; turn++) {
        const force = points.map(() => ({x: 0, y: 0}));
        repel(points, force, ideal);
        pull(points, force, links, ideal);
        move(points, force, (1 - turn / TURNS) * width / 12, box);
    }
    stretch(points, box);
    part(points, box);
    return points;
}

/**
 * @param {number} n how many
 * @param {number[][]} links pairs of indices
 * @param {number} width
 * @param {number} height
 * @param {{x: number, y: number}} margin
 * @returns {{x: number, y: number}[]}
 */
export function layout(n, links, width, height, margin) {
    if (n === 1) return [{x: width / 2, y: height / 2}];
    if (n < 6 || links.length > 2 * n || links.length === 0) {
        const points = circle(n, width, height, margin);
        stretch(points, boxOf(width, height, margin));
        return points;
    }
    return springs(n, links, width, height, margin);
}
