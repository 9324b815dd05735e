import Foundation

/// Losses of a network that outputs numbers, not classes.
///
/// The definitions are PyTorch's `MSELoss` and `L1Loss` with `reduction="mean"`. With n numbers,
/// outputs o and targets t:
///
///     mse = Σi (o[i] - t[i])² / n,   derivative 2 · (o[i] - t[i]) / n
///     mae = Σi |o[i] - t[i]| / n,    derivative sign(o[i] - t[i]) / n, 0 where they are equal
public enum RegressionLoss: String, CaseIterable, Sendable {
  /// Mean squared error.
  case mse
  /// Mean absolute error.
  case mae

  /// The mean loss of a batch; writes its derivative by the outputs.
  ///
  /// - Parameters:
  ///   - outputs: `[N, outputs]`; what it holds beyond the count of `targets` is left alone.
  ///   - targets: `[N, outputs]`; its count is what the mean is over.
  ///   - gradient: like `outputs`, as many as `targets` overwritten.
  public func callAsFunction(
    outputs: Span<Float>, targets: [Float], gradient: inout MutableSpan<Float>
  ) -> Double {
    gradient.withUnsafeMutableBufferPointer { gradient in
      outputs.withUnsafeBufferPointer { outputs in
        targets.withUnsafeBufferPointer { targets in
          self(outputs: outputs, targets: targets, gradient: gradient)
        }
      }
    }
  }

  /// The mean loss of a batch.
  ///
  /// - Parameters:
  ///   - outputs: `[N, outputs]`; what it holds beyond the count of `targets` is left alone.
  ///   - targets: `[N, outputs]`; its count is what the mean is over.
  public func callAsFunction(outputs: Span<Float>, targets: [Float]) -> Double {
    outputs.withUnsafeBufferPointer { outputs in
      targets.withUnsafeBufferPointer { targets in
        self(outputs: outputs, targets: targets, gradient: nil)
      }
    }
  }

  /// The mean loss of a batch; writes its derivative by the outputs.
  ///
  /// - Parameters:
  ///   - outputs: `[N, outputs]`; what it holds beyond the count of `targets` is left alone.
  ///   - targets: `[N, outputs]`; its count is what the mean is over.
  ///   - gradient: like `targets`, overwritten; nil when only the loss is wanted.
  package func callAsFunction(
    outputs: UnsafeBufferPointer<Float>, targets: UnsafeBufferPointer<Float>,
    gradient: UnsafeMutableBufferPointer<Float>?
  ) -> Double {
    let count = targets.count
    precondition(count > 0 && outputs.count >= count, "an output for each target")
    precondition(gradient == nil || gradient!.count >= count, "gradient like targets")
    let scale = 1 / Double(count)
    var total = 0.0
    for index in 0..<count {
      let difference = Double(outputs[index]) - Double(targets[index])
      let slope: Double
      switch self {
      case .mse:
        total += difference * difference
        slope = 2 * difference
      case .mae:
        total += abs(difference)
        // NaN stays NaN: a network that diverged must not look as if it had arrived.
        slope = difference > 0 ? 1 : difference < 0 ? -1 : difference
      }
      gradient?[index] = Float(slope * scale)
    }
    return total * scale
  }
}
