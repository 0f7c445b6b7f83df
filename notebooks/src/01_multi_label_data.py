# %% [markdown]
# # 01 Multi-label data
#
# After this lesson you can describe any multi-label data set by its label matrix, see what is rare and what goes together, split it
# without fooling yourself, and feed it to a network.
#
# **Before:** [00 Start here](00_start_here.ipynb). **Your time:** about 90 minutes. **Machine time:** under 1 minute on two CPU cores. **Memory:** under 2 GiB.

# %% tags=["parameters"]
PROFILE = "quick"
SEED = 0
DATASET = "digit-scenes"  # what step 9 looks at

# %%
import textwrap

import mlc_tf
import numpy as np
import scipy.stats

from mlc_tf import plots
from mlc_tf.course import profiles
from mlc_tf.course.exercises import check
from mlc_tf.data import catalogue, digit_scenes, images, labels, product_listings, text

settings = profiles.settings("01_multi_label_data", PROFILE)

# %% [markdown] minutes=3
# ## 1. One example, several labels
#
# We take two data sets through this lesson, side by side. **Digit scenes** are pictures: real handwritten digits, up to three on a
# canvas; the labels are the digits present. **Product listings** are texts: short advertisements; the labels are tags such as
# *waterproof*. Both come with the course, and nothing is downloaded.

# %%
max_digits = 3
scenes = digit_scenes.load_data(max_digits=max_digits, train=settings.scenes, seed=SEED)
listings = product_listings.load_data(seed=SEED)


# %% picture="scenes"
def as_text(row, label_names):
    """The label set of one example, as text."""
    names = [name for name, present in zip(label_names, row, strict=True) if present]
    return "{" + ", ".join(names) + "}"


empty = scenes.train.y.sum(axis=1) == 0
shown = np.append(np.flatnonzero(~empty)[:15], np.flatnonzero(empty)[0])
titles = [as_text(row, scenes.label_names) for row in scenes.train.y[shown]]
plots.scenes(scenes.train.x[shown], titles, "Digit scenes and their label sets")

# %% [markdown]
# These are the first fifteen scenes with a digit, and the first without: such plain black scenes are a quarter of all.
#
# Now some listings. **Read each one and name its tags before you look at them.** (Canvas counts as cotton, steel as metal.) Which words do
# you have to watch?

# %%
print(textwrap.fill("tags: " + ", ".join(listings.label_names), 90), "\n")
for listing, row in zip(listings.train.x[:5], listings.train.y[:5], strict=True):
    print(textwrap.fill(listing, 90))
    print("   ", as_text(row, listings.label_names), "\n")

# %% [markdown]
# A listing may *mention* a tag without having it. Little words such as "not", "instead" and "the second" decide, and it matters what
# they apply to. A model that only counts words cannot see that: keep it in mind for lesson 06.

# %% [markdown] defines="label matrix" minutes=2
# ## 2. The label matrix
#
# With $N$ examples and $K$ labels, all label sets together are the **label matrix** $Y \in \{0,1\}^{N \times K}$: one row for each example,
# one column for each label, and $Y_{ik} = 1$ where example $i$ has label $k$. **What can you tell from the picture of 40 rows?**

# %%
names = {"digit scenes": scenes.label_names, "product listings": listings.label_names}
first_rows = {"digit scenes": scenes.train.y[:40], "product listings": listings.train.y[:40]}
plots.label_matrices(first_rows, names)

# %% [markdown] defines="multi-class"
# Rows differ in how many labels they have, and some have none. In the scenes no column stands out; in the listings one tag is far ahead
# of the others, and some do not occur in these 40 rows. Steps 3 to 5 put numbers on this.
#
# *Multi-label* is not *multi-class*. In **multi-class** data every example has exactly one of $K$ classes, so every row of the (one-hot)
# matrix sums to 1. That is the test:

# %%
for name, dataset in {"digit scenes": scenes, "product listings": listings}.items():
    sizes = np.bincount(dataset.train.y.sum(axis=1).astype(int))
    print(f"{name}: {', '.join(f'{size} labels: {n}' for size, n in enumerate(sizes))}")

# %% [markdown] defines="cardinality" minutes=15
# ## 3. How many labels?
#
# Both data sets are multi-label: most of their rows do not sum to 1.
#
# The **cardinality** of a data set is the mean number of labels of an example [1],
#
# $$\text{cardinality}(Y) = \frac{1}{N} \sum_{i=1}^{N} \sum_{k=1}^{K} Y_{ik}.$$
#
# **Guess:** every scene holds 0 to 3 digits, each number equally likely. What is the cardinality?

# %%
cardinality = scenes.train.y.sum(axis=1).mean()
print(f"by hand {cardinality:.3f}, by the module {labels.cardinality(scenes.train.y):.3f}")

# %% [markdown] defines="density"
# A cardinality of 2 is much with 4 labels, and little with 1,000. The **density** of a data set is the share of the $K$ labels
# that an example has on average.
#
# **Exercise 1.** Write the density. What is it in words, if you look at the whole matrix at once?


# %% tags=["exercise"]
def density(y):
    """The density of the label matrix `y`, shape (N, K): a number between 0 and 1."""
    return ...  # your code


# %% tags=["solution"]
def density(y):
    """The density of the label matrix `y`, shape (N, K): a number between 0 and 1."""
    return y.sum(axis=1).mean() / y.shape[1]


# %% tags=["mistake"] hint="this is the cardinality, a number of labels"
def density(y):
    return y.sum() / len(y)


# %% tags=["mistake"] hint="you divided by N, the number of examples, once too often"
def density(y):
    return y.sum() / len(y) / len(y)


# %% tags=["mistake"] hint="The matrix has N times K cells"
def density(y):
    return y.sum() / y.shape[1]


# %% tags=["mistake"] hint="the share of examples with at least one label"
def density(y):
    return (y.sum(axis=1) > 0).mean()


# %%
density = check("density", density)

# %% [markdown]
# How many *different* label sets are there? With $K$ labels there could be $2^K$, though $N$ examples show $N$ at most. The more
# there are, the rarer each one is, and the more often a model has to name a set that it has never seen.


# %%
def describe(y):
    """The statistics of a label matrix (N, K), by name."""
    return {
        "examples": len(y),
        "labels": y.shape[1],
        "cardinality": round(labels.cardinality(y), 3),
        "density": round(float(density(y)), 4),
        "distinct label sets": labels.distinct_label_sets(y),
        "share without a label": round(float((y.sum(axis=1) == 0).mean()), 3),
        "MeanIR": round(labels.mean_imbalance_ratio(y), 2),
    }


def side_by_side(columns):
    """Prints the statistics of several label matrices, a column for each name."""
    print(f"{'':22}" + "".join(f"{name:>18}" for name in columns))
    for statistic in next(iter(columns.values())):
        values = "".join(f"{found[statistic]:>18}" for found in columns.values())
        print(f"{statistic:<22}{values}")


of_scenes, of_listings = describe(scenes.train.y), describe(listings.train.y)
side_by_side({"digit scenes": of_scenes, "product listings": of_listings})

# %% [markdown] tags=["claim"] expect="of_scenes['distinct label sets'] == 176 and of_listings['distinct label sets'] > 1_000"
# The scenes show every set there can be: $1 + 10 + 45 + 120 = 176$ sets of at most three of ten digits. The listings show well over a
# thousand, most of them only once or twice, so a new listing may well have a set that no training listing has. MeanIR comes in the next step.

# %% [markdown] tags=["tweak"] set="max_digits = 1" expect="cardinality < 0.55 and of_scenes['distinct label sets'] == 11"
# > **Tweak card.** In step 1, set `max_digits` to `1`, and run from there to here. *Expect* a cardinality near 0.5 and 11
# > distinct sets: ten single digits, and the empty set. Is that multi-class data?

# %% [markdown]
# (Almost: the empty scenes have no class. Make "none" a class of its own, and these are 11 classes.)

# %% [markdown] minutes=10
# ## 4. What is rare?
#
# Let $c_k = \sum_i Y_{ik}$ count the examples with label $k$. **Guess** how many times rarer the rarest tag is than the most frequent.

# %%
counts = listings.train.y.sum(axis=0)
plots.label_counts(counts, listings.label_names, len(listings.train), "Tags of the listings")

# %% [markdown] defines="imbalance ratio"
# The **imbalance ratio** of a label, IRLbl, is how many times rarer it is than the most frequent label; MeanIR is the mean of that
# over the labels [2].
#
# **Exercise 2.** Write IRLbl for all labels at once. Which value should the most frequent label get?


# %% tags=["exercise"]
def imbalance_ratio(y):
    """IRLbl of each label: from the label matrix (N, K) to an array (K,)."""
    return ...  # your code


# %% tags=["solution"]
def imbalance_ratio(y):
    """IRLbl of each label: from the label matrix (N, K) to an array (K,)."""
    counts = y.sum(axis=0)
    return counts.max() / counts


# %% tags=["mistake"] hint="upside down"
def imbalance_ratio(y):
    counts = y.sum(axis=0)
    return counts / counts.max()


# %% tags=["mistake"] hint="you compare with N"
def imbalance_ratio(y):
    return 1 / y.mean(axis=0)


# %% tags=["mistake"] hint="A label is a *column*"
def imbalance_ratio(y):
    with np.errstate(divide="ignore"):
        return y.sum(axis=1).max() / y.sum(axis=1)


# %% tags=["mistake"] hint="this is one number, MeanIR"
def imbalance_ratio(y):
    counts = y.sum(axis=0)
    return np.mean(counts.max() / counts)


# %%
imbalance_ratio = check("imbalance ratio", imbalance_ratio)

# %%
ratios = imbalance_ratio(listings.train.y)
print(f"the rarest tag is {ratios.max():.0f} times rarer")
of_module = labels.mean_imbalance_ratio(listings.train.y)
print(f"MeanIR is {ratios.mean():.3f}, by the module {of_module:.3f}")

# %% [markdown]
# In a formula, $\text{IRLbl}_k = \max_j c_j \,/\, c_k$. A model can overlook a tag with an IRLbl of 33, and hardly lose in any score over all cells.
# A second trap comes from the low *density* (step 3). Think of a "classifier" that answers *absent* to everything. **How many of its $N \times K$
# answers are right?**

# %%
for name, y in {"digit scenes": scenes.train.y, "product listings": listings.train.y}.items():
    print(f"{name}: 'absent' is right in {1 - y.mean():.1%} of all cells, and finds no label")

# %% [markdown]
# Whoever reports that as "accuracy" reports how empty the matrix is. Lesson 02 has scores that are harder to fool.

# %% [markdown] defines="co-occurrence" minutes=22
# ## 5. What goes together?
#
# The **co-occurrence** of two labels is the number of examples that have both. $C = Y^\top Y$, a $K \times K$ matrix, counts it for all
# pairs: $C_{ij}$ examples have labels $i$ and $j$, and $C_{ii} = c_i$.
#
# **Exercise 3.** Turn $C$ into $P(j \mid i)$: of the examples *with label i*, the share that also has label $j$. What divides row $i$?


# %% tags=["exercise"]
def conditional(y):
    """P(j | i) in row i, column j: from the label matrix (N, K) to a matrix (K, K)."""
    return ...  # your code


# %% tags=["solution"]
def conditional(y):
    """P(j | i) in row i, column j: from the label matrix (N, K) to a matrix (K, K)."""
    together = y.T @ y  # (K, K)
    return together / np.diag(together)[:, None]


# %% tags=["mistake"] hint="transposed"
def conditional(y):
    together = y.T @ y
    return together / np.diag(together)


# %% tags=["mistake"] hint="you divided by N"
def conditional(y):
    return y.T @ y / len(y)


# %% tags=["mistake"] hint="these are the counts of pairs"
def conditional(y):
    return y.T @ y


# %% tags=["mistake"] hint="you divided each row by its sum"
def conditional(y):
    together = y.T @ y
    return together / together.sum(axis=1, keepdims=True)


# %%
conditional = check("conditional", conditional)

# %% [markdown]
# **Which tags go with *wireless*?** Here are the five most frequent among wireless listings, beside their share of all listings:

# %%
given = conditional(listings.train.y)
share = listings.train.y.mean(axis=0)
wireless = listings.label_names.index("wireless")
for j in np.argsort(-given[wireless])[1:6]:
    name = listings.label_names[j]
    print(f"{name:>12}: {given[wireless, j]:.0%} of these, {share[j]:.0%} of all")

# %% [markdown] defines="lift"
# A frequent label goes with everything, simply because it is everywhere: *delivery* heads the list, though a wireless listing has it less
# often than others. The **lift** of two labels is how many times more often they meet than they would if they were independent. That
# corrects for it:
#
# $$\text{lift}_{ij} = \frac{P(j \mid i)}{P(j)} = \frac{P(i, j)}{P(i)\,P(j)} = \frac{N\,C_{ij}}{c_i\,c_j}$$
#
# Lift 1 is independence. **Guess** a pair of tags with a lift well above 1.

# %%
together = labels.co_occurrence(listings.train.y)
lift = given / share
expected = np.outer(counts, counts) / len(listings.train)  # meetings, if tags were independent
phones, laptops = listings.label_names.index("phones"), listings.label_names.index("laptops")
meetings = f"{together[phones, laptops]} together, {expected[phones, laptops]:.1f} expected"
print(f"phones and laptops: lift {lift[phones, laptops]:.2f}, {meetings}")

# %% [markdown] defines="p-value; Bonferroni correction"
# **Could that be chance?** Deal out tag $j$ at random, to as many listings as have it. The number of listings that then have both follows the
# *hypergeometric* distribution. The **p-value** of an observed number is the probability that a random deal gives one as far from the expected
# number, or farther (we take the smaller side, and double it). If no two tags had anything to do with each other, up to 15 of 300 pairs would still
# fall below 0.05, on average. The **Bonferroni correction** divides the limit that a p-value has to fall below by the number of tests, here 0.05 by
# 300: then the probability of any false alarm at all is 0.05 at most.


# %%
def by_chance(y):
    """The p-values (K, K) of how often labels meet: so few or so many by a random deal."""
    counts, together = y.sum(axis=0), labels.co_occurrence(y)
    dealt = scipy.stats.hypergeom(len(y), counts[:, None], counts)
    return 2 * np.minimum(dealt.cdf(together), dealt.sf(together - 1))  # twice the smaller side


number_of_pairs = len(share) * (len(share) - 1) // 2
clear = by_chance(listings.train.y) < 0.05 / number_of_pairs

# %% [markdown]
# What may be chance is drawn as lift 1, white (also a pair that never met, where too few meetings were expected to tell); the diagonal is grey. The
# list has the five highest, and of those that never met the three with most meetings expected. **What do the purple blocks and the crosses have in
# common?**

# %% picture="together"
shown = np.where(clear, lift, 1)
np.fill_diagonal(shown, np.nan)  # a label with itself says nothing
quantity = "lift (white: 1, or may be chance)"
plots.lifts(shown, listings.label_names, "Which tags go together?", quantity, "tag i", "tag j")

# %%
pairs = np.argwhere(np.triu(clear, k=1)).tolist()  # each pair once
by_lift = sorted(pairs, key=lambda pair: (lift[*pair], -expected[*pair]))
print(f"{len(pairs)} of {number_of_pairs} pairs are more than chance; highest and lowest:")
for i, j in by_lift[:-6:-1] + by_lift[2::-1]:
    pair = f"{listings.label_names[i]:>12} and {listings.label_names[j]:<12}"
    met = f"{together[i, j]:3d} together, {expected[i, j]:4.1f} expected"
    print(f"{pair} lift {lift[i, j]:5.2f}: {met}")

# %% [markdown] tags=["claim"] expect="lift[*by_lift[0]] < 0.1 and lift[*by_lift[-1]] > 3"
# Some tags attract each other, others hardly ever meet. The darkest purple pairs head the list. Of the first three only a few meetings were expected,
# and yet chance does not explain them. The large, dark blocks are tags of devices (*wireless*, *batteries*, *phones*); single pale cells are other
# pairs, such as *washable* and *cotton*. Most crosses join such a tag to one that hardly any device has, such as *cotton* or *washable*. So the tags
# are **not exclusive, and not independent** either. These are two different things: exclusive labels (one-hot rows) depend on each other strongly,
# since one present means all others absent.
#
# And the scenes? Digits are dealt out at random, but never the same digit twice. **Is that independent?**

# %%
digit_counts = scenes.train.y.sum(axis=0)
digits_together = labels.co_occurrence(scenes.train.y)
lift_of_digits = len(scenes.train) * digits_together / np.outer(digit_counts, digit_counts)
off_diagonal = lift_of_digits[~np.eye(10, dtype=bool)]
print(f"lift of two different digits: {off_diagonal.min():.2f} to {off_diagonal.max():.2f}")
more_than_chance = np.triu(by_chance(scenes.train.y) < 0.05 / 45, k=1).sum()
print(f"pairs of digits that are more than chance: {more_than_chance} of 45")

# %% [markdown] tags=["claim"] expect="0.75 < off_diagonal.min() and off_diagonal.max() < 1.25"
# Not quite: by the recipe of the scenes the lift is $\frac{2}{90} / 0.15^2 = 0.988$ (a pair has the chance $\frac{1}{4}\cdot\frac{0+0+2+6}{90}$, a
# digit 0.15). 8,000 scenes cannot tell that from 1, and the spread is no more than chance. Two effects nearly cancel: no digit stands in a scene
# twice (that alone would give a lift below 1), and there are crowded scenes beside empty ones (above 1). So one digit tells next to nothing about
# another, though three of them tell that there is no fourth. The scenes test whether a model *sees*; the listings also reward one that knows what
# goes together.

# %% [markdown] tags=["tweak"] set="max_digits = 1" expect="off_diagonal.max() == 0"
# > **Tweak card.** In step 1, set `max_digits` to `1` again, and run from there to here. *Expect* a lift of exactly 0 for every pair: that
# > is what exclusive labels look like.

# %% [markdown]
# **Question.** In another shop 60 % of all listings have the tag *gift*, and so have 60 % of those with the tag *vegan*. Somebody says: "Most
# vegan listings are gifts, so the two tags attract each other." Is that so?
#
# - **a** Yes. By chance it would be only half of the vegan listings.
# - **b** No. A vegan listing is a gift just as often as any listing.
# - **c** That cannot be said without the share of *vegan* among the gifts.

# %% tags=["exercise"]
answer = ...  # "a", "b" or "c"

# %% tags=["solution"]
answer = "b"

# %% tags=["mistake"] hint="chance is not one half for every tag"
answer = "a"

# %% tags=["mistake"] hint="the lift is the same in both directions"
answer = "c"

# %%
check("attraction", answer)

# %% [markdown] minutes=21
# ## 6. Splits, and why random ones hurt
#
# We keep three parts: **training** for the weights, **validation** for every decision we make (when to stop, for instance),
# **test** for the score that we report, once. With rare labels, a random split can go wrong quietly. Suppose we had only 600 listings.
# We take the rarest tag that at least five of them have. **How many of the 600 have it, and how many of those will a random validation
# part of 20 % get?** (In the figure, the lower histogram is of a better way, explained below it.)

# %%
validation_share = 0.2
small = listings.train.y[:600]
small_counts = small.sum(axis=0)
rarest = int(np.argmin(np.where(small_counts >= 5, small_counts, np.inf)))
print(f"{listings.label_names[rarest]}: in {small_counts[rarest]:.0f} of {len(small)} listings")


# %%
def random_split(y, held_out, seed):
    """Row numbers to keep and to hold out, drawn without looking at the labels."""
    rows = np.random.default_rng(seed).permutation(len(y))
    size = round(held_out * len(y))
    return rows[size:], rows[:size]


def held_out_counts(split):
    """How many held-out examples of the rarest tag each of many splits has."""
    splits = [split(small, validation_share, seed) for seed in range(settings.random_splits)]
    return np.array([small[held_out, rarest].sum() for _, held_out in splits])


at_random = held_out_counts(random_split)
stratified = held_out_counts(labels.stratified_split)

# %%
plots.histograms(
    {"random": at_random, "iterative stratification": stratified},
    f"The rarest tag in {settings.random_splits} validation parts",
    "number of examples held out",
    truth=validation_share * small[:, rarest].sum(),
)
share_without = (at_random == 0).mean()
print(f"random splits whose validation part has none of them: {share_without:.0%}")

# %% [markdown] defines="iterative stratification"
# Where the validation part has no example of a tag, nobody can say whether it would be found, and nothing can be decided about it; where it has too
# many, training has too few. In multi-class data you would stratify: split each class in proportion. In multi-label data a row belongs to several
# classes at once, so **iterative stratification** [3] deals out the rows of the rarest label first, each to the part that still needs it most, then
# those of the next rarest. `labels.stratified_split` does it; it draws the validation parts of Reuters and of the three data sets *emotions*,
# *medical* and *delicious* (step 9).

# %% [markdown] tags=["tweak"] set="validation_share = 0.1" expect="share_without > 0.2 and stratified.min() == stratified.max() == 1"
# > **Tweak card.** Set `validation_share` to `0.1`, and run from there to here. *Expect* far more of the random splits, about
# > half, to hold out no example of the rarest tag, and iterative stratification to hold out exactly one. With `0.05` the fair share is
# > below half an example, and stratification holds out none: no split makes up for too little data.

# %% [markdown]
# ### A split can leak
#
# The scenes are made of 1,797 handwritten digits. Suppose we had drawn all the scenes first and split *them* at random. No scene would
# be in two parts. **Would the digits in the held-out scenes be new to the network?** At 16 x 16 the digits are pasted unchanged, so
# we can cut them out and compare.


# %%
def handwriting(pictures):
    """The different handwritten digits, cells of 8 x 8 pixels, in scenes (N, 16, 16, 1)."""
    cells = pictures.reshape(-1, 2, 8, 2, 8).transpose(0, 1, 3, 2, 4)  # (N, 2, 2, 8, 8)
    cells = cells.reshape(-1, 64)  # (4 N, 64)
    return {cell.tobytes() for cell in cells if cell.any()}


unsplit = digit_scenes.load_data(size=16, train=4_000, seed=SEED)
kept, held_out = random_split(unsplit.train.y, 0.2, SEED)
for name, train, test in [
    ("scenes split at random", unsplit.train.x[kept], unsplit.train.x[held_out]),
    ("digits split before drawing", unsplit.train.x, unsplit.test.x),
]:
    train, test = handwriting(train), handwriting(test)
    known = len(test & train) / len(test)
    print(f"{name}: {known:.0%} of {len(test)} held-out digits are in training scenes too")

# %% [markdown] tags=["claim"] expect="test & train == set()"
# The first split would ask mostly about digits that the network was trained on, and flatter one that remembers them (by how much we have not measured
# here). Ours asks what we care about: does it read digits it has never seen? One thing it cannot promise: 13 people wrote the digits, and the data do
# not say who wrote which, so one writer can be in all parts. Ask of every split: *what must be new?* The writer, the patient, the day, the shop.

# %% [markdown]
# **Question.** A network names illnesses in X-ray pictures, five pictures of each patient. The pictures were split at random. It finds 93 % of
# the illnesses in the validation pictures, but only 74 % in those of *new* patients of the same hospital. What do you do first?
#
# - **a** Train a larger network: this one cannot read new patients.
# - **b** Split by iterative stratification, so that every illness keeps its share.
# - **c** Split at random ten times, and take the mean of the ten scores.
# - **d** Split so that all pictures of a patient are in one part; then train and measure again.

# %% tags=["exercise"]
answer = ...  # "a", "b", "c" or "d"

# %% tags=["solution"]
answer = "d"

# %% tags=["mistake"] hint="how would you see that it helps"
answer = "a"

# %% tags=["mistake"] hint="shares of labels are not the trouble"
answer = "b"

# %% tags=["mistake"] hint="each of the ten asks the same wrong question"
answer = "c"

# %%
check("new patients", answer)

# %% [markdown]
# **Exercise 4.** Find such a leak in numbers. Each picture comes with the number of its patient: `kept` has those of the training pictures,
# `held_out` those of the pictures held out. Which share of the held-out *pictures* shows a patient whom training pictures show, too?


# %% tags=["exercise"]
def leaked(kept, held_out):
    """The share of held-out pictures whose patient is in `kept`; both: patients' numbers."""
    return ...  # your code


# %% tags=["solution"]
def leaked(kept, held_out):
    """The share of held-out pictures whose patient is in `kept`; both: patients' numbers."""
    return np.isin(held_out, kept).mean()


# %% tags=["mistake"] hint="you count each patient once"
def leaked(kept, held_out):
    return len(set(held_out) & set(kept)) / len(set(held_out))


# %% tags=["mistake"] hint="the other way round"
def leaked(kept, held_out):
    return np.isin(kept, held_out).mean()


# %% tags=["mistake"] hint="above the line are patients, below it pictures"
def leaked(kept, held_out):
    return len(np.intersect1d(kept, held_out)) / len(held_out)


# %% tags=["mistake"] hint="this only says whether"
def leaked(kept, held_out):
    return np.isin(held_out, kept).any()


# %%
leaked = check("leaked", leaked)

# %% [markdown]
# Take 200 patients with five pictures each. **How much leaks when 20 % of the pictures are held out at random? And when
# 20 % of the patients are?**

# %%
patients = np.repeat(np.arange(200), 5)  # the patient of each of 1,000 pictures
rows_kept, rows_held_out = random_split(patients, 0.2, SEED)
_, new_patients = random_split(np.arange(200), 0.2, SEED)
is_new = np.isin(patients, new_patients)
share_leaked = leaked(patients[rows_kept], patients[rows_held_out])
print(f"pictures held out at random: {share_leaked:.1%} leak")
print(f"patients held out at random: {leaked(patients[~is_new], patients[is_new]):.1%} leak")

# %% [markdown]
# A held-out picture is of a new patient only if the other four are held out, too: about once in $1 / 0.2^4 = 625$ times. So nearly all
# leak, and here all.

# %% [markdown] minutes=9
# ## 7. From arrays to batches
#
# A network is trained on batches of $B$ examples: pictures $x$ of shape $(B, \text{height}, \text{width}, \text{channels})$ with labels $y$ of
# shape $(B, K)$.

# %%
train_batches = images.batches(scenes.train.x, scenes.train.y, batch_size=64, seed=SEED)
x, y = next(iter(train_batches))
print("pictures", x.shape, x.dtype.name, "labels", y.shape, y.dtype.name)

# %% [markdown]
# With a seed the rows are shuffled. **Will the second epoch have the same order as the first?** And a second pipeline with the same seed?


# %%
def first_sets(batches):
    """The label sets of the first four examples."""
    return [as_text(row, scenes.label_names) for row in next(iter(batches))[1].numpy()[:4]]


one = images.batches(scenes.train.x, scenes.train.y, batch_size=64, seed=SEED)
another = images.batches(scenes.train.x, scenes.train.y, batch_size=64, seed=SEED)
print("one, epoch 1:    ", first_sets(one))
print("one, epoch 2:    ", first_sets(one))
print("another, epoch 1:", first_sets(another))

# %% [markdown] defines="padding; vocabulary"
# A new order in each epoch, and the same orders in every run. Without a seed the order is kept, which `predict` needs: row $i$ of the answer
# belongs to example $i$.
#
# Texts have different lengths, but a batch is a rectangle: short texts are filled up with zeros, the **padding**. The words become
# numbers first. The **vocabulary** is the list of words that have a number of their own: those *of the training texts only*. **Why only those?**

# %%
vectorizer = text.vectorizer(listings.train.x)
vocabulary = np.array(vectorizer.get_vocabulary())
tokens = vectorizer(["A waterproof torch, not a zyzzyx."]).numpy()[0]
print(tokens, "->", vocabulary[tokens])

# %% [markdown] defines="bucketing"
# A word that no training text has becomes `[UNK]`, as it will when the model is used and meets new texts. A vocabulary that
# has seen the test texts would hide that.
#
# How much of a batch is padding? That depends on which texts share it. **Bucketing**, as the training pipeline does it, puts texts of
# similar length together; with `seed=None` they come in the order given.


# %%
def padding_share(batches):
    """The share of positions in an epoch that hold no word."""
    padded, positions = 0, 0
    for tokens, _ in batches:
        padded += int(np.sum(tokens.numpy() == text.PADDING))
        positions += tokens.numpy().size
    return padded / positions


batch_size = 64
x, y = listings.train.x, listings.train.y
in_order = padding_share(text.batches(x, y, vectorizer, batch_size))
bucketed = padding_share(text.batches(x, y, vectorizer, batch_size, seed=SEED))
print(f"padding: {in_order:.0%} in the order given, {bucketed:.0%} in buckets")

# %% [markdown]
# A network that reads word by word computes every position, padding too, so buckets save time. The price: batches are less random, since texts of
# similar length always meet. Lesson 02 measures what feeding costs beside training.

# %% [markdown] tags=["tweak"] set="batch_size = 8" expect="bucketed < in_order < 0.45"
# > **Tweak card.** Set `batch_size` to `8`. *Expect* less padding in the order given: the longest of 8 texts is shorter than the
# > longest of 64. Buckets still win, and small batches cost speed elsewhere.

# %% [markdown] minutes=2
# ## 8. CIFAR-100: a label set with structure
#
# The pictures of CIFAR-100 have a *fine* label, such as *apple*, and a *coarse* one, such as *fruit and vegetables*: 100 fine
# labels, five of them under each of 20 coarse ones, 500 training pictures for each fine label. That is enough to write
# down the label matrix without a single picture. **What will its cardinality be, and how many distinct sets does it have?**

# %%
fine = np.repeat(np.arange(100), 500)  # the fine label of 50,000 pictures
coarse = fine // 5  # the real groups are others, but always of five
cifar_labels = np.hstack([np.eye(100)[fine], np.eye(20)[coarse]])  # (50000, 120)
describe(cifar_labels)

# %% [markdown] tags=["claim"] expect="describe(cifar_labels)['distinct label sets'] == 100 and set(cifar_labels.sum(axis=1)) == {2}"
# Every picture has exactly two labels, and of $2^{120}$ sets only 100 occur: the fine label decides the coarse one. In numbers,
# $P(\text{coarse} \mid \text{fine})$ is 1 for one coarse label and 0 for all others, while $P(\text{fine} \mid \text{coarse})$ is 0.2 for
# each of its five fine labels and 0 for the rest. So a multi-label model on CIFAR-100 has to be compared with
# a simple rival: *predict the fine label with a softmax and look up its coarse one*.

# %% [markdown] minutes=2
# ## 9. Any data set
#
# All data sets of the course load into the same form: `train`, `validation` and `test`, each with `x` and `y`, and `label_names`.
# Set `DATASET` in the first code cell to look at another one. Now it is the digit scenes. **Will their bars fall as those of the tags do (step 4)?**

# %%
for entry in catalogue.CATALOGUE.values():
    print(f"{entry.name:<18}{entry.kind:<10}{entry.source:<10} {entry.summary}")

# %%
chosen = catalogue.load(DATASET, seed=SEED)
parts = ("train", "validation", "test")
side_by_side({part: describe(getattr(chosen, part).y) for part in parts})
y = chosen.train.y
plots.label_counts(y.sum(axis=0), chosen.label_names, len(y), f"Labels of {chosen.name}")
if chosen.train.x.ndim == 4:  # pictures
    first = np.flatnonzero(y.any(axis=1))[:8]
    names = np.array([name.split(": ")[-1] for name in chosen.label_names])
    titles = [textwrap.fill(", ".join(names[row == 1]), 14) for row in y[first]]
    plots.scenes(chosen.train.x[first], titles, f"Pictures of {chosen.name}")

# %% [markdown]
# No digit is rare: the bars of the scenes are nearly level, and their MeanIR is near 1.
#
# The data sets marked *download* are fetched by `python -m mlc_tf data fetch NAME`. For those marked *by hand* you place the
# files yourself. The file `data/README.md` has a card for each: what it is, its statistics, its terms, and its known flaws.

# %% [markdown] minutes=3
# ## 10. What the articles said, and what holds
#
# (This is an appendix: nothing later needs it.) The course grew out of two articles in Chinese, both signed 禅与计算机程序设计艺术 (a pen name: "Zen and the
# art of computer programming"). The *GAN article*, whose title our copy lacks, is about multi-label classification with generative adversarial
# networks; the *RNN article* is 如何使用RNN进行多标签分类 ("How to do multi-label classification with an RNN"). The GAN article describes its data in words
# and then in code. Here is its code on labels of the shape that Keras returns:

# %%
train_labels = np.zeros((50_000, 1), int)  # shaped like those of keras.datasets.cifar100
try:
    train_labels[:, 1]
except IndexError as error:
    print("IndexError:", error)

# %% [markdown]
# | the GAN article says | what holds |
# |---|---|
# | multi-label classification is "also called multi-class" | two tasks: rows that sum to anything, and rows that sum to 1 (step 2) |
# | a CIFAR-100 picture has none, one or many of 100 labels | exactly two of 120: one fine, one coarse (step 8) |
# | 5,000 test pictures | 10,000 |
# | it "divides" the data "into a training and a validation set" | its code makes no such split, and throws the test pictures away; our loader cuts 5,000 of the 50,000 training pictures off |
# | its code counts the classes in `train_labels[:, 0]` and `train_labels[:, 1]` | there is one column; Keras loads fine or coarse labels, one kind at a time |
#
# The RNN article says that labels are "independent" and "do not exclude each other", as if that were one thing, and in another place that
# they have "complex correlations". Step 5 tells the two apart: labels that do not *exclude* each other are the reason why a softmax will not
# do (lesson 02); they need not be *independent*.

# %% [markdown] minutes=2
# ## What to take away
#
# - A multi-label data set is a matrix $Y$ of zeros and ones. Cardinality, density, distinct sets, IRLbl and $C = Y^\top Y$ describe it.
# - Most cells are 0, so a share of right cells says little.
# - Split so that every label keeps its share, and so that what must be new *is* new.
#
# **Further reading.** [1] G. Tsoumakas, I. Katakis, "Multi-label classification: an overview", *International Journal of Data Warehousing
# and Mining* 3(3), 2007, [doi:10.4018/jdwm.2007070101](https://doi.org/10.4018/jdwm.2007070101). [2] F. Charte, A. J. Rivera, M. J. del Jesus,
# F. Herrera, "Addressing imbalance in multilabel classification: measures and random resampling algorithms", *Neurocomputing* 163, 2015,
# [doi:10.1016/j.neucom.2014.08.091](https://doi.org/10.1016/j.neucom.2014.08.091). [3] K. Sechidis, G. Tsoumakas, I. Vlahavas, "On the
# stratification of multi-label data", *ECML PKDD* 2011,
# [doi:10.1007/978-3-642-23808-6_10](https://doi.org/10.1007/978-3-642-23808-6_10).
#
# **Next:** [02 A first classifier and an honest score](02_first_classifier.ipynb).
