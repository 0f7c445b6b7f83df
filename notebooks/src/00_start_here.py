# %% [markdown]
# # 00 Start here
#
# After this lesson you can check your machine, run a cell, solve an exercise, turn a tweak card, and you know what to do
# when something is slow or breaks.
#
# **Before:** some Python, and a little Keras: you have built a `Sequential`, compiled it and fitted it. **Your time:** about 25 minutes. **Machine time:** under 1 minute on two CPU cores. **Memory:** under 2 GiB.

# %% [markdown]
# The next cell holds the settings of the whole lesson. `PROFILE` is `"quick"` (two CPU cores, what you see on these pages), `"full"`
# (a GPU, or patience), or `"smoke"` (each cell runs, and nothing is learnt). `SEED` fixes everything that is drawn at random. What
# else is worth changing is named on the way, by *tweak cards* (step 4).

# %% tags=["parameters"]
PROFILE = "quick"
SEED = 0

# %% [markdown] minutes=2
# ## 1. Is the machine ready?
#
# Click into the next cell and press **Shift + Enter**. Every line that is not OK says what to do.
#
# (`mlc_tf` is the course's helper module. It comes before TensorFlow in every lesson, because it silences
# TensorFlow's start-up messages.)

# %% tags=["varies"]
import mlc_tf
from mlc_tf.course import machine

machine.print_check()

# %% [markdown]
# A missing GPU is no fault: every lesson is made for two CPU cores. The same check runs in a terminal, with
# `python -m mlc_tf check`. (In a terminal of JupyterLab, `python` is the course's own. In any other, go to the course's folder and write
# `.venv/bin/python`, on Windows `.venv\Scripts\python`.)

# %% [markdown] defines="label set" minutes=3
# ## 2. A first cell
#
# This course is about examples with **several labels at once**, such as pictures of several handwritten digits. The **label set**
# of an example is the set of its labels, here of the digits in a picture. We look at the first seven scenes with a digit, and at the first
# without. **Guess first:** what will the title above the empty picture say?

# %%
import numpy as np

from mlc_tf import plots
from mlc_tf.data import digit_scenes

max_digits = 3
dataset = digit_scenes.load_data(size=28, max_digits=max_digits, seed=SEED)
empty = dataset.train.y.sum(axis=1) == 0
shown = np.append(np.flatnonzero(~empty)[:7], np.flatnonzero(empty)[0])
pictures, y = dataset.train.x[shown], dataset.train.y[shown]

# %%
titles = ["{" + ", ".join(np.array(dataset.label_names)[row == 1]) + "}" for row in y]
plots.scenes(pictures, titles, "Eight scenes and their label sets")

# %% [markdown]
# An empty picture has an empty label set, `{}`. That is an answer like any other: a label set can hold no label, some, or all.
#
# To a network, a label set is a row of zeros and ones, one place for each label:

# %%
print("label names:", dataset.label_names)
for title, row in zip(titles, y, strict=True):
    print(row.astype(int), title)

# %% [markdown]
# **Run these cells again.** You get the same eight scenes: they are drawn from `SEED`. Cells of this course are made to be run again:
# a cell that builds a model also seeds it, so it starts afresh and gives the same.

# %% [markdown] minutes=9
# ## 3. An exercise
#
# A stub has `...` where your code goes. Fill it in, run it, then run the check below it. A wrong answer gets a hint, and nothing
# leaves your machine. This notebook is your own copy, in the folder `my`: `python -m mlc_tf progress`, in a terminal, shows which
# exercises you have solved.
#
# **Exercise.** Step 2 turns each label set into a row. Write the way back: from a row of zeros and ones to the set of names. The
# row `[1, 0, 1]` with the names `("cat", "dog", "tree")` is the set `{"cat", "tree"}`.
#
# The cells below the check use your function when it is right; until then they use the course's own, so nobody gets stuck.


# %% tags=["exercise"]
def label_set(row, label_names):
    """The names of the labels that are present in `row`, as a Python set."""
    return ...  # your code


# %% tags=["solution"]
def label_set(row, label_names):
    """The names of the labels that are present in `row`, as a Python set."""
    return {name for name, present in zip(label_names, row, strict=True) if present == 1}


# %% tags=["mistake"] hint="look up the name at each position"
def label_set(row, label_names):
    return set(np.flatnonzero(row))


# %% tags=["mistake"] hint="`argmax` finds one position"
def label_set(row, label_names):
    return {label_names[row.argmax()]}


# %% tags=["mistake"] hint="The order of labels means nothing"
def label_set(row, label_names):
    return [label_names[position] for position in np.flatnonzero(row)]


# %% tags=["mistake"] hint="only looks like a set"
def label_set(row, label_names):
    return "{" + ", ".join(np.array(label_names)[row == 1]) + "}"


# %%
from mlc_tf.course.exercises import check

label_set = check("label set", label_set)

# %% [markdown]
# The function at work: **which label set is the most frequent of all the training scenes?**

# %%
import collections

names = dataset.label_names
counted = collections.Counter(frozenset(label_set(row, names)) for row in dataset.train.y)
for found, times in counted.most_common(4):
    print(f"{times:5} scenes have the label set {{{', '.join(sorted(found))}}}")

# %% [markdown]
# The empty one. Every number of digits is equally likely, and there is only one way to have none.
#
# Stuck? `python -m mlc_tf compare 00` shows your answers beside the solutions.

# %% [markdown] minutes=4
# ## 4. A tweak card
#
# A tweak card names one thing to change and what to expect. Change it, run the notebook from there on (menu *Run → Run Selected Cell
# and All Below*; or Shift + Enter, cell by cell, down to the card), and see whether it is so. Then set it back, and run from
# there again, unless the card says otherwise.

# %%
labels_per_scene = dataset.train.y.sum(axis=1).mean()
print(f"{labels_per_scene:.2f} labels in a scene, on average")

# %% [markdown] tags=["tweak"] set="max_digits = 4" expect="1.9 < labels_per_scene < 2.1"
# > **Tweak card.** In step 2, set `max_digits` to `4`, and run from there. *Expect* an average near 2: zero, one, two, three and
# > four digits are equally likely, and their mean is 2. Then try `5`, and read the last line of the error.
#
# Without opening the notebook: `python -m mlc_tf lessons 00 --set max_digits=4` runs the whole lesson with that change.

# %% [markdown] minutes=3
# ## 5. When something is slow or breaks
#
# | what you see | what to do |
# |---|---|
# | a cell shows `[*]` and you want to stop it | the square **■** above the notebook interrupts it; you lose nothing but that cell |
# | a name is not defined, or figures look odd | cells ran out of order: menu *Run → Restart Kernel and Run All Cells* |
# | the kernel died | mostly it ran out of memory. Close other notebooks (*Kernel → Shut Down All Kernels*), then run all again |
# | it takes far longer than the lesson states | is something else running on the machine? Is `PROFILE` still `"quick"`? |
# | an import fails | JupyterLab runs in another environment: start it with `make lab`, or see the README for Windows |
# | a data set cannot be downloaded | the message says which file to place where; the lessons run without it |
# | an error you do not understand | read its last line first. Ours say what was expected, what was found, and what to do |
# | you have changed too much | `python -m mlc_tf reset 00` lays a fresh copy of the lesson, and keeps yours aside |
# | the course was brought up to date | `python -m mlc_tf update` says which lessons have changed, and can bring your answers over |
#
# Errors are part of the course. This one is on purpose, caught and printed so that the notebook runs on:

# %%
try:
    digit_scenes.load_data(size=20)
except ValueError as error:
    print(error)

# %% [markdown] minutes=2
# ## What to take away
#
# - A label set is a row of zeros and ones. It may hold no label, one, or several.
# - Settings, steps, exercises, tweak cards, solutions: every lesson has them.
# - Whatever is random comes from a seed: run a cell again, and you get the same.
#
# **Next:** [01 Multi-label data](01_multi_label_data.ipynb) looks at thousands of label sets: how large they are, which labels are rare,
# and which go together.
