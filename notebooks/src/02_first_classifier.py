# %% [markdown]
# # 02 A first classifier and an honest score
#
# After this lesson you can train a network that names a *set* of labels, say how good it is in numbers that mean something, choose a
# threshold without cheating, and put every score beside what is to be had for nothing.
#
# **Before:** [01 Multi-label data](01_multi_label_data.ipynb). **Machine time:** under 3 minutes on two CPU cores. **Memory:** under 2 GiB.

# %% tags=["parameters"]
PROFILE = "quick"
SEED = 0

# %%
import time

import mlc_tf
import ipywidgets
import keras
import numpy as np

from mlc_tf import baselines, images, metrics, plots, profiles, thresholds, training
from mlc_tf.datasets import digit_scenes
from mlc_tf.exercises import check

settings = profiles.settings("02_first_classifier", PROFILE)
scenes = digit_scenes.load_data(size=28, train=settings.scenes, seed=SEED)
labels = len(scenes.label_names)  # K = 10

# %% [markdown]
# ## 1. What does knowing nothing score?
#
# Before any network: **how many cells of the label matrix does a classifier get right that always answers "nothing there"?**

# %%
nothing = np.zeros_like(scenes.test.y)
print(f"right cells: {np.mean(scenes.test.y == nothing):.1%}")
print(f"labels found: {np.sum(scenes.test.y * nothing):.0f} of {scenes.test.y.sum():.0f}")

# %% [markdown]
# A share of right cells, which Keras calls `binary_accuracy`, starts out high here before anything is learnt: with few labels out of many
# it measures how empty the matrix is. With a hundred labels and one or two present, "nothing there" would be 98 or 99 % "accurate". Keep
# this number in mind whenever you meet "accuracy" in multi-label work.

# %% [markdown]
# ## 2. A network with K outputs
#
# A label set is $K$ yes-or-no answers, so the network ends in $K$ numbers, one for each label. The last layer has no activation: its
# outputs $z \in \mathbb{R}^K$ are **logits**, and the sigmoid makes a probability of each, on its own:
#
# $$p_k = \sigma(z_k) = \frac{1}{1 + e^{-z_k}}$$


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
            keras.layers.Dense(labels, name="logits"),
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
# Something like a coin for each label. Note that the ten numbers need not add up to anything.

# %% [markdown]
# ## 3. The loss
#
# For one cell with truth $y \in \{0, 1\}$ and probability $p$ the **binary cross-entropy** is $-y \log p - (1 - y) \log (1 - p)$: small
# when the probability of the truth is near 1. The loss is its mean over all cells of the batch. Written with the logit $z$, and
# arranged so that nothing overflows, the same number is
#
# $$\ell(z, y) = \max(z, 0) - z\,y + \log\left(1 + e^{-|z|}\right).$$
#
# **Exercise 1.** Write it in NumPy: the mean over all cells. (The first formula looks simpler. The check tries $z = 900$.)


# %% tags=["exercise"]
def cross_entropy(z, y):
    """The mean binary cross-entropy of logits `z` and truth `y`, both of shape (N, K)."""
    return ...  # your code


# %% tags=["solution"]
def cross_entropy(z, y):
    """The mean binary cross-entropy of logits `z` and truth `y`, both of shape (N, K)."""
    return np.mean(np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z))))


# %% tags=["mistake"] hint="the sigmoid rounds to 1 and the logarithm of 0 is infinite"
def cross_entropy(z, y):
    with np.errstate(all="ignore"):
        p = 1 / (1 + np.exp(-z))
        return np.mean(-y * np.log(p) - (1 - y) * np.log(1 - p))


# %% tags=["mistake"] hint="take the mean"
def cross_entropy(z, y):
    return np.sum(np.maximum(z, 0) - z * y + np.log(1 + np.exp(-np.abs(z))))


# %%
check("cross-entropy", cross_entropy)

# %% [markdown]
# Keras has it, stable form included, when it is told that it gets logits:

# %%
loss = keras.losses.BinaryCrossentropy(from_logits=True)
print(f"loss of the untrained network: {float(loss(y, logits)):.3f}; of answering 0.5 everywhere: {np.log(2):.3f}")

# %% [markdown]
# ## 4. Train
#
# We watch the loss and the micro-F1 on the *validation* split (step 6 explains F1). **How many of the label sets, do you think,
# will a network of this size get entirely right on handwriting it has never seen?**

# %%
epochs = settings.epochs
train_scenes = settings.scenes


def fit(model, loss, x, y, **options):
    """Trains `model` on pictures `x` with targets `y`; the learning rate falls to 0 along a cosine."""
    batches = images.batches(x, y, batch_size=64, seed=SEED)
    rate = keras.optimizers.schedules.CosineDecay(6e-3, decay_steps=epochs * len(batches))
    model.compile(keras.optimizers.Adam(rate), loss, metrics=options.pop("metrics", None))
    return model.fit(batches, epochs=epochs, verbose=0, callbacks=[training.OneLine()], **options)


# %% timeout=600
model = build_classifier()
x, y = scenes.train.x[:train_scenes], scenes.train.y[:train_scenes]
validation_batches = images.batches(scenes.validation.x, scenes.validation.y, batch_size=256)
fitted = fit(model, loss, x, y, validation_data=validation_batches, metrics=[metrics.MicroF1(from_logits=True)])
history = fitted.history

# %%
steps = range(1, epochs + 1)
plots.curves(
    {"training": (steps, history["loss"]), "validation": (steps, history["val_loss"])},
    "The loss falls on both splits",
    "epoch",
    "binary cross-entropy",
    logarithmic=True,
)

# %% [markdown] tags=["tweak"] set="epochs = 1" expect="history['val_micro_f1'][-1] < 0.9"
# > **Tweak card.** Set `epochs` to `1`, and run from there to here. *Expect* a validation micro-F1 well below 0.9: one round is not
# > enough, and the learning rate is gone by its end.

# %% [markdown] tags=["tweak"] set="train_scenes = 500" expect="history['val_micro_f1'][-1] < 0.6"
# > **Tweak card.** Set `train_scenes` to `500` (`epochs` as before). *Expect* a validation micro-F1 below 0.6. Is that too little data, or
# > too little training? Ten epochs of 500 scenes are a sixteenth of the updates. Set `epochs` to `160` too, and see.

# %% [markdown]
# ### Is the feeding fast enough?
#
# A network waits for its batches. **What share of an epoch goes into shuffling, fetching and batching?**

# %% tags=["varies"]
started = time.perf_counter()
for _batch in train_batches:
    pass
feeding = time.perf_counter() - started
started = time.perf_counter()
model.evaluate(train_batches, verbose=0)
evaluating = time.perf_counter() - started
print(f"an epoch of batches alone: {feeding:.2f} s; with the network reading them: {evaluating:.2f} s")

# %% [markdown] tags=["claim"] expect="feeding < 0.5 * evaluating"
# Feeding is the small part even beside reading alone, and training costs about three times as much as reading. So the time goes into the
# network, where it should.

# %% [markdown]
# ## 5. Why not softmax?
#
# Softmax is what multi-class networks end in: $p_k = e^{z_k} / \sum_j e^{z_j}$, so the probabilities add up to 1. Can it do label sets? Give
# it a fair chance: the same network and epochs, and as target the label set shared out evenly, so $\{2, 7\}$ is 0.5 for 2 and 0.5
# for 7. An empty set cannot be shared out: those scenes we must leave out of its training. **What is the highest probability that
# all three digits of a scene can have? And what will it say of an empty scene?**

# %% timeout=600
not_empty = y.any(axis=1)
shared_out = y[not_empty] / y[not_empty].sum(axis=1, keepdims=True)
softmax_model = build_classifier()
_ = fit(softmax_model, keras.losses.CategoricalCrossentropy(from_logits=True), x[not_empty], shared_out)

# %% [markdown]
# Its decisions need a threshold, like any other. We give it the best one there is on the validation split:


# %%
def probabilities(model, activation, x):
    """The model's probabilities (N, K) for pictures `x`, in their order."""
    return np.asarray(activation(model.predict(x, batch_size=256, verbose=0)))


sigmoid, softmax = keras.ops.sigmoid, keras.ops.softmax
validation_p, test_p, best, decisions = {}, {}, {}, {}
for name, network, activation in [("sigmoid", model, sigmoid), ("softmax", softmax_model, softmax)]:
    validation_p[name] = probabilities(network, activation, scenes.validation.x)
    best[name] = thresholds.global_threshold(scenes.validation.y, validation_p[name])
    test_p[name] = probabilities(network, activation, scenes.test.x)
    decisions[name] = thresholds.decide(test_p[name], best[name])
    print(f"{name}: threshold {best[name]:.2f}, test micro-F1 {metrics.micro_f1(scenes.test.y, decisions[name]):.3f}")

# %%
digits = scenes.test.y.sum(axis=1)
right = {name: (decided == scenes.test.y).all(axis=1) for name, decided in decisions.items()}
print("label sets entirely right, and the largest probability on average, by the number of digits in the scene")
for number in range(4):
    of_them = digits == number
    shares = [f"{name} {right[name][of_them].mean():6.1%} ({test_p[name][of_them].max(axis=1).mean():.2f})" for name in right]
    print(f"  {number} digits:  {'   '.join(shares)}")

# %% [markdown] tags=["claim"] expect="right['softmax'][digits == 3].mean() < 0.7 < 0.85 < right['sigmoid'][digits == 3].mean()"
# Softmax reads a single digit well. But its answers have to share out a whole 1: to one digit about 1, to two ½ each, to three ⅓ each,
# before any doubt. A threshold low enough for a doubtful ⅓ is low enough for much of what a single digit leaves to the others, so the
# sets go wrong as they grow. And "none" it cannot say at all: over an empty scene it spreads its 1 thinly over all ten labels. (All
# empty scenes are the same black picture, so they come out right together, once the threshold lies just above that.) The fault is in
# the form of the answer, and no training will mend it.

# %% [markdown]
# ## 6. Scores, by hand
#
# Count over all cells: $TP$ labels present and found, $FP$ found but absent, $FN$ present but missed. Then
#
# $$\text{precision} = \frac{TP}{TP + FP}, \qquad \text{recall} = \frac{TP}{TP + FN}, \qquad F_1 = \frac{2\,TP}{2\,TP + FP + FN}.$$
#
# Absent labels that nobody claimed ($TN$) occur nowhere, so emptiness earns nothing. *Where* you count makes three different scores:
#
# - **micro-F1**: one count over all $N \times K$ cells. Frequent labels weigh most.
# - **macro-F1**: an $F_1$ for each label (column), then their mean. A rare label weighs as much as a frequent one.
# - **example-F1**: an $F_1$ for each example (row), then their mean; two empty sets agree, so they score 1.
#
# Two more need no $F_1$: **Hamming loss**, the share of wrong cells ($N K$ of them), and **subset accuracy**, the share of rows that
# are right in every cell.
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
    return 2 * true_positives / (np.sum(y_true) + np.sum(y_pred))  # 2 TP + FP + FN = all true + all found


# %% tags=["mistake"] hint="this is macro-F1"
def micro_f1(y_true, y_pred):
    return np.mean(2 * np.sum(y_true * y_pred, axis=0) / (y_true.sum(axis=0) + y_pred.sum(axis=0)))


# %% tags=["mistake"] hint="the share of equal cells"
def micro_f1(y_true, y_pred):
    return np.mean(y_true == y_pred)


# %% tags=["mistake"] hint="the factor 2 is missing"
def micro_f1(y_true, y_pred):
    return np.sum(y_true * y_pred) / (np.sum(y_true) + np.sum(y_pred))


# %%
check("micro-F1", micro_f1)

# %% [markdown]
# The rest by hand, on the network's decisions, beside the module's, which come from scikit-learn:

# %%
y_true, y_pred = scenes.test.y, decisions["sigmoid"]
found = (y_true * y_pred).sum(axis=0)  # (K,), true positives of each label
both = (y_true * y_pred).sum(axis=1)  # (N,), and of each example
sizes = y_true.sum(axis=1) + y_pred.sum(axis=1)
by_hand = {
    "macro-F1": np.mean(2 * found / (y_true.sum(axis=0) + y_pred.sum(axis=0))),
    "example-F1": np.mean(np.where(sizes == 0, 1, 2 * both / np.maximum(sizes, 1))),
    "Hamming loss": np.mean(y_true != y_pred),
    "subset accuracy": np.mean((y_true == y_pred).all(axis=1)),
}
from_library = metrics.scores(y_true, test_p["sigmoid"], best["sigmoid"])
for name, value in by_hand.items():
    print(f"{name:>16}: by hand {value:.4f}, from the module {from_library[name]:.4f}")

# %% [markdown]
# ## 7. Thresholds
#
# The network gives probabilities; somebody has to decide from which one on a label counts as present. **Is ½ the natural choice?** Look at a
# weaker model, where the choice matters more: ridge regression on the pixels, a linear model.

# %% timeout=300
linear = baselines.linear(scenes)
linear_validation, linear_test = linear

# %% picture="threshold"
cuts = np.linspace(0.02, 0.9, 45)
truth = scenes.validation.y
decided = [thresholds.decide(linear_validation, cut) for cut in cuts]
true_positives = np.array([(truth * d).sum() for d in decided])
claimed = np.array([d.sum() for d in decided])
quality = {
    "precision": true_positives / np.maximum(claimed, 1),
    "recall": true_positives / truth.sum(),
    "micro-F1": 2 * true_positives / (claimed + truth.sum()),
}


def draw(threshold):
    """The three curves, with the values at one threshold in the title."""
    at = np.argmin(np.abs(cuts - threshold))
    values = ", ".join(f"{name} {curve[at]:.2f}" for name, curve in quality.items())
    lines = {name: (cuts, curve) for name, curve in quality.items()}
    plots.curves(lines, f"At threshold {cuts[at]:.2f}: {values}", "threshold", "validation score", mark=cuts[at])


plots.explore(
    draw,
    still={"threshold": 0.5},
    threshold=ipywidgets.FloatSlider(0.5, min=0.02, max=0.9, step=0.02, description="threshold", continuous_update=False),
)

# %% [markdown] tags=["claim"] expect="cuts[np.argmax(quality['micro-F1'])] < 0.45"
# Move the slider (in JupyterLab; on a printed page it stays at ½). A higher threshold claims less: precision rises, recall falls. F1 is highest
# well *below* ½. For calibrated probabilities the best threshold for $F_1$ is half the best $F_1$ itself [1], so ½ would be right only for a
# perfect model.
#
# **Exercise 3.** Choose the threshold, out of those in `cuts`, with the highest micro-F1.


# %% tags=["exercise"]
def choose_threshold(y, p, cuts):
    """The one of `cuts` with the highest micro-F1 of (p > cut) against `y`; `y` and `p` are (N, K)."""
    return ...  # your code


# %% tags=["solution"]
def choose_threshold(y, p, cuts):
    """The one of `cuts` with the highest micro-F1 of (p > cut) against `y`; `y` and `p` are (N, K)."""
    return cuts[np.argmax([metrics.micro_f1(y, p > cut) for cut in cuts])]


# %% tags=["mistake"] hint="return the *threshold* that reaches it"
def choose_threshold(y, p, cuts):
    return max(metrics.micro_f1(y, p > cut) for cut in cuts)


# %% tags=["mistake"] hint="this is the position in `cuts`"
def choose_threshold(y, p, cuts):
    return np.argmax([metrics.micro_f1(y, p > cut) for cut in cuts])


# %% tags=["mistake"] hint="most equal cells"
def choose_threshold(y, p, cuts):
    return cuts[np.argmax([np.mean(y == (p > cut)) for cut in cuts])]


# %%
check("threshold", choose_threshold)

# %% [markdown]
# On which split would you call it? A threshold is a decision like any other: chosen on the **validation** split. Chosen on the test split it would
# flatter the score by as much as luck allows.
#
# The module offers three ways: 0.5 for all; one *global* threshold; and one for each label. The last has many more numbers to choose, so
# it can fit luck, for rare labels above all: with three validation examples almost any threshold can look best. `per_label_thresholds`
# therefore leaves a label with few validation examples at the global threshold, and smooths the F1 of the others [2].

# %%
one = thresholds.global_threshold(truth, linear_validation)
each = thresholds.per_label_thresholds(truth, linear_validation)
print(f"one for all: {one:.3f}; one for each label:", each.round(2))

# %% [markdown]
# ## 8. The honest table
#
# A score alone says nothing. Beside it belong: what *all zeros* scores; what the *label prior* scores (each label's share in the training split
# as its probability for every example); and a *linear* model. **Guess** the micro-F1 of the label prior before you look.

# %%
table = baselines.honest_table(scenes, validation_p["sigmoid"], test_p["sigmoid"], name="CNN")

# %% [markdown] tags=["claim"] expect="max(row['micro-F1'] for row in table if row['predictor'] == 'CNN') >= 0.97"
# Read it down the columns. All zeros has a low Hamming loss and finds nothing; it even has a fair example-F1 and subset accuracy, because a
# quarter of the scenes *are* empty. The label prior, threshold below its highest share, claims everything everywhere. The linear model shows what pixels tell
# without seeing shapes. And the network gets above 0.97 micro-F1 on digits that nobody in its training data wrote.
#
# For the network, the three ways to set a threshold make little difference: its probabilities lie near 0 and 1. For the linear model they do.

# %% [markdown]
# ## 9. Where is it wrong?

# %%
wrong = np.flatnonzero((y_true != y_pred).any(axis=1))[:16]
names = np.array(scenes.label_names)
titles = [f"{''.join(names[y_true[i] == 1]) or '-'} → {''.join(names[y_pred[i] == 1]) or '-'}" for i in wrong]
plots.scenes(scenes.test.x[wrong], titles, "Truth → answer, where they differ", alarming=[True] * len(wrong))

# %% [markdown]
# Always look. Some of these a person would get wrong too; for others you can see what the network went by.

# %% [markdown]
# ## 10. Save it, load it
#
# One `.keras` file holds the layers, the weights and the state of the optimizer. **Will the loaded model answer exactly the same?**

# %%
model.save("digit_scenes.keras")  # beside this notebook
loaded = keras.models.load_model("digit_scenes.keras")
difference = np.abs(model.predict(scenes.test.x, verbose=0) - loaded.predict(scenes.test.x, verbose=0)).max()
print("largest difference between the answers:", difference)

# %% [markdown] tags=["claim"] expect="difference == 0"
# Not one bit. And as the scaling to 0..1 is a layer of the model, whoever loads it cannot forget it.

# %% [markdown]
# ## 11. What the articles said, and what holds
#
# | the articles say | what holds |
# |---|---|
# | labels as one-hot vectors, "cross-entropy can be computed through softmax" (GAN article) | softmax cannot say how many; $K$ sigmoids can (step 5) |
# | a loss times 100 printed as a percentage, and "accuracy" as 1 - loss (GAN article) | a loss is no share of anything; it can exceed 1 |
# | sigmoid, "because each label is independent" (RNN article) | the right layer for another reason: labels are not *exclusive* (lesson 01) |
# | a sigmoid layer, then `BCELoss` (RNN article) | the same loss from logits, which stays finite (step 3) |
# | "apply a threshold" (RNN article), and no more | which one, and chosen on what, decides much of the score (step 7) |
#
# The accuracy that is 1 - loss, on the probabilities of a network that has learnt nothing:

# %%
unsure = np.full_like(scenes.test.y, 0.1)
wrong_and_sure = np.where(scenes.test.y == 1, 0.01, 0.99)
for name, p in {"0.1 everywhere": unsure, "sure, and wrong everywhere": wrong_and_sure}.items():
    value = float(keras.losses.BinaryCrossentropy()(scenes.test.y, p))
    print(f"{name}: loss {value:.2f}, so its 'accuracy' is {1 - value:.0%}")

# %% [markdown]
# ## What to take away
#
# - $K$ labels need $K$ sigmoids, and binary cross-entropy from logits.
# - Report micro-F1, macro-F1 and subset accuracy beside baselines. A share of right cells rewards emptiness.
# - Every decision, thresholds included, is made on validation data.
#
# **Further reading.** [1] Z. Lipton, C. Elkan, B. Naryanaswamy, "Optimal thresholding of classifiers to maximize F1 measure",
# *ECML PKDD* 2014. [2] L.-H. Lin, C.-J. Lin, "On the thresholding strategy for infrequent labels in multi-label classification",
# *CIKM* 2023. [3] M.-L. Zhang, Z.-H. Zhou, "A review on multi-label learning algorithms", *IEEE TKDE* 26(8), 2014.
