// SPDX-License-Identifier: MIT OR Apache-2.0
// The fleet: the verdict, what is under way, each node; who is silent.
import {check, login} from '../lib/browser.mjs';

const verdict = tab => tab.page.locator('[data-verdict]');

/** Until the verdict says so. */
function says(tab, text) {
    return verdict(tab).filter({hasText: text}).waitFor({timeout: 60000});
}

export default {
    'a verdict, and a row for each node': async ({browser, nodes}) => {
        const tab = await login(browser, nodes[0]);
        await tab.open('fleet');
        await says(tab, /^All 3 nodes run r\d+$/);
        const rows = tab.page.locator('tr[data-node]');
        check(await rows.count() === 3, 'three rows');
        await tab.page.keyboard.press('/');
        await tab.page.keyboard.type('blue');
        check(await rows.count() === 1, 'one is called blue');
        await tab.page.getByLabel('Find a node').fill('');
        await tab.looks('fleet');
        await tab.close();
    },

    'a trial is counted down, and confirmed': async ({browser, nodes}) => {
        const tab = await login(browser, nodes[0]);
        await tab.open('fleet');
        await nodes[1].must('PUT', '/config/routes?trial=20m',
            [{action: {return: 211}}]);
        await tab.sees('On trial');
        await says(tab, 'which is on trial');
        check(/^\d+:\d\d$/.test(await tab.page.locator('[data-ends]')
            .textContent()), 'a countdown');
        await tab.looks('fleet-trial');
        await tab.role('button', 'Confirm').click();
        await tab.misses('On trial');
        await tab.close();
    },

    'a trial is aborted, after a question': async ({browser, nodes}) => {
        const tab = await login(browser, nodes[0]);
        await tab.open('fleet');
        await nodes[1].must('PUT', '/config/routes?trial=20m',
            [{action: {return: 212}}]);
        await tab.role('button', 'Abort').click();
        await tab.role('button', 'Abort it').click();
        await tab.misses('On trial');
        const now = await nodes[0].get('/config/routes/0/action/return');
        check(now !== 212, 'it went back');
        await tab.close();
    },

    'who reads has no buttons': async ({browser, nodes}) => {
        const tab = await login(browser, nodes[0], {reader: true});
        await tab.open('config');
        check(await tab.role('button', 'Review').count() === 0, 'no Review');
        await tab.open('config/overlays');
        check(await tab.role('button', 'Add').count() === 0, 'no Add');
        await tab.close();
    },
};
