"""Learning once: word vectors and recurrent weights from one training, to begin another with. Lesson 09.

The encoder of a classifier, its word vectors and its recurrent layer, learns from texts without labels as a language
model, or from texts with other labels as any classifier does. `carry_over` hands it to another classifier, and
`optimizer` says how much the rest of the training may change it.
"""

import keras
import numpy as np
import tensorflow as tf

from mlc_tf.data.text import PADDING, UNKNOWN, Vectorizer
from mlc_tf.models.rnn import optimization
from mlc_tf.models.seeds import seeded


class LanguageModel(keras.Model):
    """Trains the encoder of a classifier to tell each word of a text from those before it, and from those behind it.

    `compile(optimizer)`, and `fit` on batches `(tokens, anything)` as `text.batches` gives them. The loss is the mean
    of -log P(word | the others on that side) over the words and the directions, in nats. A word's vector serves twice,
    for reading it and for telling it (Press & Wolf 2017, "Using the output embedding to improve language models",
    EACL); both directions are learnt as by Peters et al. 2018, "Deep contextualized word representations", NAACL.

    Unknown words are read, and not asked for.

    Args:
        network: made by `rnn.classifier`; it has the encoder afterwards, as the layers are the same.
        seed: of the first weights of what is added.

    Raises:
        ValueError: when the network has no such layers.
    """

    def __init__(self, network: keras.Model, seed: int = 0, **options):
        super().__init__(**options)
        self.words, self.recurrent = encoder(network)
        directions = 2 if isinstance(self.recurrent, keras.layers.Bidirectional) else 1
        with seeded(seed):
            self.expected = [keras.layers.Dense(self.words.output_dim) for _ in range(directions)]
            self.frequent = self.add_weight(shape=(self.words.input_dim,), initializer="zeros", name="frequent")
        self(tf.ones((1, 2), tf.int32))

    def call(self, tokens, training=None):
        """For each direction the vector of the word that is expected next, `(batch, time, size)`."""
        mask = tf.not_equal(tokens, PADDING)
        states = self.recurrent(self.words(tokens), mask=mask, training=training)
        parts = tf.split(states, len(self.expected), axis=-1)
        return [expected(part) for expected, part in zip(self.expected, parts, strict=True)]

    def compile(self, optimizer="adam", **options):
        """As any model, but for the loss, which it has."""
        super().compile(optimizer, jit_compile=False, **options)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """The mean over the words that are asked for; 0 of a batch in which there is none."""
        is_word = tf.not_equal(x, PADDING)
        neighbours = is_word[:, :-1] & is_word[:, 1:]
        pairs = [(y_pred[0][:, :-1], x[:, 1:]), *((back[:, 1:], x[:, :-1]) for back in y_pred[1:])]
        each = tf.concat([self._each(expected, words, neighbours) for expected, words in pairs], axis=0)
        loss = tf.math.divide_no_nan(tf.reduce_sum(each), tf.cast(tf.size(each), each.dtype))
        return loss / tf.distribute.get_strategy().num_replicas_in_sync

    def _each(self, expected, words, neighbours):
        """-log P of each word that is asked for, `(n,)`: it is known, and there is one beside it."""
        asked = neighbours & (words > UNKNOWN)
        logits = tf.matmul(tf.boolean_mask(expected, asked), self.words.embeddings, transpose_b=True) + self.frequent
        return tf.nn.sparse_softmax_cross_entropy_with_logits(tf.boolean_mask(words, asked), logits)


def encoder(network: keras.Model) -> tuple[keras.layers.Layer, keras.layers.Layer]:
    """The layers of a classifier that read: its word vectors, and what reads them one after another.

    Raises:
        ValueError: when the network has no such layers.
    """
    kinds = (keras.layers.RNN, keras.layers.Bidirectional)
    recurrent = [layer for layer in network.layers if isinstance(layer, kinds)]
    if not recurrent or "embedding" not in {layer.name for layer in network.layers}:
        raise ValueError("network: expected one of `rnn.classifier`, with word vectors and a recurrent layer")
    return network.get_layer("embedding"), recurrent[0]


def carry_over(
    source: keras.Model,
    source_vectorizer: Vectorizer,
    target: keras.Model,
    target_vectorizer: Vectorizer,
    one_length: bool = False,
) -> int:
    """Gives the target the source's recurrent weights, and of each word that both know its vector.

    Words that only the target knows keep the vectors that they have, and its layers above the encoder are left alone.

    Args:
        source, target: of `rnn.classifier`, with encoders of one size.
        source_vectorizer, target_vectorizer: with which each of them reads; the same word may have another number.
        one_length: whether the vectors that are carried over get the mean length of those that the target has. The
            source has made those long that it needed, and these may drown what the target needs (lesson 09).

    Returns:
        How many words of the target have got a vector.

    Raises:
        ValueError: when the encoders differ in kind or size; nothing has changed then.
    """
    (words, states), (own_words, own_states) = encoder(source), encoder(target)
    sizes = [[weight.shape for weight in layer.weights] for layer in (states, own_states)]
    if sizes[0] != sizes[1] or words.output_dim != own_words.output_dim:
        raise ValueError(
            "source and target: expected encoders of one kind and size; found word vectors of "
            f"{words.output_dim} and {own_words.output_dim} numbers, recurrent weights of {sizes[0]} and {sizes[1]}"
        )
    number = {word: at for at, word in enumerate(source_vectorizer.get_vocabulary())}
    pairs = [(at, number[word]) for at, word in enumerate(target_vectorizer.get_vocabulary()) if word in number]
    vectors, found = own_words.get_weights()[0], words.get_weights()[0]
    to, of = (list(part) for part in zip(*pairs, strict=True))
    if one_length:
        lengths = np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9)
        found = found / lengths * np.linalg.norm(vectors, axis=1).mean()
    vectors[to] = found[of]
    own_words.set_weights([vectors])
    own_states.set_weights(states.get_weights())
    return len(pairs) - 2  # padding and the unknown word are no words


@keras.saving.register_keras_serializable("mlc_tf")
class RatesByGroup(optimization.Adam):
    """Adam with a rate of its own for some weights, from a certain step on.

    A weight that rests is not moved; what Adam remembers of its gradients begins with the first step all the same.

    Args:
        groups: the start of the weights' paths, such as "embedding/" -> (factor of the rate, first step at which they
            move).
    """

    def __init__(self, *arguments, groups: dict[str, tuple[float, int]], **options):
        super().__init__(*arguments, **options)
        self.groups = {start: tuple(how) for start, how in groups.items()}

    def update_step(self, gradient, variable, learning_rate):
        """Moves one weight by the rate of its group, if its time has come."""
        path = self._trainable_variables[self._get_variable_index(variable)].path
        factor, first = next((how for start, how in self.groups.items() if path.startswith(start)), (1.0, 0))
        moves = tf.cast(self.iterations >= first, tf.float32)
        super().update_step(gradient, variable, factor * moves * tf.cast(learning_rate, tf.float32))

    def get_config(self) -> dict:
        """The arguments that make this optimizer again."""
        return {**super().get_config(), "groups": self.groups}


def optimizer(
    network: keras.Model,
    steps: int,
    rate: float = 3e-3,
    words: tuple[float, float] = (1.0, 0.0),
    states: tuple[float, float] = (1.0, 0.0),
    **options,
) -> RatesByGroup:
    """`rnn.optimizer` for a classifier whose encoder has learnt already.

    - Whole: nothing to add. Both groups move at the rate from the first step on.
    - Frozen: `words=(0, 0), states=(0, 0)`.
    - Unfrozen gradually, from above (Howard & Ruder 2018, "Universal language model fine-tuning for text
      classification", ACL): `states=(1, 0.2), words=(1, 0.4)`.

    Args:
        network: of `rnn.classifier`.
        steps, rate, options: as for `rnn.optimizer`.
        words: of the word vectors, the factor of the rate, and the share of the steps after which they begin to move.
        states: of the recurrent layer, likewise.

    Raises:
        ValueError: when a number does not fit.
    """
    plain = optimization.optimizer(steps, rate, **options)
    groups = {}
    for name, layer, how in zip(("words", "states"), encoder(network), (words, states), strict=True):
        factor, share = how
        if not (0 <= factor < float("inf") and 0 <= share <= 1):
            raise ValueError(
                f"{name}: expected a factor from 0 on, and a share of the steps from 0 to 1; found {how!r}"
            )
        groups[f"{layer.name}/"] = (float(factor), round(share * steps))
    return RatesByGroup.from_config({**plain.get_config(), "groups": groups})
