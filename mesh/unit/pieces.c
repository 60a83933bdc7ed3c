/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Unit's configuration has a handful of members at its top, each of which is
 * asked for in turn; one that is absent answers 404 and is left out by the
 * caller giving an empty body. The order is Unit's own default.
 */
#include "mesh/unit/pieces.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mesh/base/buf.h"

static const char *const members[] = {"settings",  "listeners",
                                      "routes",    "applications",
                                      "upstreams", "access_log"};

struct um_pieces {
    char path[64]; /* of the next member */
    char base[32];
    size_t at;
    struct um_buf whole;
    bool any;
};

static void set_path(struct um_pieces *p)
{
    if (p->at < sizeof members / sizeof members[0]) {
        (void)snprintf(p->path, sizeof p->path, "%s/%s", p->base,
                       members[p->at]);
    }
}

struct um_pieces *um_pieces_new(const char *path)
{
    struct um_pieces *p = calloc(1, sizeof *p);

    if (p != NULL) {
        (void)snprintf(p->base, sizeof p->base, "%s", path);
        um_buf_init(&p->whole);
        um_buf_byte(&p->whole, '{');
        set_path(p);
    }
    return p;
}

void um_pieces_free(struct um_pieces *p)
{
    if (p != NULL) {
        um_buf_fini(&p->whole);
        free(p);
    }
}

const char *um_pieces_next(const struct um_pieces *p)
{
    return p->at < sizeof members / sizeof members[0] ? p->path : NULL;
}

bool um_pieces_add(struct um_pieces *p, const char *body, size_t len)
{
    if (len > 0) {
        um_buf_fmt(&p->whole, "%s\"%s\":", p->any ? "," : "", members[p->at]);
        um_buf_add(&p->whole, body, len);
        p->any = true;
    }
    p->at++;
    set_path(p);
    if (p->at == sizeof members / sizeof members[0]) {
        um_buf_byte(&p->whole, '}');
    }
    return !um_buf_failed(&p->whole);
}

const char *um_pieces_whole(struct um_pieces *p, size_t *len)
{
    *len = p->whole.len;
    um_buf_byte(&p->whole, '\0');
    return p->whole.p;
}
