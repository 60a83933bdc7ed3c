/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See yaml_text.h. Happy path: the values of a JSON text become the events of
 * libyaml's emitter, in their order; it writes into a buffer. What is open
 * stands on a small stack. The emitter decides how a text is quoted, but for
 * what a reader would take for a number, a date, a boolean or nothing: the
 * emitter knows how YAML looks, not what it means.
 */
#include "cli/yaml_text.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>
#include <yaml.h>
#include <yyjson.h>

/* Containers inside of each other; the daemon's documents have 100 at most. */
#define LEVELS 128

/* A container that is not at its end. */
struct level {
    yyjson_val *of;
    union {
        yyjson_obj_iter obj;
        yyjson_arr_iter arr;
    } at;
};

struct walk {
    yaml_emitter_t emitter;
    struct level levels[LEVELS];
    size_t n;
};

static int on_text(void *user, unsigned char *text, size_t len)
{
    struct um_buf *out = user;

    um_buf_add(out, text, len);
    return !um_buf_failed(out);
}

static yaml_char_t *bytes(const char *text)
{
    return (yaml_char_t *)(uintptr_t)text; /* libyaml copies it */
}

static bool emit(struct walk *w, int made, yaml_event_t *e)
{
    return made == 1 && yaml_emitter_emit(&w->emitter, e) == 1;
}

static bool scalar(struct walk *w, const char *text, size_t len,
                   yaml_scalar_style_t style)
{
    yaml_event_t e;

    return emit(w,
                yaml_scalar_event_initialize(&e, NULL, NULL, bytes(text),
                                             (int)len, 1, 1, style),
                &e);
}

/* Whether a text without quotes would be something else: YAML 1.1's words, and
 * whatever begins like a number or a time. */
static bool misread(const char *text)
{
    static const char *const words[] = {"null", "true", "false", "yes", "no",
                                        "on",   "off",  "y",     "n",   "~"};
    bool is = *text == '\0' || strchr("0123456789+-.=<", *text) != NULL;

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        is = is || strcasecmp(text, words[i]) == 0;
    }
    return is;
}

/* Whether it has a line's end that only YAML knows, or controls. */
static bool is_odd(const char *text, size_t len)
{
    bool odd = strlen(text) != len || strstr(text, "\xc2\x85") != NULL ||
               strstr(text, "\xe2\x80\xa8") != NULL ||
               strstr(text, "\xe2\x80\xa9") != NULL;

    for (; !odd && *text != '\0'; text++) {
        odd = ((unsigned char)*text < ' ' && *text != '\n') || *text == 127;
    }
    return odd;
}

static bool put_text(struct walk *w, yyjson_val *v)
{
    const char *text = yyjson_get_str(v);
    size_t len = yyjson_get_len(v);
    bool lines = strchr(text, '\n') != NULL;

    return scalar(w, text, len,
                  is_odd(text, len)        ? YAML_DOUBLE_QUOTED_SCALAR_STYLE
                  : lines && text[0] > ' ' ? YAML_LITERAL_SCALAR_STYLE
                  : lines || misread(text) ? YAML_DOUBLE_QUOTED_SCALAR_STYLE
                                           : YAML_PLAIN_SCALAR_STYLE);
}

/* Begins a container; an empty one is written in one line. */
static bool open_level(struct walk *w, yyjson_val *v)
{
    struct level *l = &w->levels[w->n];
    bool some = yyjson_get_len(v) > 0;
    yaml_event_t e;

    if (w->n == LEVELS) {
        return false;
    }
    l->of = v;
    w->n++;
    if (yyjson_is_obj(v)) {
        (void)yyjson_obj_iter_init(v, &l->at.obj);
        return emit(
            w,
            yaml_mapping_start_event_initialize(
                &e, NULL, NULL, 1,
                some ? YAML_BLOCK_MAPPING_STYLE : YAML_FLOW_MAPPING_STYLE),
            &e);
    }
    (void)yyjson_arr_iter_init(v, &l->at.arr);
    return emit(
        w,
        yaml_sequence_start_event_initialize(
            &e, NULL, NULL, 1,
            some ? YAML_BLOCK_SEQUENCE_STYLE : YAML_FLOW_SEQUENCE_STYLE),
        &e);
}

static bool put(struct walk *w, yyjson_val *v)
{
    const char *word = yyjson_is_true(v)    ? "true"
                       : yyjson_is_false(v) ? "false"
                       : yyjson_is_raw(v)   ? yyjson_get_raw(v)
                                            : "null";

    if (yyjson_is_ctn(v)) {
        return open_level(w, v);
    }
    return yyjson_is_str(v)
               ? put_text(w, v)
               : scalar(w, word, strlen(word), YAML_PLAIN_SCALAR_STYLE);
}

/* The next member or element of what is open, or its end. */
static bool step(struct walk *w)
{
    struct level *l = &w->levels[w->n - 1];
    bool obj = yyjson_is_obj(l->of);
    yyjson_val *v = obj ? yyjson_obj_iter_next(&l->at.obj)
                        : yyjson_arr_iter_next(&l->at.arr);
    yaml_event_t e;

    if (v == NULL) {
        w->n--;
        return emit(w,
                    obj ? yaml_mapping_end_event_initialize(&e)
                        : yaml_sequence_end_event_initialize(&e),
                    &e);
    }
    return obj ? put_text(w, v) && put(w, yyjson_obj_iter_get_val(v))
               : put(w, v);
}

static bool begin(struct walk *w)
{
    yaml_event_t e;

    return emit(w, yaml_stream_start_event_initialize(&e, YAML_UTF8_ENCODING),
                &e) &&
           emit(w,
                yaml_document_start_event_initialize(&e, NULL, NULL, NULL, 1),
                &e);
}

static bool end(struct walk *w)
{
    yaml_event_t e;

    return emit(w, yaml_document_end_event_initialize(&e, 1), &e) &&
           emit(w, yaml_stream_end_event_initialize(&e), &e);
}

int um_yaml_put(struct um_buf *out, const char *json, size_t len)
{
    yyjson_doc *doc = yyjson_read(json, len, YYJSON_READ_NUMBER_AS_RAW);
    struct walk w = {.n = 0};
    bool fine;

    if (doc == NULL || yaml_emitter_initialize(&w.emitter) != 1) {
        yyjson_doc_free(doc);
        return -1;
    }
    yaml_emitter_set_output(&w.emitter, on_text, out);
    yaml_emitter_set_unicode(&w.emitter, 1);
    yaml_emitter_set_width(&w.emitter, -1);
    fine = begin(&w) && put(&w, yyjson_doc_get_root(doc));
    while (fine && w.n > 0) {
        fine = step(&w);
    }
    fine = fine && end(&w);
    yaml_emitter_delete(&w.emitter);
    yyjson_doc_free(doc);
    return fine ? 0 : -1;
}
