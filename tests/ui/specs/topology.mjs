// SPDX-License-Identifier: MIT OR Apache-2.0
// The drawing of the mesh: of three nodes, of ten, of fifty, of one.
import {check, login} from '../lib/browser.mjs';
import {sampleMesh} from '../lib/sample.mjs';

const PATH = '**/mesh/topology';

/** Shows a mesh that is not there. */
async function shown(browser, node, mesh) {
    const tab = await login(browser, node);
    await tab.page.route(PATH, route => route.fulfill({json: mesh}));
    await tab.open('topology');
    await tab.page.waitForSelector('svg.mesh');
    return tab;
}

/** No dot lies on another one. */
async function areApart(tab, what) {
    const dots = await tab.page.$$eval('svg.mesh .disc', all => all.map(d =>
        [Number(d.getAttribute('cx')), Number(d.getAttribute('cy'))]));
    dots.forEach(([x, y], i) => dots.slice(i + 1).forEach(([u, v]) =>
        check(Math.hypot(x - u, y - v) > 16, `${what}: dots overlap`)));
    return dots.length;
}

export default {
    'three nodes and their links': async ({browser, nodes}) => {
        const tab = await login(browser, nodes[0]);
        await tab.open('topology');
        await tab.page.waitForSelector('svg.mesh .link >> nth=1',
            {state: 'attached'});
        check(await areApart(tab, 'three') === 3, 'three nodes are drawn');
        const rows = tab.page.locator('tr[data-link]');
        check(await rows.count() === 2, 'two connections in the table');
        check((await rows.first().textContent()).includes('Direct'),
            'they are direct');
        // By keyboard: a node has the focus, and says what it is.
        const red = tab.page.locator('svg a[data-node="red"]');
        await red.focus();
        check(/^red \(this node\): In sync\. Connected with/.test(
            await red.getAttribute('aria-label')), 'a node says what it is');
        await tab.close();
    },

    'ten nodes as a tree': async ({browser, nodes}) => {
        const tab = await shown(browser, nodes[0], sampleMesh(10, 'tree'));
        check(await areApart(tab, 'ten') === 10, 'ten are drawn');
        check(await tab.page.locator('.link.relayed').count() === 1,
            'what is relayed is drawn otherwise');
        check(await tab.page.locator('.link.stale').count() === 1,
            'and so is what is stale');
        check(await tab.page.locator('.node.gone').count() === 1,
            'a silent node, too');
        await tab.looks('topology-10');
        await tab.close();
    },

    'fifty nodes, all connected': async ({browser, nodes}) => {
        const tab = await shown(browser, nodes[0], sampleMesh(50, 'full'));
        check(await areApart(tab, 'fifty') === 50, 'fifty are drawn');
        await tab.page.locator('svg a[data-node="edge-07"]').focus();
        check(await tab.page.locator('.link.asked').count() === 49,
            'its links stand out');
        await tab.page.locator('svg a[data-node="edge-07"]').blur();
        await tab.looks('topology-50', ['light']);
        await tab.close();
    },

    'a node alone': async ({browser, nodes}) => {
        const tab = await shown(browser, nodes[0], sampleMesh(1, 'ring'));
        await tab.sees('Nobody is connected.');
        await tab.looks('topology-1');
        await tab.close();
    },
};
