// SPDX-License-Identifier: MIT OR Apache-2.0
// The kinds of events that a daemon sends, as docs/reference/rest-mesh.md lists
// them: an EventSource hears only kinds that it was told of.

/** Of each a kind of badge, and how people say it. */
export const KINDS = {
    current: ['info', 'Current'], applied: ['ok', 'Applied'],
    refused: ['bad', 'Refused'], unhealthy: ['warn', 'Unhealthy'],
    fallback: ['warn', 'Fell back'], 'no-fallback': ['bad', 'No fallback'],
    conflicts: ['warn', 'Conflicts'], expired: ['stale', 'Expired'],
    confirmed: ['ok', 'Confirmed'], aborted: ['bad', 'Aborted'],
    opened: ['info', 'Opened'], held: ['warn', 'Held'],
    unconfirmed: ['warn', 'Unconfirmed'], rebased: ['info', 'Re-based'],
    drift: ['drift', 'Changed by hand'], adopted: ['ok', 'Adopted'],
    'not-adopted': ['warn', 'Not adopted'], joined: ['ok', 'Joined'],
    removed: ['warn', 'Removed'], pending: ['info', 'Asks to join'],
    forgery: ['bad', 'Forgery'],
    overflow: ['bad', 'Overflow'], twin: ['bad', 'Same key'],
    newer: ['info', 'Newer version'], 'webhook-off': ['bad', 'Webhook off'],
    'webhook-failed': ['warn', 'Webhook failed'],
    'webhook-dropped': ['warn', 'Webhook dropped'],
};

/** What comes instead of events that are not kept any more. */
export const MISSED = 'missed';
