// SPDX-License-Identifier: MIT OR Apache-2.0
import {fill} from '../lib/dom.js';
import {empty, heading} from '../lib/parts.js';

function mount(root) {
    fill(root, heading('Conflicts'), empty('Not there yet.'));
    return () => {};
}

export default {id: 'conflicts', title: 'Conflicts', mount};
