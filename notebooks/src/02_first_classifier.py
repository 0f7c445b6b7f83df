# %% [markdown]
# # 02 A first classifier and an honest score
#
# After this lesson you can train a network that names a *set* of labels, say how good it is in numbers that mean something, choose a
# threshold without cheating, and put every score beside those of simple baselines.
#
# **Before:** [01 Multi-label data](01_multi_label_data.ipynb). **Your time:** about 100 minutes. **Machine time:** under 2 minutes on two CPU cores. **Memory:** under 2 GiB.

# %% tags=["parameters"]
PROFILE = "quick"
SEED = 0

# %%
import pathlib
import tempfile
import time

import mlc_tf
import ipywidgets
import keras
import numpy as np
import sklearn.calibration
import sklearn.metrics

from mlc_tf import plots, training
from mlc_tf.course import profiles
from mlc_tf.course.exercises import check
from mlc_tf.data import digit_scenes, images
from mlc_tf.evaluation import baselines, metrics, thresholds

settings = profiles.settings("02_first_classifier", PROFILE)
scenes = digit_scenes.load_data(size=28, train=settings.scenes, seed=SEED)
label_count = len(scenes.label_names)  # K = 10

# %% [markdown] minutes=2
# ## 1. What does knowing nothing score?
#
# Before any network, take a classifier that always answers "nothing there". **How many cells of the validation split's label matrix does it get
# right?**

# %%
truth = scenes.validation.y
nothing = np.zeros_like(truth)
print(f"right cells: {np.mean(truth == nothing):.1%}")
print(f"labels found: {np.sum(truth * nothing):.0f} of {truth.sum():.0f}")

# %% [markdown]
# The share of right cells, which Keras calls `binary_accuracy`, is high before anything is learnt: with few labels out of many it measures
# how empty the matrix is. With a hundred labels and one or two present, "nothing there" would be 98 or 99 % "accurate".

# %% [markdown] defines="logit; binary relevance; label powerset; classifier chain" minutes=5
# ## 2. A network with K outputs
#
# A label set is $K$ yes-or-no answers, so the network ends in $K$ numbers, one for each label. The last layer has no activation: each of
# its outputs $z_k \in \mathbb{R}$ is a **logit**, a number that the sigmoid turns into a probability, each by itself:
#
# $$p_k = \sigma(z_k) = \frac{1}{1 + e^{-z_k}}$$
#
# **Binary relevance** is the name for answering each label by itself (here the answers share all layers but the last). A **label powerset**
# makes each different label set a class, and chooses one. A **classifier chain** answers one label after the other, each time knowing the
# answers before (lesson 08).


# %%
def block(channels):
    """A convolution that sees 3 x 3 pixels, and a pooling that halves the picture."""
    return [
        keras.layers.Conv2D(channels, 3, padding="same", use_bias=False),
        keras.layers.BatchNormalization(momentum=0.9),
        keras.layers.ReLU(),
        keras.layers.MaxPooling2D(),
    ]


def build_classifier(seed=SEED):
    """A convolutional network from pictures (batch, 28, 28, 1) to logits (batch, K)."""
    keras.utils.set_random_seed(seed)  # so that running this again starts afresh
    return keras.Sequential(
        [
            keras.Input(scenes.train.x.shape[1:]),
            keras.layers.Rescaling(1 / 255),  # inside the model: it takes pictures as they are
            *block(32),  # (batch, 14, 14, 32)
            *block(64),  # (batch, 7, 7, 64)
            *block(64),  # (batch, 3, 3, 64)
            keras.layers.Flatten(),
            keras.layers.Dropout(0.3),
            keras.layers.Dense(label_count, name="logits"),
        ]
    )


# %% [markdown]
# Try it on one batch before training it. **What will an untrained network answer?**

# %%
model = build_classifier()
train_batches = images.batches(scenes.train.x, scenes.train.y, batch_size=64, seed=SEED)
x, y = next(iter(train_batches))
logits = model(x)
print(f"{model.count_params():,} weights; pictures {x.shape} -> logits {logits.shape}")
print("probabilities of the first scene:", keras.ops.sigmoid(logits[0]).numpy().round(2))

# %% [markdown]
# About one half for each label, like a coin. Note that the ten numbers need not add up to anything.

# %% [markdown] defines="binary cross-entropy" minutes=13
# ## 3. The loss
#
# For one cell with truth $y \in \{0, 1\}$ and probability $p$ the **binary cross-entropy** is $-y \log p - (1 - y) \log (1 - p)$: small
# when the probability of the truth is near 1. The loss is its mean over all cells of the batch. Written with the logit, a cell
# costs $\log(1 + e^{-z})$ if the label is present and $\log(1 + e^{z})$ if it is absent. As $\log(1 + e^{z}) = \max(z, 0) + \log(1 + e^{-|z|})$,
# and $\log(1 + e^{-z})$ is $z$ less, both cases are
#
# $$\ell(z, y) = \max(z, 0) - z\,y + \log\left(1 + e^{-|z|}\right).$$
#
# From the probability or from the logit, it is the same number on paper. **What does the computer make of each when an absent label gets the logit
# 900?**


# %%
def cell_loss(z, y):
    """The binary cross-entropy of logits and truths, cell by cell."""
    return np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z)))


loss = keras.losses.BinaryCrossentropy(from_logits=True)
for z in (2.0, 900.0):
    with np.errstate(divide="ignore"):
        from_probability = -np.log(1 - 1 / (1 + np.exp(-z)))
    from_keras = float(loss(np.array([[0.0]]), np.array([[z]])))
    found = f"from the logit {cell_loss(z, 0):.4g}, from Keras {from_keras:.4g}"
    print(f"z = {z:g}: from the probability {from_probability:.4g}, {found}")

# %% [markdown]
# For $z = 900$ the computer rounds $p$ to 1: the loss from the probability is infinite, and its gradient is no number. Take the loss of the logits.
#
# What should a network beat? Knowing nothing, it can still answer the same for every picture. The slope of a cell's loss is
# $\sigma(z) - y$, and where the loss of a label is lowest, the slopes of its cells add up to 0.
#
# **Exercise 1.** Find the $K$ logits, one for each label and the same for every example, that cost least.


# %% tags=["exercise"]
def best_constant(y):
    """The logits (K,) of least cost when every row of the label matrix `y` (N, K) gets them."""
    return ...  # your code


# %% tags=["solution"]
def best_constant(y):
    """The logits (K,) of least cost when every row of the label matrix `y` (N, K) gets them."""
    share = y.mean(axis=0)  # sum(sigmoid(z) - y) = 0 where sigmoid(z) is the share of ones
    return np.log(share / (1 - share))


# %% tags=["mistake"] hint="these are the probabilities"
def best_constant(y):
    return y.mean(axis=0)


# %% tags=["mistake"] hint="logarithm of the probability"
def best_constant(y):
    return np.log(y.mean(axis=0))


# %% tags=["mistake"] hint="the sign is turned"
def best_constant(y):
    return np.log(1 / y.mean(axis=0) - 1)


# %% tags=["mistake"] hint="one logit for all labels"
def best_constant(y):
    return np.log(y.mean() / (1 - y.mean()))


# %% tags=["mistake"] hint="a logit of 0 is the probability one half"
def best_constant(y):
    return np.zeros(y.shape[1])


# %%
best_constant = check("best constant", best_constant)

# %%
learnt = best_constant(scenes.train.y)  # from the training split
constant = np.tile(learnt, (len(truth), 1))
constant_loss = float(loss(truth, constant))
print(f"untrained network: {float(loss(y, logits)):.3f}; 0.5 everywhere: {np.log(2):.3f}")
print(f"the best constant, on the validation split: {constant_loss:.3f}")

# %% [markdown]
# A network that has learnt only how frequent each digit is reaches this loss and no lower one. What it gains beyond, it has seen in the pictures.

# %% [markdown]
# ### A trap: `class_weight`
#
# Rare labels should perhaps weigh more, and `fit` takes `class_weight={label: weight}`. **What does it do with a row of several labels?** Three
# label sets, a network that answers 0 for every logit (a loss of $\log 2$ a cell), and weight 1 for *one* label, 0 for the others. The loss
# shows how many rows still count:

# %%
label_sets = np.array([[1, 1, 0], [0, 1, 1], [0, 0, 0]], np.float32)
layers = [keras.Input((1,)), keras.layers.Dense(3, kernel_initializer="zeros")]
silent = keras.Sequential(layers)
silent.compile(keras.optimizers.SGD(0.0), keras.losses.BinaryCrossentropy(from_logits=True))
counted = {}
for label in range(3):
    class_weight = {other: float(other == label) for other in range(3)}
    past = silent.fit(np.ones((3, 1)), label_sets, class_weight=class_weight, verbose=0).history
    counted[label] = past["loss"][0] / np.log(2) * 3
    print(f"a weight for label {label} alone: {counted[label]:.0f} of 3 rows count")

# %% [markdown] tags=["claim"] expect="abs(counted[0] - 2) < 0.01 and abs(counted[1] - 1) < 0.01 and abs(counted[2]) < 0.01"
# Keras takes the *first* label of each row as its class: the weight of label 2 reaches no row, although one has it, and the empty row
# counts as label 0. `class_weight` is made for one label a row, and does not complain. To weigh labels, write a loss of your own,
# `mean(w * loss of each cell)`; lesson 07 has losses for rare labels.

# %% [markdown] defines="micro-F1; subset accuracy" minutes=17
# ## 4. Train
#
# (`Dropout(0.3)`, in the network of step 2, sets three in ten of the entries it gets to 0, drawn anew in each update of the training and never after
# it; lesson 06 has more on it.) On the *validation* split we watch the loss and two scores. **Micro-F1** weighs labels that are found against those
# missed and those wrongly claimed; 1 is best. (Step 6 says more.) A label counts as claimed where its probability is above ½. **Subset accuracy** is
# the share of label sets that are entirely right. **What share of them will a network of this size get right, on digits it has never seen?**

# %%
epochs = settings.epochs
train_scenes = settings.scenes


def fit(model, loss, x, y, validation_data=None, watched=None):
    """Trains `model` on pictures `x` with targets `y`."""
    batches = images.batches(x, y, batch_size=64, seed=SEED)
    # The learning rate falls from 0.006 to 0 along a cosine: large steps first, fine ones last.
    rate = keras.optimizers.schedules.CosineDecay(6e-3, decay_steps=epochs * len(batches))
    model.compile(keras.optimizers.Adam(rate), loss, metrics=watched)
    return training.fit(model, batches, epochs, validation_data=validation_data)


# %% timeout=600
model = build_classifier()
train_x, train_y = scenes.train.x[:train_scenes], scenes.train.y[:train_scenes]
validation_batches = images.batches(scenes.validation.x, scenes.validation.y, batch_size=256)
watched = [metrics.MicroF1(from_logits=True), metrics.SubsetAccuracy(from_logits=True)]
started = time.perf_counter()
history = fit(model, loss, train_x, train_y, validation_batches, watched)
seconds_per_epoch = (time.perf_counter() - started) / epochs

# %%
steps = range(1, epochs + 1)
lines = {
    "training": (steps, history["loss"]),
    "validation": (steps, history["val_loss"]),
    "best constant": (steps, [constant_loss] * epochs),
}
plots.curves(lines, "Loss by epoch", "epoch", "binary cross-entropy", logarithmic=True)

# %% [markdown] defines="overfits"
# `val_subset_accuracy`, the last number of the line above the figure, answers the guess. The validation loss can lie *below* that of training:
# the training loss is a mean over the epoch, while the weights still change, and with dropout on. A single epoch may go up; the trend
# counts. If the training loss goes on falling while that of validation rises, the network **overfits**: it learns what holds for the training
# scenes only (lesson 06 stops in time).
#
# This is one run. Another seed draws other scenes and other initial weights:

# %% [markdown] tags=["tweak"] set="SEED = 1" expect="history['val_micro_f1'][-1] > 0.94"
# > **Tweak card.** In the first code cell, set `SEED` to `1`, and run from there to here. *Expect* a validation micro-F1 that differs by up to a
# > hundredth or two, and is still above 0.94. A difference of that size between two models says little until you have several seeds of both.

# %% [markdown] tags=["tweak"] set="epochs = 1" expect="history['val_micro_f1'][-1] < 0.5"
# > **Tweak card.** Set `epochs` to `1`, and run from there to here. *Expect* a validation micro-F1 below 0.5; in our run it is near 0: hardly
# > any label comes out above ½ yet. One epoch is not enough, all the less as the learning rate falls to 0 within it.

# %% [markdown] tags=["tweak"] set="train_scenes = 500" expect="history['val_micro_f1'][-1] < 0.6"
# > **Tweak card.** Set `train_scenes` to `500`. *Expect* a validation micro-F1 below 0.6; in our run it is 0: no label comes out above ½. Is
# > that too little data, or too little training? Six epochs of 500 scenes are 42 updates instead of 750. Set `epochs` to `96` too, for nearly
# > as many updates: in one run of ours much of the score came back, not all. So it seems to be both.

# %% [markdown]
# **Question.** Your own data have 200 labels, about two an example. In the first three epochs a training prints, for the training and for the
# validation split alike, a loss that falls slowly from 0.056 to 0.054, a `binary_accuracy` of 0.990 and a micro-F1 of 0.000 (a label counts as
# present above ½). What do you make of it?
#
# - **a** The network is nearly perfect; micro-F1 must be computed wrongly.
# - **b** It overfits: stop here.
# - **c** It has learnt that labels are rare, and little else so far.

# %% tags=["exercise"]
answer = ...  # "a", "b" or "c"

# %% tags=["solution"]
answer = "c"

# %% tags=["mistake"] hint="how many of 200 cells does an empty answer get right"
answer = "a"

# %% tags=["mistake"] hint="a gap between training and validation"
answer = "b"

# %%
check("accurate and empty", answer)

# %% [markdown]
# ### Is the feeding fast enough?
#
# A network waits for its batches. **How long does an epoch of shuffling, fetching and batching take, beside one of training?**

# %% tags=["varies"]
started = time.perf_counter()
for _batch in train_batches:
    pass
feeding = time.perf_counter() - started
print(f"an epoch of batches alone: {feeding:.2f} s; of training: {seconds_per_epoch:.2f} s")

# %% [markdown]
# Feeding is a small part. The time goes into the network, as it should.

# %% [markdown] minutes=7
# ## 5. Why not softmax?
#
# Softmax is what multi-class networks end in: $p_k = e^{z_k} / \sum_j e^{z_j}$, so the probabilities add up to 1. Can it do label sets? Give
# it a fair chance: the same network, data and epochs, and as target the label set shared out evenly, so $\{2, 7\}$ is 0.5 for 2 and
# 0.5 for 7, and an empty set is 0.1 for each of the ten. **What is the highest probability that all three digits of a scene can have at once?**

# %% timeout=600
size = train_y.sum(axis=1, keepdims=True)
shared_out = np.where(size == 0, 1 / label_count, train_y / np.maximum(size, 1))
softmax_model = build_classifier()
softmax_loss = keras.losses.CategoricalCrossentropy(from_logits=True)
_ = fit(softmax_model, softmax_loss, train_x, shared_out)

# %% [markdown] defines="threshold"
# A **threshold** is the probability above which a label counts as present. Softmax needs one for its decisions, as the sigmoids do. For both we take
# the one with the best micro-F1 on the validation split (step 7). All scores and errors that we look at are those of the validation split, so on
# average a little too good: the threshold was chosen on it. (A single test score may come out higher all the same, as the splits hold other digits.)
# Only step 8 uses the test split: look at it often, and you begin to choose what happens to score well on it.


# %%
def probabilities(model, activation, x):
    """The model's probabilities (N, K) for pictures `x`, in their order."""
    return np.asarray(activation(model.predict(x, batch_size=256, verbose=0)))


networks = {
    "sigmoid": (model, keras.ops.sigmoid),
    "softmax": (softmax_model, keras.ops.softmax),
}
validation_p, decisions = {}, {}
for name, (network, activation) in networks.items():
    validation_p[name] = probabilities(network, activation, scenes.validation.x)
    best = thresholds.global_threshold(truth, validation_p[name])
    decisions[name] = thresholds.decide(validation_p[name], best)
    validation_f1 = metrics.micro_f1(truth, decisions[name])
    print(f"{name}: threshold {best:.3f}, validation micro-F1 {validation_f1:.3f}")

# %%
digits = truth.sum(axis=1)
right = {name: (decided == truth).all(axis=1) for name, decided in decisions.items()}
largest = {name: p.max(axis=1) for name, p in validation_p.items()}
print("label sets entirely right (and the largest probability, on average)")
for number in range(4):
    print(f"  {number} digits:", end="")
    for name in right:
        share = right[name][digits == number].mean()
        print(f"   {name} {share:6.1%} ({largest[name][digits == number].mean():.3f})", end="")
    print()

# %% [markdown] tags=["claim"] expect="right['sigmoid'][digits == 3].mean() > right['softmax'][digits == 3].mean() + 0.15"
# Softmax reads most single digits, but far fewer scenes of three. Its probabilities share out a sum of 1: two digits should get ½ each,
# three ⅓ each. An ideal softmax would do so, and a threshold between 0.1 and ⅓ would decide it right. This one does not share evenly: the
# largest share of three is well above ⅓ (in brackets), so less is left for the other two. One threshold has to serve scenes of every size.
# It is as low as the empty scenes allow, which are just below it, and so it may also let pass what is left over beside a single digit.
#
# "None" has no form of its own: it is the same small share for every label, just under the threshold. It comes out right here because all
# empty scenes are the same black picture. And ten labels at once would get exactly the same shares as none. Sigmoids have no such limit:
# each label answers for itself.

# %% [markdown] defines="macro-F1; example-F1; Hamming loss; mean average precision" minutes=14
# ## 6. Scores, by hand
#
# Count over all cells: $TP$ labels present and found, $FP$ found but absent, $FN$ present but missed. Then
#
# $$\text{precision} = \frac{TP}{TP + FP}, \qquad \text{recall} = \frac{TP}{TP + FN}, \qquad F_1 = \frac{2\,TP}{2\,TP + FP + FN}.$$
#
# Absent labels that nobody claimed ($TN$) do not occur in them, so emptiness earns nothing (with one exception, below). *Where* you count makes three
# different scores [1]:
#
# - **micro-F1**: one count over all $N \times K$ cells. Frequent labels weigh most.
# - **macro-F1**: an $F_1$ for each label (column), then their mean. A rare label weighs as much as a frequent one.
# - **example-F1**: an $F_1$ for each example (row), then their mean.
#
# Three more need no $F_1$:
#
# - **Hamming loss**: the share of wrong cells among all $N K$.
# - **subset accuracy**: the share of rows that are right in every cell.
# - **mean average precision**: without a threshold, rank the examples by the probability of a label, take the precision at each example
#   that has the label, and the mean of those; then the mean over the labels. Ranking at random scores about the label's share.
#
# Beware of $0/0$, a label or a row that is empty in truth and in answer. Such a label counts 0 in macro-F1, as in scikit-learn; such a row
# counts 1 in example-F1, by our choice (scikit-learn's default is 0). Always say which. And Keras' `F1Score` without a threshold
# takes the argmax, which is wrong for label sets.
#
# **Exercise 2.** Write micro-F1.


# %% tags=["exercise"]
def micro_f1(y_true, y_pred):
    """Micro-F1 of decisions `y_pred` against the truth `y_true`, both (N, K) of 0 and 1."""
    return ...  # your code


# %% tags=["solution"]
def micro_f1(y_true, y_pred):
    """Micro-F1 of decisions `y_pred` against the truth `y_true`, both (N, K) of 0 and 1."""
    true_positives = np.sum(y_true * y_pred)
    # 2 TP + FP + FN: all that are true, and all that are found
    return 2 * true_positives / (np.sum(y_true) + np.sum(y_pred))


# %% tags=["mistake"] hint="this is macro-F1"
def micro_f1(y_true, y_pred):
    true_positives = np.sum(y_true * y_pred, axis=0)
    return np.mean(2 * true_positives / (y_true.sum(axis=0) + y_pred.sum(axis=0)))


# %% tags=["mistake"] hint="this is example-F1"
def micro_f1(y_true, y_pred):
    with np.errstate(invalid="ignore"):
        true_positives = np.sum(y_true * y_pred, axis=1)
        return np.mean(2 * true_positives / (y_true.sum(axis=1) + y_pred.sum(axis=1)))


# %% tags=["mistake"] hint="cancelled in `(p - t).sum()`"
def micro_f1(y_true, y_pred):
    true_positives = np.sum(y_true * y_pred)
    false_positives, false_negatives = np.sum(y_pred - y_true), np.sum(y_true * (1 - y_pred))
    return 2 * true_positives / (2 * true_positives + false_positives + false_negatives)


# %% tags=["mistake"] hint="the share of equal cells"
def micro_f1(y_true, y_pred):
    return np.mean(y_true == y_pred)


# %% tags=["mistake"] hint="the factor 2 is missing"
def micro_f1(y_true, y_pred):
    return np.sum(y_true * y_pred) / (np.sum(y_true) + np.sum(y_pred))


# %%
micro_f1 = check("micro-F1", micro_f1)

# %% [markdown]
# Four more by hand, on the network's decisions, and then yours, beside what the libraries say (mean average precision needs probabilities):

# %%
y_true, y_pred = truth, decisions["sigmoid"]
found = (y_true * y_pred).sum(axis=0)  # (K,), true positives of each label
both = (y_true * y_pred).sum(axis=1)  # (N,), and of each example
sizes = y_true.sum(axis=1) + y_pred.sum(axis=1)
by_hand = {
    "macro-F1": np.mean(2 * found / np.maximum(y_true.sum(axis=0) + y_pred.sum(axis=0), 1)),
    "example-F1": np.mean(np.where(sizes == 0, 1, 2 * both / np.maximum(sizes, 1))),
    "Hamming loss": np.mean(y_true != y_pred),
    "subset accuracy": np.mean((y_true == y_pred).all(axis=1)),
}
from_library = {
    "macro-F1": sklearn.metrics.f1_score(y_true, y_pred, average="macro", zero_division=0),
    "example-F1": sklearn.metrics.f1_score(y_true, y_pred, average="samples", zero_division=1),
    "Hamming loss": sklearn.metrics.hamming_loss(y_true, y_pred),
    "subset accuracy": sklearn.metrics.accuracy_score(y_true, y_pred),
}
for name, value in by_hand.items():
    print(f"{name:>16}: by hand {value:.4f}, from scikit-learn {from_library[name]:.4f}")

# %%
from_keras = keras.metrics.F1Score(average="micro", threshold=0.5)(y_true, y_pred)
from_sklearn = sklearn.metrics.f1_score(y_true, y_pred, average="micro")
print(f"micro-F1: by hand {micro_f1(y_true, y_pred):.4f}, ", end="")
print(f"from Keras {from_keras:.4f}, from scikit-learn {from_sklearn:.4f}")

# %% [markdown]
# `mlc_tf.evaluation.metrics` has all six, with these rules for $0/0$; step 4 watched two of them in training, as Keras metrics.

# %% [markdown] minutes=25
# ## 7. Thresholds
#
# The network gives probabilities; somebody has to decide how high one must be for a label to count as present. **Is ½ the natural choice?**
# Look at a weaker model, where the choice matters more: ridge regression on the pixels, a linear model. It gives a margin $s$, above 0
# for "present", and no probability; we take $\sigma(2s)$. (How strongly it is kept simple is chosen on the validation split, too.)

# %% timeout=300
linear_validation, _ = baselines.linear(scenes)

# %%
cuts = np.linspace(0.02, 0.9, 45)
decided = [thresholds.decide(linear_validation, cut) for cut in cuts]
true_positives = np.array([(truth * d).sum() for d in decided])
claimed = np.array([d.sum() for d in decided])
quality = {
    "precision": true_positives / np.maximum(claimed, 1),
    "recall": true_positives / truth.sum(),
    "micro-F1": 2 * true_positives / (claimed + truth.sum()),
}


# %% picture="threshold"
def draw(threshold):
    """The three curves, with the values at one threshold in the title."""
    at = np.argmin(np.abs(cuts - threshold))
    values = ", ".join(f"{name} {curve[at]:.2f}" for name, curve in quality.items())
    lines = {name: (cuts, curve) for name, curve in quality.items()}
    title = f"At threshold {cuts[at]:.2f}: {values}"
    plots.curves(lines, title, "threshold", "validation score", mark=cuts[at], peak="micro-F1")


slider = ipywidgets.FloatSlider(0.5, min=0.02, max=0.9, step=0.02, continuous_update=False)
plots.explore(draw, still={"threshold": 0.5}, threshold=slider)

# %% [markdown] tags=["claim"] expect="cuts[np.argmax(quality['micro-F1'])] < 0.5" defines="calibrated"
# Move the slider (in JupyterLab; on a printed page it stays at ½). A higher threshold claims less: recall can only fall, precision mostly
# rises. F1 is highest (the star) *below* ½. How far below means little: the factor 2 in $\sigma(2s)$ is our choice. Another one moves the
# maximum, though never across ½. Probabilities are **calibrated** where they are right as shares: of all cells given 0.3, 30 % are present. For
# such there is a theorem: the best threshold for $F_1$ is half the best $F_1$ itself [2], so ½ would be right only for a perfect model.
#
# **Exercise 3.** Choose the threshold, out of those in `cuts`, with the highest micro-F1. (`metrics.micro_f1(y, p > cut)` scores one.)


# %% tags=["exercise"]
def choose_threshold(y, p, cuts):
    """The one of `cuts` with the highest micro-F1 of (p > cut) against `y`, both (N, K)."""
    return ...  # your code


# %% tags=["solution"]
def choose_threshold(y, p, cuts):
    """The one of `cuts` with the highest micro-F1 of (p > cut) against `y`, both (N, K)."""
    return cuts[np.argmax([metrics.micro_f1(y, p > cut) for cut in cuts])]


# %% tags=["mistake"] hint="return the *threshold* that reaches it"
def choose_threshold(y, p, cuts):
    return max(metrics.micro_f1(y, p > cut) for cut in cuts)


# %% tags=["mistake"] hint="this is the position in `cuts`"
def choose_threshold(y, p, cuts):
    return np.argmax([metrics.micro_f1(y, p > cut) for cut in cuts])


# %% tags=["mistake"] hint="the highest macro-F1"
def choose_threshold(y, p, cuts):
    return cuts[np.argmax([metrics.macro_f1(y, p > cut) for cut in cuts])]


# %% tags=["mistake"] hint="the highest example-F1"
def choose_threshold(y, p, cuts):
    return cuts[np.argmax([metrics.example_f1(y, p > cut) for cut in cuts])]


# %% tags=["mistake"] hint="most equal cells"
def choose_threshold(y, p, cuts):
    return cuts[np.argmax([np.mean(y == (p > cut)) for cut in cuts])]


# %%
choose_threshold = check("threshold", choose_threshold)

# %% [markdown]
# On which split would you call it? A threshold is a decision like any other, so on the **validation** split. Chosen on the test split, it would on
# average make the score look better than it is.
#
# There are three ways: 0.5 for all; one *global* threshold; and one for each label. The last chooses many more numbers, so it can fit what is only
# chance, for rare labels above all: with three validation examples almost any threshold can look best. `per_label_thresholds` therefore leaves a
# label with few validation examples at the global threshold, and for the others maximises $(2\,TP + 1) / (2\,TP + FP + FN + 1)$ in place of $F_1$, so
# that a few lucky examples count for less [3].

# %%
one = thresholds.global_threshold(truth, linear_validation)
each = thresholds.per_label_thresholds(truth, linear_validation)
chosen = choose_threshold(truth, linear_validation, cuts)
print(f"one for all: {chosen:.3f} out of {len(cuts)} cuts, {one:.3f} out of all there are")
print("one for each label:", each.round(2))
for name, p in {"linear": linear_validation, "CNN": validation_p["sigmoid"]}.items():
    ways = {"0.5": 0.5, "global": thresholds.global_threshold(truth, p)}
    ways["per label"] = thresholds.per_label_thresholds(truth, p)
    found = {way: metrics.micro_f1(truth, thresholds.decide(p, t)) for way, t in ways.items()}
    scored = ", ".join(f"{way} {score:.3f}" for way, score in found.items())
    print(f"validation micro-F1, {name}: {scored}")

# %% [markdown]
# We choose here, before the test split is looked at: *global*, for both. One for each label makes ten choices and is scored on what it chose by; a
# lead of a few thousandths is no more than that gains by chance, as no digit is rare and all are alike.
#
# ### When faults have a price
#
# F1 is for when nobody knows what a fault costs. Where it is known, the cost is what to minimise.
#
# **Question.** A network names the parts of a machine that may be broken, and its probabilities are calibrated. A false alarm costs one hour
# of work; a broken part that it does not name costs twenty. Where does the threshold belong?
#
# - **a** Near 0.05.
# - **b** At 0.5, where broken and whole are equally likely.
# - **c** Where micro-F1 is highest on the validation split.
# - **d** Near 0.95: with such costs the network should be sure.

# %% tags=["exercise"]
answer = ...  # "a", "b", "c" or "d"

# %% tags=["solution"]
answer = "a"

# %% tags=["mistake"] hint="the case where both faults cost the same"
answer = "b"

# %% tags=["mistake"] hint="F1 counts a false alarm and a miss alike"
answer = "c"

# %% tags=["mistake"] hint="a high threshold names less"
answer = "d"

# %%
check("dear misses", answer)

# %% [markdown]
# In general, where a miss costs $m$ and a false alarm $a$, calibrated probabilities have the threshold $a / (a + m)$. What if they are
# not calibrated? Then try, on the validation split.
#
# **Exercise 4.** Choose the threshold, out of those in `cuts`, at which the decisions `p > cut` cost least.


# %% tags=["exercise"]
def cheapest_threshold(y, p, cuts, miss, alarm):
    """The one of `cuts` at which (p > cut) costs least against `y`, both (N, K).

    A present label that is not claimed costs `miss`, an absent one that is claimed `alarm`.
    """
    return ...  # your code


# %% tags=["solution"]
def cheapest_threshold(y, p, cuts, miss, alarm):
    """The one of `cuts` at which (p > cut) costs least against `y`, both (N, K).

    A present label that is not claimed costs `miss`, an absent one that is claimed `alarm`.
    """
    misses = np.array([np.sum(y * (p <= cut)) for cut in cuts])
    alarms = np.array([np.sum((1 - y) * (p > cut)) for cut in cuts])
    return cuts[np.argmin(miss * misses + alarm * alarms)]


# %% tags=["mistake"] hint="the two prices have changed places"
def cheapest_threshold(y, p, cuts, miss, alarm):
    costs = [
        alarm * np.sum(y * (p <= cut)) + miss * np.sum((1 - y) * (p > cut)) for cut in cuts
    ]
    return cuts[np.argmin(costs)]


# %% tags=["mistake"] hint="the highest micro-F1, which knows no prices"
def cheapest_threshold(y, p, cuts, miss, alarm):
    return choose_threshold(y, p, cuts)


# %% tags=["mistake"] hint="the rule for calibrated probabilities"
def cheapest_threshold(y, p, cuts, miss, alarm):
    return alarm / (alarm + miss)


# %% tags=["mistake"] hint="one for each label; wanted is one for all"
def cheapest_threshold(y, p, cuts, miss, alarm):
    costs = [
        miss * np.sum(y * (p <= cut), axis=0) + alarm * np.sum((1 - y) * (p > cut), axis=0)
        for cut in cuts
    ]
    return cuts[np.argmin(costs, axis=0)]


# %% tags=["mistake"] hint="a probability equal to the cut is not above it"
def cheapest_threshold(y, p, cuts, miss, alarm):
    costs = [
        miss * np.sum(y * (p < cut)) + alarm * np.sum((1 - y) * (p >= cut)) for cut in cuts
    ]
    return cuts[np.argmin(costs)]


# %%
cheapest_threshold = check("cheapest threshold", cheapest_threshold)

# %% [markdown]
# Suppose a missed digit costs five times as much as a false alarm. **How much does the right threshold save, over ½ and over the rule?**

# %%
miss, alarm = 5, 1
candidates = {
    "claim nothing": 1.0,
    "claim everything": 0.0,
    "one half": 0.5,
    "highest micro-F1": chosen,
    "rule for calibrated": alarm / (alarm + miss),
    "least cost": cheapest_threshold(truth, linear_validation, cuts, miss, alarm),
}
for name, cut in candidates.items():
    claims = (linear_validation > cut).astype(truth.dtype)
    (_, alarms), (misses, _) = sklearn.metrics.confusion_matrix(truth.ravel(), claims.ravel())
    cost = (miss * misses + alarm * alarms) / len(truth)
    print(f"{name:>20}: threshold {cut:.2f}, cost {cost:.2f} a scene")

# %%
lines = {"calibrated": ([0, 1], [0, 1])}
for name, p in {"linear": linear_validation, "CNN": validation_p["sigmoid"]}.items():
    found = sklearn.calibration.calibration_curve(truth.ravel(), p.ravel(), n_bins=10)
    lines[name] = found[::-1]  # in each of ten bins, the mean probability and the share
title = "Which share is present?"
plots.curves(lines, title, "probability given to a label", "share present", ticks=0.2)

# %% [markdown]
# Claiming nothing or everything is far too dear, and ½ misses too much. The rule is for calibrated probabilities. In this run neither model's are: of
# the few cells to which the CNN gives a middling probability more are present than it says, and of the linear model's cells near the rule's threshold
# hardly any is present, so it pays for many alarms. The threshold of the best F1 is not far off here; no price went into it, so that is luck. (The
# cost of the best of the chosen thresholds is that of the split on which it was chosen, so on average a little too low.)

# %% [markdown] defines="label prior" minutes=5
# ## 8. The honest table
#
# Now the test split, once. A score alone says nothing. Beside it belong the scores of *all zeros*, of the *label prior*, and of a *linear*
# model. The **label prior** gives every example the same probabilities, each label's share in the training split. **Guess** the micro-F1
# of the label prior before you look.

# %%
test_p = probabilities(model, keras.ops.sigmoid, scenes.test.x)
table = baselines.honest_table(scenes, validation_p["sigmoid"], test_p, name="CNN")

# %%
f1 = {(row["predictor"], row["threshold"].split()[0]): row["micro-F1"] for row in table}
gain = {name: f1[name, "global"] - f1[name, "0.5"] for name in ("linear", "CNN")}
gained = f"linear {gain['linear']:.4f}, CNN {gain['CNN']:.4f}"
print("micro-F1 gained by fitting a threshold, from unrounded scores:", gained)

# %% [markdown] tags=["claim"] expect="f1['CNN', 'global'] > 0.95 and f1['CNN', '0.5'] > 0.95 and gain['linear'] > abs(gain['CNN']) and abs(gain['CNN']) < 0.03"
# Read it row by row. All zeros has few wrong cells and finds nothing; it even has some example-F1 and subset accuracy, because a
# quarter of the scenes *are* empty. The label prior has its threshold below its lowest share, so it claims every label of every scene. The
# linear model shows what pixels tell without seeing shapes. And the network comes close to 1, on digits that are in no training scene.
#
# For the linear model, fitting a threshold is a gain, though not in Hamming loss here: micro-F1 was maximised, and a lower threshold claims more. One
# for each label gains nothing more here: the digits are alike, so their best thresholds are nearly the same, and what differs is mostly chance. For
# the network a fitted threshold makes little difference: few of its probabilities are far from both 0 and 1, so its F1 curve is probably flat.
#
# This is one training, and behind the 2,000 test scenes there are 450 handwritten digits: a few thousandths between two rows say nothing. The row
# that counts is the one we chose in step 7, *global*.

# %% [markdown] defines="retrieval; precision at 10"
# ### Search
#
# Label sets are one use of such a network. In **retrieval** a label is asked for, and the examples are ranked, the most probable first: no
# threshold is needed. The **precision at 10** of a label is the share of the first ten examples that have it. **How good is the linear
# model at that?** (Again on the validation split.)

# %%
for name, p in {"linear": linear_validation, "CNN": validation_p["sigmoid"]}.items():
    order = np.argsort(-p, axis=0)
    ranked = np.take_along_axis(truth, order, axis=0)  # each column with its best first
    at_10 = ranked[:10].mean(axis=0)  # (K,)
    mean, least = at_10.mean(), at_10.min()
    print(f"{name:>6}: precision at 10 {mean:.2f}, mean of all labels; {least:.2f}, worst")
print(f"chance: {truth.mean():.2f}")

# %% [markdown]
# To find ten good examples is much easier than to name every label set. Which of the two does your task ask for? Score that.

# %% [markdown] minutes=3
# ## 9. Where is it wrong?
#
# Back to the validation split, with the threshold of step 5. "69 → 9" stands for the label set {6, 9}, answered by {9}:

# %%
wrong = np.flatnonzero((y_true != y_pred).any(axis=1))[:16]
names = np.array(scenes.label_names)
truths = ["".join(names[row == 1]) or "none" for row in y_true[wrong]]
answers = ["".join(names[row == 1]) or "none" for row in y_pred[wrong]]
titles = [f"{label_set} → {answer}" for label_set, answer in zip(truths, answers, strict=True)]
plots.scenes(scenes.validation.x[wrong], titles, "Truth → answer, where they differ")

# %% [markdown]
# Always look. Some of these a person would get wrong too; for others you can see what misled the network. **Which is most frequent: a
# digit that is missing, one too many, or one taken for another? And which digit is missed most?**

# %%
missed, added = (y_true > y_pred).sum(axis=1), (y_pred > y_true).sum(axis=1)
print("scenes with digits missing and none too many:", np.sum((missed > 0) & (added == 0)))
print("scenes with digits too many and none missing:", np.sum((added > 0) & (missed == 0)))
print("scenes with both, as when one is taken for another:", np.sum((missed > 0) & (added > 0)))
missed_share = (y_true > y_pred).sum(axis=0) / y_true.sum(axis=0)
shares = zip(names, missed_share, strict=True)
print("missed of each digit:", ", ".join(f"{name}: {share:.1%}" for name, share in shares))

# %% [markdown]
# In the run on this page a missing digit is the most frequent fault, and the 8 is missed most, by far. That is one run: the validation scenes are
# made of 270 handwritten digits, some 27 of each, and a few odd 8s that are drawn again and again can do this. With another seed it may be another
# digit.

# %% [markdown] minutes=2
# ## 10. Save it, load it
#
# One `.keras` file holds the layers, the weights and the state of the optimizer. **Will the loaded model answer exactly the same?**

# %%
file = pathlib.Path(tempfile.mkdtemp()) / "digit_scenes.keras"  # or where you keep models
model.save(file)
loaded = keras.models.load_model(file)
before, after = (network.predict(scenes.validation.x, verbose=0) for network in (model, loaded))
difference = np.abs(before - after).max()
print("largest difference between the answers:", difference)

# %% [markdown] tags=["claim"] expect="difference == 0"
# Yes, to the last bit. And as the scaling to 0..1 is a layer of the model, nobody who loads it can forget it. The threshold is *not* in
# the file, and without it there are no decisions: keep it beside the model.

# %% [markdown] minutes=3
# ## 11. What the articles said, and what holds
#
# (This is an appendix: nothing later needs it.) Both articles are named in lesson 01.
#
# | the articles say | what holds |
# |---|---|
# | labels as one-hot vectors, cross-entropy "through softmax" (GAN article; its code has sigmoids) | the probabilities of a softmax must sum to 1; with $K$ sigmoids each label answers for itself (step 5) |
# | losses times 100 printed as percentages, one of them as "acc."; "accuracies" stored as 1 - loss (GAN article) | a loss is not a share; it can exceed 1 |
# | sigmoid, since "each label is independent, and they do not exclude each other" (RNN article) | the second half is the reason; the first does not follow from it (lesson 01) |
# | a sigmoid layer, then `BCELoss` (RNN article) | take the loss from the logits, which is exact for every logit (step 3); from probabilities near 0 or 1 a library has to clip |
# | "apply a threshold" (RNN article), and no more | the score depends much on which one; choose it on validation data (step 7) |
#
# What an "accuracy" of 1 - loss says, on made-up probabilities:

# %%
unsure = np.full_like(truth, 0.1)
wrong_and_sure = np.where(truth == 1, 0.01, 0.99)
for name, p in {"0.1 everywhere": unsure, "sure and wrong": wrong_and_sure}.items():
    value = float(keras.losses.BinaryCrossentropy()(truth, p))
    print(f"{name}: loss {value:.2f}, so its 'accuracy' is {1 - value:.0%}")

# %% [markdown] minutes=2
# ## What to take away
#
# - $K$ labels need $K$ sigmoids, and binary cross-entropy from logits.
# - Report micro-F1, macro-F1 and subset accuracy beside baselines. A share of right cells rewards emptiness.
# - Every decision, thresholds included, is made on validation data.
#
# **Further reading.** [1] M.-L. Zhang, Z.-H. Zhou, "A review on multi-label learning algorithms", *IEEE Transactions on Knowledge and Data
# Engineering* 26(8), 2014, [doi:10.1109/TKDE.2013.39](https://doi.org/10.1109/TKDE.2013.39). [2] Z. C. Lipton, C. Elkan,
# B. Naryanaswamy, "Optimal thresholding of classifiers to maximize F1 measure", *ECML PKDD* 2014,
# [doi:10.1007/978-3-662-44851-9_15](https://doi.org/10.1007/978-3-662-44851-9_15). [3] Y.-J. Lin, C.-J. Lin, "On the thresholding strategy
# for infrequent labels in multi-label classification", *CIKM* 2023,
# [doi:10.1145/3583780.3614996](https://doi.org/10.1145/3583780.3614996).
#
# **Next:** [03 Adversarial training](03_adversarial_training.ipynb) trains two networks against each other.
