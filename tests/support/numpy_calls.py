"""Calls of each function of numpy that has a rule for arrays; `numpys.check` says what must hold of each."""

from __future__ import annotations

# fmt: off
REDUCTIONS_AND_PRODUCTS: dict[str, str] = {
    "sum": "np.sum(v); np.sum(M); np.sum(M, 0); np.sum(M, axis=-1); np.sum(M, axis=(0, 1));"
        " np.sum(M, axis=None, out=None); np.sum(M, axis=1, keepdims=True); np.sum(v, keepdims=True);"
        " np.sum(M, dtype=float); np.sum(C, axis=0)",
    "mean": "np.mean(v); np.mean(M, 1); np.mean(M, axis=(0,), keepdims=True); np.mean(C);"
        " np.mean(M, dtype=np.float64)",
    "prod": "np.prod(v); np.prod(M, axis=0); np.prod(M, axis=-1, keepdims=True)",
    "max": "np.max(v); np.max(M, axis=0); np.amax(M, 1, keepdims=True)",
    "amax": "np.amax(v, axis=-1)",
    "min": "np.min(v); np.min(M, axis=0); np.amin(M, 1, keepdims=True)",
    "amin": "np.amin(v, axis=-1)",
    "std": "np.std(v); np.std(M, axis=0); np.std(M, 1, ddof=1); np.std(v, ddof=1, keepdims=True)",
    "var": "np.var(v); np.var(M, axis=0); np.var(M, 1, ddof=1); np.var(M, axis=(0, 1), keepdims=True)",
    "ptp": "np.ptp(v); np.ptp(M, axis=0); np.ptp(M, axis=1, keepdims=True)",
    "average": "np.average(v); np.average(v, weights=u); np.average(M, axis=0); np.average(M, axis=1, weights=u);"
        " np.average(M, axis=0, weights=[0.5, 2.0]); np.average(M, weights=abs(L))",
    "median": "np.median(v); np.median(M); np.median(M, axis=0); np.median(M, axis=1, keepdims=True)",
    "percentile": "np.percentile(v, 30); np.percentile(M, [25, 50], axis=1); np.percentile(M, 50.0, axis=0)",
    "quantile": "np.quantile(v, 0.3); np.quantile(M, [0.0, 0.4, 1.0])",
    "any": "np.any(v); np.any(C, axis=0); np.any(M, axis=1, keepdims=True)",
    "all": "np.all(v); np.all(C, axis=0); np.all(M, axis=1, keepdims=True)",
    "cumsum": "np.cumsum(v); np.cumsum(M); np.cumsum(M, axis=0); np.cumsum(M, -1); np.cumsum(C, axis=1)",
    "cumprod": "np.cumprod(v); np.cumprod(M); np.cumprod(M, axis=0)",
    "cumulative_sum": "np.cumulative_sum(v); np.cumulative_sum(M, axis=0, include_initial=True)",
    "cumulative_prod": "np.cumulative_prod(v); np.cumulative_prod(M, axis=1, include_initial=True)",
    "diff": "np.diff(v); np.diff(v, 2); np.diff(M); np.diff(M, axis=0);"
        " np.diff(v, prepend=0.0, append=[1.0, 2.0]); np.diff(c)",
    "trapezoid": "np.trapezoid(v); np.trapezoid(M, dx=0.5); np.trapezoid(M, axis=0); np.trapezoid(v, u);"
        " np.trapezoid(N, u, axis=0)",
    "nansum": "np.nansum(p); np.nansum(P, axis=0); np.nansum(P, axis=1, keepdims=True)",
    "nanprod": "np.nanprod(p); np.nanprod(P, axis=0)",
    "nanmean": "np.nanmean(p); np.nanmean(P, axis=0)",
    "nanmax": "np.nanmax(p); np.nanmax(P, axis=0)",
    "nanmin": "np.nanmin(p); np.nanmin(P, axis=0)",
    "nanstd": "np.nanstd(p); np.nanstd(P, axis=1)",
    "nanvar": "np.nanvar(p, ddof=1); np.nanvar(P, axis=1)",
    "nanmedian": "np.nanmedian(p); np.nanmedian(P, axis=0)",
    "nanpercentile": "np.nanpercentile(p, 40)",
    "nanquantile": "np.nanquantile(P, 0.5, axis=1)",
    "nancumsum": "np.nancumsum(p); np.nancumsum(P, axis=0)",
    "nancumprod": "np.nancumprod(p); np.nancumprod(P, axis=1)",
    "cov": "np.cov(M); np.cov(v); np.cov(M, rowvar=False, bias=True);"
        " np.cov(M[:1]); np.cov(N[:, :1], rowvar=False); np.cov(M[:1], rowvar=False, bias=True);"
         " np.cov(v, w); np.cov(M, v)",
    "corrcoef": "np.corrcoef(S); np.corrcoef(N.T); np.corrcoef(v, w)",
    "dot": "np.dot(v, w); np.dot(M, v); np.dot(v, N); np.dot(M, N); np.dot(2.0, v)",
    "inner": "np.inner(v, w); np.inner(M, v); np.inner(v, M); np.inner(M, L)",
    "vdot": "np.vdot(v, w); np.vdot(M, L)",
    "outer": "np.outer(v, w); np.outer(M, w)",
    "kron": "np.kron(v, w); np.kron(M, N); np.kron(v, M)",
    "cross": "np.cross(v, w); np.cross(M, L); np.cross(M, v)",
    "tensordot": "np.tensordot(M, L); np.tensordot(M, N, 1); np.tensordot(v, w, 0);"
        " np.tensordot(M, L, axes=(1, 1)); np.tensordot(M, N, axes=([0, 1], [1, 0])); np.tensordot(v, w, 1)",
    "einsum": "np.einsum(v, [0], w, [0]); np.einsum(M, [0, 1], N, [1, 2], [2, 0]);"
        " np.einsum('i,i->', v, w); np.einsum('i,i', v, w); np.einsum('i,j->ij', v, w);"
        " np.einsum('ij,jk->ik', M, N); np.einsum('ij,jk', M, N); np.einsum('ij->ji', M); np.einsum('ij->', M);"
        " np.einsum('ij->j', M); np.einsum('ii->i', S); np.einsum('ii', S); np.einsum('ij,ij->ij', M, L);"
        " np.einsum('ij,ij->i', M, L); np.einsum('ij,ij->', M, L); np.einsum('ij,ji->', M, N);"
        " np.einsum('ij,j->i', M, v); np.einsum('ij,j->ij', M, v); np.einsum('i,ij,j->', v, S, w);"
        " np.einsum('ij,ik->jk', M, L); np.einsum('ij,kj->ki', M, L); np.einsum('ij,j->ji', M, v);"
        " np.einsum('ij,i->', N, v); np.einsum('i,ij,j', v, S, w)",
    "convolve": "np.convolve(v, [1.0, -0.5]); np.convolve(v, w, 'same'); np.convolve(v, p[::3], mode='valid');"
        " np.convolve([1.0, 2.0], v, 'same')",
    "correlate": "np.correlate(v, w); np.correlate(v, w[:2], 'full'); np.correlate(v, [1.0, 2.0], 'same');"
        " np.correlate([1.0, 2.0], v, 'valid'); np.correlate([1.0, 2.0], v, 'same');"
        " np.correlate(v, [1.0, 2.0, 4.0, 7.0], 'same')",
    "trace": "np.trace(S); np.trace(M, 1); np.trace(S, offset=-1)",
    "linalg.norm": "np.linalg.norm(v); np.linalg.norm(M); np.linalg.norm(v, 1); np.linalg.norm(v, np.inf);"
        " np.linalg.norm(v, -np.inf); np.linalg.norm(v, 3); np.linalg.norm(M, axis=0); np.linalg.norm(M, 'fro');"
        " np.linalg.norm(M, 1); np.linalg.norm(M, np.inf); np.linalg.norm(M, -1, keepdims=True);"
        " np.linalg.norm(M, axis=(0,));"
        " np.linalg.norm(M, axis=1, keepdims=True); np.linalg.norm(v, 0); np.linalg.norm(M, axis=(1, 0), ord=1)",
    "linalg.vector_norm": "np.linalg.vector_norm(v); np.linalg.vector_norm(M);"
        " np.linalg.vector_norm(M, axis=1, ord=1)",
    "linalg.matrix_norm": "np.linalg.matrix_norm(M); np.linalg.matrix_norm(M, ord=np.inf, keepdims=True)",
    "linalg.trace": "np.linalg.trace(S)",
    "linalg.diagonal": "np.linalg.diagonal(S, offset=1)",
    "linalg.outer": "np.linalg.outer(v, w)",
    "linalg.cross": "np.linalg.cross(v, w)",
    "linalg.matmul": "np.linalg.matmul(M, N)",
    "linalg.tensordot": "np.linalg.tensordot(M, N, axes=1)",
    "linalg.vecdot": "np.linalg.vecdot(v, w); np.linalg.vecdot(M, v)",
    "linalg.matrix_transpose": "np.linalg.matrix_transpose(M)",
    "linalg.multi_dot": "np.linalg.multi_dot([M, S, N]); np.linalg.multi_dot([v, S, w]);"
        " np.linalg.multi_dot([M, v])",
    "linalg.matrix_power": "np.linalg.matrix_power(S, 3); np.linalg.matrix_power(S, -2); np.linalg.matrix_power(S, 0)",
    "linalg.solve": "np.linalg.solve(S, v); np.linalg.solve(S, N)",
    "linalg.inv": "np.linalg.inv(S)",
    "linalg.det": "np.linalg.det(S)",
    "linalg.slogdet": "np.linalg.slogdet(S)[1]",
    "linalg.cholesky": "np.linalg.cholesky(S @ S.T)",
}

OTHERS: dict[str, str] = {
    "concatenate": "np.concatenate([v, w]); np.concatenate([M, L], axis=0); np.concatenate((M, L), axis=-1);"
        " np.concatenate([M, L], axis=None); np.concatenate([v, [1.0, 2.0]]); np.concatenate([C, D])",
    "stack": "np.stack([v, w]); np.stack([v, w], axis=1); np.stack((v, w), -1)",
    "hstack": "np.hstack([v, w]); np.hstack([M, L]); np.hstack((v, 1.0))",
    "vstack": "np.vstack([v, w]); np.vstack([M, v])",
    "column_stack": "np.column_stack([v, w]); np.column_stack([N, v])",
    "append": "np.append(v, 1.0); np.append(v, w); np.append(M, L, axis=0); np.append(M, v)",
    "insert": "np.insert(v, 1, 5.0); np.insert(M, 0, v, axis=0); np.insert(v, [0, 2], w[:2])",
    "block": "np.block([v, w]); np.block([[M, L], [L, M]])",
    "reshape": "np.reshape(v, (3, 1)); np.reshape(M, -1); np.reshape(M, (3, 2), order='F'); np.reshape(C, 6)",
    "ravel": "np.ravel(M); np.ravel(M, 'F')",
    "transpose": "np.transpose(M); np.transpose(v); np.transpose(M, (0, 1)); np.transpose(C)",
    "swapaxes": "np.swapaxes(M, 0, 1)",
    "moveaxis": "np.moveaxis(M, 0, -1)",
    "rollaxis": "np.rollaxis(M, 1)",
    "matrix_transpose": "np.matrix_transpose(M)",
    "expand_dims": "np.expand_dims(v, 0); np.expand_dims(v, -1)",
    "squeeze": "np.squeeze(M[:1]); np.squeeze(M[:, :1], axis=1); np.squeeze(M[:1, :1])",
    "flip": "np.flip(v); np.flip(M, 1); np.flip(M)",
    "fliplr": "np.fliplr(M)",
    "flipud": "np.flipud(v); np.flipud(M)",
    "rot90": "np.rot90(M); np.rot90(M, 2)",
    "roll": "np.roll(v, 1); np.roll(M, -1, axis=1); np.roll(M, 2)",
    "tile": "np.tile(v, 2); np.tile(v, (2, 2)); np.tile(M, 2)",
    "repeat": "np.repeat(v, 2); np.repeat(M, [1, 2], axis=0)",
    "resize": "np.resize(v, (2, 4))",
    "broadcast_to": "np.broadcast_to(v, (2, 3))",
    "broadcast_arrays": "np.broadcast_arrays(v, M)",
    "meshgrid": "np.meshgrid(v, w); np.meshgrid(v, w, indexing='ij')",
    "take": "np.take(v, [2, 0]); np.take(M, 1); np.take(M, [0, 2], axis=1); np.take(v, [5], mode='clip')",
    "take_along_axis": "np.take_along_axis(M, np.array([[0], [2]]), axis=1)",
    "delete": "np.delete(v, 1); np.delete(M, 0, axis=1)",
    "compress": "np.compress([True, False, True], v); np.compress(c, M, axis=1)",
    "extract": "np.extract(c, v); np.extract(C, M)",
    "choose": "np.choose([0, 1, 0], [v, w]); np.choose(np.array([1, 1, 0]), (v, w))",
    "diag": "np.diag(v); np.diag(S); np.diag(S, 1); np.diag(v, -1)",
    "diagflat": "np.diagflat(v)",
    "diagonal": "np.diagonal(S); np.diagonal(M, 1)",
    "tril": "np.tril(S); np.tril(M, -1)",
    "triu": "np.triu(S); np.triu(M, 1)",
    "split": "np.split(v, 3); np.split(M, [1], axis=1)",
    "array_split": "np.array_split(v, 2)",
    "hsplit": "np.hsplit(M, 3)",
    "vsplit": "np.vsplit(M, 2)",
    "unstack": "np.unstack(M); np.unstack(v)",
    "atleast_1d": "np.atleast_1d(v); np.atleast_1d(v, M)",
    "atleast_2d": "np.atleast_2d(v)",
    "pad": "np.pad(v, 1); np.pad(M, ((0, 1), (1, 0))); np.pad(v, 2, mode='edge'); np.pad(v, (1, 2), 'reflect');"
        " np.pad(v, 1, constant_values=3.0); np.pad(v, 2, 'wrap')",
    "real": "np.real(v)",
    "real_if_close": "np.real_if_close(v)",
    "imag": "np.imag(v)",
    "lib.stride_tricks.sliding_window_view": "np.lib.stride_tricks.sliding_window_view(v, 2)",
    "sort": "np.sort(v); np.sort(M, axis=0); np.sort(M, axis=None); np.sort(M); np.sort(v, kind='stable')",
    "partition": "np.partition(v, 1); np.partition(M, 0, axis=1)",
    "unique": "np.unique(v); np.unique(M, return_counts=True)",
    "allclose": "np.allclose(v, w); np.allclose(v, v)",
    "isclose": "np.isclose(v, w); np.isclose(M, v, atol=1.1)",
    "array_equal": "np.array_equal(v, w); np.array_equal(C, C); np.array_equal(M, v)",
    "array_equiv": "np.array_equiv(v, w)",
    "argmax": "np.argmax(v); np.argmax(M, axis=0); np.argmax(M, 1, keepdims=True)",
    "argmin": "np.argmin(M); np.argmin(M, axis=-1)",
    "argsort": "np.argsort(v); np.argsort(M, axis=0)",
    "argpartition": "np.argpartition(v, 1)",
    "argwhere": "np.argwhere(C); np.argwhere(v > 0)",
    "nonzero": "np.nonzero(v); np.nonzero(C)",
    "flatnonzero": "np.flatnonzero(C)",
    "count_nonzero": "np.count_nonzero(M); np.count_nonzero(C, axis=1);"
        " np.count_nonzero(C, axis=0, keepdims=True)",
    "searchsorted": "np.searchsorted(u, v)",
    "digitize": "np.digitize(v, u)",
    "ix_": "np.ix_(c); np.ix_(c, [0, 1])",
    "isin": "np.isin(v, [0.7, 2.0])",
    "isneginf": "np.isneginf(v)",
    "isposinf": "np.isposinf(v)",
    "iscomplex": "np.iscomplex(v)",
    "isreal": "np.isreal(v)",
    "iscomplexobj": "np.iscomplexobj(v)",
    "isrealobj": "np.isrealobj(v)",
    "lexsort": "np.lexsort((v, w))",
    "nanargmax": "np.nanargmax(p)",
    "nanargmin": "np.nanargmin(P, axis=0)",
    "ndim": "np.ndim(M)",
    "size": "np.size(M); np.size(M, 1)",
    "shape": "np.shape(M)",
    "tril_indices_from": "np.tril_indices_from(S)",
    "triu_indices_from": "np.triu_indices_from(S, 1)",
    "diag_indices_from": "np.diag_indices_from(S)",
    "where": "np.where(C, M, L); np.where(c, v, 0.0); np.where(v > 0, v, w); np.where(C); np.where(c, 1.0, v);"
        " np.where(M > 0.6)",
    "select": "np.select([v > 1.0, v < 0.0], [v, w], 7.0); np.select([c, v < 0.0], [v * 2.0, w])",
    "clip": "np.clip(v, -1.0, 1.0); np.clip(M, None, 1.0); np.clip(M, a_min=0.0, a_max=None); np.clip(v, w, 2.0);"
        " np.clip(v, u, None)",
    "round": "np.round(v); np.round(M, 1); np.round(v * 100.0, -1)",
    "around": "np.around(v, decimals=2)",
    "fix": "np.fix(v)",
    "sinc": "np.sinc(v); np.sinc(x=v * 0.25)",
    "copy": "np.copy(v); np.copy(M); np.copy(C)",
    "nan_to_num": "np.nan_to_num(p); np.nan_to_num(P, nan=2.0); np.nan_to_num(v / 0.0, posinf=1.0)",
    "zeros_like": "np.zeros_like(v)",
    "ones_like": "np.ones_like(M); np.ones_like(v, shape=(2, 2))",
    "full_like": "np.full_like(v, 3.0); np.full_like(v, v[0])",
    "interp": "np.interp(v, [-2.0, 0.0, 1.0, 4.0], [1.0, 2.0, -1.0, 0.5]); np.interp(v, u, w);"
        " np.interp(0.4, u, w); np.interp([-9.0, 0.5, 9.0], u, w, left=1.0, right=2.0)",
    "polyval": "np.polyval(v, w); np.polyval([1.0, 2.0], v); np.polyval(v, 2.0); np.polyval(v, M);"
        " np.polyval(M, 2.0); np.polyval(M, v)",
    # older names
    "product": "np.product(M, 1)", "cumproduct": "np.cumproduct(v)", "sometrue": "np.sometrue(v)",
    "alltrue": "np.alltrue(C, axis=0)", "trapz": "np.trapz(v, u); np.trapz(M, axis=0)", "round_": "np.round_(v)",
    "in1d": "np.in1d(v, [0.7, 2.0])", "row_stack": "np.row_stack([v, w])", "msort": "np.msort(M)",
    "astype": "np.astype(v, float)",
}
