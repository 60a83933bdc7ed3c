#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""usage: twin.py NODE [--seeds N] [--first SEED] [--horizon TICKS]

Runs um_model_step() beside the rules as a program, tests/data/model: each seed
is a random world (people, partitions, crashes, late clocks, Units that refuse,
fail, drift and restart, a member or a writer who lies, a revocation), and each
of its honest nodes has a twin in C, which is told the same and must do the
same at each step. Compared are:

- which items it takes, and the heads and the desired revision;
- each attempt at Unit: which revision, when; what is applied, refused, failed,
  healthy for how long, and the last four to fall back to;
- each revision that it makes (edits, resolves, adopted drifts, re-bases) with
  its parents, number, clock, policy and first batch, and each OPEN, CONFIRM and
  ABORT, of drivers and of people;
- which documents it may drop.

A node that crashes loses all but what it was to store, and goes on. Two things
of the model are as the C does them, and nothing depends on either: its step
drives before it applies, and all conflicts begin to wait at once. The first
difference is printed with its seed.
"""
import argparse
import hashlib
import math
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / 'data/model'))
import model  # noqa: E402
from oracle import Replay, joined, tips  # noqa: E402

ROLES = {'owner': 7, 'writer': 6, 'node': 4}
DRIFT = {'report': 0, 'heal': 1, 'adopt': 2}
VERBS = dict(edit=0, rollback=1, resolve=4, CONFIRM=5, ABORT=6, resume=8)
TICK, ZERO = 1000, 10 ** 10
WAIT = 60
SUPERSEDE, ALONE, FORCE, SKEWED = 1, 4, 8, 16
DONE, REFUSED, NO_ANSWER = 0, 1, 2
# Worlds in which the two differed once; they run before all others. In two a
# change by hand came to just what an attempt without an answer would have made;
# in one a person edited and a node adopted in the same moment; in one an
# applier kept its node from falling back behind what ran only before it held.
ONCE_RED = (2720, 5693, 570157, 2000665)


def stamp(clock):
    return int(clock) * TICK + ZERO


def doc_number(doc):
    text = repr(sorted(doc.items())).encode()
    return int.from_bytes(hashlib.sha256(text).digest()[:6], 'big')


def stir(state, name):
    for byte in name:
        state = (state ^ byte) * 0x100000001b3 & (1 << 64) - 1
    return state


class Turns:
    """Stands for zlib in the model: the C's order of members."""

    def __init__(self, world):
        self.world, self.half = world, {}

    def crc32(self, text):
        i, n = (int(x) for x in text.split(b':'))
        w = self.world
        if i not in self.half:
            r = w.revs[i]
            doc = doc_number(r.doc).to_bytes(8, 'big') + b'\xdc' + bytes(23)
            self.half[i] = stir(stir(0xcbf29ce484222325, w.ids[w.lead[i]]),
                                doc)
        state = stir(self.half[i], w.keys[n])
        return state ^ state >> 29


class Lost(dict):
    """When a conflict is re-based, as the C's jitter has it."""

    def __init__(self, node):
        super().__init__()
        self.node = node

    def setdefault(self, pair, _):
        w = self.node.w
        seen = super().setdefault(pair, w.t)
        if any(i not in w.ids for i in pair):
            return math.inf     # made in this step: it is not due yet
        state = stir(0xcbf29ce484222325, w.ids[pair[0]])
        state = stir(stir(state, w.ids[pair[1]]), w.keys[self.node.i])
        state ^= state >> 29
        return seen + math.ceil((6000 + state % 10000) / TICK)


class Driving(set):
    """Rollouts that a person told this node to drive."""

    def __init__(self, node):
        super().__init__()
        self.node = node

    def add(self, i):
        super().add(i)
        self.node.command('resume', about=i)


class Twin(model.Node):
    """A node of the model, and the same one in C."""

    def __init__(self, w, i, role, skew, mods):
        self.inside = False      # the C is told by who calls
        self.started = False
        self.down_since = None
        self.waiting = {}
        self.made, self.said, self.tried = [], [], None
        self.took = self.why = self.state_too = None
        self.stepping = self.other_unit = False
        self._flaky, self._refused = 0, set()
        super().__init__(w, i, role, skew, mods)
        self.driving = Driving(self)

    @property
    def lost(self):
        return self._lost

    @lost.setter
    def lost(self, _):
        self._lost = Lost(self)

    # The model asks how flaky a Unit is when, and only when, it makes an
    # attempt.
    @property
    def flaky(self):
        frame = sys._getframe(1)
        if frame.f_code.co_name == 'apply':
            self.tried = frame.f_locals['d'].i
        return self._flaky

    @flaky.setter
    def flaky(self, value):
        self._flaky = value

    @property
    def refused(self):
        return self._refused

    @refused.setter
    def refused(self, value):
        self.other_unit = not value
        self._refused = value

    # -- what the C is told
    def at(self):
        return f'{stamp(self.clock())} {int(self.w.t) * TICK}'

    def tell(self, verb, *words):
        w = self.w
        if not self.started:
            self.started = True
            w.genesis()
            w.c.tell(f'start {self.i} {DRIFT[self.drift_pol]} {self.at()}')
        line = f'{verb} {self.i} {self.at()} ' + ' '.join(str(x) for x in words)
        if verb == 'tick':
            answer, state = w.c.ask_both(line, f'state {self.i}')
            self.state_too = state if answer == 'did' else None
            return answer
        self.state_too = None
        return (w.c.ask if verb in ('do', 'applied', 'merged')
                else w.c.tell)(line)

    def give(self, kind, i):
        if kind == 'f' and self.w.facts[i].kind == 'FAIL':
            return
        self.w.define(kind, i)
        self.tell('give', kind, i)

    def differ(self, what, got, want):
        if got != want:
            raise AssertionError(f't={self.w.t} node {self.i}, {what}: the C '
                                 f'says "{got}", the model "{want}"')

    # -- items
    def accept_rev(self, r):
        if self.byz:
            self.w.define('r', r.i)
        elif not self.inside:
            if self.why and not self.stepping:
                self.publish(r)
            elif self.why:
                self.made.append(r)
            else:
                self.give('r', r.i)
        return super().accept_rev(r)

    def accept_fact(self, f):
        if not self.byz and not self.inside and not self.why:
            self.give('f', f.i)
        return super().accept_fact(f)

    def accept_op(self, o):
        if not self.byz and not self.inside:
            self.give('o', o.i)
        return super().accept_op(o)

    def known(self, kind, i):
        return (self.R if kind == 'r' else self.F if kind == 'f'
                else self.O) >> i & 1

    def items(self, its):
        if self.byz:
            return super().items(its)
        for kind, i in its:
            if self.known(kind, i) or \
                    kind == 'f' and self.w.facts[i].kind == 'FAIL':
                continue
            self.give(kind, i)
            self.waiting.setdefault((kind, i), self.w.t)
        self.inside, more = True, True
        while more:
            more = False
            for kind, i in list(self.waiting):
                w = self.w
                if (self.accept_rev(w.revs[i]) if kind == 'r' else
                        self.accept_fact(w.facts[i]) if kind == 'f' else
                        self.accept_op(w.ops[i])) or self.known(kind, i):
                    del self.waiting[kind, i]
                    more = True
                    w.accepted += 1
        self.inside = False
        return None

    def hear(self, src, dg):
        before = {n: x[0]['seq'] for n, x in self.rows.items()}
        super().hear(src, dg)
        if self.byz:
            return
        for n, (row, t) in self.rows.items():
            if before.get(n) == row['seq'] or t != self.w.t:
                continue
            # Of what is bad a row has room for four: those that may matter.
            bad = sorted(b for b in row['bad'] if not self.R >> b & 1 or
                         self.state(self.w.revs[b]) == 'open')[-4:]
            applied = row['applied']
            for b in bad + [applied] * (applied is not None):
                self.w.define('r', b)
            healthy = row['healthy']
            self.tell('row', n, row['seq'] + ZERO * 8, stamp(row['clock']),
                      '-' if applied is None else applied,
                      0 if healthy is None else healthy * TICK + 1,
                      int(row['ready']), joined(bad))

    # -- what people want
    def command(self, verb, about=None, doc=None, pol=None, flags=0):
        if self.byz:
            return ''
        base = self.target().i
        policy = 0 if pol is None else 2 if pol.human else 1
        n = (model.N_DEADLINE * TICK, pol.soak * TICK, pol.budget) \
            if pol else (0, 0, 0)
        answer = self.tell('do', VERBS[verb], flags, base,
                           '-' if about is None else about,
                           0 if doc is None else doc_number(doc), policy, *n)
        self.differ(f'{verb} {about}', answer.split(' | ')[-1], 'reply 0')
        return answer

    def publish(self, r):
        w, why = self.w, self.why
        flags = ALONE | FORCE | SKEWED
        if self.state(self.target()) == 'open':
            flags |= SUPERSEDE
        verb, about = why.split()[0], None
        if verb == 'resolve':
            about = next(p for p in r.par if p != w.lead[r.i])
        if verb == 'rollback':
            about = next(q.i for q in w.revs
                         if w.nm(q) == why.split()[2] and q.doc == r.doc)
        answer = self.command(verb, about, r.doc, r.pol, flags)
        self.same_revision(answer.split(' | ')[1].split(), r)

    def same_revision(self, words, r):
        w = self.w
        w.ids[r.i] = bytes.fromhex(words[1])
        w.define('r', r.i)
        r.h = int(words[1][:12], 16)
        want = [str(r.num), str(stamp(r.wall))]
        want += ['0', '0', '0', '0'] if r.pol is None else [
            '2' if r.pol.human else '1', str(model.N_DEADLINE * TICK),
            str(r.pol.soak * TICK), str(r.pol.budget)]
        want += [str(int(r.auto)), joined(sorted(r.first))]
        want += [str(p) for p in
                 sorted(r.par, key=lambda p: p != w.lead[r.i])]
        self.differ(f'revision {r.i}', ' '.join(words[2:]), ' '.join(want))

    def same_fact(self, words, f):
        w = self.w
        w.define('f', f.i, words[1])
        self.differ(f'fact {f.i}', ' '.join(words[2:]),
                    f'{f.kind} {f.rev} {joined(sorted(f.nodes))}')

    # -- a step, in the C's order
    def step(self):
        if self.byz:
            super().step()
            return
        w = self.w
        live, cur = dict(self.live), self.applied
        refused = set(self.refused)
        self.made, self.said, self.tried, self.took = [], [], None, None
        self.stepping = True
        self.drive()
        self.apply()
        if self.down_since is not None and self.healthy == model.STEP:
            self.healthy = w.t - self.down_since
        self.down_since = None
        self.rebase()
        self.seq = max(self.seq + 1, int(self.clock() * 8))
        self.stepping = False
        self.tell_live(live, cur)
        if self.tried is not None:
            self.tell('made', self.tried,
                      doc_number(w.revs[self.tried].doc))
        self.state_too = None
        self.compare(self.tell('tick'), refused)
        for it, since in list(self.waiting.items()):
            if since + WAIT < w.t:
                del self.waiting[it]
        self.same_state()

    def tell_live(self, live, cur):
        was = model.EMPTY if cur is None else self.w.revs[cur].doc
        self.tell('live', doc_number(live), int(live == model.EMPTY),
                  int(live == model.EMPTY or 2 * len(live) <= len(was)),
                  int(model.check(live)), int(self.other_unit))
        self.other_unit = False

    def compare(self, answer, refused):
        """What the C did in a step, in the order in which it did it."""
        made, said, merges, tries = list(self.made), list(self.said), [], []
        for part in answer.split(' | ')[1:]:
            words = part.split()
            if words[0] == 'rev':
                self.differ('makes', words[0], 'rev' if made else None)
                self.same_revision(words, made.pop(0))
            elif words[0] == 'fact':
                self.differ('says', words[0], 'fact' if said else None)
                self.same_fact(words, said.pop(0))
            elif words[0] == 'merge':
                merges.append((int(words[1]), int(words[2])))
            elif words[0] == 'apply':
                tries.append(int(words[1]))
            else:
                self.differ('does', part, None)
        looks = False
        signed = looked = False
        for target, head in merges:
            looked = looked or signed
            left = self.merge(target, head, made)
            signed, made = signed or left != made, left
        self.differ('made', [], [r.i for r in made])
        self.differ('said', [], [(f.kind, f.rev, sorted(f.nodes))
                                 for f in said])
        again = self.tried is not None and self.tried in refused
        self.differ('tries', tries,
                    [] if self.tried is None or again else [self.tried])
        for i in tries:
            self.outcome(i)
        if self.made:
            self.order = sorted((self.w.rank(self.w.revs[i]), i)
                                for _, i in self.order)
        # The C has seen what it adopted, under its true id; what it re-based
        # only if a merge came after that.
        adopted = self.made and not self.made[-1].auto
        if looked or adopted:
            self.see()
        if adopted:
            self.notice()   # of two of one moment the id says which is first

    def merge(self, target, head, made):
        w = self.w
        t, h = w.revs[target], w.revs[head]
        m = model.merge3(w.revs[self.base(t, h)].doc, t.doc, h.doc)
        if m is not None and m == t.doc:
            m = None
        answer = self.tell('merged', target, head,
                           '-' if m is None else doc_number(m))
        for part in answer.split(' | ')[1:]:
            self.differ('re-bases', 'rev', 'rev' if made else None)
            self.same_revision(part.split(), made[0])
            made = made[1:]
        return made

    def outcome(self, i):
        took = self.took == i
        self.tell('applied', i, DONE if took else
                  REFUSED if i in self.refused else NO_ANSWER)
        if took and self.w.revs[i].bad:
            self.tell('health', i)

    def same_state(self):
        w = self.w
        answer = self.state_too or w.c.ask(f'state {self.i}')
        applied = '-' if self.applied is None else self.applied
        healthy = '' if self.healthy is None else self.healthy * TICK
        if self.applied is None or self.healthy is None:
            healthy = 'no 0'

        def some(it):
            return ''.join(f' {x}' for x in it)
        want = (f'sets {self.R.bit_count()} {self.F.bit_count()} '
                f'{self.O.bit_count()} heads'
                f'{some(h.i for h in self.seen_heads)} desired '
                f'{self.seen_desired} applied {applied} '
                f'good{some(self.good)} refused{some(sorted(self.refused))} '
                f'failed{some(sorted(self.failed))} healthy {healthy}')
        self.differ('state', answer, want)

    def rebase(self):
        # The C's view is the one of this moment: what comes of merges is seen
        # at the next step.
        self.see()
        self.notice()
        super().rebase()

    def notice(self):
        """All conflicts that wait to be re-based begin to wait now: the model
        does not get to those behind one that it re-bases."""
        hs = self.heads()
        if self.role == 'node' or self.i in self.rev_of or \
                not hs or self.state(hs[0]) != 'est':
            return
        for h in hs[1:]:
            if h.author == self.i and not (h.pol and h.pol.human and
                                           self.state(h) != 'est'):
                self.lost.setdefault((hs[0].i, h.i), 0)

    def see(self):
        self.seen_heads = self.heads()
        d = self.desired()
        self.seen_desired = '-' if d is None else d.i

    def prune(self, mask):
        had = self.nodocs
        super().prune(mask)
        if self.byz or not self.started:
            return
        for i in model.bits(self.nodocs & ~had):
            self.tell('made', i, '-')

    def restart(self):
        """After a crash: all is gone but what was stored."""
        if self.byz or not self.started:
            return
        self.w.c.tell(f'start {self.i} {DRIFT[self.drift_pol]} {self.at()}')
        self.waiting = {}
        self.healthy = None if self.applied in self.failed else 0
        if self.applied is None:
            self.healthy = None
        self.down_since = self.w.t


class Oracle(model.Oracle):
    def on_apply(self, n, r):
        n.took = r.i
        super().on_apply(n, r)


class World(model.World):
    """A world whose nodes have twins in C."""

    def __init__(self, c, seed, horizon):
        self.c, self.lead = c, {}
        self.ids, self.fact_ids, self.defined = {}, {}, set()
        c.ask('begin')
        self.keys = [bytes.fromhex(k) for k in c.answer.split()[1:]]
        model.zlib = Turns(self)
        super().__init__(seed, model.Rules(), horizon, False, None, 7)

    def genesis(self):
        if 'genesis' not in self.defined:
            self.defined.add('genesis')
            self.define('r', 0)
            self.c.tell('genesis')

    def define(self, kind, i, fact_id=None):
        """Has an item made, or given the number that it has here."""
        if (kind, i) in self.defined:
            return
        self.defined.add((kind, i))
        if kind != 'r':
            self.genesis()
        if kind == 'r' and i in self.ids:
            self.c.tell(f'alias r {i} {self.ids[i].hex()}')
        elif kind == 'r':
            self.define_rev(self.revs[i])
        elif kind == 'f' and fact_id:
            self.c.tell(f'alias f {i} {fact_id}')
        elif kind == 'f':
            f = self.facts[i]
            self.define('r', f.rev)
            self.c.ask(f'fact {i} {f.rev} {f.kind} {f.by} {stamp(f.wall)} '
                       f'{joined(sorted(f.nodes))}')
        else:
            o = self.ops[i]
            for t in tips(self, o.keep) if o.kind != 'GRANT' else []:
                self.define('r', t)
            self.c.tell(f'grant {i} {o.node} {ROLES[o.role]}'
                        if o.kind == 'GRANT' else
                        f'revoke {i} {o.node} {joined(tips(self, o.keep))}')

    def define_rev(self, r):
        for p in r.par:
            self.define('r', p)
        policy = 0 if r.pol is None else 2 if r.pol.human else 1
        n = (model.N_DEADLINE * TICK, r.pol.soak * TICK, r.pol.budget) \
            if policy else (0, 0, 0)
        parents = sorted(r.par, key=lambda p: p != self.lead.get(r.i))
        self.c.ask(f'rev {r.i} {r.author} {r.num} {stamp(r.wall)} {policy} '
                   f'{n[0]} {n[1]} {n[2]} {int(r.auto)} '
                   f'{joined(sorted(r.first))} {joined(parents)} '
                   f'{doc_number(r.doc)}')
        self.ids[r.i] = bytes.fromhex(self.c.answer.split()[1])
        r.h = int.from_bytes(self.ids[r.i][:6], 'big')

    def mk(self, n, par, *rest):
        r = super().mk(n, par, *rest)
        if par:
            self.lead[r.i] = par[0].i
        return r

    def author(self, n, par, doc, pol, intent=None, auto=False, why='edit',
               bad=0):
        n.why = why
        r = super().author(n, par, doc, pol, intent, auto, why, bad)
        n.why = None
        return r

    def fact(self, n, kind, rev, nodes=frozenset(), wall=None):
        before = len(self.facts)
        n.why = None if n.byz else kind
        super().fact(n, kind, rev, nodes, wall)
        n.why = None
        if n.byz or len(self.facts) == before:
            return
        f = self.facts[-1]
        if n.stepping:
            n.said.append(f)
        else:
            answer = n.command(kind, about=rev.i)
            n.same_fact(answer.split(' | ')[1].split(), f)

    def up(self, n):
        crashed = n.joined and not n.up
        if crashed:
            n.restart()
        super().up(n)


class Pipe(Replay):
    """Lines that need no answer are not waited for."""

    def __init__(self, program):
        super().__init__(program)
        self.pending, self.answer = [], ''

    def tell(self, line):
        self.pending.append(line)
        self.lines.append(line)

    def ask_both(self, first, second):
        """Two answers for one time of waiting, which costs the most."""
        self.tell(first)
        answer = self.ask(second)
        return answer, self.read()

    def read(self):
        answer = self.proc.stdout.readline().strip()
        self.lines.append('    ' + answer)
        if not answer:
            raise AssertionError('the C has ended')
        return answer

    def ask(self, line):
        if line == 'begin':
            self.lines = []
        self.lines.append(line)
        self.pending.append(line)
        self.proc.stdin.write('\n'.join(self.pending) + '\n')
        self.pending = []
        self.proc.stdin.flush()
        self.answer = self.read()
        return self.answer


def main():
    p = argparse.ArgumentParser(description=__doc__.split('\n\n')[0])
    p.add_argument('node')
    p.add_argument('--seeds', type=int, default=100)
    p.add_argument('--first', type=int, default=1)
    p.add_argument('--horizon', type=int, default=500)
    p.add_argument('--lines', type=int, default=40)
    a = p.parse_args()
    model.Node, model.Oracle = Twin, Oracle
    pipe, steps, commits, facts = Pipe(a.node), 0, 0, 0
    for seed in (*ONCE_RED, *range(a.first, a.first + a.seeds)):
        try:
            w = World(pipe, seed, a.horizon)
            w.run()
        except AssertionError as err:
            print('\n'.join(pipe.lines[-a.lines:]))
            print(f'seed {seed}: {err}')
            return 1
        steps += w.n_ev
        commits += w.commits
        facts += len(w.facts)
    pipe.close()
    print(f'seeds {ONCE_RED} and {a.first} to {a.first + a.seeds - 1}: '
          f'{steps} events, '
          f'{commits} revisions and {facts} facts, no difference')
    return 0


if __name__ == '__main__':
    sys.exit(main())
