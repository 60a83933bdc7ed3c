// SPDX-License-Identifier: MIT OR Apache-2.0
// A conflict of two nodes that could not hear each other, ended in an editor.
import {check, login} from '../lib/browser.mjs';
import {until} from '../lib/mesh.mjs';

const AT = '/config/routes/0/action/return';

const config = status => ({
    listeners: {'*:8080': {pass: 'routes'}},
    routes: [{action: {return: status}}],
});

/** Two change the same place, each while the other one is not there. */
async function conflict([red, blue]) {
    await red.must('PUT', '/config', config(204));
    await until(async () => await blue.get(AT) === 204, 'both have it');
    await blue.stop();
    await red.must('PUT', `${AT}?alone`, '241');
    await red.stop();
    await blue.start();
    await blue.must('PUT', `${AT}?alone`, '242');
    await red.start();
    await until(async () => (await red.get('/mesh/conflicts'))
        .conflicts?.length === 1, 'a conflict');
}

export const nodes = ['red', 'blue'];

export default {
    'it is seen on both sides, and ended by an edit': async mesh => {
        await conflict(mesh.nodes);
        const tab = await login(mesh.browser, mesh.nodes[0]);
        await tab.open('conflicts');
        await tab.sees('1 place was changed by both');
        await tab.sees('204 -> 241');
        await tab.sees('204 -> 242');
        await tab.looks('conflicts');
        await tab.role('button', 'Edit both').click();
        const editor = tab.page.locator('#conflict-editor');
        const text = await editor.inputValue();
        await editor.fill(text.replace(/24[12]/, '243'));
        await tab.page.locator('#conflict-review').click();
        await tab.page.locator('#review-go').click();
        await tab.sees('There is no conflict.');
        await until(async () => await mesh.nodes[1].get(AT) === 243,
            'both run what ended it');
        check((await mesh.nodes[1].get('/mesh/conflicts'))
            .conflicts.length === 0, 'nothing is left');
        await tab.close();
    },
};
