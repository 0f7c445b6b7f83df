# %% [markdown]
# # 03 Adversarial training
#
# After this lesson you can train two networks against each other until one of them draws what you showed the other; choose a loss for
# them, and say why; see when the training has gone wrong; and tell a Wasserstein distance from what is only called one.
#
# **Before:** [02 A first classifier](02_first_classifier.ipynb). **Your time:** about 140 minutes. **Machine time:** under 4 minutes on two CPU cores. **Memory:** under 2 GiB.

# %% tags=["parameters"]
PROFILE = "quick"
SEED = 0

# %%
import dataclasses
import pathlib
import tempfile
import warnings

import mlc_tf
import keras
import numpy as np
import scipy.optimize
import scipy.spatial
import scipy.special
import scipy.stats
import sklearn.neighbors
import tensorflow as tf

from mlc_tf import plots
from mlc_tf.course import profiles
from mlc_tf.course.exercises import check
from mlc_tf.data import digit_scenes, product_listings
from mlc_tf.models.gan import losses

settings = profiles.settings("03_adversarial_training", PROFILE)

# %% [markdown] minutes=2
# ## 1. Points whose truth we know
#
# A network that draws pictures is hard to judge: what *should* it draw? So we begin with points in the plane, drawn from eight small
# Gaussians on a ring, its *modes*. Here we know everything: where the modes are, and the density $p(x)$ at any point.

# %%
modes = 8
radius = 2.0
spread = 0.1  # standard deviation of each mode
angles = 2 * np.pi * np.arange(modes) / modes
centres = radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)  # (modes, 2)


def draw_ring(n, seed):
    """Points (n, 2) of the ring."""
    generator = np.random.default_rng(seed)
    nearest = centres[generator.integers(modes, size=n)]
    return np.float32(nearest + spread * generator.standard_normal((n, 2)))


# %%
ring = draw_ring(10_000, seed=SEED)
unseen = draw_ring(1_000, seed=SEED + 1)  # no network is trained on these
reach = 1.5 * radius  # of the axes of all figures of the ring
plots.points({"1,000 points": unseen}, "The ring: eight modes", reach=reach)

# %% [markdown] defines="generator; discriminator" minutes=3
# ## 2. Two players
#
# The **generator** $G$ turns noise $z$ into a point: here 2 Gaussian numbers in, 2 coordinates out. The **discriminator** gives a point $x$ a
# score $s(x) \in \mathbb{R}$, and $D(x) = \sigma(s(x))$ is its probability that the point is real. Both are small dense networks.

# %%
noise_size = 2


def build_network(inputs, outputs, seed=SEED):
    """A dense network from (batch, inputs) to (batch, outputs)."""
    keras.utils.set_random_seed(seed)  # so that running this again starts afresh
    hidden = [keras.layers.Dense(64, activation="relu") for _ in range(2)]
    return keras.Sequential([keras.Input((inputs,)), *hidden, keras.layers.Dense(outputs)])


# %% [markdown]
# Try both on one batch before training them. **Where will the points of an untrained generator lie? What will the discriminator say?**

# %%
def draw_noise(n, seed=SEED):
    """Gaussian noise (n, noise_size)."""
    return np.float32(np.random.default_rng(seed).standard_normal((n, noise_size)))


generator, discriminator = build_network(noise_size, 2), build_network(2, 1)
noise = draw_noise(1_000)
untrained = generator(noise).numpy()
belief = keras.ops.sigmoid(discriminator(untrained)).numpy()
print(f"noise {noise.shape} -> points {untrained.shape} -> probabilities {belief.shape}")
print(f"probability of 'real': from {belief.min():.2f} to {belief.max():.2f}")
plots.points({"untrained": untrained}, "Generated points (dark) and the ring", unseen, reach)

# %% [markdown]
# A small lump in the middle, and a discriminator that cannot tell.

# %% [markdown] defines="minimax" minutes=14
# ## 3. The game
#
# The discriminator is paid for being right about real points $x \sim p$ and about generated ones, whose density we call $q$. The
# generator is paid when the discriminator is wrong. A game about one number, which one player raises and the other lowers,
# is called **minimax**. Here that number is [1]
#
# $$\min_G \max_D \; V(D, G) = \mathbb{E}_{x \sim p} \log D(x) + \mathbb{E}_{x \sim q} \log\bigl(1 - D(x)\bigr)$$
#
# Let the discriminator play first, against points that do not change, as many generated as real. **What is the best it can say about a
# point** where real ones have density $p(x)$ and generated ones $q(x)$? Of all points there, the share $p / (p + q)$ is real. It cannot
# know more than that:
#
# $$D^*(x) = \frac{p(x)}{p(x) + q(x)}$$
#
# We check it. In code $V$ is a loss with the sign turned, since optimizers go down: a real point costs $-\log \sigma(s) = \log(1 +
# e^{-s})$, a generated one $-\log(1 - \sigma(s)) = \log(1 + e^{s})$. `losses.adversarial(name)` holds three functions of the score: what the
# discriminator pays for a `real` point and for a `fake` one, and what the `generator` pays.

# %%
minimax = losses.adversarial("minimax")
scores = tf.constant([[-3.0], [0.0], [3.0]])
print("a real point costs:     ", minimax.real(scores).numpy().ravel().round(2))
print("a generated point costs:", minimax.fake(scores).numpy().ravel().round(2))

# %% [markdown]
# Two players need two gradients, so we take them ourselves. A `GradientTape` writes down what is computed inside its `with`, and
# `tape.gradient(result, weights)` then tells how the result changes with each weight; `optimizer.apply` changes the weights by it. First
# with one weight, $w = 3$, and the result $w^2$. **What is its slope, and where is $w$ after a step of rate 0.1?**

# %%
weight = keras.Variable(3.0)
with tf.GradientTape() as tape:
    result = weight**2
slope = tape.gradient(result, weight)
keras.optimizers.SGD(0.1).apply([slope], [weight])
print(f"slope {float(slope):.1f}; the weight goes to {float(weight):.1f}")

# %% [markdown]
# Now with a network. A `tf.random.Generator` draws random numbers from a seed of its own, and `tf.function` makes a graph of the step when
# it is first called, which then runs much faster. (`autograph=False`: it holds no branch to be translated.)


# %%
def discriminator_loss(network, loss, real, fake, penalty_weight=0.0, position=None):
    """What the discriminator pays for a batch of real and one of generated points."""
    paid = tf.reduce_mean(loss.real(network(real))) + tf.reduce_mean(loss.fake(network(fake)))
    if penalty_weight:  # step 8
        between = losses.between(real, fake, position)
        paid += penalty_weight * losses.gradient_penalty(network, between)
    return paid


def train_discriminator(network, loss, real, fake, steps, penalty_weight=0.0):
    """Trains one player alone, against samples (n, d) that do not change."""
    optimizer, random = keras.optimizers.Adam(2e-3), tf.random.Generator.from_seed(SEED)

    @tf.function(autograph=False)
    def step():
        rows = random.uniform((2, 256), 0, len(real), tf.int32)
        x, y = tf.gather(real, rows[0]), tf.gather(fake, rows[1])
        position = random.uniform((256, 1))
        with tf.GradientTape() as tape:
            paid = discriminator_loss(network, loss, x, y, penalty_weight, position)
        variables = network.trainable_variables
        optimizer.apply(tape.gradient(paid, variables), variables)

    for _ in range(steps):
        step()


# %% [markdown]
# The opponent is a round Gaussian of standard deviation 1.5, so $q$ is known too.

# %%
alone_steps = settings.steps
cloud = np.float32(1.5 * np.random.default_rng(SEED).standard_normal(ring.shape))
discriminator = build_network(2, 1)
train_discriminator(discriminator, minimax, ring, cloud, alone_steps)


# %%
def optimal(x):
    """D*(x) for points x (n, 2): ring against cloud."""
    squared = ((x[:, None] - centres) ** 2).sum(axis=2)  # (n, modes)
    p = np.exp(-squared / (2 * spread**2)).mean(axis=1) / (2 * np.pi * spread**2)
    q = np.exp(-(x**2).sum(axis=1) / (2 * 1.5**2)) / (2 * np.pi * 1.5**2)
    return p / (p + q)


fresh = np.float32(1.5 * np.random.default_rng(SEED + 1).standard_normal(unseen.shape))
mixed = np.concatenate([unseen, fresh])  # no network is trained on these
trained_answer = scipy.special.expit(discriminator(mixed).numpy()[:, 0])
difference = np.abs(trained_answer - optimal(mixed)).mean()
print(f"mean difference between D and D*: {difference:.3f}; a coin: "
      f"{np.abs(0.5 - optimal(mixed)).mean():.3f}")

# %%
turn = np.linspace(0, 360, 361)
circle = radius * np.stack([np.cos(np.radians(turn)), np.sin(np.radians(turn))], axis=1)
answers = scipy.special.expit(discriminator(circle).numpy()[:, 0])
plots.curves(
    {"best possible, p / (p + q)": (turn, optimal(circle)), "trained": (turn, answers)},
    "Along the circle through the modes",
    "angle in degrees",
    "probability of 'real'",
    ticks=45,  # where the modes are
)

# %% [markdown] tags=["claim"] expect="difference < 0.05" defines="Jensen-Shannon divergence"
# The network finds the formula, with slightly softer flanks. No generator took part: this is what a discriminator *is*, an estimate of how
# the densities compare at each point.
#
# Put $D^*$ into $V$, and what is left for the generator is $2\,\mathrm{JS}(p, q) - \log 4$. JS, the **Jensen-Shannon divergence**, is
# the mean of the Kullback-Leibler divergences of $p$ and of $q$ from $m = (p + q)/2$: it is 0 only for $p = q$, and never above $\log 2$.
#
# $$\mathrm{JS}(p, q) = \tfrac12 \, \mathbb{E}_{x \sim p} \log \frac{p(x)}{m(x)} + \tfrac12 \, \mathbb{E}_{x \sim q} \log \frac{q(x)}{m(x)}$$
#
# (The expectations are those divergences.) At $p = q$ we have $D^* = \tfrac12$ everywhere, and the discriminator pays $\log 4 = 1.386$.

# %% [markdown] tags=["tweak"] set="alone_steps = 100" expect="difference > 0.3"
# > **Tweak card.** Set `alone_steps` to `100`, and run from there to here. *Expect* a difference near that of the coin: a discriminator is only
# > as good an estimate as its training, and in the game it gets one step at a time.

# %% [markdown] defines="non-saturating loss" minutes=16
# ## 4. One step, in full
#
# Now both move. The generator pays the **non-saturating loss**, $-\log \sigma(s)$ for each of its points, where $s$ is the discriminator's
# score. Step 5 says why. Who updates whom:
#
#     noise z ──► GENERATOR ──► points G(z) ──┐
#                                             ├──► DISCRIMINATOR ──► scores ──► what each player pays
#     real points x ──────────────────────────┘
#
# | | generator | discriminator |
# |---|---|---|
# | pays, for a point with score $s$ | generated: $-\log \sigma(s)$ | real: $-\log \sigma(s)$; generated: $-\log(1 - \sigma(s))$ |
# | its gradient runs back | through the discriminator, which it leaves as it is, to the generator's weights | to the discriminator's weights, and stops |
# | what it changes | the generator only | the discriminator only |
#
# So the generator never sees a real point: what it learns of them comes through the discriminator's gradient.
#
# New in the code: a *persistent* tape can be asked for two gradients, one for each player; `optimizer.build` makes the optimizers' own
# variables before the graph is made; `beta_1=0.5` gives Adam a shorter memory, as is usual in GANs.


# %%
def make_step(generator, discriminator, data, loss, rates, penalty_weight=0.0, batch=256):
    """One step of both players, as a function; `rates` are their learning rates."""
    players = [generator, discriminator]
    optimizers = [keras.optimizers.Adam(rate, beta_1=0.5) for rate in rates]
    for player, optimizer in zip(players, optimizers, strict=True):
        optimizer.build(player.trainable_variables)
    random = tf.random.Generator.from_seed(SEED)

    @tf.function(autograph=False)
    def step():
        real = tf.gather(data, random.uniform((batch,), 0, len(data), tf.int32))
        noise = random.normal((batch, generator.input_shape[1]))
        position = random.uniform((batch, 1))
        with tf.GradientTape(persistent=True) as tape:
            fake = generator(noise)
            generator_pays = tf.reduce_mean(loss.generator(discriminator(fake)))
            discriminator_pays = discriminator_loss(
                discriminator, loss, real, fake, penalty_weight, position
            )
        paid = [generator_pays, discriminator_pays]
        for cost, player, optimizer in zip(paid, players, optimizers, strict=True):
            variables = player.trainable_variables
            optimizer.apply(tape.gradient(cost, variables), variables)
        return paid

    return step


# %% [markdown]
# A loop repeats this step, and looks twenty times on the way. A look keeps the mean losses since the last one, and the points that the
# generator makes of the same 1,000 noises.

# %%
steps = settings.steps


def train(name, rates=(1e-3, 1e-3), penalty_weight=0.0, seed=SEED, looks=20):
    """Trains a new pair on the ring; what it looked like on the way."""
    generator, discriminator = build_network(noise_size, 2, seed), build_network(2, 1, seed + 1)
    loss = losses.adversarial(name) if isinstance(name, str) else name
    step = make_step(generator, discriminator, ring, loss, rates, penalty_weight)
    seen = {"step": [0], "points": [generator(noise).numpy()], "paid": []}
    every = max(1, steps // looks)
    for look in range(1, looks + 1):
        paid = [step() for _ in range(every)]
        seen["step"].append(look * every)
        seen["points"].append(generator(noise).numpy())
        seen["paid"].append(np.mean(paid, axis=0))  # (generator, discriminator)
    return seen


# %%
first = train("non-saturating")
panels = {f"step {first['step'][look]:,}": first["points"][look] for look in (2, 5, 20)}
title = "Non-saturating loss: generated points (dark) and the ring"
plots.points(panels, title, unseen, reach)

# %% [markdown]
# **How good is that?** As we know the truth, we can count: which share of the points lies within 4 standard deviations of a mode, and how
# many modes have at least 1 % of the points.


# %%
def measure(points):
    """The number of modes found, and the share of points that lie at one."""
    distance = np.linalg.norm(points[:, None] - centres, axis=2)  # (n, modes)
    share = np.mean(distance < 4 * spread, axis=0)  # (modes,)
    return int(np.sum(share >= 0.01)), float(share.sum())


turns = np.random.default_rng(SEED).uniform(0, 2 * np.pi, 1_000)
plain_circle = radius * np.stack([np.cos(turns), np.sin(turns)], axis=1)  # evenly, no modes
clouds = {"untrained": untrained, "plain circle": plain_circle, "trained": first["points"][-1]}
for name, points in (clouds | {"real": unseen}).items():
    found, share = measure(points)
    print(f"{name:>12}: {found} modes found, {share:.0%} of the points at a mode")

# %% [markdown] tags=["claim"] expect="measure(first['points'][-1])[0] == 8 and measure(first['points'][-1])[1] > 0.7"
# All eight modes, and nobody told the discriminator where they are. But the count alone says little: points spread evenly over the plain
# circle, which has no modes of its own, find all eight as well. A measure means something only beside a baseline, something that costs nothing
# to make. Look at the share, too: of the plain circle about half lies at a mode. The trained points that are not at a mode mostly lie on the
# threads between them: a continuous function of a round cloud of noise cannot tear it into eight pieces.

# %% [markdown] tags=["tweak"] set="steps = 400" expect="measure(first['points'][-1])[1] < 0.5"
# > **Tweak card.** Set `steps` to `400`, and run from there to here. *Expect* less than half of the points at a mode: the
# > coarse shape comes first, the sharp edges late.

# %% [markdown] tags=["tweak"] set="noise_size = 1" expect="measure(first['points'][-1])[0] >= 3"
# > **Tweak card.** In step 2, set `noise_size` to `1`, and run from there to here. *Expect* several modes all the same, often all eight, on
# > one thread: the generator can only bend the line it is given.

# %% [markdown] minutes=23
# ## 5. The gradient trouble
#
# In $V$ the generator lowers $\log(1 - \sigma(s))$. Whatever it learns comes to it through the slope of that loss in $s$. **How large is
# the slope when the discriminator is sure, $s = -6$?**
#
# **Exercise 1.** Write the slope $\frac{d}{ds} \log(1 - \sigma(s))$ for an array of scores. (The derivative of $\sigma$ is
# $\sigma (1 - \sigma)$.)


# %% tags=["exercise"]
def minimax_slope(s):
    """The derivative of log(1 - sigmoid(s)) at the scores `s`, an array."""
    return ...  # your code


# %% tags=["solution"]
def minimax_slope(s):
    """The derivative of log(1 - sigmoid(s)) at the scores `s`, an array."""
    # chain rule: -sigma (1 - sigma) / (1 - sigma) = -sigma
    return -1 / (1 + np.exp(-s))


# %% tags=["mistake"] hint="a minus is missing"
def minimax_slope(s):
    return 1 / (1 + np.exp(-s))


# %% tags=["mistake"] hint="the derivative of the sigmoid alone"
def minimax_slope(s):
    probability = 1 / (1 + np.exp(-s))
    return -probability * (1 - probability)


# %% tags=["mistake"] hint="the loss itself"
def minimax_slope(s):
    return np.log(1 - 1 / (1 + np.exp(-s)))


# %% tags=["mistake"] hint="the inner derivative is missing"
def minimax_slope(s):
    return 1 / (1 - 1 / (1 + np.exp(-s)))


# %% tags=["mistake"] hint="the slope of -log sigmoid(s)"
def minimax_slope(s):
    return 1 / (1 + np.exp(-s)) - 1


# %%
minimax_slope = check("minimax slope", minimax_slope)

# %% [markdown]
# TensorFlow takes the slope of any loss; yours has to agree. Here are three that a generator can pay (hinge is explained below). A
# tape follows weights by itself; `tape.watch` makes it follow $s$:

# %%
s = tf.linspace(-8.0, 8.0, 161)
slopes = {}
for name in ("minimax", "non-saturating", "hinge"):
    with tf.GradientTape() as tape:
        tape.watch(s)
        paid = losses.adversarial(name).generator(s)
    slopes[name] = (s.numpy(), tape.gradient(paid, s).numpy())
plots.curves(slopes, "What the generator is told", "score of a point", "slope of its loss")
difference_by_hand = np.abs(minimax_slope(s.numpy()) - slopes["minimax"][1]).max()
undecided, sure_of_it = minimax_slope(np.array([0.0, -6.0]))
print(f"minimax by hand and by TensorFlow: {difference_by_hand:.5f} apart at most")
print(f"a point scored 0 pulls {undecided / sure_of_it:.0f} times as hard as one scored -6")

# %% [markdown] defines="hinge loss"
# On the left, where the discriminator is sure that a point is generated, minimax says next to nothing, so the worst points teach least. The
# non-saturating loss $-\log \sigma(s)$ has a slope near $-1$ there: the same direction, but much stronger [1]. By the **hinge loss** [2] the
# generator pays $-s$, and the discriminator $\max(0, 1 - s)$ for a real point and $\max(0, 1 + s)$ for a generated one. So the generator's
# slope is $-1$ everywhere (as that of the Wasserstein loss of step 9), and the discriminator asks no more of a real point scored above 1, nor
# of a generated one scored below $-1$.
#
# It shows in the weights, too. Train a discriminator against an untrained generator, and then ask how long the gradient is that
# reaches the generator's weights:

# %%
sure = build_network(2, 1)
lump = build_network(noise_size, 2)(draw_noise(len(ring))).numpy()
train_discriminator(sure, minimax, ring, lump, alone_steps)


def generator_gradient(generator, name):
    """The gradient of the generator's loss in its weights, and the mean of D(G(z))."""
    with tf.GradientTape() as tape:
        score = sure(generator(noise))
        paid = tf.reduce_mean(losses.adversarial(name).generator(score))
    return tape.gradient(paid, generator.trainable_variables), tf.reduce_mean(tf.sigmoid(score))


lengths = {}
for name in ("minimax", "non-saturating"):
    gradient, belief = generator_gradient(build_network(noise_size, 2), name)
    lengths[name] = float(tf.linalg.global_norm(gradient))
    print(f"{name:>14}: mean D(G(z)) {belief:.1e}, length of the gradient {lengths[name]:.1e}")

# %% [markdown] tags=["claim"] expect="lengths['minimax'] < 0.01 * lengths['non-saturating']"
# **Does that stop the generator?** Let it run alone against this discriminator, 100 steps, with plain gradient descent and with Adam:


# %%
def make_step_alone(generator, name, optimizer):
    """One step of the generator, as a function; the discriminator stays as it is."""
    optimizer.build(generator.trainable_variables)

    @tf.function(autograph=False)
    def step():
        gradient, _ = generator_gradient(generator, name)
        optimizer.apply(gradient, generator.trainable_variables)

    return step


after = {}
for name in ("minimax", "non-saturating"):
    for way in ("gradient descent", "Adam"):
        generator = build_network(noise_size, 2)
        optimizer = keras.optimizers.Adam(1e-3) if way == "Adam" else keras.optimizers.SGD(1e-3)
        step = make_step_alone(generator, name, optimizer)
        for _ in range(100):
            step()
        after[name, way] = float(generator_gradient(generator, name)[1])
        print(f"{name:>14}, {way:>16}: D(G(z)) after 100 steps {after[name, way]:.1e}")

# %% [markdown] tags=["claim"] expect="after['minimax', 'gradient descent'] < 0.01 < 0.3 < after['non-saturating', 'gradient descent'] and after['minimax', 'Adam'] > 0.3"
# With gradient descent, minimax stands still, and the non-saturating loss soon fools this discriminator (which is not the same as drawing
# the ring). With Adam both do: Adam divides each gradient by its usual size, so a gradient that is small *everywhere* is no trouble. What Adam
# cannot mend is the weight of the points against each other: under minimax those that already look real count most.

# %% [markdown]
# Strong slopes alone do not bring a game to rest. Take the smallest game there is [5], on a line. All real points lie at 0. The generator
# has one weight, $\theta$, and puts all its points at $\theta$. The discriminator has one, $\psi$, and gives $x$ the score $s(x) = \psi x$.
#
# **Exercise 2.** Complete the step of this game: where are $\theta$ and $\psi$ after it? Real points have the score 0 for every $\psi$, so only
# $\log(1 - \sigma(s))$ at the score $s = \psi \theta$ counts. Each player changes its weight by `rate` times the slope of this logarithm in *its own*
# weight, the generator down, the discriminator up. `minimax_slope(s)` is the slope in $s$. Both are taken at the same moment, as in `make_step`.


# %% tags=["exercise"]
def play(theta, psi, rate):
    """One step of both players: the new theta and the new psi."""
    return ...  # your code


# %% tags=["solution"]
def play(theta, psi, rate):
    """One step of both players: the new theta and the new psi."""
    slope = minimax_slope(psi * theta)  # in s; the inner derivatives of s are psi and theta
    return theta - rate * slope * psi, psi + rate * slope * theta


# %% tags=["mistake"] hint="both players lower it"
def play(theta, psi, rate):
    slope = minimax_slope(psi * theta)
    return theta - rate * slope * psi, psi - rate * slope * theta


# %% tags=["mistake"] hint="the inner derivatives are exchanged"
def play(theta, psi, rate):
    slope = minimax_slope(psi * theta)
    return theta - rate * slope * theta, psi + rate * slope * psi


# %% tags=["mistake"] hint="the generator moves after the discriminator"
def play(theta, psi, rate):
    psi = psi + rate * minimax_slope(psi * theta) * theta
    return theta - rate * minimax_slope(psi * theta) * psi, psi


# %% tags=["mistake"] hint="these are the changes"
def play(theta, psi, rate):
    slope = minimax_slope(psi * theta)
    return -rate * slope * psi, rate * slope * theta


# %%
play = check("one step of both players", play)

# %% [markdown]
# The game is at rest at $\theta = 0$, $\psi = 0$: all points lie where the real ones do, and $D$ is $\tfrac12$ everywhere. **Will your step
# get there from $\theta = 1$, $\psi = 0$?**


# %%
def play_on(step, rate=0.1, times=1_000):
    """The weights (theta, psi) at the start and after each step, (times + 1, 2)."""
    path = [(1.0, 0.0)]
    for _ in range(times):
        path.append(step(*path[-1], rate))
    return np.array(path)


free_path = play_on(play)
cross = np.concatenate([at * np.eye(2) for at in np.linspace(-2.6, 2.6, 201)])  # through rest
plots.points({"from (1, 0)": free_path}, "The path of (θ, ψ)", cross, reach=2.6)
from_rest = np.linalg.norm(free_path, axis=1)
print(f"distance from rest: {from_rest[0]:.2f} at the start, {from_rest[-1]:.2f} at the end")

# %% [markdown] tags=["claim"] expect="np.diff(from_rest).min() > 0 and from_rest[-1] > 2"
# It never does: the distance grows in *every* step, and a smaller rate only makes that slower. The generator runs where the score is higher;
# once it has passed the real points the discriminator turns round, and so on. A step moves $(\theta, \psi)$ along $(\psi, -\theta)$, at a
# right angle to the way to rest. Each player's slope is right. But two players who each follow their own slope do not lower one common
# function, and nothing promises that they arrive. Step 8 has a brake.

# %% [markdown] defines="mode collapse" minutes=11
# ## 6. Mode collapse
#
# The generator is paid for fooling the discriminator, not for variety. **What pays best if the discriminator learns slowly?** Put all
# points where the score is highest just now, and move on when the discriminator has noticed. In a **mode collapse** the generator takes
# nearly every noise to the same place, or to a few. We let the generator be faster, even, and slower:

# %%
seeds = settings.seeds
# the generator's rate, the discriminator's
rates = {"faster": (1e-2, 1e-3), "even": (1e-3, 1e-3), "slower": (1e-3, 5e-3)}


def by_seed(name, pairs=rates, **options):
    """Trains with each pair of rates, from several seeds."""
    return {
        (speed, seed): train(name, rates=pair, seed=seed, **options)
        for speed, pair in pairs.items()
        for seed in range(SEED, SEED + seeds)
    }


def print_by_seed(runs):
    """At the end of each run: modes found, the share of points at a mode, their spread."""
    for speed in dict.fromkeys(speed for speed, _ in runs):
        ends = [run["points"][-1] for (name, _), run in runs.items() if name == speed]
        found = [(*measure(points), points.std(axis=0).mean()) for points in ends]
        said = [f"{n} modes ({share:.0%}, spread {wide:.2f})" for n, share, wide in found]
        print(f"  generator {speed:>6}: {', '.join(said)}")


# %% timeout=600
non_saturating = by_seed("non-saturating")
print_by_seed(non_saturating)

# %%
hasty = non_saturating["faster", SEED]
panels = {f"step {hasty['step'][look]:,}": hasty["points"][look] for look in (6, 8, 13, 20)}
plots.points(panels, "A hasty generator: generated points (dark) and the ring", unseen, reach)

# %%
lines = {}
for speed in rates:
    run = non_saturating[speed, SEED]
    found = [measure(points)[0] for points in run["points"]]
    lines[f"generator {speed}"] = (run["step"], found)
plots.curves(lines, "Modes found (lines a little apart)", "step", "modes found", apart=0.15)

# %%
def most_and_least(runs, speed):
    """The most and the fewest modes found at the end, over the seeds."""
    found = [measure(run["points"][-1])[0] for (name, _), run in runs.items() if name == speed]
    return max(found), min(found)


# %% [markdown] tags=["claim"] expect="most_and_least(non_saturating, 'faster')[1] <= 4 and most_and_least(non_saturating, 'even')[1] >= 7 and most_and_least(non_saturating, 'slower')[1] >= 7"
# This is mode collapse: every noise leads to nearly the same place, or to one short streak, and the place wanders from mode to mode, or past them.
# Each point by itself may look real. Only a count shows the collapse, and a count needs known modes, or in pictures a measure of variety (lesson 04).
# The loss is the same in all runs; the learning rates differ. One seed proves nothing, so there are three. In our run the hasty generator ends at one
# mode or at none with each of them. (The spread is the standard deviation of the points' coordinates; the whole ring has 1.4.) It need not: if one of
# yours finds all eight, it was lucky.
#
# But two things were changed at once: the hasty generator is ahead of the discriminator, *and* its own rate is ten times as high.
# **Which of the two does it?** Each alone:

# %% timeout=600
controls = {
    "ahead, at its usual rate": (1e-3, 1e-4),
    "even, both at the high rate": (1e-2, 1e-2),
}
controlled = by_seed("non-saturating", controls)
print_by_seed(controlled)

# %% [markdown]
# In our run neither does it alone. At the high rate an even pair finds all eight modes with two of the seeds, and five with the third. With the lead
# alone few points end at a mode, but they are not all in one place: that is another failure, and the discriminator, which learns at a tenth of its
# usual rate, may just not have got far. Only both changes together gave this collapse. Six runs do not settle more.

# %% [markdown]
# **Question.** A GAN learns to draw single digits. Its record keeps *one* generated picture every 1,000 steps: all are sharp, and they show
# seven different digits. The discriminator pays about $\log 4$. What does the record say about variety?
#
# - **a** It is good: the digits differ.
# - **b** It is good: at $\log 4$ generated pictures are distributed as real ones.
# - **c** It is bad: this is a collapse that wanders from digit to digit.
# - **d** Too little: it takes many pictures of one moment.

# %% tags=["exercise"]
answer = ...  # "a", "b", "c" or "d"

# %% tags=["solution"]
answer = "d"

# %% tags=["mistake"] hint="each picture comes from another moment"
answer = "a"

# %% tags=["mistake"] hint="only for the *best* discriminator"
answer = "b"

# %% tags=["mistake"] hint="a generator of all ten digits can leave the same record"
answer = "c"

# %%
check("one picture at a time", answer)

# %% [markdown] defines="Wasserstein distance" minutes=13
# ## 7. Another distance
#
# > **A good place for a break.** Next time, run the cells above first (*Run → Run All Above Selected Cell*): a minute.
#
# If two distributions do not overlap, the best discriminator is always right, and JS is $\log 2$, whether they are near or far. **What number
# would tell near from far?** Think of heaps of sand: the **Wasserstein distance** of two distributions is the least work of carrying one
# onto the other,
#
# $$W_1(p, q) = \inf_{\gamma} \; \mathbb{E}_{(x, y) \sim \gamma} \lVert x - y \rVert,$$
#
# where a coupling $\gamma$ says what goes where: it draws pairs whose first half is distributed as $p$ and whose second half as $q$. The
# infimum, inf, is what the cheapest of all couplings costs. For two samples of $n$ points one of the cheapest is always a matching: each point
# of one goes to a point of the other, and no two to the same.
#
# **Exercise 3.** Write $W_1$ of two samples of numbers, both of shape (n,): the mean distance in the cheapest matching. On a line it is easy
# to find: where does the smallest number go?


# %% tags=["exercise"]
def wasserstein(a, b):
    """The Wasserstein distance W1 of two samples of numbers, both of shape (n,)."""
    return ...  # your code


# %% tags=["solution"]
def wasserstein(a, b):
    """The Wasserstein distance W1 of two samples of numbers, both of shape (n,)."""
    return np.mean(np.abs(np.sort(a) - np.sort(b)))


# %% tags=["mistake"] hint="pairs the numbers in the order in which they were drawn"
def wasserstein(a, b):
    return np.mean(np.abs(a - b))


# %% tags=["mistake"] hint="the distance of the means"
def wasserstein(a, b):
    return np.abs(np.mean(a) - np.mean(b))


# %% tags=["mistake"] hint="the mean over all pairs"
def wasserstein(a, b):
    return np.mean(np.abs(a[:, None] - b[None, :]))


# %% tags=["mistake"] hint="the absolute value is missing"
def wasserstein(a, b):
    return np.mean(np.sort(a) - np.sort(b))


# %% tags=["mistake"] hint="the root of the mean square"
def wasserstein(a, b):
    return np.sqrt(np.mean((np.sort(a) - np.sort(b)) ** 2))


# %%
wasserstein = check("Wasserstein distance", wasserstein)

# %% [markdown]
# That is on a line, where SciPy has `scipy.stats.wasserstein_distance`. In the plane there is no order, but SciPy finds the cheapest matching
# all the same, by a search. **On a line, will the search find a cheaper one than yours?**


# %%
def matching_distance(a, b):
    """W1 of two samples (n, d): the mean distance in the cheapest matching."""
    cost = scipy.spatial.distance.cdist(a, b)  # (n, n)
    return cost[scipy.optimize.linear_sum_assignment(cost)].mean()


one, another = np.random.default_rng(SEED).normal([[0], [3]], [[1], [2]], (2, 500))
searched = matching_distance(one[:, None], another[:, None])
scipy_says = scipy.stats.wasserstein_distance(one, another)
print(f"yours {wasserstein(one, another):.4f}, searched {searched:.4f}, SciPy {scipy_says:.4f}")

# %% [markdown]
# The three agree. Now the clouds of step 4, against 500 unseen points of the ring:

# %%
other = draw_ring(1_000, seed=SEED + 2)
for name, points in (clouds | {"real": other}).items():
    away = matching_distance(points[:500], unseen[:500])
    print(f"{name:>12} against the ring: W1 = {away:.2f}")
draws = [draw_ring(500, seed=SEED + 100 + draw) for draw in range(20)]
floor = [matching_distance(points, unseen[:500]) for points in draws]
print(f"{len(draws)} more draws of real points: W1 = {min(floor):.2f} to {max(floor):.2f}")

# %% [markdown]
# Two samples of the *same* ring are not at 0: the modes have not quite the same counts in both, so some points have to go to another mode.
# How many, chance decides. A perfect generator would score somewhere between the smallest and the largest of the last line.

# %% [markdown] defines="Lipschitz; critic" minutes=21
# ## 8. A critic estimates it
#
# The matching needs whole samples, and gives the generator no gradient for the next batch. The same number has a second form
# (Kantorovich and Rubinstein), which a network can approach:
#
# $$W_1(p, q) = \sup_{f} \; \mathbb{E}_{x \sim p} f(x) - \mathbb{E}_{x \sim q} f(x), \qquad \lvert f(x) - f(y) \rvert \le \lVert x - y \rVert$$
#
# over all functions $f$ that are nowhere steeper than 1; the supremum, sup, is the most that they reach. A function is **Lipschitz** when
# it is nowhere steeper than some number, 1-Lipschitz when that number is 1. A **critic** [3] is a network that stands for such a function,
# and so estimates the Wasserstein distance. Its loss is minus that difference. **What happens without the condition?**

# %%
wasserstein_loss = losses.adversarial("wasserstein")
draw = np.random.default_rng(SEED)
near, far = np.float32(draw.normal([[0], [3]], 1, (2, 2_000)))[..., None]  # (2000, 1) each


def estimate(p, q, penalty_weight, steps):
    """A new critic's estimate of W1 between two samples (n, 1)."""
    critic = build_network(1, 1)
    train_discriminator(critic, wasserstein_loss, p, q, steps, penalty_weight)
    return float(tf.reduce_mean(critic(p)) - tf.reduce_mean(critic(q)))


print(f"exact: {wasserstein(near[:, 0], far[:, 0]):.2f}")
free = {steps: estimate(near, far, 0, steps) for steps in (100, 200, 400)}
print("without the condition:", {steps: round(value) for steps, value in free.items()})

# %% [markdown] tags=["claim"] expect="free[400] > 2 * free[200] > 4 * free[100] > 0" defines="gradient penalty"
# It grows without end: twice the function is twice the difference. The first cure was to clip the weights [3], which leaves only functions
# that are too simple [4]. The **gradient penalty** [4] asks that the gradient of the critic $f$ have length 1 where it matters, at points on
# the lines between real and generated ones, $\hat{x} = (1 - t) \, x + t \, y$ with $t$ drawn evenly from 0 to 1. A point where it is longer
# *or shorter* pays the square of what it is off, and the batch pays the mean, times a weight $\lambda$. (Why shorter, too? On the ways of the
# cheapest coupling the best $f$ changes by exactly 1 per unit [4]; on other lines this asks for more than $W_1$ needs.)
#
# Somebody has written this mean, without $\lambda$, for gradients of shape (batch, d), one row for each $\hat{x}$. It raises no error. But try
# it on 256 gradients of length 1, which should pay nothing; on 256 that are far too short; and on 128 too short with 128 too long:


# %%
def faulty_penalty(gradients):
    """What a batch of gradients (batch, d) pays, a number; something is wrong with it."""
    length = np.sqrt(np.sum(gradients**2))
    return np.mean((length - 1) ** 2)


directions = np.tile([0.6, 0.8], (256, 1))  # (256, 2), each of length 1
both = np.repeat([[0.5], [1.75**0.5]], 128, axis=0) * directions
batches = {"1": directions, "1/16": directions / 16, "0.5 or 1.32": both}
for length, batch in batches.items():
    print(f"length {length:>11}: pays {faulty_penalty(batch):6.2f}")

# %% [markdown]
# It likes best what is 16 times too flat. **Exercise 4.** Which vector does this code want to have length 1, and which should? Find the fault,
# and write the penalty right.


# %% tags=["exercise"]
def gradient_penalty(gradients):
    """What a batch of gradients (batch, d) pays, a number; without lambda."""
    return ...  # your code


# %% tags=["solution"]
def gradient_penalty(gradients):
    """What a batch of gradients (batch, d) pays, a number; without lambda."""
    length = np.sqrt(np.sum(gradients**2, axis=1))  # (batch,)
    return np.mean((length - 1) ** 2)


# %% tags=["mistake"] hint="each coordinate"
def gradient_penalty(gradients):
    return np.mean((np.abs(gradients) - 1) ** 2)


# %% tags=["mistake"] hint="the square root is missing"
def gradient_penalty(gradients):
    return np.mean((np.sum(gradients**2, axis=1) - 1) ** 2)


# %% tags=["mistake"] hint="one length for the whole batch"
def gradient_penalty(gradients):
    return (np.sqrt(np.sum(gradients**2)) - 1) ** 2


# %% tags=["mistake"] hint="the root of the mean square"
def gradient_penalty(gradients):
    length = np.sqrt(np.sum(gradients**2) / len(gradients))
    return np.mean((length - 1) ** 2)


# %% tags=["mistake"] hint="these are the lengths of the columns"
def gradient_penalty(gradients):
    return np.mean((np.linalg.norm(gradients, axis=0) - 1) ** 2)


# %% tags=["mistake"] hint="the penalty is one number"
def gradient_penalty(gradients):
    return (np.linalg.norm(gradients, axis=1) - 1) ** 2


# %%
gradient_penalty = check("gradient penalty", gradient_penalty)

# %% [markdown]
# In a formula, the critic pays $\lambda \, \mathbb{E}_{\hat{x}} \bigl( \lVert \nabla_{\hat{x}} f(\hat{x}) \rVert - 1 \bigr)^2$.
# `losses.gradient_penalty` does this with TensorFlow's gradient, and stays finite where the gradient is 0. Try yours on the three batches, and
# beside the library's on the gradients of the discriminator of step 3. (No score depends on another point of the batch, so row $i$ of the
# gradient belongs to score $i$.)

# %%
for length, batch in batches.items():
    print(f"length {length:>11}: pays {gradient_penalty(batch):6.2f}")
sample = tf.constant(mixed[::8])
with tf.GradientTape() as tape:
    tape.watch(sample)
    score = discriminator(sample)
gradients = tape.gradient(score, sample).numpy()  # (250, 2)
print(f"yours {gradient_penalty(gradients):.3f}, "
      f"the library's {losses.gradient_penalty(discriminator, sample):.3f}, "
      f"the faulty one {faulty_penalty(gradients):.3f}")

# %% [markdown]
# So large, because nothing kept that discriminator flat: its score rises steeply at the rim of each mode.
#
# Now the estimate, on five pairs of Gaussians, beside the $W_1$ of the two samples and three other numbers: JS; the integral
# $\int \lvert p(x) - q(x) \rvert \, dx$, as one may read the formula for $W$ in the GAN article (lesson 01 names it); and the mean distance of
# a real and a generated point drawn at random, its "Euclidean distance". **Which columns tell 6 from 12?**

# %% timeout=300
grid = np.linspace(-10, 25, 3_501)
shapes = {"the same": (0, 1), "twice as wide": (0, 2)}  # mean, standard deviation
shapes |= {f"{far_apart} apart": (far_apart, 1) for far_apart in (3, 6, 12)}
table = {}
draw = np.random.default_rng(SEED)
p_sample = draw.normal(0, 1, 2_000)
p = scipy.stats.norm.pdf(grid)
for name, (mean, deviation) in shapes.items():
    q_sample = draw.normal(mean, deviation, 2_000)
    q = scipy.stats.norm.pdf(grid, mean, deviation)
    samples = [np.float32(sample[:, None]) for sample in (p_sample, q_sample)]
    middle = (p + q) / 2
    divergence = (scipy.special.rel_entr(p, middle) + scipy.special.rel_entr(q, middle)) / 2
    table[name] = {
        "W1": wasserstein(p_sample, q_sample),
        "critic": estimate(*samples, penalty_weight=100, steps=alone_steps // 2),
        "JS": np.trapezoid(divergence, grid),
        "integral": np.trapezoid(np.abs(p - q), grid),
        "mean pair": np.abs(p_sample - q_sample).mean(),
    }

# %%
print(f"{'':>13}", *(f"{column:>9}" for column in table["the same"]))
for name, row in table.items():
    # "+ 0.0" makes 0 of -0
    print(f"{name:>13}", *(f"{round(value, 2) + 0.0:9.2f}" for value in row.values()))

# %% [markdown] tags=["claim"] expect="all(abs(row['critic'] - row['W1']) < 0.1 + 0.1 * row['W1'] for name, row in table.items() if name != 'twice as wide') and table['the same']['mean pair'] > 1 and table['12 apart']['integral'] - table['6 apart']['integral'] < 0.02"
# $W_1$ and the critic do, and so does the mean pair, once the two lie apart. JS ends at $\log 2 = 0.69$ and the integral at 2, so 6 apart and 12
# apart look the same: a generator that is far off gets no direction from them. The mean distance of random pairs is not 0 for two samples
# of the *same* Gaussian: it is no distance of distributions at all.

# %% [markdown] tags=["claim"] expect="table['12 apart']['critic'] > 1.02 * table['12 apart']['W1']"
# And the critic is an *estimate*. The penalty makes steep slopes expensive, it does not forbid them: a slope $k$ gains $k W_1$ and pays
# $\lambda (k - 1)^2$, here with $\lambda = 100$, and the best is $k = 1 + W_1 / (2 \lambda)$. At 12 apart that is 1.06, so the critic says about
# 6 % too much. In a game the direction matters more than the exact scale, so smaller weights are enough there: 1 on the ring (step 9), and the 10
# of [4] on pictures (step 11).
#
# For twice the width the critic says far too little in four of five executions of this notebook, each with a seed of its own; in one it found the
# best $f$, the roof $-\lvert x \rvert$, with slope 1 on one side and $-1$ on the other. A straight line of slope 1 pays no penalty either, and
# estimates 0. To bend one half of it down, the slope has to pass through 0, where it pays most; that is probably why this training seldom gets there.
# A critic's loss does not tell how far off its estimate is.

# %% [markdown]
# The same penalty with wanted length 0, on real points only, is called $R_1$; it steadies games with the other losses [5]. In the game of
# Exercise 2 the score is $\psi x$, so its gradient in $x$ is $\psi$ at every point, and $R_1$ is $\psi^2$. The discriminator goes down the slope
# of that, $2 \psi$, as well, times a weight of 0.1. **Does your step get to rest with this brake?**
# (Both paths start at (1, 0); the grey cross meets at rest.)


# %%
def play_with_brake(theta, psi, rate, weight=0.1):
    """One step of both players, with the penalty R1 on the discriminator."""
    new_theta, new_psi = play(theta, psi, rate)
    return new_theta, new_psi - rate * weight * 2 * psi


braked_path = play_on(play_with_brake)
both_paths = {"without": free_path, "with R1": braked_path}
plots.points(both_paths, "The path of (θ, ψ)", cross, reach=2.6)
braked_from_rest = np.linalg.norm(braked_path, axis=1)
print(f"distance from rest at the end: {braked_from_rest[-1]:.4f} with R1, "
      f"{from_rest[-1]:.2f} without")

# %% [markdown] tags=["claim"] expect="braked_from_rest[-1] < 0.01"
# It does: the discriminator gives way, and the spiral away from rest becomes a spiral to rest. This is one small game, but that is what
# a penalty on the discriminator's slope is for in larger ones, too.

# %% [markdown] minutes=2
# ## 9. The Wasserstein game
#
# The same step: the critic pays $\mathbb{E}_q f - \mathbb{E}_p f$ plus the penalty, the generator $-\mathbb{E}_q f$. The critic should be near its
# best at all times. The usual recipe gives it five steps for each one of the generator [4]; we try a higher learning rate for it [6], among the
# rates of step 6. **Does this game lose modes, too?**

# %% timeout=600
wasserstein_runs = by_seed("wasserstein", penalty_weight=1.0)
for name, runs in {"non-saturating": non_saturating, "Wasserstein": wasserstein_runs}.items():
    print(name)
    print_by_seed(runs)

# %% [markdown] tags=["claim"] expect="most_and_least(wasserstein_runs, 'slower')[1] >= 7 and most_and_least(wasserstein_runs, 'faster')[1] <= 4"
# With a critic that learns faster than the generator the game finds all eight modes. (Compare the shares, too: the plain circle of step 4 has half of
# its points at a mode.) With a slower critic it fails as badly as the other loss. With equal rates it depends on the seed, while the non-saturating
# loss managed with them each time (step 6). So the Wasserstein loss is no cure by itself: the critic has to keep up, or it estimates nothing. (Only
# the Wasserstein runs have a penalty; step 11 separates it from the loss.)

# %% [markdown] minutes=8
# ## 10. Reading loss curves
#
# In lesson 02 a falling loss meant learning. **What do these mean?** Four games, one run of each, with a setting that works. The first figure
# shows what the discriminator pays, the second how far the points are from the ring. The table has the rank correlation of the size of the loss
# with $W_1$, over the twenty looks: 1 if they always rise and fall together, 0 if they have nothing to do with each other, -1 if one rises
# whenever the other falls.

# %% timeout=300
games = {
    "minimax": train("minimax"),
    "non-saturating": first,
    "hinge": train("hinge"),
    "Wasserstein": wasserstein_runs["slower", SEED],
}
paid, distances = {}, {}
for name, game in games.items():
    paid[name] = (game["step"][1:], [float(cost[1]) for cost in game["paid"]])
    away = [matching_distance(points[:500], unseen[:500]) for points in game["points"]]
    distances[name] = (game["step"], away)

# %%
plots.curves(paid, "What the discriminator pays", "step", "loss")
plots.curves(distances, "How far the points are from the ring", "step", "W1 to unseen points")

# %%
agreement = {}
for name in games:
    costs, away = paid[name][1], distances[name][1]
    agreement[name] = scipy.stats.spearmanr(np.abs(costs), away[1:]).statistic
    print(f"{name:>14}: loss {costs[0]:5.2f} -> {costs[-1]:5.2f}, "
          f"W1 {away[0]:.2f} -> {away[-1]:.2f}, rank correlation {agreement[name]:+.2f}")
print(f"   real points: W1 {min(floor):.2f} to {max(floor):.2f} (step 7)")

# %% [markdown] tags=["claim"] expect="agreement['Wasserstein'] > 0.6 and all(abs(paid[name][1][-1] - paid[name][1][0]) < 0.3 for name in ('minimax', 'non-saturating'))"
# The cross-entropies (in our run the two curves are nearly one) begin near $\log 4 = 1.386$, since nobody knows anything, and end near it, since
# nothing is left to tell. The hinge loss does likewise near 2, which it costs at score 0. In between they say who is ahead, not how good the points
# are: an untrained pair and a finished one pay nearly the same, and while the distance falls the loss first falls, then rises. So do not stop, choose
# or praise a GAN by these three losses. If one of them is near 0, that is bad news: the discriminator has won.
#
# The critic's loss is minus its estimate of $W_1$, plus the penalty. Over the whole run its size falls with the distance, though not at every look;
# and any two numbers that both fall are correlated, so this is weak evidence. Here an end near 0 is good news, as long as the critic keeps up (step
# 9). Look at the course, not at the values: in our run they lie below $W_1$, mostly far below. So this critic is not the best one: it is behind the
# generator, or held back by the penalty, which asks for a slope of 1 also where $W_1$ does not need it; we have not separated the two. The
# generator's own loss is here minus the mean score of its points. It means nothing: with 7 added to every score the game is the same.
#
# Which loss is best? Four single runs cannot tell; step 9, with three seeds, says how much hangs on the rates. Comparisons on pictures, given
# enough tuning of each, found that most of them can reach similar scores [7].

# %% [markdown]
# **Question.** In a game with the non-saturating loss the discriminator pays 0.01 after 500 steps, and still does after 20,000. All that time
# the generator draws nothing that one could name. Which change goes to the cause?
#
# - **a** None: so small a loss shows that it works. Go on.
# - **b** A higher learning rate for the discriminator, since the generator learns from it.
# - **c** A penalty on the discriminator's slope.
# - **d** The minimax loss for the generator.

# %% tags=["exercise"]
answer = ...  # "a", "b", "c" or "d"

# %% tags=["solution"]
answer = "c"

# %% tags=["mistake"] hint="it is the loss of one player"
answer = "a"

# %% tags=["mistake"] hint="it is far ahead already"
answer = "b"

# %% tags=["mistake"] hint="not that the discriminator is far ahead"
answer = "d"

# %%
check("a sure discriminator", answer)

# %% [markdown] minutes=13
# ## 11. Pictures
#
# Nothing in `make_step` knows that its data were points. Give it pictures, and networks that fit them: scenes of 16 x 16 pixels with one
# digit each, scaled to [-1, 1], the range of the generator's tanh. No labels yet, so nobody chooses *which* digit (lesson 04 does).

# %%
scenes = digit_scenes.load_data(size=16, max_digits=1, train=settings.scenes, seed=SEED)


def one_digit(split):
    """The scenes that hold a digit, in [-1, 1], (n, 16, 16, 1), and their digits (n,)."""
    rows = split.y.sum(axis=1) == 1
    return np.float32(split.x[rows]) / 127.5 - 1, split.y[rows].argmax(axis=1)


real_pictures, real_digits = one_digit(scenes.train)
validation_pictures, _ = one_digit(scenes.validation)
test_pictures, _ = one_digit(scenes.test)
print(f"{len(real_pictures)} pictures to learn from, {len(test_pictures)} to compare with")


# %%
def build_picture_pair(seed=SEED, width=32):
    """From noise (batch, 32) to pictures (batch, 16, 16, 1), and the discriminator of those."""
    keras.utils.set_random_seed(seed)
    layers = keras.layers
    convolution = {"kernel_size": 4, "strides": 2, "padding": "same"}
    generator = [
        layers.Dense(4 * 4 * 2 * width, activation="relu"),
        layers.Reshape((4, 4, 2 * width)),
        layers.Conv2DTranspose(width, **convolution, activation="relu"),  # (batch, 8, 8, width)
        layers.Conv2DTranspose(1, **convolution, activation="tanh"),  # (batch, 16, 16, 1)
    ]
    discriminator = [
        layers.Conv2D(width, **convolution, activation="leaky_relu"),  # (batch, 8, 8, width)
        layers.Conv2D(2 * width, **convolution, activation="leaky_relu"),  # (batch, 4, 4, ...)
        layers.Flatten(),
        layers.Dense(1),
    ]
    return (
        keras.Sequential([keras.Input((32,)), *generator]),
        keras.Sequential([keras.Input((16, 16, 1)), *discriminator]),
    )


picture_noise = np.float32(np.random.default_rng(SEED).standard_normal((1_000, 32)))
untrained_pictures = build_picture_pair()[0](picture_noise).numpy()
print(f"noise {picture_noise.shape} -> pictures {untrained_pictures.shape}")

# %% [markdown]
# Four games at the same rates: two losses, each without and with the penalty of step 8. **Which matters more here, the loss or the penalty?**

# %% timeout=900
picture_steps = settings.picture_steps


def train_on_pictures(name, rates, penalty_weight=0.0):
    """Trains a new pair on the pictures; what its generator draws."""
    generator, discriminator = build_picture_pair()
    loss = losses.adversarial(name)
    step = make_step(generator, discriminator, real_pictures, loss, rates, penalty_weight, 64)
    for _ in range(picture_steps):
        step()
    return generator(picture_noise).numpy()


drawn = {"untrained": untrained_pictures}
for name in ("non-saturating", "wasserstein"):
    for penalty_weight in (0, 10):
        title = f"{name}, penalty" if penalty_weight else name
        drawn[title] = train_on_pictures(name, (5e-4, 1e-3), penalty_weight)

# %% [markdown]
# Look before you count, and at real pictures first. Above each picture stands the digit of the training picture that is nearest to it, or a question
# mark if it has less light than 99 % of the real validation pictures (a quarter less than their mean is enough). **In which would you have read that
# digit?**


# %%
def flat(pictures):
    """Pictures as rows of pixels in 0..1."""
    return (pictures.reshape(len(pictures), -1) + 1) / 2


# the quarter of the canvas with the most light, 0..3
places = real_pictures.reshape(-1, 2, 8, 2, 8).sum(axis=(2, 4)).reshape(-1, 4).argmax(axis=1)
real_modes = 4 * real_digits + places  # 40: a digit at a place
nearest = sklearn.neighbors.KNeighborsClassifier(1).fit(flat(real_pictures), real_modes)
least_light = np.quantile(flat(validation_pictures).sum(axis=1), 0.01)


def show_pictures(pictures, title):
    """Pictures (n, 16, 16, 1), each with the digit that it resembles most."""
    digits = nearest.predict(flat(pictures)) // 4
    dark = flat(pictures).sum(axis=1) < least_light
    titles = np.where(dark, "?", digits.astype(str)).tolist()
    shown = np.uint8(np.round(flat(pictures) * 255)).reshape(pictures.shape)
    plots.scenes(shown, titles, title, columns=12)


show_pictures(validation_pictures[:12], "Real pictures, not trained on")
for title in list(drawn)[1:]:
    show_pictures(drawn[title][:24], f"{title.capitalize()}: drawn by the generator")

# %% [markdown]
# In our run one reads it in most real pictures, in some of those with a penalty, and in hardly any without one. The titles are only nearest
# neighbours: even a real picture can be misread.
#
# Now the count, as on the ring. A mode is a digit at one of the four places, so there are 40; a mode is found if 0.5 % of the pictures resemble it
# most (its fair share is 2.5 %). And $W_1$ to 500 pictures of the test split, by which nothing is chosen here, as rows of 256 pixels in 0..1. Beside
# the generators, what costs nothing: only black; the mean picture of each place, again and again; the mean picture of each mode. And real pictures,
# twice: training pictures, as a generator could draw that has learnt them by heart, and validation pictures, which are new. **Which row will be
# best?**


# %%
def repeated_means(groups):
    """1,000 pictures: the mean picture of each group of real ones, in turn."""
    means = [real_pictures[groups == group].mean(axis=0) for group in np.unique(groups)]
    return np.resize(means, (1_000, 16, 16, 1))


rows = drawn | {
    "only black": np.full_like(untrained_pictures, -1),
    "4 mean pictures": repeated_means(places),
    "40 mean pictures": repeated_means(real_modes),
    "real (training)": real_pictures[:1_000],
    "real (validation)": validation_pictures,
}
picture_table = {}
for name, pictures in rows.items():
    away = matching_distance(flat(pictures)[:500], flat(test_pictures)[:500])
    share = np.bincount(nearest.predict(flat(pictures)), minlength=40) / len(pictures)
    picture_table[name] = (away, int(np.sum(share >= 0.005)))
    print(f"{name:>23}: W1 {away:.2f}, {picture_table[name][1]} of 40 modes")

free_pictures = np.concatenate([rows["4 mean pictures"][:4], rows["40 mean pictures"][:8]])
show_pictures(free_pictures, "What costs nothing: the four mean pictures, eight of the forty")

# %% [markdown] tags=["claim"] expect="picture_table['non-saturating'][1] < min(picture_table[name][1] for name in ('non-saturating, penalty', 'wasserstein, penalty'))"
# Without a penalty the non-saturating game collapses at these rates: many modes are missing, and one pattern comes again and again. The Wasserstein
# game without it does no better: in our run it ends in black. With the penalty both losses draw digits at several places, as one sees, and the count
# is higher: a discriminator that may not be steep leaves the generator a slope to follow. So here the penalty does more than the loss. (That is one
# run of each game at one pair of rates; others might rescue the games without a penalty.) But many digits are smudges, and some have half of another
# digit beside them. Lesson 04 has better networks, and knows the labels.

# %% [markdown] tags=["claim"] expect="picture_table['40 mean pictures'][0] < min(picture_table[name][0] for name in ('real (training)', 'real (validation)')) and picture_table['40 mean pictures'][1] == 40 and picture_table['only black'][1] == 1"
# **And which generator is the best? This table cannot say.** The lowest $W_1$ is that of the forty mean pictures, each repeated without
# any change: lower than that of real pictures. Compare the four mean pictures, mere smudges, with the generators, too. Distances of pixels
# reward what is blurred: the squared distance of a picture to the mean of its mode is, on average, half of that to another picture of the
# mode, and among 500 pictures few have a near twin, so the mean comes closer. The count flatters as well: every picture is nearest to *some*
# mode, a smudge and an empty one too, so forty pictures, repeated, find all forty modes.
#
# So we rank nothing by these numbers. Few modes say that something is wrong: that variety is missing, or that the pictures look like no digit at all
# (the untrained row); look, to see which. Many modes say nothing. A measure is fit for use when what costs nothing scores badly on it and real data
# well. Lesson 04 takes a network that has learnt to read the digits for a judge.

# %% [markdown] minutes=13
# ## 12. What the article said, and what holds
#
# (This is an appendix: nothing later needs it.) The GAN article, which lesson 01 names, has two players and a cross-entropy, which is the right
# start. Some of its formulas and its code say something else:
#
# | the article says | what holds |
# |---|---|
# | "the loss function of GAN" is the Wasserstein distance | the first GAN has the cross-entropy of step 3 [1]; the Wasserstein distance came later and is one choice of several (step 8) |
# | it is the "Euclidean distance" of generated and real samples | that is a mean over pairs; it is not 0 for equal distributions (step 8). $W_1$ is the mean over the *best* pairing |
# | its $W$ integrates the difference of the two densities | without absolute values that is always 0, with them it ends at 2 for all that do not overlap (step 8); $W_1 = \inf_\gamma \mathbb{E}\lVert x - y\rVert = \sup_f \mathbb{E}_p f - \mathbb{E}_q f$, with $f$ 1-Lipschitz |
# | for discrete samples it is a "label-set distance" | a distance of label sets has to be chosen first: run below |
# | $L_{gen}$: minus the mean of $W(G(z_i), Y_i)$ | it compares points, has the wrong sign, and no Lipschitz condition: run below |
# | one $L_{adv}$ for both networks | it is the discriminator's; a generator that lowers it helps the discriminator: run below |
# | `Adam(lr=...)`, weights of both networks saved into a folder `model`, as `.h5` | Keras 3 refuses both: run below. (Lesson 04 saves a whole GAN in one file) |
# | `discriminator.trainable = False` after `compile` | depends on what follows; older tutorials fail with no more than a warning: run below |
#
# **A distance of label sets.** Take the number of labels in which two sets differ. Then $W_1$ of two samples of sets is the mean number of labels
# to change in the cheapest matching. **What does it see?** We take the label sets of 500 product listings (lesson 01), and compare them with 500
# others; with these others, each label's column shuffled (it is as frequent as before, but in random sets); and with no label at all:

# %%
sets = product_listings.load_data(train=1_000, validation=1, test=1, seed=SEED).train.y
beside = {
    "real": sets[500:],
    "shuffled": np.random.default_rng(SEED).permuted(sets[500:], axis=0),
    "no label": np.zeros_like(sets[500:]),
}
for name, sample in beside.items():
    changes = scipy.spatial.distance.cdist(sets[:500], sample, "cityblock")  # (500, 500)
    matched = scipy.optimize.linear_sum_assignment(changes)
    print(f"{name:>10}: W1 {changes[matched].mean():.2f} labels")

# %% [markdown]
# The first row is how far apart two samples of 500 real sets are. The shuffled sets (one draw) are farther off: labels that go together no longer do.
# To no label at all the distance is the mean size of a set. So it sees how many labels there are, and which go together.
#
# **One loss for both.** What will the generator do?

# %%
shared = dataclasses.replace(minimax, generator=minimax.fake)
with_shared_loss = train(shared)
ends = {"shared loss": with_shared_loss["points"][-1]}

# %% [markdown]
# **The distance of pairs.** First as written, with the minus, then with a plus; a generator alone, no discriminator needed:


# %%
def train_on_pairs(sign):
    """A generator that lowers sign * mean distance of G(z_i) and a random real point Y_i."""
    generator, optimizer = build_network(noise_size, 2), keras.optimizers.Adam(1e-3)
    random = tf.random.Generator.from_seed(SEED)

    @tf.function(autograph=False)
    def step():
        y = tf.gather(ring, random.uniform((256,), 0, len(ring), tf.int32))
        z = random.normal((256, noise_size))
        with tf.GradientTape() as tape:
            paid = sign * tf.reduce_mean(tf.norm(generator(z) - y, axis=1))
        variables = generator.trainable_variables
        optimizer.apply(tape.gradient(paid, variables), variables)

    for _ in range(500):
        step()
    return generator(noise).numpy()


ends["pairs, as written"], ends["pairs, with a plus"] = train_on_pairs(-1), train_on_pairs(+1)

# %%
away_of, spread_of = {}, {}
for name, points in ends.items():
    away_of[name] = matching_distance(points[:500], unseen[:500])
    spread_of[name] = points.std(axis=0).mean()
    print(f"{name:>18}: spread {spread_of[name]:.2f}, W1 to the ring {away_of[name]:.2f}")

# %%
plus = {"pairs, with a plus": ends["pairs, with a plus"]}
plots.points(plus, "Generated points (dark) and the ring", unseen, reach)

# %% [markdown] tags=["claim"] expect="away_of['shared loss'] > 1.5 and away_of['pairs, as written'] > 5 and spread_of['pairs, with a plus'] < 0.3"
# The shared loss pays the generator for being found out: in our run all its points shrink to one in the middle, which the discriminator tells
# at once. The pairs as written run away: the farther from all real points, the better. With a plus the points gather in the middle,
# where the mean distance to the ring is least and no real point lies. If each noise is paired with a real point at random, a network can
# only learn the middle of all of them. That is why there is a second network.
#
# **The compiled pair of models.** Up to about 2019 tutorials built a GAN of two compiled models: the discriminator, and a combined model in
# which the discriminator was frozen. In Keras 3 a model reads `trainable` at its first training step, not when it is compiled:


# %%
def composite(switch):
    """Trains as such tutorials do, on real points alone: enough to see what moves.

    `switch`: with `trainable` set before each step.
    """
    generator = build_network(noise_size, 2)
    discriminator = keras.Sequential([build_network(2, 1), keras.layers.Activation("sigmoid")])
    discriminator.compile(keras.optimizers.Adam(2e-4, beta_1=0.5), "binary_crossentropy")
    discriminator.trainable = False
    inputs = keras.Input((noise_size,))
    combined = keras.Model(inputs, discriminator(generator(inputs)))
    combined.compile(keras.optimizers.Adam(2e-4, beta_1=0.5), "binary_crossentropy")
    networks = {"discriminator": discriminator, "generator": generator}
    before = {name: network.get_weights() for name, network in networks.items()}
    for _ in range(20):
        for model, x in ((discriminator, ring[:32]), (combined, noise[:32])):
            if switch:
                discriminator.trainable = model is discriminator
            model.train_on_batch(x, np.ones((32, 1)))
    change = {}
    for name, network in networks.items():
        pairs = zip(before[name], network.get_weights(), strict=True)
        change[name] = round(max(float(np.abs(a - b).max()) for a, b in pairs), 4)
    return change


moved = {}
for name, switch in {"older tutorials": False, "the article": True}.items():
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        moved[name] = composite(switch)
    print(f"{name}: largest change of a weight:", moved[name])
    print("   Keras warns:", {str(one.message) for one in said} or "nothing")

# %% [markdown] tags=["claim"] expect="moved['older tutorials']['discriminator'] == 0 < moved['the article']['discriminator'] and moved['older tutorials']['generator'] > 0"
# Without the switch the discriminator never moves, and there is only a warning; the generator then plays against random weights. With the
# switch, as in the article, both move: each model keeps what it saw in its first step. So one line decides, far from where it acts.
# `make_step` needs no switch: each gradient is taken in the weights of one player and applied to those.

# %%
weights_file = pathlib.Path(tempfile.mkdtemp()) / "generator.h5"
for attempt in (
    lambda: keras.optimizers.Adam(lr=0.0002),
    lambda: build_network(noise_size, 2).save_weights(weights_file),
):
    try:
        attempt()
    except ValueError as error:
        print(str(error).split(" Received")[0])

# %% [markdown]
# Write `learning_rate=` (or nothing: it is the first argument), and save whole models as `.keras`, weights as `.weights.h5`.

# %% [markdown] minutes=2
# ## What to take away
#
# - A discriminator estimates $p / (p + q)$, a critic with bounded slope estimates $W_1$. The generator only ever sees their gradient.
# - The discriminator has to keep up. On pictures, at our rates, it also had to be kept from being steep. If it does not keep up, neither loss helps;
#   if it is sure, minimax says next to nothing (which Adam scales up again).
# - Each player's slope may be right, and the game never come to rest. A penalty on the discriminator's slope is a brake.
# - The losses of a game are poor signs of progress. Measure what is drawn, its variety too, from several seeds, beside real data *and* beside
#   what costs nothing. A measure that prefers a blur to real pictures is unfit.
#
# **Further reading.** [1] I. Goodfellow et al., "Generative adversarial nets", *NeurIPS* 2014, [arXiv:1406.2661](https://arxiv.org/abs/1406.2661).
# [2] J. H. Lim, J. C. Ye, "Geometric GAN", 2017, [arXiv:1705.02894](https://arxiv.org/abs/1705.02894). [3] M. Arjovsky, S. Chintala,
# L. Bottou, "Wasserstein generative adversarial networks", *ICML* 2017, [arXiv:1701.07875](https://arxiv.org/abs/1701.07875).
# [4] I. Gulrajani et al., "Improved training of Wasserstein GANs", *NeurIPS* 2017, [arXiv:1704.00028](https://arxiv.org/abs/1704.00028).
# [5] L. Mescheder, A. Geiger, S. Nowozin, "Which training methods for GANs do actually converge?", *ICML* 2018,
# [arXiv:1801.04406](https://arxiv.org/abs/1801.04406). [6] M. Heusel et al., "GANs trained by a two time-scale update rule converge to
# a local Nash equilibrium", *NeurIPS* 2017, [arXiv:1706.08500](https://arxiv.org/abs/1706.08500). [7] M. Lucic et al., "Are GANs created
# equal? A large-scale study", *NeurIPS* 2018, [arXiv:1711.10337](https://arxiv.org/abs/1711.10337).
#
# **Next:** [04 A multi-label GAN](04_a_multi_label_gan.ipynb) asks for a label set, and gets it.
