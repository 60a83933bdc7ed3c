// SPDX-License-Identifier: MIT OR Apache-2.0
// The configuration: checked as one types, reviewed, published; guards; who
// was first; variables.
import {check, login} from '../lib/browser.mjs';
import {until} from '../lib/mesh.mjs';

const editor = tab => tab.page.locator('#editor');

const config = status => JSON.stringify({
    listeners: {'*:8080': {pass: 'routes'}},
    routes: [{action: {return: status}}],
});

async function has(node, status) {
    await until(async () => await node.get(
        '/config/routes/0/action/return') === status, `it is ${status}`);
}

/** Types a configuration, and goes on to its review. */
async function review(tab, text) {
    await editor(tab).fill(text);
    await tab.page.locator('.checked').waitFor();
    await tab.page.locator('#review').click();
    await tab.page.locator('.changes').waitFor();
}

export default {
    'a mistake leads to its line': async ({browser, nodes}) => {
        const tab = await login(browser, nodes[0]);
        tab.expected.add(400);
        await tab.open('config');
        await editor(tab).fill(config(204).replace('return', 'retrun'));
        await tab.page.locator('#go-line').waitFor();
        await tab.sees('/routes/0/action');
        await tab.looks('config-mistake', ['light']);
        await tab.page.locator('#discard').click();
        await tab.close();
    },

    'an edit is reviewed and published': async ({browser, nodes}) => {
        const tab = await login(browser, nodes[0]);
        await tab.open('config');
        await review(tab, config(221));
        await tab.page.getByLabel('Message').fill('Für alle');
        await tab.looks('config-review');
        await tab.page.locator('#review-go').click();
        await tab.sees(/is published\./);
        await has(nodes[1], 221);
        const {revisions} = await nodes[1].get('/mesh/revisions?limit=1');
        check(revisions[0].message === 'Für alle', 'with its message');
        await tab.close();
    },

    'a guard is overridden by a tick': async ({browser, nodes}) => {
        const tab = await login(browser, nodes[0]);
        tab.expected.add(409);
        await tab.open('config');
        await review(tab, '{"listeners": {}, "routes": []}');
        await tab.page.locator('#review-go').click();
        await tab.page.locator('#all-the-same').check();
        await tab.page.locator('#guard-go').click();
        await tab.sees(/is published\./);
        await nodes[0].must('PUT', '/config', config(222));
        await tab.close();
    },

    'who was first is shown, and both are kept': async mesh => {
        const {browser, nodes} = mesh;
        const tab = await login(browser, nodes[0]);
        tab.expected.add(412);
        await nodes[0].must('PUT', '/config', config(223));
        await tab.open('config');
        await review(tab, (await editor(tab).inputValue())
            .replace('223', '224'));
        await nodes[0].must('PUT', '/config/listeners/*:8081',
            {pass: 'routes'});
        await tab.page.locator('#review-go').click();
        await tab.page.locator('#rebase').click();
        check((await editor(tab).inputValue()).includes('*:8081'), 'theirs');
        check((await editor(tab).inputValue()).includes('224'), 'mine');
        await tab.page.locator('#discard').click();
        await tab.close();
    },

    'a variable is added, and deleted': async ({browser, nodes}) => {
        const tab = await login(browser, nodes[0]);
        await tab.open('config/variables');
        await tab.page.locator('#new-name').fill('code');
        await tab.role('button', 'Add').click();
        await editor(tab).waitFor();
        await review(tab, '503');
        await tab.page.locator('#review-go').click();
        await tab.sees(/is published\./);
        check((await nodes[0].get('/mesh/variables')).code === 503, 'there');
        await tab.open('config/variables');
        await tab.role('button', 'Delete code').click();
        await tab.page.locator('.changes').waitFor();
        await tab.page.locator('#review-go').click();
        await tab.sees('There are no variables.');
        await tab.close();
    },
};
