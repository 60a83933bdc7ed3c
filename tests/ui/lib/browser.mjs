// SPDX-License-Identifier: MIT OR Apache-2.0
// The page in Chromium, and what every view is held against.
import {mkdir, readFile} from 'node:fs/promises';
import {createRequire} from 'node:module';
import path from 'node:path';
import {entry} from './entry.mjs';

const need = createRequire(path.join(process.env.UI_MODULES, 'index.js'));
const {chromium} = need('playwright-core');
const SHOTS = path.resolve(process.env.UI_SHOTS ?? 'build/ui-shots');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa',
    'best-practice'];
const WIDE = {width: 1280, height: 800};
const SMALL = {width: 360, height: 740};

/** Fails with a sentence, unless a thing is so. */
export function check(fine, what) {
    if (!fine) throw new Error(what);
}

/** @returns {Promise<object>} Debian's Chromium */
export async function startBrowser() {
    await mkdir(SHOTS, {recursive: true});
    return chromium.launch({
        executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
        headless: true, chromiumSandbox: false,
        args: ['--disable-gpu', '--no-first-run',
            '--disable-background-networking', '--disable-component-update',
            '--disable-sync'],
    });
}

/** A tab on one node. What the console says of mistakes is kept. */
export class Tab {
    constructor(page, base) {
        this.page = page;
        this.base = base;
        this.mistakes = [];
        /** Answers that a spec asks for; the browser logs them as errors. */
        this.expected = new Set();
        page.on('pageerror', e => this.mistakes.push(String(e)));
        page.on('console', m => {
            const status = /status of (\d+)/.exec(m.text())?.[1];
            if (m.type() === 'error' && !this.expected.has(Number(status))) {
                this.mistakes.push(`${m.text()} ${m.location().url}`);
            }
        });
    }

    /** Shows a view, and waits until it has been loaded. */
    async open(view) {
        await this.page.goto(`${this.base}/#/${view}`,
            {waitUntil: 'domcontentloaded'});
        await this.page.waitForSelector('h1');
        await this.page.waitForFunction(
            () => !document.querySelector('.loading'));
    }

    /** Loads the page anew, as one who comes to it: how long it took. */
    async load(view) {
        await this.open(view);
        const began = Date.now();
        await this.page.reload({waitUntil: 'domcontentloaded'});
        await this.page.waitForSelector('h1');
        await this.page.waitForFunction(
            () => !document.querySelector('.loading'));
        return Date.now() - began;
    }

    /** The browser's accessible locator. */
    role(role, name, more = {}) {
        return this.page.getByRole(role, {name, ...more});
    }

    /** Until a text is shown. */
    async sees(text, timeout = 15000) {
        await this.page.getByText(text).first().waitFor({timeout});
    }

    /** Until a text is shown no more. */
    async misses(text, timeout = 15000) {
        await this.page.getByText(text).first()
            .waitFor({state: 'hidden', timeout});
    }

    /** axe: nothing may be wrong. */
    async axe(what) {
        const found = await this.page.evaluate(async ([source, rules]) => {
            if (!window.axe) (0, eval)(source);
            const r = await window.axe.run({runOnly: rules});
            return r.violations.map(v => `${v.id}: ${v.help}: ` +
                v.nodes.slice(0, 3).map(n => n.html).join(' | '));
        }, [await axeSource(), RULES]);
        check(found.length === 0, `axe on ${what}:\n${found.join('\n')}`);
    }

    /** Nothing is wider than the page. */
    async fits(what) {
        const over = await this.page.evaluate(() => {
            const root = document.scrollingElement;
            return root.scrollWidth - root.clientWidth;
        });
        check(over <= 0, `${what} is ${over} pixels too wide`);
    }

    /** A picture, for people. */
    async shot(name) {
        await this.page.screenshot({
            path: path.join(SHOTS, `${name}.png`), fullPage: true,
        });
    }

    /** A view as everybody may see it: light and dark, wide and small; each
     *  is held against axe, and has a picture. */
    async looks(name, schemes = ['light', 'dark']) {
        for (const colorScheme of schemes) {
            await this.page.emulateMedia({colorScheme});
            for (const size of [WIDE, SMALL]) {
                const is = `${name}-${colorScheme}-${size.width}`;
                await this.page.setViewportSize(size);
                await this.fits(is);
                await this.axe(is);
                await this.shot(is);
            }
        }
        await this.page.emulateMedia({colorScheme: 'light'});
        await this.page.setViewportSize(WIDE);
    }

    async close() {
        await this.page.context().close();
        check(this.mistakes.length === 0,
            `the console says:\n${this.mistakes.join('\n')}`);
    }
}

let axeText;
async function axeSource() {
    axeText ??= await readFile(need.resolve('axe-core/axe.min.js'), 'utf8');
    return axeText;
}

/**
 * A tab in a browser profile of its own, logged in on a node.
 * @param {object} browser
 * @param {Node} node
 * @param {{reader?: boolean}} [how]
 * @returns {Promise<Tab>}
 */
export async function login(browser, node, how = {}) {
    const context = await browser.newContext({viewport: WIDE});
    const page = await context.newPage();
    const url = await entry(node, how.reader);
    const tab = new Tab(page, new URL(url).origin);
    tab.expected.add(401); // who asks for a session that is not there yet
    await page.goto(url, {waitUntil: 'domcontentloaded'});
    await page.waitForSelector('main h1');
    return tab;
}
