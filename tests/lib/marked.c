/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See marked.h. */
#include "marked.h"

static void on_job(struct p2p__job *job, p2p_ns now)
{
    (void)job;
    (void)now;
}

void marked_init(struct marked *m)
{
    p2p__runq_init(&m->q, NULL);
    p2p__job_init(&m->job, &m->q, on_job);
}

bool marked_taken(struct marked *m)
{
    const bool queued = m->job.queued;

    p2p__job_fini(&m->job);
    return queued;
}
