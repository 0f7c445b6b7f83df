"""The optimizer of the recurrent networks: Adam with a rate that rises and falls, and averaged weights. Lesson 06."""

import keras
import tensorflow as tf

BETAS, EPSILON = (0.9, 0.999), 1e-7


@keras.saving.register_keras_serializable(package="mlc_tf")
class Adam(keras.optimizers.Optimizer):
    """Adam (Kingma & Ba 2015) as in Keras, in one operation for each weight instead of a dozen.

    The word vectors are most of the weights, and a pass over them takes as long as reading some words: Keras makes one
    for each term of the formula.

    A word vector's gradients, one for each time that the word is read, are added up first. Keras would take the length
    that is to be clipped of the single ones.
    """

    def build(self, variables):
        """Makes the two averages of each weight, of its gradient and of the gradient's square."""
        if not self.built:
            super().build(variables)
            self.momentums, self.velocities = self.add_optimizer_variables(variables, ["momentum", "velocity"])

    def apply(self, grads, trainable_variables=None):
        """Moves the weights by one step."""
        whole = [tf.convert_to_tensor(gradient) if gradient is not None else None for gradient in grads]
        super().apply(whole, trainable_variables)

    def update_step(self, gradient, variable, learning_rate):
        """Moves one weight and its two averages."""
        index = self._get_variable_index(variable)  # the way that the documentation of Keras' `Optimizer` shows
        done = tf.cast(self.iterations + 1, variable.dtype)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self.momentums[index].handle,
            v=self.velocities[index].handle,
            beta1_power=BETAS[0] ** done,
            beta2_power=BETAS[1] ** done,
            lr=tf.cast(learning_rate, variable.dtype),
            beta1=BETAS[0],
            beta2=BETAS[1],
            epsilon=EPSILON,
            grad=gradient,
        )


def optimizer(steps: int, rate: float = 3e-3, warm_up: float = 0.1, average: float = 0.05, clip: float = 1.0) -> Adam:
    """Adam for a training of so many steps.

    The rate rises from 0 to `rate` in a straight line, since the first gradients of a recurrent network are wild, and
    falls back to 0 as a cosine. Weights are averaged over the last steps (Polyak & Juditsky 1992), older ones
    counting less and less: during the training the model has its plain weights, and when `fit` ends the averaged ones
    take their place.

    Args:
        steps: of the whole training: epochs times batches.
        rate: the highest learning rate.
        warm_up: share of the steps in which the rate rises.
        average: share of the steps that the average reaches back; 0 for no average. One that reaches back to weights
            which knew little is worse than none.
        clip: the gradient of all weights together is shortened to this length where it is longer (Pascanu et al. 2013).

    Raises:
        ValueError: when a number does not fit.
    """
    if steps < 1:
        raise ValueError(f"steps: expected at least 1, epochs times batches; found {steps!r}")
    if not (0 < rate < float("inf") and clip > 0):
        raise ValueError(f"rate and clip: expected positive numbers, found {rate!r} and {clip!r}")
    if not (0 <= warm_up < 1 and 0 <= average < 1):
        raise ValueError(
            f"warm_up and average: expected shares from 0 up to, but not, 1; found {warm_up!r}, {average!r}"
        )
    rising = round(warm_up * steps)
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0 if rising else rate,
        decay_steps=max(1, steps - rising),
        warmup_target=rate if rising else None,
        warmup_steps=rising,
    )
    reach = average * steps  # an average that keeps 1 - 1 / n of itself at each step reaches back n steps
    averaged = {"use_ema": True, "ema_momentum": 1 - 1 / reach} if reach > 1 else {}
    return Adam(schedule, global_clipnorm=clip, **averaged)
