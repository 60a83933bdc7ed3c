/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See watch.h. Happy path: what the verb prints is kept and shown; then the
 * stream of events is read until one comes or two seconds are over. It goes on
 * behind the last event that was seen, so that none is lost between two looks.
 * A daemon that is away is waited for, on a terminal.
 */
#include "cli/watch.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/answer.h"
#include "cli/capture.h"
#include "cli/style.h"

/* How long it is waited for an event, and at least between two looks. */
#define LONGEST_MS  2000U
#define SHORTEST_MS 200U

/* What was seen of the events. */
struct seen {
    struct um_buf line;
    char last[32]; /* the number of the last one; "": there was none */
    bool some;
};

static uint64_t now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void sleep_until(uint64_t at_ms)
{
    uint64_t now = now_ms(), ms = at_ms > now ? at_ms - now : 0;
    const struct timespec pause = {.tv_sec = (time_t)(ms / 1000),
                                   .tv_nsec = (long)(ms % 1000) * 1000000};

    if (ms > 0) {
        (void)nanosleep(&pause, NULL);
    }
}

static void take_line(struct seen *s)
{
    struct um_str line = um_buf_view(&s->line), id = UM_STR("id: ");

    if (um_str_starts(line, id)) {
        line = um_str_skip(line, id.len);
        (void)snprintf(s->last, sizeof s->last, "%.*s", UM_STR_ARG(line));
    }
    if (um_str_eq(line, UM_STR("event: missed"))) {
        s->last[0] = '\0'; /* the daemon has begun anew */
    }
    s->some = s->some || um_str_starts(line, UM_STR("data:"));
    um_buf_clear(&s->line);
}

static int on_bytes(void *user, const char *data, size_t len)
{
    struct seen *s = user;

    for (size_t i = 0; i < len; i++) {
        if (data[i] == '\n') {
            take_line(s);
        } else if (data[i] != '\r') {
            um_buf_byte(&s->line, data[i]);
        }
    }
    return s->some || um_buf_failed(&s->line) ? -1 : 0;
}

/* Until something happens, or it is time to look anyhow. */
static void await(const struct um_cli *c, struct seen *s)
{
    uint64_t began = now_ms();
    char behind[64];
    struct um_request r = {.method = "GET",
                           .path = "/mesh/events",
                           .more = on_bytes,
                           .user = s,
                           .limit_ms = LONGEST_MS,
                           .quiet = true};

    s->some = false;
    um_buf_clear(&s->line);
    if (s->last[0] != '\0') {
        (void)snprintf(behind, sizeof behind, "Last-Event-ID: %s", s->last);
        r.headers[0] = behind;
    }
    (void)um_request_run(c->o.socket, &r);
    um_request_free(&r);
    sleep_until(began + (s->some ? SHORTEST_MS : LONGEST_MS));
}

/* How long ago something was: "12s", "00:01:02"; its end, or NULL. */
static const char *skip_age(const char *p)
{
    const char *end = p + strspn(p, "0123456789:");

    if (end == p || memchr(p, ':', (size_t)(end - p)) != NULL) {
        return end == p ? NULL : end;
    }
    return strchr("smhd", *end) != NULL && *end != '\0' &&
                   !isalnum((unsigned char)end[1])
               ? end + 1
               : NULL;
}

/* A text without what changes by itself: ages, numbers of members that are
 * times, and how wide columns are. Owned. */
static char *steady(const char *text)
{
    char *out = strdup(text), *to = out;
    const char *age;

    for (const char *p = text; out != NULL && *p != '\0';) {
        bool begins = p == text || !isalnum((unsigned char)p[-1]);

        age = begins && p > text && p[-1] != '.' ? skip_age(p) : NULL;
        if (age != NULL) {
            p = age;
        } else if (strncmp(p, "_ms\":", 5) == 0 ||
                   strncmp(p, "_s\":", 4) == 0 || strncmp(p, "_ms: ", 5) == 0) {
            p += strcspn(p, ",}\n");
        } else if (*p != ' ' || to == out || to[-1] != ' ') {
            *to++ = *p++;
        } else {
            p++;
        }
    }
    if (out != NULL) {
        *to = '\0';
    }
    return out;
}

/* Draws a screen: line by line over what is there, so that nothing flickers. */
static void draw(const struct um_cli *c, const char *text)
{
    size_t rows = um_style_rows(stdout);
    char clock[16];
    time_t now = time(NULL);
    struct tm tm;

    (void)strftime(clock, sizeof clock, "%H:%M:%S", localtime_r(&now, &tm));
    (void)printf("\033[H%s%s  unitmesh %s%s%s%s\033[K\n\033[K\n",
                 um_style_colours(stdout) ? um_style_begin(UM_STYLE_TITLE) : "",
                 clock, c->command->name, c->verb->name != NULL ? " " : "",
                 c->verb->name != NULL ? c->verb->name : "",
                 um_style_colours(stdout) ? um_style_end(UM_STYLE_TITLE) : "");
    for (size_t row = 3; *text != '\0' && (rows == 0 || row < rows); row++) {
        size_t n = strcspn(text, "\n");

        (void)printf("%.*s\033[K\n", (int)n, text);
        text += n + (text[n] == '\n');
    }
    (void)fputs("\033[J", stdout);
}

/* Prints what is new. */
static void print_new(const struct um_cli *c, const char *text, char **before)
{
    char *now = steady(text);

    if (now == NULL || (*before != NULL && strcmp(now, *before) == 0)) {
        free(now);
        return;
    }
    if (*before != NULL) {
        (void)fputs(c->o.yaml ? "---\n" : c->o.json ? "" : "\n", stdout);
    }
    (void)fputs(text, stdout);
    free(*before);
    *before = now;
}

/* One look; the verb's exit code. */
static int look(struct um_cli *c, bool screen, char **before)
{
    struct um_capture said;
    int code;

    if (!um_capture_begin(&said)) {
        return UM_EXIT_ERROR;
    }
    if (screen) { /* where a mistake is told */
        (void)fputs("\033[3;1H", stderr);
    }
    code = c->verb->run(c);
    um_capture_end(&said);
    if (code == UM_EXIT_DONE && said.text != NULL) {
        if (screen) {
            draw(c, said.text);
        } else {
            print_new(c, said.text, before);
        }
    } else if (screen) {
        (void)fputs("\033[J", stdout);
    }
    (void)fflush(stdout);
    um_capture_fini(&said);
    return code;
}

int um_cli_watch(struct um_cli *c)
{
    bool screen = um_style_terminal(stdout) && !c->o.json;
    struct seen seen = {.line = UM_BUF_INIT};
    char *before = NULL;
    int code = UM_EXIT_DONE;

    if (screen) {
        (void)fputs("\033[H\033[2J", stdout);
    }
    while (code == UM_EXIT_DONE || screen) {
        code = look(c, screen, &before);
        if (ferror(stdout)) {
            break;
        }
        if (code == UM_EXIT_DONE || screen) {
            await(c, &seen);
        }
    }
    free(before);
    um_buf_fini(&seen.line);
    return code;
}
