/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The names of faults. Failure mode: a name or a value that is none.
 */
#include "mesh/standin/faults.h"

#include "p2p/err.h"

enum { CRASH_CONCURRENCY = 3, UNIX_CUT = 219111, TCP_CUT = 3919717 };

#define NS_PER_MS UINT64_C(1000000)

static int set_number(struct um_str value, uint64_t factor, uint64_t *out)
{
    int64_t n = um_str_decimal(value);

    if (n < 0 || (uint64_t)n > UINT64_MAX / factor)
        return P2P_EINVAL;
    *out = (uint64_t)n * factor;
    return 0;
}

static int add_name(struct um_standin_names *names, struct um_str value)
{
    if (names->count == UM_STANDIN_FAULT_NAMES || value.len == 0 ||
        value.len >= UM_STANDIN_FAULT_NAME_MAX)
        return P2P_EINVAL;
    memcpy(names->name[names->count], value.p, value.len);
    names->name[names->count++][value.len] = '\0';
    return 0;
}

static int set_crash(struct um_standin_faults *f, enum um_standin_crash kind,
                     struct um_str value)
{
    uint64_t n = 1;

    if (value.len > 0 && set_number(value, 1, &n) != 0)
        return P2P_EINVAL;
    f->crash = kind;
    f->crash_count = n < UINT32_MAX ? (unsigned)n : UINT32_MAX;
    return 0;
}

/* A number that may be left out. */
static int set_bytes(struct um_str value, uint64_t otherwise, uint64_t *out)
{
    *out = otherwise;
    return value.len > 0 ? set_number(value, 1, out) : 0;
}

static int set_timed(struct um_standin_faults *f, struct um_str name,
                     struct um_str value)
{
    if (um_str_eq(name, UM_STR("apply-delay")))
        return set_number(value, NS_PER_MS, &f->apply_delay_ns);
    if (um_str_eq(name, UM_STR("readd-busy")))
        return set_number(value, NS_PER_MS, &f->readd_busy_ns);
    if (um_str_eq(name, UM_STR("memory")))
        return set_number(value, 1, &f->accept_memory_bytes);
    if (um_str_eq(name, UM_STR("truncate-unix")))
        return set_bytes(value, UNIX_CUT, &f->truncate_unix_bytes);
    if (um_str_eq(name, UM_STR("truncate-tcp")))
        return set_bytes(value, TCP_CUT, &f->truncate_tcp_bytes);
    return P2P_EINVAL;
}

static int set_concurrency(struct um_standin_faults *f, struct um_str value)
{
    uint64_t n;
    int rc = set_bytes(value, CRASH_CONCURRENCY, &n);

    if (rc == 0)
        f->crash_concurrency = (unsigned)n;
    return rc;
}

int um_sfaults_set(struct um_standin_faults *f, const char *text)
{
    struct um_str all = um_str(text);
    struct um_str name = um_str_head(all, um_str_find(all, '='));
    struct um_str value = um_str_skip(all, name.len + 1);

    if (um_str_eq(name, UM_STR("none"))) {
        memset(f, 0, sizeof(*f));
        return 0;
    }
    if (um_str_eq(name, UM_STR("mute"))) {
        f->mute = !um_str_eq(value, UM_STR("0"));
        return 0;
    }
    if (um_str_eq(name, UM_STR("refuse-uid"))) {
        f->refuse_uid = !um_str_eq(value, UM_STR("0"));
        return 0;
    }
    if (um_str_eq(name, UM_STR("refuse-listener")))
        return add_name(&f->refuse_listeners, value);
    if (um_str_eq(name, UM_STR("refuse-app")))
        return add_name(&f->refuse_apps, value);
    if (um_str_eq(name, UM_STR("crash-applied")))
        return set_crash(f, UM_STANDIN_CRASH_APPLIED, value);
    if (um_str_eq(name, UM_STR("crash-lost")))
        return set_crash(f, UM_STANDIN_CRASH_LOST, value);
    if (um_str_eq(name, UM_STR("crash-on-concurrency")))
        return set_concurrency(f, value);
    return set_timed(f, name, value);
}

const char *um_sfaults_help(void)
{
    return "none                    clears all\n"
           "apply-delay=MS          an apply takes so long\n"
           "crash-applied[=N]       the next N changes apply, then no answer\n"
           "crash-lost[=N]          the next N changes are lost, no answer\n"
           "crash-on-concurrency[=N] dies when N changes are there (3)\n"
           "memory=BYTES            bodies above that find no memory\n"
           "mute                    takes requests, never answers\n"
           "readd-busy=MS           a removed listener stays taken so long\n"
           "refuse-app=NAME         an application or module that fails\n"
           "refuse-listener=NAME    500 on apply with that listener\n"
           "refuse-uid              resets peers on the unix socket\n"
           "truncate-tcp[=BYTES]    cuts bodies of GETs there, over TCP\n"
           "truncate-unix[=BYTES]   the same over the unix socket\n";
}
