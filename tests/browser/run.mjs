// SPDX-License-Identifier: MIT OR Apache-2.0
// usage: run.mjs PAGE.js
// Today's js-libp2p in Chromium joins our node, over ws and over wss: identify,
// ping and messages both ways, and the end. A line `ok` or `FAIL` for each.
import {spawn, execFileSync} from 'node:child_process';
import {readFileSync, mkdtempSync, rmSync} from 'node:fs';
import {createServer} from 'node:http';
import {createRequire} from 'node:module';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {createInterface} from 'node:readline';

const need = createRequire(path.join(process.env.BROWSER_MODULES, 'index.js'));
const {chromium} = need('playwright-core');
const HERE = '127.90.0.1';
const TOPIC = 'news';
const LONGEST_MS = 60000;
const folder = mkdtempSync(path.join(tmpdir(), 'browser-'));

function check(fine, what) {
    if (!fine) throw new Error(what);
}

/** Until a promise is kept, or it takes too long. */
function inTime(what, promise) {
    let timer;
    const late = new Promise((_, failed) => {
        timer = setTimeout(() => failed(new Error(`${what}: too long`)),
            LONGEST_MS);
    });
    return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Our node: lines of JSON out, commands in. */
class Node {
    constructor(flags) {
        this.seen = [];
        this.waiting = [];
        this.process = spawn(process.env.P2P_BIN, ['node', ...flags],
            {stdio: ['pipe', 'pipe', 'inherit']});
        createInterface({input: this.process.stdout}).on('line', line => {
            this.seen.push(JSON.parse(line));
            this.look();
        });
    }

    look() {
        this.waiting = this.waiting.filter(w => {
            const found = this.seen.slice(w.after).find(w.fits);
            if (found) w.done(found);
            return !found;
        });
    }

    /** The first line that fits, of those from `after` on. */
    wait(what, fits, after = 0) {
        return inTime(what, new Promise(done => {
            this.waiting.push({fits, after, done});
            this.look();
        }));
    }

    async cmd(line) {
        const after = this.seen.length, word = line.split(' ')[0];
        this.process.stdin.write(`${line}\n`);
        const answer = await this.wait(line, e => e.type === 'reply' &&
            e.cmd === word, after);
        check(answer.ok, `${line}: ${answer.error}`);
        return answer;
    }

    end() {
        this.process.stdin.end('quit\n');
        return new Promise(done => this.process.on('exit', done));
    }
}

/** A certificate of its own authority; how Chromium is told to believe it. */
function certificate() {
    const at = name => path.join(folder, name);
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt',
        'ec_paramgen_curve:P-256', '-nodes', '-days', '10', '-subj',
        '/CN=localhost', '-addext', `subjectAltName=IP:${HERE}`,
        '-keyout', at('key.pem'), '-out', at('cert.pem')], {stdio: 'ignore'});
    const spki = execFileSync('sh', ['-c',
        `openssl x509 -in ${at('cert.pem')} -pubkey -noout |
        openssl pkey -pubin -outform der | openssl dgst -sha256 -binary |
        base64`]).toString().trim();
    return {flags: ['--tls-cert', at('cert.pem'), '--tls-key', at('key.pem')],
        spki};
}

/** A page at http://127.0.0.1: what is there is trusted, as localhost is. */
function serve(script) {
    const page = '<!doctype html><meta charset="utf-8"><title>peer</title>' +
        '<link rel="icon" href="data:,"><script type="module" src="/page.js">' +
        '</script>';
    const server = createServer((req, res) => {
        const isScript = req.url === '/page.js';
        res.setHeader('content-type',
            isScript ? 'text/javascript' : 'text/html');
        res.end(isScript ? script : page);
    });
    return new Promise(done => server.listen(0, '127.0.0.1',
        () => done(server)));
}

/** Calls a function of the page until what it says is fine. */
async function until(page, what, call, fine, arg) {
    return inTime(what, (async () => {
        for (;;) {
            const said = await page.evaluate(call, arg);
            if (fine(said)) return said;
            await page.evaluate(() => new Promise(requestAnimationFrame));
        }
    })());
}

async function talk(page, node, addr, transport) {
    const own = await page.evaluate(t => window.peer.start(t), TOPIC);
    const met = await page.evaluate(a => window.peer.connect(a), addr);

    check(met.id === addr.split('/p2p/')[1], `it met ${met.id}`);
    check(/^p2p\//.test(met.agent), `identify says ${met.agent}`);
    check(met.protocols.includes('/meshsub/1.1.0'), 'identify lacks meshsub');
    check(/noise/.test(met.encryption) && /yamux/.test(met.muxer),
        `${met.encryption} and ${met.muxer}`);
    const conn = await node.wait('connected',
        e => e.type === 'connected' && e.peer === own);
    check(conn.transport === transport && conn.dir === 'in',
        `ours has ${JSON.stringify(conn)}`);
    const seen = await node.wait('identify',
        e => e.type === 'identify' && e.peer === own);
    check(/js-libp2p\/.*Chrome/.test(seen.agent), `ours heard ${seen.agent}`);

    check(await page.evaluate(a => window.peer.ping(a), addr) >= 0, 'ping');
    check((await node.cmd(`ping ${own} 3`)).rtt_us.length === 3, 'ping back');

    await until(page, 'subscribed', () => window.peer.meshed(), n => n > 0);
    for (let {mesh} = {mesh: []}; !mesh.includes(own);) {
        ({mesh} = await inTime('mesh', node.cmd(`mesh ${TOPIC}`)));
    }
    const up = `from ${transport} in the page`, down = `to ${transport}, ünï`;
    await until(page, 'publish', d => window.peer.publish(d), n => n > 0, up);
    const got = await node.wait('msg', e => e.type === 'msg' && e.data === up);
    check(got.from === own, `it came from ${got.from}`);
    await node.cmd(`pub ${TOPIC} ${down}`);
    const heard = await until(page, 'msg', () => window.peer.messages(),
        all => all.some(m => m.data === down));
    check(heard.every(m => m.topic === TOPIC), 'another topic');
}

async function one(name, browser, base, test) {
    const page = await browser.newPage();
    const mistakes = [];
    let fine = true;

    page.on('pageerror', e => mistakes.push(String(e)));
    try {
        await page.goto(base, {waitUntil: 'domcontentloaded'});
        await page.waitForFunction(() => window.peer !== undefined);
        await test(page);
        check(mistakes.length === 0, `the page says ${mistakes}`);
        console.log(`ok ${name}`);
    } catch (e) {
        console.log(`FAIL ${name}`);
        console.log(String(e.stack ?? e).replace(/^/gm, '    '));
        fine = false;
    }
    await page.close();
    return fine;
}

const web = certificate();
const server = await serve(readFileSync(process.argv[2]));
const base = `http://127.0.0.1:${server.address().port}/`;
const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    headless: true, chromiumSandbox: false,
    args: ['--disable-gpu', '--no-first-run', '--disable-background-networking',
        '--disable-component-update', '--disable-sync',
        `--ignore-certificate-errors-spki-list=${web.spki}`],
});
const flags = ['--listen', `/ip4/${HERE}/tcp/0/ws`, '--listen',
    `/ip4/${HERE}/tcp/0/tls/ws`, '--topic', TOPIC, ...web.flags];
let fine = true;
try {
    for (const [transport, end] of [['ws', '/ws/p2p/'],
        ['wss', '/tls/ws/p2p/']]) {
        const node = new Node(flags);
        const {addrs} = await node.wait('listening',
            e => e.type === 'listening');
        const addr = addrs.find(a => a.includes(end) &&
            a.includes('/tls/') === (transport === 'wss'));
        fine = await one(`a page joins over ${transport}`, browser, base,
            page => talk(page, node, addr, transport)) && fine;
        fine = await one(`a page hears the end over ${transport}`, browser,
            base, async page => {
                await page.evaluate(t => window.peer.start(t), TOPIC);
                await page.evaluate(a => window.peer.connect(a), addr);
                await node.end();
                await until(page, 'gone', () => window.peer.gone(),
                    all => all.length === 1);
            }) && fine;
    }
} finally {
    await browser.close();
    server.close();
    rmSync(folder, {recursive: true});
}
process.exitCode = fine ? 0 : 1;
