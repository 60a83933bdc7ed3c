// SPDX-License-Identifier: MIT OR Apache-2.0
// Each view as it is: axe, pictures, nothing too wide, no mistakes.
import {login} from '../lib/browser.mjs';

const VIEWS = ['fleet', 'config', 'history', 'conflicts', 'drift', 'members',
    'certificates', 'events', 'topology'];

export default Object.fromEntries(VIEWS.map(view => [view,
    async ({browser, nodes}) => {
        const tab = await login(browser, nodes[0]);
        await tab.open(view);
        await tab.looks(view);
        await tab.close();
    }]));
