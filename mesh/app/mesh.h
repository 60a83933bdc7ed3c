/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * The daemon's place in a mesh: none at first; it begins one, or is let into
 * one, and is a node from then on, also when it starts again.
 */
#ifndef UM_APP_MESH_H
#define UM_APP_MESH_H

#include "mesh/node/knock.h"
#include "mesh/node/node.h"

struct um_daemon;

/** A place in a mesh; all zero is none. */
struct um_mesh {
    struct um_store store;
    bool open;              /**< the store is */
    struct um_node *node;   /**< NULL: it has no place */
    struct um_knock *knock; /**< it asks to be let in */
    struct um_mesh_asking *asking;
    void *look;        /**< the alarm by which its next key is looked for */
    uint64_t heard_ms; /**< since when others can hear of it; 0: nobody can */
    bool said;         /**< what makes it a member's was said here */
    bool taking;       /**< it is to be taken whatever was heard */
};

/** Takes the place that the state folder says, if it says one. 0, or -1: the
 * log says why. */
int um_mesh_open(struct um_daemon *d);

/** Leaves it as it is on the disk. */
void um_mesh_close(struct um_daemon *d);

/** Whether it waits to be approved: it has a place, and no role yet. */
bool um_mesh_waits(const struct um_daemon *d);

/** What came of beginning a mesh, or of asking to be let in; valid during the
 * call. */
struct um_mesh_outcome {
    unsigned status;  /**< of HTTP: 200; 202: an owner has to approve */
    const char *text; /**< what is wrong, for people; or what came of it */
    struct um_name mesh;
    const char *recovery;   /**< of a new mesh: the recovery key; else NULL */
    unsigned roles;         /**< that it was given */
    struct um_str replaced; /**< what Unit ran; p NULL: there is no Unit */
};

typedef void um_mesh_done(void *user, const struct um_mesh_outcome *outcome);

/**
 * Begins a mesh with what Unit runs. Told once.
 * @param name  of the mesh; may be empty; copied
 * @param certs an object of those that Unit has, by name, which it does not
 *              give out: texts with chain and key; copied. NULL: none
 */
void um_mesh_begin(struct um_daemon *d, struct um_str name,
                   const struct um_val *certs, um_mesh_done *done, void *user);

/**
 * Asks to be let in. Told once.
 * @param code what an owner's node printed; p NULL: asks to be approved
 * @param peer a multiaddr to ask at; NULL: whoever is found
 */
void um_mesh_join(struct um_daemon *d, struct um_str code, const char *peer,
                  um_mesh_done *done, void *user);

/**
 * Takes a place in a mesh that is brought as a file: nothing is known of it but
 * its genesis, and an owner has to approve. Told once: 202.
 * @param genesis its envelope, verified; copied
 */
void um_mesh_import(struct um_daemon *d, const struct um_name *mesh,
                    struct um_str genesis, um_mesh_done *done, void *user);

/** Goes out of the mesh: whoever waits is answered, and what was written is on
 * the disk first. Unit runs on.
 * @param purge nothing of it is left in the state folder but owner.key; else
 *              the store is kept as mesh.db.left
 * @return 0; 1: but its applier stays bound to that mesh, um_agent_leave();
 *         -1: it is out of it, but the store is where it was */
int um_mesh_leave(struct um_daemon *d, bool purge);

/** After um_mesh_leave() with purge: the keys of the mesh go, and this node has
 * another one from now on, which no mesh knows. 0, or what is wrong: the log
 * says it. */
int um_mesh_forget(struct um_daemon *d);

/** The node goes on under its next key. Whoever waits is answered. When that
 * cannot be, the daemon ends; what is on the disk is whole. */
void um_mesh_succeed(struct um_daemon *d);

/** A peer connected, or is gone. */
void um_mesh_up(struct um_daemon *d, const struct p2p_peer_id *peer);
void um_mesh_down(struct um_daemon *d, const struct p2p_peer_id *peer);

/** Whether a peer may read and write the bus: in a mesh, its members; else
 * everybody. */
bool um_mesh_may(struct um_daemon *d, const struct p2p_peer_id *peer);

/** The plain clock. */
uint64_t um_mesh_wall_ms(void);

/** What this node calls itself. */
const char *um_mesh_name(const struct um_daemon *d);

#endif
