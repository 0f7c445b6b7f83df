"""GANs that draw the label set they are asked for. Lessons 03 to 05."""

from mlc_tf.models.gan.model import MultiLabelGAN

__all__ = ["MultiLabelGAN"]
