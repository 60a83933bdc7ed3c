#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""usage: oracle.py REPLAY [--seeds N] [--first SEED] [--orders K]

Holds mesh/model against tests/data/model, the rules as a program: each seed is
a random history of a hostile world (people, partitions, crashes, late clocks, a
member or a writer who lies, a revocation). Its items are given to both in K
random orders, what waits is given again, and after every few items both say the
heads, how many conflicts are not listed, and what each node is to run. The
first difference is printed with the seed and the lines that lead to it.
"""
import argparse
import pathlib
import random
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / 'data/model'))
import model  # noqa: E402

ROLES = {'owner': 7, 'writer': 6, 'node': 4}
# Ticks become moments above zero: clocks of the model may be far below.
ZERO = 10 ** 8
EVERY = 6


AT_ONCE = 64


class Replay:
    """The C side: a line in, a line out; what was said is kept for a report.
    Answers are not waited for one by one, which costs more than all else."""

    def __init__(self, program):
        self.proc = subprocess.Popen([program], text=True, bufsize=1,
                                     stdin=subprocess.PIPE,
                                     stdout=subprocess.PIPE)
        self.lines, self.unasked = [], []

    def expect(self, line, want):
        """Both must say the same; looked at when there are enough, or at the
        next settle()."""
        self.unasked.append((line, want))
        if len(self.unasked) == AT_ONCE:
            self.settle()

    def settle(self):
        asked, self.unasked = self.unasked, []
        self.proc.stdin.write(''.join(line + '\n' for line, _ in asked))
        self.proc.stdin.flush()
        for line, want in asked:
            answer = self.proc.stdout.readline().strip()
            if line.startswith('begin'):
                self.lines = []
            self.lines += [line, '    ' + answer]
            if answer != want:
                raise AssertionError(f'{line}: the C says "{answer}", '
                                     f'the model "{want}"')

    def close(self):
        self.proc.stdin.close()
        return self.proc.wait()


def joined(numbers):
    return ','.join(str(n) for n in numbers) or '-'


def tips(world, mask):
    """The highest of a set that is closed under ancestors."""
    below = 0
    for i in model.bits(mask):
        below |= world.revs[i].anc & ~(1 << i)
    return list(model.bits(mask & ~below))


class Pair:
    """One node of the model and the C, which are given the same."""

    def __init__(self, replay, world):
        self.replay, self.world = replay, world
        self.node = model.Node(world, 0, 'owner', 0, {'m1'})
        self.node.accept_op(world.ops[0])
        replay.expect(f'begin {world.revs[0].h}', 'ok')

    def give(self, kind, i):
        """Whether it was accepted; both must agree."""
        w, n = self.world, self.node
        now = int(w.t) + ZERO
        if kind == 'r':
            r = w.revs[i]
            policy = 0 if r.pol is None else 2 if r.pol.human else 1
            line = (f'rev {i} {r.h} {r.author} {r.num} {int(r.wall) + ZERO} '
                    f'{policy} {model.N_DEADLINE if policy else 0} '
                    f'{int(r.auto)} {joined(sorted(r.first))} '
                    f'{joined(r.par)} {now}')
            ok = n.accept_rev(r)
        elif kind == 'f':
            f = w.facts[i]
            line = (f'fact {i} {f.rev} {f.kind} {f.by} '
                    f'{int(f.wall) + ZERO} {joined(sorted(f.nodes))}')
            ok = n.accept_fact(f)
        else:
            o = w.ops[i]
            line = (f'grant {i} {o.node} {ROLES[o.role]}'
                    if o.kind == 'GRANT' else
                    f'revoke {i} {o.node} {joined(tips(w, o.keep))}')
            ok = n.accept_op(o)
        self.replay.expect(line, 'ok' if ok else 'wait')
        return ok

    def view(self):
        n, w = self.node, self.world
        if not n.R:
            return
        heads = n.heads()
        covered = 0
        for h in heads:
            covered |= h.anc
        living = [i for _, i in n.order if n.state(w.revs[i]) != 'dead']
        listed = {h.i for h in heads}
        more = sum(1 for i in living
                   if not covered >> i & 1 and i not in listed)
        desired = []
        for i in range(len(w.nodes)):
            n.i = i
            desired.append(str(n.desired().i))
        n.i = 0
        want = (f'heads {" ".join(str(h.i) for h in heads)} more {more} '
                f'desired {" ".join(desired)}')
        line = f'view {int(w.t) + ZERO} {joined(range(len(w.nodes)))}'
        self.replay.expect(line, want)


def tell(replay, world, rng):
    """All items in one random order, while time goes on."""
    items = ([('r', i) for i in range(len(world.revs))] +
             [('f', i) for i, f in enumerate(world.facts)
              if f.kind in ('OPEN', 'CONFIRM', 'ABORT')] +
             [('o', i) for i in range(1, len(world.ops))])
    # Mostly as they were made, with what comes late; or no order at all.
    if rng.random() < .7:
        items = sorted(items, key=lambda it: it[1] + rng.randrange(60)
                       if it[0] == 'r' else rng.randrange(len(items)))
    else:
        rng.shuffle(items)
    start = rng.choice([0, 0, 300, 10 ** 6])
    world.t, step = start, rng.choice([0, 1, 5, 40])
    pair, waiting, steps = Pair(replay, world), [], 0
    for item in items:
        waiting.append(item)
        again = True
        while again:
            again = False
            for it in list(waiting):
                if pair.give(*it):
                    waiting.remove(it)
                    again = True
        steps += 1
        if steps % EVERY == 0:
            world.t += rng.randrange(step + 1)
            pair.view()
    pair.view()
    world.t += 3 * model.N_DEADLINE
    pair.view()
    replay.settle()
    return steps


def main():
    p = argparse.ArgumentParser(description=__doc__.split('\n\n')[0])
    p.add_argument('replay')
    p.add_argument('--seeds', type=int, default=100)
    p.add_argument('--first', type=int, default=1)
    p.add_argument('--orders', type=int, default=2)
    a = p.parse_args()
    replay = Replay(a.replay)
    items = 0
    for seed in range(a.first, a.first + a.seeds):
        world = model.World(seed, model.Rules(), 500, False, None, 7).run()
        rng = random.Random(seed)
        for order in range(a.orders):
            try:
                items += tell(replay, world, rng)
            except AssertionError as err:
                print('\n'.join(replay.lines[-40:]))
                print(f'seed {seed}, order {order}: {err}')
                return 1
    replay.close()
    print(f'seeds {a.first} to {a.first + a.seeds - 1}, {a.orders} orders '
          f'each: {items} items, no difference')
    return 0


if __name__ == '__main__':
    sys.exit(main())
