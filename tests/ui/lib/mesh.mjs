// SPDX-License-Identifier: MIT OR Apache-2.0
// A mesh of daemons on loopback addresses of this process's own, each with the
// stand-in in the place of a Unit.
import {execFile, spawn} from 'node:child_process';
import {mkdtemp, rm} from 'node:fs/promises';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import {promisify} from 'node:util';

const BUILD = path.resolve(process.env.BUILDDIR ?? 'build');
const UNITMESH = path.join(BUILD, 'cli/unitmesh');
const P2P = 4901;
const run = promisify(execFile);

let used = 0;

/** Another loopback address. */
function loopback() {
    const pid = process.pid;
    return `127.${100 + Math.floor(pid / 250) % 100}.${1 + pid % 250}.` +
        `${1 + used++}`;
}

/**
 * Looks until something true comes.
 * @template T
 * @param {function(): T|Promise<T>} look
 * @param {string} what for the error
 * @param {number} [seconds]
 * @returns {Promise<T>}
 */
export async function until(look, what, seconds = 40) {
    const end = Date.now() + seconds * 1000;
    for (;;) {
        const found = await look();
        if (found) return found;
        if (Date.now() > end) throw new Error(`not in ${seconds} s: ${what}`);
        await new Promise(done => setTimeout(done, 50));
    }
}

/** One daemon. */
export class Node {
    constructor(name, folder, peer) {
        this.name = name;
        this.bind = loopback();
        this.state = path.join(folder, name);
        this.control = path.join(this.state, 'control.sock');
        this.peer = peer;
        this.log = '';
    }

    /** Starts it, and waits until it serves. */
    async start() {
        const args = ['run', '--state', this.state, '--control', this.control,
            '--unit', 'embedded', '--unit-listen', `${this.bind}:8800`,
            '--bind', this.bind, '--no-mdns', '--name', this.name,
            '--listen', `/ip4/${this.bind}/tcp/${P2P}`];
        if (this.peer) {
            args.push('--peer', `/ip4/${this.peer.bind}/tcp/${P2P}`);
        }
        if (process.getuid() === 0) args.push('--user', 'root');
        this.log = '';
        this.process = spawn(UNITMESH, args, {
            stdio: ['ignore', 'pipe', 'pipe'],
        });
        this.ended = new Promise(done => this.process.on('exit', done));
        for (const out of [this.process.stdout, this.process.stderr]) {
            out.on('data', d => { this.log += d; });
        }
        await until(() => this.log.includes('REST is at') ||
            this.process.exitCode !== null, `${this.name} serves`);
        if (this.process.exitCode !== null) throw new Error(this.log);
        this.id = (await this.get('/mesh/id')).id;
        return this;
    }

    /** Ends it: by SIGTERM, or as a crash would. */
    async stop(signal = 'SIGTERM') {
        if (!this.process || this.process.exitCode !== null) return;
        this.process.kill('SIGCONT');
        this.process.kill(signal);
        await this.ended;
    }

    /** Whether it goes on: a node that is stopped answers nobody. */
    freeze() {
        this.process.kill('SIGSTOP');
    }

    thaw() {
        this.process.kill('SIGCONT');
    }

    /** A request over its unix socket, where no token is needed. */
    ask(method, at, body) {
        const text = typeof body === 'string' ? body : JSON.stringify(body);
        return new Promise((done, failed) => {
            const req = http.request({
                socketPath: this.control, method, path: at,
                headers: {Host: 'localhost',
                    ...(text && {'Content-Length': Buffer.byteLength(text)})},
            }, res => {
                let got = '';
                res.on('data', d => { got += d; });
                res.on('end', () => done({
                    status: res.statusCode, text: got,
                    get json() { return JSON.parse(got); },
                }));
            });
            req.on('error', failed);
            req.end(text);
        });
    }

    /** The JSON of a GET. */
    async get(at) {
        return (await this.ask('GET', at)).json;
    }

    /** A request that must go well; its JSON. */
    async must(method, at, body) {
        const answer = await this.ask(method, at, body);
        if (answer.status >= 300) {
            throw new Error(`${this.name} ${method} ${at}: ${answer.text}`);
        }
        return answer.json;
    }

    /** A change of the configuration; the revision that it became. */
    async change(status) {
        await this.must('PUT', '/config/routes', [{action: {return: status}}]);
        return (await this.get('/mesh/status')).mesh.current;
    }

    /** What a command prints. */
    async say(...args) {
        const {stdout} = await run(UNITMESH,
            [...args, '--control', this.control]);
        return stdout;
    }
}

async function synced(nodes) {
    for (const n of nodes) {
        const seen = (await n.get('/mesh/nodes')).nodes ?? [];
        if (seen.filter(s => s.state === 'synced').length < nodes.length) {
            return false;
        }
    }
    return true;
}

/**
 * Starts a mesh: the first node has the owner's key, the others are writers.
 * @param {string[]} names
 * @returns {Promise<{nodes: Node[], folder: string, add: function(string):
 *     Promise<Node>, settle: function, end: function}>}
 */
export async function startMesh(names) {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'unitmesh-ui-'));
    const first = new Node(names[0], folder);
    const nodes = [first];
    const all = [first];

    async function add(name) {
        const node = new Node(name, folder, first);
        all.push(node);
        return node.start();
    }
    async function join(name) {
        const node = await add(name);
        const {code} = await first.must('POST', '/mesh/invites',
            {role: 'writer'});
        await node.must('POST', '/mesh/join', {code});
        nodes.push(node);
    }
    async function settle() {
        await until(() => synced(nodes), 'all are in step', 60);
    }
    async function end() {
        await Promise.all(all.map(n => n.stop()));
        await rm(folder, {recursive: true, force: true});
    }
    try {
        await first.start();
        await first.must('POST', '/mesh/init', {name: 'demo'});
        for (const name of names.slice(1)) await join(name);
        await settle();
        await first.must('PUT', '/config', {
            listeners: {'*:8080': {pass: 'routes'}},
            routes: [{action: {return: 200}}],
        });
        await settle();
    } catch (e) {
        await end();
        throw e;
    }
    return {nodes, folder, add, settle, end};
}
