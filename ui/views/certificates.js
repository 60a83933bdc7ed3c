// SPDX-License-Identifier: MIT OR Apache-2.0
// Certificates: what ends when, what uses it, who has not got it yet.
import {fill, h} from '../lib/dom.js';
import {badge, button, empty, errorBox, field, heading, loading} from
    '../lib/parts.js';
import {certificateRows, expiry} from '../lib/certificates.js';
import {dialog} from '../lib/dialogs.js';
import {count} from '../lib/words.js';
import {watch} from '../lib/watch.js';

async function load(api) {
    const status = await api.get('/mesh/status');
    if (!status.mesh) return {alone: true, rows: []};
    const [bundles, config, overlays, nodes] = await Promise.all([
        api.get('/certificates'), api.get('/config'),
        api.get('/mesh/overlays'), api.get('/mesh/nodes')]);
    return {rows: certificateRows(bundles, config, overlays, nodes.nodes,
        status.mesh.current)};
}

function cell(label, ...content) {
    return h('td', {role: 'cell', 'data-label': label},
        h('div', null, content));
}

function day(ms) {
    return Number.isNaN(ms) ? '' : new Date(ms).toLocaleDateString('en-GB',
        {day: 'numeric', month: 'long', year: 'numeric'});
}

function names(row) {
    return row.names.length === 0 ? h('span', {class: 'soft'}, '–')
        : row.names.map((n, i) => [i > 0 && ', ', n]);
}

function uses(row) {
    return row.uses.length === 0 ? h('span', {class: 'soft'}, 'nothing')
        : h('ul', {class: 'plain-list'}, row.uses.map(at =>
            h('li', null, h('code', null, at))));
}

function holders(row) {
    return row.lacking.length === 0 ? badge('ok', 'On all nodes')
        : badge('busy', `Not yet on ${row.lacking.join(', ')}`);
}

/** The chain: who signed whom, and until when each holds. */
function chain(row) {
    const all = row.bundle?.chain ?? [];
    if (all.length === 0) return null;
    return h('details', {id: `chain-${row.name}`, class: 'normal'},
        h('summary', null, `${row.bundle.key}, ` +
            count(all.length, 'certificate')),
        h('ol', {class: 'chain'}, all.map(c => h('li', null,
            c.subject.common_name ?? c.subject.organization ?? 'unnamed',
            h('span', {class: 'soft'}, ` by ${c.issuer.common_name ??
                c.issuer.organization ?? 'unnamed'}, until ` +
                day(Date.parse(c.validity.until)))))));
}

function row(ctx, r, done) {
    const {kind, word} = expiry(r.until, Date.now());
    return h('tr', {role: 'row', 'data-certificate': r.name},
        h('th', {role: 'rowheader', scope: 'row'}, r.name, chain(r)),
        cell('Holds', badge(kind, word), h('div', {class: 'soft small'},
            r.bundle ? day(r.until) : 'this node cannot open it')),
        cell('For', names(r)), cell('Used by', uses(r)),
        cell('Nodes', holders(r)),
        cell('', ctx.session.canWrite && h('div', {class: 'row'},
            button('Renew', () => upload(ctx, r.name, done), {
                kind: 'small', 'aria-label': `Renew ${r.name}`}),
            button('Delete', () => remove(ctx, r, done), {
                kind: 'small', 'aria-label': `Delete ${r.name}`}))));
}

async function remove(ctx, r, done) {
    const sure = await ctx.confirm({
        title: `Delete the certificate ${r.name}?`, danger: true,
        body: r.uses.length === 0 ? 'Nothing uses it. It goes from all nodes.'
            : `${r.uses.join(', ')} ${r.uses.length === 1 ? 'uses' : 'use'} ` +
                'it: the mesh will refuse.',
        action: 'Delete it',
    });
    if (!sure) return;
    try {
        await ctx.api.send('DELETE',
            `/certificates/${encodeURIComponent(r.name)}`);
        ctx.toast(`${r.name} is deleted.`);
    } catch (e) {
        ctx.toast(`${e.problem?.error ?? ''} ${e.problem?.detail ?? ''}`,
            'bad');
    }
    done();
}

/** Files are read here: more than one is put behind the other. */
async function read(input, area) {
    const texts = await Promise.all([...input.files].map(f => f.text()));
    area.value = texts.map(t => (t.endsWith('\n') ? t : `${t}\n`)).join('');
}

function upload(ctx, given, done) {
    const name = h('input', {id: 'certificate-name', required: true,
        value: given ?? '', autocomplete: 'off', spellcheck: 'false'});
    if (given) name.readOnly = true;
    const area = h('textarea', {id: 'certificate-pem', rows: 7,
        class: 'mono', spellcheck: 'false', autocomplete: 'off',
        placeholder: '-----BEGIN CERTIFICATE-----'});
    const file = h('input', {id: 'certificate-file', type: 'file',
        multiple: true, accept: '.pem,.crt,.cer,.key',
        onchange: () => read(file, area)});
    const trouble = h('div');
    async function put() {
        try {
            await ctx.api.send('PUT',
                `/certificates/${encodeURIComponent(name.value.trim())}`,
                area.value);
            el.close();
            ctx.toast(`${name.value.trim()} is uploaded.`);
            done();
        } catch (e) {
            fill(trouble, errorBox(e));
        }
    }
    const el = dialog(given ? `Renew ${given}` : 'Upload a certificate', [
        field('Name', name, 'Listeners name it; a renewed one keeps it.'),
        field('Files', file, 'The chain and its key, in PEM.'),
        field('Or paste them', area, 'The key is sealed to the members; ' +
            'nobody is shown it again.'), trouble,
    ], [button('Cancel', () => el.close()),
        button('Upload', put, {kind: 'primary'})]);
}

function table(ctx, rows, done) {
    return h('div', {class: 'card'},
        h('table', {class: 'table nodes', role: 'table'},
            h('caption', {class: 'unseen'}, 'Certificates'),
            h('thead', {role: 'rowgroup'}, h('tr', {role: 'row'},
                ['Certificate', 'Holds', 'For', 'Used by', 'Nodes'].map(t =>
                    h('th', {role: 'columnheader', scope: 'col'}, t)),
                h('td', {role: 'cell'}))),
            h('tbody', {role: 'rowgroup'},
                rows.map(r => row(ctx, r, done)))));
}

function nothing(data) {
    return data.alone
        ? empty('This node is in no mesh.', h('p', null, 'Certificates of a ' +
            'mesh are sealed to its members and kept on all nodes.'))
        : empty('No certificates.', h('p', null, 'Upload a chain with its ' +
            'key, and name it at a listener: ', h('code', null,
            '"tls": {"certificate": "NAME"}')));
}

function mount(root, ctx) {
    function show(data, error) {
        if (!data) {
            fill(root, heading('Certificates'), error ? errorBox(error)
                : loading());
            return;
        }
        fill(root, heading('Certificates', ctx.session.canWrite &&
            !data.alone && button('Upload', () => upload(ctx, null, done),
            {kind: 'primary', icon: 'plus', id: 'upload'})),
        error && errorBox(error), data.rows.length > 0
            ? table(ctx, data.rows, done) : nothing(data));
    }
    const done = () => seen.now();
    const seen = watch(ctx.live, () => load(ctx.api), show,
        {key: d => JSON.stringify(d)});
    return seen.end;
}

export default {id: 'certificates', title: 'Certificates', mount};
