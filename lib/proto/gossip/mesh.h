/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Meshes and fan-outs: through whom messages go whole. Private to this
 * folder. */
#ifndef P2P_PROTO_GOSSIP_MESH_H
#define P2P_PROTO_GOSSIP_MESH_H

#include "proto/gossip/state.h"

/* Puts a member into the mesh; `say`: we ask for it, with GRAFT. */
void p2p__gossip_mesh_add(struct p2p__gossip *g, struct p2p__gossip_member *m,
                          bool say, p2p_ns now);

/* Takes it out again, and says so unless `word` is NOTHING. */
void p2p__gossip_mesh_remove(struct p2p__gossip *g,
                             struct p2p__gossip_member *m,
                             enum p2p__gossip_word word, p2p_ns now);

/* Takes it out of mesh or fan-out without a word, a back-off or a score: it
 * changes to another protocol. */
void p2p__gossip_mesh_drop(struct p2p__gossip *g, struct p2p__gossip_member *m);

/* We subscribed: makes the mesh, of the fan-out if there is one. */
void p2p__gossip_mesh_join(struct p2p__gossip *g, struct p2p__gossip_topic *t,
                           p2p_ns now);

/* We unsubscribed: PRUNE to all. */
void p2p__gossip_mesh_leave(struct p2p__gossip *g, struct p2p__gossip_topic *t,
                            p2p_ns now);

/* A peer subscribed: a mesh that is too small takes it at once, if it may. */
void p2p__gossip_mesh_offer(struct p2p__gossip *g, struct p2p__gossip_member *m,
                            p2p_ns now);

/* The heartbeat of one mesh. */
void p2p__gossip_mesh_beat(struct p2p__gossip *g, struct p2p__gossip_topic *t,
                           p2p_ns now);

/* We publish in a topic that we are not subscribed to: chooses a fan-out if
 * there is none, and keeps it for fanout_ttl_ms more. */
void p2p__gossip_fanout_use(struct p2p__gossip *g, struct p2p__gossip_topic *t,
                            p2p_ns now);

/* The heartbeat of one fan-out; it may end here, and the topic with it. */
void p2p__gossip_fanout_beat(struct p2p__gossip *g, struct p2p__gossip_topic *t,
                             p2p_ns now);

#endif
