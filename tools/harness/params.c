/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See params.h. Happy path: each instruction becomes no step, one or several.
 * The document stays, because the steps' topics point into it. */
#include "params.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yyjson.h>

#define SIZE_MIN 8 /* of the number that a message begins with */

struct params {
    yyjson_doc *doc;
    struct step *steps;
    size_t n, cap;
    unsigned node;
};

static int complain(const char *what, const char *detail)
{
    (void)fprintf(stderr, "params: %s: %s\n", what, detail);
    return -1;
}

static int add(struct params *p, struct step step)
{
    if (p->n == p->cap) {
        size_t cap = p->cap > 0 ? 2 * p->cap : 64;
        struct step *steps = realloc(p->steps, cap * sizeof *steps);

        if (steps == NULL) {
            return complain("script", "out of memory");
        }
        p->steps = steps;
        p->cap = cap;
    }
    p->steps[p->n++] = step;
    return 0;
}

static int add_connects(struct params *p, yyjson_val *in)
{
    yyjson_val *nodes = yyjson_obj_get(in, "connectTo"), *id;
    size_t i, n;

    yyjson_arr_foreach(nodes, i, n, id)
    {
        struct step step = {.kind = STEP_CONNECT,
                            .node = (unsigned)yyjson_get_uint(id)};

        if (!yyjson_is_uint(id) || add(p, step) != 0) {
            return complain("connectTo", "not a node");
        }
    }
    return 0;
}

static int add_publish(struct params *p, yyjson_val *in)
{
    struct step step = {
        .kind = STEP_PUBLISH,
        .message = yyjson_get_uint(yyjson_obj_get(in, "messageID")),
        .size = yyjson_get_uint(yyjson_obj_get(in, "messageSizeBytes")),
        .topic = yyjson_get_str(yyjson_obj_get(in, "topicID"))};

    if (step.topic == NULL || step.size < SIZE_MIN) {
        return complain("publish", "no topicID, or fewer than 8 bytes");
    }
    return add(p, step);
}

static int add_subscribe(struct params *p, yyjson_val *in)
{
    struct step step = {.kind = STEP_SUBSCRIBE,
                        .topic = yyjson_get_str(yyjson_obj_get(in, "topicID"))};

    if (step.topic == NULL) {
        return complain("subscribeToTopic", "no topicID");
    }
    if (yyjson_get_bool(yyjson_obj_get(in, "partial"))) {
        return complain("subscribeToTopic", "no partial messages here");
    }
    return add(p, step);
}

static int add_init(struct params *p, yyjson_val *in)
{
    yyjson_val *given = yyjson_obj_get(in, "gossipSubParams"), *key, *value;
    struct step step = {.kind = STEP_INIT};
    size_t i, n;

    yyjson_obj_foreach(given, i, n, key, value)
    {
        if (!yyjson_is_null(value)) {
            (void)fprintf(stderr, "params: %s: not settable here\n",
                          yyjson_get_str(key));
        }
    }
    return add(p, step);
}

static int add_wait(struct params *p, yyjson_val *in)
{
    struct step step = {
        .kind = STEP_WAIT,
        .seconds = yyjson_get_num(yyjson_obj_get(in, "elapsedSeconds"))};

    return add(p, step);
}

static int add_instruction(struct params *p, yyjson_val *in)
{
    static const struct {
        const char *name;
        int (*add)(struct params *p, yyjson_val *in);
    } kinds[] = {{"connect", add_connects},
                 {"publish", add_publish},
                 {"subscribeToTopic", add_subscribe},
                 {"initGossipSub", add_init},
                 {"waitUntil", add_wait}};
    const char *type = yyjson_get_str(yyjson_obj_get(in, "type"));

    if (type == NULL) {
        return complain("script", "an instruction without a type");
    }
    while (strcmp(type, "ifNodeIDEquals") == 0) {
        if (yyjson_get_uint(yyjson_obj_get(in, "nodeID")) != p->node) {
            return 0;
        }
        in = yyjson_obj_get(in, "instruction");
        type = yyjson_get_str(yyjson_obj_get(in, "type"));
        if (type == NULL) {
            return complain("ifNodeIDEquals", "no instruction");
        }
    }
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(kinds[i].name, type) == 0) {
            return kinds[i].add(p, in);
        }
    }
    return complain(type, "not supported");
}

static int read_script(struct params *p, yyjson_val *script)
{
    yyjson_val *in;
    size_t i, n;

    if (!yyjson_is_arr(script)) {
        return complain("script", "not a list");
    }
    yyjson_arr_foreach(script, i, n, in)
    {
        if (add_instruction(p, in) != 0) {
            return -1;
        }
    }
    return 0;
}

int params_read(const char *path, unsigned node, struct params **out)
{
    struct params *p = calloc(1, sizeof *p);
    yyjson_read_err err;

    *out = NULL;
    if (p == NULL) {
        return complain(path, "out of memory");
    }
    p->node = node;
    p->doc = yyjson_read_file(path, 0, NULL, &err);
    if (p->doc == NULL) {
        (void)complain(path, err.msg);
        params_free(p);
        return -1;
    }
    if (read_script(p, yyjson_obj_get(yyjson_doc_get_root(p->doc), "script")) !=
        0) {
        params_free(p);
        return -1;
    }
    *out = p;
    return 0;
}

void params_free(struct params *p)
{
    if (p != NULL) {
        yyjson_doc_free(p->doc);
        free(p->steps);
        free(p);
    }
}

const struct step *params_step(const struct params *p, size_t at)
{
    return at < p->n ? &p->steps[at] : NULL;
}
