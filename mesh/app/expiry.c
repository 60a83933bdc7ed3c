/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See expiry.h. Happy path: what GET /certificates would answer is read.
 * Failure mode: it would answer with a mistake, and is asked again. */
#include "mesh/app/expiry.h"

#include <stdlib.h>
#include <string.h>

#include "mesh/doc/parse.h"
#include "mesh/node/desk.h"

/* When a certificate ends, as Unit's API says it: "Nov 26 08:00:00 2026 GMT";
 * 0: it cannot be read. */
static time_t end_of(const struct um_val *cert)
{
    const struct um_val *v = um_val_member(cert, UM_STR("validity"));
    const struct um_val *until =
        v != NULL ? um_val_member(v, UM_STR("until")) : NULL;
    struct tm tm = {.tm_sec = 0};
    char text[64];

    if (until == NULL || until->kind != UM_VAL_STRING ||
        until->text.len >= sizeof text) {
        return 0;
    }
    memcpy(text, until->text.p, until->text.len);
    text[until->text.len] = '\0';
    return strptime(text, "%b %d %H:%M:%S %Y", &tm) != NULL ? timegm(&tm) : 0;
}

/* The first end in a chain. */
static time_t end_of_chain(const struct um_val *bundle)
{
    const struct um_val *chain = um_val_member(bundle, UM_STR("chain"));
    time_t first = 0;

    for (size_t i = 0;
         chain != NULL && chain->kind == UM_VAL_ARRAY && i < chain->count;
         i++) {
        time_t t = end_of(&chain->items.p[i]);

        first = t != 0 && (first == 0 || t < first) ? t : first;
    }
    return first;
}

/* Of an object of certificates. */
static void take(struct um_expiry *e, const struct um_val *all)
{
    e->rows = calloc(all->count + 1, sizeof *e->rows);
    for (size_t i = 0; e->rows != NULL && i < all->count; i++) {
        struct um_str name = all->members.p[i].name;
        struct um_expiry_row *row = &e->rows[e->n];

        row->end = end_of_chain(&all->members.p[i].value);
        if (row->end > 0 && name.len < sizeof row->name) {
            memcpy(row->name, name.p, name.len);
            row->name[name.len] = '\0';
            e->n++;
        }
    }
}

static void read_certificates(struct um_expiry *e, struct um_desk *desk)
{
    const struct um_control_request ask = {.method = UM_STR("GET"),
                                           .path = UM_STR("/certificates")};
    struct um_control_answer out;
    struct um_val all;

    um_control_answer(&desk->arena, &desk->state, &ask, &out);
    if (out.status == 200 &&
        um_doc_parse(out.body, &desk->arena, &all, NULL) == 0 &&
        all.kind == UM_VAL_OBJECT) {
        take(e, &all);
    }
}

void um_expiry_look(struct um_expiry *e, struct um_node *n)
{
    const struct um_model *m = um_node_model(n);
    const struct um_past *t = um_view_target(&m->view, &m->history);
    struct um_desk desk;

    if (t != NULL && e->rows != NULL && um_name_eq(&t->rev.id, &e->revision)) {
        return;
    }
    um_expiry_fini(e);
    if (t == NULL) {
        return;
    }
    e->revision = t->rev.id;
    if (um_desk_init(&desk, n, &t->rev.id, NULL) == 0) {
        read_certificates(e, &desk);
    }
    um_desk_fini(&desk);
}

void um_expiry_fini(struct um_expiry *e)
{
    free(e->rows);
    *e = (struct um_expiry){.rows = NULL};
}
