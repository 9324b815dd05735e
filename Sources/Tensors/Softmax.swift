import Foundation

/// From logits to probabilities.
public enum Softmax {
  /// `exp(logit / temperature)`, scaled to sum to 1; in double precision.
  public static func probabilities(_ logits: Span<Float>, temperature: Double = 1) -> [Float] {
    [Float](unsafeUninitializedCapacity: logits.count) { output, filled in
      logits.withUnsafeBufferPointer {
        write(
          $0, temperature: temperature,
          into: UnsafeMutableBufferPointer(rebasing: output[..<$0.count]))
      }
      filled = logits.count
    }
  }

  /// `exp(logit / temperature)`, scaled to sum to 1; in double precision.
  package static func write(
    _ logits: UnsafeBufferPointer<Float>, temperature: Double,
    into output: UnsafeMutableBufferPointer<Float>
  ) {
    precondition(output.count >= logits.count)
    var largest = -Double.infinity
    for logit in logits { largest = max(largest, Double(logit)) }
    var sum = 0.0
    for logit in logits { sum += exp((Double(logit) - largest) / temperature) }
    for (index, logit) in logits.enumerated() {
      output[index] = Float(exp((Double(logit) - largest) / temperature) / sum)
    }
  }
}
