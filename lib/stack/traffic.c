/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See traffic.h. A row is looked for once a stream, and there are few of them.
 * Failure mode: more protocols than rows, which then share the last.
 */
#include "stack/traffic.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define OTHERS "others"

struct p2p__traffic *p2p__traffic_row(struct p2p__traffic *rows,
                                      const char *protocol)
{
    char name[P2P__TRAFFIC_NAME];
    size_t i = 0;

    (void)snprintf(name, sizeof name, "%s", protocol);
    while (i < P2P__TRAFFIC_ROWS - 1 && rows[i].protocol[0] != '\0' &&
           strcmp(rows[i].protocol, name) != 0) {
        i++;
    }
    if (rows[i].protocol[0] == '\0') {
        (void)snprintf(rows[i].protocol, sizeof rows[i].protocol, "%s",
                       i < P2P__TRAFFIC_ROWS - 1 ? name : OTHERS);
    }
    assert(rows[i].protocol[0] != '\0');
    return &rows[i];
}
