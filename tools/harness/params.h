/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The script of a gossipsub experiment: params.json of gossipsub-interop. */
#ifndef TOOLS_HARNESS_PARAMS_H
#define TOOLS_HARNESS_PARAMS_H

#include <stddef.h>
#include <stdint.h>

enum step_kind {
    STEP_INIT,      /* pubsub, with the parameters of go-libp2p-pubsub */
    STEP_CONNECT,   /* dial node */
    STEP_WAIT,      /* until seconds since the start */
    STEP_PUBLISH,   /* message of size on topic */
    STEP_SUBSCRIBE, /* to topic */
};

struct step {
    enum step_kind kind;
    unsigned node;
    double seconds;
    uint64_t message;
    uint64_t size;
    const char *topic;
};

struct params;

/* Reads the steps that one node has to do, in order: those for other nodes are
 * left out, a connect to several is several.
 * @param out returns owned: params_free() it
 * @return 0; -1 after it said on stderr what is wrong, or what it is that we
 *         cannot do */
int params_read(const char *path, unsigned node, struct params **out);

/* Frees them; NULL is fine. */
void params_free(struct params *p);

/* The step at a place, or NULL at the end; valid until params_free(). */
const struct step *params_step(const struct params *p, size_t at);

#endif
