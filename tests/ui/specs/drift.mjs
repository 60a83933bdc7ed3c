// SPDX-License-Identifier: MIT OR Apache-2.0
// Drift: seen, healed with a copy kept, adopted by all.
import {check, login} from '../lib/browser.mjs';
import {until} from '../lib/mesh.mjs';

const AT = '/config/routes/0/action/return';

/** What somebody does who does not know of the mesh. */
async function byHand(node, status) {
    const answer = await fetch(`http://${node.bind}:8800${AT}`,
        {method: 'PUT', body: String(status)});
    check(answer.ok, 'Unit takes it');
}

export default {
    'a change by hand is healed, and a copy kept': async mesh => {
        const {browser, nodes} = mesh;
        await nodes[0].must('PUT', '/config', {
            listeners: {'*:8080': {pass: 'routes'}},
            routes: [{action: {return: 204}}]});
        const tab = await login(browser, nodes[0]);
        await tab.open('drift');
        await tab.sees('Each Unit runs what the mesh says.');
        await byHand(nodes[0], 299);
        await tab.sees('204 -> 299', 30000);
        await tab.looks('drift');
        const other = await login(browser, nodes[1]);
        await other.open('drift');
        await other.sees('Changed by hand at /routes/0/action/return.');
        await other.looks('drift-other', ['light']);
        await other.open('fleet');
        await other.sees('changed by hand at /routes/0/action/return');
        await other.close();
        await tab.page.locator('#heal').click();
        await tab.role('button', 'Heal it').click();
        await tab.sees('Each Unit runs what the mesh says.', 30000);
        await tab.page.locator('.copy', {hasText: 'by hand'}).waitFor();
        await tab.close();
    },

    'a change by hand is adopted': async ({browser, nodes}) => {
        const tab = await login(browser, nodes[0]);
        await tab.open('drift');
        await byHand(nodes[0], 298);
        await tab.page.locator('#adopt').click({timeout: 30000});
        await tab.page.getByLabel('Message').fill('it was right');
        await tab.page.locator('#adopt-go').click();
        await until(async () => await nodes[1].get(AT) === 298,
            'another one has it');
        await tab.sees('Each Unit runs what the mesh says.', 30000);
        await tab.close();
    },
};
