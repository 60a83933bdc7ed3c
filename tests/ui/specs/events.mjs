// SPDX-License-Identifier: MIT OR Apache-2.0
// Events: those that are kept, live ones, filters, a pause, details.
import {check, login} from '../lib/browser.mjs';

const list = tab => tab.page.locator('[data-event]');

export default {
    'what happened is there, and more comes by itself': async mesh => {
        const {browser, nodes} = mesh;
        const tab = await login(browser, nodes[0]);
        await tab.open('events');
        await tab.page.locator('[data-event="joined"]').first().waitFor();
        check(await tab.page.getByText('green was let in').count() === 1,
            'members are called by their names');
        const revision = await nodes[1].change(201);
        const newest = list(tab).filter({hasText: `Unit runs ${revision}`});
        await newest.waitFor();
        await newest.locator('summary').click();
        await newest.getByText('wall_ms').waitFor();
        await tab.looks('events-open');
        await tab.close();
    },

    'filters by kind and by words': async ({browser, nodes}) => {
        const tab = await login(browser, nodes[0]);
        await tab.open('events');
        await list(tab).nth(3).waitFor();
        await tab.page.getByLabel('Kind').selectOption('joined');
        check(await list(tab).count() === 2, 'two have joined');
        await tab.page.keyboard.press('/');
        await tab.page.keyboard.type('blue');
        check(await list(tab).count() === 1, 'one of them is blue');
        await tab.page.getByLabel('Find events').fill('nothing like it');
        await tab.sees('Nothing like that happened.');
        await tab.close();
    },

    'a pause holds them back, and says how many': async mesh => {
        const {browser, nodes} = mesh;
        const tab = await login(browser, nodes[0]);
        await tab.open('events');
        await list(tab).nth(3).waitFor();
        await tab.role('button', 'Pause').click();
        const revision = await nodes[0].change(202);
        await tab.sees(/new events? since the pause/);
        const its = list(tab).filter({hasText: `Unit runs ${revision}`});
        check(await its.count() === 0, 'nothing moves');
        await tab.role('button', 'Go on').click();
        await its.waitFor();
        await tab.close();
    },
};
