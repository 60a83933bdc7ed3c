// SPDX-License-Identifier: MIT OR Apache-2.0
// usage: run.mjs [WORD…]
// The specs of specs/, each of a file on a mesh of its own; with words those
// whose name has one of them. A line `ok` or `FAIL` for each.
import {readdir} from 'node:fs/promises';
import path from 'node:path';
import {fileURLToPath, pathToFileURL} from 'node:url';
import {startBrowser} from './lib/browser.mjs';
import {startMesh} from './lib/mesh.mjs';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const LONGEST_MS = 150000;

function inTime(promise) {
    let timer;
    const late = new Promise((_, failed) => {
        timer = setTimeout(() => failed(new Error('it takes too long')),
            LONGEST_MS);
    });
    return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

async function one(name, spec, at) {
    const began = Date.now();
    try {
        await inTime(spec(at));
        console.log(`ok ${name} (${Date.now() - began} ms)`);
        return true;
    } catch (e) {
        console.log(`FAIL ${name}`);
        console.log(String(e.stack ?? e).replace(/^/gm, '    '));
        return false;
    }
}

async function file(name, browser, words) {
    const specs = await import(pathToFileURL(path.join(HERE, 'specs', name)));
    const mine = Object.entries(specs.default).map(
        ([what, spec]) => [`${name.replace('.mjs', '')}: ${what}`, spec])
        .filter(([what]) => words.length === 0 ||
            words.some(w => what.includes(w)));
    if (mine.length === 0) return true;
    const mesh = await startMesh(specs.nodes ?? ['red', 'green', 'blue']);
    let fine = true;
    try {
        for (const [what, spec] of mine) {
            fine = await one(what, spec, {browser, ...mesh}) && fine;
        }
    } finally {
        await mesh.end();
    }
    return fine;
}

const words = process.argv.slice(2);
const browser = await startBrowser();
let fine = true;
try {
    for (const name of (await readdir(path.join(HERE, 'specs'))).sort()) {
        fine = await file(name, browser, words) && fine;
    }
} catch (e) {
    console.log(`FAIL the harness\n    ${e.stack}`);
    fine = false;
} finally {
    await browser.close();
}
process.exit(fine ? 0 : 1);
