/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * An applier, spoken to by a test in the place of its node: papers that it
 * wants are brought, its Unit is a stand-in, its files are in memory.
 */
#ifndef TESTS_UNIT_MESH_APPLIER_AGENT_SCENE_H
#define TESTS_UNIT_MESH_APPLIER_AGENT_SCENE_H

#include "fetch_rig.h"
#include "mesh/applier/agent.h"
#include "mesh/applier/wire.h"
#include "mesh_maker.h"
#include "unit_rig.h"

#define BASE(route) "{\"base\":" route "}"
#define ROUTE(code) "{\"routes\":[{\"action\":{\"return\":" code "}}]}"

enum { ME = 1, WRITER = 2, STRANGER = 5, TEXT = 1 << 16, FILES = 3 };

enum { DEADLINE_MS = 600000 };

struct scene {
    struct mesh_maker mesh;
    struct um_fetch net;
    struct rig rig;
    struct um_unit *unit;
    struct um_applier *applier;
    struct um_policy policy;
    struct um_agent_cfg cfg;
    struct um_agent *agent;
    struct um_buf out; /* what it said */
    char told[TEXT];   /* the same as text, a line each */
    char asked[TEXT];  /* what changed Unit: METHOD PATH */
    char why[512];     /* of the last OUTCOME */
    unsigned stated;   /* statements that it said */
    struct um_buf papers[8];
    size_t papers_n;
    bool mute; /* what it wants is not given */
    struct um_buf files[FILES];
    const char *names[FILES];
    unsigned loads; /* of files */
    unsigned saves; /* of the record */
    int save_fails;
    const char *put_answer; /* instead of Unit's: 400 with that */
    uint64_t number;
};

/* A revision and its order. */
struct order {
    struct um_name id;
    struct um_buf envelope;
    struct um_name doc;
    struct um_name effective;
};

/* Set-up and teardown of a test. */
int scene_setup(void **state);
int scene_teardown(void **state);

/* Another agent, with the files that are there. */
void scene_begin(struct scene *s);

/* The file with a name. */
size_t scene_place_of(struct scene *s, const char *name);

/* The node says something; the error. */
int scene_try_to_say(struct scene *s, const struct um_wire_msg *m);
void scene_say(struct scene *s, const struct um_wire_msg *m);

/* A paper that the node has; brings one, or says that it is not here. */
struct um_name scene_paper(struct scene *s, const char *text);
void scene_bring(struct scene *s, const struct um_name *hash);

/* All that it said so far is heard; Unit answers what it is asked; some time
 * passes. */
void scene_listen(struct scene *s);
void scene_pump(struct scene *s);
bool scene_pump_one(struct scene *s);
void scene_work(struct scene *s);

/* Whether that is what it said since the last time, of orders and papers; the
 * same of what changed Unit. */
void scene_told(struct scene *s, const char *lines);
void scene_asked(struct scene *s, const char *lines);
bool scene_unit_runs(struct scene *s, const char *text);

/* Begins to be the applier of the mesh; all statements, the last one first. */
void scene_start(struct scene *s);
void scene_start_with(struct scene *s, unsigned statements);
void scene_tell_roster(struct scene *s);

/* A revision by a key, of a document that comes to a configuration; one that is
 * on trial here until a deadline. */
struct order scene_sign(struct scene *s, unsigned by, uint64_t number,
                        const char *document, const char *config);
struct order scene_sign_trial(struct scene *s, uint64_t number,
                              const char *document, const char *config);
void scene_order_fini(struct order *o);

/* Orders it; and lets it happen. */
void scene_give(struct scene *s, enum um_wire_order what,
                const struct order *o);
void scene_run(struct scene *s, const struct order *o);

#endif
