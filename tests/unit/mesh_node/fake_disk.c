/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See fake_disk.h. */
#include "fake_disk.h"

#include "p2p/err.h"
#include "unit.h"

void fake_disk_init(struct um_disk *d, struct um_store *store)
{
    *d = (struct um_disk){.store = store};
}

int um_disk_write(struct um_disk *d, const struct um_disk_job *job)
{
    assert_false(d->locked);
    if (d->no_memory)
        return P2P_ENOMEM;
    assert_true(d->n < FAKE_DISK_ROW);
    d->row[d->n++] = *job;
    return 0;
}

const char *um_disk_trouble(const struct um_disk *d)
{
    return d->broken ? "broken" : NULL;
}

struct um_store *um_disk_lock(struct um_disk *d)
{
    assert_false(d->locked);
    d->locked = true;
    return d->store;
}

void um_disk_unlock(struct um_disk *d)
{
    assert_true(d->locked);
    d->locked = false;
}

/* Writes the jobs that have no error yet; false: one got one, and nothing of
 * the batch stays. */
static bool write_batch(const struct um_disk *d, const struct um_disk_job *jobs,
                        int *errs, size_t n)
{
    bool good = true;

    assert_int_equal(um_store_begin(d->store), 0);
    for (size_t i = 0; i < n && good; i++) {
        if (errs[i] != 0)
            continue;
        errs[i] = jobs[i].write(jobs[i].arg, d->store);
        good = errs[i] == 0;
    }
    if (good)
        assert_int_equal(um_store_commit(d->store), 0);
    else
        um_store_rollback(d->store);
    return good;
}

size_t fake_disk_turn(struct um_disk *d)
{
    struct um_disk_job jobs[FAKE_DISK_ROW];
    int errs[FAKE_DISK_ROW] = {0};
    size_t n = d->n;

    if (n == 0)
        return 0;
    memcpy(jobs, d->row, n * sizeof jobs[0]);
    d->n = 0;
    d->batches++;
    for (size_t i = 0; i < n && d->broken; i++)
        errs[i] = P2P_ECLOSED;
    while (!d->broken && !write_batch(d, jobs, errs, n)) {
    }
    for (size_t i = 0; i < n; i++)
        jobs[i].done(jobs[i].arg, errs[i]);
    return n;
}

void fake_disk_fini(struct um_disk *d)
{
    d->broken = true;
    while (fake_disk_turn(d) > 0) {
    }
}
