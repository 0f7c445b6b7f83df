# Each target is a command the README or CONTRIBUTING.md gives too, after a set-up that is done once.
PYTHON ?= python3
BIN := .venv/bin
# Exists only when the set-up ran to its end, with the requirements as they are now.
READY := .venv/ready
# Two at a time: much of a lesson keeps one core busy, and a second test the other. In the order of tests/conftest.py.
PYTEST := $(BIN)/python -m pytest --numprocesses 2 --maxschedchunk 1

.PHONY: lessons smoke lab test test-fast test-all lint notebooks bench

lessons: $(READY)
	$(BIN)/python -m mlc_tf lessons

# Every cell of every lesson, and nothing is learnt: will it run on this machine?
smoke: $(READY)
	$(BIN)/python -m mlc_tf lessons --profile smoke --output build/smoke

lab: $(READY)
	$(BIN)/python -m mlc_tf lab

test: lint
	$(PYTEST)

test-fast: $(READY)
	$(PYTEST) -m "not lesson and not browser"

lint: $(READY)
	$(BIN)/ruff check . && $(BIN)/ruff format --check .

# With the tweak cards, which else are tried when a notebook is made.
test-all: lint
	$(PYTEST) --tweak-cards

notebooks: $(READY)
	$(BIN)/python -m mlc_tf notebooks

# All but contest_of_places.py, gan_cifar100.py, rnn_reuters.py and rnn_variants.py, which need a download or take an
# hour, and gan_peer.py, rnn_article.py and rnn_speed.py, which need PyTorch.
bench: $(READY)
	for script in feeding listings_order gan_scenes gan_article gan_speed gan_helps semi_supervised label_dependence many_labels reinforce fusion transfer; do $(BIN)/python benchmarks/$$script.py || exit 1; done

# What an interrupted set-up has left is thrown away: pip does not repair a half-installed package.
$(READY): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; (3, 11) <= sys.version_info < (3, 14) or sys.exit("Python 3.11 to 3.13 is needed, \
	$(PYTHON) is " + sys.version.split()[0] + ". If you have another: make PYTHON=python3.12 ...")'
	@test -f $@ || rm -rf .venv; rm -f $@
	@echo "Setting up .venv: a few minutes and 3 GB of disk, mostly TensorFlow ..."
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip --disable-pip-version-check install --quiet --requirement requirements.txt
	@$(BIN)/python -m pip --disable-pip-version-check install --quiet --no-deps --editable .
	@touch $@ && echo "... done"
