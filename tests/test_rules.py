"""What one lesson teaches binds all: the test split is looked at in one step, and what a learner writes is used."""

import ast
import re

import pytest

from mlc_tf.course import run
from mlc_tf.course import source as sources

SOURCES = sorted((run.NOTEBOOKS / "src").glob("*.py"))
# Lesson 01 describes data sets, all splits of them, and trains nothing but what shows a leak.
DESCRIBES = {"01_multi_label_data"}
LEARN_OR_CHOOSE = {"fit", "train", "batches", "global_threshold", "per_label_thresholds", "LabelFidelity", "KeepBest"}


def solved(path):
    """The code cells of the solved lesson, each with the numbered step it stands in."""
    step, found = "", []
    for cell in sources.derive(sources.read_source(path), "solutions").cells:
        if cell.cell_type == "code":
            found.append((step, ast.parse(re.sub(r"^%.*$", "", cell.source, flags=re.MULTILINE))))
        elif title := re.search(r"^## (.*)$", cell.source, re.MULTILINE):
            step = title[1]
    return found


def is_test(node, tainted):
    """Whether an expression reads the test split: `.test` of something, or a name that was computed from it."""
    return any(
        (isinstance(part, ast.Attribute) and part.attr == "test")
        or (isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load) and part.id in tainted)
        for part in ast.walk(node)
        if not is_size(part)
    )


def is_size(node):
    """`settings.test` is a number."""
    return isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "settings"


def assigned(statement):
    """Targets and what they get; `a, b = (f(x) for x in (c, d))` gives a what comes of c, and b what comes of d."""
    for part in ast.walk(statement):
        if isinstance(part, ast.For):
            yield part.target, part.iter
        if not isinstance(part, ast.Assign):
            continue
        (target, *_), value = part.targets, part.value
        source = value.generators[0].iter if isinstance(value, ast.GeneratorExp) else value
        if isinstance(target, ast.Tuple) and isinstance(source, ast.Tuple) and len(target.elts) == len(source.elts):
            yield from zip(target.elts, source.elts, strict=True)
        else:
            yield target, value


def scoped(tree):
    """The same code; what runs in a comprehension has another name than outside, as it is another variable."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            targets = [name for part in node.generators for name in ast.walk(part.target) if isinstance(name, ast.Name)]
            own, outside = {name.id for name in targets}, set(ast.walk(node.generators[0].iter))
            for name in set(ast.walk(node)) - outside:
                if isinstance(name, ast.Name) and name.id in own:
                    name.id += "_inside"
    return tree


def steps_with_test(cells):
    """The steps that read the test split, and the calls that learn or choose by it."""
    tainted, steps, choices = set(), [], []
    for step, tree in cells:
        for statement in scoped(tree).body:
            arguments = {part.arg for part in ast.walk(statement) if isinstance(part, ast.arg)}
            before = tainted - arguments
            after = set(before)
            for target, value in assigned(statement):
                names = {part.id for part in ast.walk(target) if isinstance(part, ast.Name)}
                after = after | names if is_test(value, after) else after - names
            read = before & after
            if is_test(statement, read) and step not in steps:
                steps.append(step)
            for call in (part for part in ast.walk(statement) if isinstance(part, ast.Call)):
                name = getattr(call.func, "attr", getattr(call.func, "id", ""))
                given = [*call.args, *(keyword.value for keyword in call.keywords)]
                if name in LEARN_OR_CHOOSE and any(is_test(value, read) for value in given):
                    choices.append(ast.unparse(call))
            if not isinstance(statement, ast.FunctionDef):
                tainted = after
            elif is_test(statement, read):
                tainted = tainted | {statement.name}
    return steps, choices


def test_a_second_look_at_the_test_split_and_a_choice_by_it_are_found():
    def cells(*steps):
        return [(step, ast.parse(code)) for step, code in steps]

    assert steps_with_test(cells(("1", "x = data.train.x"), ("2", "n = settings.test"))) == ([], [])
    assert steps_with_test(cells(("1", "x = data.test.x"), ("2", "print(x)"))) == (["1", "2"], [])
    assert steps_with_test(cells(("1", "x = data.test.x"), ("2", "x = 1"), ("3", "print(x)"))) == (["1"], [])
    assert steps_with_test(cells(("1", "for n in (1, 2):\n    x = data.test.x"), ("2", "f(x)"))) == (["1", "2"], [])
    assert steps_with_test(cells(("1", "x = data.test.x"), ("2", "def f(x):\n    return x"))) == (["1"], [])
    function = "def f():\n    return data.test.x"
    assert steps_with_test(cells(("1", function), ("2", "print(f())"))) == (["1", "2"], [])
    assert steps_with_test(cells(("1", "x = data.test.x"), ("2", "print([f(x) for x in y])"))) == (["1"], [])
    assert steps_with_test(cells(("1", "x = data.test.x"), ("2", "print([f(y) for y in x])"))) == (["1", "2"], [])
    assert steps_with_test(cells(("1", "x = data.test.x"), ("2", "print(x, [f(x) for x in y])"))) == (["1", "2"], [])
    assert steps_with_test(cells(("1", "x = data.test.x"), ("2", "print([f(x) for x in x])"))) == (["1", "2"], [])
    both = "p, q = (f(x) for x in (data.validation.x, data.test.x))"
    assert steps_with_test(cells(("1", both), ("2", "print(p)"))) == (["1"], [])
    assert steps_with_test(cells(("1", both), ("2", "print(q)"))) == (["1", "2"], [])
    chosen = "cut = thresholds.global_threshold(data.test.y, p)"
    assert steps_with_test(cells(("1", chosen))) == (["1"], ["thresholds.global_threshold(data.test.y, p)"])


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_the_test_split_is_looked_at_in_one_step_and_chooses_nothing(path):
    steps, choices = steps_with_test(solved(path))
    assert choices == []
    assert path.stem in DESCRIBES or len(steps) <= 1, steps


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_the_answer_to_an_exercise_is_used_by_the_cells_that_follow(path):
    """Where it is wrong or open, `f = check("name", f)` puts the course's in its place."""
    source = sources.read_source(path)
    unused = []
    for exercise in sources.exercises(source):
        (answer,) = ast.parse(exercise.solution.source).body[-1:]
        if not isinstance(answer, ast.FunctionDef):
            continue  # a question
        check = ast.unparse(ast.parse(exercise.check.source))
        rest = source.cells[[cell.id for cell in source.cells].index(exercise.check.id) + 1 :]
        trees = [
            ast.parse(cell.source)
            for cell in rest
            if cell.cell_type == "code" and not sources.tags_of(cell) & {"exercise", "solution", "mistake"}
        ]
        nodes = [node for tree in trees for node in ast.walk(tree)]
        used = any(isinstance(node, ast.Name) and node.id == answer.name for node in nodes)
        again = any(isinstance(node, ast.FunctionDef) and node.name == answer.name for node in nodes)
        if f"{answer.name} = check(" not in check or not used or again:
            unused.append(answer.name)
    assert unused == []
