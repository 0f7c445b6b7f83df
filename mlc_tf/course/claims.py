"""What a lesson says of its figures (`claim`, tweak card), held against a run, and how far it is from failing.

An expectation is a Python expression over the names of the lesson. Its *parts*, joined by `and`, compare *figures*:
what is left of a comparison without the arithmetic with constants. The figures of each run are recorded, and how far a
part is on its right side in a run, its margin, is computed from them. `all(... for ...)` of comparisons has the
smallest of their margins. What is no comparison of numbers, an equality for instance, is a figure itself: it holds or
it does not.
"""

import ast
import dataclasses
import json
from collections.abc import Mapping

import nbformat

from mlc_tf.course import kernel

_SIGN = {ast.Gt: 1, ast.GtE: 1, ast.Lt: -1, ast.LtE: -1}


@dataclasses.dataclass(frozen=True)
class Part:
    """One part of an expectation.

    Args:
        text: as the author wrote it.
        figures: Python sources, for the lesson's kernel; each gives a number.
        condition: Python source over the list `f` of these numbers.
        margin: likewise, above 0 where the part holds; empty for what can only hold or not.
    """

    text: str
    figures: tuple[str, ...]
    condition: str
    margin: str = ""

    def holds(self, found: Mapping[str, float]) -> bool:
        """Whether it holds for these figures."""
        return bool(self._evaluate(self.condition, found))

    def margin_of(self, found: Mapping[str, float]) -> float:
        """How far it is from failing, in the unit of the figures."""
        return float(self._evaluate(self.margin, found))

    def _evaluate(self, source: str, found: Mapping[str, float]) -> float:
        return eval(source, {"f": [found[figure] for figure in self.figures]})


def parts(expect: str) -> list[Part]:
    """The parts of an expectation. Raises SyntaxError when it is no Python expression."""
    tree = ast.parse(expect, mode="eval").body
    conjuncts = tree.values if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And) else [tree]
    return [part for conjunct in conjuncts for part in _parts_of(conjunct)]


def measure(expect: str, session: kernel.Kernel) -> dict[str, float]:
    """The figures of an expectation in the present state of the kernel. Raises `kernel.CellFailed`."""
    wanted = list(dict.fromkeys(figure for part in parts(expect) for figure in part.figures))
    source = f"print(__import__('json').dumps([{', '.join(f'float({figure})' for figure in wanted)}]))"
    cell = nbformat.v4.new_code_cell(source)
    session.run(cell)
    return dict(zip(wanted, json.loads(cell.outputs[-1].text.splitlines()[-1]), strict=True))


def broken(expect: str, found: Mapping[str, float]) -> list[str]:
    """A line for each part that does not hold, with the figures it compares."""
    return [
        f"{part.text}  ({', '.join(f'{figure} = {found[figure]:.4g}' for figure in part.figures)})"
        for part in parts(expect)
        if not part.holds(found)
    ]


def _parts_of(node: ast.expr) -> list[Part]:
    if isinstance(node, ast.Compare) and all(type(op) in _SIGN for op in node.ops):
        sides = [node.left, *node.comparators]
        return [_link(*link) for link in zip(sides, node.ops, sides[1:], strict=False) if not _both_constant(*link)]
    text, margin = ast.unparse(node), _smallest(node)
    if margin is None:
        return [Part(text, (text,), "f[0] == 1")]
    return [Part(text, (text, ast.unparse(margin)), "f[0] == 1", "f[1]")]


def _both_constant(left: ast.expr, _, right: ast.expr) -> bool:
    """As 20 < 30 in `a < 20 < 30 <= b`."""
    return not any(isinstance(node, ast.Name) for side in (left, right) for node in ast.walk(side))


def _link(left: ast.expr, op: ast.cmpop, right: ast.expr) -> Part:
    figures = []
    one, other = _without_figures(left, figures), _without_figures(right, figures)
    text = ast.unparse(ast.Compare(left, [op], [right]))
    condition = ast.unparse(ast.Compare(one, [op], [other]))
    return Part(text, tuple(figures), condition, ast.unparse(_difference(one, op, other)))


def _without_figures(node: ast.expr, figures: list[str]) -> ast.expr:
    """The arithmetic of an expression, over `f`; what stands for `f` is added to `figures`."""
    if isinstance(node, ast.BinOp):
        return ast.BinOp(_without_figures(node.left, figures), node.op, _without_figures(node.right, figures))
    if isinstance(node, ast.UnaryOp):
        return ast.UnaryOp(node.op, _without_figures(node.operand, figures))
    if isinstance(node, ast.Constant):
        return node
    figures.append(ast.unparse(node))
    return ast.parse(f"f[{len(figures) - 1}]", mode="eval").body


def _difference(left: ast.expr, op: ast.cmpop, right: ast.expr) -> ast.expr:
    return ast.BinOp(left, ast.Sub(), right) if _SIGN[type(op)] > 0 else ast.BinOp(right, ast.Sub(), left)


def _smallest(node: ast.expr) -> ast.expr | None:
    """The margin of `all` and `not any` of comparisons; None where there are no numbers to compare."""
    negated = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
    call = node.operand if negated else node
    if not isinstance(call, ast.Call) or len(call.args) != 1:
        return None
    name, argument = ast.unparse(call.func), call.args[0]
    if name == ("any" if negated else "all") and isinstance(argument, ast.GeneratorExp):
        element = _robustness(argument.elt)
        if element is None:
            return None
        element = ast.UnaryOp(ast.USub(), element) if negated else element
        return _call("min", ast.GeneratorExp(element, argument.generators))
    if name == "np.all" and not negated and isinstance(argument, ast.Compare):
        element = _robustness(argument)
        return None if element is None else _call("np.min", element)
    return None


def _robustness(node: ast.expr) -> ast.expr | None:
    """The margin of one comparison, or the smallest of several."""
    if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And):
        of_each = [_robustness(value) for value in node.values]
        return None if None in of_each else _call("min", *of_each)
    if not isinstance(node, ast.Compare) or not all(type(op) in _SIGN for op in node.ops):
        return None
    sides = [node.left, *node.comparators]
    links = [_difference(*link) for link in zip(sides, node.ops, sides[1:], strict=False)]
    return links[0] if len(links) == 1 else _call("min", *links)


def _call(function: str, *arguments: ast.expr) -> ast.Call:
    return ast.Call(ast.parse(function, mode="eval").body, list(arguments), [])
