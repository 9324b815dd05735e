internal import COpenBLAS

extension MatrixProduct {
  /// `C = op(A) · op(B) + beta · C` in double precision, all dense but for what leading dimensions say;
  /// cut at fixed places as the products of floats are.
  package static func multiply(
    m: Int, n: Int, k: Int, a: UnsafePointer<Double>, lda: Int, transposeA: Bool = false,
    b: UnsafePointer<Double>, ldb: Int, transposeB: Bool = false, beta: Double = 0,
    c: UnsafeMutablePointer<Double>, ldc: Int, pool: WorkerPool
  ) {
    if m == 0 || n == 0 { return }
    _ = oneBLASThread
    let step = max(16, ((m + parts - 1) / parts + 15) / 16 * 16)
    pool.parallelFor((m + step - 1) / step) { part in
      let begin = part * step
      cblas_dgemm(
        CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans,
        transposeB ? CblasTrans : CblasNoTrans, blasint(min(step, m - begin)), blasint(n),
        blasint(k), 1, a + (transposeA ? begin : begin * lda), blasint(lda), b, blasint(ldb), beta,
        c + begin * ldc, blasint(ldc))
    }
  }
}
