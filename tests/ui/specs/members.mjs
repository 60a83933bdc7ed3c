// SPDX-License-Identifier: MIT OR Apache-2.0
// Members: who asks, who is in, codes, labels, roles, and how one goes.
import {check, login} from '../lib/browser.mjs';
import {until} from '../lib/mesh.mjs';

const row = (tab, name) => tab.page.locator(`tr[data-member="${name}"]`);

/** A node that asks without a code, until the first one hears of it. */
async function asks(mesh, name) {
    const node = await mesh.add(name);
    const [first] = mesh.nodes;
    await node.ask('POST', '/mesh/join',
        {peer: `/ip4/${first.bind}/tcp/4901/p2p/${first.id}`});
    await until(async () => (await first.get('/mesh/pending')).pending
        .some(p => p.id === node.id), `${name} waits`);
    return node;
}

/** Opens a member's page. */
async function openMember(tab, name) {
    await tab.open('members');
    await row(tab, name).getByRole('link').first().click();
    await tab.role('heading', name, {level: 1}).waitFor();
}

async function labelsOf(node, name) {
    const {members} = await node.get('/mesh/members');
    return members.find(m => m.name === name)?.labels ?? {};
}

export default {
    'an invite: code, QR code, list, revoked': async ({browser, nodes}) => {
        const tab = await login(browser, nodes[0]);
        await tab.open('members');
        await tab.role('button', 'Invite a node').click();
        await tab.page.getByLabel('What it may do').selectOption('writer');
        await tab.page.getByLabel('How many may use it').fill('2');
        await tab.axe('the invite dialog');
        await tab.role('button', 'Make a code').click();
        const code = tab.page.locator('dialog .command code');
        await code.waitFor();
        check(/^unitmesh join um1[0-9a-z]+$/.test(await code.textContent()),
            'the command has a code');
        await tab.role('img', 'The code as a QR code').waitFor();
        await tab.looks('invite');
        await tab.role('button', 'Done').click();
        const out = tab.page.locator('tr[data-invite]')
            .filter({hasText: '0 of 2'});
        await out.waitFor();
        await out.getByRole('button', {name: /^Revoke/}).click();
        await out.waitFor({state: 'detached'});
        const {invites} = await nodes[0].get('/mesh/invites');
        check(!invites.some(v => v.uses === 2), 'it is taken back');
        await tab.close();
    },

    'an invite is counted down, and is over': async ({browser, nodes}) => {
        const tab = await login(browser, nodes[0]);
        await nodes[0].must('POST', '/mesh/invites',
            {role: 'node', expires_ms: 60000, uses: 3});
        const {invites} = await nodes[0].get('/mesh/invites');
        const end = invites.find(v => v.uses === 3).expires_ms;
        await tab.page.clock.setFixedTime(end - 59000);
        await tab.open('members');
        const mine = tab.page.locator('tr[data-invite]')
            .filter({hasText: '0 of 3'});
        await mine.getByText('0:59').waitFor();
        await tab.page.clock.setFixedTime(end - 7000);
        await mine.getByText('0:07').waitFor();
        await tab.page.clock.setFixedTime(end + 1000);
        await mine.getByText('Expired').waitFor();
        await mine.getByRole('button', {name: /^Remove/}).click();
        await mine.waitFor({state: 'detached'});
        await tab.close();
    },

    'who asks is shown with its key, and let in': async mesh => {
        const {browser, nodes} = mesh;
        const tab = await login(browser, nodes[0]);
        await tab.open('members');
        const node = await asks(mesh, 'violet');
        const card = tab.page.locator('[data-pending="violet"]');
        await card.waitFor(); // by the event, without a reload
        const key = await card.locator('.fingerprint').textContent();
        check(key === node.id, 'its whole key is shown');
        await tab.looks('members-pending');
        await card.getByRole('combobox').selectOption('writer');
        await tab.role('button', 'Approve violet').click();
        await card.waitFor({state: 'detached'});
        await row(tab, 'violet').getByText('writer', {exact: true}).waitFor();
        await tab.close();
    },

    'who is turned away is gone': async mesh => {
        const {browser, nodes} = mesh;
        await asks(mesh, 'grey');
        const tab = await login(browser, nodes[0]);
        await tab.open('members');
        await tab.role('button', 'Reject grey').click();
        await tab.role('button', 'Turn it away').click();
        await tab.page.locator('[data-pending="grey"]')
            .waitFor({state: 'detached'});
        const {members} = await nodes[0].get('/mesh/members');
        check(!members.some(m => m.name === 'grey'), 'it is no member');
        await tab.close();
    },

    'where the last owner is, leaving is advised against': async mesh => {
        const {browser, nodes} = mesh;
        const said = 'make another member an owner first';
        const tab = await login(browser, nodes[0]);
        await openMember(tab, 'red');
        await tab.sees(said);
        await openMember(tab, 'green');
        await tab.misses(said);
        await tab.close();
    },

    'a label is set and taken off': async ({browser, nodes}) => {
        const tab = await login(browser, nodes[0]);
        await openMember(tab, 'green');
        await tab.page.getByLabel('Key', {exact: true}).fill('zone');
        await tab.page.getByLabel('Value').fill('west');
        await tab.role('button', 'Set the label').click();
        await tab.page.locator('.labels code', {hasText: 'zone=west'})
            .waitFor();
        await until(async () => (await labelsOf(nodes[1], 'green')).zone ===
            'west', 'green hears of it');
        await tab.looks('member');
        await tab.role('button', 'Remove the label zone').click();
        await tab.misses('zone=west');
        await until(async () => !(await labelsOf(nodes[1], 'green')).zone,
            'green hears of that, too');
        await tab.close();
    },

    'a role is taken after it was shown what falls': async mesh => {
        const {browser, nodes} = mesh;
        const tab = await login(browser, nodes[0]);
        await openMember(tab, 'green');
        await tab.page.getByLabel('Role').selectOption('node');
        await tab.role('button', 'Change the role').click();
        const asked = tab.page.getByRole('dialog');
        await asked.getByText('No revision falls').waitFor();
        await tab.axe('what would fall');
        await tab.role('button', 'Cancel').click();
        const roles = async () => (await nodes[0].get('/mesh/members')).members
            .find(m => m.name === 'green').roles;
        check((await roles()).includes('writer'), 'cancelled is not done');
        await tab.role('button', 'Change the role').click();
        await tab.role('button', 'Take the role').click();
        await until(async () => !(await roles()).includes('writer'),
            'green writes no more');
        await tab.close();
    },

    'a member is removed after its name was typed': async mesh => {
        const {browser, nodes} = mesh;
        const tab = await login(browser, nodes[0]);
        await openMember(tab, 'blue');
        await tab.role('button', /^Remove this member/).click();
        const go = tab.role('button', 'Remove it');
        await go.waitFor();
        check(await go.isDisabled(), 'nothing is removed by a slip');
        await tab.shot('member-remove');
        await tab.page.getByLabel('Type blue').fill('blue');
        await go.click();
        await tab.role('heading', 'Members', {level: 1}).waitFor();
        await row(tab, 'blue').waitFor({state: 'detached'});
        const {members} = await nodes[1].get('/mesh/members');
        check(members.length > 0, 'others are members still');
        await tab.close();
        const theirs = await login(browser,
            nodes.find(n => n.name === 'blue'));
        await theirs.open('fleet');
        await theirs.role('alert').filter({hasText: 'was removed'}).waitFor();
        await theirs.close();
    },

    'a reader is shown no button that writes': async ({browser, nodes}) => {
        const tab = await login(browser, nodes[0], {reader: true});
        await tab.open('members');
        const main = tab.page.locator('main');
        check(await main.getByRole('button').count() === 0,
            'no buttons in the list');
        await row(tab, 'red').getByRole('link').first().click();
        await tab.role('heading', 'red', {level: 1}).waitFor();
        check(await main.getByRole('button').count() === 0,
            'and none at a member');
        await tab.looks('member-reader', ['light']);
        await tab.close();
    },
};
