/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/**
 * @file
 * Samples of those families whose labels are not known beforehand, or that come
 * from somewhere else than the snapshot: each function puts those of the family
 * that was begun. How many there are is bounded by what this node and its mesh
 * chose, never by strangers.
 */
#ifndef UM_APP_SAMPLES_H
#define UM_APP_SAMPLES_H

#include "mesh/app/scrape.h"

/** Members of which each is told; of more the counts by state alone: each
 * member tells of all, and squares grow. */
#define UM_SAMPLES_MEMBERS 64U

/** Applications of Unit of which each is told, in Unit's order. */
#define UM_SAMPLES_APPS 256U

/** Certificates of which each is told, as they stand in the document. */
#define UM_SAMPLES_CERTIFICATES 256U

/** A label. */
struct um_exposition_label um_samples_label(const char *name,
                                            const char *value);

/** This node and its mesh. */
void um_samples_build(struct um_scrape *s);
void um_samples_node(struct um_scrape *s);
void um_samples_mesh(struct um_scrape *s);
void um_samples_state(struct um_scrape *s);

/** Whether others reach the node from outside. */
void um_samples_reach(struct um_scrape *s);

/** What the router lets in. */
void um_samples_mapped(struct um_scrape *s);

/** Each member. */
void um_samples_members(struct um_scrape *s);
void um_samples_synced(struct um_scrape *s);
void um_samples_silent(struct um_scrape *s);

/** What happened, and how long it took. */
void um_samples_events(struct um_scrape *s);
void um_samples_took(struct um_scrape *s);
void um_samples_delay(struct um_scrape *s);

/** Each certificate. */
void um_samples_certificates(struct um_scrape *s);

/** Each webhook of this node. */
void um_samples_webhook_events(struct um_scrape *s);
void um_samples_webhook_queued(struct um_scrape *s);

/** Each protocol. */
void um_samples_protocol_bytes(struct um_scrape *s);
void um_samples_protocol_streams(struct um_scrape *s);
void um_samples_transports(struct um_scrape *s);

/** Unit's own word; nothing where it did not say. */
void um_samples_unit(struct um_scrape *s);
void um_samples_unit_age(struct um_scrape *s);
void um_samples_unit_connections(struct um_scrape *s);
void um_samples_unit_accepted(struct um_scrape *s);
void um_samples_unit_closed(struct um_scrape *s);
void um_samples_unit_requests(struct um_scrape *s);
void um_samples_unit_apps(struct um_scrape *s);
void um_samples_unit_processes(struct um_scrape *s);
void um_samples_unit_active(struct um_scrape *s);

#endif
