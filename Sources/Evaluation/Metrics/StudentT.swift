import Glibc

/// Student's t distribution: how far a mean of few groups may lie from the truth.
enum StudentT {
  /// The chance of a value as far from 0 as `t`, to either side.
  static func tails(_ t: Double, degrees: Int) -> Double {
    precondition(degrees > 0, "degrees of freedom are positive")
    if t.isNaN { return .nan }
    let freedom = Double(degrees)
    return IncompleteBeta.value(freedom / (freedom + t * t), freedom / 2, 0.5)
  }

  /// The value that `share` of the distribution lies within, to both sides of 0.
  static func bound(within share: Double, degrees: Int) -> Double {
    precondition(share > 0 && share < 1, "a share within 0 and 1")
    var low = 0.0
    var high = 1.0
    while tails(high, degrees: degrees) > 1 - share { high *= 2 }
    for _ in 0..<100 {
      let middle = (low + high) / 2
      if tails(middle, degrees: degrees) > 1 - share { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }
}

/// The binomial distribution of fair coins.
enum FairCoins {
  /// The chance that of `first + second` coins as few as the smaller, or fewer, fall to one side, or
  /// to the other: the exact test of two sides.
  static func twoSided(_ first: Int, _ second: Int) -> Double {
    let (fewer, more) = (min(first, second), max(first, second))
    if first == second { return 1 }
    return min(1, 2 * IncompleteBeta.value(0.5, Double(more), Double(fewer + 1)))
  }
}

/// The regularised incomplete beta function, which both distributions are made of.
enum IncompleteBeta {
  /// From 0 at `x` = 0 to 1 at `x` = 1; `a` and `b` are positive.
  static func value(_ x: Double, _ a: Double, _ b: Double) -> Double {
    if x <= 0 { return 0 }
    if x >= 1 { return 1 }
    // The fraction converges fast on one side of the mean, so the other is taken by symmetry.
    if x > (a + 1) / (a + b + 2) { return 1 - value(1 - x, b, a) }
    let logGamma = { (value: Double) -> Double in lgamma(value) }
    let scale = logGamma(a + b) - logGamma(a) - logGamma(b) + a * log(x) + b * log1p(-x)
    return exp(scale) * fraction(x, a, b) / a
  }

  /// Its continued fraction, by Lentz's method.
  private static func fraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
    let tiny = 1e-300
    func apart(_ value: Double) -> Double { abs(value) < tiny ? tiny : value }
    var c = 1.0
    var d = 1 / apart(1 - (a + b) * x / (a + 1))
    var result = d
    for step in 1...10_000 {
      let m = Double(step)
      for numerator in [
        m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
        -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
      ] {
        d = 1 / apart(1 + numerator * d)
        c = apart(1 + numerator / c)
        result *= c * d
      }
      if abs(c * d - 1) < 1e-15 { break }
    }
    return result
  }
}
