# %% [markdown]
# # 08 Labels that depend on each other
#
# After this lesson you can tell labels that depend on each other from labels that only go together, train models which answer with a whole
# label set, and take from one model the answer that is best for the score you are paid by.
#
# **Before:** [07 Which recurrent network?](07_which_recurrent_network.ipynb). **Your time:** about 160 minutes. **Machine time:** under 5 minutes on two CPU cores. **Memory:** under 3 GiB.

# %% tags=["parameters"]
PROFILE = "quick"
SEED = 0

# %%
import itertools
import json

import mlc_tf
import keras
import numpy as np
from scipy.special import expit

from mlc_tf import plots, training
from mlc_tf.course import profiles
from mlc_tf.course.exercises import check
from mlc_tf.data import hidden_scenes, images, known_joint
from mlc_tf.evaluation import baselines, decisions, intervals, metrics, thresholds
from mlc_tf.models import cnn, dense, rnn
from mlc_tf.models.label_sets import Chain, Decoder, Reinforce

settings = profiles.settings("08_labels_that_depend", PROFILE)
results = mlc_tf.PROJECT / "benchmarks" / "results"

# %% [markdown] minutes=5
# ## 1. A digit of which half is hidden
#
# Here are eight scenes with one digit each. A grey curtain hides the left half of each of the four places. **Which of them show a 3, and which
# an 8?**

# %%
half = hidden_scenes.load_data(half="left", train=100, test=100, seed=SEED)
label_count = len(half.label_names)  # K = 10
single = half.validation.y.sum(axis=1) == 1
doubtful = np.flatnonzero(single & half.validation.y[:, [3, 8]].any(axis=1))
plots.scenes(half.validation.x[doubtful[:8]], list("ABCDEFGH"), "A 3 or an 8?")

# %%
named = zip("ABCDEFGH", half.validation.y[doubtful[:8]], strict=True)
print(" ".join(f"{letter}:{y.argmax()}" for letter, y in named))

# %% [markdown]
# The right half of an 8 is much like that of a 3. Yet we know a lot: *one of the two, never both*. A network with a sigmoid for each label, as in all
# lessons so far, cannot say that. Where nothing tells the two apart, the best it can do is a probability of about one half for each. With a threshold
# above that it answers {}, with one below {3, 8}: both answers are wrong, and it has no way of knowing.

# %% [markdown] defines="conditionally independent; conditional mutual information" minutes=14
# ## 2. Going together is not depending
#
# Let $x$ be the example and $y = (y_1, \dots, y_K)$ its label set, each $y_k \in \{0, 1\}$. Labels are **conditionally independent** given the
# example if, for every $x$, knowing some of them says nothing more of the others:
#
# $$P(y \mid x) = \prod_{k=1}^{K} P(y_k \mid x).$$
#
# That is not what lesson 01 looked at when it asked which tags go together. There, *wireless* and *rechargeable* stood together far more often
# than by chance, over the data set. But once you have read the text you know each of them, and neither says anything of the other: they go together
# because both follow from the text. The 3 and the 8 are the other way round: over the data set they hardly avoid each other; given *this* picture one
# excludes the other.
#
# How much does one label say of another, given the example? The **conditional mutual information** of two labels is how much one still says of the
# other once the example is known, on average over the examples. For one $x$ and the labels $i$ and $j$ it is
#
# $$I_{ij}(x) = \sum_{u, v \in \{0, 1\}} P(y_i = u, y_j = v \mid x)\, \log \frac{P(y_i = u, y_j = v \mid x)}{P(y_i = u \mid x)\, P(y_j = v \mid x)} \ge 0,$$
#
# with the natural logarithm (its unit is the *nat*); it is 0 just where the two are independent. A cell of probability 0 adds nothing. It looks at
# two labels at a time. (The literature [1] calls the one kind *conditional* dependence, and the one of lesson 01 *marginal*.)
#
# **Exercise 1.** For several $x$ you are given the table `tables[x, u, v]` of $P(y_i = u, y_j = v \mid x)$, and how frequent each $x$ is. Compute the
# mean information over $x$.


# %% tags=["exercise"]
def information(tables, share):
    """Mean over x of the information (a number); tables (X, 2, 2), share (X,)."""
    return ...  # your code


# %% tags=["solution"]
def information(tables, share):
    """Mean over x of the information (a number); tables (X, 2, 2), share (X,)."""
    of_a, of_b = tables.sum(axis=2, keepdims=True), tables.sum(axis=1, keepdims=True)
    ratio = tables / (of_a * of_b)
    log_ratio = np.log(np.where(tables > 0, ratio, 1))
    return share @ np.sum(tables * log_ratio, axis=(1, 2))


# %% tags=["mistake"] hint="the tables were averaged first"
def information(tables, share):
    table = np.tensordot(share, tables, 1)
    ratio = table / np.outer(table.sum(axis=1), table.sum(axis=0))
    return np.sum(table * np.log(np.where(table > 0, ratio, 1)))


# %% tags=["mistake"] hint="a correlation is not what is asked for"
def information(tables, share):
    table = np.tensordot(share, tables, 1)
    a, b = table[1].sum(), table[:, 1].sum()
    return (table[1, 1] - a * b) / np.sqrt(a * (1 - a) * b * (1 - b))


# %% tags=["mistake"] hint="such a cell adds 0"
def information(tables, share):
    of_a, of_b = tables.sum(axis=2, keepdims=True), tables.sum(axis=1, keepdims=True)
    with np.errstate(all="ignore"):
        return share @ np.sum(tables * np.log(tables / (of_a * of_b)), axis=(1, 2))


# %% tags=["mistake"] hint="weigh each table's information with P(x)"
def information(tables, share):
    of_a, of_b = tables.sum(axis=2, keepdims=True), tables.sum(axis=1, keepdims=True)
    ratio = np.where(tables > 0, tables / (of_a * of_b), 1)
    return np.sum(tables * np.log(ratio), axis=(1, 2)).mean()


# %%
information = check("given the example", information)

# %% [markdown]
# Try it on two made-up tasks of which the truth is known (`known_joint`): an example is a point of the plane, and of three labels *exactly one* is
# present; in the other task the labels have the same probabilities, but each is drawn by itself. **For which of the two will the information
# over the data set be 0, and for which that given the example?**

# %%
SETS = known_joint.SETS  # all eight label sets of three labels


def table_of_pair(p):
    """P(a, b) of the first two labels, (X, 2, 2), from P of the eight sets (X, 8)."""
    first, second = SETS[:, 0], SETS[:, 1]
    cells = [p @ ((first == a) & (second == b)) for a in (0, 1) for b in (0, 1)]
    return np.stack(cells, axis=1).reshape(-1, 2, 2)


points = known_joint.load_data(seed=SEED).train.x
even = np.full(len(points), 1 / len(points))
pairs = {}
for name, dependent in (("exactly one", True), ("independent", False)):
    tables = table_of_pair(known_joint.truth(points, dependent))
    whole = np.tensordot(even, tables, 1)[None]  # one table: that of the data set
    pairs[name] = information(whole, np.ones(1)), information(tables, even)
    print(f"{name:>12}: over the data set {pairs[name][0]:.4f}, given x {pairs[name][1]:.4f}")

# %% [markdown] tags=["claim"] expect="pairs['exactly one'][1] > 0.05 and pairs['independent'][1] < 1e-9 and pairs['independent'][0] > 0.001"
# Neither is 0 over the data set, so that number alone does not say which task has labels that depend on each other: the second has some where nothing
# does, as *where* the point lies moves both probabilities at once. Two labels that both follow exactly from a text can have as much as you like over
# the data set, and 0 given the text. (Where the truth is not known, you find out by training a model of label sets; step 10 does.)

# %% [markdown] defines="Bayes-optimal decision" minutes=14
# ## 3. Three losses, three answers
#
# Say that a model knows everything that can be known: for some $x$, {a} has the probability 0.45, {b} 0.35 and {c} 0.20, and there is no
# other set. What should it *answer*? That depends on what is counted. The **Bayes-optimal decision** is the answer with the best expected score,
# and there are only eight answers to try.
#
# **Exercise 2.** The expected example-F1 of an answer $h$, where the truth is $y$: $F_1(y, h) = 2 |y \cap h| / (|y| + |h|)$, and 1 if both are empty.


# %% tags=["exercise"]
def expected_f1(answer, sets, p):
    """A number; answer (K,), sets (S, K) with probabilities p (S,)."""
    return ...  # your code


# %% tags=["solution"]
def expected_f1(answer, sets, p):
    """A number; answer (K,), sets (S, K) with probabilities p (S,)."""
    both, either = sets @ answer, sets.sum(axis=1) + answer.sum()
    f1 = np.where(either > 0, 2 * both / np.maximum(either, 1), 1)
    return p @ f1


# %% tags=["mistake"] hint="F1 of a mean is not the mean of F1"
def expected_f1(answer, sets, p):
    marginals = p @ sets
    return 2 * (marginals @ answer) / (marginals.sum() + answer.sum())


# %% tags=["mistake"] hint="both empty this is 0 / 0"
def expected_f1(answer, sets, p):
    with np.errstate(all="ignore"):
        return p @ (2 * (sets @ answer) / (sets.sum(axis=1) + answer.sum()))


# %% tags=["mistake"] hint="weigh each F1 with p"
def expected_f1(answer, sets, p):
    both, either = sets @ answer, sets.sum(axis=1) + answer.sum()
    return np.where(either > 0, 2 * both / np.maximum(either, 1), 1).mean()


# %%
expected_f1 = check("expected F1", expected_f1)

# %%
origin = np.zeros((1, 2))


def show_answers(p):
    """The expected scores (8, 3) of all answers, for sets with probabilities p (8,)."""
    print("answer     subset accuracy    Hamming loss      example-F1")
    table = []
    for answer in SETS:
        exact = p @ (answer == SETS).all(axis=1)
        wrong = p @ (answer != SETS).mean(axis=1)
        table.append((exact, wrong, expected_f1(answer, SETS, p)))
        name = "{" + ", ".join(np.array(known_joint.LABELS)[answer == 1]) + "}"
        print(f"{name:10}", *(f"{value:15.3f}" for value in table[-1]))
    return np.array(table)


table = show_answers(known_joint.truth(origin)[0])

# %% [markdown]
# Three scores, three different best answers: {} for Hamming loss (each label is more likely absent than present), {a} for subset accuracy (the
# most probable set), {a, b} for F1 (two tries, half-right pays). None of them is wrong. But an answer that is best for one is not best for
# another, so "our model is better in F1 and worse in subset accuracy" may say no more than which score its answers were chosen for [1].

# %% [markdown] tags=["tweak"] set="origin = np.full((1, 2), 2.0)" expect="SETS[table[:, 2].argmax()].sum() == 1"
# > **Tweak card.** Set `origin` to `np.full((1, 2), 2.0)`, and run that cell again. *Expect* one best answer for all three, as one label is far ahead (here {a} with 0.81). Then set it back.

# %% [markdown]
# And where the labels are independent, with the same probabilities?

# %%
table_of_independent = show_answers(known_joint.truth(origin, dependent=False)[0])

# %% [markdown]
# Now the most probable set is that of the labels that are more likely present than not: for Hamming loss *and* for subset accuracy the answer is {}.
# That is so whenever labels are independent given the example, as a product is largest where each factor is. So where nothing depends, sigmoids at
# 0.5 are already the best that can be had in both, if their probabilities are right; where labels do depend, subset accuracy may need the joint
# distribution. (F1 wants its own answer in either case: {a, b}.)

# %% [markdown] defines="teacher forcing" minutes=18
# ## 4. One label after another
#
# Any distribution over label sets is a product after all, if each factor may look at the labels before:
#
# $$P(y \mid x) = \prod_{k=1}^{K} P(y_k \mid x, y_1, \dots, y_{k-1}).$$
#
# A **classifier chain** (lesson 02 named it) [2] is a model of these factors [3]. The simplest: to the network's logit of label $k$ add a weight
# $w_{jk}$ for each label $j < k$ that is present. In training the labels before are known, so all factors are computed at once, with a mask: nobody
# waits for anybody. To give a model, at each label, the true labels that come before it, instead of its own answers, is called **teacher forcing**.
#
# **Exercise 3.** All logits in one pass: `own` are the network's, `weights[j, k]` is $w_{jk}$ (some of it must not be used), `y` the true label sets.


# %% tags=["exercise"]
def chain_logits(own, weights, y):
    """Logits (batch, K); own and y (batch, K), weights (K, K)."""
    return ...  # your code


# %% tags=["solution"]
def chain_logits(own, weights, y):
    """Logits (batch, K); own and y (batch, K), weights (K, K)."""
    before = np.triu(weights, k=1)  # (j, k), only j < k
    return own + y @ before


# %% tags=["mistake"] hint="a label sees itself"
def chain_logits(own, weights, y):
    return own + y @ np.triu(weights)


# %% tags=["mistake"] hint="those *after* it"
def chain_logits(own, weights, y):
    return own + y @ np.tril(weights, k=-1)


# %% tags=["mistake"] hint="it is told the truth"
def chain_logits(own, weights, y):
    return own + y @ weights


# %%
chain_logits = check("labels before", chain_logits)

# %% [markdown]
# Sigmoids cannot say "exactly one of {a} 0.45, {b} 0.35, {c} 0.20". A chain can: a has the odds 0.45 to 0.55; where a is absent, b has 0.35 to 0.20;
# where a and b are both absent, c is certain. **Which weights does it take?**

# %%
own = np.log([0.45 / 0.55, 0.35 / 0.20, 1e9])
weights = np.full((3, 3), -40.0)  # a label that is present shuts out all that come after it
logits = np.asarray(chain_logits(np.tile(own, (8, 1)), weights, SETS))
p_of_chain = np.prod(expit(np.where(SETS == 1, logits, -logits)), axis=1)  # of all eight sets
one_label = SETS.sum(axis=1) == 1
others = p_of_chain[~one_label].sum()
print("{c}, {b}, {a}:", p_of_chain[one_label].round(3), f"all others: {others:.6f}")

# %% [markdown]
# All the same one: strongly negative, and stronger than the largest logit, which is about 21.

# %% [markdown]
# A weight moves a logit in the same way whatever the picture shows. But that a 3 excludes an 8 holds only where they are the two readings of *one*
# digit. So the course's `Chain` gives each label $H = 8$ numbers of the network instead of one, adds to each of them what the labels before say, and
# lets a small hidden layer make a logit of the eight. It is a Keras model: `fit` minimises $-\log P(y \mid x) / K$, which for a chain is the binary
# cross-entropy of all K logits, given the labels before. For a chain in which nothing looks back it is the loss of all lessons so far: these are our
# sigmoids.
#
# Sigmoids and chain are trained on scenes in which a half of each place is hidden, now any half. **Which one will have the lower loss on
# validation?**

# %%
scenes = hidden_scenes.load_data(train=settings.scenes, seed=SEED)
frequencies = scenes.train.y.mean(axis=0)
shape, units = scenes.train.x.shape[1:], 8


def build_chain(looks_back):
    """A convolutional network with 8 numbers for each label, and the chain that reads them."""
    network = cnn.classifier(shape, label_count * units, seed=SEED)
    return Chain(network, label_count, units, frequencies=frequencies, looks_back=looks_back)


def train(model, epochs=settings.epochs):
    """Trains a model of label sets, and returns its loss on validation, in nats a label."""
    batches = images.batches(scenes.train.x, scenes.train.y, 64, seed=SEED)
    model.compile(rnn.optimizer(epochs * len(batches)))
    training.fit(model, batches, epochs)
    held_out = images.batches(scenes.validation.x, scenes.validation.y, 256)
    return model.evaluate(held_out, verbose=0)


models, losses = {}, {}
for name, looks_back in (("sigmoids", False), ("chain", True)):
    models[name] = build_chain(looks_back)
    losses[name] = train(models[name])
    print(f"{name}: validation loss {losses[name]:.4f}")

# %% [markdown]
# Now back to step 1: the scenes of the validation split that show nothing but a 3 or an 8, with the left half of each place hidden. **What will the
# sigmoids give, on average, to the sets {}, {3}, {8} and {3, 8}, and what the chain?**


# %%
def mean_probability(model, labels):
    """What the model gives to this label set, on average over the doubtful scenes."""
    x = half.validation.x[doubtful]
    sets = np.zeros((len(x), label_count), np.float32)
    sets[:, labels] = 1
    return np.exp(model.log_probability(model(x), sets)).mean()


given = {}
print(f"mean over {len(doubtful)} scenes       {{}}       {{3}}       {{8}}    {{3, 8}}")
for name, model in models.items():
    given[name] = [mean_probability(model, labels) for labels in ([], [3], [8], [3, 8])]
    print(name.ljust(19), *(f"{p:9.3f}" for p in given[name]))

# %% [markdown] tags=["claim"] expect="losses['chain'] < losses['sigmoids'] and given['chain'][0] + given['chain'][3] < given['sigmoids'][0] + given['sigmoids'][3] - 0.05"
# The chain's loss is lower, in our run by a fifth. And where it is doubtful: {} and {3, 8} cannot be, and the sigmoids, which multiply, give them
# nearly a third together. The chain, trained on the same scenes for as long, gives them half of that. Of what is freed a good half goes to {8}, a
# sixth to {3}, and the rest to sets that are not in the table. It is not perfect; it was never told that one digit has one name.

# %% [markdown] defines="beam search" minutes=8
# ## 5. From a chain to an answer
#
# A chain gives each of the $2^K$ label sets a probability. To try them all is out of the question for K = 90. **Greedy** takes at each label what is
# likelier, given the answers so far. It can go wrong at once: if {a} has 0.4, {b, c} 0.35 and {b} 0.25, it leaves a out, as 0.6 is more than 0.4, and
# then ends with 0.35. **Beam search** keeps the $W$ best beginnings at each step, and so still has the one that turns out better [4].
#
# **How much will a beam of ten gain over greedy, in subset accuracy?**

# %%
validation = scenes.validation


def subset_accuracy(answers):
    """Share of the validation scenes whose whole label set is right."""
    return metrics.subset_accuracy(validation.y, answers)


print(f"always {{}}: subset accuracy {subset_accuracy(0 * validation.y):.3f}")
of_sigmoids = thresholds.decide(models["sigmoids"].marginals(validation.x), 0.5)
print(f"sigmoids at 0.5: subset accuracy {subset_accuracy(of_sigmoids):.3f}")
for width in (1, 2, 10):
    sets, log_p = models["chain"].search(validation.x, width)
    exact, mean = subset_accuracy(sets[:, 0]), log_p[:, 0].mean()
    print(f"beam of {width:>2}: subset accuracy {exact:.3f}, mean log-probability {mean:.3f}")

# %% [markdown]
# In our run two points, and a beam of 2 has them all: with ten labels, of which never more than three are present, there are few places to go wrong.
# A wider beam nearly always finds an answer that is at least as probable; whether it is *right* is up to the model.

# %% [markdown] defines="decoder" minutes=28
# ## 6. A network that says the label set
#
# A chain of ninety labels takes ninety steps, and nearly all of them decide that a label is absent. A **decoder** is a recurrent network that says
# the labels which *are* there, one after another, and then "stop" [5]. Its state begins with what the network says of the example; each step reads
# the label said last and gives each label and the stop a logit. A label that was said is out (its logit becomes -1e9).
#
# > START → 3 → 7 → STOP
#
# In training the labels said before are the true ones (teacher forcing again), so all steps of all sets are computed in one pass. Sets differ in
# size, so rows are padded.
#
# **Exercise 4.** Make the arrays that it is taught with, from label sets in the order in which they are said: what each step *reads*, what it should
# *say*, and which steps *count* in the loss. START, STOP and padding all have the number K (`labels`), which is no clash: what is read and what is
# said stand in different arrays. For `sets = [[2, 0]]`, `labels = 5` and `steps = 4`: read 5 2 0 5, say 2 0 5 5, count 1 1 1 0.


# %% tags=["exercise"]
def teach(sets, labels, steps):
    """What each step reads and says, and whether it counts: three arrays (N, steps)."""
    return ...  # your code


# %% tags=["solution"]
def teach(sets, labels, steps):
    """What each step reads and says, and whether it counts: three arrays (N, steps)."""
    read, say = np.full((2, len(sets), steps), labels)
    counts = np.zeros((len(sets), steps))
    for row, one in enumerate(sets):
        say[row, : len(one)] = one
        read[row, 1 : len(one) + 1] = one
        counts[row, : len(one) + 1] = 1
    return read, say, counts


# %% tags=["mistake"] hint="shift by one"
def teach(sets, labels, steps):
    say = np.full((len(sets), steps), labels)
    counts = np.zeros((len(sets), steps))
    for row, one in enumerate(sets):
        say[row, : len(one)] = one
        counts[row, : len(one) + 1] = 1
    return say, say, counts


# %% tags=["mistake"] hint="the stop does not count"
def teach(sets, labels, steps):
    read, say = np.full((2, len(sets), steps), labels)
    counts = np.zeros((len(sets), steps))
    for row, one in enumerate(sets):
        say[row, : len(one)] = one
        read[row, 1 : len(one) + 1] = one
        counts[row, : len(one)] = 1
    return read, say, counts


# %% tags=["mistake"] hint="the padding counts"
def teach(sets, labels, steps):
    read, say = np.full((2, len(sets), steps), labels)
    for row, one in enumerate(sets):
        say[row, : len(one)] = one
        read[row, 1 : len(one) + 1] = one
    return read, say, np.ones((len(sets), steps))


# %%
teach = check("what a decoder is taught", teach)

# %% [markdown]
# Here is what three scenes teach, in the order of the numbers, and then the decoder itself. In which order should it say a set? Here in another one
# each time it sees the scene ("random"); step 7 compares. The network gives 64 numbers, from which the state starts, and beside them a logit for each
# label, which each step adds to its own. With `sigmoid_loss` these logits are also taught by themselves, as the sigmoids of lesson 02: its loss is
# the sum of both, and compares with neither of those above.

# %%
of_three = [list(np.flatnonzero(y)) for y in scenes.train.y[:3]]
parts = teach(of_three, label_count, 4)
for part, rows in zip(("reads", "says", "counts"), parts, strict=True):
    print(
        f"{part:>6}:", "   ".join(" ".join(f"{number:2.0f}" for number in row) for row in rows)
    )

# %%
state = 64
network = cnn.classifier(shape, state + label_count, seed=SEED)
options = {"order": "random", "sigmoid_loss": 1.0, "longest": 3, "frequencies": frequencies}
models["decoder"] = Decoder(network, label_count, state, **options, seed=SEED)
losses["decoder"] = train(models["decoder"])

# %% [markdown]
# Its answers come from a beam search, too; here is one step of it. All continuations of all beginnings compete; a beginning that has stopped stays as
# it is.
#
# **Exercise 5.** `total` are the log-probabilities of the W beginnings, `log_p` those of the next label or the stop (the last column), `ended` says
# which have stopped: these can only stop again, at no cost. Return, for each of the W best continuations, the number of its beginning, the label that
# is said (K for the stop), and the new total, the best first.


# %% tags=["exercise"]
def beam_step(total, log_p, ended):
    """Beginnings, labels and totals, each (W,); total and ended (W,), log_p (W, K + 1)."""
    return ...  # your code


# %% tags=["solution"]
def beam_step(total, log_p, ended):
    """Beginnings, labels and totals, each (W,); total and ended (W,), log_p (W, K + 1)."""
    stop_again = np.full(log_p.shape[1], -np.inf)
    stop_again[-1] = 0
    every = total[:, None] + np.where(ended[:, None], stop_again, log_p)  # (W, K + 1)
    best = np.argsort(-every.ravel(), kind="stable")[: len(total)]
    return best // log_p.shape[1], best % log_p.shape[1], every.ravel()[best]


# %% tags=["mistake"] hint="the best of all may come from one"
def beam_step(total, log_p, ended):
    stop_again = np.append(np.full(log_p.shape[1] - 1, -np.inf), 0)
    every = total[:, None] + np.where(ended[:, None], stop_again, log_p)
    said, best = every.argmax(axis=1), every.max(axis=1)
    order = np.argsort(-best, kind="stable")
    return order, said[order], best[order]


# %% tags=["mistake"] hint="it can only stop again"
def beam_step(total, log_p, ended):
    every = total[:, None] + log_p
    best = np.argsort(-every.ravel(), kind="stable")[: len(total)]
    return best // log_p.shape[1], best % log_p.shape[1], every.ravel()[best]


# %% tags=["mistake"] hint="is dropped"
def beam_step(total, log_p, ended):
    every = np.where(ended[:, None], -np.inf, total[:, None] + log_p)
    best = np.argsort(-every.ravel(), kind="stable")[: len(total)]
    return best // log_p.shape[1], best % log_p.shape[1], every.ravel()[best]


# %%
beam_step = check("a beam step", beam_step)

# %% [markdown]
# Your step, three times over, on the example of step 5: {a} 0.4, {b, c} 0.35 and {b} 0.25, each said in the order of the alphabet.

# %%
next_p = {
    "": [0.4, 0.6, 0, 0],
    "a": [0, 0, 0, 1],
    "b": [0, 0, 7 / 12, 5 / 12],
    "bc": [0, 0, 0, 1],
}
for width in (1, 2):
    said, ended = [""] * width, np.zeros(width, bool)
    total = np.log([1] + [1e-30] * (width - 1))  # all begin the same way: only one counts
    for _ in range(3):
        log_p = np.log(np.maximum([next_p[one] for one in said], 1e-30))
        beginnings, labels, total = map(np.asarray, beam_step(total, log_p, ended))
        ended = labels == 3
        pairs_said = zip(beginnings, labels, strict=True)
        said = [said[int(row)] + "abc"[int(k) : int(k) + 1] for row, k in pairs_said]
    found = (f"{one} {p:.2f}" for one, p in zip(said, np.exp(total), strict=True))
    print(f"beam of {width}:", ", ".join(found))

# %% [markdown]
# With a width of 1 it is greedy, and ends with 0.35 of the 0.6 that looked so good. With 2 the a was kept, and wins. (An answer that has ended
# waits.)

# %% [markdown]
# One thing more. Said in any order, {3, 7} may come as "3 7 stop" or as "7 3 stop", and has the probability of both together.
# `decisions.most_probable` adds up what the beam found of each set, and takes the largest. (And the loss counts one order at a time, so on average it
# is at least $-\log P(y \mid x)$.)


# %%
def most_probable(model, x):
    """The most probable set (N, K) of those that a beam of ten finds."""
    sets, log_p = model.search(x, 10)
    return decisions.most_probable(sets, np.exp(log_p))


exact = subset_accuracy(most_probable(models["decoder"], validation.x))
print(f"decoder, beam of 10: subset accuracy {exact:.3f}")

# %% [markdown] minutes=6
# ## 7. In which order?
#
# > **A good place for a break.** Next time, run the cells above first (*Run → Run All Above Selected Cell*): a few minutes.
#
# A set has no order, but a decoder needs one. The frequent labels first? Another order each time, so that the network sees each set in many? Or any
# order it likes, with a loss that only asks whether the label said is in the set? From the record (`python benchmarks/label_dependence.py --seed 0
# --json FILE` repeats a seed): **which one would you bet on?**

# %%
record = json.loads((results / "label_dependence.json").read_text())["seeds"].values()
order_of = {
    "frequent first": "decoder, frequent first",
    "random": "decoder, random order",
    "random, sigmoids beside": "decoder, random order, sigmoid loss",
    "any": "decoder, any order",
}


def recorded(name, model, decision, score="subset accuracy"):
    """A score of all seeds."""
    return np.array([seed[name][model][decision][score] for seed in record])


def lead(name, model, decision, than="sigmoids", than_decision="marginals at 0.5"):
    """The lead in subset accuracy, seed by seed: mean and half width, in points."""
    less = recorded(name, than, than_decision)
    return intervals.interval(100 * (recorded(name, model, decision) - less))


data_sets = ("listings, bag", "hidden scenes", "emotions")
print(f"Recorded, {len(record)} seeds, test: points of subset accuracy above sigmoids at 0.5")
print("said in this order".ljust(24), *(f"{name:>16}" for name in data_sets))
for order, model in order_of.items():
    row = (lead(name, model, "most probable") for name in data_sets)
    print(order.ljust(24), *(f"{mean:8.1f} ± {half:5.1f}" for mean, half in row))

# %% [markdown] tags=["claim"] expect="all((recorded(name, model, 'most probable') > recorded(name, 'sigmoids', 'marginals at 0.5')).all() and lead(name, model, 'most probable')[0] > 3 for name in data_sets for model in order_of.values()) and all(np.subtract(*lead('hidden scenes', order_of['random, sigmoids beside'], 'most probable', model, 'most probable')) > 0 for order, model in order_of.items() if order != 'random, sigmoids beside')"
# In whatever order it speaks, a decoder is ahead of the sigmoids, with each seed (on emotions, a small data set, by very different leads). Which
# order is best, three seeds do not tell. In the same random order, the sigmoids beside add more than two points on the hidden scenes, with each seed;
# perhaps what each label is taught by itself helps the network to see. This lesson's decoder has them.
#
# But these are test scores, and one of the seeds has the test split of step 10: what is chosen by them is flattered a little. On data of your own,
# compare on your validation split. (The listings are read as bags of words here, why, step 11 says. Emotions are pieces of music, each with some of
# six moods.)

# %% [markdown] defines="marginal probability" minutes=20
# ## 8. One distribution, many decisions
#
# A model that was trained once can answer for each of these scores. Draws and a beam are all it takes: `sample` gives a hundred draws for each scene.
#
# - Hamming loss: the **marginal probability** of a label is $P(y_i = 1 \mid x)$, whatever the other labels are. The share of draws that have it
#   estimates it; take those above 0.5.
# - subset accuracy: the most probable set, from the beam.
# - micro-F1: a threshold of the marginals, fitted on validation (lesson 02).
# - example-F1: not so plain. There are $2^K$ answers, but they need not be tried. For an answer $h$ of $k > 0$ labels $F_1 = \sum_{i \in h} 2 y_i /
#   (|y| + k)$. Grouped by the size $s$ of $y$, which is at most $S$,
#
# $$E[F_1] = \sum_{i \in h} \sum_{s=1}^{S} P(y_i = 1, |y| = s)\, \frac{2}{s + k},$$
#
# so for each $k$ the best answer has the $k$ labels for which the inner sum, for this $k$, is largest. With the empty answer, whose expected F1 is
# $P(y = \{\})$, there are $K + 1$ answers left to compare [6].
#
# **Exercise 6.** Find the answer. `together[i, s - 1]` is $P(y_i = 1, |y| = s)$, for S sizes, which may be fewer than the labels; `empty` is $P(y =
# \{\})$.


# %% tags=["exercise"]
def best_for_f1(together, empty):
    """The answer (K,) of 0 and 1; together (K, S), empty a number."""
    return ...  # your code


# %% tags=["solution"]
def best_for_f1(together, empty):
    """The answer (K,) of 0 and 1; together (K, S), empty a number."""
    labels, sizes = len(together), np.arange(1, together.shape[1] + 1)
    best, answer = empty, np.zeros(labels)
    for k in range(1, labels + 1):
        worth = together @ (2 / (sizes + k))  # (K,)
        chosen = np.argsort(-worth, kind="stable")[:k]
        if worth[chosen].sum() > best:
            best, answer = worth[chosen].sum(), np.zeros(labels)
            answer[chosen] = 1
    return answer


# %% tags=["mistake"] hint="the empty answer is forgotten"
def best_for_f1(together, empty):
    labels, sizes = len(together), np.arange(1, together.shape[1] + 1)
    best, answer = -1, np.zeros(labels)
    for k in range(1, labels + 1):
        worth = together @ (2 / (sizes + k))
        chosen = np.argsort(-worth, kind="stable")[:k]
        if worth[chosen].sum() > best:
            best, answer = worth[chosen].sum(), np.zeros(labels)
            answer[chosen] = 1
    return answer


# %% tags=["mistake"] hint="not those with the largest probabilities"
def best_for_f1(together, empty):
    labels, sizes = len(together), np.arange(1, together.shape[1] + 1)
    order = np.argsort(-together.sum(axis=1), kind="stable")
    worth = [(together @ (2 / (sizes + k)))[order[:k]].sum() for k in range(1, labels + 1)]
    expected = [empty, *worth]
    answer = np.zeros(labels)
    answer[order[: np.argmax(expected)]] = 1
    return answer


# %%
best_for_f1 = check("the best for F1", best_for_f1)

# %%
drawn = models["decoder"].sample(validation.x, draws=100, seed=SEED)  # (N, 100, K)


def labels_and_sizes(sets):
    """P(label, size) (K, S) and P(empty), as shares of drawn sets (draws, K)."""
    sizes = sets.sum(axis=1)
    of_size = [(sizes == s) @ sets / len(sets) for s in range(1, int(sizes.max(initial=1)) + 1)]
    return np.stack(of_size, axis=1), np.mean(sizes == 0)


yours = np.array([best_for_f1(*labels_and_sizes(sets)) for sets in drawn])
same = np.mean(yours == decisions.best_f1(drawn))
print(f"as the course's `best_f1`: {same:.2%} of all entries")

# %%
p = drawn.mean(axis=1)  # the marginals
cut = thresholds.global_threshold(validation.y, p)
answers = {
    "(sigmoids at 0.5)": of_sigmoids,
    "marginals at 0.5": thresholds.decide(p, 0.5),
    "most probable": most_probable(models["decoder"], validation.x),
    f"marginals at {cut:.2f}": thresholds.decide(p, cut),
    "best F1": yours,
}
columns = ("subset accuracy", "Hamming loss", "micro-F1", "example-F1")


def four_scores(y, answer):
    """The scores of these columns."""
    exact, wrong = metrics.subset_accuracy(y, answer), metrics.hamming_loss(y, answer)
    return exact, wrong, metrics.micro_f1(y, answer), metrics.example_f1(y, answer)


print("validation".ljust(18), *(f"{column:>16}" for column in columns))
of_decision = {name: four_scores(validation.y, answer) for name, answer in answers.items()}
for name, row in of_decision.items():
    print(name.ljust(18), *(f"{score:16.4f}" for score in row))

# %% [markdown] tags=["claim"] expect="of_decision['most probable'][0] > of_decision['marginals at 0.5'][0] + 0.015"
# One training, four answers (the row of the sigmoids is for comparison), and in subset accuracy five points between the first two: labels that are
# each more likely than not are, net, in one scene of twenty a wrong set where the most probable one is right. In the other columns the decision that
# is made for the score is the best one or level with it, and the differences are small. (The threshold was fitted on the same scenes, which flatters
# its row a little. For Hamming loss, the lower the better, 0.5 is best if the probabilities are right; these are not quite.)
#
# What you hand on can carry its decision: where `inference.end_to_end` (lesson 06) takes thresholds, it takes `"most probable"` or `"best F1"` for a
# model of label sets.

# %% [markdown]
# **Question.** A machine books invoices. It reads from each which of forty accounts are concerned; when all are right the invoice is booked, and when
# any is wrong or missing somebody does the whole invoice by hand. The model gives you a good distribution over sets of accounts. Which answer do you
# take from it?
#
# - **a** The accounts above a threshold that is tuned for micro-F1.
# - **b** The most probable set.
# - **c** The set with the best expected example-F1.
# - **d** The accounts with a probability above 0.5.

# %% tags=["exercise"]
answer = ...  # "a", "b", "c" or "d"

# %% tags=["solution"]
answer = "b"

# %% tags=["mistake"] hint="whole sets for single labels"
answer = "a"

# %% tags=["mistake"] hint="half-right sets pay in F1"
answer = "c"

# %% tags=["mistake"] hint="never occurs"
answer = "d"

# %%
check("which decision", answer)

# %% [markdown] defines="REINFORCE" minutes=18
# ## 9. Learning by reward
#
# The article on RNNs (lesson 06) proposes reinforcement learning to optimise the score itself. **REINFORCE** does that [7]: draw label sets from the
# model, score them, and make the good ones likelier. With $b$ a baseline that does not depend on the draw,
#
# $$\nabla E[F_1] = E\big[(F_1(y, h) - b)\, \nabla \log P(h \mid x)\big], \qquad h \sim P(\cdot \mid x).$$
#
# On average $b$ changes nothing, as $E[\nabla \log P] = 0$; but a good one makes the gradient vary less from draw to draw. With several draws for
# each example take the mean F1 of the *others* [8]: it takes no further draw, and does not depend on the draw itself.
#
# **Exercise 7.** A loss is made smaller, so: write the loss whose gradient is *minus* that, with the mean F1 of the other draws of the same example
# for $b$, as the mean over all draws of all examples. It is given `f1` and `log_p` of each draw (only the second has a gradient).


# %% tags=["exercise"]
def reward_loss(f1, log_p):
    """A number; f1 and log_p (batch, draws)."""
    return ...  # your code


# %% tags=["solution"]
def reward_loss(f1, log_p):
    """A number; f1 and log_p (batch, draws)."""
    others = (f1.sum(axis=1, keepdims=True) - f1) / (f1.shape[1] - 1)
    return -np.mean((f1 - others) * log_p)


# %% tags=["mistake"] hint="own F1 is in its baseline"
def reward_loss(f1, log_p):
    return -np.mean((f1 - f1.mean(axis=1, keepdims=True)) * log_p)


# %% tags=["mistake"] hint="the sign is turned"
def reward_loss(f1, log_p):
    others = (f1.sum(axis=1, keepdims=True) - f1) / (f1.shape[1] - 1)
    return np.mean((f1 - others) * log_p)


# %% tags=["mistake"] hint="some examples are easier than others"
def reward_loss(f1, log_p):
    others = (f1.sum(axis=0, keepdims=True) - f1) / (f1.shape[0] - 1)
    return -np.mean((f1 - others) * log_p)


# %%
reward_loss = check("the others' mean", reward_loss)

# %% [markdown]
# Watch it on one example whose truth is {a}, with sigmoids of 0.45, 0.35 and 0.20. For a sigmoid the slope of $\log P(h \mid x)$ in logit $k$ is $h_k
# - p_k$. Your loss is a weighted mean of log-probabilities; given their slopes instead, it returns its own slope. And with eight label sets the true
# slope is a short sum. **How much will the baseline change the mean of the estimates, and how much their spread?**

# %%
y, p = np.array([1.0, 0.0, 0.0]), np.array(known_joint.AT_THE_ORIGIN)
p_of = np.prod(np.where(SETS == 1, p, 1 - p), axis=1)  # (8,)
f1_of = np.array([expected_f1(answer, y[None], np.ones(1)) for answer in SETS])
exact_slope = (p_of * f1_of) @ (SETS - p)
draws = 8
generator = np.random.default_rng(SEED)


def without_baseline(f1, log_p):
    """The same loss with b = 0."""
    return -np.mean(f1 * log_p)


def estimated(loss):
    """The slope of E[F1] in the three logits, from a few draws."""
    chosen = generator.choice(len(SETS), draws, p=p_of)
    slopes = (SETS[chosen] - p).T
    return np.array([-loss(f1_of[chosen][None], slope[None]) for slope in slopes])


print("exact slope".ljust(27), *(f"{value:7.3f}" for value in exact_slope))
spread = {}
for name, loss in {"no baseline": without_baseline, "mean of the others": reward_loss}.items():
    estimates = np.array([estimated(loss) for _ in range(4_000)])
    spread[name] = estimates.std(axis=0)
    print(f"{name}, mean".ljust(27), *(f"{value:7.3f}" for value in estimates.mean(axis=0)))
    print(f"{name}, spread".ljust(27), *(f"{value:7.3f}" for value in spread[name]))

# %% [markdown]
# The mean is the exact slope with either. The spread falls, most of all for the label that decides: each step points more nearly the right way.

# %% [markdown] tags=["tweak"] set="draws = 2" expect="spread['mean of the others'][0] > spread['no baseline'][0] > 0.13"
# > **Tweak card.** Set the number of `draws` to `2`, and run that cell again. *Expect* about twice the spread without a baseline, and with one even more: the
# > F1 of *one* other draw is itself mostly chance. This baseline needs some draws. (Then set it back.)

# %% [markdown]
# Now in earnest, on the task of step 2 with exactly one label. Its sigmoids are trained by their own loss, and then go on by `Reinforce`, the
# course's learner with the loss of exercise 7. **Step 3 says what is best for F1 at the origin: two labels. What will become of the probabilities
# 0.45, 0.35 and 0.20 there?**

# %%
joint = known_joint.load_data(train=settings.points, seed=SEED)
independent = Chain(dense.classifier(2, 3, seed=SEED), 3, 1, looks_back=False)
learner = Reinforce(independent, baseline="others", draws=8, seed=SEED)
at_origin, of_answers = {}, {}
for name, model, rate in (("own loss", independent, 3e-3), ("REINFORCE", learner, 1e-3)):
    batches = images.batches(joint.train.x, joint.train.y, 64, seed=SEED)
    model.compile(rnn.optimizer(settings.joint_epochs * len(batches), rate))
    training.fit(model, batches, settings.joint_epochs)
    p = independent.marginals(joint.validation.x)
    at_origin[name] = independent.marginals(np.zeros((1, 2), np.float32))[0]
    rows = {"at 0.5": thresholds.decide(p, 0.5), "best F1": decisions.best_f1_of_independent(p)}
    f1 = {way: metrics.example_f1(joint.validation.y, one) for way, one in rows.items()}
    of_answers[name] = f1
    row = ", ".join(f"{way} {score:.3f}" for way, score in f1.items())
    print(f"after {name}: example-F1 {row};", "at the origin", at_origin[name].round(2))
of_truth = known_joint.truth(joint.validation.x)
by_truth = decisions.best_f1(np.tile(SETS, (len(of_truth), 1, 1)), of_truth)
of_truth_f1 = metrics.example_f1(joint.validation.y, by_truth)
print(f"decided by the truth: example-F1 {of_truth_f1:.3f}")

# %% [markdown]
# After its own loss an answer at 0.5 is bad for F1. From the same probabilities the decision that is best for F1 if labels are independent, which
# they are not here, is as good as that of the truth. REINFORCE brings the answer at 0.5 there, too; further nobody can get. And it has a price: what
# stands at the origin are no longer the true probabilities. They are on their way to an answer, the one for F1; whoever wants another decision, or to
# know how sure the model is, has to train again. (Of the loss that it shows only the gradient means something; the mean F1 of the draws stands beside
# it.)
#
# And on data of which nobody knows the truth? `python benchmarks/reinforce.py --seed 0 --json FILE` repeats a seed of this record: models trained by
# their own loss, and then as many epochs again at a tenth of the rate, by the same loss or by REINFORCE. Each answers in four ways: greedily
# (sigmoids at 0.5); exactly ("best F1"); exactly after a *temperature* (the logits of the marginals are divided by one number, which is fitted on
# validation for F1, and the labels taken for independent); and at one threshold, fitted likewise. (The decoder's marginals are those of the sigmoids
# beside it.) **Which column will REINFORCE change most?**

# %%
reinforced = json.loads((results / "reinforce.json").read_text())["seeds"].values()
titles = {
    "before": "own loss",
    "own loss": "own loss, longer",
    "none": "REINFORCE, no baseline",
    "others": "REINFORCE, others' mean",
}
ways = ("greedy", "best F1", "best F1, tempered", "tuned for F1")
kinds = ("sigmoids", "decoder, random order, sigmoid loss")


def f1_of_seeds(name, kind, way, how):
    """The example-F1 of each seed."""
    return [seed[name][kind][way][how]["example-F1"] for seed in reinforced]


print(f"Recorded, {len(reinforced)} seeds, test example-F1")
for name in ("listings, bag", "emotions"):
    print(f"\n{name}".ljust(34), *(f"{how:>17}" for how in ways))
    for kind, (way, title) in itertools.product(kinds, titles.items()):
        row = (intervals.interval(f1_of_seeds(name, kind, way, how)) for how in ways)
        line = f"{kind.split(',')[0]}, {title}".ljust(33)
        print(line, *(f"{mean:9.3f} ± {half:.3f}" for mean, half in row))
for kind in kinds:
    of_kind = [seed["listings, bag"][kind] for seed in reinforced]
    plain, others = (
        np.mean([one[way]["noise"] for one in of_kind]) for way in ("none", "others")
    )
    line = f"{plain:.2f}, with the mean of the others {others:.2f}"
    print(f"noise of the gradient, {kind.split(',')[0]}: {line}")

# %% [markdown] tags=["claim"] expect="all(np.mean(f1_of_seeds(name, kind, 'others', 'greedy')) > np.mean(f1_of_seeds(name, kind, 'own loss', 'greedy')) + 0.01 and np.mean(f1_of_seeds(name, kind, 'before', 'tuned for F1')) > np.mean(f1_of_seeds(name, kind, 'others', 'greedy')) - 0.005 for name in ('listings, bag', 'emotions') for kind in kinds) and all(np.mean(f1_of_seeds('listings, bag', kind, 'before', 'best F1, tempered')) > np.mean(f1_of_seeds('listings, bag', kind, 'before', 'best F1')) + 0.02 for kind in kinds)"
# The greedy answers: on the listings they gain nearly six points for sigmoids and not quite two for the decoder, on emotions seven and five. More of
# the own loss does not do that. The baseline more than halves the noise of the gradient; the scores do not show it, perhaps because many small steps
# average the noise out.
#
# But what REINFORCE gains could be had without it. One threshold, fitted on validation for F1, is ahead of the greedy answers *after* REINFORCE in
# three of the four cases, and level in the fourth. And after REINFORCE the threshold scores as before.
#
# The exact decision is the surprise: on the listings it is far behind the threshold. It is exact only if the probabilities are right, and for
# sigmoids only if the labels are independent. One number, fitted on validation, brings that of the sigmoids level with the threshold. (In the
# decoder's rows that column, like the last one, is of the sigmoids beside it.) Why it was off, this table does not say. So before you train for a
# score, *decide* for it, on validation.

# %% [markdown] minutes=12
# ## 10. The honest table
#
# Now the test split, once in this run: our three models, each with the decisions it can make, beside the most frequent label set, the label prior and
# a linear model. The decoder says at most three labels, so the sigmoids get that rule, too, in a row of its own, and in another a threshold fitted
# for subset accuracy.

# %%
test = scenes.test


def decided(validation_p, test_p):
    """Answers on the test split at a threshold from validation."""
    return thresholds.decide(test_p, thresholds.global_threshold(validation.y, validation_p))


def marginals(model, x):
    """What sigmoids say, and of the others the share of a hundred draws."""
    if model is models["sigmoids"]:
        return model.marginals(x)
    return model.sample(x, 100, SEED).mean(axis=1)


cuts = np.linspace(0.05, 0.95, 91)
p_validation, p = (marginals(models["sigmoids"], split.x) for split in (validation, test))
by_cut = [subset_accuracy(thresholds.decide(p_validation, cut)) for cut in cuts]
third = np.sort(p, axis=1)[:, -3, None]  # of each scene the third largest probability
sets, counts = np.unique(scenes.train.y, axis=0, return_counts=True)
tested = {
    "most frequent set": np.tile(sets[counts.argmax()], (len(test), 1)),
    "label prior, tuned": decided(*baselines.label_prior(scenes)),
    "linear, tuned": decided(*baselines.linear(scenes)),
    "sigmoids, at most three": thresholds.decide(p, 0.5) * (p >= third),
    "sigmoids, tuned for sets": thresholds.decide(p, cuts[np.argmax(by_cut)]),
}
for name, model in models.items():
    p_validation, p = (marginals(model, split.x) for split in (validation, test))
    tested[f"{name}, at 0.5"] = thresholds.decide(p, 0.5)
    tested[f"{name}, tuned"] = decided(p_validation, p)
    if name == "sigmoids":  # the most probable set is that at 0.5
        tested[f"{name}, best F1"] = decisions.best_f1_of_independent(p)
    else:
        tested[f"{name}, most probable"] = most_probable(model, test.x)
        tested[f"{name}, best F1"] = decisions.best_f1(model.sample(test.x, 100, SEED))
print("test".ljust(25), *(f"{column:>16}" for column in columns))
of_test = {name: four_scores(test.y, answer) for name, answer in tested.items()}
for name, row in of_test.items():
    print(name.ljust(25), *(f"{score:16.4f}" for score in row))

# %% [markdown] tags=["claim"] expect="of_test['decoder, most probable'][0] > max(of_test[name][0] for name in of_test if name.startswith(('sigmoids', 'linear', 'label'))) + 0.03 and of_test['decoder, most probable'][0] > of_test['decoder, at 0.5'][0] + 0.02"
# The most frequent set, {}, is right for a quarter of the scenes; the tuned prior lets all ten labels through. In subset accuracy the most probable
# set of the decoder is eleven points ahead of the sigmoids, whatever the threshold, and ten ahead with their rule; that of the chain five and four.
# And the *decision* counts, too: answered at 0.5, the same decoder loses five of its points, the chain nearly four. In the other three scores the
# chain is no better than the sigmoids. The decoder is, in this one run; step 11 has three.

# %% [markdown] minutes=12
# ## 11. Where there is nothing to win, and what a rule wins
#
# The control: the two tasks of step 2, from the record (its chain has the frequent labels first, its decoder speaks in random order, without sigmoids
# beside it; *powerset*: each label set is a class, lesson 02), where the row "truth" decides by the true distribution. Every model got the same
# number of updates. **In the task with independent labels, how far will the chain and the decoder be ahead of the sigmoids?**

# %%
shown = {
    "sigmoids, at 0.5": ("sigmoids", "marginals at 0.5"),
    "sigmoids, at least one": ("sigmoids", "marginals at 0.5, at least one"),
    "chain, most probable": ("chain", "most probable"),
    "decoder, most probable": ("decoder, random order", "most probable"),
    "powerset, most probable": ("powerset", "most probable"),
    "truth, most probable": ("truth", "most probable"),
}
tasks = {"exactly one": "known joint", "independent": "known joint, independent"}


def cell(name, model, decision, column="subset accuracy"):
    """The mean of the seeds and half of its interval; nothing where it was not measured."""
    if decision not in next(iter(record))[name].get(model, {}):
        return ""
    of_seeds = recorded(name, model, decision, column)
    return "{:.3f} ± {:.3f}".format(*intervals.interval(of_seeds))


print("Recorded, test: subset accuracy".ljust(32), *(f"{title:>16}" for title in tasks))
for title, way in shown.items():
    print(title.ljust(32), *(f"{cell(name, *way):>16}" for name in tasks.values()))

# %% [markdown] tags=["claim"] expect="all(abs(recorded('known joint, independent', model, 'most probable').mean() - recorded('known joint, independent', 'sigmoids', 'marginals at 0.5').mean()) < 0.005 for model in ('chain', 'decoder, random order', 'powerset')) and all(recorded('known joint', model, 'most probable').mean() > recorded('known joint', 'sigmoids', 'marginals at 0.5').mean() + 0.05 for model in ('chain', 'decoder, random order', 'powerset')) and abs(recorded('known joint', 'sigmoids', 'marginals at 0.5, at least one').mean() - recorded('known joint', 'truth', 'most probable').mean()) < 0.005"
# With independent labels: not at all. All are as good as the truth, and all the machinery of this lesson was for nothing. (The first thing to suspect
# of a model of label sets that is ahead *everywhere* is a comparison that is not fair.)
#
# With exactly one label each model of label sets reaches the truth, and the sigmoids at 0.5 are nine points behind. But look at the second row!
# Whoever knows that each example has at least one label, and takes the likeliest where none is above 0.5, gets *all* of it from the sigmoids. A rule
# that is true of the data may be worth as much as another model. So try it first, and give it a row of its own.
#
# And in the data sets of step 7? Emotions has a label for every piece of music; listings and scenes may have none (so no such row).

# %%
best_decoder = order_of["random, sigmoids beside"]
rows = {
    "sigmoids, at 0.5": ("sigmoids", "marginals at 0.5"),
    "sigmoids, at least one": ("sigmoids", "marginals at 0.5, at least one"),
    "sigmoids, tuned": ("sigmoids", "marginals, tuned"),
    "sigmoids, tuned, at least one": ("sigmoids", "marginals, tuned, at least one"),
    "chain, most probable": ("chain", "most probable"),
    "chain, at least one": ("chain", "most probable, at least one"),
    "plain decoder, most probable": ("decoder, random order", "most probable"),
    "plain decoder, tuned": ("decoder, random order", "marginals, tuned"),
    "decoder, most probable": (best_decoder, "most probable"),
    "decoder, best F1": (best_decoder, "best F1"),
    "its sigmoids, tuned": (best_decoder, "marginals, tuned"),
    "powerset, most probable": ("powerset", "most probable"),
}


def show_table(name):
    """The scores, and the seconds of training, of all that the record has of this data set."""
    print(
        f"\nRecorded, test: {name}".ljust(33),
        *(f"{column:>16}" for column in columns),
        "seconds",
    )
    for title, (model, decision) in rows.items():
        if cell(name, model, decision):
            cells = (f"{cell(name, model, decision, column):>16}" for column in columns)
            seconds = np.median([seed[name][model]["seconds"] for seed in record])
            print(title.ljust(32), *cells, f"{seconds:7.0f}")


for name in data_sets:
    show_table(name)

# %% [markdown] tags=["claim"] expect="all(lead(name, 'decoder, random order, sigmoid loss', 'most probable')[0] > least for name, least in (('listings, bag', 9), ('hidden scenes', 7), ('emotions', 4))) and recorded('listings, bag', 'sigmoids', 'marginals, tuned', 'micro-F1').mean() > recorded('listings, bag', 'decoder, random order, sigmoid loss', 'most probable', 'micro-F1').mean() + 0.06 and abs(recorded('listings, bag', 'sigmoids', 'marginals, tuned', 'micro-F1').mean() - recorded('listings, bag', 'decoder, random order', 'marginals, tuned', 'micro-F1').mean()) < 0.01 and all(lead(name, 'powerset', 'most probable')[0] < 0 for name in data_sets[:2])"
# (The networks are those of the benchmark: for the scenes 16 epochs; the seconds are those of training, on one core, other work beside it. "Plain"
# has no sigmoids beside it.)
#
# The listings are read as bags here: which words are there, not in which order. Then nothing says what a *not* belongs to, only that it belongs to
# one thing or another: so the labels depend on each other. The decoder has ten points of subset accuracy more than the sigmoids, and seven points of
# micro-F1 *less* than tuned sigmoids. Somebody reports the one, somebody else the other. (The record has no threshold fitted for subset accuracy; in
# step 10 it brought next to nothing.) Decided for micro-F1, by a threshold, the plain decoder is about level with them.
#
# On the hidden scenes the most probable set is ahead in subset accuracy by five points with the plain decoder and by eight with the other, and in
# micro-F1 the second is about level with the sigmoids. On emotions the decoder's lead of nearly seven points rests on three seeds and some 200 test
# pieces; the rule "at least one" gives the sigmoids one point of it. The powerset learns each label set from its own examples alone, and a set that
# it has not seen it cannot answer: fine for the few sets of emotions, not for scenes, which have 176, and listings.

# %% [markdown]
# And real texts? In the record the network of lesson 07 reads Reuters' stories, once with sigmoids, once with our decoder, which looks at its words.
# Each story has a topic at least, and 84 in 100 have just one. **Which will win more: a model of label sets, or the rule?**

# %%
show_table("Reuters")

# %% [markdown] tags=["claim"] expect="(recorded('Reuters', 'sigmoids', 'marginals at 0.5, at least one') > recorded('Reuters', 'sigmoids', 'marginals at 0.5') + 0.008).all() and (recorded('Reuters', best_decoder, 'most probable') > recorded('Reuters', 'sigmoids', 'marginals at 0.5, at least one')).all() and (recorded('Reuters', best_decoder, 'most probable', 'micro-F1') < recorded('Reuters', 'sigmoids', 'marginals at 0.5, at least one', 'micro-F1') - 0.005).all() and len(set(recorded('Reuters', best_decoder, 'most probable') > recorded('Reuters', 'sigmoids', 'marginals, tuned, at least one'))) == 2 and (recorded('Reuters', best_decoder, 'most probable') == recorded('Reuters', best_decoder, 'most probable, at least one')).all()"
# The rule brings one point of subset accuracy, with each seed, and takes nothing from the other scores. The decoder was told no rule and needs none:
# told it, it gives the same answers. It has half a point more than the sigmoids with the rule (on each seed, by 0.0003 to 0.009), is level with them
# where a threshold is fitted, too, and in micro-F1 it is behind on each seed. So of what a model of label sets wins on these stories, the rule has
# most, in a line of code. (The other models of the table were not run here: one takes twenty minutes of a core, or more.)

# %% [markdown] minutes=4
# ## 12. What the articles said, and what holds
#
# (This is an appendix: nothing later needs it.)
#
# | the article on RNNs says | what holds |
# |---|---|
# | the labels are related, yet independent (its introduction); each label is independent, they do not exclude each other, hence a sigmoid (its first frequent question) | not exclusive is not independent: a 3 and an 8 may stand in one scene, so they are not exclusive; yet behind a curtain each says much of the other (step 1). The sigmoid is right as long as it is asked for one label at a time |
# | the key challenge is the correlations between the labels | there are two kinds: labels go together over the data set, which sigmoids on one network can follow; or they depend on each other given the example, which sigmoids cannot say (step 2) |
# | a recurrent network captures the dependences in its input, which helps | the network of the article reads *words* one after another; its labels come from independent sigmoids. Label sets take a chain, a decoder or the like (steps 4 to 6) |
# | reinforcement learning may optimise the classification (its outlook) | it can, step 9 does; a threshold fitted on validation had as much at no cost (step 9) |
#
# ## What to take away
#
# - Going together over the data set is not depending on each other given the example. Only where labels depend can a model of label sets win, and
#   even there try the rules that you know first.
# - Ask what is paid for before you answer: each label, the whole set, or F1. Each may want another answer, from the same distribution.
# - A chain learns all its factors in one pass, with the true labels before, and so does a decoder. Finding the most probable set is a search; a beam
#   does it.
# - Compare with thresholds that are tuned, and with the rules that you know to be true. Look for a control in which nothing can be won.
# - An exact decision is only as good as the probabilities it is given.
#
# **Further reading.** [1] K. Dembczyński, W. Waegeman, W. Cheng, E. Hüllermeier, "On label dependence and loss minimization in multi-label
# classification", *Machine Learning* 88, 2012, [doi:10.1007/s10994-012-5285-8](https://doi.org/10.1007/s10994-012-5285-8). [2] J. Read, B.
# Pfahringer, G. Holmes, E. Frank, "Classifier chains for multi-label classification", *Machine Learning* 85, 2011,
# [doi:10.1007/s10994-011-5256-5](https://doi.org/10.1007/s10994-011-5256-5). [3] K. Dembczyński, W. Cheng, E. Hüllermeier, [Bayes optimal multilabel
# classification via probabilistic classifier chains](https://icml.cc/Conferences/2010/papers/589.pdf), *ICML* 2010. [4] A. Kumar, S. Vembu, A. K.
# Menon, C. Elkan, "Beam search algorithms for multilabel learning", *Machine Learning* 92, 2013,
# [doi:10.1007/s10994-013-5371-6](https://doi.org/10.1007/s10994-013-5371-6). [5] J. Nam et al., [Maximizing subset accuracy with recurrent neural
# networks in multi-label
# classification](https://papers.nips.cc/paper/7125-maximizing-subset-accuracy-with-recurrent-neural-networks-in-multi-label-classification),
# *NeurIPS* 2017. [6] W. Waegeman et al., [On the Bayes-optimality of F-measure maximizers](https://jmlr.org/papers/v15/waegeman14a.html), *JMLR* 15,
# 2014. [7] R. J. Williams, "Simple statistical gradient-following algorithms for connectionist reinforcement learning", *Machine Learning* 8, 1992,
# [doi:10.1007/BF00992696](https://doi.org/10.1007/BF00992696). [8] W. Kool, H. van Hoof, M. Welling, [Buy 4 REINFORCE samples, get a baseline for
# free!](https://openreview.net/forum?id=r1lgTGL5DE), *ICLR workshop*, 2019.
#
# **Next:** [09 Pictures and words, and learning once](09_pictures_and_words.ipynb).
