/* SPDX-License-Identifier: MIT OR Apache-2.0 */
// Search, the menu of small screens, light and dark. Works from a file, too.
"use strict";

const up = document.body.dataset.up;
const input = document.querySelector("input[type=search]");
const found = document.getElementById("found");
const article = document.querySelector("article");
const root = document.documentElement;

function element(tag, text, parent) {
    const e = document.createElement(tag);
    e.textContent = text;
    parent.append(e);
    return e;
}

// How well a page fits, and where: its title, then headings, then the text.
function rate([at, title, headings, text], words) {
    let score = 0;
    let anchor = "";
    const low = text.toLowerCase();
    for (const w of words) {
        const head = headings.find(([, t]) => t.toLowerCase().includes(w));
        const times = low.split(w).length - 1;
        if (!title.toLowerCase().includes(w) && !head && times === 0)
            return null;
        score += (title.toLowerCase().includes(w) ? 50 : 0) +
                 (head ? 20 : 0) + Math.min(times, 10);
        if (head && !anchor)
            anchor = "#" + head[0];
    }
    return {at: at + anchor, title, text, low, score};
}

function show(hit, words) {
    const a = element("a", hit.title, found);
    a.href = `${up}/${hit.at}`;
    const at = Math.max(0, hit.low.indexOf(words[0]) - 60);
    const small = element("small", "", a);
    const part = hit.text.slice(at, at + 180);
    const low = part.toLowerCase();
    const i = low.indexOf(words[0]);
    if (i < 0) {
        small.textContent = part;
        return;
    }
    small.append(part.slice(0, i));
    element("mark", part.slice(i, i + words[0].length), small);
    small.append(part.slice(i + words[0].length));
}

function search() {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    found.replaceChildren();
    found.hidden = words.length === 0;
    article.hidden = words.length > 0;
    if (words.length === 0)
        return;
    const hits = window.PAGES.map(p => rate(p, words)).filter(Boolean)
        .sort((a, b) => b.score - a.score).slice(0, 20);
    element("p", hits.length ? `${hits.length} pages` : "Nothing found.",
            found);
    for (const hit of hits)
        show(hit, words);
}

// The index is read when somebody begins to search.
function start() {
    if (window.PAGES) {
        search();
        return;
    }
    const script = document.createElement("script");
    script.src = `${up}/index.js`;
    script.onload = search;
    document.head.append(script);
}

function theme(name) {
    if (name)
        root.dataset.theme = name;
}

try {
    theme(localStorage.getItem("theme"));
} catch {
    // A page of a file has no storage in some browsers.
}
input.addEventListener("input", start);
input.form.addEventListener("submit", e => {
    e.preventDefault();
    found.querySelector("a")?.click();
});
document.addEventListener("keydown", e => {
    if (e.key === "/" && document.activeElement !== input) {
        e.preventDefault();
        input.focus();
    } else if (e.key === "Escape") {
        input.value = "";
        search();
    }
});
document.getElementById("menu").addEventListener("click", e => {
    const open = document.getElementById("nav").classList.toggle("open");
    e.target.setAttribute("aria-expanded", open);
});
document.getElementById("theme").addEventListener("click", () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark"
        : matchMedia("(prefers-color-scheme: dark)").matches;
    theme(dark ? "light" : "dark");
    try {
        localStorage.setItem("theme", root.dataset.theme);
    } catch {
        // As above.
    }
});
