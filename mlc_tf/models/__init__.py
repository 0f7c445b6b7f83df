"""Networks and their losses: a convolutional classifier, recurrent ones, and GANs that draw a label set."""
