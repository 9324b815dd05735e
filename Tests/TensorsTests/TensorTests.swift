import Synchronization
import Tensors
import TestSupport
import Testing

@Suite struct TensorTests {
  @Test(arguments: [1, 2, 5])
  func everyItemIsDoneOnce(threads: Int) {
    let pool = WorkerPool(threads: threads)
    defer { pool.shutDown() }
    for round in 0..<200 {
      let count = round % 37
      let done = Mutex([Int](repeating: 0, count: count))
      let workers = Mutex(Set<Int>())
      pool.parallelFor(count) { item, worker in
        done.withLock { $0[item] += 1 }
        workers.withLock { _ = $0.insert(worker) }
      }
      #expect(done.withLock { $0 } == [Int](repeating: 1, count: count))
      #expect(workers.withLock { $0.allSatisfy { (0..<threads).contains($0) } })
    }
  }

  @Test(
    arguments: [(3, 5, 7), (70, 20, 30), (257, 3, 13)],
    [(false, false), (true, false), (false, true)])
  func productsOfDoublesMatchTheDefinition(size: (Int, Int, Int), transposed: (Bool, Bool)) {
    let (m, n, k) = size
    let a = randomValues(m * k, seed: 1).map(Double.init)
    let b = randomValues(k * n, seed: 2).map(Double.init)
    let start = randomValues(m * n, seed: 3).map(Double.init)
    let found = [1, 3].map { threads in
      let pool = WorkerPool(threads: threads)
      defer { pool.shutDown() }
      var c = start
      MatrixProduct.multiply(
        m: m, n: n, k: k, a: a, lda: transposed.0 ? m : k, transposeA: transposed.0, b: b,
        ldb: transposed.1 ? k : n, transposeB: transposed.1, beta: 0.5, c: &c, ldc: n, pool: pool)
      return c
    }
    #expect(found[0] == found[1])
    for row in 0..<m {
      for column in 0..<n {
        let sum = (0..<k).reduce(0.5 * start[row * n + column]) { sum, inner in
          sum + a[transposed.0 ? inner * m + row : row * k + inner]
            * b[transposed.1 ? column * k + inner : inner * n + column]
        }
        #expect(abs(found[0][row * n + column] - sum) < 1e-12)
      }
    }
  }

  @Test(
    arguments: [(3, 5, 7), (64, 200, 300), (257, 33, 130)],
    [(false, false), (true, false), (false, true)])
  func productsMatchTheDefinition(size: (Int, Int, Int), transposed: (Bool, Bool)) {
    let pool = WorkerPool(threads: 2)
    defer { pool.shutDown() }
    let (m, n, k) = size
    let a = randomValues(m * k, seed: 1)
    let b = randomValues(k * n, seed: 2)
    var c = randomValues(m * n, seed: 3)
    var expected = c
    for row in 0..<m {
      for column in 0..<n {
        var sum = 0.0
        for inner in 0..<k {
          let left = a[transposed.0 ? inner * m + row : row * k + inner]
          let right = b[transposed.1 ? column * k + inner : inner * n + column]
          sum += Double(left) * Double(right)
        }
        expected[row * n + column] = Float(0.5 * sum + 2 * Double(c[row * n + column]))
      }
    }
    MatrixProduct.multiply(
      m: m, n: n, k: k, alpha: 0.5, a: a, lda: transposed.0 ? m : k, transposeA: transposed.0,
      b: b, ldb: transposed.1 ? k : n, transposeB: transposed.1, beta: 2, c: &c, ldc: n, pool: pool)
    #expect(relativeError(c, expected) < 1e-6)
  }

  @Test func streamsAreKeyedAndUniform() {
    var first = RandomStream(seed: 1, purpose: .test, 2, 3)
    var same = RandomStream(seed: 1, purpose: .test, 2, 3)
    var other = RandomStream(seed: 1, purpose: .test, 3, 2)
    var values: [Float] = []
    var equal = 0
    for _ in 0..<10_000 {
      let value = first.uniform()
      #expect(value == same.uniform())
      if value == other.uniform() { equal += 1 }
      values.append(value)
    }
    #expect(equal < 10)
    #expect(values.allSatisfy { $0 >= 0 && $0 < 1 })
    let mean: Float = values.reduce(0, +) / 10_000
    #expect(abs(mean - 0.5) < 0.01)
    var counts = [Int](repeating: 0, count: 7)
    for _ in 0..<7000 { counts[first.integer(below: 7)] += 1 }
    #expect(counts.allSatisfy { (850...1150).contains($0) })
    let deck = Array(0..<52)
    var cards = deck
    first.shuffle(&cards)
    #expect(cards != deck)
    #expect(cards.sorted() == deck)
  }

  @Test func arenasTooLargeAreAnError() {
    #expect {
      _ = try Arena(byteCount: 1 << 50)
    } throws: {
      ($0 as? TensorError)?.code == .outOfMemory
    }
  }
}
