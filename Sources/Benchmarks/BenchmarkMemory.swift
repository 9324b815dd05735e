import Foundation

enum BenchmarkMemory {
  /// Highest resident memory of the process so far.
  static var peakMiB: Double {
    var usage = rusage()
    // RUSAGE_SELF, which C libraries import under different types.
    getrusage(0, &usage)
    return Double(usage.ru_maxrss) / 1024
  }
}
