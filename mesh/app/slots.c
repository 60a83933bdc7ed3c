/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See slots.h. Happy path of a save: the place that does not hold the newest is
 * written and synced. A file that is not there, or too short, is made anew
 * beside it and takes its place; both of its places are written, as a block
 * that never was would cost more than what is saved. Failure mode: a place that
 * could not be written is written again by the next save.
 */
#include "mesh/app/slots.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mesh/base/mem.h"
#include "p2p/err.h"
#include "p2p/hash.h"

enum {
    MARK_BYTES = 8,
    SUM_AT = MARK_BYTES,
    NUMBER_AT = SUM_AT + P2P_SHA256_BYTES, /* from here on it is summed up */
    LENGTH_AT = NUMBER_AT + 8,
    TEXT_AT = LENGTH_AT + 8,
    LEAST_ROOM = 16384
};

#define MARK "unitmsh1"

static void put_number(uint8_t *at, uint64_t n)
{
    for (int i = 7; i >= 0; i--, n >>= 8) {
        at[i] = (uint8_t)n;
    }
}

static uint64_t get_number(const uint8_t *at)
{
    uint64_t n = 0;

    for (size_t i = 0; i < 8; i++) {
        n = n << 8 | at[i];
    }
    return n;
}

static void sum_of(const uint8_t *place, size_t text_bytes,
                   uint8_t sum[P2P_SHA256_BYTES])
{
    p2p_sha256(place + NUMBER_AT, TEXT_AT - NUMBER_AT + text_bytes, sum);
}

/* Whether a place holds a text. */
static bool holds(const uint8_t *place, uint64_t room)
{
    uint64_t len = get_number(place + LENGTH_AT);
    uint8_t sum[P2P_SHA256_BYTES];

    if (memcmp(place, MARK, MARK_BYTES) != 0 || len > room - TEXT_AT) {
        return false;
    }
    sum_of(place, (size_t)len, sum);
    return memcmp(sum, place + SUM_AT, sizeof sum) == 0;
}

/* Whether the open file is the one of that name: a person may have removed it,
 * or put another one in its place. */
static bool is_there(const struct um_slots *s, int dir, const char *name)
{
    struct stat open, named;

    return s->fd >= 0 && fstat(s->fd, &open) == 0 &&
           fstatat(dir, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           open.st_dev == named.st_dev && open.st_ino == named.st_ino;
}

static bool read_all(int fd, uint8_t *out, size_t len)
{
    size_t at = 0;

    while (at < len) {
        ssize_t n = pread(fd, out + at, len - at, (off_t)at);

        if (n == 0 || (n < 0 && errno != EINTR)) {
            return false;
        }
        at += n > 0 ? (size_t)n : 0;
    }
    return true;
}

static bool write_all(int fd, const uint8_t *bytes, size_t len, uint64_t at)
{
    while (len > 0) {
        ssize_t n = pwrite(fd, bytes, len, (off_t)at);

        if (n < 0 && errno != EINTR) {
            return false;
        }
        if (n > 0) {
            bytes += n;
            len -= (size_t)n;
            at += (uint64_t)n;
        }
    }
    return fdatasync(fd) == 0;
}

/* Where the newest text is; NULL: neither place holds. */
static const uint8_t *newest(const uint8_t *file, uint64_t room)
{
    const uint8_t *best = NULL;

    for (unsigned i = 0; i < 2; i++) {
        const uint8_t *place = file + i * room;
        uint64_t number = get_number(place + NUMBER_AT);

        if (number % 2 == i && holds(place, room) &&
            (best == NULL || number > get_number(best + NUMBER_AT))) {
            best = place;
        }
    }
    return best;
}

static int read_newest(struct um_slots *s, struct um_buf *out)
{
    uint8_t *file = um_mem_alloc((size_t)(2 * s->room));
    const uint8_t *place = NULL;
    int rv = 0;

    if (file == NULL) {
        return P2P_ENOMEM;
    }
    if (!read_all(s->fd, file, (size_t)(2 * s->room))) {
        rv = P2P_EIO;
    } else {
        place = newest(file, s->room);
        rv = place == NULL ? P2P_EFORMAT : 0;
    }
    if (rv == 0) {
        s->number = get_number(place + NUMBER_AT);
        um_buf_add(out, place + TEXT_AT, (size_t)get_number(place + LENGTH_AT));
        rv = um_buf_failed(out) ? P2P_ENOMEM : 0;
    }
    um_mem_free(file);
    return rv;
}

static int open_file(struct um_slots *s, int dir, const char *name)
{
    struct stat st;

    s->fd = openat(dir, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (s->fd < 0) {
        return errno == ENOENT ? P2P_ENOTFOUND : P2P_EIO;
    }
    if (fstat(s->fd, &st) != 0) {
        return P2P_EIO;
    }
    if (st.st_size % 2 != 0 || st.st_size / 2 < LEAST_ROOM ||
        st.st_size / 2 > 2 * UM__CAP_SLOTS_BYTES) {
        return P2P_EFORMAT;
    }
    s->room = (uint64_t)st.st_size / 2;
    return 0;
}

int um_slots_load(struct um_slots *s, int dir, const char *name,
                  struct um_buf *out)
{
    int rv = 0;

    if (!is_there(s, dir, name)) {
        um_slots_close(s);
        rv = open_file(s, dir, name);
    }
    if (rv == 0) {
        rv = read_newest(s, out);
    }
    if (rv != 0) {
        um_slots_close(s);
    }
    return rv;
}

/* A place with a text; the caller's. */
static void fill(uint8_t *place, uint64_t number, struct um_str bytes)
{
    memcpy(place, MARK, MARK_BYTES);
    put_number(place + NUMBER_AT, number);
    put_number(place + LENGTH_AT, bytes.len);
    memcpy(place + TEXT_AT, bytes.p, bytes.len);
    sum_of(place, bytes.len, place + SUM_AT);
}

/* Makes the file anew, under another name until it is whole. */
static int make(struct um_slots *s, int dir, const char *name,
                const uint8_t *file)
{
    char fresh[64];
    int fd;

    (void)snprintf(fresh, sizeof fresh, "%s.new", name);
    fd = openat(dir, fresh, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
                0600);
    if (fd < 0) {
        return P2P_EIO;
    }
    if (!write_all(fd, file, (size_t)(2 * s->room), 0) ||
        renameat(dir, fresh, dir, name) != 0) {
        (void)close(fd);
        (void)unlinkat(dir, fresh, 0); /* on a full disk it takes room */
        return P2P_EIO;
    }
    if (s->fd >= 0) {
        (void)close(s->fd);
    }
    s->fd = fd;
    return fsync(dir) == 0 ? 0 : P2P_EIO;
}

/* Writes the text into a file of that room. */
static int save_anew(struct um_slots *s, int dir, const char *name,
                     struct um_str bytes)
{
    struct um_slots fresh = {.fd = s->fd, .number = s->number + 1};
    uint8_t *file;
    int rv;

    for (fresh.room = LEAST_ROOM; fresh.room < bytes.len + TEXT_AT;) {
        fresh.room *= 2;
    }
    file = um_mem_zalloc((size_t)(2 * fresh.room));
    if (file == NULL) {
        return P2P_ENOMEM;
    }
    fill(file + fresh.number % 2 * fresh.room, fresh.number, bytes);
    rv = make(&fresh, dir, name, file);
    um_mem_free(file);
    if (rv == 0 || fresh.fd != s->fd) {
        *s = fresh;
    }
    return rv;
}

static int overwrite(struct um_slots *s, struct um_str bytes)
{
    uint64_t number = s->number + 1;
    uint8_t *place = um_mem_alloc(TEXT_AT + bytes.len);
    bool ok;

    if (place == NULL) {
        return P2P_ENOMEM;
    }
    fill(place, number, bytes);
    ok = write_all(s->fd, place, TEXT_AT + bytes.len, number % 2 * s->room);
    um_mem_free(place);
    if (ok) {
        s->number = number;
    }
    return ok ? 0 : P2P_EIO;
}

int um_slots_save(struct um_slots *s, int dir, const char *name,
                  struct um_str bytes)
{
    if (bytes.len > UM__CAP_SLOTS_BYTES) {
        return P2P_ETOOBIG;
    }
    return bytes.len + TEXT_AT <= s->room && is_there(s, dir, name)
               ? overwrite(s, bytes)
               : save_anew(s, dir, name, bytes);
}

void um_slots_close(struct um_slots *s)
{
    if (s->fd >= 0) {
        (void)close(s->fd);
    }
    *s = (struct um_slots){.fd = -1};
}
