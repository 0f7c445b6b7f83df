# %% [markdown]
# # 05 Does it help?
#
# After this lesson you can test what the article on GANs (by 禅与计算机程序设计艺术; lesson 04) says without a test: that generated pictures
# make a better classifier. You know which controls such an answer needs, can give it with an interval, and have seen what pictures *without*
# labels are good for.
#
# **Before:** [04 A multi-label GAN](04_a_multi_label_gan.ipynb). **Your time:** about 100 minutes. **Machine time:** under 4 minutes on two CPU cores. **Memory:** under 3 GiB.

# %% tags=["parameters"]
PROFILE = "quick"
SEED = 0
DATASET = "digit-scenes"  # or "cifar-100"

# %%
import dataclasses
import json

import mlc_tf
import IPython.display
import numpy as np
import scipy.stats
import tensorflow as tf

from mlc_tf import plots, training
from mlc_tf.course import profiles
from mlc_tf.course.exercises import check
from mlc_tf.data import Split, catalogue, digit_scenes, images
from mlc_tf.evaluation import baselines, intervals, metrics, thresholds
from mlc_tf.models import cnn
from mlc_tf.models.gan import configurations, losses, networks
from mlc_tf.training import devices, few_labels, semi_supervised

settings = profiles.settings("05_does_it_help", PROFILE)
if DATASET == "digit-scenes":  # at the size that trains in a minute
    data = digit_scenes.load_data(16, train=settings.pictures, test=settings.test, seed=SEED)
else:
    data = catalogue.load(DATASET, seed=SEED)
picture_shape, label_count = data.train.x.shape[1:], len(data.label_names)

# %% [markdown] minutes=2
# ## 1. Few labels
#
# Pictures are cheap, but somebody has to label them. Suppose that only a twentieth of the training pictures *has* labels, and pretend
# that the rest is not there:

# %%
share = 0.05
few = few_labels.share_of(data.train, share, SEED)
print(f"{len(few):,} labelled pictures of {len(data.train):,}, {label_count} labels")
counts = few.y.sum(axis=0)
print(f"pictures with a label: {counts.min():.0f} to {counts.max():.0f}")

# %% [markdown] defines="augmentation; oversampling; mixup" minutes=18
# The promise: a GAN learns from these few what such pictures look like and draws as many more as we like, each with the label set it was
# asked for. A classifier that learns from all of them should be better.
#
# **What does the GAN know that the labelled pictures do not say?** Write your answer down. Step 7 comes back to it.
#
# ## 2. Controls first
#
# A GAN is not the only way to get more out of few pictures. If "real and generated" beats "real", what has won: the GAN, or just more
# variety? So we first see how far the simple ways get. Each trains **the same classifier, from the same first weights, with the same
# number of updates, on batches of the same size**:
#
# | way | batches of |
# |---|---|
# | real | the labelled pictures as they are |
# | shifted | the same, each moved by up to an eighth of its side |
# | oversampled | the same, but those with a rare label more often |
# | mixup [1] | blends of two of them, and of their label sets |
#
# **Augmentation** trains on changed copies of the examples that keep their labels, shifted ones for instance. **Oversampling** shows examples with
# a rare label more often than the others. **Mixup** [1] trains on blends of two examples, with their label sets blended in the same shares.
#
# **Exercise 1.** Write mixup for a batch. Blend picture i with picture i of the batch turned round (`x[::-1]`): `s[i]` of the first, `1 - s[i]` of
# the second. The label sets have to say so. Round nothing, and mind the shapes: each picture has a share of its own.


# %% tags=["exercise"]
def mixup(x, y, s):
    """Mixed pictures and sets; x (N, height, width, channels), y (N, K), shares s (N,)."""
    return ...  # your code: two arrays


# %% tags=["solution"]
def mixup(x, y, s):
    """Mixed pictures and sets; x (N, height, width, channels), y (N, K), shares s (N,)."""
    of_picture, of_set = s[:, None, None, None], s[:, None]
    mixed = of_picture * x + (1 - of_picture) * x[::-1]
    return mixed, of_set * y + (1 - of_set) * y[::-1]


# %% tags=["mistake"] hint="their label sets are not"
def mixup(x, y, s):
    return s[:, None, None, None] * x + (1 - s[:, None, None, None]) * x[::-1], y


# %% tags=["mistake"] hint="in the *same* share"
def mixup(x, y, s):
    of_picture, of_set = s[:, None, None, None], 1 - s[:, None]
    mixed = of_picture * x + (1 - of_picture) * x[::-1]
    return mixed, of_set * y + (1 - of_set) * y[::-1]


# %% tags=["mistake"] hint="in *its* blend"
def mixup(x, y, s):
    of_picture, of_set = s[:, None, None, None], s[:, None]
    return of_picture * x + of_picture[::-1] * x[::-1], of_set * y + of_set[::-1] * y[::-1]


# %% tags=["mistake"] hint="cuts fractions off"
def mixup(x, y, s):
    mixed, of_set = np.zeros_like(x), s[:, None]
    for i, share in enumerate(s):
        mixed[i] = share * x[i] + (1 - share) * x[::-1][i]
    return mixed, of_set * y + (1 - of_set) * y[::-1]


# %%
mixup = check("mixup", mixup)

# %% [markdown]
# `few_labels.batches` makes an endless pipeline for each way; here are the first pictures of two of them. **What will your mixup do to two
# scenes?** Below them are four pairs, a column each, and in the third row the blend of each pair ("2:.4" says 0.4 of a 2).

# %%
def said(label_set):
    """The labels of a row, as a short text, with their shares where it is a blend."""
    names = [name.split(": ")[-1] for name in np.array(data.label_names)[label_set > 0]]
    shares = [f"{share:.1f}".lstrip("0") for share in label_set[label_set > 0]]
    if np.any(label_set % 1):
        names = map(":".join, zip(names, shares, strict=True))
    return " ".join(names) or "none"


def first_batch(way):
    """The pictures and label sets of the first batch of a way."""
    return [part.numpy() for part in next(iter(few_labels.batches(way, few, seed=SEED)))]


for way in ("real", "shifted"):
    pictures, sets = first_batch(way)
    plots.scenes(pictures[:8], [said(row) for row in sets[:8]], way)
pictures, sets = first_batch("real")
kept = np.random.default_rng(SEED).uniform(size=len(sets))  # the share of each picture
mixed, mixed_sets = mixup(pictures, sets, kept)
labels = np.where(sets.any(axis=1) & sets[::-1].any(axis=1), (mixed_sets > 0).sum(axis=1), 99)
pairs = np.argsort(labels[: len(sets) // 2], kind="stable")[:4]  # with few labels to name
shown = [part[pairs] for part in (pictures, pictures[::-1], np.round(mixed).astype(np.uint8))]
titles = [said(row) for part in (sets, sets[::-1], mixed_sets) for row in part[pairs]]
plots.scenes(np.concatenate(shown), titles, "mixup: two pictures, and their blend", columns=4)

# %% [markdown]
# Now train all four; "mixup" too gets its batches from the pipeline (which rounds the blended pictures to
# whole grey values, never the label sets). There are fewer updates here than in the measurement of step 6. The
# baselines learn from the same few pictures. The scores are of the validation split, each with the threshold that is best there: the
# test split waits until step 4, when all the ways are there.

# %% timeout=600
updates = settings.classifier_steps


def taught(way, generated=None):
    """A classifier that learnt in this way."""
    classifier = cnn.classifier(picture_shape, label_count, SEED)
    cnn.train(classifier, few_labels.batches(way, few, generated, seed=SEED), updates)
    return classifier


classifiers = {way: taught(way) for way in few_labels.CONTROLS}

# %%
labelled = dataclasses.replace(data, train=few)
simple = {"label prior": baselines.label_prior, "linear": baselines.linear}
found = {name: baseline(labelled)[0] for name, baseline in simple.items()}
for way, classifier in classifiers.items():
    found[way] = cnn.probabilities(classifier, data.validation.x)
scores = {}
for way, probabilities in found.items():
    cut = thresholds.global_threshold(data.validation.y, probabilities)
    decided = thresholds.decide(probabilities, cut)
    scores[way] = metrics.micro_f1(data.validation.y, decided)
for way, score in sorted(scores.items(), key=lambda item: -item[1]):
    print(f"{way:>13}: validation micro-F1 {score:.3f}")

# %% [markdown] tags=["claim"] expect="abs(scores['oversampled'] - scores['real']) < 0.06 and abs(scores['mixup'] - scores['real']) < 0.06 and scores['real'] > scores['linear'] + 0.03"
# None of the simple ways adds much to "real" in this one run, and shifting costs a good deal. Part of that is only that it learns more slowly: with
# 2,000 updates, in step 6, it costs much less. But each way is also a *statement about the data*. "A digit is the same digit two pixels further on"
# holds for handwriting, but in these scenes every digit stands in one of four fixed places. So a classifier that learns from shifted scenes prepares
# for pictures that no test shows, and sees some digits cut off at the edge. Oversampling says that rare labels deserve more; no label of these scenes
# is rare. (It takes "no label" for one more label, and so shows the many black scenes less often; what it gains, if that is more than luck, may come
# from that.) **The GAN has to beat the best of these, not just "real".**

# %% [markdown] tags=["tweak"] set="updates = 300" expect="scores['shifted'] < scores['real'] - 0.05"
# > **Tweak card.** Set `updates` to `300`, and run from that cell to here. *Expect* "shifted" to fall still farther behind "real", and "mixup"
# > mostly too: their pictures are harder, so they take longer. A comparison that is stopped early tells who learns fast, not
# > who learns most. Then set it back, and run from that cell to here again: `updates` is needed below.

# %% [markdown] minutes=3
# ## 3. A GAN of the few
#
# It learns from the same few pictures, or the comparison is worth nothing: a GAN that was trained on all of them would have seen what the classifier
# may not. With so few, its discriminator may learn them by heart. A remedy for that is to show it shifted copies only, of real and generated pictures
# alike ("differentiable augmentation" [2]). **Would you use it, after step 2?** We tried it on other scenes, with their validation pictures (`python
# benchmarks/gan_helps.py --choose 0.01 0.05 0.2 1`): generated pictures alone then teach *worse*, one run at each share. So our GAN does without it.

# %% timeout=900
gan_steps = settings.gan_steps
with devices.strategy().scope():
    gan = configurations.build("course", picture_shape, label_count, SEED, gan_steps)
batch_size = configurations.CONFIGURATIONS["course"].batch_size
ten = images.batches(few.x, few.y, batch_size, SEED).repeat().take(gan_steps // 10)
_ = training.fit(gan, ten, epochs=10)  # a tenth of the steps at a time, to see it move

# %% [markdown]
# Each wish is the label set of a labelled picture, drawn at random, and the discriminator chooses the better of two pictures (lesson 04):

# %%
chosen = np.random.default_rng(SEED).integers(len(few), size=settings.generated)
wanted = few.y[chosen]
generated = Split(gan.generate(wanted, seed=SEED, best_of=2), wanted)
some = np.flatnonzero(wanted.any(axis=1))[:16]  # those that are not to be empty
titles = [said(row) for row in wanted[some]]
plots.scenes(generated.x[some], titles, "Generated from few")

# %% [markdown] minutes=8
# ## 4. Does it help?
#
# Two more ways: generated pictures *only*, and "both", where half of each batch is generated. (So "both" sees half as many real pictures in
# an update as "real" does.) **Where will they stand in the list above?**

# %% timeout=600
for way in ("generated", "both"):
    classifiers[way] = taught(way, generated)

# %% [markdown]
# Now all are there, and the test split is looked at, once. Each threshold is still that of the validation split. (It takes 2,000
# labelled pictures, more than we pretend to have; all ways share this gift, and the record of step 8 does without it.)

# %%
probabilities = {name: baseline(labelled) for name, baseline in simple.items()}
for way, classifier in classifiers.items():
    on_both = (cnn.probabilities(classifier, split.x) for split in (data.validation, data.test))
    probabilities[way] = tuple(on_both)
scores = {}
for way, (on_validation, on_test) in probabilities.items():
    cut = thresholds.global_threshold(data.validation.y, on_validation)
    scores[way] = metrics.micro_f1(data.test.y, thresholds.decide(on_test, cut))
for way, score in sorted(scores.items(), key=lambda item: -item[1]):
    print(f"{way:>13}: test micro-F1 {score:.3f}")

# %% [markdown] tags=["claim"] expect="scores['generated'] < scores['real'] and abs(scores['both'] - max(scores[way] for way in few_labels.CONTROLS)) < 0.06"
# Generated pictures *alone* teach the network less than the few real ones do: of two or three digits that were asked for, in hardly a scene above can
# all be read, and the network believes every label. Beside real pictures they do no great harm. Do they do good? "Both" is within a few points of the
# best of the controls, which need no GAN, and some points more or less in *one* run may be luck.

# %% [markdown] tags=["tweak"] set="gan_steps = 100" expect="scores['both'] > scores['generated'] + 0.2"
# > **Tweak card.** In step 3, set `gan_steps` to `100`, and run from there to here. *Expect* a micro-F1 from generated pictures alone
# > that is far below that from both. Half of each batch is then rubbish with labels, and the network still learns
# > most of what it knows from the other half. So a score of "both" a little below that of "real" is no praise of a GAN. Then set it back, and run
# > from there to here again.

# %% [markdown]
# **Question.** A report says: "Trained for 20 epochs on 1,000 real pictures the classifier has a micro-F1 of 0.71; on these and 9,000 generated
# ones, for 20 epochs too, 0.76; it is so with each of five seeds. Generated pictures help." Which control do you ask for first?
#
# - **a** The real pictures alone, for 200 epochs.
# - **b** The Fréchet distance of the generated pictures.
# - **c** Twenty more seeds.
# - **d** A test split that holds generated pictures too.

# %% tags=["exercise"]
answer = ...  # "a", "b", "c" or "d"

# %% tags=["solution"]
answer = "a"

# %% tags=["mistake"] hint="how real they look is not what the report claims"
answer = "b"

# %% tags=["mistake"] hint="the gain is there with each seed"
answer = "c"

# %% tags=["mistake"] hint="the classifier is meant for real pictures"
answer = "d"

# %%
check("missing control", answer)

# %% [markdown] defines="confidence interval" minutes=16
# ## 5. One run is no answer
#
# With other scenes, another draw of the labelled ones, or other first weights, the order may change. A score without its spread is an
# anecdote. A 95 % **confidence interval** is made from a few runs in such a way that of 100 experiments about 95 get an interval
# with the true mean inside. With the scores $a_1, \dots, a_n$ of $n$ independent runs, mean $\bar a$, it is
#
# $$\bar a \pm t\, \frac{s}{\sqrt n}, \qquad s^2 = \frac{1}{n - 1} \sum_{i=1}^{n} (a_i - \bar a)^2,$$
#
# if the scores are spread like a normal distribution, where $t$ is the 0.975 quantile of Student's distribution with $n - 1$
# degrees of freedom (`scipy.stats.t.ppf(0.975, n - 1)`). **How large is $t$ for three runs?** For many it is close to 1.96.
#
# **Question.** Two ways, three seeds, and with each seed both learn from the same pictures. A scores 0.70, 0.76 and 0.81; B scores 0.72, 0.79
# and 0.83. What do you go by?
#
# - **a** The intervals of the two means. They overlap, so there is nothing to choose between A and B.
# - **b** The interval of the three differences, B minus A.
# - **c** The best of each: 0.83 against 0.81.

# %% tags=["exercise"]
answer = ...  # "a", "b" or "c"

# %% tags=["solution"]
answer = "b"

# %% tags=["mistake"] hint="nearly all of their width is the luck of the draw"
answer = "a"

# %% tags=["mistake"] hint="the best run is the luckiest one"
answer = "c"

# %%
check("same pictures", answer)

# %% [markdown]
# **Exercise 2.** Give the verdict on a way, from its scores and those of "real" with the same seeds: the mean gain, half the width of its 95 %
# interval, and one of three words. Where the interval is wholly above 0, the way `"helps"`; wholly below, it `"harms"`; else the matter is
# `"open"`.


# %% tags=["exercise"]
def verdict(way, real):
    """Mean gain, half width, word; way (n,) and real (n,), the scores with n seeds."""
    return ...  # your code: three things


# %% tags=["solution"]
def verdict(way, real):
    """Mean gain, half width, word; way (n,) and real (n,), the scores with n seeds."""
    gains = way - real
    n, mean = len(gains), gains.mean()
    half = scipy.stats.t.ppf(0.975, n - 1) * gains.std(ddof=1) / np.sqrt(n)
    if abs(mean) <= half:
        return mean, half, "open"
    return mean, half, "helps" if mean > 0 else "harms"


# %% tags=["mistake"] hint="Both have the same seeds: take the differences first"
def verdict(way, real):
    n, mean = len(way), np.mean(way - real)
    spread = np.sqrt(np.var(way, ddof=1) + np.var(real, ddof=1))
    half = scipy.stats.t.ppf(0.975, n - 1) * spread / np.sqrt(n)
    return mean, half, "open" if abs(mean) <= half else "helps" if mean > 0 else "harms"


# %% tags=["mistake"] hint="two *independent* samples are compared"
def verdict(way, real):
    low, high = scipy.stats.ttest_ind(way, real).confidence_interval()
    word = "helps" if low > 0 else "harms" if high < 0 else "open"
    return np.mean(way - real), (high - low) / 2, word


# %% tags=["mistake"] hint="1.96 is for many runs"
def verdict(way, real):
    mean = np.mean(way - real)
    half = 1.96 * np.std(way - real, ddof=1) / np.sqrt(len(way))
    return mean, half, "open" if abs(mean) <= half else "helps" if mean > 0 else "harms"


# %% tags=["mistake"] hint="divides by n"
def verdict(way, real):
    n, mean = len(way), np.mean(way - real)
    half = scipy.stats.t.ppf(0.975, n - 1) * np.std(way - real) / np.sqrt(n)
    return mean, half, "open" if abs(mean) <= half else "helps" if mean > 0 else "harms"


# %% tags=["mistake"] hint="this is the whole width"
def verdict(way, real):
    n, mean = len(way), np.mean(way - real)
    width = 2 * scipy.stats.t.ppf(0.975, n - 1) * np.std(way - real, ddof=1) / np.sqrt(n)
    return mean, width, "open" if abs(mean) <= width else "helps" if mean > 0 else "harms"


# %% tags=["mistake"] hint="two things: 1.96 is for many runs"
def verdict(way, real):
    mean = np.mean(way - real)
    half = 1.96 * np.std(way - real) / np.sqrt(len(way))
    return mean, half, "open" if abs(mean) <= half else "helps" if mean > 0 else "harms"


# %% tags=["mistake"] hint="whatever the sign of the mean"
def verdict(way, real):
    mean, half = intervals.interval(way - real)
    return mean, half, "helps" if mean > 0 else "harms"


# %%
verdict = check("does it help", verdict)

# %% [markdown]
# On A and B of the question, beside the interval of two samples that have nothing to do with each other:

# %%
a, b = np.array([0.70, 0.76, 0.81]), np.array([0.72, 0.79, 0.83])
mean, half, word = verdict(b, a)
print(f"t for three runs: {scipy.stats.t.ppf(0.975, 2):.2f}")
print(f"{mean:+.3f} ± {half:.3f}, {word}; intervals.interval gives the same:", end=" ")
print("{:+.3f} ± {:.3f}".format(*intervals.interval(b - a)))
low, high = scipy.stats.ttest_ind(b, a).confidence_interval()
print(f"as two samples apart: {low:+.3f} to {high:+.3f}")

# %% [markdown]
# The same six numbers, and an interval many times as wide, because the luck of the draw is in it. **How often will your verdict find a
# difference where there is none?** Here, 2,000 times, two ways are compared that are the same, with three seeds:

# %%
same = np.random.default_rng(SEED).normal(0.9, 0.01, (2_000, 2, 3))  # comparison, way, seed
words = np.array([verdict(one, other)[2] for one, other in same])
print(f"helps: {np.mean(words == 'helps'):.1%}, harms: {np.mean(words == 'harms'):.1%}")

# %% [markdown]
# About one in twenty, half of them praise and half of them blame: that is what is left over from 95 %. Whoever tries many ways will find one
# that "helps".

# %% [markdown] minutes=8
# ## 6. The answer for digit scenes
#
# The experiment above, at four shares and with several seeds, takes an hour or two, so here it is read from a **record**.
# `python benchmarks/gan_helps.py --seed 0 --json FILE` repeats a seed. It trains GAN and classifiers longer than step 4 did, so its scores at 5 %
# are higher, and closer together. It has a seventh way, "both, shifted": batches as in "both", all
# pictures shifted.

# %%
record = json.loads((mlc_tf.PROJECT / "benchmarks/results/gan_helps.json").read_text())
runs = list(record["seeds"].values())  # a run a seed: share -> way -> test micro-F1
shares = list(runs[0])  # as the record writes them
print(f"recorded: {len(runs)} seeds, {record['settings']['gan_steps']:,} steps of each GAN,")
print(f"{record['settings']['classifier_steps']:,} updates of each classifier")


# %%
percent = [100 * float(at) for at in shares]
head = "".join(f"{at:>15.0f} %" for at in percent)


def scores_of(way, at, runs):
    """The recorded scores of a way at a share, one a seed."""
    return np.array([run[at][way] for run in runs])


def print_scores(ways, runs):
    """For each way and share the mean score, and half the width of its interval."""
    print(" " * 21 + head)
    for way in ways:
        found = [intervals.interval(scores_of(way, at, runs)) for at in shares]
        print(f"{way:>21}" + "".join(f"    {mean:.3f} ± {half:.3f}" for mean, half in found))


print_scores(("label prior", "linear", *few_labels.WAYS), runs)

# %% [markdown]
# The intervals of two ways often overlap, even where one way is better in every run: a lucky draw of labelled pictures is lucky for all ways,
# since each seed gives all of them the same pictures. So compare *within* a run, with your verdict. (It has its price: $t$ is 4.3 for three
# differences, and 2.8 for two samples of three apart. It pays where two ways rise and fall together.)

# %%
def beside(way, than, runs):
    """At each share the verdict on a way beside another one, in points of micro-F1."""
    return [
        verdict(*(100 * scores_of(one, at, runs) for one in (way, than))) for at in shares
    ]


def show_gains(ways, than, runs):
    """A panel a share: what each way gains over another one."""
    panels = {
        f"{at:.0f} % labelled": {way: beside(way, than, runs)[column][:2] for way in ways}
        for column, at in enumerate(percent)
    }
    title = f"Recorded: what a way gains over {than}"
    plots.gains(panels, title, "gain in points of micro-F1 (100 times the difference)")


show_gains([way for way in few_labels.WAYS if way not in ("real", "generated")], "real", runs)

# %% [markdown]
# A filled square stands where the interval leaves 0 out. Mind the scales: each panel has its own. Generated pictures *alone* are not shown;
# they stay so far behind that nothing else could be read. **Which way would you choose at 1 %? And at 100 %?**
#
# Here are the differences from "real", and four more, in points of micro-F1, with a star where the interval leaves 0 out:

# %%
def print_differences(pairs, runs):
    """The verdicts on the first of each pair beside the second; returns their words."""
    print(" " * 37 + head)
    words = []
    for way, than in pairs:
        print(f"{way:>13} - {than:<21}", end="")
        for mean, half, word in beside(way, than, runs):
            print(f"{mean:+10.1f} ± {half:3.1f}{' ' if word == 'open' else '*'}", end="")
            words.append(word)
        print()
    return words


pairs = [(way, "real") for way in few_labels.WAYS[1:]]
pairs += [("both", "oversampled"), ("both", "mixup"), ("both, shifted", "shifted")]
pairs += [("mixup", "linear")]
words = print_differences(pairs, runs)
print(f"\n{len(words)} intervals, 5 % of them: {0.05 * len(words):.1f}; with a star: ", end="")
print(f"{len(words) - words.count('open')}; 'helps': {words.count('helps')}")

# %% [markdown] tags=["claim"] expect="all(word == 'open' for _, _, word in beside('both', 'real', runs)[:2]) and all(word == 'harms' for _, _, word in beside('both', 'real', runs)[2:]) and beside('both', 'mixup', runs)[0][2] == 'harms' and beside('both', 'oversampled', runs)[1][2] == 'harms' and all(word == 'harms' for _, _, word in beside('generated', 'real', runs)) and all(word == 'harms' for _, _, word in beside('shifted', 'real', runs)[2:]) and not any(word == 'helps' for way in few_labels.WAYS[1:] for _, _, word in beside(way, 'real', runs))" minutes=8
# **We see no help.** No gain over "real" has an interval above 0, at any share. At 20 and 100 % "both" costs more than half a point on average. At 1
# and 5 % its matter is open: mixing in generated pictures may help or harm. (Of its four comparisons with mixup and oversampling there, two go
# against it, and two are open.) At 100 % mixup costs nearly as much, and its interval leaves 0 out, too; shifting costs two points. Generated
# pictures alone stay 7 to 11 points behind real ones, at every share. At 1 % nothing but mixup has a higher mean than the linear model, which mixup
# leads by a point and a half, with an interval that leaves 0 out by a hair. At 100 % no way has a higher mean than "real". (These are test scores:
# they report. To choose, one would look at validation scores.)
#
# How far can this be trusted?
#
# - Of 40 intervals at 95 %, two leave 0 out by chance alone. Here 21 do, 17 of them against the way that comes first in its row: too many for
#   chance. But the 40 are not independent witnesses (at each share the same three scores of "real" stand in six of the ten rows), and
#   no single one is to be leant on, least of all one that leaves 0 out by a hair, as that of mixup at 100 % does.
# - Three runs are few. At 1 % a score moves by several points from seed to seed: a gain of one or two could not be seen. And all seeds draw
#   from the same 1,797 handwritten digits.
# - "Both" is one mixture of many, half and half; no other was tried. It sees half as many real pictures in an update as "real" does. Whether it
#   loses by what it sees in their place or by what it does not see, this experiment does not tell.
#
# What it does *not* say is that no GAN ever helps. Ours had few steps, and only the labelled pictures, so it had no news for the
# classifier. For ImageNet too, with far better GANs, real and generated pictures together helped only in some cases [3].
#
# ## 7. Why
#
# Generated pictures are made from the labelled ones and from noise, by computation alone. They hold no news about digits beyond what the
# labelled pictures hold. What a generator adds is what it *assumes* about pictures: that a digit stays the same digit when its strokes vary
# a little, or when it stands beside another one. An augmentation is such an assumption too, written by hand. Where it is right, it keeps the
# label right; a generator sometimes draws something else.
#
# So news has to come from elsewhere. Some of it is within reach: nineteen of twenty training pictures, which step 1 put aside because nobody
# has labelled them.
#
# > **A good place for a break.** Next time, run the cells above first (*Run → Run All Above Selected Cell*): a few minutes.

# %% [markdown] minutes=20 defines="semi-supervised learning; pseudo-label; consistency"
# ## 8. Pictures without labels
#
# **Semi-supervised learning** is learning from many examples of which few have labels. **What can a picture without labels teach a classifier?**
# Three answers that have been tried:
#
# - A **pseudo-label** [4] is a label that nobody gave: the classifier's own answer, taken as if it were true. Ours counts only if the classifier is
#   sure of it.
# - With **consistency** [5] the classifier has to say of a changed copy what it says of the picture itself. Here the copy is shifted.
# - In a *game* [6] the classifier is a GAN's discriminator, too. "Real or drawn?" needs no labels; but whoever can answer it knows what real
#   strokes look like, and may find digits more easily. (In [6] "drawn" is one more class, and the generator learns in another way; here there is
#   a score beside the labels, as in lesson 04.)
#
# **Exercise 3.** Write the loss of pseudo-labels. The target of a label is 1 where p is above 0.5, else 0, and a label counts if p or 1 - p is
# above `sure`. For each picture, sum the cross-entropy of the labels that count; then take the mean over all pictures. (In 32 bits p can be
# exactly 0 or 1.)


# %% tags=["exercise"]
def pseudo_loss(p, sure):
    """One number: the loss of probabilities p (N, K), of the labels that are sure."""
    return ...  # your code


# %% tags=["solution"]
def pseudo_loss(p, sure):
    """One number: the loss of probabilities p (N, K), of the labels that are sure."""
    likelier = np.maximum(p, 1 - p)  # the probability of what it takes for true
    counts = likelier > sure
    return np.mean(np.sum(counts * -np.log(likelier), axis=1))


# %% tags=["mistake"] hint="sure that a label is *absent*, too"
def pseudo_loss(p, sure):
    return np.mean(np.sum((p > sure) * -np.log(p), axis=1))


# %% tags=["mistake"] hint="its own target"
def pseudo_loss(p, sure):
    entropy = -p * np.log(p) - (1 - p) * np.log(1 - p)
    return np.mean(np.sum((np.maximum(p, 1 - p) > sure) * entropy, axis=1))


# %% tags=["mistake"] hint="-log(1 - p)"
def pseudo_loss(p, sure):
    return np.mean(np.sum((np.maximum(p, 1 - p) > sure) * -np.log(p), axis=1))


# %% tags=["mistake"] hint="changes the caller's"
def pseudo_loss(p, sure):
    p[p < 0.5] = 1 - p[p < 0.5]
    return np.mean(np.sum((p > sure) * -np.log(p), axis=1))


# %% tags=["mistake"] hint="0 times log 0 is nan"
def pseudo_loss(p, sure):
    target, counts = np.round(p), np.maximum(p, 1 - p) > sure
    cost = -target * np.log(p) - (1 - target) * np.log(1 - p)
    return np.mean(np.sum(counts * cost, axis=1))


# %% tags=["mistake"] hint="label by label"
def pseudo_loss(p, sure):
    likelier = np.maximum(p, 1 - p)
    counts = (likelier > sure).all(axis=1, keepdims=True)
    return np.mean(np.sum(counts * -np.log(likelier), axis=1))


# %%
pseudo_loss = check("pseudo-labels", pseudo_loss)

# %% [markdown]
# (In training the target is a constant: no gradient goes through it.) The classifier "real" of step 2 has learnt from the few.
# **Of which labels will it be sure, on all the training pictures, and how often will it be right?** We know all of these labels, and look at
# them here only to see what pseudo-labels are worth. (One picture in twenty is among the labelled ones, which flatters the figures a little.)

# %%
p, true = cnn.probabilities(classifiers["real"], data.train.x), data.train.y == 1
sure_of, wrong, cost = {}, {}, {}
print("            sure of those    wrong of those called")
print("sure from   present    absent   present    absent      loss")
for sure in (0.5, 0.8, 0.95, 0.99):
    counts = np.maximum(p, 1 - p) > sure
    sure_of[sure] = counts[true].mean(), counts[~true].mean()
    called = {1: counts & (p > 0.5), 0: counts & (p <= 0.5)}  # present and absent
    errors = {it: np.sum(some & (true != it)) for it, some in called.items()}
    wrong[sure] = [errors[it] / max(1, called[it].sum()) for it in (1, 0)]
    cost[sure] = pseudo_loss(p, sure)
    line = "".join(f"{part:10.1%}" for part in (*sure_of[sure], *wrong[sure]))
    print(f"{sure:9}{line}{cost[sure]:10.3f}")

# %% [markdown] tags=["claim"] expect="wrong[0.95][0] < 0.6 * wrong[0.5][0] and cost[0.95] < 0.6 * cost[0.5] and sure_of[0.95][0] < sure_of[0.95][1] - 0.1"
# The surer, the more often right, and the less there is to learn: what it is sure of costs next to nothing already. (In training
# it is taught so from the first update on, while its answers still change. Is that enough? The record says.) It is sure of an absent label more
# often than of a present one: most labels are absent, so that is easy. Above 0.95 about one in a hundred of its
# pseudo-labels is wrong in our run, whether they say present or absent. Where it is wrong and sure, the pseudo-label makes it surer still.
#
# And the game? This is what an update costs its two players; here we only look at it, and read from the record what comes of it. Compare it with
# the table of step 6 of lesson 04. **Which terms are gone, and which pictures does each of the others look at now? And what will the two have to pay
# before they have learnt anything?**


# %%
def game(network, generator, labelled, y, without, noise):
    """What discriminator and generator pay; pictures in [-1, 1]."""
    drawn = network(generator([noise, y]))
    real, named = network(without), network(labelled)
    tell = tf.nn.relu(1 - real["score"]) + tf.nn.relu(1 + drawn["score"])
    steep = losses.gradient_penalty(lambda x: network(x)["score"], without, norm=0.0)
    discriminator = losses.classification(y, named["labels"])
    discriminator += 0.3 * (tf.reduce_mean(tell) + 0.1 * steep)
    fool, read = -tf.reduce_mean(drawn["score"]), losses.classification(y, drawn["labels"])
    return discriminator, fool + 0.1 * read


network = networks.discriminator(picture_shape, label_count, seed=SEED)
generator = networks.generator(picture_shape, label_count, width=16, seed=SEED)
x, without = (tf.constant(part.x[:64] / 127.5 - 1, tf.float32) for part in (few, data.train))
y = tf.constant(few.y[:64], tf.float32)
noise = tf.random.stateless_normal((64, 100), seed=(SEED, 0))
pays = game(network, generator, x, y, without, noise)
print("before training: discriminator {:.2f}, generator {:.2f}".format(*pays))

# %% [markdown]
# Before training ten labels cost about 10 log 2 = 6.9, and the two hinges, near 1 each, 0.3 times 2; the generator pays 0.1 times 6.9.
# "D mismatch" is gone: no label set goes into the score, as there is none for these pictures. So is "G variety". The pictures without labels meet
# the score, and with it the penalty; the labelled ones meet the labels alone. At the end the discriminator is kept, without its score. The
# generator has done its work. (One layer of this discriminator looks at the neighbour in the batch, too: lesson 04, step 6.)
#
# All three ways teach this one network, from the same first weights, with as many updates and as many labelled pictures in each. The game takes
# longest, so this cell trains consistency only, and the labels alone beside it (about a minute). **Will shifted copies help, after what step 2
# said of them?**

# %% timeout=600
taught_with = {}
for way in ("labels alone", "consistency"):
    learner = semi_supervised.classifier(way, few, data.train.x, updates, SEED)
    p = cnn.probabilities(learner, data.validation.x)
    cut = thresholds.global_threshold(data.validation.y, p)
    taught_with[way] = metrics.micro_f1(data.validation.y, thresholds.decide(p, cut))
    print(f"{way:>12}: validation micro-F1 {taught_with[way]:.3f}")

# %% [markdown] tags=["claim"] expect="taught_with['consistency'] > taught_with['labels alone'] + 0.005"
# Consistency does better than the labels alone, in this run. But it brings two things at once, pictures without labels *and* shifts. **Which control
# tells how much the shifts alone do?** (The record has one.)
#
# `python benchmarks/semi_supervised.py --seed 0 --json FILE` repeats a seed. It is stricter than the cell above: the threshold has few labels,
# too, those of the same share of the validation split (20 pictures, where the share is 1 %). "Consistency, labelled" is the control: the pictures
# "without" labels are the labelled ones again. "Labels alone, cnn" is "real" of step 6, with fewer updates, two more seeds, and this threshold.
# **Which way would you bet on, and at which share?**

# %%
path = mlc_tf.PROJECT / "benchmarks/results/semi_supervised.json"
record = json.loads(path.read_text())
seeds = record["seeds"].values()
runs_without = [{at: run[at]["micro_f1"] for at in shares} for run in seeds]
updates_each = record["settings"]["updates"]
print(f"recorded: {len(runs_without)} seeds, {updates_each:,} updates of each network")
print_scores(runs_without[0][shares[0]], runs_without)

# %% [markdown]
# Within each run, what a way gains over the labels alone (a filled square, and in the list below it a star, where the
# interval leaves 0 out; each panel has a scale of its own):


# %%
ways = ("pseudo-labels", "consistency", "game")
rows = ("consistency, labelled", *ways, "labels alone, cnn")
show_gains(rows, "labels alone", runs_without)

# %%
pairs = [(way, "labels alone") for way in ways]
pairs += [(way, "consistency, labelled") for way in ways]
pairs += [("game", "pseudo-labels"), ("game", "consistency"), ("game", "linear")]
pairs += [(way, "labels alone, cnn") for way in ways]
_ = print_differences(pairs, runs_without)
pair = ("pseudo-labels", "labels alone")
one, other = (scores_of(way, shares[2], runs_without) for way in pair)
low, high = 100 * np.array(scipy.stats.ttest_ind(one, other).confidence_interval())
print(f"\npseudo-labels - labels alone at {percent[2]:.0f} %, as two samples apart: ", end="")
print(f"{low:+.1f} to {high:+.1f}")

# %%
seconds = [run[at]["seconds"] for run in seeds for at in shares]
for way in ways:
    times = np.median([of_run[way] / of_run["labels alone"] for of_run in seconds])
    print(f"{way:>13}: {times:.1f} times as long as the labels alone")

# %% [markdown] tags=["claim"] expect="all(beside(way, 'labels alone', runs_without)[at][2] == 'helps' for way in ways for at in (1, 2)) and beside('consistency', rows[0], runs_without)[1][2] == 'helps' and all(beside(way, rows[0], runs_without)[2][2] != 'helps' for way in ways) and abs(beside('game', 'pseudo-labels', runs_without)[1][0]) < 1 and all(beside(way, 'labels alone', runs_without)[0][2] == 'open' for way in ways) and all(beside('game', way, runs_without)[0][2] == 'helps' for way in ways[:2]) and beside('game', 'linear', runs_without)[0][2] == 'open' and beside(rows[0], 'labels alone', runs_without)[0][0] < -10 and max(beside(way, 'labels alone', runs_without)[3][0] for way in ways) < 0.5 and all(beside(way, rows[4], runs_without)[at][2] == 'harms' for way in ways for at in (1, 2, 3)) and low < 0 < high" minutes=13
# - **At 5 % all three ways gain over the labels alone.** That pictures without labels do it is shown for consistency: it gains most, four and a
#   half points on average, and lies nearly four above its control. Pseudo-labels and game have no control of their own at any share; they lie two
#   points above that of consistency. The game gains about what pseudo-labels do, and takes three times as long.
# - At 20 % all three gain too, but none is clearly ahead of the control, which has no other pictures, and two are behind it: nothing shows that the
#   pictures without labels do it. Here it pays to compare within a run: as two samples apart, even the half point that pseudo-labels gain with every
#   seed could not be told from nothing.
# - At 1 % the game is better than the two other ways. Over the labels alone its mean gain is nearly that of consistency at 5 %, but the interval
#   holds 0, and the game cannot be told from a linear model. Consistency on the 120 labelled pictures alone does much harm: by the shifts, or because
#   the network believes itself too early? We cannot tell.
# - At 100 % the pictures without labels are the labelled ones (the two rows of consistency are one run). There is no news in them, and next to
#   nothing is gained.
# - **Another network, trained in its own way (step 2), beats all three with the labels alone, from 5 % on.** Without its row all three would look
#   like a success. In such comparisons the labels alone often get less care than the new way [7]. So first get out of the labels what is in
#   them; then look for more. (Whether pictures without labels help that network too, we have not measured.)
#
# Of so many intervals two or three leave 0 out by chance. The settings of the game were chosen among some ten, by validation pictures of other
# scenes, in one run each; the other ways had one. That favours the game. In those runs it did *not* help to have the discriminator name the labels of
# drawn pictures, too.
#
# ## 9. Photographs: CIFAR-100
#
# The same code takes photographs: `DATASET = "cifar-100"` in the first code cell (a download of 169 MB, and more patience). Each picture
# has *two* labels: one fine of 100 and one coarse of 20, as columns 0 to 99 and 100 to 119 of the label matrix.
#
# A network with 120 sigmoids is free to contradict itself: *rose* and *vehicle*. **How often do the two answers agree, and how often
# would you want them to?**
#
# **Exercise 4.** Write the agreement: the share of pictures whose most probable fine label belongs to their most probable coarse one.


# %% tags=["exercise"]
def agreement(fine, coarse, parent):
    """Fine (N, 100) and coarse (N, 20) logits; parent (100,), each fine label's coarse one."""
    return ...  # your code


# %% tags=["solution"]
def agreement(fine, coarse, parent):
    """Fine (N, 100) and coarse (N, 20) logits; parent (100,), each fine label's coarse one."""
    return np.mean(parent[fine.argmax(axis=1)] == coarse.argmax(axis=1))


# %% tags=["mistake"] hint="is no coarse label's number"
def agreement(fine, coarse, parent):
    return np.mean(fine.argmax(axis=1) == coarse.argmax(axis=1))


# %% tags=["mistake"] hint="do *not* agree"
def agreement(fine, coarse, parent):
    return np.mean(parent[fine.argmax(axis=1)] != coarse.argmax(axis=1))


# %%
agreement = check("agreement", agreement)

# %% [markdown]
# **How often do two answers agree that know nothing of each other? And two that are always the same?**

# %%
random = np.random.default_rng(SEED)
parent = random.permutation(np.arange(100) // 5)  # five fine labels to a coarse one
fine, coarse = random.normal(size=(10_000, 100)), random.normal(size=(10_000, 20))
print(f"by lot: {agreement(fine, coarse, parent):.3f}")
fine[:, 0], coarse[:, parent[0]] = 99, 99  # now fine label 0 and its coarse one win everywhere
print(f"always the same: {agreement(fine, coarse, parent):.3f}")

# %% [markdown]
# By lot they agree once in twenty, as there are twenty coarse labels. Two right answers always agree, and so do two that are always the same. So
# agreement is worth something only beside a score: it says nothing of who is right.
#
# A GAN of 32 x 32 pixels in colour trains for longer than a lesson lasts, so its figures too are read from a **record**.
# `python benchmarks/gan_cifar100.py --minutes 40 --json FILE` repeats it: it tries the speed of the machine first, and plans as many steps
# as should fit into so many minutes. (Here they took less.)

# %%
results = mlc_tf.PROJECT / "benchmarks" / "results"
photographs = json.loads((results / "gan_cifar100.json").read_text())
run, curve = photographs["settings"], photographs["curve"]
minutes = photographs["seconds"]["gan"] / 60
print(f"recorded: {run['steps']:,} steps in {minutes:.0f} minutes; {photographs['machine']}")
alt = "Rows of small pictures: a real photograph, then eight generated for the same label"
IPython.display.Image(results / "gan_cifar100.png", width=800, alt=alt)

# %% [markdown]
# Each row begins with a real photograph and goes on with generated ones of the same fine label. The colours are right, and so is what usually
# lies where: a sky above a mountain, something dark in blue water. Nobody would name the squirrels without the title. And every crab is
# nearly the same crab: within a row the pictures differ in tint more than in what they show. **Would more minutes have helped?**

# %%
lines = {"generated": (curve["steps"], curve["frechet"])}
copies = [curve["training_frechet"]] * len(curve["steps"])
lines["real training pictures"] = (curve["steps"], copies)
title = "Recorded: CIFAR-100, distance from real validation pictures"
plots.curves(lines, title, "step", "Fréchet distance", logarithmic=True)

# %%
likeness = photographs["likeness"]
print("from 5,000 test pictures (the curve: from 4,000 validation pictures)")
for who in ("generated", "training", "real"):  # here "real" are validation pictures
    distance, covered = likeness[who]["frechet"], likeness[who]["coverage"]
    print(f"{who:>9}: Fréchet distance {distance:.1f}, coverage {covered:.2f}")
change = photographs["improving"]["change_in_1000_steps"]
ended = curve["fine_accuracy"][-1]
print(f"at its end the judge reads {ended:.3f} of the fine labels, one picture for each wish")
print("the curve, from its middle on:", *(f"{value:.1f}" for value in curve["frechet"][4:]))
print(f"over its last three points it changes by {change:+.2f} in 1,000 steps")

# %% [markdown] tags=["claim"] expect="min(curve['frechet']) < curve['frechet'][-1] and change > 0 and 35 < likeness['generated']['frechet'] / likeness['real']['frechet'] < 50 and likeness['real']['frechet'] < 1"
# One run cannot tell. Its curve falls for somewhat over half of the time and then goes up and down, within a few units. That may be all that this GAN
# can do. But its learning rates were planned to fall to 0 at the last step, so a flat end does not show that it had nothing left to learn. (This one
# even got a little worse towards its end.) Planned for twice the minutes, they would be higher at each of these steps, and the curve another one:
# only such a run can tell, and better three than one. What this one does show is how far away it has stayed: its distance, a square (lesson 04), is
# forty times that of real photographs, or more.
#
# What does the judge, a classifier of real photographs, find in generated ones, in real test ones with the same label sets, and in 5,000 of
# those that it has learnt from? **Which will it read best?** (Its own training pictures were measured later,
# `python benchmarks/gan_cifar100.py --minutes 0 --json FILE`, with a judge trained anew; so real test pictures stand there twice.)

# %%
anew = json.loads((results / "gan_cifar100_judge.json").read_text())["fidelity"]
recorded = photographs["fidelity"]
read = {"generated": recorded["generated"], "test": recorded["real"]}
read["test, judge trained anew"] = anew["real"]
read["training, judge trained anew"] = anew["training"]
print("pictures                        fine  coarse  agreement  micro-F1  subset accuracy")
keys = ("fine_accuracy", "coarse_accuracy", "agreement", "micro_f1", "subset_accuracy")
for who, found in read.items():
    at = [found[key] for key in keys]
    print("{:29} {:6.3f} {:7.3f} {:10.3f} {:9.3f} {:16.3f}".format(who, *at))

# %% [markdown] tags=["claim"] expect="photographs['fidelity']['generated']['fine_accuracy'] > photographs['fidelity']['real']['fine_accuracy'] + 0.2"
# The generated ones, by far, and that is no praise. They descend from photographs that the judge has learnt from, and it does read those better than
# others: that explains some eight points of fine accuracy (training against test), not the twenty and more that come on top. (Of every two generated
# pictures the discriminator chose one. That may explain some more: with one for each wish, the judge read fewer at the end of the curve above.) Real
# photographs of one label differ much; the judge misses more than half of the test ones, and nearly half of those that it was trained on. A crab seen
# from behind may be among them. The generator is paid for labels that can be read, and draws nearly the same crab each time. So a fidelity above that
# of *all* real pictures is a warning: variety may be missing. The coverage above warns of the same and needs no labels: more than a quarter of the
# real test photographs have no generated one near them, and 3 in 100 no real one. (One GAN, and two judges.)
#
# So who learns from such pictures? Here are classifiers, all of them tested on real test photographs. "Softmax and look-up" is the baseline
# that a multi-label network has to beat on such labels: one fine label by softmax, and its coarse label from a table.

# %%
print("                       fine  coarse  agreement  micro-F1  macro-F1  subset accuracy")
keys = ("fine_accuracy", "coarse_accuracy", "agreement")
keys += ("micro_f1", "macro_f1", "subset_accuracy")
found_by = photographs["classification"]
for who, found in found_by.items():
    at = [f"{found[key]:.3f}" if key in found else "-" for key in keys]
    print("{:20} {:>6} {:>7} {:>10} {:>9} {:>9} {:>16}".format(who, *at))

# %% [markdown] tags=["claim"] expect="found_by['trained on generated']['fine_accuracy'] < 0.14 and 0.4 < found_by['trained on real']['fine_accuracy'] and found_by['trained on real']['fine_accuracy'] > found_by['softmax and look-up']['fine_accuracy'] and found_by['trained on real']['agreement'] < 0.75 and found_by['trained on real']['subset_accuracy'] < 0.5 * found_by['softmax and look-up']['subset_accuracy']" minutes=4
# - Trained on generated photographs alone, the network names one fine label in eight rightly (by lot it would be one in a hundred); trained on
#   real ones, more than four in ten. (That one is the judge of above, now on all test photographs.) What is read so well teaches little: this
#   test notices what fidelity does not.
# - The most probable fine label and the most probable coarse one of the 120 sigmoids contradict each other on more than a quarter of the
#   photographs. The look-up cannot.
# - The sigmoids name the fine label a little better than the softmax (in one run). But a threshold decides label by label, and gets the *whole
#   set* right less than half as often. The fault is in how they are asked: their most probable fine label, with its coarse one from the table,
#   is a whole set that is right as often as the fine label is. Use what you know of your labels when you decide.
#
# ## 10. What the article said, and what holds
#
# (This is an appendix: nothing later needs it.)
#
# | the article says | what holds |
# |---|---|
# | a GAN makes fake data "similar to real data" to train the classifier, and so solves the trouble of older methods; it trains no classifier | no help was seen here, at any share of the labels (step 6) |
# | CIFAR-100 has up to 100 labels a picture | two: one fine, one coarse |
# | the generator makes labelled data from noise alone | only one that is asked for a label set does (lesson 04) |
# | losses times 100 are percentages; "accuracy" is 1 - loss | a loss is no share of anything; test accuracy is counted on test pictures |
# | it reads the class of a picture off the largest of its pixels, and compares it with the labels of training pictures, of which there are another number, and which have nothing to do with the drawn ones | a classifier reads it (the judge, lesson 04), and what it finds is compared with what was asked for |
#
# ## What to take away
#
# - "Does it help?" needs a control for everything else that could have helped, the same number of updates, and the interval of the
#   differences between runs with the same seed.
# - On these scenes no way of step 6 helped clearly, at any share of the labels. On average oversampling, mixup and "both" cost a point at most;
#   shifting, which says something untrue about these scenes, did harm at 20 and 100 % (below that it is open); and generated pictures alone taught
#   least.
# - A GAN that learns from the labelled pictures has no news about the labels; what it adds is assumptions. Write down those that you know to
#   be true: that is augmentation.
# - Pictures without labels can bring news. At 5 % they helped one network, most of all by consistency, a simple way; another network did better
#   with the labels alone. Compare with the best that you can do without them.
#
# **Further reading.** [1] H. Zhang et al., [mixup: Beyond empirical risk minimization](https://arxiv.org/abs/1710.09412), *ICLR* 2018.
# [2] S. Zhao et al., [Differentiable augmentation for data-efficient GAN training](https://arxiv.org/abs/2006.10738), *NeurIPS* 2020.
# [3] S. Ravuri, O. Vinyals, [Classification accuracy score for conditional generative models](https://arxiv.org/abs/1905.10887), *NeurIPS*
# 2019: generated ImageNet, and where adding it helps.
# [4] D.-H. Lee, [Pseudo-label: The simple and efficient semi-supervised learning method for deep neural
# networks](https://www.semanticscholar.org/paper/798d9840d2439a0e5d47bcf5d164aa46d5e7dc26), *ICML workshop on challenges in representation
# learning* 2013. [5] M. Sajjadi, M. Javanmardi, T. Tasdizen, [Regularization with stochastic transformations and perturbations for
# deep semi-supervised learning](https://arxiv.org/abs/1606.04586), *NeurIPS* 2016. FixMatch joins the two: K. Sohn et al., [FixMatch: Simplifying
# semi-supervised learning with consistency and confidence](https://arxiv.org/abs/2001.07685), *NeurIPS* 2020.
# [6] T. Salimans et al., [Improved techniques for training GANs](https://arxiv.org/abs/1606.03498), *NeurIPS* 2016: section 5.
# [7] A. Oliver et al., [Realistic evaluation of deep semi-supervised learning algorithms](https://arxiv.org/abs/1804.09170), *NeurIPS* 2018.
#
# **Next:** [06 A recurrent classifier](06_a_recurrent_classifier.ipynb), which reads texts.
