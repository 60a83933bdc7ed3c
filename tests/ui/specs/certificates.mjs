// SPDX-License-Identifier: MIT OR Apache-2.0
// Certificates: uploaded, used, renewed, deleted; soonest first.
import {execFileSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import path from 'node:path';
import {check, login} from '../lib/browser.mjs';
import {until} from '../lib/mesh.mjs';

const row = (tab, name) =>
    tab.page.locator(`tr[data-certificate="${name}"]`);

/** A chain of one with its key, in PEM. */
function pem(folder, host, days) {
    const at = what => path.join(folder, `${host}.${what}`);
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt',
        'ec_paramgen_curve:P-256', '-nodes', '-days', String(days), '-subj',
        `/CN=${host}`, '-addext', `subjectAltName=DNS:${host},DNS:www.${host}`,
        '-keyout', at('key'), '-out', at('crt')], {stdio: 'ignore'});
    return readFileSync(at('crt'), 'utf8') + readFileSync(at('key'), 'utf8');
}

async function upload(tab, name, text) {
    await tab.page.locator('#upload').click();
    await tab.page.getByLabel('Name', {exact: true}).fill(name);
    await tab.page.getByLabel('Or paste them').fill(text);
    await tab.role('button', 'Upload', {exact: true}).last().click();
}

export default {
    'none yet': async ({browser, nodes}) => {
        const tab = await login(browser, nodes[0]);
        await tab.open('certificates');
        await tab.sees('No certificates.');
        await tab.looks('certificates-none');
        await tab.close();
    },

    'uploaded ones are on all nodes, soonest first': async mesh => {
        const {browser, nodes, folder} = mesh;
        const tab = await login(browser, nodes[0]);
        await tab.open('certificates');
        await upload(tab, 'shop', pem(folder, 'shop.example', 200));
        await row(tab, 'shop').waitFor();
        await upload(tab, 'api', pem(folder, 'api.example', 9));
        await row(tab, 'api').waitFor();
        await nodes[0].must('PUT', '/config/listeners/*:8443',
            {pass: 'routes', tls: {certificate: 'api'}});
        await mesh.settle();
        await row(tab, 'api').getByText('/listeners/*:8443').waitFor();
        await row(tab, 'api').getByText('On all nodes').waitFor();
        const names = await tab.page.locator('tr[data-certificate]')
            .evaluateAll(all => all.map(r => r.dataset.certificate));
        check(names.join() === 'api,shop', `soonest first: ${names}`);
        check((await row(tab, 'api').textContent()).includes('days'),
            'it says how long');
        await row(tab, 'api').locator('summary').click();
        await tab.looks('certificates-two');
        const text = await tab.page.content();
        check(!text.includes('PRIVATE KEY'), 'no key in the page');
        await tab.close();
    },

    'what does not fit is refused with words': async mesh => {
        const {browser, nodes} = mesh;
        const tab = await login(browser, nodes[0]);
        for (const status of [400, 500]) tab.expected.add(status);
        await tab.open('certificates');
        await upload(tab, 'broken', 'no certificate');
        await tab.page.getByRole('dialog').getByRole('alert').waitFor();
        await tab.axe('a refused upload');
        await tab.role('button', 'Cancel').click();
        check(!('broken' in await nodes[0].get('/certificates')),
            'it is not there');
        await tab.close();
    },

    'one in use stays, an unused one goes': async mesh => {
        const {browser, nodes} = mesh;
        const tab = await login(browser, nodes[0]);
        for (const status of [400, 409]) tab.expected.add(status);
        await tab.open('certificates');
        await tab.role('button', 'Delete api').click();
        await tab.page.getByRole('dialog').getByText('will refuse').waitFor();
        await tab.role('button', 'Delete it').click();
        await tab.page.locator('.toast.is-bad').waitFor();
        check('api' in await nodes[0].get('/certificates'), 'it stays');
        await tab.role('button', 'Delete shop').click();
        await tab.role('button', 'Delete it').click();
        await row(tab, 'shop').waitFor({state: 'detached'});
        await until(async () => !('shop' in await nodes[1]
            .get('/certificates')), 'it goes from the others');
        await tab.close();
    },
};
