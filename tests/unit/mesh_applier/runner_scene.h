/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A runner over the client of Unit, whose requests go to a stand-in in memory,
 * one after the other, when the test says so. What the runner tells is kept as
 * text, a line each.
 */
#ifndef TESTS_UNIT_MESH_NODE_RUNNER_SCENE_H
#define TESTS_UNIT_MESH_NODE_RUNNER_SCENE_H

#include "fetch_rig.h"
#include "mesh/applier/runner.h"
#include "unit_rig.h"

enum { SCENE_TEXT = 1 << 16, SCENE_REASON = 4096 };

struct scene;

/* What becomes of requests of a kind, instead of the stand-in's answer. */
struct trick {
    const char *method; /* NULL: no trick */
    const char *path;
    unsigned times;
    void (*act)(struct scene *s); /* first, may be NULL */
    long code;                    /* 0: the stand-in answers */
    const char *body;             /* of code */
    enum um_fetch_status lost;    /* or there is no answer */
};

struct scene {
    struct um_fetch net;
    struct rig rig;
    struct um_unit *unit;
    struct um_applier *applier;
    struct um_policy policy;
    struct um_arena mem; /* of the policy */
    struct um_runner *runner;
    bool gone; /* nobody listens */
    struct trick trick;
    char events[SCENE_TEXT];   /* that the runner told */
    char requests[SCENE_TEXT]; /* that changed something: METHOD PATH */
    char reason[SCENE_REASON]; /* of the last applied */
    char shown[SCENE_TEXT];    /* what was told to be stored */
    struct um_name effective;  /* of the last live */
    unsigned statuses;         /* that were told */
    char status[SCENE_REASON]; /* the last of them */
};

/* A scene; the runner is made by scene_start(). */
struct scene *scene_new(void);
void scene_start(struct scene *s, const struct um_runner_cfg *more);
/* Ends the runner alone, and all. */
void scene_stop(struct scene *s);
void scene_free(struct scene *s);

/* Carries out what is asked until nothing is. */
void scene_pump(struct scene *s);
/* The next alarm, and what it leads to; n times. */
void scene_ring(struct scene *s, unsigned n);
/* The same until something is told. */
void scene_until_told(struct scene *s);
/* What was told since the last time is this. */
void scene_told(struct scene *s, const char *events);
/* So are the changes. */
void scene_changed(struct scene *s, const char *requests);

/* A name of 32 times a byte. */
struct um_name scene_name(uint8_t c);
/* Hands a configuration to the runner; rev 0x10 + n, effective n. */
void scene_apply(struct scene *s, uint8_t n, const char *config);
void scene_apply_with(struct scene *s, uint8_t n, const char *config,
                      const struct um_runner_bundle *bundles, size_t count);
/* From the first look to a configuration that runs. */
void scene_run(struct scene *s, uint8_t n, const char *config);
/* Changes Unit by hand. */
void scene_by_hand(struct scene *s, const char *method, const char *path,
                   const char *body);
/* GET /config without white space; valid until the next call. */
const char *scene_config(struct scene *s);

#endif
