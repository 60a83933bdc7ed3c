// SPDX-License-Identifier: MIT OR Apache-2.0
// The history: drawn, compared, searched by a place, gone back in.
import {check, login} from '../lib/browser.mjs';
import {until} from '../lib/mesh.mjs';

const AT = '/config/routes/0/action/return';

export default {
    'two are compared, one is gone back to': async ({browser, nodes}) => {
        for (const status of [231, 232]) {
            await nodes[0].must('PUT', '/config', {
                listeners: {'*:8080': {pass: 'routes'}},
                routes: [{action: {return: status}}]});
        }
        const tab = await login(browser, nodes[0]);
        await tab.open('history');
        const rows = tab.page.locator('li[data-revision]');
        await rows.nth(1).waitFor();
        await tab.looks('history');
        await rows.nth(0).getByRole('checkbox').check();
        await rows.nth(1).getByRole('checkbox').check();
        await tab.page.locator('#compare').click();
        await tab.sees('231 -> 232');
        await tab.open('history');
        await rows.nth(1).getByRole('link').click();
        await tab.page.locator('#rollback').click();
        await tab.page.locator('#review-go').click();
        await until(async () => await nodes[1].get(AT) === 231, 'it is back');
        await tab.close();
    },

    'who changed a place': async ({browser, nodes}) => {
        await nodes[0].must('PUT', '/mesh/variables/unused', 1);
        const tab = await login(browser, nodes[0]);
        await tab.open('history');
        await tab.page.getByLabel('Who changed what').fill('/variables');
        await tab.role('button', 'Find').click();
        await tab.sees('Those that changed /variables');
        const rows = tab.page.locator('li[data-revision]');
        check(await rows.count() === 1, 'one did');
        await tab.close();
    },
};
