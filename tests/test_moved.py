"""Pickles that an earlier version wrote load, although modules have moved since."""

from __future__ import annotations

import base64
import pickle
import zlib
from importlib import import_module

import pytest

import scalargrad as sg

# of 0.1.0 (commit 580ea91): pickle.dumps((y, m, sequential, mlp, optimiser), protocol=4), compressed, in base 85
WRITTEN = (
    "c-o~^O=uHA6yDt=+w{j8e~LXQSfLUxrPwI6mxQK}Kx-(i2x28pl1XN9vzu;qTUscj9&AfTDRc^2ym%12c&NAFA)cgn4?R?jNQ-"
    "!poQsOHf9V>tE!f$^n|W_`=6m1!W~Sub;Qfrzf;do20}&`W1!VeWfT%%&JCa#N&L<U^mX!=yCqaB#6jW7&mj`YR+_)YJ^^>TN@pg"
    "JS5{)p&H16+ViM2W&%aUl&?D(yvu0;4Pxw79Cvh0XyH{uaG)pW(IskN}RNW-`mCQ-"
    "i~BKHYmurDb>kfq5qOW1eEu<Iliv3`q1;$8a{d5d2n6C|-"
    "f9+MPMX&0Y!{0&8zhmu+(m`{Qn5G0+eQI>w(3gUvu6KyqD8yXrU(PuUVYy&ek6JE>u8pce+n01-QHH<wC^Xxcp*_L_*;?3!_D-"
    "v*_`@ChZTDCt@U+UzIL>XGSAZkaQv2e|*iXA+xiV?R(=o<GQ6Av66Kf(S`SB;^ZGY;j5U=Au&H*J$}TB8yYfJn7-"
    "ZILWcEm=W5`60}Y2@(W~9S!1kK}u#JP&EY>$tZ_AWKDHASj^8tA%|3gE(Aw8hZd<E2J46IUllg`Nwk~ko$5JQ{ZiR0XHZC~hTpS;"
    "uYTRztmq-Ps-cT^(JEh74|=A0-ASz~A(Sca9Z8xuC4i!lihitED-}-"
    "9q`MLEp>hIi!@H&J>Q30U)YTNJ31p|bUD_R9YXSt=K(rLCh4(g)kX?xsET-"
    "@&M@=P(V9%|waeD#^qlefx4itJp7_Oi`9@C3kuXT$AHAR+ahSSyrK4Ewc>&?#EL4(xl-Tfbz*ti?1l}B%1&!>Az%}B*;%1oGXmn-"
    "HaSrX|@wv5|AS`}u1Do`}ot3XlHS(rCrp#>+X@~6bh5ASNOmHwE^@@K!HW}wj0agY#RMo-XFO(z_wCbhH1?oGjjzs^rDzWKTB%Fy"
    "@Up{efAFa8(IiU|f34FNbG6S<%Yd8&cQ*ofn}CJR6Td8q0~8YR#Kday(=Cn_WsE<e}XCidrL{T<Qrq`o6=&47FXN`jPgI6KUvoy@"
    ">Am~;635-idU<QcL;pCZ~V(3^lUx<IAxn?I!qqAF0G;nvigO79be{!cOL!d6M&A3{$TmH"
)


def test_a_pickle_of_0_1_0_loads() -> None:
    y, m, sequential, mlp, optimiser = pickle.loads(zlib.decompress(base64.b85decode(WRITTEN)))
    assert (y.data, m.data) == (49.171073846375336, [5.0, 11.0])
    (x,) = {leaf for node in y._prev for leaf in node._prev if leaf.data == 3.0 and leaf.grad}
    assert x.grad == 48.171073846375336
    assert sequential([1.0, 2.0]).data == [0.6850867732280675]
    assert mlp([1.0, 2.0]).data == -0.4104893813967795
    assert type(sequential[0]) is sg.nn.Linear and type(mlp) is sg.nn.MLP
    assert type(optimiser) is sg.optim.SGD and optimiser.lr == 0.1 and len(optimiser.parameters) == 3
    sg.sum(sequential([1.0, 2.0])).backward()
    optimiser.step()


@pytest.mark.parametrize(
    ("module", "name", "now"),
    [
        ("calculus.compare", "Comparison", "ledger.compare"),
        ("calculus.ledger", "LEDGER", "ledger.rows"),
        ("arithmetic", "matmul", "arrays.arithmetic"),
        ("many", "softmax", "arrays.many"),
        ("custom", "custom_vjp", "transforms.custom"),
        ("differences", "Slope", "testing.differences"),
        ("initialisers", "Activation", "nn.initialisers"),
        ("modules", "Module", "nn.module"),
        ("strategies", "Expression", "testing.strategies"),
    ],
)
def test_a_moved_module_is_found_under_its_old_name(module: str, name: str, now: str) -> None:
    found = pickle.loads(f"cscalargrad.{module}\n{name}\n.".encode())
    assert found is getattr(import_module(f"scalargrad.{now}"), name)


def test_methods_and_errors_that_moved_are_found_under_their_old_names() -> None:
    for name in ("sum", "exp", "softmax"):
        place, method = b"scalargrad.arithmetic", f"Arithmetic.{name}".encode()
        found = pickle.loads(b"\x80\x04\x8c%c%b\x8c%c%b\x93." % (len(place), place, len(method), method))
        assert found is getattr(sg.Vector, name)
    with pytest.raises(IndexError) as caught:
        sg.Vector([1.0])[7]
    old = pickle.loads(b"cscalargrad.arrays\n_OutOfRange\n.")
    assert isinstance(caught.value, old)


@pytest.mark.parametrize("owner", [sg.Value, sg.Vector, sg.Matrix])
def test_every_method_can_be_pickled(owner: type) -> None:
    methods = [x for name in dir(owner) if callable(x := getattr(owner, name, None)) and name[0] != "_"]
    assert len(methods) > 60
    for method in methods:
        assert pickle.loads(pickle.dumps(method)) == method
