/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "fetch_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

static void *alarm_set(void *user, uint64_t ms, void (*fn)(void *arg),
                       void *arg)
{
    struct um_fetch *rig = user;
    size_t i = 0;

    while (i < FETCH_RIG_ALARMS && rig->alarm[i].set) {
        i++;
    }
    assert_true(i < FETCH_RIG_ALARMS);
    rig->alarm[i].set = true;
    rig->alarm[i].at = rig->now_ms + ms;
    rig->alarm[i].fn = fn;
    rig->alarm[i].arg = arg;
    return &rig->alarm[i];
}

static void alarm_clear(void *user, void *alarm)
{
    struct um_fetch *rig = user;

    for (size_t i = 0; i < FETCH_RIG_ALARMS; i++) {
        if (alarm == &rig->alarm[i]) {
            assert_true(rig->alarm[i].set);
            rig->alarm[i].set = false;
        }
    }
}

static uint64_t now_ms(void *user)
{
    const struct um_fetch *rig = user;

    return rig->now_ms;
}

static void sink(void *user, enum um_log_level level, const char *line)
{
    struct um_fetch *rig = user;
    size_t len = strlen(rig->text);

    (void)level;
    (void)snprintf(rig->text + len, sizeof rig->text - len, "%s\n", line);
}

void fetch_rig_init(struct um_fetch *rig)
{
    memset(rig, 0, sizeof *rig);
    rig->alarms = (struct um_alarms){
        .user = rig, .set = alarm_set, .clear = alarm_clear, .now_ms = now_ms};
    rig->log =
        (struct um_log){.level = UM_LOG_DEBUG, .user = rig, .sink = sink};
}

void fetch_rig_fini(struct um_fetch *rig)
{
    assert_null(fetch_rig_job(rig));
    for (size_t i = 0; i < FETCH_RIG_ALARMS; i++) {
        assert_false(rig->alarm[i].set);
    }
}

struct um_fetch_job *um_fetch_start(struct um_fetch *f,
                                    const struct um_fetch_req *req,
                                    um_fetch_done *done, void *user)
{
    struct um_fetch_job *j = f->job;

    while (j < f->job + FETCH_RIG_JOBS && j->live) {
        j++;
    }
    assert_true(j < f->job + FETCH_RIG_JOBS);
    *j = (struct um_fetch_job){
        .rig = f, .live = true, .req = *req, .done = done, .user = user};
    (void)snprintf(j->method, sizeof j->method, "%s", req->method);
    (void)snprintf(j->url, sizeof j->url, "%s", req->url);
    if (req->host != NULL) {
        (void)snprintf(j->host, sizeof j->host, "%s", req->host);
    }
    if (req->unix_path != NULL) {
        (void)snprintf(j->unix_path, sizeof j->unix_path, "%s", req->unix_path);
    }
    if (req->body != NULL) {
        j->body = calloc(1, req->len + 1);
        assert_non_null(j->body);
        memcpy(j->body, req->body, req->len);
    }
    f->started++;
    return j;
}

void um_fetch_cancel(struct um_fetch_job *job)
{
    assert_true(job->live);
    job->live = false;
    free(job->body);
    job->body = NULL;
}

struct um_fetch_job *fetch_rig_job(struct um_fetch *rig)
{
    struct um_fetch_job *found = NULL;

    for (size_t i = 0; i < FETCH_RIG_JOBS; i++) {
        if (rig->job[i].live) {
            assert_null(found);
            found = &rig->job[i];
        }
    }
    return found;
}

/* Ends the one request. */
static void end(struct um_fetch *rig, const struct um_fetch_answer *a)
{
    struct um_fetch_job *j = fetch_rig_job(rig);
    um_fetch_done *done;
    void *user;

    assert_non_null(j);
    done = j->done;
    user = j->user;
    um_fetch_cancel(j);
    done(user, a);
}

void fetch_rig_answer(struct um_fetch *rig, long code, const char *body)
{
    const struct um_fetch_answer a = {.status = UM_FETCH_OK,
                                      .text = "",
                                      .code = code,
                                      .body = body,
                                      .len = strlen(body),
                                      .server = rig->server};

    end(rig, &a);
}

void fetch_rig_fail(struct um_fetch *rig, enum um_fetch_status status)
{
    const struct um_fetch_answer a = {
        .status = status, .text = "no answer", .body = "", .server = ""};

    end(rig, &a);
}

void fetch_rig_expect(struct um_fetch *rig, const char *method, long code,
                      const char *body)
{
    const struct um_fetch_job *j = fetch_rig_job(rig);

    assert_non_null(j);
    assert_string_equal(j->method, method);
    fetch_rig_answer(rig, code, body);
}

bool fetch_rig_ring(struct um_fetch *rig)
{
    size_t next = FETCH_RIG_ALARMS;

    for (size_t i = 0; i < FETCH_RIG_ALARMS; i++) {
        if (rig->alarm[i].set && (next == FETCH_RIG_ALARMS ||
                                  rig->alarm[i].at < rig->alarm[next].at)) {
            next = i;
        }
    }
    if (next == FETCH_RIG_ALARMS) {
        return false;
    }
    rig->now_ms = rig->alarm[next].at;
    rig->alarm[next].set = false;
    rig->alarm[next].fn(rig->alarm[next].arg);
    return true;
}

unsigned fetch_rig_said(const struct um_fetch *rig, const char *text)
{
    unsigned n = 0;

    for (const char *at = strstr(rig->text, text); at != NULL;
         at = strstr(at + 1, text)) {
        n++;
    }
    return n;
}
