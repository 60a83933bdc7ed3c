/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See answer.h. */
#include "mesh/app/answer.h"

#include <stdio.h>
#include <string.h>

void um_answer_text(struct um_http_req *req, unsigned status, const char *text)
{
    um_http_reply(req, status, NULL, text, strlen(text));
}

void um_answer_json(struct um_http_req *req, unsigned status, struct um_json *j)
{
    size_t len;
    const char *text = um_json_finish(j, &len);

    um_http_reply(req, status, "application/json", text, len);
    um_json_fini(j);
}

void um_answer_error(struct um_http_req *req, unsigned status,
                     const char *error, const char *detail)
{
    struct um_json j;

    um_json_init(&j);
    um_json_text(&j, "error", error);
    if (detail != NULL) {
        um_json_text(&j, "detail", detail);
    }
    um_answer_json(req, status, &j);
}

void um_answer_located(struct um_http_req *req, const char *error,
                       const char *detail, const char *of,
                       struct um_str pointer)
{
    struct um_json j;

    um_json_init(&j);
    um_json_text(&j, "error", error);
    um_json_text(&j, "detail", detail);
    if (pointer.len > 0) {
        um_json_open(&j, "location", '{');
        um_json_str(&j, "path", pointer);
        um_json_text(&j, "of", of);
        um_json_close(&j, '}');
    }
    um_answer_json(req, 400, &j);
}

void um_answer_warning(struct um_json *j, const char *warning)
{
    um_json_open(j, "warnings", '[');
    um_json_text(j, NULL, warning);
    um_json_close(j, ']');
}

void um_answer_warnings(struct um_json *j, const struct um_val *list)
{
    if (list->kind != UM_VAL_ARRAY || list->count == 0) {
        return;
    }
    um_json_open(j, "warnings", '[');
    for (size_t i = 0; i < list->count; i++) {
        um_json_str(j, NULL, list->items.p[i].text);
    }
    um_json_close(j, ']');
}

void um_answer_refusal(struct um_http_req *req, enum um_reply answer,
                       const char *about)
{
    const struct um_reply_words *w = um_reply_words(answer);
    struct um_json j;

    um_json_init(&j);
    um_json_text(&j, "error", w->text);
    if (about[0] != '\0') {
        um_json_text(&j, "revision", about);
    }
    if (w->flag != NULL) {
        um_json_text(&j, "override", w->flag + 2);
    }
    um_answer_json(req, w->status, &j);
}

void um_answer_verdict(struct um_http_req *req, const struct um_log *log,
                       const struct um_auth_verdict *v)
{
    char seconds[24];

    if (v->alarm) {
        um_log_line(log, UM_LOG_WARN,
                    "wrong tokens from %s: it is told to wait",
                    um_http_client(req)[0] != '\0' ? um_http_client(req)
                                                   : "the socket");
    }
    if (v->status == 401) {
        um_http_reply_header(req, "WWW-Authenticate", "Bearer");
    } else if (v->wait_ms > 0) {
        (void)snprintf(seconds, sizeof seconds, "%u",
                       (unsigned)((v->wait_ms + 999) / 1000));
        um_http_reply_header(req, "Retry-After", seconds);
    }
    um_answer_error(req, v->status, v->text, NULL);
}
