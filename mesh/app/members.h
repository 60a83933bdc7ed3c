/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/** @file What owners do to members over REST: roles, labels, removal. */
#ifndef UM_APP_MEMBERS_H
#define UM_APP_MEMBERS_H

#include "mesh/app/daemon.h"

/** PUT /mesh/members/MEMBER/role. */
void um_members_role(struct um_daemon *d, struct um_http_req *req);

/** PUT and DELETE /mesh/members/MEMBER/labels/KEY. */
void um_members_label(struct um_daemon *d, struct um_http_req *req);
void um_members_unlabel(struct um_daemon *d, struct um_http_req *req);

/** DELETE /mesh/members/MEMBER. */
void um_members_remove(struct um_daemon *d, struct um_http_req *req);

/** The roles that a body asks for; `otherwise` if it names none. false: it was
 * answered that there is no such role. */
bool um_members_roles(struct um_http_req *req, const struct um_val *body,
                      unsigned otherwise, unsigned *out);

/** A grant of those of some roles that a key has not; one at least. false: it
 * was answered why that would give it nothing. */
bool um_members_grant(struct um_node *n, struct um_http_req *req,
                      const struct um_name *key, unsigned roles,
                      struct um_statement *out);

#endif
