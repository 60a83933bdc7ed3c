/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * What is not as it should be with a node and its mesh, and the command that
 * mends it.
 */
#ifndef UM_APP_DOCTOR_H
#define UM_APP_DOCTOR_H

#include "mesh/app/daemon.h"
#include "mesh/app/json.h"

/** What is found, as it is written into an answer. */
struct um_doctor {
    struct um_daemon *d;
    struct um_json j;
    bool well; /**< nothing has to be mended; advice may be there */
};

/** How much it matters. */
enum um_ailment {
    UM_ADVICE, /**< it works, and could be safer */
    UM_AILMENT /**< it is to be mended */
};

/** A finding, in words.
 * @param what what kind, for programs: one word
 * @param mend the command, or what else to do; NULL: nobody can say */
void um_doctor_find(struct um_doctor *o, enum um_ailment how, const char *what,
                    const char *mend, const char *text);

/** What speaks of this machine: state folder, disk, Unit. */
void um_doctor_place(struct um_doctor *o);

/** What the router of this network does not do. */
void um_doctor_gateway(struct um_doctor *o);

/** What keeps members apart. @param n its node; NULL: there is none */
void um_doctor_ways(struct um_doctor *o, struct um_node *n);

/** Bytes of what a member is called. */
#define UM_DOCTOR_NAME 80

/** What a member is called: its name, or its peer id. */
const char *um_doctor_called(struct um_node *n, const struct um_name *member,
                             char out[UM_DOCTOR_NAME]);

/** What speaks of the mesh. @param n its node */
void um_doctor_mesh(struct um_doctor *o, struct um_node *n);

/** GET /mesh/doctor: "well", and "findings". */
void um_doctor_show(struct um_daemon *d, struct um_http_req *req);

#endif
