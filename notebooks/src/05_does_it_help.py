# %% [markdown]
# # 05 Does it help?
#
# After this lesson you can answer the question that the article on GANs (by 禅与计算机程序设计艺术; lesson 04) raises and leaves open: do
# generated pictures make a better classifier? You know which controls such an answer needs, and how to say it with an interval.
#
# **Before:** [04 A multi-label GAN](04_a_multi_label_gan.ipynb). **Your time:** about 70 minutes. **Machine time:** under 7 minutes on two CPU cores. **Memory:** under 3 GiB.

# %% tags=["parameters"]
PROFILE = "quick"
SEED = 0
DATASET = "digit-scenes"  # or "cifar-100"

# %%
import json

import mlc_tf
import IPython.display
import numpy as np
import scipy.stats

from mlc_tf import plots, training
from mlc_tf.course import profiles
from mlc_tf.course.exercises import check
from mlc_tf.data import Dataset, Split, catalogue, digit_scenes, images
from mlc_tf.evaluation import baselines, intervals, metrics, thresholds
from mlc_tf.models import cnn
from mlc_tf.models.gan import configurations
from mlc_tf.training import devices, few_labels

settings = profiles.settings("05_does_it_help", PROFILE)
if DATASET == "digit-scenes":  # at the size that trains in a minute
    data = digit_scenes.load_data(16, train=settings.pictures, test=settings.test, seed=SEED)
else:
    data = catalogue.load(DATASET, seed=SEED)
picture_shape, labels = data.train.x.shape[1:], len(data.label_names)

# %% [markdown] minutes=2
# ## 1. Few labels
#
# Pictures are cheap, but somebody has to label them. Suppose that only a twentieth of the training pictures *has* labels, and pretend
# that the rest is not there:

# %%
share = 0.05
few = few_labels.share_of(data.train, share, SEED)
print(f"{len(few):,} labelled pictures of {len(data.train):,}, {labels} labels")
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
# **Exercise 1.** Write mixup for a batch: picture $i$ becomes $s_i\, x_i + (1 - s_i)\, x_j$, and its label set $s_i\, y_i + (1 - s_i)\, y_j$,
# where picture $j$ stands at the same place of the batch turned round (`x[::-1]`). Mind the shapes: each picture has a share of its own.


# %% tags=["exercise"]
def mixup(x, y, s):
    """Mixed pictures and sets; x (N, height, width, channels), y (N, K), s (N,)."""
    return ...  # your code: two arrays


# %% tags=["solution"]
def mixup(x, y, s):
    """Mixed pictures and sets; x (N, height, width, channels), y (N, K), s (N,)."""
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


# %%
check("mixup", mixup)

# %% [markdown]
# `few_labels.batches` makes an endless pipeline for each way. **What will mixup do to two scenes?**

# %%
for way in ("real", "shifted", "mixup"):
    pictures, sets = next(iter(few_labels.batches(way, few, seed=SEED)))
    present = [row[row > 0] for row in sets[:8].numpy()]
    titles = [" ".join(f"{value:.1f}".lstrip("0") for value in row) for row in present]
    plots.scenes(pictures[:8].numpy(), titles, f"{way}: what is said of the labels present")

# %% [markdown]
# Now train, with fewer updates than in the record of step 6. Each classifier has its own threshold from the validation split;
# the baselines learn from the same few pictures.

# %% timeout=600
updates = settings.classifier_steps


def test_score(validation, test):
    """Micro-F1 on the test split, of probabilities for both splits."""
    cut = thresholds.global_threshold(data.validation.y, validation)
    return metrics.micro_f1(data.test.y, thresholds.decide(test, cut))


def taught(way, generated=None):
    """The test score of a classifier that learnt in this way."""
    classifier = cnn.classifier(picture_shape, labels, SEED)
    cnn.train(classifier, few_labels.batches(way, few, generated, seed=SEED), updates)
    both = (cnn.probabilities(classifier, split.x) for split in (data.validation, data.test))
    return test_score(*both)


scores = {way: taught(way) for way in few_labels.CONTROLS}

# %%
labelled = Dataset("few labels", few, data.validation, data.test, data.label_names)
scores["label prior"] = test_score(*baselines.label_prior(labelled))
scores["linear"] = test_score(*baselines.linear(labelled))
for way, score in sorted(scores.items(), key=lambda item: -item[1]):
    print(f"{way:>13}: test micro-F1 {score:.3f}")

# %% [markdown] tags=["claim"] expect="abs(scores['oversampled'] - scores['real']) < 0.06 and abs(scores['mixup'] - scores['real']) < 0.06 and scores['shifted'] < scores['real'] and scores['real'] > scores['linear'] + 0.03"
# None of the simple ways adds much to "real" here, and shifting costs something. Each of them is a *statement about the data*. "A digit is
# the same digit two pixels further on" holds for handwriting, but in these scenes every digit stands in one of four fixed places: a
# classifier of shifted scenes prepares for pictures that the test never shows, and sees some digits cut off at the edge. Oversampling says
# that rare labels deserve more; no label of these scenes is rare. **The GAN has to beat the best of these, not just "real".**

# %% [markdown] tags=["tweak"] set="updates = 300" expect="scores['shifted'] < scores['real'] - 0.05"
# > **Tweak card.** Set `updates` to `300`, and run from that cell to here. *Expect* "shifted" to fall far behind "real", and "mixup"
# > mostly too: their pictures are harder, so they take longer. A comparison that is stopped early tells who learns fast, not
# > who learns most.

# %% [markdown] minutes=3
# ## 3. A GAN of the few
#
# It learns from the same few pictures, or the comparison is worth nothing: a GAN that was trained on all of them would have seen what the
# classifier may not. With so few, its discriminator may learn them by heart. A remedy for that is to show it shifted copies only, of real
# and generated pictures alike ("differentiable augmentation" [2]). **Would you use it, after step 2?** We tried it on other scenes, with their
# validation pictures (`python benchmarks/gan_helps.py --choose 0.01 0.05 0.2 1`): the generated pictures then teach *worse*. So our GAN does
# without it.

# %% timeout=900
gan_steps = settings.gan_steps
with devices.strategy().scope():
    gan = configurations.build("course", picture_shape, labels, SEED, gan_steps)
batch_size = configurations.CONFIGURATIONS["course"].batch_size
ten = images.batches(few.x, few.y, batch_size, SEED).repeat().take(gan_steps // 10)
_ = training.fit(gan, ten, epochs=10)  # a tenth of the steps at a time, to see it move

# %% [markdown]
# It is asked for label sets as frequent as among the labelled pictures, and its discriminator chooses the better of two (lesson 04):

# %%
chosen = np.random.default_rng(SEED).integers(len(few), size=settings.generated)
wanted = few.y[chosen]
generated = Split(gan.generate(wanted, seed=SEED, best_of=2), wanted)


def name(label_set):
    """The labels of a row of the label matrix, as a short text."""
    names = np.array(data.label_names)[label_set == 1]
    return " ".join(label.split(": ")[-1] for label in names) or "none"


titles = [name(label_set) for label_set in wanted[:16]]
plots.scenes(generated.x[:16], titles, "Generated from few")

# %% [markdown] minutes=8
# ## 4. Does it help?
#
# Two more ways: generated pictures *only*, and "both", where half of each batch is generated. (So "both" sees half as many real pictures in
# an update as "real" does.) **Where will they stand in the list above?**

# %% timeout=600
for way in ("generated", "both"):
    scores[way] = taught(way, generated)
for way, score in sorted(scores.items(), key=lambda item: -item[1]):
    print(f"{way:>13}: test micro-F1 {score:.3f}")

# %% [markdown] tags=["claim"] expect="scores['generated'] < scores['real'] and abs(scores['both'] - max(scores[way] for way in few_labels.CONTROLS)) < 0.06"
# Generated pictures *alone* teach the network less than the few real ones do, nearer to what a linear model learns from those: some lack a
# digit, some show one that nobody would read so, and the network believes every label. Beside real pictures they do no great harm. Do they do
# good? "Both" is close to the best of the controls, which need no GAN, and some points more or less in *one* run may be luck.

# %% [markdown] tags=["tweak"] set="gan_steps = 100" expect="scores['both'] > scores['generated'] + 0.2"
# > **Tweak card.** In step 3, set `gan_steps` to `100`, and run from there to here. *Expect* a micro-F1 from generated pictures alone
# > that is far below that from both. Half of each batch is then rubbish with labels. A network that sees the truth in the other half can learn
# > to tell the halves apart, so a score of "both" near that of "real" is no praise of a GAN.

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

# %% [markdown] defines="confidence interval" minutes=12
# ## 5. One run is no answer
#
# With other scenes, another draw of the labelled ones, or other first weights, the order may change. A score without its spread is an
# anecdote. A 95 % **confidence interval** is made from a few runs in such a way that of 100 experiments about 95 get an interval
# with the true mean inside. With the scores $a_1, \dots, a_n$ of $n$ independent runs, mean $\bar a$, it is
#
# $$\bar a \pm t\, \frac{s}{\sqrt n}, \qquad s^2 = \frac{1}{n - 1} \sum_{i=1}^{n} (a_i - \bar a)^2,$$
#
# if the scores are spread like a normal distribution, where $t$ is the 0.975 quantile of Student's distribution with $n - 1$
# degrees of freedom (`scipy.stats.t.ppf(0.975, n - 1)`). **How large is $t$ for three runs?** For many it is 1.96.
#
# **Exercise 2.** Write the half width of this interval.


# %% tags=["exercise"]
def half_width(scores):
    """Half the width of the 95 % interval of the mean; scores (n,)."""
    return ...  # your code


# %% tags=["solution"]
def half_width(scores):
    """Half the width of the 95 % interval of the mean; scores (n,)."""
    n = len(scores)
    t = scipy.stats.t.ppf(0.975, n - 1)
    return t * np.std(scores, ddof=1) / np.sqrt(n)


# %% tags=["mistake"] hint="1.96 is for many runs"
def half_width(scores):
    return 1.96 * np.std(scores, ddof=1) / np.sqrt(len(scores))


# %% tags=["mistake"] hint="divide by √n"
def half_width(scores):
    return scipy.stats.t.ppf(0.975, len(scores) - 1) * np.std(scores, ddof=1)


# %% tags=["mistake"] hint="divides by n"
def half_width(scores):
    n = len(scores)
    return scipy.stats.t.ppf(0.975, n - 1) * np.std(scores) / np.sqrt(n)


# %%
check("half width", half_width)

# %% [markdown]
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

# %% [markdown] minutes=5
# ## 6. The answer for digit scenes
#
# The experiment above, at four shares and with several seeds, takes an hour or two, so here it is read from a **record**.
# `python benchmarks/gan_helps.py --seed 0 --json FILE` repeats a seed. It has a seventh way, "both, shifted": batches as in "both", all
# pictures shifted.

# %%
record = json.loads((mlc_tf.PROJECT / "benchmarks/results/gan_helps.json").read_text())
runs = list(record["seeds"].values())  # a run a seed: share -> way -> test micro-F1
shares = list(runs[0])  # as the record writes them
print(f"recorded: {len(runs)} seeds, {record['settings']['gan_steps']:,} steps of each GAN,")
print(f"{record['settings']['classifier_steps']:,} updates of each classifier")


# %%
def recorded(way):
    """The interval of a way's score at each share."""
    return [intervals.interval([run[at][way] for run in runs]) for at in shares]


percent = [100 * float(at) for at in shares]
series = {way: (percent, *zip(*recorded(way), strict=True)) for way in few_labels.WAYS}
plots.scores_with_intervals(
    series, "Recorded: seven ways to teach a classifier", "labelled share (%)", "test micro-F1"
)

# %%
print(" " * 13 + "".join(f"{at:>15.0f} %" for at in percent))
for way in ("label prior", "linear", *few_labels.WAYS):
    values = "".join(f"    {mean:.3f} ± {half:.3f}" for mean, half in recorded(way))
    print(f"{way:>13}{values}")

# %% [markdown]
# The lines lie close together, and the intervals of two ways may overlap although one is better in every run: a lucky draw of labelled
# pictures is lucky for all ways. Each seed gives all of them the same pictures. So compare *within* a run, and take the interval of the
# differences:


# %%
def gains(way, than):
    """At each share, the interval of the score of a way minus that of another one."""
    each = [[run[at][way] - run[at][than] for run in runs] for at in shares]
    return [intervals.interval(differences) for differences in each]


pairs = [(way, "real") for way in few_labels.WAYS[1:]]
pairs += [("both", "oversampled"), ("both", "mixup"), ("both, shifted", "shifted")]
print(" " * 25 + "".join(f"{at:>15.0f} %" for at in percent))
for way, than in pairs:
    values = "".join(f"   {mean:+.3f} ± {half:.3f}" for mean, half in gains(way, than))
    print(f"{way:>13} - {than:<11}{values}")

# %% [markdown] tags=["claim"] expect="all(abs(mean) < half for mean, half in gains('both', 'real')[:2]) and all(mean + half < 0 for mean, half in gains('both', 'real')[2:]) and sum(gains('both', 'mixup')[0]) < 0 and sum(gains('both', 'oversampled')[1]) < 0 and all(sum(gain) < 0 for gain in gains('generated', 'real')) and all(sum(gain) < 0 for gain in gains('shifted', 'real')[2:]) and not any(mean > half for way in few_labels.WAYS for mean, half in gains(way, 'real'))" minutes=19
# **No.** Where labels are scarce, at 1 and 5 %, mixing in generated pictures may help or harm: the interval of "both - real" contains 0, and a
# simple way (mixup at 1 %, oversampling at 5 %) beats "both" in every run. At 20 and 100 % generated pictures cost a little, about as
# little as mixup does at 100 %, and shifting costs more: these intervals leave 0 out. Generated pictures alone stay behind real ones at
# every share. No way is better than "real" by more than its interval: at 1 %, where the draw of the labelled pictures alone moves a score by
# several points, three runs cannot show a gain of one or two.
#
# Do not lean on a single interval. Of 36 at 95 %, one or two leave 0 out by chance alone; and three runs are few.
#
# What this does *not* say is that no GAN ever helps. Ours had few steps, and only the labelled pictures. One that also learns from the
# pictures without labels has something new to tell the classifier; ours has not. (It would then have another rival: *pseudo-labels*, where
# the classifier labels those pictures itself. Neither is tried here.) For ImageNet too, with far better GANs, real and generated pictures
# together helped only in some cases [3].
#
# ## 7. Why
#
# Generated pictures are made from the labelled ones and from noise, by computation alone. They hold no news about digits beyond what the
# labelled pictures hold. What a generator adds is what it *assumes* about pictures: that a digit stays the same digit when its strokes vary
# a little, or when it stands beside another one. An augmentation is such an assumption too, written by hand. Where it is right, it keeps the
# label right; a generator sometimes draws something else.
#
# ## 8. Photographs: CIFAR-100
#
# The same code takes photographs: `DATASET = "cifar-100"` in the second cell (a download of 169 MB, and more patience). Each picture
# has *two* labels, one fine of 100 and one coarse of 20, as columns 0 to 99 and 100 to 119 of the label matrix.
#
# A network with 120 sigmoids is free to contradict itself: *rose* and *vehicle*. **How often do the two answers agree, and how often
# would you want them to?**
#
# **Exercise 3.** Write the agreement: the share of pictures whose most probable fine label belongs to their most probable coarse one.


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
check("agreement", agreement)

# %% [markdown]
# A GAN of 32 x 32 pixels in colour trains for longer than a lesson lasts, so its figures too are read from a **record**.
# `python benchmarks/gan_cifar100.py --minutes 40 --json FILE` repeats it.

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
plots.curves(lines, "Recorded: CIFAR-100", "step", "Fréchet distance")

# %%
likeness = photographs["likeness"]
for who in ("generated", "training", "real"):
    distance, covered = likeness[who]["frechet"], likeness[who]["coverage"]
    print(f"{who:>9}: Fréchet distance {distance:.1f}, coverage {covered:.2f}")
change = photographs["improving"]["change_in_1000_steps"]
print(f"at the end the distance changes by {change:+.2f} in 1,000 steps")

# %% [markdown] tags=["claim"] expect="min(curve['frechet']) < curve['frechet'][-1] and change > 0 and likeness['generated']['frechet'] > 20 * likeness['real']['frechet'] and likeness['real']['frechet'] < 1"
# One run cannot tell. Its curve was lowest some time before the end. But the learning rate had fallen to 0 by the end; in a longer run it
# would have fallen more slowly. What the run does show is how far away it has stayed: the distance of real test photographs from other
# real ones is below 1.
#
# What does the judge, a classifier of real photographs, find in generated ones, and in real ones with the same label sets? **Which should
# be read better?**

# %%
print("pictures    fine  coarse  agreement  micro-F1  subset accuracy")
keys = ("fine_accuracy", "coarse_accuracy", "agreement", "micro_f1", "subset_accuracy")
for who in ("generated", "real"):
    at = [photographs["fidelity"][who][key] for key in keys]
    print("{:9} {:6.3f} {:7.3f} {:10.3f} {:9.3f} {:16.3f}".format(who, *at))

# %% [markdown] tags=["claim"] expect="photographs['fidelity']['generated']['fine_accuracy'] > photographs['fidelity']['real']['fine_accuracy'] + 0.2"
# The generated ones, by far! That is no praise. A real crab may be seen from behind, in the dark, or on a plate, and then the judge often
# misses it; the generator draws nearly the same crab each time, one that is easy to read. So a fidelity above that of real pictures is a
# warning: variety may be missing. (It is no proof. The GAN learnt from the photographs that the judge learnt from, and what the judge scores
# on those is not in the record.)
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
# - Trained on generated photographs alone, the network names one fine label in eight rightly; trained on real ones, nearly
#   one in two. What is read so well teaches little: this test notices what fidelity does not.
# - The most probable fine label and the most probable coarse one of the 120 sigmoids contradict each other on more than a quarter of the photographs. The look-up cannot.
# - The sigmoids name the fine label a little better than the softmax (in one run). But a threshold decides label by label, and gets the *whole
#   set* right less than half as often. The fault is in how they are asked: their most probable fine label, with its coarse one from the table,
#   is a whole set that is right as often as the fine label is. Use what you know of your labels when you decide.
#
# ## 9. What the article said, and what holds
#
# | the article says | what holds |
# |---|---|
# | a GAN will "generate more accurate" training data and improve the classifier; it trains none | at no share of the labels here (step 6) |
# | CIFAR-100 has up to 100 labels a picture | two: one fine, one coarse |
# | the generator makes labelled data from noise alone | only one that is asked for a label set does (lesson 04) |
# | losses times 100 are percentages; "accuracy" is 1 - loss | a loss is no share of anything; test accuracy is counted on test pictures |
# | it reads the class of a picture off the largest of its pixels | a classifier reads it (the judge, lesson 04) |
#
# ## What to take away
#
# - "Does it help?" needs a control for everything else that could have helped, the same number of updates, and an interval.
# - On these scenes no way helped clearly, at any share of the labels. Oversampling, mixup and "both" cost about a point at most;
#   shifting, which says something untrue about these scenes, did harm; and generated pictures alone taught least.
# - A GAN has no news about the labels; what it adds is assumptions. Write down those that you know to be true: that is augmentation.
#
# **Further reading.** [1] H. Zhang et al., [mixup: Beyond empirical risk minimization](https://arxiv.org/abs/1710.09412), *ICLR* 2018.
# [2] S. Zhao et al., [Differentiable augmentation for data-efficient GAN training](https://arxiv.org/abs/2006.10738), *NeurIPS* 2020.
# [3] S. Ravuri, O. Vinyals, [Classification accuracy score for conditional generative models](https://arxiv.org/abs/1905.10887), *NeurIPS*
# 2019: generated ImageNet, and where adding it helps.
#
# **Next:** [06 A recurrent classifier](06_a_recurrent_classifier.ipynb), which reads texts.
