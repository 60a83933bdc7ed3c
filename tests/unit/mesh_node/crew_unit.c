/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See crew_unit.h. */
#include "crew_unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mesh/unit/shown.h"
#include "unit.h"

enum { SLICE_MS = 50 };

static uint64_t wall_ms(void *clock)
{
    const struct mate *m = clock;

    return CREW_T0 + m->crew->world.now;
}

void crew_unit_init(struct crew_unit *u, struct mate *m)
{
    struct um_unit_cfg cfg = {.target = "http://127.0.0.1:8888",
                              .alarms = &m->crew->world.port,
                              .log = &m->log};

    *u = (struct crew_unit){.m = m};
    fetch_rig_init(&u->net);
    (void)snprintf(u->net.server, sizeof u->net.server, "Unit/1.35.0");
    rig_init(&u->rig);
    u->rig.cfg.njs = true;
    u->rig.cfg.modules_json = "{\"python\":{\"version\":\"3\",\"lib\":\"p\"}}";
    rig_start(&u->rig);
    cfg.fetch = &u->net;
    u->unit = um_unit_new(&cfg);
    u->applier = um_applier_new(u->unit, cfg.alarms, &m->log);
    assert_non_null(u->unit);
    assert_non_null(u->applier);
    u->pair.cfg = (struct um_agent_cfg){.unit = u->unit,
                                        .applier = u->applier,
                                        .alarms = cfg.alarms,
                                        .log = &m->log,
                                        .policy = &m->policy,
                                        .key = m->crew->keys[m->no],
                                        .name = m->no == 0 ? "first" : "mate",
                                        .wall_ms = wall_ms,
                                        .clock = m};
    pair_open(&u->pair);
    m->hands = u->pair.hands;
}

void crew_unit_again(struct crew_unit *u)
{
    assert_null(u->m->node);
    pair_close(&u->pair);
    pair_open(&u->pair);
    u->m->hands = u->pair.hands;
}

void crew_unit_fini(struct crew_unit *u)
{
    mate_stop(u->m);
    pair_fini(&u->pair);
    u->m->hands = NULL;
    um_unit_free(u->unit);
    um_applier_free(u->applier);
    fetch_rig_fini(&u->net);
    rig_fini(&u->rig);
}

static bool is_put(const struct um_fetch_job *j)
{
    return strcmp(j->method, "PUT") == 0 && strstr(j->url, "/config") != NULL;
}

/* The stand-in's answers to all that is asked; it ends when nothing is. */
static void pump(struct crew_unit *u)
{
    const struct um_fetch_job *j;

    while ((j = fetch_rig_job(&u->net)) != NULL) {
        const char *path = strchr(j->url + 7, '/');
        char *body = j->body != NULL ? strdup(j->body) : NULL;
        const char *answer, *at;

        u->puts += is_put(j);
        answer = rig_ask(&u->rig, j->method, path, body);
        at = strstr(answer, "\r\n\r\n");
        if (at == NULL)
            fetch_rig_fail(&u->net, UM_FETCH_CLOSED);
        else
            fetch_rig_answer(&u->net, atol(answer + 9), at + 4);
        free(body);
    }
}

void crew_work(struct crew *c, struct crew_unit *u, size_t n, uint64_t ms)
{
    for (uint64_t past = 0; past < ms; past += SLICE_MS) {
        for (size_t i = 0; i < n; i++)
            pump(&u[i]);
        crew_pass(c, SLICE_MS);
    }
    for (size_t i = 0; i < n; i++)
        pump(&u[i]);
}

bool crew_unit_runs(struct crew_unit *u, const char *text)
{
    struct um_buf b = UM_BUF_INIT;
    bool runs;

    um_shown_compact(um_str(rig_body(&u->rig, "GET", "/config", NULL)), &b);
    um_buf_byte(&b, '\0');
    runs = strstr(b.p, text) != NULL;
    um_buf_fini(&b);
    return runs;
}

void crew_unit_change(struct crew_unit *u, const char *path, const char *body)
{
    assert_int_equal(rig_status(&u->rig, "PUT", path, body), 200);
}
