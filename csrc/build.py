"""Builds the C core: generates ops.h and programs.h from the table, and lets cffi make the extension module.

setuptools loads `BuildExt` through pyproject.toml. If the build fails, it only warns, and the package uses the
pure-Python backend. With SCALARGRAD_REQUIRE_C=1, a failed build is an error. SCALARGRAD_SANITIZE=1 builds with
AddressSanitizer and UBSan (see `.ci/sanitize`).
"""

from __future__ import annotations

import ast
import os
import sys
import sysconfig
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

from setuptools import Extension
from setuptools.command.build_ext import build_ext

HERE = Path(__file__).parent
SOURCES = sorted(path.relative_to(HERE).as_posix() for path in HERE.rglob("*.c"))
FLAGS = [
    "-std=gnu11",
    "-O3",
    "-ffp-contract=off",
    "-fno-math-errno",
    "-fvisibility=hidden",
    "-Wall",
    "-Wextra",
    "-fno-builtin-pow",
    "-fno-builtin-tgamma",
]  # of constants, a compiler's results are not the library's
REQUIRED = os.environ.get("SCALARGRAD_REQUIRE_C") == "1"
SANITIZE = ["-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", "-fno-omit-frame-pointer", "-g"]


def load_table(module: str) -> ModuleType:
    """A module of the table, loaded by its path, because the package is not installed at build time."""
    name, folder = "_scalargrad_table", HERE.parent / "scalargrad" / "table"
    spec = spec_from_file_location(name, folder / "__init__.py", submodule_search_locations=[str(folder)])
    assert spec
    if name not in sys.modules:
        sys.modules[name] = module_from_spec(spec)
    return import_module(f"{name}.{module}")


class CPrinter(ast.NodeVisitor):
    """Prints an expression of the table as C. Every operation is parenthesised, so the order is the written one."""

    OPERATORS: ClassVar = {
        ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Lt: "<", ast.Gt: ">", ast.LtE: "<=",
        ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=", ast.And: "&&", ast.Or: "||",
    }  # fmt: skip

    NAMES: ClassVar = {"lgamma": "sg_lgamma"}  # functions of the C library that ours stand for: table/libm.h

    def __init__(self, constants: dict[str, float]) -> None:
        self.constants = constants

    def number(self, value: float) -> str:
        if value != value:
            return "((double)NAN)"
        if value in (float("inf"), float("-inf")):
            return "((double)INFINITY)" if value > 0 else "(-(double)INFINITY)"
        return value.hex()

    def visit_Constant(self, node: ast.Constant) -> str:
        return self.number(float(node.value))

    def visit_Name(self, node: ast.Name) -> str:
        return self.number(self.constants[node.id]) if node.id in self.constants else node.id

    def visit_UnaryOp(self, node: ast.UnaryOp) -> str:
        assert isinstance(node.op, ast.USub)
        return f"(-{self.visit(node.operand)})"

    def visit_BinOp(self, node: ast.BinOp) -> str:
        return f"({self.visit(node.left)} {self.OPERATORS[type(node.op)]} {self.visit(node.right)})"

    def visit_Compare(self, node: ast.Compare) -> str:
        (operator,), (right,) = node.ops, node.comparators
        return f"({self.visit(node.left)} {self.OPERATORS[type(operator)]} {self.visit(right)})"

    def visit_BoolOp(self, node: ast.BoolOp) -> str:
        return "(" + f" {self.OPERATORS[type(node.op)]} ".join(self.visit(v) for v in node.values) + ")"

    def visit_IfExp(self, node: ast.IfExp) -> str:
        return f"({self.visit(node.test)} ? {self.visit(node.body)} : {self.visit(node.orelse)})"

    def visit_Call(self, node: ast.Call) -> str:
        arguments = ", ".join(self.visit(a) for a in node.args)
        if isinstance(node.func, ast.Attribute):
            return f"{self.NAMES.get(node.func.attr, node.func.attr)}({arguments})"
        assert isinstance(node.func, ast.Name)
        return f"sg_value_{node.func.id}({arguments})"


def ops_header() -> str:
    """The text of ops.h: opcodes, one inline function per value and partial, and X-macros over the rows by arity."""
    ops = load_table("ops")
    printer = CPrinter(ops.CONSTANTS)
    prototypes, definitions, products = [], [], []

    def define(name: str, operands: tuple[str, ...], expression: str) -> None:
        used = {n.id for n in ast.walk(ast.parse(expression)) if isinstance(n, ast.Name)}
        parameters = ", ".join(f"double {o}" for o in operands)
        prototypes.append(f"static inline double {name}({parameters});")
        unused = "".join(f" (void){o};" for o in operands if o not in used)
        body = printer.visit(ast.parse(expression, mode="eval").body)
        definitions.append(f"static inline double {name}({parameters})\n{{\n   {unused} return {body};\n}}")

    for row in ops.ROWS:
        define(f"sg_value_{row.name}", row.operands, row.value)
        for k, partial in enumerate(row.partials):
            define(f"sg_partial_{row.name}_{k}", (*row.operands, "z"), partial)
            operands = ", ".join((*row.operands, "z"))
            product = {"1": "d", "-1": "-d"}.get(partial, f"SG_TIMES(d, sg_partial_{row.name}_{k}({operands}))")
            products.append(f"#define SG_PRODUCT_{row.name}_{k}(d, {operands}) {product}")
    for reduction in ops.REDUCTIONS:
        define(f"sg_partial_{reduction.name}", ("x", "y", "z", "s", "m"), reduction.partial)

    constants = [f"#define SG_{name} {printer.number(value)}" for name, value in ops.CONSTANTS.items()]
    codes = ",\n".join(f"    SG_{name.upper()} = {code}" for name, code in ops.OPCODE.items())
    arities = ", ".join(str(a) for a in ops.ARITY)
    macros = []
    for arity in (1, 2, 3):
        names = [r.name for r in ops.RECORDED if len(r.operands) == arity]
        macros.append(f"#define SG_ROWS_{arity}(ROW) " + " ".join(f"ROW({n}, SG_{n.upper()})" for n in names))
    joints = " ".join(f"ROW({r.name}, SG_{r.name.upper()})" for r in ops.JOINTS)
    macros.append(f"#define SG_JOINTS(ROW) {joints}")
    reductions = " ".join(f"ROW({r.name}, SG_{r.name.upper()})" for r in ops.REDUCTIONS)
    macros.append(f"#define SG_REDUCTIONS(ROW) {reductions}")
    shortcuts = []
    for row in ops.PRIMITIVES:
        if row.shortcut:
            number, shorter = row.shortcut
            shortcuts.append(f"#define SG_SHORTCUT_NUMBER_{row.name} {printer.number(number)}")
            shortcuts.append(f"#define SG_SHORTCUT_{row.name} SG_{shorter.upper()}")
            shortcuts.append(f"#define sg_value_shortcut_{row.name} sg_value_{shorter}")
    lines = [
        "/* Generated by csrc/build.py from scalargrad/table/. */",
        "#ifndef SG_OPS_H",
        "#define SG_OPS_H",
        '#include "table/libm.h"',
        *constants,
        f"enum sg_opcode {{\n{codes},\n    SG_OPCODES\n}};",
        f"#define SG_FIRST {ops.FIRST}",
        f"#define SG_FIRST_REDUCTION {ops.FIRST_REDUCTION}",
        f"#define SG_FIRST_JOINT {ops.FIRST_JOINT}",
        f"static const signed char sg_arity[SG_OPCODES] = {{{arities}}};",
        *macros,
        "/* Where the last operand is that number, another row is recorded: its opcode and value. */",
        *shortcuts,
        "/* An adjoint times a partial; the user of these defines SG_TIMES. */",
        *products,
        *prototypes,
        *definitions,
        "#endif",
    ]
    return "\n".join(lines) + "\n"


def _depth(ops: ModuleType, walks: ModuleType, program: tuple[Any, ...]) -> int:
    """The most operands that are on the stack at once, or more."""
    deepest = now = 0
    for step in program:
        if step.kind == walks.CALL:
            now -= ops.ARITY[step.at]
        elif step.kind == walks.UNLESS:
            now -= 1
        now += step.kind not in (walks.UNLESS, walks.JUMP)
        deepest = max(deepest, now)
    return deepest


def programs_header() -> str:
    """The text of programs.h: the partials of the table as programs, which csrc/records/ runs."""
    ops, walks = load_table("ops"), load_table("walks")
    printer = CPrinter(ops.CONSTANTS)
    kinds = ("OPERAND", "RESULT", "OPERAND_NUMBER", "RESULT_NUMBER", "CONSTANT", "CALL", "UNLESS", "JUMP")
    steps: list[str] = []
    rows: list[str] = []
    deepest = 0
    for opcode, name in enumerate(ops.NAMES):
        starts = []
        for program in walks.partials(opcode) if ops.FIRST <= opcode < ops.FIRST_JOINT else ():
            start = len(steps)
            starts.append(start)
            deepest = max(deepest, _depth(ops, walks, program))
            for kind, at, constant in program:
                at += start if kind in (walks.UNLESS, walks.JUMP) else 0
                count = ops.ARITY[at] if kind == walks.CALL else 0
                steps.append(f"    {{SG_STEP_{kinds[kind]}, {count}, {at}, {printer.number(constant)}}},")
            steps.append(f"    {{SG_STEP_END, 0, 0, 0.0}}, /* {name} */")
        rows.append("    {" + ", ".join(map(str, [*starts, *[-1] * (3 - len(starts))])) + f"}}, /* {name} */")
    assert [getattr(walks, kind) for kind in kinds] == [*range(len(kinds))]
    return "\n".join([
        "/* Generated by csrc/build.py from scalargrad/table/. */",
        "#ifndef SG_PROGRAMS_H",
        "#define SG_PROGRAMS_H",
        "#include <stdint.h>",
        '#include "ops.h"',
        "/* What a step does; walks.py says it. `at` is an operand, an opcode with `count` operands, or a step. */",
        f"enum {{{', '.join(f'SG_STEP_{kind}' for kind in kinds)}, SG_STEP_END}};",
        "typedef struct {",
        "    uint8_t kind, count;",
        "    uint16_t at;",
        "    double constant;",
        "} sg_step;",
        f"#define SG_STACK {deepest}",
        "static const sg_step sg_steps[] = {",
        *steps,
        "};",
        "/* By opcode: where the program of each partial begins; of a reduction, one for all; -1: it has none. */",
        "static const int16_t sg_programs[SG_OPCODES][3] = {",
        *rows,
        "};",
        "#endif",
    ]) + "\n"  # fmt: skip


def generated_headers() -> dict[str, str]:
    return {"ops.h": ops_header(), "programs.h": programs_header()}


def cdef() -> str:
    """The declarations in scalargrad.h, for cffi, without the preprocessor's lines."""
    return "\n".join(line for line in (HERE / "scalargrad.h").read_text().splitlines() if not line.startswith("#"))


def generated_c() -> str:
    """The C source of the extension module that cffi writes around the library."""
    import cffi

    builder = cffi.FFI()
    builder.cdef(cdef())
    builder.set_source("scalargrad._core", '#include "scalargrad.h"')
    from io import StringIO

    text = StringIO()
    builder.emit_c_code(text)
    return text.getvalue()


def write_if_changed(path: Path, text: str) -> None:
    if not path.exists() or path.read_text() != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


class BuildExt(build_ext):
    """Generates sources, then compiles the extension. A failure is fatal only with SCALARGRAD_REQUIRE_C=1."""

    def finalize_options(self) -> None:
        super().finalize_options()
        for ext in self.extensions:
            ext.optional = not REQUIRED
            ext.py_limited_api = not sysconfig.get_config_var("Py_GIL_DISABLED")

    def build_extension(self, ext: Extension) -> None:
        generated = Path(self.build_temp) / "generated"
        for name, text in generated_headers().items():
            write_if_changed(generated / name, text)
        write_if_changed(generated / "_core.c", generated_c())
        ext.sources = [str(generated / "_core.c"), *(str(Path("csrc") / name) for name in SOURCES)]
        ext.include_dirs = [str(generated), "csrc"]
        headers = [*sorted(Path("csrc").rglob("*.h")), *(generated / name for name in generated_headers())]
        ext.depends = [*map(str, headers), "csrc/build.py"]
        ext.extra_compile_args = [*FLAGS, *(["-Werror"] if REQUIRED else [])]
        ext.libraries = ["m"]
        if os.environ.get("SCALARGRAD_SANITIZE") == "1":
            ext.extra_compile_args += SANITIZE
            ext.extra_link_args = SANITIZE[1:2]
        super().build_extension(ext)


if __name__ == "__main__":
    print(*generated_headers().values(), sep="\n")
