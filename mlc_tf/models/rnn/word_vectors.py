"""Word vectors from the training texts themselves: which words stand near which, and a factorisation of that.

Levy & Goldberg 2014, "Neural word embedding as implicit matrix factorization", NeurIPS; Levy, Goldberg & Dagan 2015,
"Improving distributional similarity with lessons learned from word embeddings", TACL 3. Lesson 07.
"""

from collections.abc import Sequence

import keras
import numpy as np
import scipy.sparse
from sklearn.utils.extmath import randomized_svd

from mlc_tf.data import text

SMOOTHING = 0.75  # power of a neighbour's frequency: rare words would get too much information (Levy et al. 2015)


def from_texts(
    texts: Sequence[str], vectorizer: keras.layers.TextVectorization, size: int = 300, window: int = 5, seed: int = 0
) -> np.ndarray:
    """A vector for each token number, `(V, size)` float32, of length 1.

    Words that stand among the same words get vectors of like direction. Padding, and words never seen beside another,
    get 0.

    The positive pointwise mutual information of `pointwise_information` is factorised; the vectors are its left
    singular vectors, times the roots of the singular values.

    Args:
        texts: the *training* texts.
        vectorizer: as `text.vectorizer` gives it; V is the size of its vocabulary.
        size: of a vector, below V.
        window: how far apart two words may stand, in tokens.
        seed: of the randomised factorisation (Halko et al. 2011).

    Raises:
        ValueError: when `texts` is empty or holds something other than str, or a number does not fit.
    """
    vocabulary_size = vectorizer.vocabulary_size()
    if not 1 <= size < vocabulary_size:
        raise ValueError(f"size: expected 1 to {vocabulary_size - 1}, below the size of the vocabulary; found {size!r}")
    if window < 1:
        raise ValueError(f"window: expected at least 1, found {window!r}")
    information = pointwise_information(neighbours(text.tokens(texts, vectorizer), vocabulary_size, window))
    left, values, _ = randomized_svd(information, size, random_state=seed)
    vectors = left * np.sqrt(values)
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.float32(np.where(length > 1e-6, vectors / np.maximum(length, 1e-6), 0))


def neighbours(tokens, vocabulary_size: int, window: int) -> scipy.sparse.csr_array:
    """How much each pair of words stands together, `(V, V)`, symmetric: d words apart in a text count 1 / d.

    Args:
        tokens: ragged `(N, None)`, as `text.tokens` gives them. The unknown word is no word here.
        vocabulary_size: V.
        window: the largest d.
    """
    words, of_text = tokens.values.numpy(), tokens.value_rowids().numpy()
    counts = scipy.sparse.csr_array((vocabulary_size, vocabulary_size), dtype=np.float32)
    for distance in range(1, window + 1):
        a, b = words[:-distance], words[distance:]
        pair = (of_text[:-distance] == of_text[distance:]) & (a != text.UNKNOWN) & (b != text.UNKNOWN)
        weight = np.full(pair.sum(), 1 / distance, np.float32)
        found = scipy.sparse.coo_array((weight, (a[pair], b[pair])), counts.shape).tocsr()
        counts = counts + found + found.T
    return counts


def pointwise_information(counts: scipy.sparse.csr_array) -> scipy.sparse.csr_array:
    """Positive pointwise mutual information, max(0, log(p(i, j) / (p(i) p'(j)))), where `counts` are not 0.

    p' is the frequency of a neighbour, raised to the power 0.75 and made to sum to 1 again.
    """
    of_word = counts.sum(axis=1) / counts.sum()
    of_neighbour = counts.sum(axis=0) ** SMOOTHING
    of_neighbour /= of_neighbour.sum()
    pairs = counts.tocoo()
    row, column = pairs.coords
    information = np.log(pairs.data / counts.sum() / (of_word[row] * of_neighbour[column]))
    kept = information > 0
    return scipy.sparse.csr_array((information[kept], (row[kept], column[kept])), shape=counts.shape)
