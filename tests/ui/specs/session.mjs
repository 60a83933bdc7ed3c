// SPDX-License-Identifier: MIT OR Apache-2.0
// Logging in and out; who reads alone; two tabs; dead nodes.
import {check, login} from '../lib/browser.mjs';
import {entry} from '../lib/entry.mjs';
import {until} from '../lib/mesh.mjs';

/** A page of nobody. */
async function stranger(browser, url) {
    const page = await (await browser.newContext()).newPage();
    await page.goto(url, {waitUntil: 'domcontentloaded'});
    return page;
}

export default {
    'a link works once, and is not left in the address': async mesh => {
        const {browser, nodes} = mesh;
        const url = await entry(nodes[0]);
        const page = await stranger(browser, url);
        await page.getByRole('heading', {name: 'Fleet'}).waitFor();
        check(!page.url().includes('login'), 'the code is gone');
        const other = await stranger(browser, url);
        await other.getByRole('alert').waitFor();
        check(await other.getByRole('heading', {name: 'Fleet'}).count() === 0,
            'nobody else gets in');
        await other.context().close();
        await page.context().close();
    },

    'a wrong code and a wrong token get a word': async mesh => {
        const {browser, nodes} = mesh;
        const base = new URL(await entry(nodes[0])).origin;
        const page = await stranger(browser, `${base}/#login=AAAAAAAAAA`);
        await page.getByRole('alert').waitFor();
        await page.getByLabel('Or paste the token').fill('wrong');
        await page.getByRole('button', {name: 'Log in'}).click();
        await page.getByRole('alert').waitFor();
        check(await page.getByRole('navigation').count() === 0, 'outside');
        await page.context().close();
    },

    'who logs out is out': async ({browser, nodes}) => {
        const tab = await login(browser, nodes[0]);
        await tab.role('button', 'Log out').click();
        await tab.sees('Print a link that logs in');
        await tab.page.reload();
        await tab.sees('Print a link that logs in');
        await tab.looks('login');
        await tab.close();
    },

    'a reader writes nothing, whatever is sent': async mesh => {
        const {browser, nodes} = mesh;
        const tab = await login(browser, nodes[0], {reader: true});
        tab.expected.add(403);
        await tab.sees('Read only');
        const status = await tab.page.evaluate(async () => {
            const {csrf} = await (await fetch('/mesh/session')).json();
            const answer = await fetch('/config/routes', {
                method: 'PUT', body: '[]',
                headers: {'Content-Type': 'application/json', 'X-CSRF': csrf},
            });
            return answer.status;
        });
        check(status === 403, `a reader's write is ${status}`);
        await tab.close();
    },

    'two nodes in two tabs see each other’s change': async mesh => {
        const {browser, nodes} = mesh;
        const one = await login(browser, nodes[0]);
        const two = await login(browser, nodes[1]);
        await one.open('events');
        await two.open('members');
        const {members} = await nodes[0].get('/mesh/members');
        const blue = members.find(m => m.name === 'blue').id;
        await one.open(`members/${blue}`);
        await one.page.getByLabel('Key', {exact: true}).fill('rack');
        await one.page.getByLabel('Value').fill('r7');
        await one.role('button', 'Set the label').click();
        await two.sees('rack=r7');
        await one.open('events');
        await one.sees(`Unit runs ${await nodes[1].change(203)}`);
        await one.close();
        await two.close();
    },

    'views are there at once beside a node that hangs': async mesh => {
        const {browser, nodes} = mesh;
        nodes[2].freeze();
        try {
            const tab = await login(browser, nodes[0]);
            for (const view of ['fleet', 'members', 'topology', 'events',
                'certificates', 'history', 'conflicts']) {
                const ms = await tab.load(view);
                check(ms < 3000, `${view} took ${ms} ms`);
            }
            await tab.close();
        } finally {
            nodes[2].thaw();
        }
    },

    'a dead node is shown as not heard': async mesh => {
        const {browser, nodes} = mesh;
        await nodes[2].stop('SIGKILL');
        const tab = await login(browser, nodes[0]);
        await tab.open('topology');
        await tab.page.locator('svg a.gone[data-node="blue"]')
            .waitFor({timeout: 60000});
        await until(async () => (await tab.page.locator(
            'tr[data-link]', {hasText: 'Not heard'}).count()) === 1,
        'its link is stale');
        await tab.looks('topology-dead');
        check(await tab.load('fleet') < 3000, 'the page does not wait for it');
        await tab.close();
    },
};
