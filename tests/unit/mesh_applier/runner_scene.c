/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "runner_scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mesh/unit/shown.h"
#include "unit.h"

static void add(char *text, const char *line)
{
    size_t n = strlen(text);

    assert_true(n + strlen(line) < SCENE_TEXT);
    memcpy(text + n, line, strlen(line) + 1);
}

static void on_live(void *user, const struct um_runner_live *live)
{
    struct scene *s = user;
    char line[128];

    (void)snprintf(line, sizeof line, "live%s%s%s %.*s\n",
                   live->ours ? " ours" : "", live->blank ? " blank" : "",
                   live->other_unit ? " other" : "", UM_STR_ARG(live->version));
    add(s->events, line);
    s->effective = live->effective;
    assert_true(um_str_eq(live->config, um_runner_config(s->runner)));
}

static void on_absent(void *user, const char *text)
{
    struct scene *s = user;

    assert_true(strlen(text) > 0);
    add(s->events, "absent\n");
}

static void on_applied(void *user, enum um_result outcome,
                       const struct um_name *revision,
                       const struct um_name *effective, struct um_str text)
{
    static const char *const words[] = {"done", "refused", "no answer"};
    struct scene *s = user;
    char line[64];

    assert_int_equal(revision->b[0], 0x10 + effective->b[31]);
    (void)snprintf(line, sizeof line, "applied %u %s\n", effective->b[0],
                   words[outcome]);
    add(s->events, line);
    assert_true(text.len < sizeof s->reason);
    memcpy(s->reason, text.p, text.len);
    s->reason[text.len] = '\0';
}

static void on_shown(void *user, const struct um_name *effective,
                     struct um_str config)
{
    struct scene *s = user;
    char line[64];

    (void)snprintf(line, sizeof line, "shown %u\n", effective->b[0]);
    add(s->events, line);
    assert_true(config.len < sizeof s->shown);
    memcpy(s->shown, config.p, config.len);
    s->shown[config.len] = '\0';
}

static void on_health(void *user, bool healthy)
{
    struct scene *s = user;

    add(s->events, healthy ? "well\n" : "ill\n");
}

static void on_status(void *user, struct um_str body)
{
    struct scene *s = user;

    s->statuses++;
    (void)snprintf(s->status, sizeof s->status, "%.*s", UM_STR_ARG(body));
}

static const struct um_runner_cb callbacks = {
    .live = on_live,
    .absent = on_absent,
    .applied = on_applied,
    .shown = on_shown,
    .health = on_health,
    .status = on_status,
};

struct scene *scene_new(void)
{
    struct scene *s = calloc(1, sizeof *s);
    struct um_unit_cfg cfg = {.target = "http://127.0.0.1:8888"};

    assert_non_null(s);
    fetch_rig_init(&s->net);
    (void)snprintf(s->net.server, sizeof s->net.server, "Unit/1.35.0");
    rig_init(&s->rig);
    s->rig.cfg.njs = true;
    s->rig.cfg.modules_json =
        "{\"python\":{\"version\":\"3.11\",\"lib\":\"p.so\"}}";
    rig_start(&s->rig);
    cfg.fetch = &s->net;
    cfg.alarms = &s->net.alarms;
    cfg.log = &s->net.log;
    s->unit = um_unit_new(&cfg);
    s->applier = um_applier_new(s->unit, &s->net.alarms, &s->net.log);
    um_policy_default(&s->policy);
    return s;
}

void scene_start(struct scene *s, const struct um_runner_cfg *more)
{
    struct um_runner_cfg cfg = more != NULL ? *more : (struct um_runner_cfg){0};

    cfg.unit = s->unit;
    cfg.applier = s->applier;
    cfg.policy = &s->policy;
    cfg.alarms = &s->net.alarms;
    cfg.log = &s->net.log;
    cfg.cb = &callbacks;
    cfg.user = s;
    s->runner = um_runner_new(&cfg);
    assert_non_null(s->runner);
}

void scene_stop(struct scene *s)
{
    um_runner_free(s->runner);
    s->runner = NULL;
}

void scene_free(struct scene *s)
{
    scene_stop(s);
    um_unit_free(s->unit);
    um_applier_free(s->applier);
    fetch_rig_fini(&s->net);
    rig_fini(&s->rig);
    um_arena_fini(&s->mem);
    free(s);
}

/* The trick for a request, if there is one. */
static const struct trick *trick_for(struct scene *s,
                                     const struct um_fetch_job *j,
                                     const char *path)
{
    struct trick *t = &s->trick;

    if (t->method == NULL || t->times == 0 ||
        strcmp(t->method, j->method) != 0 || strcmp(t->path, path) != 0)
        return NULL;
    t->times--;
    if (t->act != NULL)
        t->act(s);
    return t->code != 0 || t->lost != UM_FETCH_OK ? t : NULL;
}

/* The stand-in's answer to a request; it may be cut off, or be none. */
static void ask(struct scene *s, const struct um_fetch_job *j, const char *path)
{
    char *body = j->body != NULL ? strdup(j->body) : NULL;
    const char *answer = rig_ask(&s->rig, j->method, path, body);
    const char *at = strstr(answer, "\r\n\r\n");
    const char *len = strstr(answer, "Content-Length: ");

    if (at == NULL || len == NULL ||
        strlen(at + 4) < strtoul(len + 16, NULL, 10))
        fetch_rig_fail(&s->net, UM_FETCH_CLOSED);
    else
        fetch_rig_answer(&s->net, atol(answer + 9), at + 4);
    free(body);
}

void scene_pump(struct scene *s)
{
    const struct um_fetch_job *j;

    while ((j = fetch_rig_job(&s->net)) != NULL) {
        const char *path = strchr(j->url + 7, '/');
        const struct trick *t;
        char line[600];

        if (strcmp(j->method, "GET") != 0) {
            (void)snprintf(line, sizeof line, "%s %s\n", j->method, path);
            add(s->requests, line);
        }
        t = trick_for(s, j, path);
        if (s->gone)
            fetch_rig_fail(&s->net, UM_FETCH_CONNECT);
        else if (t != NULL && t->code != 0)
            fetch_rig_answer(&s->net, t->code, t->body);
        else if (t != NULL)
            fetch_rig_fail(&s->net, t->lost);
        else
            ask(s, j, path);
    }
}

void scene_ring(struct scene *s, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        scene_pump(s);
        assert_true(fetch_rig_ring(&s->net));
        scene_pump(s);
    }
}

void scene_until_told(struct scene *s)
{
    scene_pump(s);
    for (unsigned i = 0; i < 64 && s->events[0] == '\0'; i++)
        scene_ring(s, 1);
}

void scene_told(struct scene *s, const char *events)
{
    assert_string_equal(s->events, events);
    s->events[0] = '\0';
}

void scene_changed(struct scene *s, const char *requests)
{
    assert_string_equal(s->requests, requests);
    s->requests[0] = '\0';
}

struct um_name scene_name(uint8_t c)
{
    struct um_name n;

    memset(n.b, c, sizeof n.b);
    return n;
}

void scene_apply_with(struct scene *s, uint8_t n, const char *config,
                      const struct um_runner_bundle *bundles, size_t count)
{
    const struct um_runner_config c = {
        .revision = scene_name((uint8_t)(0x10 + n)),
        .effective = scene_name(n),
        .config = um_str(config),
        .bundles = bundles,
        .bundles_n = count,
        .why = "a revision",
    };

    um_runner_apply(s->runner, &c);
}

void scene_apply(struct scene *s, uint8_t n, const char *config)
{
    scene_apply_with(s, n, config, NULL, 0);
}

void scene_run(struct scene *s, uint8_t n, const char *config)
{
    char want[64];

    scene_start(s, NULL);
    scene_until_told(s);
    scene_told(s, "live blank 1.35.0\nwell\n");
    scene_apply(s, n, config);
    scene_until_told(s);
    (void)snprintf(want, sizeof want, "shown %u\napplied %u done\n", n, n);
    scene_told(s, want);
    scene_changed(s, "PUT /config\n");
}

void scene_by_hand(struct scene *s, const char *method, const char *path,
                   const char *body)
{
    assert_int_equal(rig_status(&s->rig, method, path, body), 200);
}

const char *scene_config(struct scene *s)
{
    struct um_buf b = UM_BUF_INIT;

    um_shown_compact(um_str(rig_body(&s->rig, "GET", "/config", NULL)), &b);
    assert_true(b.len < sizeof s->rig.answer);
    memcpy(s->rig.answer, b.p, b.len);
    s->rig.answer[b.len] = '\0';
    um_buf_fini(&b);
    return s->rig.answer;
}
