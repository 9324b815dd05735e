internal import CKernels
internal import COpenBLAS

/// Products of row-major matrices through OpenBLAS, one BLAS thread in each of the pool's.
///
/// Products are cut at fixed places, never by the number of threads, so that the bits stay the same
/// for any number.
package enum MatrixProduct {
  /// OpenBLAS's own threads would fight the pool's; the setting is global to the process.
  static let oneBLASThread: Void = openblas_set_num_threads(1)

  /// Parts that a large product is cut into.
  static let parts = 8

  /// `C = alpha · op(A) · op(B) + beta · C`, `C` `[m, n]`, the sum over `k`.
  ///
  /// `op` is the transpose where asked for; leading dimensions are those of the stored matrices.
  package static func multiply(
    m: Int, n: Int, k: Int, alpha: Float = 1, a: UnsafePointer<Float>, lda: Int,
    transposeA: Bool = false, b: UnsafePointer<Float>, ldb: Int, transposeB: Bool = false,
    beta: Float = 0, c: UnsafeMutablePointer<Float>, ldc: Int, pool: WorkerPool? = nil
  ) {
    if m == 0 || n == 0 { return }
    _ = oneBLASThread
    guard let pool, m * n * k >= 1 << 20 else {
      single(
        m: m, n: n, k: k, alpha: alpha, a: a, lda: lda, transposeA: transposeA, b: b, ldb: ldb,
        transposeB: transposeB, beta: beta, c: c, ldc: ldc)
      return
    }
    // The longer side of the result is cut, at multiples of the BLAS kernel's tile.
    let alongN = n >= m
    let side = alongN ? n : m
    let step = max(16, ((side + parts - 1) / parts + 15) / 16 * 16)
    pool.parallelFor((side + step - 1) / step) { part in
      let begin = part * step
      let count = min(step, side - begin)
      if alongN {
        single(
          m: m, n: count, k: k, alpha: alpha, a: a, lda: lda, transposeA: transposeA,
          b: b + (transposeB ? begin * ldb : begin), ldb: ldb, transposeB: transposeB, beta: beta,
          c: c + begin, ldc: ldc)
      } else {
        single(
          m: count, n: n, k: k, alpha: alpha, a: a + (transposeA ? begin : begin * lda), lda: lda,
          transposeA: transposeA, b: b, ldb: ldb, transposeB: transposeB, beta: beta,
          c: c + begin * ldc, ldc: ldc)
      }
    }
  }

  /// Floats of scratch for `addDeep`.
  package static func deepScratch(m: Int, n: Int, element: Element, workers: Int) -> Int {
    parts * m * n + (element == .bf16 ? workers * vc_bf16_product_scratch(m) : 0)
  }

  /// `C += A · Bᵀ`, `A` `[m, k]`, `B` `[n, k]`, `C` `[m, n]`, all dense, for a `k` far beyond `m` and
  /// `n`: the sum is cut instead of the result, so that no part packs what another has packed.
  /// The parts' results are added in order. In bf16 both factors are rounded on the way; `n` must be a
  /// multiple of 4.
  package static func addDeep(
    m: Int, n: Int, k: Int, a: UnsafePointer<Float>, b: UnsafePointer<Float>,
    c: UnsafeMutablePointer<Float>, element: Element = .fp32,
    scratch: UnsafeMutablePointer<Float>, pool: WorkerPool
  ) {
    precondition(element == .fp32 || n % 4 == 0, "bf16 products are made four columns at a time")
    _ = oneBLASThread
    let step = ((k + parts - 1) / parts + 15) / 16 * 16
    let count = (k + step - 1) / step
    let narrow = scratch + parts * m * n
    let narrowCount = vc_bf16_product_scratch(m)
    pool.parallelFor(count) { part, worker in
      let begin = part * step
      let depth = min(step, k - begin)
      let sums = scratch + part * m * n
      switch element {
      case .fp32:
        single(
          m: m, n: n, k: depth, alpha: 1, a: a + begin, lda: k, transposeA: false, b: b + begin,
          ldb: k, transposeB: true, beta: 0, c: sums, ldc: n)
      case .bf16:
        InstructionSet.kernels.pointee.bf16_product(
          a + begin, b + begin, k, m, n, depth, sums, narrow + worker * narrowCount)
      }
    }
    for part in 0..<count { VectorMath.add(scratch + part * m * n, to: c, count: m * n) }
  }

  private static func single(
    m: Int, n: Int, k: Int, alpha: Float, a: UnsafePointer<Float>, lda: Int, transposeA: Bool,
    b: UnsafePointer<Float>, ldb: Int, transposeB: Bool, beta: Float,
    c: UnsafeMutablePointer<Float>, ldc: Int
  ) {
    cblas_sgemm(
      CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans,
      transposeB ? CblasTrans : CblasNoTrans, blasint(m), blasint(n), blasint(k), alpha, a,
      blasint(lda), b, blasint(ldb), beta, c, blasint(ldc))
  }
}
