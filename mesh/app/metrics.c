/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See metrics.h. Happy path: a snapshot, then family by family. Failure mode:
 * no memory, which is answered 500. */
#include "mesh/app/metrics.h"

#include <string.h>

#include "mesh/app/answer.h"
#include "mesh/app/families.h"
#include "mesh/app/samples.h"

static uint64_t number(const struct um_scrape *s,
                       const struct um_family_field *f)
{
    const uint8_t *at = (const uint8_t *)&s->m + f->at;
    uint32_t half;
    uint64_t whole;

    if (f->size == sizeof half) {
        memcpy(&half, at, sizeof half);
        return half;
    }
    memcpy(&whole, at, sizeof whole);
    return whole;
}

static bool is_told(const struct um_scrape *s, enum um_family_when when)
{
    switch (when) {
        case UM_WHEN_MESH:
            return s->d->mesh.node != NULL;
        case UM_WHEN_UNIT:
            return s->d->unit_target[0] != '\0';
        case UM_WHEN_SEEN:
            return s->has_figures;
        case UM_WHEN_GUEST:
            return s->d->article != NULL;
        case UM_WHEN_ROUTER:
            return s->m.has_gateway;
        case UM_WHEN_ALWAYS:
            break;
    }
    return true;
}

static void put_family(struct um_scrape *s, const struct um_family *f)
{
    uint64_t n;

    um_exposition_family(&s->e, &f->metric);
    for (size_t i = 0; i < f->parts_n; i++) {
        const struct um_exposition_label l =
            um_samples_label(f->labels, f->parts[i].value);

        um_exposition_put(&s->e, &l, 1, number(s, &f->parts[i].field));
    }
    if (f->put != NULL) {
        f->put(s);
    } else if (f->parts_n == 0) {
        n = number(s, &f->field);
        if (strcmp(f->metric.unit, "seconds") == 0) {
            um_exposition_milli(&s->e, NULL, 0, n);
        } else {
            um_exposition_put(&s->e, NULL, 0, n);
        }
    }
}

/* What Unit said of itself at the last look. */
static void read_figures(struct um_scrape *s)
{
    struct um_hands *h = um_daemon_hands(s->d);
    struct um_str body =
        h != NULL ? um_hands_status(h, &s->figures_age_ms) : um_str_n(NULL, 0);

    s->has_figures =
        body.p != NULL && um_figures_read(&s->arena, body, &s->figures);
}

void um_metrics_show(struct um_daemon *d, struct um_http_req *req)
{
    struct um_scrape s = {.d = d, .arena = UM_ARENA_INIT};
    bool open = um_exposition_wants_open(um_http_header(req, "Accept"));
    struct um_str text;

    um_measured_take(d, &s.m);
    read_figures(&s);
    um_exposition_init(&s.e, open);
    for (size_t i = 0; i < UM_FAMILIES; i++) {
        if (is_told(&s, um_families_all[i].when)) {
            put_family(&s, &um_families_all[i]);
        }
    }
    text = um_exposition_finish(&s.e);
    if (text.p != NULL) {
        um_http_reply_header(req, "Vary", "Accept");
        um_http_reply(req, 200, um_exposition_type(open), text.p, text.len);
    } else {
        um_answer_error(req, 500, "Out of memory.", NULL);
    }
    um_exposition_fini(&s.e);
    um_arena_fini(&s.arena);
}
