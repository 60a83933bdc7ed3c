#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Executable specification and adversarial model of the replicated state (revisions, control facts, roster, rollout).

The rules live in class Node (functions named after the rules of README.md); class World is the environment: network,
clocks, crashes, Units, people, and a byzantine member; class Oracle knows everything and checks I1..I12.
Rules holds switches: the defaults are the recommended rules, every other value is a rule of an earlier draft or a
plausible mistake (see MUTANTS), kept so that the checks are known to bite. Deterministic by seed; standard library only.
"""
import argparse, bisect, heapq, random, sys, time, zlib

# ---------------------------------------------------------------- switches
class Rules:
    rank = "number"        # number: (number, wall, id)            | hlc: (hlc, id), the draft
    rollout = "driver"     # driver: signed OPEN/CONFIRM/ABORT      | leaderless: every node decides from health facts, the draft
    abort = "writer"       # writer: ABORT is signed by a writer    | cert: budget+1 failure facts of any members dated in the window
    merge = "rebase"       # rebase: the loser's own node re-bases  | none: winner + siblings
    expiry = "min"         # min(wall + N, first seen + N)          | wall: wall + N only
    adopt = "applied"      # parent of an adopted drift = applied   | target
    revoke_facts = "keep"  # CONFIRMs about kept revisions survive  | void: all facts of the revoked vanish
    revoke = "keep"        # void unless below the kept heads       | date: void when dated after the revocation
    guard = True           # start-up default and shrink guard on adopt
    silent = "hold"        # an opened node that fell silent counts | ignore
    firstbatch = True      # first batch named inside the revision  | False: the driver opens it later
    ready = True           # a node starts an open revision only after it has run an established one | False: at once
    in_time = True         # batches leave out nodes whose clock is far off | False: any fresh node
    quorum = True          # automatic CONFIRM needs HEALTHY from half the roster | False: from all live nodes
    confirm_wins = True    # CONFIRM beats ABORT                    | False: ABORT beats CONFIRM
    takeover = "manual"    # manual: a person at any writer's node says resume | auto: lowest-ranked fresh writer's node | no
    checker_in_accept = False  # True: a node drops revisions that its own checker version refuses
    prune_floor = True     # documents at or above the newest established revision are kept | False: all but the current ones may go
    auto_taint = True      # a machine-made re-base dies with a void parent
    refuse_next = True     # refused while a dead one runs: back to the newest of the last four established ones that ran here | False: just keep
    busy = True            # an edit on an open revision is refused (409) unless superseding is asked for | False: always taken
    unanswered = "own"     # what Unit runs since an attempt that had no answer is this node's own | drift: it is a change by hand
    cap_covers = False
    cap = 8                # listed conflicts per author; an honest node refuses to author (409) when it has that many
    def __init__(self, **kw):
        for k, v in kw.items():
            assert hasattr(Rules, k), k
            setattr(self, k, v)

MUTANTS = {            # name: (switches, what it shows)
    "draft-rank-hlc": dict(rank="hlc"),
    "draft-leaderless+cert": dict(rollout="leaderless", abort="cert"),
    "cert-abort-only": dict(abort="cert"),
    "merge-none": dict(merge="none"),
    "expiry-wall-only": dict(expiry="wall"),
    "adopt-on-target": dict(adopt="target"),
    "revoke-voids-all-facts": dict(revoke_facts="void"),
    "revoke-by-date": dict(revoke="date"),
    "no-shrink-guard": dict(guard=False),
    "silent-ignored": dict(silent="ignore"),
    "no-first-batch": dict(firstbatch=False),
    "silent-ignored+no-first-batch": dict(silent="ignore", firstbatch=False),
    "not-ready-in-batches": dict(ready=False),
    "skewed-in-batches": dict(in_time=False),
    "no-quorum": dict(quorum=False),
    "abort-beats-confirm": dict(confirm_wins=False),
    "auto-takeover": dict(takeover="auto"),
    "no-takeover": dict(takeover="no"),
    "checker-in-accept": dict(checker_in_accept=True),
    "auto-not-tainted": dict(auto_taint=False),
    "careless-prune": dict(prune_floor=False),
    "capped-heads-cover": dict(cap_covers=True, cap=3),
    "edits-supersede-rollouts": dict(busy=False),
    "unanswered-is-drift": dict(unanswered="drift"),
    "refused-keeps-dead": dict(refuse_next=False),
}

N_DEADLINE, SOAK, FRESH, SKEW, STEP, WINDOW, PATIENCE = 90, 8, 24, 10, 4, 40, 2
EMPTY = {}

# ---------------------------------------------------------------- items that replicate (grow-only sets)
class Rev:
    __slots__ = ("i", "h", "author", "par", "num", "wall", "hlc", "doc", "intent", "pol", "first", "auto", "anc", "t0", "adopt", "force", "bad", "newck")
class Pol:            # signed inside the revision; None = immediate
    __slots__ = ("soak", "budget", "human")
    def __init__(self, soak, budget, human): self.soak, self.budget, self.human = soak, budget, human
class Fact:           # OPEN {nodes}, CONFIRM {wall}, ABORT, (draft: FAIL {wall}); signed
    __slots__ = ("i", "kind", "rev", "by", "nodes", "wall")
class Op:             # GRANT node role | REVOKE node keep{mask}; signed by an owner
    __slots__ = ("i", "kind", "node", "role", "keep", "by", "wall")

def check(doc):       # the pure checker: every listener passes to an existing application
    return bool(doc) and all(k[0] != "L" or v[1] in doc for k, v in doc.items())
def delta(a, b): return {k: b.get(k) for k in a.keys() | b.keys() if a.get(k) != b.get(k)}
def merge3(base, ours, theirs):
    do, dt = delta(base, ours), delta(base, theirs)
    if any(k in do and do[k] != v for k, v in dt.items()): return None
    m = dict(ours)
    for k, v in dt.items():
        if v is None: m.pop(k, None)
        else: m[k] = v
    return m if check(m) else None

# ---------------------------------------------------------------- one node: the rules
class Node:
    def __init__(s, w, i, role, skew, mods):
        s.w, s.i, s.role, s.skew, s.mods = w, i, role, skew, mods
        s.byz = None; s.up = True; s.joined = True
        # durable
        s.R = 0; s.F = 0; s.O = 0; s.order = []; s.byrev = {}; s.seen = {}; s.refused = set(); s.applied = None; s.failed = set(); s.healthy = None
        s.seq = 0; s.rev_of = {}; s.granted = {}; s.nodocs = 0; s.oldchecker = False; s.driving = set(); s.good = []
        s.trying = None                                               # given to Unit, and no answer yet
        # the Unit beside it
        s.live = EMPTY; s.drift_pol = "report"; s.flaky = 0.0
        # volatile
        s.rows = {}; s.lost = {}; s.hold_adopt = 0; s.lost_for = 0; s.asked = {}
    def clock(s): return s.w.t + s.skew

    # -- rule 2: acceptance; a pure function of the item and of the sets it depends on, never of clock, version or Unit
    def accept_rev(s, r):
        if s.R >> r.i & 1: return False
        if s.granted.get(r.author) not in ("owner", "writer"): return False
        if any(not s.R >> p & 1 for p in r.par): return False
        if s.w.rules.checker_in_accept and s.oldchecker and r.newck: return False
        s.R |= 1 << r.i; bisect.insort(s.order, (s.w.rank(r), r.i)); s.seen[r.i] = s.clock(); return True
    def accept_fact(s, f):
        if s.F >> f.i & 1 or not s.R >> f.rev & 1: return False
        role = s.granted.get(f.by)
        if f.kind == "FAIL":
            if role is None or s.w.rules.abort != "cert": return False
        elif role not in ("owner", "writer"): return False
        s.F |= 1 << f.i; s.byrev.setdefault(f.rev, []).append(f); return True
    def accept_op(s, o):
        if s.O >> o.i & 1 or (o.by != 0): return False        # root owner only, in this model
        if o.kind == "REVOKE" and o.keep & ~s.R: return False   # kept heads first, like parents
        s.O |= 1 << o.i
        if o.kind == "GRANT":
            if o.node not in s.granted: s.granted[o.node] = o.role
        else: s.rev_of[o.node] = (s.rev_of[o.node][0] & o.keep if o.node in s.rev_of else o.keep, o.wall)
        return True

    # -- rule 12: void = by a revoked key and not below the heads its revocation keeps
    def void(s, r):
        k = s.rev_of.get(r.author)
        if k is not None:
            if s.w.rules.revoke == "keep":
                if not k[0] >> r.i & 1: return True
            elif r.wall > k[1]: return True
        return bool(r.auto and s.w.rules.auto_taint and any(s.void(s.w.revs[p]) for p in r.par))
    def fact_ok(s, f):
        k = s.rev_of.get(f.by)
        return k is None or (s.w.rules.revoke_facts == "keep" and f.kind in ("CONFIRM", "OPEN") and bool(k[0] >> f.rev & 1))

    # -- rules 7, 8: established | dead | open
    def state(s, r):
        if s.void(r): return "dead"
        if r.pol is None: return "est"
        fs = [f for f in s.byrev.get(r.i, ()) if s.fact_ok(f)]
        conf = any(f.kind == "CONFIRM" and f.wall <= r.wall + N_DEADLINE for f in fs)
        if s.w.rules.abort == "cert":
            ab = len({f.by for f in fs if f.kind == "FAIL" and f.wall <= r.hlc + WINDOW}) > r.pol.budget
        else: ab = any(f.kind == "ABORT" for f in fs)
        if conf and (s.w.rules.confirm_wins or not ab): return "est"
        if ab: return "dead"
        if s.w.rules.rollout == "driver" or r.pol.human:
            c = s.clock()
            if c > r.wall + N_DEADLINE: return "dead"
            if s.w.rules.expiry == "min" and c > s.seen[r.i] + N_DEADLINE: return "dead"
        return "open"
    def opened(s, r):
        o = set(r.first)
        for f in s.byrev.get(r.i, ()):
            if f.kind == "OPEN" and s.fact_ok(f): o |= f.nodes
        return o
    def eligible(s, r, st):
        if st == "est": return True
        if s.w.rules.rollout == "driver": return s.i in s.opened(r)
        return s.leaderless_open(r)
    # -- rule 3: the view
    def target(s):
        for _, i in reversed(s.order):
            if s.state(s.w.revs[i]) != "dead": return s.w.revs[i]
    def desired(s, skip=()):
        for _, i in reversed(s.order):
            r = s.w.revs[i]
            if i in skip: continue
            st = s.state(r)
            if st != "dead" and s.eligible(r, st): return r
    def heads(s):
        """maximal living revisions; the first is the target, the others are the listed conflicts"""
        cov = 0; out = []; per = {}
        for _, i in reversed(s.order):
            r = s.w.revs[i]
            if cov >> i & 1 or s.state(r) == "dead": continue
            per[r.author] = per.get(r.author, 0) + 1
            if per[r.author] <= s.w.rules.cap: out.append(r); cov |= r.anc   # I11: more of one author are only counted,
            elif s.w.rules.cap_covers: cov |= r.anc                          # and cover nothing (else a flood on top of it hides an honest conflict)
        return out

    # -- rule 7, driver
    def members(s): return [n for n in s.granted if n not in s.rev_of]
    def fresh(s, n): return n == s.i or (n in s.rows and s.w.t - s.rows[n][1] <= FRESH)
    def row(s, n): return s.myrow() if n == s.i else s.rows[n][0] if n in s.rows else None
    def in_time(s, n):      # its clock is near ours and it has something to fall back on (for the driver's choice only)
        x = s.row(n); return n == s.i or (x is not None and abs(x["clock"] - s.clock()) <= 3 * SKEW + FRESH and (x["ready"] or not s.w.rules.ready))
    def myrow(s): return dict(seq=s.seq, clock=s.clock(), ready=bool(s.good), applied=s.applied, healthy=s.healthy, bad=frozenset(s.failed | s.refused))
    def drive(s):
        if s.w.rules.rollout == "leaderless": return
        T = s.target()
        if T is None or s.state(T) != "open" or s.role not in ("owner", "writer") or s.i in s.rev_of: return
        if T.author != s.i:
            if s.w.rules.takeover == "auto" and not s.fresh(T.author): pass
            elif T.i not in s.driving: return
            ws = [(0, s.i)] if T.i in s.driving else sorted((zlib.crc32(b"%d/%d" % (T.i, n)), n) for n in s.members() if s.granted[n] != "node" and s.fresh(n))
            if not ws or ws[0][1] != s.i: return
        mem = set(s.members()); op = s.opened(T) & mem
        rows = {n: s.row(n) for n in mem}
        fails = {n for n in op if rows[n] and T.i in rows[n]["bad"]}
        silent = {n for n in op if not s.fresh(n)} - fails
        if len(fails) > T.pol.budget: s.w.fact(s, "ABORT", T); return
        if s.w.rules.silent == "hold" and len(fails) + len(silent) > T.pol.budget: return
        good = {n for n in op if n not in fails and rows[n] and rows[n]["applied"] == T.i and rows[n]["healthy"] is not None and rows[n]["healthy"] >= T.pol.soak}
        if (op - fails - silent) - good: return
        rest = [n for n in mem if n not in op and s.fresh(n) and (s.in_time(n) or not s.w.rules.in_time)]
        if rest:
            rest.sort(key=lambda n: zlib.crc32(b"%d:%d" % (T.i, n)))
            s.w.fact(s, "OPEN", T, nodes=frozenset(rest[:max(1, len(op))]))
        elif not T.pol.human and (len(good) * 2 >= len(mem) or not s.w.rules.quorum) and good: s.w.fact(s, "CONFIRM", T)
    # -- rule 7 of the draft
    def leaderless_open(s, r):
        if s.applied == r.i: return True
        ms = sorted(s.members(), key=lambda n: zlib.crc32(b"%d:%d" % (r.i, n)))
        if s.i not in ms: return False
        k = ms.index(s.i); w = 0; size = 1
        while k >= w + size: w += size; size *= 2
        early = [n for n in ms[:w] if s.fresh(n)]
        bad = [n for n in ms if s.row(n) and r.i in s.row(n)["bad"]]
        if len(bad) > r.pol.budget: return False
        for n in early:
            x = s.row(n)
            if n in bad: continue
            if not x or x["applied"] != r.i or x["healthy"] is None or x["healthy"] < r.pol.soak: return False
        return True

    # -- rule 4: the loser's own node re-bases (established heads, and staged ones still open; a person's trial is left to the person)
    def rebase(s):
        w = s.w
        if w.rules.merge != "rebase" or s.role == "node" or s.i in s.rev_of: return
        hs = s.heads()
        if len(hs) < 2: return
        T = hs[0]
        if s.state(T) != "est": return
        for h in hs[1:]:
            if h.author != s.i or (h.pol and h.pol.human and s.state(h) != "est"): continue
            t1 = s.lost.setdefault((T.i, h.i), s.w.t + 6 + s.w.r.randrange(10))
            if s.w.t < t1: continue
            if any(s.R >> q.i & 1 and set(q.par) == {T.i, h.i} for q in s.w.revs): continue
            m = merge3(s.w.revs[s.base(T, h)].doc, T.doc, h.doc)
            if m is None or m == T.doc: continue
            w.author(s, [T, h], m, Pol(SOAK, h.pol.budget if h.pol else 0, False), auto=True, why="re-base"); return
    def base(s, a, b):
        c = a.anc & b.anc
        for _, i in reversed(s.order):
            if c >> i & 1: return i

    # -- rule 5: apply loop (and 9: drift)
    def apply(s):
        w = s.w; cur = None if s.applied is None else w.revs[s.applied]
        d = s.desired()
        if d is not None and d.i in s.refused:
            if cur is not None and s.state(cur) != "dead" and s.eligible(cur, s.state(cur)): d = cur
            else:                                                     # what runs is dead: back to the last established one that ran here
                d = next((w.revs[g] for g in reversed(s.good) if g not in s.refused and s.state(w.revs[g]) == "est"), cur) if w.rules.refuse_next else cur
        if d is not None and not s.good and w.rules.ready and s.state(d) == "open":     # nothing to fall back on: first an established one
            d = next((w.revs[i] for _, i in reversed(s.order) if s.state(w.revs[i]) == "est"), None)
            if d is not None and d.i in s.refused: return
        if d is None: return
        if cur is not None and s.state(cur) == "est" and cur.i not in s.good[-1:]: s.good = s.good[-3:] + [cur.i]
        if cur is not None and d.i == cur.i:
            if s.live == cur.doc:
                if s.healthy is not None: s.healthy += STEP
                return
            if s.live == EMPTY and w.rules.guard: pass                # Unit's start-up default: restart, heal
            elif s.trying is not None and s.live == w.revs[s.trying].doc and w.rules.unanswered == "own": pass    # nobody's change: heal
            elif s.drift_pol == "heal": pass
            elif s.drift_pol == "adopt" and s.role != "node" and s.i not in s.rev_of: s.adopt(cur); return
            else: return                                              # report
        if s.nodocs >> d.i & 1:                                      # pruned here: fetch from a peer
            if any(w.link(s.i, n.i) and n.R >> d.i & 1 and not n.nodocs >> d.i & 1 for n in w.nodes): s.nodocs &= ~(1 << d.i)
            elif w.t - s.asked.setdefault(d.i, w.t) < PATIENCE or s.live != EMPTY or cur is None or d is cur or s.trying not in (None, cur.i): return
            elif s.state(cur) == "dead" or not s.eligible(cur, s.state(cur)): return
            else: d = cur                                            # nobody is there who has it: an empty Unit is given what ran
        fits = check(d.doc) and not any(k[0] == "A" and v[1] not in s.mods for k, v in d.doc.items())
        again = d.i in s.refused
        if not again: s.trying = d.i
        if w.r.random() < s.flaky:                                   # transient: no answer, retry next step
            if w.deaf and fits and w.r.random() < .5:                # ... and yet Unit took it
                s.live = dict(d.doc); w.oracle.on_unanswered(s, d); w.log(s, "no answer, but Unit took %s" % w.nm(d))
            return
        if not again: s.trying = None
        if not fits:
            s.refused.add(d.i); w.log(s, "Unit refuses %s" % w.nm(d))
            if w.rules.abort == "cert" and s.state(d) == "open": w.fact(s, "FAIL", d)
            return
        w.oracle.on_apply(s, d)
        s.live = dict(d.doc); s.applied = d.i; s.healthy = 0
        if d.bad and not s.byz:
            s.healthy = None; s.failed.add(d.i)
            if w.rules.abort == "cert": w.fact(s, "FAIL", d)
        w.log(s, "applied %s%s" % (w.nm(d), " and is unhealthy" if d.bad else ""))
    def adopt(s, cur):
        w = s.w
        if w.rules.guard and (s.live == EMPTY or 2 * len(s.live) <= len(cur.doc)): return
        if not check(s.live): return
        if sum(h.author == s.i for h in s.heads()[1:]) >= w.rules.cap - 1: return
        par = cur if w.rules.adopt == "applied" else s.target()
        d = delta(cur.doc, s.live)
        r = w.author(s, [par], dict(s.live), None, intent=frozenset(d), why="adopt")
        r.adopt = True; w.oracle.on_adopt(s, r)
        s.applied = r.i if w.rules.adopt == "applied" else s.applied

    # -- rule 11: only documents are dropped, headers stay; never what this node may have to fall back to
    def prune(s, mask):
        for _, i in reversed(s.order):
            r = s.w.revs[i]
            if s.w.rules.prune_floor: mask &= ~(1 << i)
            if s.state(r) == "est": break
        d = s.desired()
        for x in [s.applied, s.trying, d.i if d else None] + s.good:
            if x is not None: mask &= ~(1 << x)
        for i in bits(s.R & mask & ~s.nodocs): s.asked.pop(i, None)
        s.nodocs |= s.R & mask

    def step(s):
        w = s.w
        s.apply(); s.drive(); s.rebase()
        s.seq = max(s.seq + 1, int(s.clock() * 8))                     # time-based: survives a restored disk
        if s.byz: w.misbehave(s)
    # -- rule 10: exchange; digests and lists are modelled by the masks themselves
    def digest(s):
        rows = dict((n, x[0]) for n, x in s.rows.items()); rows[s.i] = s.myrow()
        T = s.target() if s.byz else None
        if T and s.w.r.random() < .5:
            rows[s.i] = dict(seq=s.seq, clock=s.clock(), ready=True, applied=T.i, healthy=s.w.r.choice([None, 0, 99]), bad=frozenset([T.i]) if s.w.r.random() < .5 else frozenset())
        return (s.R, s.F, s.O, rows)
    def hear(s, src, dg):
        R, F, O, rows = dg
        for n, x in rows.items():
            if n == s.i or n not in s.granted: continue
            if n not in s.rows or s.rows[n][0]["seq"] < x["seq"]: s.rows[n] = (x, s.w.t)
        give = [("r", i) for i in bits(s.R & ~R)] + [("f", i) for i in bits(s.F & ~F)] + [("o", i) for i in bits(s.O & ~O)]
        want = (R & ~s.R) or (F & ~s.F) or (O & ~s.O)
        if give:
            k = s.w.r.randrange(1, 9)
            if len(give) > k and s.w.r.random() < .5: give = s.w.r.sample(give, k)
            else: s.w.r.shuffle(give)
            if s.byz and s.w.r.random() < .5: give = []
            s.w.send(s.i, src, "items", give)
        if want: s.w.send(s.i, src, "digest", s.digest())
    def items(s, its):
        w = s.w; more = True; its = list(its)
        while more:
            more = False
            for k, i in list(its):
                ok = s.accept_rev(w.revs[i]) if k == "r" else s.accept_fact(w.facts[i]) if k == "f" else s.accept_op(w.ops[i])
                if ok: more = True; its.remove((k, i)); w.accepted += 1

def bits(m):
    while m:
        b = m & -m; yield b.bit_length() - 1; m ^= b

# ---------------------------------------------------------------- what must hold
class Oracle:
    def __init__(o, w): o.w, o.bad, o.touch, o.stat = w, [], {}, dict(conf=0, heads=0, est=0, dead=0, sup=0, reb=0)
    def fail(o, inv, text):
        if not any(b[0] == inv for b in o.bad): o.bad.append((inv, o.w.t, text)); o.w.log(None, "VIOLATION %s %s" % (inv, text))
    def honest(o, r): return not o.w.nodes[r.author].byz
    def on_apply(o, n, r):
        w = o.w
        if n.byz: return
        o.touch.setdefault(r.i, set()).add(n.i)
        if r.i in n.refused: o.fail("I4", "node %d applies %s that its Unit refused" % (n.i, w.nm(r)))
        if o.honest(r) and not check(r.doc): o.fail("I3", w.nm(r))
        if w.nodes[r.author].role == "node": o.fail("I12", "non-writer's %s applied" % w.nm(r))
        if r.adopt and not r.force and (r.doc == EMPTY or 2 * len(r.doc) <= len(w.revs[r.par[0]].doc)): o.fail("I10", "%s is empty or halved" % w.nm(r))
        if r.pol and r.bad == 1 and o.honest(r) and not any(f.rev == r.i and f.kind == "CONFIRM" and (r.pol.human or f.by in w.byzset) for f in w.facts):
            bound = 1; liars = len(w.nodes[r.author].opened(r) & w.byzset)      # a liar in a batch can claim health
            while bound <= r.pol.budget + liars: bound = bound * 2 + liars
            bound *= max(1, len({f.by for f in w.facts if f.rev == r.i and f.kind == "OPEN"} - {r.author}) + 1 if w.rules.takeover == "manual" else 1)
            if len(o.touch[r.i]) > bound: o.fail("I6", "bad %s (budget %d) has touched %s" % (w.nm(r), r.pol.budget, sorted(o.touch[r.i])))
    def on_unanswered(o, n, r): o.touch.setdefault(r.i, set()).add(n.i)
    def on_adopt(o, n, r):
        if n.trying is not None and n.live == o.w.revs[n.trying].doc: o.fail("I10", "node %d adopts %s, that it gave its Unit itself" % (n.i, o.w.nm(r)))
    def on_step(o, n):
        w = o.w
        if n.byz or n.applied is None: return
        r = w.revs[n.applied]
        d = n.desired()
        lost = n.trying is not None and n.trying != n.applied and n.live == w.revs[n.trying].doc != r.doc and d is not None and d.i == n.applied
        n.lost_for = n.lost_for + 1 if lost and not n.refused else 0
        if n.lost_for > 30: o.fail("I5", "node %d runs %s, that had no answer, for ever" % (n.i, w.nm(w.revs[n.trying])))
        if r.pol and w.rules.rollout == "driver" or (r.pol and r.pol.human):
            if n.live == r.doc and not any(f.rev == r.i and f.kind == "CONFIRM" for f in w.facts):
                first = n.seen[r.i] - n.skew + N_DEADLINE
                lim = min(first, r.t0 + N_DEADLINE + abs(w.nodes[r.author].skew) + abs(n.skew)) if o.honest(r) else first
                eps = (14 if n.flaky < .4 else 30) * STEP    # up to five tries (desired and the last four), each possibly unanswered
                if w.t > lim + eps and w.t - n.upsince > eps:
                    if (n.good or n.desired().i in n.refused) and not any(g not in n.refused and n.state(w.revs[g]) == "est" for g in n.good): return   # its Unit refuses the fall-back: keeps what runs, and says so
                    o.fail("I5", "node %d still runs %s (made %d, seen %d)" % (n.i, w.nm(r), r.t0, n.seen[r.i] - n.skew))
    def on_prune(o, n, before):
        if (n.target(), n.desired()) != before: o.fail("I8", "view changed")
    def at_end(o):
        w = o.w; H = [n for n in w.nodes if not n.byz and n.i not in n.rev_of]; a = w.nodes[0]
        sig = lambda n: (n.target().i, tuple(h.i for h in n.heads()))
        for n in H:
            if sig(n) != sig(a): o.fail("I1", "node 0 sees %s, node %d sees %s" % (w.sh(a), n.i, w.sh(n)))
        if any(n.R != a.R or n.F != a.F or n.O != a.O for n in H): return o.fail("I1", "the sets differ after healing")
        z = Node(w, 0, "owner", a.skew, {"m1"}); its = [("r", i) for i in range(len(w.revs))] + [("f", i) for i in range(len(w.facts))] + [("o", i) for i in range(len(w.ops))]
        its = [(k, i) for k, i in its if (a.R if k == "r" else a.F if k == "f" else a.O) >> i & 1]; random.Random(w.seed).shuffle(its); acc = w.accepted
        z.items(its); z.items(its); z.seen = {i: -10 ** 7 for i in z.seen}; w.accepted = acc
        if sig(z) != sig(a) and a.state(a.target()) == "est": o.fail("I1", "delivery order matters: %s / %s" % (w.sh(a), w.sh(z)))
        T = a.target()
        if a.state(T) == "est":
            for n in H:
                if n.applied != T.i and T.i not in n.refused and n.drift_pol == "heal" : o.fail("I1", "node %d runs %s, not %s" % (n.i, w.nm(w.revs[n.applied]), w.nm(T)))
                if n.applied != T.i and T.i not in n.refused: o.fail("I1", "node %d applied %s, not %s" % (n.i, None if n.applied is None else w.nm(w.revs[n.applied]), w.nm(T)))
        elif w.rules.rollout == "driver": o.fail("I6", "%s neither established nor dead at the end" % w.nm(T))
        hs = a.heads(); cov = 0
        for h in hs: cov |= h.anc
        for r in w.revs:
            if not o.honest(r) or not r.par: continue
            if not a.R >> r.i & 1: o.fail("I2", "%s lost" % w.nm(r)); continue
            st = a.state(r)
            if st == "dead":
                if r.pol is None and not r.auto and r.author not in a.rev_of: o.fail("I2", "immediate %s is dead" % w.nm(r))
                elif r.pol and any(f.kind == "CONFIRM" and f.rev == r.i and f.by not in w.byzset and f.wall <= r.wall + N_DEADLINE for f in w.facts) and not a.void(r) and not any(f.kind == "CONFIRM" and f.rev == r.i and f.by in a.rev_of for f in w.facts): o.fail("I5", "confirmed %s is dead" % w.nm(r))
                continue
            if not cov >> r.i & 1: o.fail("I2", "%s is neither incorporated nor listed" % w.nm(r))
            for h in hs:                       # content: an incorporated edit shows, or somebody who saw it changed it
                if not h.anc >> r.i & 1 or h is r: continue
                for k in r.intent:
                    if h.doc.get(k) == r.doc.get(k): continue
                    if any(h.anc >> q.i & 1 and q.anc >> r.i & 1 and q is not r and k in q.intent for q in w.revs): continue
                    if not any(len(q.par) == 2 and h.anc >> q.i & 1 and q.anc >> r.i & 1 and w.revs[a.base(*(w.revs[p] for p in q.par))].doc.get(k) == r.doc.get(k) for q in w.revs):  # not an add and a removal that cancelled out on one side
                        o.fail("I2", "%s's change of %s is invisible in %s" % (w.nm(r), k, w.nm(h)))
        for E in w.revs:                        # I7
            if a.R >> E.i & 1 and o.honest(E) and not T.anc >> E.i & 1 and a.state(E) == "est" and len(o.touch.get(E.i, ())) * 2 >= len(H) and T.num < E.num:
                o.fail("I7", "established %s (ran on %d nodes) is buried by %s" % (w.nm(E), len(o.touch[E.i]), w.nm(T)))
        for b in w.byzset:
            for n in H:
                if b in n.rev_of and n.applied is not None:
                    r = w.revs[n.applied]
                    if r.author == b and not n.rev_of[b][0] >> r.i & 1 and any(g not in n.refused and n.state(w.revs[g]) == "est" for g in n.good): o.fail("I9", "node %d runs %s of the revoked %d" % (n.i, w.nm(r), b))
                    if r.auto and n.state(r) != "dead":
                        for q in bits(r.anc):
                            q = w.revs[q]
                            if q.author == b and not n.rev_of[b][0] >> q.i & 1 and not any(x.anc >> q.i & 1 and r.anc >> x.i & 1 and not x.auto and x.author != b for x in w.revs): o.fail("I9", "node %d runs machine-made %s on void %s" % (n.i, w.nm(r), w.nm(q)))
            if w.nodes[b].role == "node":        # I12: an established or immediate revision is never undone by a non-writer
                for r in w.revs:
                    if r.pol and o.honest(r) and a.R >> r.i & 1 and a.state(r) == "dead" and w.rules.abort == "cert":
                        real = {f.by for f in a.byrev.get(r.i, ()) if f.kind == "FAIL" and f.by != b}
                        if len(real) <= r.pol.budget and any(f.by == b for f in a.byrev.get(r.i, ()) if f.kind == "FAIL") and r.i in w.alldone: o.fail("I12", "non-writer %d killed %s, that %d nodes ran healthy" % (b, w.nm(r), len(o.touch.get(r.i, ()))))
        o.stat["conf"] = len(hs) - 1; o.stat["heads"] = max(o.stat["heads"], len(hs))
        for r in w.revs:
            if r.pol and o.honest(r): o.stat["est" if a.state(r) == "est" else "sup" if T.anc >> r.i & 1 else "dead"] += 1
            if r.auto: o.stat["reb"] += 1

# ---------------------------------------------------------------- the environment
class World:
    def __init__(w, seed, rules, horizon=500, verbose=False, byz=None, nmax=7):
        w.r = r = random.Random(seed); w.rules, w.t, w.seed = rules, 0, seed
        w.revs, w.facts, w.ops, w.q, w.n_ev, w.trace, w.verbose, w.accepted, w.commits = [], [], [], [], 0, [], verbose, 0, 0
        w.deaf = seed % 3 == 0             # Units that may take what they do not answer; every third world, the others as they were without it
        w.oracle = Oracle(w); w.byzset = set(); w.alldone = set(); w.cnt = 0
        n = r.randrange(2, nmax + 1); w.horizon = horizon; w.nodes = []
        wr = max(1, r.randrange(1, n + 1))
        for i in range(n):
            sk = r.randint(-SKEW, SKEW)
            if r.random() < .08: sk = r.choice([-500, 500, 10 ** 6])
            w.nodes.append(Node(w, i, "owner" if i == 0 else "writer" if i <= wr else "node", sk, {"m1", "m2"} if r.random() < .8 else {"m1"}))
        byz = r.choice([None, None, "node", "writer"]) if byz is None else byz
        if byz and n >= 3:
            c = [x for x in w.nodes if x.i and x.role == byz]
            if c: b = r.choice(c); b.byz = byz; w.byzset.add(b.i)
        for x in w.nodes:
            o = Op(); o.i = len(w.ops); o.kind, o.node, o.role, o.keep, o.by, o.wall = "GRANT", x.i, x.role, 0, 0, 0; w.ops.append(o)
            x.flaky = r.choice([0, 0, .2, .5]); x.drift_pol = r.choice(["report", "heal", "adopt"]); x.upsince = 0; x.oldchecker = r.random() < .3
        g = {"A/0": ("g0", "m1"), "A/1": ("g1", "m1"), "L/0": ("g2", "A/0"), "L/1": ("g3", "A/1"), "A/2": ("g4", "m1"), "A/3": ("g5", "m1")}
        w.mk(w.nodes[0], [], g, None, frozenset(), False)
        late = [x for x in w.nodes[1:] if r.random() < .2 and not x.byz]
        for x in w.nodes:
            if x in late: x.joined = x.up = False; w.at(r.randrange(50, horizon * 3 // 4), "join", x.i); continue
            for o in w.ops: x.accept_op(o)
            x.accept_rev(w.revs[0])
        for x in w.nodes: w.at(r.randrange(1, STEP + 1), "step", x.i)
        w.group = [0] * n; w.at(r.randrange(20, 80), "net", None); w.at(r.randrange(3, 20), "human", None); w.at(30, "chaos", None)
        if w.byzset and byz == "writer" and r.random() < .7: w.at(r.randrange(horizon // 3, horizon - 20), "revoke", next(iter(w.byzset)))
        w.ending = False
    def rank(w, r): return (r.num, r.wall, r.h) if w.rules.rank == "number" else (r.hlc, r.h)
    def nm(w, r): return "r%d.%02x" % (r.num, r.h & 255)
    def sh(w, n): return "/".join(w.nm(h) for h in n.heads())
    def log(w, n, s):
        if w.verbose: w.trace.append("%5d %s %s" % (w.t, "    " if n is None else "n%-3d" % n.i, s))
    def at(w, t, k, a): w.cnt += 1; heapq.heappush(w.q, (t, w.cnt, k, a))
    def link(w, a, b): return w.nodes[a].up and w.nodes[b].up and w.group[a] == w.group[b]
    def send(w, a, b, kind, p):
        for _ in range(2 if w.r.random() < .05 else 1):
            if w.r.random() >= .05: w.at(w.t + w.r.randrange(1, 5), "msg", (a, b, kind, p))
    def mk(w, n, par, doc, pol, intent, auto):
        r = Rev(); r.i = len(w.revs); r.h = w.r.getrandbits(48); r.author = n.i; r.par = tuple(sorted(p.i for p in par)); r.num = 1 + max([p.num for p in par] or [0])
        r.wall = n.clock(); r.hlc = max([r.wall] + [p.hlc + 1 for p in par]); r.doc = doc; r.intent = intent; r.pol = pol; r.auto = auto; r.t0 = w.t; r.adopt = r.force = False; r.bad = 0
        r.anc = 1 << r.i; r.newck = bool(par) and w.r.random() < .1; r.first = frozenset()
        for p in par: r.anc |= p.anc
        w.revs.append(r); return r
    def author(w, n, par, doc, pol, intent=None, auto=False, why="edit", bad=0):
        intent = frozenset(delta(par[0].doc, doc)) if intent is None else intent
        r = w.mk(n, par, doc, pol, intent, auto); r.bad = bad or (1 if any(p.bad and p.doc == doc for p in par) else 0)
        if any(k[0] == "A" and v[0].startswith("BAD") for k, v in doc.items()): r.bad = 1
        if pol and w.rules.firstbatch:
            c = [x for x in n.members() if n.fresh(x) and (n.in_time(x) or not w.rules.in_time)] or [n.i]
            r.first = frozenset([min(c, key=lambda x: zlib.crc32(b"%d:%d" % (r.i, x)))])
        n.accept_rev(r); w.commits += 1; w.flood(n, ("r", r.i))
        w.log(n, "%s %s on %s%s%s" % (why, w.nm(r), "+".join(w.nm(p) for p in par), "" if pol is None else " staged b=%d%s first=%s" % (pol.budget, " human" if pol.human else "", sorted(r.first)), " BAD" if r.bad else "")); return r
    def fact(w, n, kind, rev, nodes=frozenset(), wall=None):
        for f in n.byrev.get(rev.i, ()):
            if f.kind == kind and f.by == n.i and (kind != "OPEN" or nodes <= f.nodes): return
        f = Fact(); f.i = len(w.facts); f.kind, f.rev, f.by, f.nodes = kind, rev.i, n.i, nodes; f.wall = n.clock() if wall is None else wall
        w.facts.append(f); n.accept_fact(f); w.flood(n, ("f", f.i)); w.log(n, "%s %s %s" % (kind, w.nm(rev), sorted(nodes) if nodes else ""))
    def flood(w, n, it):
        for x in w.nodes:
            if x is not n and w.link(n.i, x.i) and w.r.random() < .7: w.send(n.i, x.i, "items", [it])
    # -- people
    def newdoc(w, doc):
        r = w.r; d = dict(doc); tok = "t%d" % r.randrange(10 ** 9); A = [k for k in d if k[0] == "A"]; L = [k for k in d if k[0] == "L"]; x = r.randrange(8)
        if x == 0: d["A/n%d" % r.randrange(99)] = (tok, r.choice(["m1", "m1", "m2"]))
        elif x == 1: a = "A/n%d" % r.randrange(99); d[a] = (tok, "m1"); d["L/%d" % r.randrange(12)] = (tok, a)
        elif x in (2, 3): k = r.choice(A); d[k] = (tok, d[k][1])
        elif x == 4 and len(A) > 2: d.pop(r.choice(A))
        elif x == 5 and L: d[r.choice(L)] = (tok, r.choice(A))
        elif x == 6 and len(L) > 1: d.pop(r.choice(L))
        else: k = r.choice(A); d[k] = ("BAD" + tok, d[k][1])
        if any(v[0].startswith("BAD") for v in doc.values()) and r.random() < .8:
            for k, v in list(d.items()):
                if v[0].startswith("BAD"): d[k] = (tok, v[1])
        return d if d != doc and check(d) else None
    def human(w):
        r = w.r; c = [n for n in w.nodes if n.up and n.role != "node" and not n.byz and n.i not in n.rev_of and n.R & 1]
        if not c: return
        n = r.choice(c); T = n.target(); x = r.random(); st = n.state(T)
        if st == "open" and T.pol.human and x < .5:
            if n.clock() <= T.wall + N_DEADLINE and not any(n.row(m) and T.i in n.row(m)["bad"] for m in n.members()): w.fact(n, "CONFIRM", T)
            return
        if st == "open" and x < .08: w.fact(n, "ABORT", T); return
        if st == "open" and x < .4 and not n.fresh(T.author) and w.rules.takeover == "manual":
            n.driving.add(T.i); w.log(n, "resume %s" % w.nm(T)); return
        if st == "open" and w.rules.busy and r.random() < .8: return   # 409: a rollout is open; the others say --supersede
        hs = n.heads()
        if sum(h.author == n.i for h in hs[1:]) >= w.rules.cap - 1 and x >= .2: return
        if len(hs) > 1 and x < .2:
            h = r.choice(hs[1:]); m = merge3(w.revs[n.base(T, h)].doc, T.doc, h.doc)
            if m is None: m = dict(T.doc)
            w.author(n, [T, h], m, None, intent=frozenset(delta(T.doc, m)) | frozenset(delta(h.doc, m)), why="resolve"); return
        pol = r.choice([None, None, Pol(SOAK, 0, False), Pol(SOAK, r.choice([0, 1]), False), Pol(SOAK, 0, True)])
        if x > .93 and len(n.order) > 2:
            o = w.revs[r.choice(n.order)[1]]
            if check(o.doc) and o.doc != T.doc: w.author(n, [T], dict(o.doc), pol, why="rollback to %s" % w.nm(o)); return
        d = w.newdoc(T.doc)
        if d is None: return
        bad = any(v[0].startswith("BAD") for v in d.values())
        if bad and pol is None: pol = Pol(SOAK, 0, False)
        w.author(n, [T], d, pol)
    # -- the byzantine member
    def misbehave(w, n):
        r = w.r
        if r.random() > .12 or n.byz == "quiet": return
        known = [w.revs[i] for _, i in n.order]
        if not known: return
        x = r.choice(known)
        if n.byz == "node":                      # everything it can sign: bad rows (see digest), forged facts about itself and others, revisions
            k = r.choice(["FAIL", "CONFIRM", "ABORT", "rev"])
            if k == "rev":
                q = w.mk(n, [x], {"A/evil": ("e%d" % r.randrange(999), "m1")}, None, frozenset(), False); q.wall = q.hlc = 10 ** 9; w.flood(n, ("r", q.i))
            else:
                f = Fact(); f.i = len(w.facts); f.kind, f.rev, f.by, f.nodes, f.wall = k, x.i, n.i, frozenset(), x.wall + 1; w.facts.append(f); n.accept_fact(f); w.flood(n, ("f", f.i))
                if k == "FAIL" and w.rules.abort == "cert":
                    if len(w.oracle.touch.get(x.i, ())) >= len([m for m in w.nodes if not m.byz and m.joined]): w.alldone.add(x.i)
                    w.log(n, "forges FAIL %s dated %d" % (w.nm(x), f.wall))
            return
        k = r.randrange(5)
        if k == 0: w.fact(n, "ABORT", x)
        elif k == 1: w.fact(n, "CONFIRM", x, wall=x.wall + 1)
        else:
            for _ in range(r.choice([1, 1, 2, 5])):     # equivocation and floods; back-dated or far-future; on any parent
                d = dict(x.doc); d["A/evil"] = ("e%d" % r.randrange(10 ** 9), "m1")
                q = w.mk(n, [x], d, r.choice([None, Pol(SOAK, 0, False)]), frozenset(["A/evil"]), False)
                q.wall = r.choice([x.wall + 1, w.t, 10 ** 9]); q.hlc = max(q.wall, x.hlc + 1); n.accept_rev(q)
                if r.random() < .6: w.flood(n, ("r", q.i))
                w.log(n, "evil %s on %s dated %d" % (w.nm(q), w.nm(x), q.wall))
    def revoke(w, b):
        n = w.nodes[0]
        if not n.up: w.at(w.t + 20, "revoke", b); return
        keep = next(w.revs[i] for _, i in reversed(n.order) if n.state(w.revs[i]) == "est" and w.revs[i].author != b and not (w.revs[i].auto and any(w.revs[p].author == b for p in w.revs[i].par)))
        o = Op(); o.i = len(w.ops); o.kind, o.node, o.role, o.keep, o.by, o.wall = "REVOKE", b, None, keep.anc, 0, n.clock(); w.ops.append(o)
        n.accept_op(o); w.flood(n, ("o", o.i)); w.log(n, "REVOKE n%d keep %s" % (b, w.nm(keep)))
    # -- failures
    def chaos(w):
        r = w.r; n = r.choice(w.nodes); x = r.random()
        if not n.joined: return
        if x < .2 and n.up and n.i != 0:
            n.up = False; n.rows = {}; n.lost = {}; n.asked = {}; w.log(n, "crash"); w.at(w.t + r.choice([10, 40, 150]), "up", n.i)
        elif x < .4: n.live = EMPTY if r.random() < .6 else n.live; w.log(n, "Unit restarts %s" % ("empty" if n.live == EMPTY else "as it was"))
        elif x < .65 and n.live:
            d = w.newdoc(n.live)
            if d is not None:
                if r.random() < .2: d = {k: v for k, v in list(d.items())[:2]}
                if not any(v[0].startswith("BAD") for v in d.values()): n.live = d; w.log(n, "local change")
        elif x < .8:
            b = (n.target(), n.desired()); n.prune(w.r.getrandbits(len(w.revs))); w.oracle.on_prune(n, b)
        elif x < .85: n.mods = r.choice([{"m1"}, {"m1", "m2"}]); n.refused = set() if "m2" in n.mods else n.refused
    def run(w):
        end = None; r = w.r; ext = 0
        while w.q:
            t, _, k, a = heapq.heappop(w.q); w.t = t; w.n_ev += 1
            if not w.ending and t >= w.horizon:        # heal; no more people, no more failures; wait for the last deadline
                w.ending = True; w.group = [0] * len(w.nodes); end = t + 3 * N_DEADLINE + 160
                for n in w.nodes:
                    n.flaky = min(n.flaky, .2)
                    if n.byz: n.byz = "quiet" if n.role != "node" else n.byz
                    if not n.joined or not n.up: w.up(n)
                w.log(None, "-- heal --")
            if end and t > end:
                if ext < 20 and any(n.state(n.target()) == "open" for n in w.nodes if n.target()): ext += 1; end += 100
                else: break
            if k == "step":
                n = w.nodes[a]; w.at(t + STEP, "step", a)
                if n.up:
                    n.step(); w.oracle.on_step(n)
                    p = r.randrange(len(w.nodes))
                    if p != a and w.link(a, p): w.send(a, p, "digest", n.digest())
            elif k == "msg":
                s, d, kind, p = a
                if w.link(s, d):
                    if kind == "digest": w.nodes[d].hear(s, p)
                    else: w.nodes[d].items(p)
            elif w.ending: continue
            elif k == "human": w.human(); w.at(t + r.randrange(4, 40), k, None)
            elif k == "net":
                if r.random() < .5: w.group = [r.randrange(2) for _ in w.nodes]
                elif r.random() < .3: w.group = [0] * len(w.nodes); w.group[r.randrange(len(w.nodes))] = 1
                else: w.group = [0] * len(w.nodes)
                w.log(None, "net %s" % w.group); w.at(t + r.randrange(15, 120), k, None)
            elif k == "chaos": w.chaos(); w.at(t + r.randrange(8, 50), k, None)
            elif k in ("join", "up"):
                if not w.nodes[a].up: w.up(w.nodes[a])
            elif k == "revoke": w.revoke(a)
        w.oracle.at_end(); return w
    def up(w, n):
        if not n.joined:
            n.joined = True; n.accept_op(w.ops[0])
            for o in w.ops[:len(w.nodes)]: n.accept_op(o)
        n.up = True; n.upsince = w.t; w.log(n, "up")

def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("runs", nargs="?", type=int, default=500); p.add_argument("--seed", type=int, default=1); p.add_argument("--mutant", choices=sorted(MUTANTS)); p.add_argument("--all-mutants", action="store_true")
    p.add_argument("--trace", action="store_true", help="print the trace of the first violating run"); p.add_argument("--small", action="store_true", help="smallest violating run"); p.add_argument("--horizon", type=int, default=500)
    p.add_argument("--nmax", type=int, default=7); p.add_argument("--inv", help="only this invariant"); p.add_argument("--only", type=int); p.add_argument("--byz", choices=["node", "writer", "no"], help="who misbehaves (default: drawn)")
    a = p.parse_args()
    for name in (sorted(MUTANTS) if a.all_mutants else [a.mutant]):
        kw = MUTANTS[name] if name else {}; t0 = time.time(); bad = {}; ev = com = acc = fac = hd = cf = est = dead = sup = reb = nb = 0; ex = {}; best = None
        for s in ([a.only] if a.only is not None else range(a.seed, a.seed + a.runs)):
            w = World(s, Rules(**kw), a.horizon, False, a.byz, a.nmax).run(); ev += w.n_ev; com += w.commits; acc += w.accepted; fac += len(w.facts); o = w.oracle
            hd = max(hd, o.stat["heads"]); cf += o.stat["conf"]; est += o.stat["est"]; dead += o.stat["dead"]; sup += o.stat["sup"]; reb += o.stat["reb"]; nb += bool(o.bad)
            for inv, t, txt in o.bad:
                bad[inv] = bad.get(inv, 0) + 1; ex.setdefault(inv, (s, t, txt))
                if not a.inv or inv == a.inv:
                    c = (len(w.revs) + len(w.facts), s)
                    if best is None or (a.small and c < best): best = c
        dt = time.time() - t0
        print("%-30s runs %d ok %d | violations %s | events %d commits %d facts %d | staged: est %d built-upon %d dead %d, re-bases %d | heads max %d conflicts left %.2f/run | %.1f runs/s" % (name or "recommended", a.runs, a.runs - nb, dict(sorted(bad.items())) or "none", ev, com, fac, est, sup, dead, reb, hd, cf / max(1, a.runs), a.runs / dt), flush=True)
        for k in sorted(ex): print("    %s seed %d t=%d: %s" % ((k,) + ex[k]))
        if a.trace and best:
            w = World(best[1], Rules(**kw), a.horizon, True, a.byz, a.nmax).run(); print("  trace of seed %d" % best[1]); print("\n".join(w.trace))
if __name__ == "__main__": main()
