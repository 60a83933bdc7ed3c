// SPDX-License-Identifier: MIT OR Apache-2.0
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {rowsOf, select, tallyStates} from '../../../ui/lib/fleet.js';

const NODES = [
    {id: 'A', name: 'web10', me: false, state: 'synced', runs: 'r3.a'},
    {id: 'B', name: 'web2', me: false, state: 'refused', runs: 'r2.b',
        reason: 'address in use'},
    {id: 'C', name: 'web1', me: true, state: 'synced', runs: 'r3.a'},
    {id: 'D', name: 'web3', me: false, state: 'stale', age_ms: 99999},
];
const PEERS = [
    {id: 'A', connected: true, addr: '/ip4/1.2.3.4/tcp/1/p2p-circuit',
        agent: 'unitmesh/0.2.0', rtt_ms: 12, path: 'relayed', via: 'H',
        via_name: 'hub'},
    {id: 'B', connected: true, addr: '/ip4/1.2.3.5/tcp/1', agent: 'x/1',
        rtt_ms: 3, path: 'direct'},
    {id: 'D', connected: false, addr: '', agent: '', rtt_ms: 0},
];
const ROWS = rowsOf(NODES, PEERS, {version: '0.1.0'},
    [{id: 'B', labels: {rack: 'a1'}}]);

test('a row knows how it is reached, and what runs there', () => {
    assert.deepEqual(ROWS.map(r => r.path.word),
        ['Relayed by hub', 'Direct', 'This node', 'Connection lost']);
    assert.deepEqual(ROWS.map(r => r.daemon), ['0.2.0', 'x/1', '0.1.0', '']);
    const [row] = rowsOf([{...NODES[0], daemon: '0.3.0'}], PEERS, {});
    assert.equal(row.daemon, '0.3.0');
    assert.deepEqual(ROWS.map(r => r.stale), [false, false, false, true]);
});

test('a row says whether others reach it from outside', () => {
    const nodes = NODES.map((n, i) => ({...n,
        reach: ['public', 'private', 'private', 'unknown'][i]}));
    const rows = rowsOf(nodes, PEERS, {reach: {verdict: 'public'}});
    assert.deepEqual(rows.map(r => r.reached), ['reached from outside',
        'not reached from outside', 'reached from outside', '']);
    assert.deepEqual(ROWS.map(r => r.reached), ['', '', '', '']);
});

test('all words have to fit: names, reasons, labels, addresses', () => {
    const names = how => select(ROWS, how).map(r => r.name);
    assert.deepEqual(names({text: 'WEB use'}), ['web2']);
    assert.deepEqual(names({text: 'rack=a1'}), ['web2']);
    assert.deepEqual(names({text: '1.2.3.4'}), ['web10']);
    assert.deepEqual(names({state: 'synced'}), ['web1', 'web10']);
    assert.deepEqual(names({text: 'nothing'}), []);
});

test('order: numbers in names, the worst state first', () => {
    const names = how => select(ROWS, how).map(r => r.name);
    assert.deepEqual(names({by: 'name'}), ['web1', 'web2', 'web3', 'web10']);
    assert.deepEqual(names({by: 'name', down: true}),
        ['web10', 'web3', 'web2', 'web1']);
    assert.deepEqual(names({by: 'state'}),
        ['web2', 'web3', 'web1', 'web10']);
    assert.equal(names({by: 'path', down: false})[0], 'web1');
});

test('states are counted, the worst first', () => {
    assert.deepEqual(tallyStates(ROWS),
        [['refused', 1], ['stale', 1], ['synced', 2]]);
});
