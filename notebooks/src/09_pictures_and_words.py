# %% [markdown]
# # 09 Pictures and words, and learning once
#
# After this lesson you can join a network that sees with one that reads, say in advance how good each alone and both together can be, and decide
# whether a network that has learnt something else first is worth having where labels are few.
#
# **Before:** [08 Labels that depend on each other](08_labels_that_depend.ipynb). **Your time:** about 125 minutes. **Machine time:** under 4 minutes on two CPU cores. **Memory:** under 3 GiB.

# %% tags=["parameters"]
PROFILE = "quick"
SEED = 0

# %%
import json
import math

import mlc_tf
import keras
import numpy as np

from mlc_tf import plots, training
from mlc_tf.course import profiles
from mlc_tf.course.exercises import check
from mlc_tf.data import Dataset, captioned_scenes, images, pairs, product_listings, text
from mlc_tf.evaluation import baselines, intervals, metrics, thresholds
from mlc_tf.models import cnn, rnn
from mlc_tf.models.places import places
from mlc_tf.models.rnn import pretraining

settings = profiles.settings("09_pictures_and_words", PROFILE)
results = mlc_tf.PROJECT / "benchmarks" / "results"

# %% [markdown] minutes=6
# ## 1. A picture and a sentence
#
# Here are six scenes with handwritten digits. A grey curtain hides one place of each. With each scene comes a sentence or two, which say what is
# behind the curtain, and whether one of the places does not count. **Which digits count in each of them?** (Write them down.)

# %%
pictures, sentences = captioned_scenes.load_data(train=settings.scenes, seed=SEED)
label_count = len(pictures.label_names)  # K = 10
train_y, validation_y = pictures.train.y, pictures.validation.y
first = slice(0, 6)
plots.scenes(pictures.train.x[first], list("ABCDEF"), "Which digits count?", columns=6)
for letter, sentence in zip("ABCDEF", sentences.train.x[first], strict=True):
    print(f"{letter}: {sentence}")

# %%
for letter, y in zip("ABCDEF", train_y[first], strict=True):
    print(f"{letter}: {np.flatnonzero(y).tolist()}", end="  ")

# %% [markdown]
# You had to look *and* read. The sentence knows the digit behind the curtain, and nothing of the other three; the picture shows those three, and does
# not say which of them counts. So it is with photos and their captions, products and their descriptions, scans and their reports: each has a part,
# and sometimes the one says how to understand the other. The field's word for a kind of input is *modality*, and joining several is *fusion*.

# %% [markdown] defines="modality" minutes=16
# ## 2. Two ceilings
#
# Before anything is trained: how well *can* one do who sees only the picture, or only the sentence? Whoever builds such systems should know,
# because it tells a bad network from a task that cannot be done better.
#
# Let $t$ be what is seen (one **modality**: the picture, or the sentence), and $y$ the label set. Who has seen $t$ can do no better in subset accuracy
# than to answer the likeliest set given $t$, always.
#
# **Exercise 1.** `table[t, y]` is $P(t, y)$, for everything that can be seen and each label set; it adds up to 1. How often is the best
# answer right?


# %% tags=["exercise"]
def best_score(table):
    """The best subset accuracy (a number); table (T, Y)."""
    return ...  # your code


# %% tags=["solution"]
def best_score(table):
    """The best subset accuracy (a number); table (T, Y)."""
    return table.max(axis=1).sum()


# %% tags=["mistake"] hint="the best of one answer for all"
def best_score(table):
    return table.sum(axis=0).max()


# %% tags=["mistake"] hint="not all that can be seen is equally frequent"
def best_score(table):
    return np.mean([max(row) / sum(row) for row in table])


# %% tags=["mistake"] hint="this answers by drawing"
def best_score(table):
    return sum(row @ row / row.sum() for row in table)


# %%
best_score = check("the best score of one", best_score)

# %% [markdown]
# Now our scenes. Half of them have a digit behind the curtain. Of the three places in sight 0, 1, 2 or 3 show a digit, each number equally often. In
# half of the scenes one of these three places does not count, each equally often, whether it shows a digit or not. All digits of a scene differ.
#
# Who only reads knows the digit behind the curtain, and whether *something* is left out. Of the digits in sight, some of which count, only their
# number can be guessed. **What is the best answer for them: which digits?**

# %%
number = np.zeros((2, 4))  # of the digits in sight that count, if all places count, and if one is left out
for seen in range(4):
    number[0, seen] += 1 / 8  # all count: a half, times a quarter
    number[1, seen] += 1 / 8 * (1 - seen / 3)  # the place left out is empty
    if seen:
        number[1, seen - 1] += 1 / 8 * seen / 3  # it shows one of the digits
choices = [math.comb(9, size) for size in range(4)]  # sets of so many of the nine other digits
for_reader = np.repeat(number / choices, choices, axis=1)  # (2, 130)
print(f"only the sentence: {best_score(for_reader):.4f} = 7/24, with the digits in sight", end=" ")
print([f"{size}: {p:.3f}" for size, p in enumerate((number / choices).sum(axis=0))])

# %% [markdown]
# *None*: a certain set of two digits is rarer by far than the empty one, though two digits are as frequent as none. So the best a reader can do is to
# answer with what is behind the curtain, and that is right in 7 of 24 scenes. And who only sees?

# %%
for_viewer = np.zeros((4, 44))  # by the number of digits in sight: what is hidden, and which one does not count
for seen in range(4):
    hidden = [1 / 2] + [1 / 2 / (10 - seen)] * (10 - seen)  # nothing, or one of the digits not in sight
    lost = [1 - seen / 6] + [1 / 6] * seen  # none of those in sight, or a certain one
    joint = np.outer(hidden, lost).ravel() / 4
    for_viewer[seen, : len(joint)] = joint
ceilings = {"picture": best_score(for_viewer), "sentence": best_score(for_reader)}
print(f"only the picture: {ceilings['picture']:.4f} = 3/8")

# %% [markdown]
# (All digits of a kind are alike here, so a row for each *number* in sight will do.) Both together: 1, if each digit can be read. So neither has half
# of what is needed, and both have all of it.

# %% [markdown] minutes=10
# ## 3. Each by itself
#
# A convolutional network for the picture, a recurrent one for the sentence, both as in the lessons before. `pairs.batches` gives batches of
# `((pictures, tokens), label sets)`; each of the two takes its part. **How near will they come to their ceilings?**

# %%
vectorizer = text.vectorizer(sentences.train.x)
shape, words = pictures.train.x.shape[1:], vectorizer.vocabulary_size()


def batches(name, seed=None):
    """Of a split: batches of ((pictures, tokens), label sets)."""
    seen, read = getattr(pictures, name), getattr(sentences, name)
    return pairs.batches(seen.x, read.x, seen.y, vectorizer, 64, seed)


(seen, read), y = next(iter(batches("train", SEED)))
print("pictures", seen.shape, "tokens", read.shape, "label sets", y.shape)

# %%
loss = keras.losses.BinaryCrossentropy(from_logits=True)


def train(network, train_batches, epochs):
    """Trains with the optimizer of lesson 06."""
    network.compile(rnn.optimizer(epochs * len(train_batches)), loss)
    training.fit(network, train_batches, epochs)


see = cnn.classifier(shape, label_count, SEED)
read = rnn.classifier(words, label_count, units=32, embedding=32, seed=SEED)
alone = {"picture": see, "sentence": read}
p_alone, by_itself = {}, {}
for part, (name, network) in enumerate(alone.items()):
    own = batches("train", SEED).map(lambda x, y, part=part: (x[part], y))
    train(network, own, settings.epochs_alone)
    held_out = batches("validation").map(lambda x, y, part=part: (x[part], y))
    p_alone[name] = keras.ops.sigmoid(network.predict(held_out, verbose=0)).numpy()
    by_itself[name] = metrics.subset_accuracy(validation_y, p_alone[name] > 0.5)
    print(f"{name} alone: {by_itself[name]:.3f}, its ceiling {ceilings[name]:.3f}")

# %% [markdown]
# Both are near them. Their mistakes are not the networks' fault, so no better network will help, only the other modality.

# %% [markdown] minutes=15
# ## 4. Two votes
#
# The simplest way to join them leaves both as they are and asks each for its probabilities. **Would you take their mean?**
#
# Say $v$ is the picture and $s$ the sentence, and $y_k$ one label. Bayes' rule in odds, $o(p) = p / (1 - p)$: what is seen multiplies the odds of
# the label by how much likelier it is to be seen with the label than without. If picture and sentence are independent once the label is known,
#
# $$o(P(y_k \mid v, s)) = o(P(y_k)) \cdot \frac{P(v \mid y_k = 1)}{P(v \mid y_k = 0)} \cdot \frac{P(s \mid y_k = 1)}{P(s \mid y_k = 0)}.$$
#
# But the networks give $P(y_k \mid v)$ and $P(y_k \mid s)$, and each of them has $P(y_k)$ in it.
#
# **Exercise 2.** Join them: `one` is $P(y_k \mid v)$, `other` is $P(y_k \mid s)$, for each scene and label; `prior` is $P(y_k)$.


# %% tags=["exercise"]
def joined(one, other, prior):
    """Probabilities (N, K) given both; one and other (N, K), prior (K,)."""
    return ...  # your code


# %% tags=["solution"]
def joined(one, other, prior):
    """Probabilities (N, K) given both; one and other (N, K), prior (K,)."""
    odds = one / (1 - one) * other / (1 - other) / (prior / (1 - prior))
    return odds / (1 + odds)


# %% tags=["mistake"] hint="pulled back by whoever knows nothing"
def joined(one, other, prior):
    return (one + other) / 2


# %% tags=["mistake"] hint="counted twice"
def joined(one, other, prior):
    odds = one / (1 - one) * other / (1 - other)
    return odds / (1 + odds)


# %% tags=["mistake"] hint="is no probability"
def joined(one, other, prior):
    return one * other / prior


# %%
joined = check("two votes", joined)

# %%
prior = train_y.mean(axis=0)
p_both = {
    "mean": (p_alone["picture"] + p_alone["sentence"]) / 2,
    "larger": np.maximum(p_alone["picture"], p_alone["sentence"]),
    "joined": joined(p_alone["picture"].astype(float), p_alone["sentence"].astype(float), prior),
}
of_votes = {}
for name, p in p_both.items():
    cut = thresholds.global_threshold(validation_y, p)
    of_votes[name] = metrics.subset_accuracy(validation_y, thresholds.decide(p, 0.5))
    tuned = metrics.subset_accuracy(validation_y, thresholds.decide(p, cut))
    print(f"{name:8} subset accuracy at 0.5: {of_votes[name]:.3f}, at {cut:.2f}: {tuned:.3f}")

# %% [markdown] tags=["claim"] expect="of_votes['joined'] > of_votes['mean'] + 0.1 and of_votes['joined'] > 0.6"
# The mean fails where one is sure and the other knows nothing: of a digit behind the curtain the sentence says 0.99 and the picture 0.1, which is how
# frequent it is; the mean is near a half. (A lower threshold mends some of that here, but a digit of which both are half sure passes it, too.) In odds
# who knows nothing multiplies by 1.
#
# One could also train both at once, with their logits added; the sum then learns the prior by itself. That is *late fusion*; step 8 has its figures.

# %% [markdown] minutes=8
# ## 5. What adding cannot say
#
# Votes got us from a third to almost three quarters. What is missing? Take one label, and a sum of two votes, one of the picture and one
# of the sentence; the label is present where the sum is positive.
#
# **Question.** Picture and sentence each say yes or no. Which of these four rules is none that any sum of two votes can follow?
#
# - **a** Present if at least one of the two says yes.
# - **b** Present if both say yes.
# - **c** Present if the sentence says yes, whatever the picture says.
# - **d** Present if both say the same.

# %% tags=["exercise"]
answer = ...  # "a", "b", "c" or "d"

# %% tags=["solution"]
answer = "d"

# %% tags=["mistake"] hint="two noes make -2"
answer = "a"

# %% tags=["mistake"] hint="only two yeses are positive"
answer = "b"

# %% tags=["mistake"] hint="outvotes it"
answer = "c"

# %%
check("what no sum can say", answer)

# %% [markdown]
# So "the *upper left* one does not count" cannot be added. What it means for the label 7 depends on whether the 7 stands there. The sentence has to
# reach *into* what the picture's network has found, place by place, before it is summed up.

# %% [markdown] defines="gate of one modality over another" minutes=20
# ## 6. The sentence as a gate
#
# The picture's network halves the picture three times: 16 × 16 pixels become 2 × 2 regions, in each of which 64 numbers say what is there.
# `places` gives them in the shape `(batch, 4, 64)`, row by row. Let the sentence open or close each: a **gate of one modality over another**. It
# is like the gates in the cell of lesson 06, but over places.
#
# **Exercise 3.** `logits` are four numbers (in general P) that the sentence's network gives for the places. Let each place through by a share from 0 to 1, each for
# itself. Write it with `keras.ops` (`keras.ops.sigmoid`, and `[:, :, None]` as in NumPy), as it will be a part of a network.


# %% tags=["exercise"]
def gated(places, logits):
    """What is let through, (batch, P, size); places (batch, P, size), logits (batch, P)."""
    return ...  # your code


# %% tags=["solution"]
def gated(places, logits):
    """What is let through, (batch, P, size); places (batch, P, size), logits (batch, P)."""
    return keras.ops.sigmoid(logits)[:, :, None] * places


# %% tags=["mistake"] hint="the places compete"
def gated(places, logits):
    return keras.ops.softmax(logits)[:, :, None] * places


# %% tags=["mistake"] hint="the sigmoid is missing"
def gated(places, logits):
    return logits[:, :, None] * places


# %% tags=["mistake"] hint="it is lost what was found where"
def gated(places, logits):
    return keras.ops.sum(keras.ops.sigmoid(logits)[:, :, None] * places, axis=1)


# %%
gated = check("a gate", gated)


# %%
def build_gated():
    """From pictures and tokens to logits; the sentence says how much each place counts."""
    keras.utils.set_random_seed(SEED)
    see, read = cnn.classifier(shape, 64), rnn.classifier(words, 64, units=32, embedding=32)
    x = [keras.Input(shape, name="pictures"), keras.Input((None,), dtype="int32", name="tokens")]
    of_text = read(x[1])  # (batch, 64)
    passed = gated(places(see)(x[0]), keras.layers.Dense(4, name="gate")(of_text))  # (batch, 4, 64)
    both = keras.layers.Concatenate()(
        [keras.layers.Flatten()(passed), keras.layers.ReLU()(of_text)]
    )
    hidden = keras.layers.Dense(128, activation="relu")(keras.layers.Dropout(0.3)(both))
    return keras.Model(x, keras.layers.Dense(label_count)(hidden))


network = build_gated()
print(f"one batch: {network(next(iter(batches('train')))[0]).shape}, weights: {network.count_params():,}")

# %% [markdown]
# The hidden layer also reads what the sentence's network has found: it has to tell what is behind the curtain. **Will this network be near 1, or near
# the votes?**

# %%
train(network, batches("train", SEED), settings.epochs)


def score(network, x, y):
    """The subset accuracy at 0.5."""
    return metrics.subset_accuracy(y, network.predict(x, verbose=0) > 0)


with_both = score(network, batches("validation"), validation_y)
print(f"validation: with the gate {with_both:.3f}, by votes {of_votes['joined']:.3f}")

# %% [markdown] tags=["claim"] expect="with_both > of_votes['joined'] + 0.1"
# The same two encoders, and a product in the right place. Does it do what we think? Ask it for its gates, of the first scenes of the validation split,
# and let each place shine as much as it is let through:

# %%
gates = keras.Model(network.inputs, keras.ops.sigmoid(network.get_layer("gate").output))


def show_passed(pictures, texts, title):
    """Each picture, its places as bright as their gates are open."""
    tokens = text.tokens(texts, vectorizer).to_tensor()
    opened = gates([pictures, tokens]).numpy().reshape(-1, 2, 2)
    bright = np.kron(opened, np.ones((1, 8, 8)))[..., None] * pictures
    letters = list("ABCDEF"[: len(texts)])
    plots.scenes(bright.astype(np.uint8), letters, title, columns=6)
    for letter, one, sentence in zip(letters, opened, texts, strict=True):
        print(f"{letter}: {one.ravel().round(2).tolist()} {sentence}")
    return opened.reshape(-1, 4)


shown = pictures.validation.x[first]
opened = show_passed(shown, sentences.validation.x[first], "What the sentence lets through")

# %% [markdown]
# Nobody told it where "upper left" is, or what "does not count" does. It has found both from label sets alone, because that is what
# makes the answers right. (An open place need not be at 1: what follows can make up for a factor that is always the same.)

# %%
said = "All places count, the upper left and the upper right one too."
everywhere = [said] * 6
opened_by_words = show_passed(shown, everywhere, "The same scenes, with a sentence of yours")

# %% [markdown] tags=["tweak"] set="said = 'The upper left one does not count, the upper right one does.'" expect="(opened_by_words[:, 0] < 0.5 * opened_by_words[:, 1]).all()"
# > **Tweak card.** Set `said` to `'The upper left one does not count, the upper right one does.'`, and run that cell again. *Expect* the upper left place to go dark in all six, and the
# > others to stay. Then try the words in another order, or words that it does not know. (Then set it back.)

# %% [markdown] minutes=14
# ## 7. When one is missing
#
# A camera fails, nobody wrote a caption. **What will the network say of a scene without its sentence?** A missing picture is black here, a missing sentence has no
# words, only padding.

# %%
tokens = {
    name: text.tokens(getattr(sentences, name).x, vectorizer).to_tensor().numpy()
    for name in ("train", "validation")
}
seen, read = pictures.validation.x, tokens["validation"]
inputs = {"both": [seen, read], "picture": [seen, 0 * read], "sentence": [0 * seen, read]}
plain = {name: score(network, x, validation_y) for name, x in inputs.items()}
for name, value in plain.items():
    print(f"{name:8} {value:.3f}   ceiling {ceilings.get(name, 1.0):.3f}")

# %% [markdown]
# Without the sentence it is far below what the picture's own network does. It has never seen such a scene, and its gates stand anywhere. The remedy is to lose one now
# and then in training, *modality dropout* [3].
#
# **Exercise 4.** `chance` is a number from 0 to 1 for each scene, drawn for you. In training the picture goes (all its pixels are 0) where chance < share, and the text (all its tokens
# are 0) where share <= chance < 2 share; otherwise all stays as it is.


# %% tags=["exercise"]
def lose(pictures, tokens, chance, share, training):
    """Pictures (batch, height, width, channels) and tokens (batch, time); chance (batch,)."""
    return ...  # your code


# %% tags=["solution"]
def lose(pictures, tokens, chance, share, training):
    """Pictures (batch, height, width, channels) and tokens (batch, time); chance (batch,)."""
    if not training:
        return pictures, tokens
    pictures, tokens = pictures.copy(), tokens.copy()
    pictures[chance < share] = 0
    tokens[(share <= chance) & (chance < 2 * share)] = 0
    return pictures, tokens


# %% tags=["mistake"] hint="nothing is left to answer from"
def lose(pictures, tokens, chance, share, training):
    if not training:
        return pictures, tokens
    kept = chance >= share
    return pictures * kept[:, None, None, None], tokens * kept[:, None]


# %% tags=["mistake"] hint="active after the training, too"
def lose(pictures, tokens, chance, share, training):
    with_picture, with_text = chance >= share, (chance < share) | (chance >= 2 * share)
    return pictures * with_picture[:, None, None, None], tokens * with_text[:, None]


# %% tags=["mistake"] hint="a picture is whole or gone"
def lose(pictures, tokens, chance, share, training):
    if not training:
        return pictures, tokens
    with_picture, with_text = chance >= share, (chance < share) | (chance >= 2 * share)
    kept = pictures * with_picture[:, None, None, None], tokens * with_text[:, None]
    return tuple(part / (1 - share) for part in kept)


# %%
lose = check("lost on purpose", lose)

# %% [markdown]
# The network goes on for a few epochs, and in each of them other scenes lose something. **Will it forget what it can do with both?**

# %%
network.compile(rnn.optimizer(settings.more_epochs * len(batches("train", SEED)), 1e-3), loss)
generator = np.random.default_rng(SEED)
for _ in range(settings.more_epochs):
    chance = generator.random(len(train_y))
    some = lose(pictures.train.x, tokens["train"], chance, 0.2, True)
    network.fit(list(some), train_y, batch_size=64, verbose=0)
after = {name: score(network, x, validation_y) for name, x in inputs.items()}
for name, value in after.items():
    print(f"{name:8} {value:.3f}, before {plain[name]:.3f}   ceiling {ceilings.get(name, 1.0):.3f}")

# %% [markdown] tags=["claim"] expect="after['picture'] > plain['picture'] + 0.08 and after['both'] > 0.85"
# One network for all three cases, each near what can be had. What it had learnt from both, it keeps. Starting with modality dropout from the
# first step is harder, as the record of the next step shows: then the network has to find out what a sentence does to a picture from fewer scenes that have both.

# %% [markdown] minutes=10
# ## 8. The honest table
#
# Now the test split, once in this run: our networks, beside the most frequent label set, the label prior, and linear models of each modality and of
# the two side by side.

# %%
test_y = pictures.test.y
test_tokens = text.tokens(sentences.test.x, vectorizer).to_tensor().numpy()
sets, counts = np.unique(train_y, axis=0, return_counts=True)


def tuned(validation_p, test_p):
    """Answers on the test split at a threshold from validation."""
    return thresholds.decide(test_p, thresholds.global_threshold(validation_y, validation_p))


linear = {name: baselines.linear(one) for name, one in (("picture", pictures), ("sentence", sentences))}
of_alone = {
    name: keras.ops.sigmoid(one.predict(x, verbose=0)).numpy().astype(float)
    for (name, one), x in zip(alone.items(), (pictures.test.x, test_tokens), strict=True)
}
votes = joined(of_alone["picture"], of_alone["sentence"], prior)
tested = {
    "most frequent set": np.tile(sets[counts.argmax()], (len(test_y), 1)),
    "label prior, tuned": tuned(*baselines.label_prior(pictures)),
    **{f"linear, {name}, tuned": tuned(*p) for name, p in linear.items()},
    **{f"{name} alone": thresholds.decide(p, 0.5) for name, p in of_alone.items()},
    "mean, tuned": tuned(p_both["mean"], (of_alone["picture"] + of_alone["sentence"]) / 2),
    "votes": thresholds.decide(votes, 0.5),
}
for name, x in {
    "gate": [pictures.test.x, test_tokens],
    "gate, without sentence": [pictures.test.x, 0 * test_tokens],
    "gate, without picture": [0 * pictures.test.x, test_tokens],
}.items():
    tested[name] = network.predict(x, verbose=0) > 0
print("test".ljust(26), "subset accuracy  Hamming loss      micro-F1")
of_test = {}
for name, answer in tested.items():
    exact, wrong = metrics.subset_accuracy(test_y, answer), metrics.hamming_loss(test_y, answer)
    of_test[name] = exact, wrong, metrics.micro_f1(test_y, answer)
    print(name.ljust(26), *(f"{value:13.4f}" for value in of_test[name]))

# %% [markdown]
# XX

# %%
fused = json.loads((results / "fusion.json").read_text())
print(f"Recorded, {len(fused['seeds'])} seeds, test: subset accuracy")
print("with".ljust(28), *(f"{name:>16}" for name in ("both", "picture only", "sentence only")), "seconds")
for name in next(iter(fused["seeds"].values())):
    of_seeds = [seed[name] for seed in fused["seeds"].values()]
    cells = []
    for what in ("both", "picture", "sentence"):
        if what in of_seeds[0]:
            cells.append("{:8.3f} ± {:.3f}".format(*intervals.interval([one[what] for one in of_seeds])))
        else:
            cells.append("")
    seconds = [one["seconds"] for one in of_seeds if "seconds" in one]
    time = f"{np.mean(seconds):7.0f}" if seconds else ""
    print(name.ljust(28), *(f"{cell:>16}" for cell in cells), time)

# %% [markdown]
# XX

# %% [markdown] defines="transfer learning; pre-training; fine-tuning" minutes=20
# ## 9. Learning once
#
# Both encoders began with random numbers. Where labels are scarce that is a waste, if there is something else to learn *from*: other labels of
# the same kind of text, or texts without labels. To learn from that first is **pre-training**; to go on with the labels that one wants is
# **fine-tuning**; both together are **transfer learning**.
#
# Our case: product listings of which ten tags are wanted and only a few texts have them. But 8,000 listings have *other* tags, fifteen of
# them, from an older project. A network learns those first.

# %%
listings = product_listings.load_data(seed=SEED)
shuffled = np.random.default_rng(SEED).permutation(len(listings.label_names))
wanted, others = shuffled[:10], shuffled[10:]
few = slice(0, settings.labelled)
few_x, few_y = listings.train.x[few], listings.train.y[few][:, wanted]
print("wanted:", ", ".join(listings.label_names[label] for label in wanted))
print("known from before:", ", ".join(listings.label_names[label] for label in others))

# %%
teacher_vectorizer = text.vectorizer(listings.train.x)


def build_reader(vectorizer, y):
    """A small network of lesson 06."""
    frequencies, size = y.mean(axis=0), vectorizer.vocabulary_size()
    options = {"units": 48, "embedding": 48, "frequencies": frequencies, "seed": SEED}
    return rnn.classifier(size, y.shape[1], **options)


teacher_y = listings.train.y[:, others]
teacher = build_reader(teacher_vectorizer, teacher_y)
train(
    teacher,
    text.batches(listings.train.x, teacher_y, teacher_vectorizer, 64, SEED),
    settings.teacher_epochs,
)

# %% [markdown]
# The new network reads with a vocabulary of its own, made from its few texts. What can be carried over? The recurrent weights, as they are, if the
# sizes are the same. Of the word vectors those of words that both know.
#
# **Exercise 5.** Carry them over: `vectors[i]` is your network's vector of `words[i]`, `source[j]` the teacher's of `source_words[j]`. Words that only
# you know keep their vectors. (Padding "" and the unknown word "[UNK]" stand in both lists.)


# %% tags=["exercise"]
def carried(vectors, words, source, source_words):
    """Your vectors (V, size) afterwards; source (S, size); words and source_words are lists."""
    return ...  # your code


# %% tags=["solution"]
def carried(vectors, words, source, source_words):
    """Your vectors (V, size) afterwards; source (S, size); words and source_words are lists."""
    row = {word: at for at, word in enumerate(source_words)}
    pairs = zip(words, vectors, strict=True)
    return np.array([source[row[word]] if word in row else own for word, own in pairs])


# %% tags=["mistake"] hint="in the other vocabulary a number is another word"
def carried(vectors, words, source, source_words):
    found, n = vectors.copy(), min(len(vectors), len(source))
    found[:n] = source[:n]
    return found


# %% tags=["mistake"] hint="are set to 0"
def carried(vectors, words, source, source_words):
    row = {word: at for at, word in enumerate(source_words)}
    return np.array([source[row[word]] if word in row else 0 * source[0] for word in words])


# %% tags=["mistake"] hint="get the vector of its unknown word"
def carried(vectors, words, source, source_words):
    row = {word: at for at, word in enumerate(source_words)}
    return np.array([source[row.get(word, 1)] for word in words])


# %%
carried = check("a word's vector goes along", carried)

# %%
vectorizer_of_few = text.vectorizer(few_x)
student = build_reader(vectorizer_of_few, few_y)
(source, recurrent), (own, own_recurrent) = map(pretraining.encoder, (teacher, student))
vocabularies = [one.get_vocabulary() for one in (vectorizer_of_few, teacher_vectorizer)]
vectors = carried(own.get_weights()[0], vocabularies[0], source.get_weights()[0], vocabularies[1])
own.set_weights([vectors])
own_recurrent.set_weights(recurrent.get_weights())
known = len(set(vocabularies[0]) & set(vocabularies[1])) - 2
print(f"{known} of {len(vocabularies[0]) - 2} words have the teacher's vectors")

# %% [markdown]
# (`pretraining.carry_over` does these lines in one call.) Both begin now: one with the teacher's encoder, one with nothing, for the same number of
# updates. **Who will be ahead, and by how much?**

# %%
def precision(network, split=listings.validation):
    """Mean average precision of the ten tags."""
    p = rnn.probabilities(network, split.x, vectorizer_of_few)
    return metrics.mean_average_precision(split.y[:, wanted], p)


of_few = text.batches(few_x, few_y, vectorizer_of_few, 32, SEED)
newcomer = build_reader(vectorizer_of_few, few_y)
reached = {}
for name, one in (("with nothing", newcomer), ("with the teacher's encoder", student)):
    train(one, of_few, settings.student_epochs)
    reached[name] = precision(one)
    print(f"{name}: mean average precision {reached[name]:.3f}")

# %% [markdown]
# XX
#
# **Question.** Now the encoder is to rest for a while, so that the new layers above it, which know nothing yet, do not spoil it; then all is to learn.
# Which program does that?
#
# - **a** `encoder.trainable = False`, `compile`, `fit`; then `encoder.trainable = True`, `fit`.
# - **b** `encoder.trainable = False`, `compile`, `fit`; then `encoder.trainable = True`, `compile` with the same optimizer, `fit`.
# - **c** `encoder.trainable = False`, `compile`, `fit`; then `encoder.trainable = True`, `compile` with a new optimizer, `fit`.
# - **d** `compile`, `encoder.trainable = False`, `fit`; then `encoder.trainable = True`, `fit`.

# %% tags=["exercise"]
answer = ...  # "a", "b", "c" or "d"

# %% tags=["solution"]
answer = "c"

# %% tags=["mistake"] hint="goes on with the encoder at rest"
answer = "a"

# %% tags=["mistake"] hint="Keras stops with an error"
answer = "b"

# %% tags=["mistake"] hint="and in the second, too"
answer = "d"

# %%
check("rests, then learns", answer)

# %% [markdown]
# (`pretraining.optimizer` does it in one `fit`: the encoder's rate is 0 for a while.)

# %% [markdown] defines="language model" minutes=16
# ## 10. From how many labels on?
#
# One size, one seed, one source. Now the whole curve, from the record (`python benchmarks/transfer.py --seed 0 --json FILE` repeats a seed). 30 to
# 3,000 labelled texts: listings with ten tags of which the network has seen none, and stories of Reuters with its ten most frequent topics. The
# encoder begins
#
# - with nothing;
# - with that of a network for the fifteen other tags (8,000 labelled listings), as in step 9;
# - with that of a **language model**, which learns from text without labels: to tell each word from those before it, and from those behind it [5]. It
#   has read 8,000 or 100,000 listings, or the 6,770 stories of Reuters for training.
#
# And there is the linear model of lesson 06, with words or pairs of words. **At 30 labels, who leads? And at 3,000?**

# %%
transfer = json.loads((results / "transfer.json").read_text())["seeds"].values()
sizes = [int(size) for size in next(iter(transfer))["listings"]["linear"]]


def precisions(data, method, size, how="best"):
    """Mean average precision on the test split, of all seeds."""
    return [seed[data][method][str(size)][how]["MAP"] for seed in transfer]


methods = {
    "listings": {
        "linear": "linear",
        "with nothing": "nothing",
        "after other tags": "other labels, whole",
        "after 8,000 texts": "language model, 8,000, whole",
        "after 100,000 texts": "language model, 100,000, whole",
    },
    "Reuters": {
        "linear": "linear",
        "with nothing": "nothing",
        "after its own texts": "language model, own texts, whole",
    },
}


def show_curves(data, how):
    """The test precision over the number of labelled texts: means of the seeds, and how far they are apart."""
    canvas, axis = plots.figure(8.0, 3.4)
    told = []
    for (title, method), style in zip(methods[data].items(), ("k:", "-", "--", "-.", ":"), strict=False):
        known = [precisions(data, method, size, "best" if method == "linear" else how) for size in sizes]
        means, spread = np.mean(known, axis=1), np.std(known, axis=1)
        axis.errorbar(sizes, means, spread, fmt=style, marker="o", capsize=3, label=title)
        told.append(f"{title} from {means[0]:.2f} to {means[-1]:.2f}")
    axis.set_xscale("log")
    axis.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axis.minorticks_off()
    axis.set_xlabel("labelled texts")
    axis.set_ylabel("mean average precision")
    axis.set_title(f"{data}, each after its own best number of updates")
    axis.grid(alpha=0.3)
    axis.legend(loc="upper left", bbox_to_anchor=(1, 1))
    plots.show(canvas, f"{data}: mean average precision over labelled texts; {'; '.join(told)}.")


for data in methods:
    show_curves(data, "best")
